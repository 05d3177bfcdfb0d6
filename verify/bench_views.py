"""The employer's bench: many certificates handed over at once, one table, one receipt."""

from typing import Any, TypeVar

from django.core.exceptions import TooManyFilesSent
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from issuers import orders
from issuers.access import public

from . import bench, bench_presenting, bench_receipts, limits
from .bench import Handed
from .errors import BenchGone, BenchTooMany, VerifyError
from .models import Bench

DECODER = "verify/decoding.js"
Answer = TypeVar("Answer", bound=HttpResponseBase)


@public
@csrf_exempt  # nothing of a session is read: anybody may have anything checked
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponseBase:
    """The form; what is handed over gets an address of its own, to which the answer leads."""
    if request.method != "POST":
        return _form(request)
    try:
        limits.require_bench_size(request)
        limits.require(request, limits.Benches)
        made = bench.make(handed=_handed_over(request), now=timezone.now())
    except VerifyError as refused:
        return _form(request, refused=refused)
    response = redirect("bench-table", made.pk)
    response.status_code = 303
    return _personal(response)


def _form(request: HttpRequest, *, refused: VerifyError | None = None) -> HttpResponse:
    context = {
        "refused": refused,
        "deleted": "deleted" in request.GET,
        "most": bench.MAX_ITEMS,
        "decoder": static(DECODER),
    }
    status = refused.status if refused else 200
    response = render(request, "verify/bench.html", context, status=status)
    response["Cache-Control"] = "no-store"
    patch_vary_headers(response, ["Cookie", "Accept-Language"])
    if (wait := getattr(refused, "wait", None)) is not None:
        response["Retry-After"] = str(wait)
    return response


def _handed_over(request: HttpRequest) -> list[Handed]:
    """All files and lines of the form. Raises BenchTooMany."""
    try:
        files = request.FILES.getlist("files")
    except TooManyFilesSent:
        raise BenchTooMany from None
    handed = [
        Handed(name=file.name or "", size=file.size or 0, read=file.read)
        for file in files
        if file.name or file.size
    ]
    return handed + bench.of_text(request.POST.get("text", ""))


# -- One bench ------------------------------------------------------------------------------------
@public
@require_safe
def table(request: HttpRequest, bench_id: str) -> HttpResponse:
    """How far it is, and at the end the table."""
    try:
        made = bench.find(bench_id=bench_id, now=timezone.now())
    except BenchGone as gone:
        return _personal(render(request, "verify/bench_gone.html", {"sentence": gone.message}, status=404))
    context = _progress(made)
    if not context["working"]:
        problems = request.GET.get("show") == "problems"
        lines = bench.items(bench=made, problems=problems)
        context |= {"rows": bench_presenting.rows(lines), "problems": problems}
    status = 202 if context["working"] else 200
    return _personal(render(request, "verify/bench_table.html", context, status=status))


@public
@require_safe
def progress(request: HttpRequest, bench_id: str) -> HttpResponse:
    """The part of the page that moves, for the page itself: 202 while something is being checked."""
    context = _progress(bench.find(bench_id=bench_id, now=timezone.now()))
    status = 202 if context["working"] else 200
    return _personal(render(request, "verify/bench_progress.html", context, status=status))


def _progress(made: Bench) -> dict[str, Any]:
    far = bench.progress(bench=made)
    return {
        "bench": made,
        "progress": far,
        "working": far.working,
        "summary": bench_presenting.summary(far.outcomes),
        "troubled": far.checked - far.outcomes.get("valid", 0),
        "until": made.made_at + bench.KEPT_FOR,
    }


@public
@csrf_exempt  # its address, which nobody can guess, is all that is asked of anybody
@require_POST
def delete(request: HttpRequest, bench_id: str) -> HttpResponseBase:
    """Forget it now."""
    bench.delete(bench=bench.find(bench_id=bench_id, now=timezone.now()))
    response = redirect(f"{reverse('bench')}?deleted=1")
    response.status_code = 303
    return _personal(response)


@public
@require_safe
def as_csv(request: HttpRequest, bench_id: str) -> HttpResponse:
    """The table as a file for a spreadsheet."""
    made = bench.find(bench_id=bench_id, now=timezone.now())
    response = HttpResponse(
        bench_presenting.as_csv(bench.checked(bench=made)), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="verification-{_stamp(made)}.csv"'
    return _personal(response)


@public
@require_safe
def receipt(request: HttpRequest, bench_id: str) -> HttpResponse:
    """The signed receipt as a file; 202 and a page that asks again where the signer takes longer."""
    now = timezone.now()
    made = bench.find(bench_id=bench_id, now=now)
    token = bench_receipts.obtain(made=made, now=now)
    if token is None:
        response = _personal(render(request, "verify/bench_receipt.html", {"bench": made}, status=202))
        response["Retry-After"] = str(orders.COME_AGAIN)
        return response
    response = HttpResponse(token, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="receipt-{_stamp(made)}.jwt"'
    return _personal(response)


def _stamp(made: Bench) -> str:
    return f"{timezone.localtime(made.made_at):%Y-%m-%d-%H%M}"


def _personal(response: Answer) -> Answer:
    """Kept by nobody, found by no search engine, told to no other site."""
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response
