"""Pure. Signs webhooks as Standard Webhooks says: a secret of both sides, HMAC-SHA256, three headers."""

import base64
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> bytes:
    """256 random bits; the specification asks for 24 to 64 bytes."""
    return secrets.token_bytes(SECRET_BYTES)


def shown(secret: bytes) -> str:
    """The secret as its owner copies it and as libraries take it."""
    return PREFIX + base64.b64encode(secret).decode()


def headers(*, message_id: str, timestamp: int, body: bytes, keys: Sequence[bytes]) -> dict[str, str]:
    """What goes with the body: id, moment of this try, one signature for each secret that holds now."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    marks = (base64.b64encode(hmac.digest(key, signed, "sha256")).decode() for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{mark}" for mark in marks),
    }
