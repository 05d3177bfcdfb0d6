"""What the libraries are given to issue, and openbadgeslib's own documents, tokens, pictures and lists."""

import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from openbadgeslib.keys import public_jwk_from_pem
from openbadgeslib.ob3 import (
    Achievement,
    Issuer,
    OB3LdpSigner,
    OB3Signer,
    OpenBadgeCredential,
    build_did_document,
    build_status_list_credential,
    did_jwk_from_jwk,
    sign_status_list_credential,
)
from openbadgeslib.ob3 import status_entry as entry_of

ARABIC = "التواصل المهني بالفرنسية"
SCHOOL = "مدرسة الأطلس"
COURSE = "https://elsewhere.example/courses/7"
LIST = "https://elsewhere.example/status/1"
ALGORITHMS: dict[str, Callable[[], Any]] = {
    "RS256": lambda: rsa.generate_private_key(65_537, 2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": Ed25519PrivateKey.generate,
}
SINCE = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)


def pem(key: Any) -> bytes:
    """A private key as the library takes it."""
    return bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def public_jwk(key: Any) -> dict[str, Any]:
    """Its public half as the library writes it."""
    written = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    jwk: dict[str, Any] = public_jwk_from_pem(written)
    return jwk


# -- For @digitalbazaar/vc ------------------------------------------------------------------------
def badge() -> dict[str, Any]:
    """An Open Badge without issuer's id and proof."""
    return {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        ],
        "id": "urn:uuid:5f0cd3c2-5a1b-4b0e-9f63-0f8d7f1f2c11",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": ARABIC,
        "issuer": {"type": ["Profile"], "name": SCHOOL},
        "validFrom": SINCE.isoformat().replace("+00:00", "Z"),
        "credentialSubject": {
            "id": "did:example:learner",
            "type": ["AchievementSubject"],
            "achievement": {
                "id": COURSE,
                "type": ["Achievement"],
                "name": ARABIC,
                "description": "Communiquer au travail.",
                "criteria": {"narrative": "يتواصل مع الزبائن."},
            },
        },
    }


def older_credential() -> dict[str, Any]:
    """A credential of the data model 1.1."""
    return {
        "@context": ["https://www.w3.org/2018/credentials/v1", {"school": "https://schema.org/name"}],
        "id": "urn:uuid:8d3f6b0e-6f0a-4d0f-8e55-6a4c5b1f7a10",
        "type": ["VerifiableCredential"],
        "issuanceDate": SINCE.isoformat().replace("+00:00", "Z"),
        "issuer": {},
        "credentialSubject": {"id": "did:example:learner", "school": SCHOOL},
    }


def status_entry(index: int) -> dict[str, Any]:
    """Where a credential's bit stands."""
    return entry_of(LIST, "revocation", index)


# -- openbadgeslib --------------------------------------------------------------------------------
def credential(issuer: str, *, status: dict[str, Any] | None = None) -> OpenBadgeCredential:
    """An Open Badge as that library models it."""
    return OpenBadgeCredential(
        issuer=Issuer(id=issuer, name=SCHOOL),
        recipient_id="mailto:learner@elsewhere.example",
        achievement=Achievement(
            id=COURSE,
            name=ARABIC,
            description="Communiquer au travail.",
            criteria_narrative="يتواصل مع الزبائن.",
        ),
        issuance_date=SINCE,
        credential_status=[status] if status else [],
    )


def _prover() -> tuple[OB3LdpSigner, OpenBadgeCredential]:
    signer = OB3LdpSigner(pem(Ed25519PrivateKey.generate()))
    return signer, credential(signer.verification_method.partition("#")[0])


def _signer(algorithm: str) -> tuple[OB3Signer, OpenBadgeCredential]:
    key = ALGORITHMS[algorithm]()
    return OB3Signer(pem(key), algorithm=algorithm), credential(did_jwk_from_jwk(public_jwk(key)))


def embedded() -> dict[str, Any]:
    """A document with an embedded proof by a did:key."""
    signer, unsigned = _prover()
    document: dict[str, Any] = signer.sign(unsigned)
    return document


def token(algorithm: str) -> str:
    """A VC-JWT by a did:jwk, whose header brings the key."""
    signer, unsigned = _signer(algorithm)
    return str(signer.sign(unsigned))


def baked_document(kind: str) -> bytes:
    """A picture with a document in it."""
    signer, unsigned = _prover()
    bake = signer.sign_into_png if kind == "png" else signer.sign_into_svg
    return bytes(bake(unsigned, PICTURES[kind]))


def baked_token(kind: str) -> bytes:
    """A picture with a token in it."""
    signer, unsigned = _signer("ES256")
    bake = signer.sign_into_png if kind == "png" else signer.sign_into_svg
    return bytes(bake(unsigned, PICTURES[kind]))


class WebIssuer:
    """An issuer with a did:web whose document and status list the library makes."""

    did = "did:web:elsewhere.example:school"
    did_address = "https://elsewhere.example/school/did.json"

    def __init__(self) -> None:
        key = ALGORITHMS["ES256"]()
        self.private = pem(key)
        self.did_document: dict[str, Any] = build_did_document(self.did, [("badge-1", public_jwk(key))])

    def token(self, *, status: dict[str, Any]) -> str:
        """A VC-JWT with this status."""
        return str(OB3Signer(self.private, algorithm="ES256").sign(credential(self.did, status=status)))

    def status_list(self, *, revoked: list[int]) -> str:
        """The signed list in which these bits are set."""
        listed = build_status_list_credential(self.did, LIST, "revocation", revoked, issued=SINCE)
        return str(sign_status_list_credential(listed, self.private, "ES256"))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


#: The smallest pictures.
PICTURES = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9z"/></svg>',
    "png": b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\0\0"))
    + _chunk(b"IEND", b""),
}
