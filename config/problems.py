"""The one place where errors become HTTP: RFC 9457 problem documents for programs, pages for people."""

import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import Error as DatabaseTrouble
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from credentials import findings, intake, slips
from credentials.errors import CredentialsError, ListRefused, NobodyToIssue
from issuers import storing
from issuers.errors import IssuersError
from passport.errors import PassportError
from verify.errors import VerifyError

from .context import FrameInTheDark

log = logging.getLogger(__name__)

#: The base of each app's refusals. Whatever is none of these is unforeseen and propagates.
REFUSALS = (IssuersError, CredentialsError, VerifyError, PassportError)

#: What the framework refuses: its code → (our name, our sentence).
OF_THE_FRAMEWORK: dict[str, tuple[str, int, Any]] = {
    "parse_error": (
        "parse-error",
        400,
        gettext_lazy("The body cannot be read: it is not what Content-Type says."),
    ),
    "not_authenticated": (
        "not-authenticated",
        401,
        gettext_lazy("Sign in with “Authorization: Bearer” and the token of an API client."),
    ),
    "authentication_failed": (
        "authentication-failed",
        401,
        gettext_lazy("This token opens nothing. Copy the whole of it, or make another."),
    ),
    "permission_denied": (
        "missing-scope",
        403,
        gettext_lazy("This API client has no scope for this. The provider's owner chooses them."),
    ),
    "not_found": ("not-found", 404, gettext_lazy("There is nothing here under this address.")),
    "method_not_allowed": ("method-not-allowed", 405, gettext_lazy("Nothing of this kind is done here.")),
    "not_acceptable": ("not-acceptable", 406, gettext_lazy("Answers are JSON. Ask for application/json.")),
    "unsupported_media_type": (
        "unsupported-media-type",
        415,
        gettext_lazy("This kind of content is not taken here."),
    ),
    "throttled": (
        "throttled",
        429,
        gettext_lazy("Too many requests. Wait as many seconds as Retry-After says."),
    ),
}
INVALID = gettext_lazy("Some fields are not right.")
OUT_OF_REACH = gettext_lazy(
    "Our records are out of reach for a moment. Try again in a little while: "
    "what was accepted already is not accepted twice."
)
#: Seconds after which it is worth asking again.
PATIENCE = 10

BODY_TOO_LARGE = gettext_lazy("This is larger than anything that is taken here: 10 MB at most.")

PAGES = {400: "400.html", 403: "403.html", 404: "404.html", 410: "410.html", 500: "500.html", 503: "503.html"}


def problem(
    status: int, code: str, detail: str, *, errors: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """A problem document; ``errors`` names fields, each with its sentence and remedy."""
    body: dict[str, Any] = {
        "type": f"{settings.BASE_URL}/problems#{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    return body | ({"errors": errors} if errors else {})


def code_of(error: Exception) -> str:
    """A stable, readable name of a refusal: ``IssuerSuspended`` → ``issuer-suspended``."""
    if anchor := getattr(error, "anchor", ""):
        return str(anchor)
    return _dashed(type(error).__name__)


def _dashed(name: str) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every foreseen error as a problem document, anything else propagates."""
    if isinstance(error, REFUSALS):
        field = getattr(error, "field", "")
        errors = [{"field": field, "detail": str(error.message)}] if field else None
        body = problem(error.status, code_of(error), str(error.message), errors=errors)
        if isinstance(error, NobodyToIssue) and error.rows:
            body |= {"wrong": len(error.rows), "errors": findings.wrong(error.rows)}
        headers: dict[str, str] = {}
        status = error.status
        if (wait := getattr(error, "wait", None)) is not None:
            headers["Retry-After"] = str(wait)
    elif isinstance(error, Http404):
        status, headers = 404, {}
        body = problem(404, "not-found", _("There is nothing here under this address."))
    elif isinstance(error, PermissionDenied):
        status, headers = 403, {}
        body = problem(403, "not-allowed", _("Your role does not allow this."))
    elif isinstance(error, exceptions.APIException):
        status, headers = error.status_code, {}
        if header := getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = header
        if (wait := getattr(error, "wait", None)) is not None:
            headers["Retry-After"] = str(int(wait) + 1)
        body = _of_api_exception(error)
    elif storing.out_of_reach(error):
        _note(error)
        status, headers = 503, {"Retry-After": str(PATIENCE)}
        body = problem(503, "out-of-reach", str(OUT_OF_REACH))
    else:
        return None
    set_rollback()
    return Response(body, status=status, headers=headers, content_type="application/problem+json")


def _of_api_exception(error: exceptions.APIException) -> dict[str, Any]:
    status = error.status_code
    if isinstance(error, exceptions.ValidationError):
        return problem(status, "invalid", str(INVALID), errors=list(_fields(error.detail)))
    code, _status, sentence = OF_THE_FRAMEWORK.get(
        str(error.get_codes()), ("bad-request", status, error.detail)
    )
    return problem(status, code, str(sentence))


def _fields(detail: Any, path: str = "") -> Any:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _fields(inner, f"{path}/{name}".lstrip("/"))
    elif isinstance(detail, list) and detail and not isinstance(detail[0], str):
        for number, inner in enumerate(detail):
            yield from _fields(inner, f"{path}/{number}".lstrip("/"))
    else:
        for sentence in detail if isinstance(detail, list) else [detail]:
            yield {"field": path, "detail": str(sentence)}


# -- What there is to know about them ---------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A refusal as the page of problems describes it."""

    code: str
    status: int
    sentence: str


def known() -> list[Known]:
    """Every refusal that a program may meet, by name, in the reader's language."""
    found = {each.code: each for each in _known()}
    return [found[code] for code in sorted(found)]


def _known() -> Iterator[Known]:
    for code in intake.REFUSALS:
        refused = ListRefused(code)
        yield Known(code=refused.anchor, status=refused.status, sentence=str(slips.sentence(code)))
    waiting: list[type[Exception]] = [IssuersError, CredentialsError, VerifyError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind is not ListRefused and Exception not in kind.__bases__:
            yield Known(
                code=getattr(kind, "anchor", "") or _dashed(kind.__name__),
                status=getattr(kind, "status", 422),
                sentence=str(getattr(kind, "message", "")),
            )
    yield Known(code="out-of-reach", status=503, sentence=str(OUT_OF_REACH))
    yield Known(code="body-too-large", status=413, sentence=str(BODY_TOO_LARGE))
    yield Known(code="invalid", status=400, sentence=str(INVALID))
    for code, status, sentence in OF_THE_FRAMEWORK.values():
        yield Known(code=code, status=status, sentence=str(sentence))


def wants_problem(request: HttpRequest) -> bool:
    """Whether a program asks."""
    return request.path.startswith("/api/")


def refusal_page(request: HttpRequest, error: Exception) -> HttpResponseBase:
    """A refusal that reached the door, as a page with its sentence (or a problem document)."""
    status = getattr(error, "status", 422)
    sentence = str(getattr(error, "message", ""))
    if wants_problem(request):
        return JsonResponse(
            problem(status, code_of(error), sentence), status=status, content_type="application/problem+json"
        )
    template = PAGES.get(status, PAGES[400])
    page = render(request, template, {"sentence": sentence}, status=status)
    if (wait := getattr(error, "wait", None)) is not None:
        page["Retry-After"] = str(wait)
    return page


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 400, "bad-request", _("The browser sent something that we cannot read."))


def too_large(request: HttpRequest) -> HttpResponse:
    """More than anything here takes, refused before it is read."""
    return _page(request, 413, "body-too-large", str(BODY_TOO_LARGE))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 403, "not-allowed", _("Your role does not allow this."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 404, "not-found", _("There is nothing here under this address."))


def out_of_reach(request: HttpRequest, error: Exception) -> HttpResponse:
    """The database cannot do it now: come again. It is logged, since a mistake of ours may hide here."""
    _note(error)
    response = _in_the_dark(request, 503, "out-of-reach", str(OUT_OF_REACH))
    response["Retry-After"] = str(PATIENCE)
    return response


def _note(error: Exception) -> None:
    code = storing.code_of(error) if isinstance(error, DatabaseTrouble) else ""
    log.error("database out of reach", extra={"error": type(error).__name__, "code": code})


def server_error(request: HttpRequest) -> HttpResponse:
    """What is left for whatever nobody foresaw. Where a database out of reach ends that no view met, too."""
    error = sys.exception()
    if isinstance(error, Exception) and storing.out_of_reach(error):
        return out_of_reach(request, error)
    sentence = _("Something went wrong on our side. Nothing you typed was signed. Try again.")
    return _in_the_dark(request, 500, "internal", sentence)


def _in_the_dark(request: HttpRequest, status: int, code: str, sentence: str) -> HttpResponse:
    """A page that asks nothing of the database, which may be what failed."""
    if wants_problem(request):
        return _page(request, status, code, sentence)
    context = {"sentence": sentence, "house": FrameInTheDark(request)}
    return HttpResponse(render_to_string(PAGES[status], context), status=status)


def _page(request: HttpRequest, status: int, code: str, sentence: str) -> HttpResponse:
    if wants_problem(request):
        return JsonResponse(
            problem(status, code, sentence), status=status, content_type="application/problem+json"
        )
    return render(request, PAGES.get(status, PAGES[400]), {"sentence": sentence}, status=status)
