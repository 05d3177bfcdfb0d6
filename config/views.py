"""The front page, the language switch, pages about data, access and the API, and the operators' lamps."""

from datetime import timedelta

from csp.decorators import csp_replace
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from credentials import catalogue
from issuers import limits
from issuers.access import public, shows

from . import metrics, problems

#: RFC 9116, section 2.5.5: less than a year. A copy that somebody kept asks again after a season.
SECURITY_TXT_HOLDS = timedelta(days=90)


@public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Three doors, and some courses near the reader."""
    shelf = catalogue.near(
        arrondissement=request.GET.get("a", ""), theme=request.GET.get("t", ""), size=4, now=timezone.now()
    )
    return render(request, "home.html", {"shelf": shelf})


@public
@require_safe
def courses(request: HttpRequest) -> HttpResponse:
    """Every course of the city, by neighbourhood and theme."""
    shelf = catalogue.near(
        arrondissement=request.GET.get("a", ""),
        theme=request.GET.get("t", ""),
        page=request.GET.get("page", ""),
        now=timezone.now(),
    )
    return render(request, "catalogue.html", {"shelf": shelf})


@public
@require_safe
def set_language(request: HttpRequest, code: str) -> HttpResponse:
    """Keep the reader's language in a cookie and lead her back to where she was, on this host only."""
    target = request.GET.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts=None) or not target.startswith("/"):
        target = "/"
    response = redirect(target)
    if code in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            code,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            samesite="Lax",
            secure=settings.SECURE,
            httponly=True,
        )
    return response


@public
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is held about people, why and how long."""
    return render(request, "privacy.html")


@public
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """What works for whom, and where to report what does not."""
    return render(request, "accessibility.html")


# -- For programs and who writes them -------------------------------------------------------------
@public
@require_safe
@csp_replace({"require-trusted-types-for": None})  # Swagger UI writes its own HTML, from our document alone
def api_docs(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document, laid out to be read and tried."""
    return render(request, "api_docs.html")


@public
@require_safe
def known_problems(request: HttpRequest) -> HttpResponse:
    """Where the types of problem documents lead: each by its name, with its sentence."""
    return render(request, "known_problems.html", {"problems": problems.known()})


# -- The operators' lamps -------------------------------------------------------------------------
@public
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process is alive."""
    return HttpResponse("ok\n", content_type="text/plain")


@public
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers and is as new as this code; otherwise 503 with the reason."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error:
        return HttpResponse("the database does not answer\n", status=503, content_type="text/plain")
    if missing:
        return HttpResponse("migrations are missing\n", status=503, content_type="text/plain")
    return HttpResponse("ready\n", content_type="text/plain")


@public
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Whom to tell of a hole (RFC 9116); where the settings name nobody there is nothing here."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    contacts = [f"mailto:{name}" if ":" not in name else name for name in settings.SECURITY_CONTACT]
    expires = (timezone.now() + SECURITY_TXT_HOLDS).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [
        *(f"Contact: {contact}" for contact in contacts),
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: fr, ar, en",
        f"Canonical: {settings.BASE_URL}/.well-known/security.txt",
    ]
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")


@public
@require_safe
def metrics_page(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus, for whoever shows the token of the settings; without one, in a demo alone."""
    if not settings.METRICS_TOKEN and not settings.DEMO:
        raise Http404
    if settings.METRICS_TOKEN and not shows(request, settings.METRICS_TOKEN):
        limits.require(request, limits.WrongTokens())
        headers = {"WWW-Authenticate": 'Bearer realm="metrics"'}
        return HttpResponse(
            "the token is missing or wrong\n", status=401, content_type="text/plain", headers=headers
        )
    try:
        body, media_type = metrics.exposition(accept=request.headers.get("Accept", ""), now=timezone.now())
    except Error:
        return HttpResponse("the database does not answer\n", status=503, content_type="text/plain")
    return HttpResponse(body, content_type=media_type, headers={"Cache-Control": "no-store"})
