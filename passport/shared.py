"""Shared devices: whoever signs in there is forgotten after five minutes without a request.

The server forgets, whatever the page does: the session's row ends. A device is marked by a cookie (a desk's
public computer), a single sign-in by a tick at the door.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

Handler = Callable[[HttpRequest], HttpResponseBase]

IDLE = 300  # seconds
COOKIE = "__Host-shared" if settings.SECURE else "shared"
COOKIE_AGE = 60 * 60 * 24 * 365
_KEPT = "forgets"


def device_is_shared(request: HttpRequest) -> bool:
    """Whether this device was marked as shared."""
    return request.COOKIES.get(COOKIE) == "1"


def forgets(request: HttpRequest) -> bool:
    """Whether whoever is signed in here is forgotten after a while."""
    session, user = getattr(request, "session", None), getattr(request, "user", None)
    if session is None or user is None or not user.is_authenticated:
        return False
    return device_is_shared(request) or bool(session.get(_KEPT))


def choose(request: HttpRequest, *, shared: bool) -> None:
    """What was ticked at the door; on a marked device it is always so."""
    if shared:
        request.session[_KEPT] = True
    else:
        request.session.pop(_KEPT, None)


def chosen(request: HttpRequest) -> bool:
    """What was ticked so far."""
    return device_is_shared(request) or bool(request.session.get(_KEPT))


def mark(response: HttpResponseBase, *, shared: bool) -> None:
    """From now on this device is shared, or no longer."""
    if not shared:
        response.delete_cookie(COOKIE, samesite="Lax")
        return
    response.set_cookie(
        COOKIE, "1", max_age=COOKIE_AGE, samesite="Lax", secure=settings.SECURE, httponly=True
    )


class Forgetful:
    """Each request of a forgetting session gives it five more minutes; without one the server forgets it."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.handler(request)
        if request.session.accessed and forgets(request):  # else the answer is nobody's, and caches keep it
            request.session.set_expiry(IDLE)
        return response
