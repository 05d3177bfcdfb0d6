"""Keys that the conformance endpoints sign with: made when first needed, in memory, gone with the process.

Nobody trusts them: no issuer, no mandate and no key directory names them, and their did:key says nothing of
the city. They never come from ``issuers/keys.py``, and what they sign is never stored.
"""

from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from issuers import jose, multibase


@dataclass(frozen=True, slots=True)
class Signer:
    """One throw-away key and the did:key that it is."""

    algorithm: str
    did: str
    _key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey

    @property
    def method(self) -> str:
        """Its verification method."""
        return f"{self.did}#{self.did.removeprefix('did:key:')}"

    def sign(self, message: bytes) -> bytes:
        """64 bytes: Ed25519, or ECDSA over SHA-256 as r || s."""
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return self._key.sign(message)
        return jose.raw_signature(self._key, message)


@lru_cache(maxsize=2)
def signer(algorithm: str) -> Signer:
    """The process's key for ``Ed25519`` or ``P-256``."""
    key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey
    if algorithm == "Ed25519":
        key = ed25519.Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    return Signer(algorithm, f"did:key:{multibase.encode_key(algorithm, public)}", key)
