"""Tokens of a fixed test key, whole or broken in one place; the key is public and used for nothing else."""

import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from issuers.jose import b64, jwk_of, thumbprint, unb64

SECRET = int.from_bytes(hashlib.sha256(b"a key for tests, known to everybody").digest(), "big") >> 1
KEY = ec.derive_private_key(SECRET, ec.SECP256R1())
JWK = jwk_of(KEY.public_key())
DID = "did:web:nowhere.example:issuers:somebody"
KID = f"{DID}#{thumbprint(JWK)}"
BASE = "http://localhost:8000"
HEADER: dict[str, Any] = {"alg": "ES256", "typ": "JWT", "kid": KID}
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256


def payload(**changes: Any) -> dict[str, Any]:
    """A small credential whose claims repeat it."""
    document: dict[str, Any] = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": f"{BASE}/c/AAAAAAAAAAAAAAAAAAAAAA",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": DID, "type": ["Profile"], "name": "Quelqu’un"},
        "validFrom": "2026-11-24T10:00:00Z",
        "credentialSubject": {
            "id": "urn:uuid:6e0f7f0a-9d4c-4b5a-8f5e-000000000000",
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "hashed": False,
                    "identityHash": "Personne Inventée",
                    "identityType": "name",
                }
            ],
            "achievement": {"id": f"{BASE}/a/x", "type": ["Achievement"], "name": "Un cours"},
        },
        "credentialStatus": {
            "id": f"{BASE}/s/revocation/1#7",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": "7",
            "statusListCredential": f"{BASE}/s/revocation/1",
        },
    }
    claims = {
        "iss": DID,
        "jti": document["id"],
        "nbf": 1795514400,
        "sub": document["credentialSubject"]["id"],
    }
    return document | claims | changes


def signature(signed: str | bytes, key: ec.EllipticCurvePrivateKey = KEY) -> bytes:
    """r || s, the same each time."""
    der = key.sign(
        signed.encode() if isinstance(signed, str) else signed,
        ec.ECDSA(hashes.SHA256(), deterministic_signing=True),
    )
    r, s = decode_dss_signature(der)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def token_of(header: str | bytes, body: str | bytes, key: ec.EllipticCurvePrivateKey = KEY) -> str:
    """A compact JWS over exactly these bytes."""
    parts = (part.encode() if isinstance(part, str) else part for part in (header, body))
    signed = ".".join(b64(part) for part in parts)
    return f"{signed}.{b64(signature(signed, key))}"


def token(
    *,
    header: dict[str, Any] | None = None,
    body: dict[str, Any] | None = None,
    key: ec.EllipticCurvePrivateKey = KEY,
) -> str:
    """A compact JWS; whole unless told otherwise."""
    head = json.dumps(HEADER if header is None else header)
    return token_of(head, json.dumps(payload() if body is None else body, ensure_ascii=False), key)


def high_s(compact: str) -> str:
    """The same JWS with the other of the two signatures that ECDSA allows."""
    signed, _, third = compact.rpartition(".")
    raw = unb64(third)
    r, s = raw[:32], ORDER - int.from_bytes(raw[32:], "big")
    return f"{signed}.{b64(r + s.to_bytes(32, 'big'))}"
