"""What every answer carries, and what a refusal that reaches the door becomes."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from issuers import storing

from . import problems

Handler = Callable[[HttpRequest], HttpResponseBase]

PERMISSIONS = (
    "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "microphone=(), payment=(), usb=()"
)


#: What shrinks to a fifth. Signed documents, images and PDF files go out as they are.
SHRINKS = ("text/html", "text/css", "text/javascript", "image/svg+xml")


class Lighter(GZipMiddleware):
    """Pages, styles, scripts and drawings go out compressed, for phones that pay by the megabyte."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.headers.get("Content-Type", "").startswith(SHRINKS):
            return super().process_response(request, response)
        return response


class PolicyHeaders:
    """``Permissions-Policy`` on every answer; personal pages are never stored unless a view says so."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.handler(request)
        response.setdefault("Permissions-Policy", PERMISSIONS)
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            response.setdefault("Cache-Control", "no-store")
        return response


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
