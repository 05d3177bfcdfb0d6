"""Finds the verification method that a proof of others names: by a DID URL, or by an https address.

A method counts for what its controller's own document says of it: which key, who controls it, and for what
it may be used (Controlled Identifiers 1.0, section 3.3). What a document under proof says of its own key
counts for nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from verify.errors import Malformed

from . import publickeys, stamps
from .fetching import Fetch, FetchError
from .publickeys import BadKey, PublicKey
from .resolving import DID, SIGNING, Resolution, read_object, resolve, web_address

__all__ = ["Method", "MethodError", "Resolution", "method", "methods", "resolve", "web_address"]

MAX_METHODS: Final = 100
RELATIONS: Final = (*SIGNING, "keyAgreement")
MULTIKEYS: Final = ("Multikey", "Ed25519VerificationKey2020", "EcdsaSecp256r1VerificationKey2019")
JWKS: Final = ("JsonWebKey", "JsonWebKey2020")


class MethodError(Exception):
    """No usable method; ``code`` has its sentence in ``wording.py``, ``detail`` is for an engineer."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A verification method: a key, who controls it, what for, and since when no more."""

    id: str
    controller: str
    public: PublicKey
    relations: frozenset[str]
    revoked: datetime | None = None
    expires: datetime | None = None

    @property
    def algorithm(self) -> str:
        return self.public.algorithm


# -- Finding a method -----------------------------------------------------------------------------
def method(url: str, *, fetch: Fetch) -> Method:
    """The method that a proof names by a DID URL, or by an https address (Open Badges 3.0, 8.2.2).

    Raises MethodError: method-url, method-unsupported, method-unreachable, method-document,
    method-not-found, method-key, method-weak-key, method-private-key.
    """
    base, _hash, fragment = url.partition("#")
    if url.startswith("did:") and fragment and DID.fullmatch(base):
        return named(controller_document(base, fetch=fetch), url, base=base)
    if not url.startswith("https://"):
        raise MethodError("method-url", url[:80])
    document = controller_document(base, fetch=fetch)
    if "verificationMethod" in document or any(name in document for name in RELATIONS):
        if document.get("id") != base or not fragment:
            raise MethodError("method-document", "id")
        return named(document, url, base=base)
    if "kty" in document:
        return _bare(url, document)
    if document.get("id") != url or not isinstance(document.get("controller"), str):
        raise MethodError("method-document", "id or controller")
    whose = document["controller"]
    return named(controller_document(whose, fetch=fetch), url, base=whose, given=document)


def _bare(url: str, jwk: Mapping[str, Any]) -> Method:
    """A JWK that stands alone: whoever answers at its address controls it; that origin is its controller."""
    parts = urlsplit(url)
    return Method(
        id=url,
        controller=f"https://{parts.netloc.lower()}",
        public=_public({"type": "JsonWebKey", "publicKeyJwk": jwk}),
        relations=frozenset({"assertionMethod"}),
    )


def controller_document(identifier: str, *, fetch: Fetch) -> dict[str, Any]:
    """The document of a DID or of an https address. Raises MethodError."""
    if identifier.startswith("did:"):
        found = resolve(identifier, fetch=fetch)
        if found.document is not None:
            return found.document
        codes = {
            "INVALID_DID": "method-url",
            "METHOD_NOT_SUPPORTED": "method-unsupported",
            "INVALID_DID_DOCUMENT": "method-document",
        }
        raise MethodError(
            codes.get(found.error, "method-unreachable"), found.metadata.get("cause", found.error)
        )
    if not identifier.startswith("https://"):
        raise MethodError("method-url", identifier[:80])
    try:
        return read_object(identifier, fetch=fetch)
    except FetchError as error:
        raise MethodError("method-unreachable", error.code) from None
    except Malformed as error:
        raise MethodError("method-document", error.fault) from None


def methods(document: Mapping[str, Any], *, base: str) -> dict[str, Method]:
    """Every method of a controller's document that can be read, by its absolute id."""
    found: dict[str, Method] = {}
    for name in _entries(document, base):
        try:
            found[name] = named(document, name, base=base)
        except MethodError:
            continue
    return found


def named(
    document: Mapping[str, Any], url: str, *, base: str, given: Mapping[str, Any] | None = None
) -> Method:
    """The method of this id; ``given`` is the method itself where it lies apart. Raises MethodError."""
    entries = _entries(document, base)
    entry = given or entries.get(url)
    relations = frozenset(
        relation for relation in RELATIONS if url in (_id(each, base) for each in _list(document, relation))
    )
    if entry is None or (given is not None and not relations):
        raise MethodError("method-not-found", url[:200])
    if entry.get("controller") not in (base, None):
        raise MethodError("method-document", "controller")
    return Method(
        id=url,
        controller=base,
        public=_public(entry),
        relations=relations,
        revoked=_ended(entry, "revoked"),
        expires=_ended(entry, "expires"),
    )


def _entries(document: Mapping[str, Any], base: str) -> dict[str, Mapping[str, Any]]:
    """Methods by id, whether they stand alone or within a relation. Raises MethodError."""
    entries: dict[str, Mapping[str, Any]] = {}
    for member in ("verificationMethod", *RELATIONS):
        for entry in _list(document, member):
            if isinstance(entry, dict) and entries.setdefault(_id(entry, base), entry) != entry:
                raise MethodError("method-document", "two methods of one id")
    if len(entries) > MAX_METHODS:
        raise MethodError("method-document", "too many methods")
    return entries


def _list(document: Mapping[str, Any], member: str) -> list[Any]:
    value = document.get(member, [])
    return value if isinstance(value, list) else [value]


def _id(entry: Any, base: str) -> str:
    """The absolute id: a fragment alone belongs to the document's subject (DID Core, section 3.2.2)."""
    text = entry.get("id") if isinstance(entry, dict) else entry
    if not isinstance(text, str):
        raise MethodError("method-document", "id")
    return f"{base}{text}" if text.startswith("#") else text


def _public(entry: Mapping[str, Any]) -> PublicKey:
    if any(name in entry for name in ("secretKeyMultibase", "secretKeyJwk", "privateKeyJwk")):
        raise MethodError("method-private-key")
    kind = entry.get("type")
    try:
        if kind in MULTIKEYS and "publicKeyJwk" not in entry:
            return publickeys.from_multikey(entry.get("publicKeyMultibase"))
        if kind in JWKS and isinstance(entry.get("publicKeyJwk"), dict) and "publicKeyMultibase" not in entry:
            return publickeys.from_jwk(entry["publicKeyJwk"])
    except BadKey as error:
        codes = {"private": "method-private-key", "weak": "method-weak-key"}
        raise MethodError(codes.get(error.code, "method-key"), error.code) from None
    raise MethodError("method-key", "type")


def _ended(entry: Mapping[str, Any], member: str) -> datetime | None:
    """The moment of ``revoked`` or ``expires`` (Controlled Identifiers 1.0, 2.2). Raises MethodError."""
    if member not in entry:
        return None
    moment = stamps.read(entry[member])
    if moment is None:
        raise MethodError("method-document", member)
    return moment
