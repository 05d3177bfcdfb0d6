"""How often one place may ask: kept for a minute under a keyed hash of its address, without what it asked."""

import math
from typing import Any

from django.core.cache import caches
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from .errors import TooOften
from .models import Issuer


class PerPlace(SimpleRateThrottle):
    """So many a minute from one network address; each kind names its ``scope`` in the settings."""

    def get_cache_key(self, request: Any, view: Any) -> str:
        return self.key_of(self.get_ident(request) or "")

    def key_of(self, *of: str) -> str:
        """Where the count is kept: nobody reads an address or an id there."""
        counted = salted_hmac("issuers.limits", "|".join(of)).hexdigest()
        return self.cache_format % {"scope": self.scope, "ident": counted}


class Register(PerPlace):
    """Readers of the public register."""

    scope = "register"


class WrongTokens(PerPlace):
    """Tokens that open nothing, tried from one place; whoever shows a right one is not held up by them."""

    scope = "wrong-token"


class Links(PerPlace):
    """Certificates and their files, opened by link from one place: a class behind one address fits in.

    Counted by each web process for itself, since a page that everybody may open writes nothing.
    """

    scope = "links"
    cache = caches["process"]


class OneLink(Links):
    """The same certificate, from the same place."""

    scope = "link"

    def __init__(self, credential_id: str) -> None:
        super().__init__()
        self.credential_id = credential_id

    def get_cache_key(self, request: Any, view: Any) -> str:
        return self.key_of(self.get_ident(request) or "", self.credential_id)


class ListsPerIssuer(PerPlace):
    """Lists handed over for one provider, by people or programs: each may be ten thousand rows to check."""

    scope = "batches"

    def __init__(self, issuer: Issuer | None = None) -> None:
        super().__init__()
        self.issuer = issuer

    def get_cache_key(self, request: Any, view: Any) -> str:
        issuer = self.issuer or request.auth.issuer
        return self.key_of(str(issuer.pk))


def require(request: HttpRequest | Request, *limits: SimpleRateThrottle) -> None:
    """One more, within each of these limits. Raises TooOften."""
    for limit in limits:
        if not limit.allow_request(request, None):  # type: ignore[arg-type]  # they read META alone
            raise TooOften(wait=wait_of(limit))


def require_link(request: HttpRequest, credential_id: str) -> None:
    """One more look at this certificate, or at a file of it, by whoever has its link. Raises TooOften."""
    require(request, Links(), OneLink(credential_id))


def wait_of(limit: SimpleRateThrottle) -> int:
    """For how many seconds whoever was refused waits."""
    return math.ceil(limit.wait() or 60)
