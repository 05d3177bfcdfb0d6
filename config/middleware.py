"""What every answer carries, how much a request may bring, and what a refusal at the door becomes."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.middleware.locale import LocaleMiddleware

from issuers import storing
from issuers.views.published import WORDLESS

from . import problems

Handler = Callable[[HttpRequest], HttpResponseBase]

#: What shrinks to a fifth. Signed documents, images and PDF files go out as they are.
SHRINKS = ("text/html", "text/css", "text/javascript", "image/svg+xml")
#: A list of 10 MB, and the form around it.
MAX_BODY = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 128 * 1024
#: Where more may come, and the view itself refuses what is too much, with the remedy, before it reads it.
MORE = ("/bench",)


class Lighter(GZipMiddleware):
    """Pages, styles, scripts and drawings go out compressed, for phones that pay by the megabyte."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.headers.get("Content-Type", "").startswith(SHRINKS):
            return super().process_response(request, response)
        return response


class Languages(LocaleMiddleware):
    """The reader's language; what says that it has none is one and the same for all caches and readers."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.headers.get("Content-Language") != WORDLESS:
            return super().process_response(request, response)
        del response["Content-Language"]
        return response


class PolicyHeaders:
    """The same policy on every answer, also where a request was stopped before it came to any page.

    What is for one reader is never stored, nor are refusals, unless a view says otherwise.
    """

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.always = {
            "Permissions-Policy": settings.PERMISSIONS_POLICY,
            "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
            "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
            "X-Content-Type-Options": "nosniff",
        }

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.handler(request)
        for name, value in self.always.items():
            response.setdefault(name, value)
        if response.status_code >= 400 or "Authorization" in request.headers or _known(request):
            response.setdefault("Cache-Control", "no-store")
        return response


def _known(request: HttpRequest) -> bool:
    """Whether somebody has signed in. It may ask the database, so not where that may be what failed."""
    user = getattr(request, "user", None)
    return user is not None and bool(user.is_authenticated)


class Bounded:
    """Refuses what announces more than the largest list, before any of it is read."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if not announced.isdecimal() or (int(announced) > MAX_BODY and request.path not in MORE):
            return problems.too_large(request)
        return self.handler(request)


class Refusals:
    """Turns the refusals of the four apps, and a database out of reach, into pages or problem documents."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.handler(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        if isinstance(error, problems.REFUSALS):
            return problems.refusal_page(request, error)
        return problems.out_of_reach(request, error) if storing.out_of_reach(error) else None
