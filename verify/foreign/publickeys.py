"""Pure. Public keys of others, as JWK or Multikey, and the signatures that they check: a fixed list of kinds.

The key says which algorithm counts, never the document that it is to check.
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from issuers import multibase

Key = Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey

ED25519, P256, P384, P521, RSA = "Ed25519", "P-256", "P-384", "P-521", "RSA"
#: Curve → its object, the hash of its JWS algorithm, the bytes of a coordinate (RFC 7518, 3.4 and 6.2).
CURVES: Final[dict[str, tuple[ec.EllipticCurve, hashes.HashAlgorithm, int]]] = {
    P256: (ec.SECP256R1(), hashes.SHA256(), 32),
    P384: (ec.SECP384R1(), hashes.SHA384(), 48),
    P521: (ec.SECP521R1(), hashes.SHA512(), 66),
}
#: The JWS algorithm → the only kind of key that it may have (RFC 7518, RFC 8037, RFC 9864).
JWS_ALGORITHMS: Final = {
    "ES256": P256,
    "ES384": P384,
    "ES512": P521,
    "EdDSA": ED25519,
    "Ed25519": ED25519,
    "RS256": RSA,
}
#: Members of a JWK that only its owner may know (RFC 7518, 6.2.2, 6.3.2, 6.4).
PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
MIN_RSA, MAX_RSA = 2048, 8192
_BASE64URL = re.compile(r"[A-Za-z0-9_-]{1,1400}")


class BadKey(ValueError):
    """The key cannot be used; ``code`` is unreadable, unsupported, weak or private."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key and its kind."""

    algorithm: str
    key: Key

    def checks(self, signature: bytes, message: bytes) -> bool:
        """Whether this is the key's signature of the message, as JOSE and Data Integrity write it."""
        try:
            if isinstance(self.key, Ed25519PublicKey):
                self.key.verify(signature, message)
            elif isinstance(self.key, rsa.RSAPublicKey):
                self.key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
            else:
                _curve, digest, size = CURVES[self.algorithm]
                if len(signature) != 2 * size:
                    return False
                pair = (int.from_bytes(half, "big") for half in (signature[:size], signature[size:]))
                self.key.verify(encode_dss_signature(*pair), message, ec.ECDSA(digest))
        except InvalidSignature:
            return False
        return True

    def is_same(self, other: "PublicKey") -> bool:
        """Whether both are one key."""
        return self.key == other.key


def from_jwk(jwk: Mapping[str, Any]) -> PublicKey:
    """The key of a public JWK. Raises BadKey."""
    if PRIVATE_MEMBERS & set(jwk):
        raise BadKey("private")
    kind, curve = jwk.get("kty"), jwk.get("crv")
    try:
        if kind == "OKP" and curve == ED25519:
            return PublicKey(ED25519, Ed25519PublicKey.from_public_bytes(_bytes(jwk, "x")))
        if kind == "EC" and isinstance(curve, str) and curve in CURVES:
            size = CURVES[curve][2]
            x, y = _bytes(jwk, "x"), _bytes(jwk, "y")
            if (len(x), len(y)) != (size, size):
                raise BadKey("unreadable")
            point = ec.EllipticCurvePublicNumbers(
                int.from_bytes(x, "big"), int.from_bytes(y, "big"), CURVES[curve][0]
            )
            return PublicKey(curve, point.public_key())
        if kind == "RSA":
            return PublicKey(RSA, _rsa(_bytes(jwk, "n"), _bytes(jwk, "e")))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise error if isinstance(error, BadKey) else BadKey("unreadable") from None
    raise BadKey("unsupported")


def from_multikey(text: object) -> PublicKey:
    """The key of a ``publicKeyMultibase``. Raises BadKey."""
    try:
        algorithm, data = multibase.decode_key(text)
        if algorithm == ED25519:
            return PublicKey(ED25519, Ed25519PublicKey.from_public_bytes(data))
        return PublicKey(P256, ec.EllipticCurvePublicKey.from_encoded_point(CURVES[P256][0], data))
    except ValueError:
        raise BadKey("unreadable") from None


def _bytes(jwk: Mapping[str, Any], member: str) -> bytes:
    text = jwk.get(member)
    if not isinstance(text, str) or not _BASE64URL.fullmatch(text) or len(text) % 4 == 1:
        raise BadKey("unreadable")
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _rsa(modulus: bytes, exponent: bytes) -> rsa.RSAPublicKey:
    n, e = int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big")
    if not MIN_RSA <= n.bit_length() <= MAX_RSA:
        raise BadKey("weak")  # or one that would take long to reckon with
    if e.bit_length() > 32:
        raise BadKey("unreadable")
    return rsa.RSAPublicNumbers(e, n).public_key()
