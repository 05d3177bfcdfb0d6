"""A passkey in software: answers as an authenticator does (WebAuthn Level 2, sections 6.1 and 6.5)."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

USER_PRESENT, USER_VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


class Passkey:
    """One key pair for one site."""

    def __init__(
        self, *, origin: str = "http://localhost:8000", site: str = "localhost", verified: bool = False
    ) -> None:
        self.verified = verified
        self.origin = origin
        self.site_hash = hashlib.sha256(site.encode()).digest()
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)
        self.user = ""

    def make(self, options: dict[str, Any]) -> str:
        """The answer to creation options, as the page's form posts it."""
        asked = options["publicKey"]
        self.user = asked["user"]["id"]
        point = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        told = {"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED) + attested}
        client = self._client("webauthn.create", asked["challenge"])
        return self._answer(client, attestationObject=text(cbor2.dumps(told)))

    def use(self, options: dict[str, Any]) -> str:
        """The answer to request options."""
        asked = options["publicKey"]
        known = asked.get("allowCredentials")  # without any, the device offers what it holds for the site
        assert not known or text(self.id) in [one["id"] for one in known]
        client = self._client("webauthn.get", asked["challenge"])
        data = self._data()
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            client, authenticatorData=text(data), signature=text(signed), userHandle=self.user
        )

    def _data(self, flags: int = 0) -> bytes:
        if self.verified:
            flags |= USER_VERIFIED
        return self.site_hash + bytes([USER_PRESENT | flags]) + bytes(4)

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, client: bytes, **response: str) -> str:
        return json.dumps(
            {
                "id": text(self.id),
                "rawId": text(self.id),
                "type": "public-key",
                "clientExtensionResults": {},
                "response": {"clientDataJSON": text(client)} | response,
            }
        )
