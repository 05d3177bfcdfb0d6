"""What a proof proves once its signature matches, and whether its key may say so."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from . import dids, stamps
from .dids import Method, MethodError
from .fetching import Fetch

ASSERTION = "assertionMethod"


class ProofError(Exception):
    """The proof does not hold, or cannot be checked; ``code`` has its sentence in ``wording.py``."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Secured:
    """A document whose signature matches: by which suite, whose key, and what was signed."""

    suite: str
    method: Method
    created: datetime | None
    expires: datetime | None = None
    purpose: str = ASSERTION
    credential: dict[str, Any]
    proof: dict[str, Any] = field(default_factory=dict)  # the header, for a token

    @property
    def method_id(self) -> str:
        return self.method.id

    @property
    def controller(self) -> str:
        return self.method.controller


class NotAuthorised(ProofError):
    """The signature matches (``secured``), but its key does not stand for that.

    The code is method-not-authorised, method-revoked or method-expired.
    """

    def __init__(self, code: str, secured: Secured) -> None:
        super().__init__(code, secured.method_id[:200])
        self.secured = secured


def find(name: Any, *, fetch: Fetch) -> Method:
    """The method that a proof names. Raises ProofError."""
    if not isinstance(name, str):
        raise ProofError("method-url", "no text")
    try:
        return dids.method(name, fetch=fetch)
    except MethodError as error:
        raise ProofError(error.code, error.detail) from None


def require_authorised(secured: Secured, *, now: datetime | None) -> None:
    """The key stands for such statements and did not end; without ``now`` no date is looked at but a
    revocation's. Raises NotAuthorised, and ProofError (proof-expired).
    """
    method = secured.method
    if secured.purpose not in method.relations:
        raise NotAuthorised("method-not-authorised", secured)
    if method.revoked is not None and (now is None or method.revoked <= now):
        # Whoever has the key writes any date into a proof, so what it says of its time counts for nothing.
        raise NotAuthorised("method-revoked", secured)
    if now is not None and method.expires is not None and method.expires <= now:
        raise NotAuthorised("method-expired", secured)
    if now is not None and secured.expires is not None and secured.expires <= now:
        raise ProofError("proof-expired", stamps.written(secured.expires))


def speaks_for(controller: str, issuer: str) -> bool:
    """Whether keys of this controller are the issuer's own.

    They are its own; or a key that stands alone at an address (a bare JWK) lies where the issuer does.
    """
    if controller == issuer:
        return bool(issuer)
    try:
        origin, place = urlsplit(controller), urlsplit(issuer)
    except ValueError:
        return False
    if origin.scheme != "https" or origin.path:
        return False
    here = (place.scheme, place.netloc.lower()) == (origin.scheme, origin.netloc)
    return here or issuer == f"did:web:{origin.netloc.replace(':', '%3A')}"
