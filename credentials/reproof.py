"""Pure. Reads and verifies signed documents by hand, with nothing of ours: what the re-check stands on.

The signer and the verifier share modules; a fault in one of these would be theirs together. So a JWS, a COSE
message, a thumbprint, a Merkle root and a DID are made out here once more, from the standards and from
``cryptography`` and ``cbor2`` alone. An architecture test holds that.
"""

import hashlib
import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote, urlsplit

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

ES256 = ec.ECDSA(hashes.SHA256())
BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's
LIST_BITS = 131_072
PRIVATE = -65537


class Wrong(ValueError):
    """The document is not what it should be; the message says at what."""


def raw(text: str) -> bytes:
    """base64url, in its one unpadded spelling. Raises Wrong."""
    try:
        data = urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
    except ValueError:
        raise Wrong("base64url") from None
    if urlsafe_b64encode(data).rstrip(b"=") != text.encode():
        raise Wrong("base64url")
    return data


def did(base: str, slug: str) -> str:
    """The did:web of an issuer under this address."""
    parts = urlsplit(base)
    path = [quote(segment, safe="") for segment in parts.path.split("/") if segment]
    return ":".join(["did:web", parts.netloc.replace(":", "%3A"), *path, "issuers", slug])


def public_key(jwk: Mapping[str, str]) -> tuple[ec.EllipticCurvePublicKey, str]:
    """A P-256 key and its RFC 7638 thumbprint. Raises Wrong."""
    try:
        x, y = (int.from_bytes(raw(jwk[name]), "big") for name in ("x", "y"))
        key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        shown = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    except (KeyError, ValueError):
        raise Wrong("public key") from None
    digest = hashlib.sha256(json.dumps(shown, separators=(",", ":")).encode()).digest()
    return key, urlsafe_b64encode(digest).rstrip(b"=").decode()


def _verified(key: ec.EllipticCurvePublicKey, message: bytes, signature: bytes) -> bool:
    if len(signature) != 64:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        key.verify(encode_dss_signature(r, s), message, ES256)
    except InvalidSignature:
        return False
    return True


def jws(token: str, *, key: ec.EllipticCurvePublicKey, kid: str, typ: str) -> dict[str, Any]:
    """The payload of a compact JWS with exactly this header and this key's signature. Raises Wrong."""
    parts = token.split(".")
    if len(parts) != 3 or not token.isascii():
        raise Wrong("three segments")
    head, body, signature = (raw(part) for part in parts)
    try:
        header, payload = json.loads(head), json.loads(body)
    except ValueError:
        raise Wrong("JSON") from None
    if header != {"alg": "ES256", "typ": typ, "kid": kid} or not isinstance(payload, dict):
        raise Wrong("header")
    if not _verified(key, f"{parts[0]}.{parts[1]}".encode(), signature):
        raise Wrong("signature")
    return payload


def signing_digest(token: str) -> bytes:
    """SHA-256 over what was signed of a compact JWS."""
    return hashlib.sha256(token[: token.rfind(".")].encode()).digest()


def cose(message: bytes, *, key: ec.EllipticCurvePublicKey, kid8: bytes) -> dict[int, Any]:
    """The claims of a COSE_Sign1 message with exactly this header and this key's signature. Raises Wrong."""
    try:
        tag = cbor2.loads(message)
        protected, unprotected, body, signature = tag.value
        header, claims = cbor2.loads(protected), cbor2.loads(body)
        private = dict(claims[PRIVATE])
        again = cbor2.dumps(tag, canonical=True)
    except Exception:  # noqa: BLE001  # whatever a decoder makes of bytes that somebody changed
        raise Wrong("CBOR") from None
    if tag.tag != 18 or unprotected or dict(header) != {1: -7, 4: kid8} or again != message:
        raise Wrong("header")
    if not _verified(key, cbor2.dumps(["Signature1", protected, b"", body]), signature):
        raise Wrong("signature")
    return cast(dict[int, Any], {**claims, PRIVATE: private})


def short_code(cti: bytes) -> str:
    """60 bits in twelve characters, as printed."""
    bits = f"{int.from_bytes(cti[:8], 'big'):064b}"
    return "".join(BASE32[int(bits[place : place + 5], 2)] for place in range(0, 60, 5))


def bits_of(encoded: str) -> bytes:
    """The bits of a Bitstring Status List in multibase. Raises Wrong."""
    if not encoded.startswith("u"):
        raise Wrong("multibase")
    return inflated(raw(encoded[1:]))


def inflated(packed: bytes) -> bytes:
    """The bits of a list from GZIP, never more than twice a list's. Raises Wrong."""
    inflater = zlib.decompressobj(31)
    try:
        bits = inflater.decompress(packed, LIST_BITS // 4)
    except zlib.error:
        raise Wrong("GZIP") from None
    if len(bits) * 8 != LIST_BITS or not inflater.eof:
        raise Wrong("status list")
    return bits


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 9162, section 2.1.1, as it is written there; ``leaves`` are hashed already."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\x01" + tree_root(leaves[:half]) + tree_root(leaves[half:])).digest()


def certificate_leaf(values: Sequence[object]) -> bytes:
    """The hash of a certificate's leaf in its chunk: id, hash, list, index, key."""
    return hashlib.sha256(b"\x00" + json.dumps(values, separators=(",", ":")).encode()).digest()


def event_leaf(columns: Mapping[str, object]) -> bytes:
    """The hash of an audit event's leaf: its columns in canonical JSON."""
    text = json.dumps(columns, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(b"\x00" + text.encode()).digest()
