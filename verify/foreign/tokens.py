"""Checks credentials of others secured as JWS: Open Badges 3.0 (8.2), VC-JOSE-COSE, VCDM 1.1 (6.3.1).

The strict reader of our own tokens stays as it is (``verify/gate.py``): what is accepted here besides is
accepted for issuers of elsewhere alone.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from verify import gate
from verify.errors import Malformed

from . import dids, publickeys, stamps
from .dids import Method, MethodError
from .fetching import Fetch
from .publickeys import BadKey
from .secured import ASSERTION, ProofError, Secured, find, require_authorised

SUITE: Final = "vc-jwt"
MAX_TOKEN: Final = 512 * 1024
MAX_HEADER: Final = 8 * 1024  # it may hold an RSA key
MEMBERS: Final = frozenset({"alg", "typ", "cty", "kid", "jwk"})
TYPES: Final = frozenset({"JWT", "vc+jwt", "application/vc+jwt"})
CONTENT_TYPES: Final = frozenset({"vc", "application/vc"})
V1: Final = "https://www.w3.org/2018/credentials/v1"
CLAIMS: Final = ("iss", "jti", "sub", "nbf", "exp")
#: Types of 1EdTech, whose tokens repeat what the credential says and must not contradict it.
OPEN_BADGES: Final = frozenset(
    {"OpenBadgeCredential", "AchievementCredential", "EndorsementCredential", "ClrCredential"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A compact JWS whose form is right; nothing in it is verified yet."""

    header: dict[str, Any]
    payload: dict[str, Any]
    signed: bytes
    signature: bytes

    @property
    def alg(self) -> str:
        return str(self.header["alg"])


def verify_token(token: str, *, fetch: Fetch, now: datetime | None = None) -> Secured:
    """What the token proves. Raises ProofError, NotAuthorised."""
    opened = open_jws(token)
    credential, created, expires = read_claims(opened.payload)
    method = _method(opened.header, _issuer_id(credential), fetch)
    require_signature(opened, method)
    secured = Secured(
        suite=SUITE,
        method=method,
        created=created,
        expires=expires,
        purpose=ASSERTION,
        credential=credential,
        proof=opened.header,
    )
    require_authorised(secured, now=None)  # when it ends is the credential's own: validUntil, or the claims
    return secured


def credential_of(token: str) -> dict[str, Any]:
    """What a token says, whether or not its signature holds. Raises ProofError where nothing can be read."""
    segments = token.split(".")
    if len(token) > MAX_TOKEN or len(segments) != 3:
        raise ProofError("token-form", "segments")
    payload = _json(segments[1])
    if isinstance(payload.get("vc"), dict):
        return dict(payload["vc"])
    return {name: value for name, value in payload.items() if name not in (*CLAIMS, "iat", "aud")}


# -- The JWS --------------------------------------------------------------------------------------
def open_jws(
    token: str, *, types: Collection[str] = TYPES, content_types: Collection[str] = CONTENT_TYPES
) -> Opened:
    """The parts of a compact JWS whose form keeps every rule. Raises ProofError."""
    if len(token) > MAX_TOKEN:
        raise ProofError("too-complex", "token")
    segments = token.split(".")
    if len(segments) != 3 or len(segments[0]) > MAX_HEADER:
        raise ProofError("token-form", "segments")
    first, second, third = segments
    header = _json(first)
    if not set(header) <= MEMBERS:  # crit and b64 change what is signed; jku, x5u and x5c lead elsewhere
        raise ProofError("token-header", ", ".join(sorted(set(header) - MEMBERS))[:80])
    alg = header.get("alg")
    if not isinstance(alg, str) or alg not in publickeys.JWS_ALGORITHMS:
        raise ProofError("token-alg", str(alg)[:40])
    for member, allowed in (("typ", types), ("cty", content_types)):
        if member in header and not (isinstance(header[member], str) and header[member] in allowed):
            raise ProofError("token-type", member)
    return Opened(
        header=header,
        payload=_json(second),
        signed=f"{first}.{second}".encode(),
        signature=_decoded(third),
    )


def require_signature(opened: Opened, method: Method) -> None:
    """The token is signed with this key, by the one algorithm that the key has. Raises ProofError."""
    if publickeys.JWS_ALGORITHMS[opened.alg] != method.algorithm:
        raise ProofError("token-alg", f"{opened.alg}, key {method.algorithm}")
    if not method.public.checks(opened.signature, opened.signed):
        raise ProofError("proof-tampered", opened.alg)


def _decoded(segment: str) -> bytes:
    """base64url without padding, in the one form that encodes these bytes."""
    try:
        return gate.decoded(segment)
    except Malformed as refused:
        raise ProofError("token-form", refused.fault) from None


def _json(segment: str) -> dict[str, Any]:
    try:
        return gate.strict_json(_decoded(segment).decode())
    except UnicodeDecodeError:
        raise ProofError("token-form", "utf-8") from None
    except Malformed as refused:
        raise ProofError("token-form", refused.fault) from None


# -- The key --------------------------------------------------------------------------------------
def _method(header: dict[str, Any], issuer: str, fetch: Fetch) -> Method:
    """The key that the header names, or brings and the issuer's own document lists. Raises ProofError."""
    kid, jwk = header.get("kid"), header.get("jwk")
    if isinstance(kid, str) and kid.startswith(("did:", "https://")):
        return find(kid, fetch=fetch)
    if not isinstance(kid, str | None) or not isinstance(jwk, dict | None) or not (kid or jwk):
        raise ProofError("token-key", "kid, jwk")
    try:
        brought = publickeys.from_jwk(jwk) if jwk is not None else None
    except BadKey as error:
        codes = {"private": "method-private-key", "weak": "method-weak-key"}
        raise ProofError(codes.get(error.code, "method-key"), "jwk") from None
    try:
        listed = dids.methods(dids.controller_document(issuer, fetch=fetch), base=issuer)
    except MethodError as error:
        raise ProofError(error.code, error.detail) from None
    for method in listed.values():
        by_name = kid is not None and kid.removeprefix("#") == method.id.rpartition("#")[2]
        if method.public.is_same(brought) if brought else by_name:
            return method
    raise ProofError("method-not-found", "among the issuer's")


# -- The claims -----------------------------------------------------------------------------------
def read_claims(
    payload: dict[str, Any],
) -> tuple[dict[str, Any], datetime | None, datetime | None]:
    """The credential of a token, and from when until when its claims let it count. Raises ProofError."""
    credential = _of_model_1(payload) if "vc" in payload else _of_model_2(payload)
    starts, ends = (_numeric(payload, name) for name in ("nbf", "exp"))
    return credential, starts, ends


def _of_model_2(payload: dict[str, Any]) -> dict[str, Any]:
    """The payload is the credential (VC-JOSE-COSE, 3.1.1); the claims beside it repeat what it says."""
    if "vp" in payload:
        raise ProofError("token-claim", "vp")
    claims: dict[str, Any] = {name: payload[name] for name in CLAIMS if name in payload}
    credential: dict[str, Any] = {
        name: value for name, value in payload.items() if name not in claims and name not in ("iat", "aud")
    }
    told = _told(credential)
    for name in ("iss", "jti", "sub"):
        if name in claims and claims[name] != told[name]:
            raise ProofError("token-claim", name)
    types = credential.get("type")
    types = types if isinstance(types, list) else [types]
    if any(isinstance(kind, str) and kind in OPEN_BADGES for kind in types):
        _require_repeated(claims, credential, told)
    return credential


def _require_repeated(claims: dict[str, Any], credential: dict[str, Any], told: dict[str, Any]) -> None:
    """Open Badges 3.0, 8.2.1 and 8.2.4: every claim is there and says what the credential says."""
    for name in ("iss", "jti", "sub"):
        if name not in claims:
            raise ProofError("token-claim", name)
    dates = (("nbf", "validFrom"), ("exp", "validUntil"))
    for name, member in dates:
        if (name in claims) != (member in credential):
            raise ProofError("token-claim", name)
        said, meant = stamps.of_number(claims.get(name)), stamps.read(credential.get(member))
        if name in claims and (said is None or meant is None or abs((said - meant).total_seconds()) >= 1):
            raise ProofError("token-claim", name)


def _of_model_1(payload: dict[str, Any]) -> dict[str, Any]:
    """The ``vc`` claim with what the others stand for put back (VCDM 1.1, 6.3.1)."""
    given = payload["vc"]
    contexts = given.get("@context") if isinstance(given, dict) else None
    if not isinstance(given, dict) or not isinstance(contexts, list) or contexts[:1] != [V1]:
        raise ProofError("token-claim", "vc")
    credential = dict(given)
    subject = credential.get("credentialSubject")
    told = _told(credential)
    for name in ("iss", "jti", "sub"):
        if name in payload and (
            not isinstance(payload[name], str) or told[name] not in ("", None, payload[name])
        ):
            raise ProofError("token-claim", name)
    if "iss" in payload:
        issuer = credential.get("issuer")
        credential["issuer"] = (
            {**issuer, "id": payload["iss"]} if isinstance(issuer, dict) else payload["iss"]
        )
    if "jti" in payload:
        credential["id"] = payload["jti"]
    if "sub" in payload and isinstance(subject, dict):
        credential["credentialSubject"] = {**subject, "id": payload["sub"]}
    for name, member in (("nbf", "issuanceDate"), ("exp", "expirationDate")):
        moment = _numeric(payload, name)
        if moment is None:
            continue
        stated = stamps.read(credential.get(member))
        if member in credential and (stated is None or abs((stated - moment).total_seconds()) >= 1):
            raise ProofError("token-claim", name)
        credential.setdefault(member, stamps.written(moment))
    return credential


def _told(credential: dict[str, Any]) -> dict[str, Any]:
    """What the credential itself says where the claims say it again."""
    subject = credential.get("credentialSubject")
    return {
        "iss": _issuer_id(credential),
        "jti": credential.get("id", ""),
        "sub": subject.get("id", "") if isinstance(subject, dict) else "",
    }


def _issuer_id(credential: dict[str, Any]) -> str:
    issuer = credential.get("issuer")
    found = issuer.get("id") if isinstance(issuer, dict) else issuer
    return found if isinstance(found, str) else ""


def _numeric(payload: dict[str, Any], name: str) -> datetime | None:
    if name not in payload:
        return None
    moment = stamps.of_number(payload[name])
    if moment is None:
        raise ProofError("token-claim", name)
    return moment
