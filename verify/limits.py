"""How often and how much one place may have checked."""

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

from issuers import limits
from issuers.errors import TooOften

from . import bench, gate
from .errors import BenchTooLarge, TooLarge, TooMany
from .gate import Kind, Source


class PerPlace(limits.PerPlace):
    """Checks from one place."""

    scope = "verify"


class ShortCodes(PerPlace):
    """Short codes have 60 bits and are typed by hand, so that they could be tried by machine."""

    scope = "short-code"


class Benches(PerPlace):
    """Benches from one place: each may be two hundred certificates."""

    scope = "bench"


def require(request: HttpRequest | Request, limit: type[PerPlace]) -> None:
    """One more from this place. Raises TooMany."""
    try:
        limits.require(request, limit())
    except TooOften as refusal:
        raise TooMany(wait=refusal.wait) from None


def require_size(request: HttpRequest | Request) -> None:
    """Refuse a body above the upload limit before it is read. Raises TooLarge."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if not announced.isdigit() or int(announced) > gate.MAX_UPLOAD + 64 * 1024:  # the form around a file
        raise TooLarge("upload-too-large")


def require_bench_size(request: HttpRequest) -> None:
    """Refuse a body above the bench's limit before it is read. Raises BenchTooLarge."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    forms = 2 * bench.MAX_ITEMS * 1024  # what stands around the files
    if not announced.isdecimal() or int(announced) > bench.MAX_BYTES + forms:
        raise BenchTooLarge


def read(request: HttpRequest | Request, data: bytes | str, *, links: bool = False) -> Source:
    """What came in, if this place may ask for that. Raises Malformed, TooLarge, TooMany."""
    source = gate.read_source(data, base_url=settings.BASE_URL, links=links)
    if source.kind is Kind.SHORT_CODE:
        require(request, ShortCodes)
    return source
