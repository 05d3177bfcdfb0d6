"""Pages for whoever checks: the verifier, its answer to what was handed over, a certificate's own page."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from credentials.errors import NotYours
from issuers import limits as access_limits
from issuers.access import public

from . import bench_presenting, bench_receipts, limits, offline, presenting, verifier
from .errors import NotKnown, TooMany, VerifyError
from .gate import Kind, Source
from .scanning import scans


@public
@csrf_exempt  # it reads nothing of a session and changes nothing: anybody may have anything checked
@require_http_methods(["GET", "HEAD", "POST"])
@scans
def verify(request: HttpRequest) -> HttpResponse:
    """The verifier. A scanned code stays behind ``#``: the reader's browser checks it and sends nothing."""
    return _answer(request) if request.method == "POST" else _form(request)


@public
@require_safe
@scans
def verify_mangled(request: HttpRequest, rest: str) -> HttpResponse:
    """The verifier, for camera apps that turn ``#`` into ``%23`` or a slash; the page cleans the address."""
    request.path = request.path_info = reverse("verify")  # so that no link on the page repeats the claim
    return _form(request)


@public
@require_safe
@scans
def shell(request: HttpRequest, language: str) -> HttpResponse:
    """The verifier page as a browser keeps it for where there is no network: the same for everybody."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    headers = {"Cache-Control": "no-cache", "Content-Language": language, "Referrer-Policy": "no-referrer"}
    return HttpResponse(offline.shell(request, language, kiosk=_is_kiosk(request)), headers=headers)


@public
@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The script that answers for the verifier page where there is no network."""
    script = offline.service_worker(request)
    return HttpResponse(script, content_type="text/javascript", headers={"Cache-Control": "no-cache"})


@public
@require_safe
def manifest(request: HttpRequest, language: str) -> HttpResponse:
    """The verifier as something that a phone installs."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    return JsonResponse(
        offline.manifest(language),
        content_type="application/manifest+json",
        headers={"Cache-Control": "no-cache"},
    )


@public
@require_safe
def credential(request: HttpRequest, credential_id: str) -> HttpResponse:
    """One certificate as its holder lets it be seen, the verdict first. Raises NotYours."""
    access_limits.require_link(request, credential_id)
    source = Source(kind=Kind.LINK, text=credential_id)
    try:
        report = verifier.verify(source=source, now=timezone.now(), door="page")
    except NotKnown:
        raise NotYours from None  # the same page as under any unknown address
    return _personal(
        request,
        "verify/credential.html",
        presenting.context(report) | {"credential_id": credential_id, "here": _address(request)},
    )


def _form(request: HttpRequest, *, refused: VerifyError | None = None) -> HttpResponse:
    """The ways to hand something over; ``refused`` says why the last one was not taken."""
    status = refused.status if refused else 200
    context = offline.page_context(kiosk=_is_kiosk(request)) | {"refused": refused}
    response = render(request, "verify/check.html", context, status=status)
    response["Referrer-Policy"] = "no-referrer"  # an address that a camera app mangled carries the code
    response["Cache-Control"] = "no-store" if refused else "no-cache"
    patch_vary_headers(response, ["Cookie", "Accept-Language"])
    if isinstance(refused, TooMany):
        response["Retry-After"] = str(refused.wait)
    return response


def _is_kiosk(request: HttpRequest) -> bool:
    return "kiosk" in request.GET


def _answer(request: HttpRequest) -> HttpResponse:
    """The verdict on what was typed, pasted or uploaded; or what a receipt of the bench says."""
    try:
        limits.require_size(request)
        limits.require(request, limits.PerPlace)
        handed, now = _handed_over(request), timezone.now()
        if receipt := bench_receipts.recognised(handed, now=now):
            return _personal(request, "verify/receipt.html", bench_presenting.receipt_context(receipt))
        report = verifier.verify(source=limits.read(request, handed), now=now, door="upload")
    except VerifyError as refused:
        return _form(request, refused=refused)
    return _personal(request, "verify/answer.html", presenting.context(report))


def _handed_over(request: HttpRequest) -> bytes | str:
    upload = request.FILES.get("file")
    return upload.read() if upload else request.POST.get("code", "") or request.POST.get("text", "")


def _personal(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    response = render(request, template, context)
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _address(request: HttpRequest) -> str:
    return request.build_absolute_uri(request.path)
