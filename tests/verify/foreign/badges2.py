"""An issuer of Open Badges 2.0 for the tests: its pages, what it hosts, what it signs."""

import hashlib
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from . import signers

HOME = "https://ancien.example"
PROFILE, BADGE, ASSERTION = f"{HOME}/issuer", f"{HOME}/badges/7", f"{HOME}/assertions/42"
KEY, REVOKED = f"{HOME}/keys/1", f"{HOME}/revoked"
CONTEXT = "https://w3id.org/openbadges/v2"
HASH = "sha256$b5809d8a92f8858436d7e6b87c12ebc0ae1eac4baecc2c0b913aee2c922ef399"


def _rsa(bits: int, steps: dict[str, int]) -> rsa.RSAPrivateKey:
    """A key that is the same each time: primes a few steps above numbers that anybody can work out."""
    p, q = (
        (_number(f"RSA-{bits} {name}", bits // 2) | 3 << (bits // 2 - 2) | 1) + step
        for name, step in steps.items()
    )
    e = 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    return rsa.RSAPrivateNumbers(
        p=p, q=q, d=d, dmp1=d % (p - 1), dmq1=d % (q - 1), iqmp=pow(q, -1, p),
        public_numbers=rsa.RSAPublicNumbers(e, p * q),
    ).private_key()  # fmt: skip


def _number(name: str, bits: int) -> int:
    text = f"a key for tests, known to everybody: {name}"
    return int.from_bytes(hashlib.shake_256(text.encode()).digest(bits // 8), "big")


RSA = _rsa(2048, {"p": 1056, "q": 88})
WEAK = _rsa(1024, {"p": 66, "q": 4})


def pem(key: Any) -> str:
    """The public half."""
    made: bytes = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return made.decode()


def assertion(**changes: Any) -> dict[str, Any]:
    """A hosted assertion; a change that is ``None`` leaves a member out."""
    made = {
        "@context": CONTEXT,
        "type": "Assertion",
        "id": ASSERTION,
        "recipient": {"type": "email", "hashed": True, "salt": "Kosher", "identity": HASH},
        "badge": BADGE,
        "verification": {"type": "HostedBadge"},
        "issuedOn": "2019-06-01T09:00:00Z",
    } | changes
    return {name: value for name, value in made.items() if value is not None}


def to_sign(**changes: Any) -> dict[str, Any]:
    """An assertion that its issuer signs."""
    own = {
        "id": "urn:uuid:7b0f7c7e-31c3-4a0e-9f4f-0b3f3bb4c2a1",
        "verification": {"type": "SignedBadge", "creator": KEY},
    }
    return assertion(**own | changes)


def signed(document: dict[str, Any] | None = None, *, key: Any = RSA, **header: Any) -> str:
    """The assertion as a JWS."""
    return signers.token(document or to_sign(), key=key, **{"alg": "RS256", "typ": None} | header)


def pages(**changes: Any) -> dict[str, Any]:
    """What the issuer's site answers; ``changes`` are members of the profile, ``None`` leaves one out."""
    profile = {
        "@context": CONTEXT,
        "type": "Profile",
        "id": PROFILE,
        "name": "مدرسة قديمة",
        "url": HOME,
        "email": "badges@ancien.example",
        "publicKey": [KEY],
        "revocationList": REVOKED,
    } | changes
    return {
        PROFILE: {name: value for name, value in profile.items() if value is not None},
        BADGE: {
            "@context": CONTEXT,
            "type": "BadgeClass",
            "id": BADGE,
            "name": "Couture",
            "description": "Coudre un vêtement simple.",
            "image": f"{HOME}/badges/7.png",
            "criteria": {"narrative": "Un vêtement cousu."},
            "issuer": PROFILE,
        },
        ASSERTION: assertion(),
        KEY: {
            "@context": CONTEXT,
            "type": "CryptographicKey",
            "id": KEY,
            "owner": PROFILE,
            "publicKeyPem": pem(RSA),
        },
        REVOKED: {
            "@context": CONTEXT,
            "type": "RevocationList",
            "id": REVOKED,
            "issuer": PROFILE,
            "revokedAssertions": [{"id": "urn:uuid:other", "revocationReason": "x"}],
        },
    }
