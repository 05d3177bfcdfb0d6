"""What every answer carries, and what a refusal that reaches the door becomes."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from . import problems

Handler = Callable[[HttpRequest], HttpResponseBase]

PERMISSIONS = (
    "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "microphone=(), payment=(), usb=()"
)


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
    """Turns the refusals of the four apps into pages or problem documents."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.handler(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        return problems.refusal_page(request, error) if isinstance(error, problems.REFUSALS) else None
