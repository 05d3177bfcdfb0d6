"""How often one place may ask: kept for a minute under a keyed hash of its address, without what it asked."""

import math
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from . import gate
from .errors import TooLarge, TooMany
from .gate import Kind, Source


class PerPlace(SimpleRateThrottle):
    """So many a minute from one network address."""

    scope = "verify"

    def get_cache_key(self, request: Any, view: Any) -> str:
        place = salted_hmac("verify.limits", self.get_ident(request) or "").hexdigest()
        return self.cache_format % {"scope": self.scope, "ident": place}


class ShortCodes(PerPlace):
    """Short codes have 60 bits and are typed by hand, so that they could be tried by machine."""

    scope = "short-code"


def require(request: HttpRequest | Request, limit: type[PerPlace]) -> None:
    """One more from this place. Raises TooMany."""
    throttle = limit()
    if not throttle.allow_request(request, None):  # type: ignore[arg-type]  # it reads META alone
        raise TooMany(wait=math.ceil(throttle.wait() or 60))


def require_size(request: HttpRequest | Request) -> None:
    """Refuse a body above the upload limit before it is read. Raises TooLarge."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if not announced.isdigit() or int(announced) > gate.MAX_UPLOAD + 64 * 1024:  # the form around a file
        raise TooLarge("upload-too-large")


def read(request: HttpRequest | Request, data: bytes | str) -> Source:
    """What came in, if this place may ask for that. Raises Malformed, TooLarge, TooMany."""
    source = gate.read_source(data, base_url=settings.BASE_URL)
    if source.kind is Kind.SHORT_CODE:
        require(request, ShortCodes)
    return source
