"""Pages for whoever verifies: the verifier, the answer to what was handed over, one certificate's page."""

from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from credentials import reading
from credentials.models import Credential
from issuers import publications
from issuers.access import public

from . import counting, gate, verifier
from .errors import TooLarge
from .report import Report, Verdict
from .words import CHECKS, OUTCOMES, VERDICTS

TYPED_A_MINUTE = 20


@public
@csrf_exempt  # reads nothing of a session and changes nothing: anybody may have anything checked
@require_http_methods(["GET", "HEAD", "POST"])
def verifier_page(request: HttpRequest, digits: str = "") -> HttpResponse:
    """The verifier. In the browser it checks the code behind ``#`` itself and sends nothing of it here."""
    if request.method == "POST":
        return _answer(request)
    response = render(
        request,
        "verify/verifier.html",
        {
            "words": _words(),
            "page": {
                "anchors": publications.trust_anchors(),
                "verdicts": [verdict.value for verdict in Verdict],
            },
        },
    )
    response["Cache-Control"] = "no-cache"
    return response


def _answer(request: HttpRequest) -> HttpResponse:
    if too_often(request):
        response = render(
            request, "400.html", {"sentence": _("Too many tries in a minute. Wait a minute, then go on.")}, status=429
        )
        response["Retry-After"] = "60"
        return response
    now = timezone.now()
    upload = request.FILES.get("file")
    if upload is not None and (upload.size or 0) > gate.MAX_UPLOAD:
        raise TooLarge
    source: bytes | str = upload.read() if upload is not None else request.POST.get("source", "")
    report = verifier.verify(source=source, now=now)
    counting.count(report, door="upload", now=now)
    return _page(request, report, now=now)


@public
@require_safe
def certificate(request: HttpRequest, credential_id: str) -> HttpResponse:
    """One certificate as its holder lets it be seen, with a fresh verdict first."""
    now = timezone.now()
    credential = reading.by_id(credential_id)
    report = verifier.verify_stored(credential=credential, now=now)
    counting.count(report, door="page", now=now)
    return _page(request, report, now=now, credential=credential)


def _page(request: HttpRequest, report: Report, *, now: Any, credential: Credential | None = None) -> HttpResponse:
    look, seal, heading, sentence = VERDICTS[report.verdict]
    private = credential is not None and credential.visibility == Credential.Visibility.PRIVATE
    shows = report.authentic and not private and report.verdict is not Verdict.TAMPERED
    response = render(
        request,
        "verify/report.html",
        {
            "report": report,
            "look": look,
            "seal": seal,
            "heading": heading,
            "sentence": sentence,
            "private": private,
            "shows": shows,
            "credential": credential if shows else None,
            "checks": [
                (check, CHECKS[check.name], OUTCOMES[check.outcome.value]) for check in report.checks
            ],
        },
    )
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def _words() -> list[dict[str, Any]]:
    return [
        {"verdict": verdict.value, "look": look, "seal": seal, "heading": heading, "sentence": sentence}
        for verdict, (look, seal, heading, sentence) in VERDICTS.items()
    ]


def too_often(request: HttpRequest) -> bool:
    """Whether this address has asked more often in this minute than a person types."""
    minute = int(timezone.now().timestamp() // 60)
    key = f"verify:{request.META.get('REMOTE_ADDR', '')}:{minute}"
    cache.add(key, 0, timeout=120)
    return bool(cache.incr(key) > TYPED_A_MINUTE)
