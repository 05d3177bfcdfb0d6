"""Issuers of elsewhere for the tests: keys that everybody knows, what they sign, and their hosts."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from credentials import dataintegrity
from issuers import multibase
from issuers.jose import b64
from verify.foreign.fetching import Fetched, FetchError


def _secret(name: str) -> bytes:
    return hashlib.sha256(f"a key for tests, known to everybody: {name}".encode()).digest()


ED25519 = Ed25519PrivateKey.from_private_bytes(_secret("Ed25519"))
OTHER = Ed25519PrivateKey.from_private_bytes(_secret("another"))
P256 = ec.derive_private_key(int.from_bytes(_secret("P-256"), "big") >> 1, ec.SECP256R1())


def multikey(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> str:
    if isinstance(key, Ed25519PrivateKey):
        return multibase.encode_key("Ed25519", key.public_key().public_bytes_raw())
    numbers = key.public_key().public_numbers()
    return multibase.encode_key("P-256", bytes([2 + numbers.y % 2]) + numbers.x.to_bytes(32, "big"))


def did_key(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return f"did:key:{multikey(key)}"


def method_of(did: str) -> str:
    return f"{did}#{did.removeprefix('did:key:')}"


DID = did_key(ED25519)
V2, OB3 = "https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"


def badge(issuer: str = DID, **changes: Any) -> dict[str, Any]:
    """A small Open Badge of elsewhere, in Arabic, not signed yet."""
    return {
        "@context": [V2, OB3],
        "id": "urn:uuid:0c0d7e6a-6c1b-4c5e-9d67-2a6f3d3e9a11",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "مبادئ الترجمة",
        "issuer": {"id": issuer, "type": ["Profile"], "name": "Université d'Ailleurs"},
        "validFrom": "2024-05-02T10:00:00Z",
        "credentialSubject": {
            "id": "urn:uuid:5a0b3a9e-17b8-46ad-8c9a-6f6f4a9f9f10",
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "hashed": True,
                    "identityHash": "sha256$b5809d8a92f8858436d7e6b87c12ebc0ae1eac4baecc2c0b913aee2c922ef399",
                    "identityType": "emailAddress",
                    "salt": "Kosher",
                }
            ],
            "achievement": {
                "id": "https://ailleurs.example/achievements/traduction",
                "type": ["Achievement"],
                "name": "مبادئ الترجمة",
                "description": "Traduire un texte court.",
                "criteria": {"narrative": "Deux textes traduits devant un jury."},
            },
        },
        **changes,
    }


def signed(
    document: Mapping[str, Any],
    *,
    key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey = ED25519,
    suite: str = "eddsa-rdfc-2022",
    method: str = "",
    previous: list[dict[str, Any]] | None = None,
    contexts: Any = None,
    **changes: Any,
) -> dict[str, Any]:
    """The document with a proof; ``changes`` are members of the proof, ``None`` leaves one out."""
    proof: dict[str, Any] = {
        "type": "DataIntegrityProof",
        "cryptosuite": suite,
        "created": "2024-05-02T10:00:01Z",
        "verificationMethod": method or method_of(did_key(key)),
        "proofPurpose": "assertionMethod",
    }
    proof = {name: value for name, value in (proof | changes).items() if value is not None}
    data = dataintegrity.hash_data(document, proof, previous=previous or (), contexts=contexts)
    return dataintegrity.signed(document, proof, signature(key, data), array=True)


def signature(key: Any, data: bytes) -> bytes:
    """The signature as JOSE and Data Integrity write it."""
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(data)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    size, digest = (32, hashes.SHA256()) if key.curve.key_size == 256 else (48, hashes.SHA384())
    r, s = decode_dss_signature(key.sign(data, ec.ECDSA(digest, deterministic_signing=True)))
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def jwk(key: Any) -> dict[str, str]:
    """The public JWK."""
    public = key.public_key()
    if isinstance(key, Ed25519PrivateKey):
        return {"kty": "OKP", "crv": "Ed25519", "x": b64(public.public_bytes_raw())}
    numbers = public.public_numbers()
    if isinstance(key, rsa.RSAPrivateKey):
        length = (numbers.n.bit_length() + 7) // 8
        return {"kty": "RSA", "n": b64(numbers.n.to_bytes(length, "big")), "e": b64(b"\x01\x00\x01")}
    size = (key.curve.key_size + 7) // 8
    return {
        "kty": "EC",
        "crv": {256: "P-256", 384: "P-384", 521: "P-521"}[key.curve.key_size],
        "x": b64(numbers.x.to_bytes(size, "big")),
        "y": b64(numbers.y.to_bytes(size, "big")),
    }


def did_jwk(key: Any) -> str:
    return "did:jwk:" + b64(json.dumps(jwk(key)).encode())


def token(payload: Mapping[str, Any], *, key: Any, **header: Any) -> str:
    """A compact JWS of this payload; a header member that is ``None`` is left out."""
    members = {name: value for name, value in ({"typ": "JWT"} | header).items() if value is not None}
    start = f"{b64(json.dumps(members).encode())}.{b64(json.dumps(payload).encode())}"
    return f"{start}.{b64(signature(key, start.encode()))}"


def claims(document: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """A badge as the payload of a token, its claims repeated (Open Badges 3.0, 8.2.1)."""
    payload = {
        **document,
        "iss": document["issuer"]["id"],
        "jti": document["id"],
        "sub": document["credentialSubject"]["id"],
        "nbf": 1714644000,
    }
    return {name: value for name, value in (payload | changes).items() if value is not None}


def hosts(pages: Mapping[str, Any]) -> Callable[[str], Fetched]:
    """Hosts that answer with these documents, and with nothing else."""

    def fetch(url: str) -> Fetched:
        if url not in pages:
            raise FetchError("not-found")
        page = pages[url]
        body = page if isinstance(page, bytes) else json.dumps(page).encode()
        return Fetched(url=url, content_type="application/json", body=body)

    return fetch


def controller(identifier: str, *keys: Any, **changes: Any) -> dict[str, Any]:
    """The document of a controller who makes statements with these keys, ``#key-1`` and so on."""
    names = [f"{identifier}#key-{number}" for number in range(1, len(keys) + 1)]
    return {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": identifier,
        "verificationMethod": [
            {"id": name, "type": "JsonWebKey", "controller": identifier, "publicKeyJwk": jwk(key)}
            for name, key in zip(names, keys, strict=True)
        ],
        "assertionMethod": names,
        **changes,
    }
