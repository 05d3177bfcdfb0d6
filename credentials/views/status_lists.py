"""The signed status lists for everybody: as VC-JWT, or as JSON with an embedded proof for whoever asks."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from credentials import statuslists
from credentials.errors import NotYours
from credentials.models import StatusListVersion
from issuers import jose
from issuers.access import public
from issuers.views.published import once_signed

JWT_TYPE = "application/vc+jwt"
#: What Open Badges 3.0 (5.1), VCDM 2.0 and the libraries that check embedded proofs call it.
JSON_TYPES = ("application/vc+ld+json", "application/vc", "application/ld+json", "application/json")


@dataclass(slots=True)
class _Signed:
    body: str
    etag: str


@public
@require_safe
def status_list(request: HttpRequest, purpose: str, number: int) -> HttpResponseBase:
    """A list at the address that credentials name (Bitstring Status List 1.0, section 3.2).

    The VC-JWT, unless JSON is asked for by ``Accept``.
    """
    asked = request.get_preferred_type([JWT_TYPE, *JSON_TYPES]) or JWT_TYPE
    response = _answer(request, purpose, number, content_type=asked)
    patch_vary_headers(response, ["Accept"])
    return response


@public
@require_safe
def as_token(request: HttpRequest, purpose: str, number: int) -> HttpResponseBase:
    """The same as VC-JWT, whatever is asked for."""
    return _answer(request, purpose, number, content_type=JWT_TYPE)


@public
@require_safe
def as_json(request: HttpRequest, purpose: str, number: int) -> HttpResponseBase:
    """The same with an embedded proof, whatever is asked for."""
    return _answer(request, purpose, number, content_type=JSON_TYPES[0])


def _answer(request: HttpRequest, purpose: str, number: int, *, content_type: str) -> HttpResponseBase:
    """The newest version, kept by caches for as long as a verifier may rely on it (its ``ttl``)."""
    found: StatusListVersion | _Signed | None = _found(purpose, number, content_type == JWT_TYPE)
    return once_signed(request, found, content_type=content_type, max_age=statuslists.TTL_SECONDS)


def _found(purpose: str, number: int, as_jwt: bool) -> StatusListVersion | _Signed | None:
    version = statuslists.read(number=number, purpose=purpose)
    if version is None and (
        purpose not in StatusListVersion.Purpose.values or not statuslists.exists(number=number)
    ):
        raise NotYours
    now = timezone.now()
    if as_jwt:
        return version or statuslists.wanted(number=number, purpose=purpose, now=now)
    proved = statuslists.wanted_with_proof(number=number, purpose=purpose, now=now)
    return proved and _Signed(proved.document, jose.digest(proved.document.encode()))
