"""The key that signed an assertion of Open Badges 2.0, and whether its issuer lists it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from issuers.jose import b64
from verify import gate
from verify.errors import Malformed

from . import publickeys, reading
from .dids import Method
from .fetching import Fetch, FetchError
from .publickeys import BadKey, PublicKey
from .secured import ASSERTION, ProofError

MAX_PEM = 8_000


@dataclass(frozen=True, slots=True)
class IssuersKey:
    """A key, and whether it and the issuer's profile name each other."""

    method: Method
    is_listed: bool


def find(creator: str | None, profile: Mapping[str, Any], *, fetch: Fetch) -> IssuersKey:
    """The key that an assertion names, or the only one of its issuer. Raises ProofError."""
    own = [each for each in reading.listed(profile.get("publicKey")) if isinstance(each, str | dict)]
    names = [each if isinstance(each, str) else reading.text(each.get("id")) for each in own]
    if creator is None:
        if len(own) != 1:
            raise ProofError("token-key", "verification.creator")
        document = own[0] if isinstance(own[0], dict) else _fetched(own[0], fetch)
    else:
        within = [each for each in own if isinstance(each, dict) and each.get("id") == creator]
        document = within[0] if within else _fetched(creator, fetch)
    name, owner = (reading.text(document.get(member)) for member in ("id", "owner"))
    if creator is not None and name != creator:
        raise ProofError("method-document", "id")
    is_listed = owner == profile.get("id") and (name in names or document in own)
    public = _public(document.get("publicKeyPem"))
    method = Method(id=name, controller=owner, public=public, relations=frozenset({ASSERTION}))
    return IssuersKey(method=method, is_listed=is_listed)


def _fetched(address: str, fetch: Fetch) -> dict[str, Any]:
    try:
        return gate.strict_json(fetch(address).body.decode())
    except FetchError as error:
        raise ProofError("method-unreachable", error.code) from None
    except (UnicodeDecodeError, Malformed):
        raise ProofError("method-document", address[:200]) from None


def _public(pem: Any) -> PublicKey:
    """The key of a PEM, of the kinds and lengths that we take from anybody. Raises ProofError."""
    if not isinstance(pem, str) or len(pem) > MAX_PEM:
        raise ProofError("method-document", "publicKeyPem")
    try:
        key = load_pem_public_key(pem.encode())
        if isinstance(key, rsa.RSAPublicKey):
            numbers = key.public_numbers()
            return publickeys.from_jwk({"kty": "RSA", "n": _written(numbers.n), "e": _written(numbers.e)})
        if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
            return PublicKey(publickeys.P256, key)
    except BadKey as error:
        raise ProofError("method-weak-key" if error.code == "weak" else "method-key") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ProofError("method-key", "publicKeyPem") from None
    raise ProofError("method-key", "publicKeyPem")


def _written(number: int) -> str:
    return b64(number.to_bytes((number.bit_length() + 7) // 8, "big"))
