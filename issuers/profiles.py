"""Pure. What the world may know of an issuer: its Open Badges Profile, did:web document and keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from .jose import kid8, p256_key, thumbprint, unb64
from .multibase import encode_key

DID_CONTEXTS = [
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/multikey/v1",
    "https://w3id.org/security/jwk/v1",
]
PROFILE_CONTEXTS = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
]
DIRECTORY_TTL = 86_400  # seconds for which a verifier may rely on a key directory without asking again


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """The public half of a signing key and the period in which its signatures count."""

    thumbprint: str
    kid8: str
    algorithm: str
    jwk: Mapping[str, str]
    state: str
    not_before: datetime
    not_after: datetime | None = None
    compromised_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicIssuer:
    """An issuer as the key directory lists it; ``accredited`` has periods by theme."""

    slug: str
    name_fr: str
    name_ar: str
    keys: Sequence[PublicKey]
    accredited: Mapping[str, Sequence[tuple[date, date | None]]]


# -- Names ----------------------------------------------------------------------------------------
def did_for_city(*, base_url: str) -> str:
    """The city's did:web; a port is percent-encoded (did:web, section 3.1)."""
    parts = urlsplit(base_url)
    segments = [quote(segment, safe="") for segment in parts.path.split("/") if segment]
    return ":".join(["did:web", parts.netloc.replace(":", "%3A"), *segments])


def did_for_issuer(*, base_url: str, slug: str) -> str:
    """The did:web of an issuer, whose document lies at ``/issuers/<slug>/did.json``."""
    return f"{did_for_city(base_url=base_url)}:issuers:{slug}"


def multibase(jwk: Mapping[str, str]) -> str:
    """The Multikey form of an Ed25519 public JWK (CID 1.0, section 2.2.2)."""
    return encode_key("Ed25519", unb64(jwk["x"]))


# -- Documents ------------------------------------------------------------------------------------
def city_profile(*, base_url: str, name: str) -> dict[str, Any]:
    """The city as Open Badges Profile."""
    return {
        "id": did_for_city(base_url=base_url),
        "type": ["Profile"],
        "name": name,
        "url": f"{base_url}/",
        "official": name,
    }


def issuer_profile(
    *,
    base_url: str,
    slug: str,
    name: str,
    locality: str,
    city_name: str,
    region: str = "",
    email: str = "",
) -> dict[str, Any]:
    """The issuer as Open Badges Profile (Open Badges 3.0, B.1.18), as every credential carries it."""
    address: dict[str, Any] = {"type": ["Address"], "addressCountryCode": "MA", "addressLocality": locality}
    if region:
        address["addressRegion"] = region
    profile: dict[str, Any] = {
        "id": did_for_issuer(base_url=base_url, slug=slug),
        "type": ["Profile"],
        "name": name,
        "url": f"{base_url}/issuers/{slug}",
        "address": address,
        "official": name,
        "parentOrg": city_profile(base_url=base_url, name=city_name),
    }
    return profile | ({"email": email} if email else {})


def profile_document(profile: Mapping[str, Any]) -> dict[str, Any]:
    """A Profile that stands alone, with its contexts."""
    return {"@context": PROFILE_CONTEXTS, **profile}


def did_document(*, did: str, keys: Sequence[PublicKey]) -> dict[str, Any]:
    """The did:web document (DID Core, CID 1.0).

    A retired key stays an assertion method, since did:web has no history; a compromised one is dated
    ``revoked`` and vouches for nothing any more.
    """
    asserting = [f"{did}#{key.thumbprint}" for key in keys if key.state != "compromised"]
    current = [f"{did}#{key.thumbprint}" for key in keys if key.state in ("pending", "active")]
    return {
        "@context": DID_CONTEXTS,
        "id": did,
        "verificationMethod": [_verification_method(did, key) for key in keys],
        "assertionMethod": asserting,
        "authentication": current,
    }


def _verification_method(did: str, key: PublicKey) -> dict[str, Any]:
    method: dict[str, Any] = {"id": f"{did}#{key.thumbprint}"}
    if key.algorithm == "Ed25519":
        method |= {"type": "Multikey", "controller": did, "publicKeyMultibase": multibase(key.jwk)}
    else:
        jwk = dict(key.jwk) | {"alg": key.algorithm, "kid": key.thumbprint}
        method |= {"type": "JsonWebKey", "controller": did, "publicKeyJwk": jwk}
    if key.compromised_at:
        method["revoked"] = key.compromised_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return method


def key_directory(
    *,
    base_url: str,
    name: str,
    issuers: Sequence[PublicIssuer],
    delegation: str,
    version: int = 0,
    issued_at: datetime | None = None,
) -> dict[str, Any]:
    """The payload of ``/keys.jwt``, and with one issuer and one key that of ``/k/<kid8>``.

    ``name`` is ``keys`` or ``k/<kid8>``, so that no document stands in for another; ``delegation`` is the
    root's word for the key that signs it, so that it is checked with nothing else at hand.

    Described in ``docs/paper-format.md``. Keys of ES256 alone: they sign certificates, lists and paper. A
    period of accreditation is ``[first day, first day after it, or null]``.
    """
    city = did_for_city(base_url=base_url)
    return {
        "iss": city,
        "sub": name,
        "iat": int(issued_at.timestamp()) if issued_at else 0,
        "ttl": DIRECTORY_TTL,
        "version": version,
        "issuers": [directory_entry(issuer, base_url=base_url) for issuer in issuers],
        "delegation": delegation,
    }


def directory_entry(issuer: PublicIssuer, *, base_url: str) -> dict[str, Any]:
    """One issuer as directories and bundles list it."""
    return {
        "did": did_for_issuer(base_url=base_url, slug=issuer.slug),
        "slug": issuer.slug,
        "names": {"fr": issuer.name_fr, "ar": issuer.name_ar},
        "keys": [_directory_key(key) for key in issuer.keys if key.algorithm == "ES256"],
        "accredited": {
            theme: [[start.isoformat(), end.isoformat() if end else None] for start, end in periods]
            for theme, periods in issuer.accredited.items()
        },
    }


def _directory_key(key: PublicKey) -> dict[str, Any]:
    return {
        "kid": key.kid8,
        "jwk": dict(key.jwk),
        "nbf": int(key.not_before.timestamp()),
        "until": int(key.not_after.timestamp()) if key.not_after else None,
        "compromised": key.state == "compromised",
    }


def check_entries(issuers: Sequence[Mapping[str, Any]]) -> None:
    """Whether every key that directory entries list is public, sound and named rightly. Raises ValueError."""
    for issuer in issuers:
        for key in issuer["keys"]:
            jwk = key["jwk"]
            if set(jwk) != {"crv", "kty", "x", "y"} or (jwk["kty"], jwk["crv"]) != ("EC", "P-256"):
                raise ValueError("not a public key alone")
            p256_key(jwk["x"], jwk["y"])
            if kid8(thumbprint(jwk)) != key["kid"]:
                raise ValueError("a key under a wrong name")
