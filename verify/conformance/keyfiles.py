"""Pure. Keys that a suite hands over in files: verification methods with their private half, all published.

They stand in the open in the suite's repository, so nothing here treats them as secrets.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from issuers.jose import unb64
from verify.foreign import publickeys
from verify.foreign.publickeys import CURVES, PublicKey


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A verification method of type JsonWebKey: its id, its algorithm, and what signs and checks with it."""

    kid: str
    controller: str
    alg: str
    public: PublicKey
    _jwk: Mapping[str, Any]

    def sign(self, message: bytes) -> bytes:
        """The signature in the form of JOSE and COSE alike (RFC 7518, 3.4; RFC 9053, 2.1)."""
        if self.public.algorithm == publickeys.ED25519:
            return ed25519.Ed25519PrivateKey.from_private_bytes(unb64(self._jwk["d"])).sign(message)
        curve, digest, size = CURVES[self.public.algorithm]
        key = ec.derive_private_key(int.from_bytes(unb64(self._jwk["d"]), "big"), curve)
        r, s = decode_dss_signature(key.sign(message, ec.ECDSA(digest)))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def read(method: Mapping[str, Any]) -> KeyFile:
    """The key of a verification method. Raises BadKey, KeyError."""
    public = publickeys.from_jwk(method["publicKeyJwk"])
    alg = next(name for name, kind in publickeys.JWS_ALGORITHMS.items() if kind == public.algorithm)
    return KeyFile(method["id"], method.get("controller", ""), alg, public, method.get("secretKeyJwk", {}))
