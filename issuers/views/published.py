"""The answer that carries a signed document for everybody: kept for a while, then asked for by its mark."""

import gzip
from functools import lru_cache
from typing import Protocol

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers

from .waiting import being_prepared

#: What has no words in it (BCP 47): the same for readers of every language, and kept once for all of them.
WORDLESS = "zxx"
#: Below this a gzip stream saves less than a packet.
WORTH_PACKING = 1_000
#: Larger ones are packed once in this process; small ones cost less than keeping them would.
WORTH_KEEPING = 8_000


class Signed(Protocol):
    """What a signer left to be handed out: a publication, a status list."""

    body: str
    etag: str


def once_signed(
    request: HttpRequest, found: Signed | None, *, content_type: str, max_age: int
) -> HttpResponseBase:
    """What was signed, as ``document`` answers it; 202 where the signer takes longer than a page may."""
    if found is None:
        return being_prepared()
    return document(request, found.body.encode(), content_type=content_type, etag=found.etag, max_age=max_age)


def document(
    request: HttpRequest, body: bytes, *, content_type: str, etag: str, max_age: int
) -> HttpResponseBase:
    """The document, or 304 for whoever has it; readable from any origin (CORS), gzip for whoever takes it."""
    packed = len(body) >= WORTH_PACKING and _takes_gzip(request)
    response = HttpResponse(_packed(body) if packed else body, content_type=content_type)
    response["ETag"] = mark = f'W/"{etag}"' if packed else f'"{etag}"'  # other bytes, the same document
    if packed:
        response["Content-Encoding"] = "gzip"
    answer = get_conditional_response(request, etag=mark, response=response) or response
    answer["Cache-Control"] = f"public, max-age={max_age}"
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Content-Language"] = WORDLESS
    patch_vary_headers(answer, ["Accept-Encoding"])
    return answer


def _takes_gzip(request: HttpRequest) -> bool:
    """Whether the reader names gzip and does not refuse it (RFC 9110, section 12.5.3)."""
    for part in request.headers.get("Accept-Encoding", "").lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() in ("gzip", "x-gzip"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _packed(body: bytes) -> bytes:
    return _kept(body) if len(body) >= WORTH_KEEPING else gzip.compress(body, mtime=0)


@lru_cache(maxsize=32)
def _kept(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)
