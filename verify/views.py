"""Pages for whoever checks: the verifier, its answer to what was handed over, a certificate's own page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from credentials.errors import NotYours
from issuers import limits as access_limits
from issuers import trust
from issuers.access import public

from . import limits, presenting, verifier
from .errors import NotKnown, TooMany, VerifyError
from .gate import Kind, Source
from .scanning import scans

SEALS = (
    "valid",
    "clock",
    "expired",
    "not-yet",
    "revoked",
    "paused",
    "replaced",
    "unknown",
    "broken",
)  # parts/seal.html draws these


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
    config = {
        "home": reverse("verify"),
        "keys": reverse("key", args=["0"]).removesuffix("0"),
        "lists": reverse("status-list", args=["revocation", 0]).removesuffix("revocation/0"),
        "issuers": reverse("issuers"),
        "city": trust.city(),
        "roots": trust.pinned(),
        "words": presenting.browser_words(),
    }
    status = refused.status if refused else 200
    response = render(
        request, "verify/check.html", {"config": config, "refused": refused, "seals": SEALS}, status=status
    )
    response["Cache-Control"] = "no-store" if refused else "no-cache"
    patch_vary_headers(response, ["Cookie", "Accept-Language"])
    if isinstance(refused, TooMany):
        response["Retry-After"] = str(refused.wait)
    return response


def _answer(request: HttpRequest) -> HttpResponse:
    """The verdict on what was typed, pasted or uploaded."""
    try:
        limits.require_size(request)
        limits.require(request, limits.PerPlace)
        report = verifier.verify(
            source=limits.read(request, _handed_over(request)), now=timezone.now(), door="upload"
        )
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
