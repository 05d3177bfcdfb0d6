"""Resolves DIDs of others: did:key and did:jwk are their own documents, a did:web's is fetched."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from verify import gate
from verify.errors import Malformed

from . import publickeys
from .fetching import Fetch, FetchError
from .publickeys import BadKey

DID: Final = re.compile(r"did:[a-z0-9]+:[A-Za-z0-9._:%-]+(?<![:%])")
HOST: Final = re.compile(r"[A-Za-z0-9.-]+(?::[1-9][0-9]{0,4})?")
MAX_DID: Final = 2048
#: What a key that signs may be for (Controlled Identifiers 1.0, section 2.3).
SIGNING: Final = ("assertionMethod", "authentication", "capabilityInvocation", "capabilityDelegation")
DID_CONTEXT: Final = "https://www.w3.org/ns/did/v1"
MULTIKEY_CONTEXT: Final = "https://w3id.org/security/multikey/v1"
JWK_CONTEXT: Final = "https://w3id.org/security/suites/jws-2020/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What came of resolving: the document, or an error in the terms of DID Resolution 1.0, section 10."""

    document: dict[str, Any] | None = None
    content_type: str = "application/did"
    error: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)


def resolve(did: str, *, fetch: Fetch) -> Resolution:
    """The DID's document, made or fetched.

    The error is INVALID_DID, NOT_FOUND, METHOD_NOT_SUPPORTED, INVALID_DID_DOCUMENT or INTERNAL_ERROR;
    ``metadata["cause"]`` says what the network did.
    """
    if len(did) > MAX_DID or not DID.fullmatch(did):
        return Resolution(error="INVALID_DID")
    _did, method, rest = did.split(":", 2)
    match method:
        case "key":
            return _key(did, rest)
        case "jwk":
            return _jwk(did, rest)
        case "web":
            return _web(did, fetch)
    return Resolution(error="METHOD_NOT_SUPPORTED")


def _key(did: str, text: str) -> Resolution:
    """did:key, section 3.1: the document follows from the key."""
    try:
        publickeys.from_multikey(text)
    except BadKey:
        return Resolution(error="INVALID_DID")
    method = {
        "id": f"{did}#{text}",
        "type": "Multikey",
        "controller": did,
        "publicKeyMultibase": text,
    }
    relations: dict[str, Any] = {name: [method["id"]] for name in SIGNING}
    return Resolution(
        document={
            "@context": [DID_CONTEXT, MULTIKEY_CONTEXT],
            "id": did,
            "verificationMethod": [method],
            **relations,
        }
    )


def _jwk(did: str, text: str) -> Resolution:
    """did:jwk: the identifier is the key, and its one method is ``#0``."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if urlsafe_b64encode(data).rstrip(b"=").decode() != text:
            return Resolution(error="INVALID_DID")
        jwk = gate.strict_json(data.decode())
        publickeys.from_jwk(jwk)
    except (ValueError, Malformed):
        return Resolution(error="INVALID_DID")
    name = f"{did}#0"
    method = {"id": name, "type": "JsonWebKey2020", "controller": did, "publicKeyJwk": jwk}
    uses = [] if jwk.get("use") == "enc" else SIGNING
    relations: dict[str, Any] = {each: [name] for each in uses}
    return Resolution(
        document={
            "@context": [DID_CONTEXT, JWK_CONTEXT],
            "id": did,
            "verificationMethod": [method],
            **relations,
        }
    )


def web_address(did: str) -> str:
    """Where a did:web's document lies (did:web, section 3.2). Raises ValueError."""
    host, *path = did.removeprefix("did:web:").split(":")
    host = unquote(host)
    if not HOST.fullmatch(host):
        raise ValueError("host")
    if any(segment in ("", ".", "..") or "/" in unquote(segment) for segment in path):
        raise ValueError("path")
    place = "/".join(path) if path else ".well-known"
    return f"https://{host}/{place}/did.json"


def _web(did: str, fetch: Fetch) -> Resolution:
    try:
        address = web_address(did)
    except ValueError:
        return Resolution(error="INVALID_DID")
    try:
        document = read_object(address, fetch=fetch)
    except FetchError as error:
        code = {"not-found": "NOT_FOUND", "address": "INVALID_DID"}.get(error.code, "INTERNAL_ERROR")
        return Resolution(error=code, metadata={"cause": error.code})
    except Malformed:
        return Resolution(error="INVALID_DID_DOCUMENT")
    if document.get("id") != did:
        return Resolution(error="INVALID_DID_DOCUMENT")
    return Resolution(document=document)


def read_object(address: str, *, fetch: Fetch) -> dict[str, Any]:
    """The JSON object at an address. Raises FetchError, Malformed."""
    try:
        return gate.strict_json(fetch(address).body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Malformed("utf-8") from None
