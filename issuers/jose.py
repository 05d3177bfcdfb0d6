"""Pure. The one way in which we write and read a JWS: ES256, deterministic, and nothing else."""

import hashlib
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from jwt.algorithms import ECAlgorithm
from jwt.api_jws import PyJWS
from jwt.exceptions import DecodeError

#: RFC 6979: equal bytes for equal input, and no weak nonce can give a key away.
DETERMINISTIC = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
SHA256 = ec.ECDSA(hashes.SHA256())

BASE64URL = re.compile(rb"[A-Za-z0-9_-]*")

#: The members that a thumbprint covers (RFC 7638, section 3.2; RFC 8037, appendix A.3).
REQUIRED_MEMBERS = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x")}


class StrictJWS(PyJWS):
    """PyJWT's JWS that reads canonical, unpadded base64url alone.

    PyJWT looks at each character in Python (0.3 ms for a certificate, four times the signature's check) and
    takes a padded segment; RFC 7515, section 2, has no padding, so one token has one spelling here.
    """

    @staticmethod
    def _decode_base64url_segment(segment: bytes, name: str) -> bytes:
        if not BASE64URL.fullmatch(segment) or len(segment) % 4 == 1:
            raise DecodeError(f"Invalid {name} padding")
        data = urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
        if urlsafe_b64encode(data).rstrip(b"=") != segment:
            raise DecodeError(f"Invalid {name} padding")
        return data


JWS = StrictJWS(algorithms=[])
JWS.register_algorithm("ES256", ECAlgorithm(ECAlgorithm.SHA256, ec.SECP256R1))


def raw_signature(key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    """The 64 bytes r || s that JOSE (RFC 7518, 3.4) and COSE (RFC 9053, 2.1) both use."""
    r, s = decode_dss_signature(key.sign(message, DETERMINISTIC))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def verify_raw_signature(key: ec.EllipticCurvePublicKey, message: bytes, signature: bytes) -> bool:
    """Whether these 64 bytes are this key's signature of ``message``."""
    if len(signature) != 64:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        key.verify(encode_dss_signature(r, s), message, SHA256)
    except InvalidSignature:
        return False
    return True


def compact(header: Mapping[str, str], payload: bytes, key: ec.EllipticCurvePrivateKey) -> str:
    """A compact JWS (RFC 7515, section 7.1) of this payload, signed with ES256; ``header`` names alg and kid.

    PyJWT's encode spends two thirds of its time around the signature; what comes of both is the same.
    """
    signing_input = f"{_header_segment(tuple(header.items()))}.{b64(payload)}"
    return f"{signing_input}.{b64(raw_signature(key, signing_input.encode()))}"


@lru_cache(maxsize=512)
def _header_segment(members: tuple[tuple[str, str], ...]) -> str:
    return b64(json.dumps(dict(members), separators=(",", ":")).encode())


def is_compact(token: str, *, payload: bytes, key: ec.EllipticCurvePublicKey) -> bool:
    """Whether the token is a compact JWS of exactly this payload under this key."""
    signing_input, _, signature = token.rpartition(".")
    return signing_input.partition(".")[2] == b64(payload) and verify_raw_signature(
        key, signing_input.encode(), unb64(signature)
    )


def b64(data: bytes) -> str:
    """base64url without padding (RFC 7515, section 2)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """The bytes behind base64url without padding."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def kid_of(token: str) -> str:
    """The ``kid`` that the header of one of our own tokens names; the start of the token is enough."""
    return str(json.loads(unb64(token.partition(".")[0]))["kid"])


def digest(data: bytes) -> str:
    """SHA-256, base64url: 43 characters that name these bytes."""
    return b64(hashlib.sha256(data).digest())


def jwk_of(key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey) -> dict[str, str]:
    """The public JWK, with the required members alone."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        return {"crv": "Ed25519", "kty": "OKP", "x": b64(key.public_bytes_raw())}
    numbers = key.public_numbers()
    x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
    return {"crv": "P-256", "kty": "EC", "x": b64(x), "y": b64(y)}


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """The RFC 7638 thumbprint of a public JWK: SHA-256, base64url."""
    members = {name: jwk[name] for name in REQUIRED_MEMBERS[jwk["kty"]]}
    return digest(json.dumps(members, separators=(",", ":"), sort_keys=True).encode())


def kid8(of_thumbprint: str) -> str:
    """The first 8 bytes of a thumbprint, in hex: a key's short name on paper."""
    return unb64(of_thumbprint)[:8].hex()


@lru_cache(maxsize=4096)
def p256_key(x: str, y: str) -> ec.EllipticCurvePublicKey:
    """The public key at this point of P-256. Raises ValueError when the point is not on the curve."""
    numbers = ec.EllipticCurvePublicNumbers(
        int.from_bytes(unb64(x), "big"), int.from_bytes(unb64(y), "big"), ec.SECP256R1()
    )
    return numbers.public_key()
