"""Pure. One bit of a document changed where nobody would notice: in an Arabic letter, the proof, the id."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from issuers import multibase

PLACES = ("arabic", "proof", "id")
#: A letter in UTF-8, or escaped with a digit at its end: the last bit makes it another one.
ARABIC = re.compile(rb"\xd8[\xa2-\xb9]|\\u06[23][0-9]")


def document(body: bytes, place: str) -> dict[str, Any]:
    """The JSON document with one bit changed there; it is as well-formed as before."""
    before: dict[str, Any] = json.loads(body)
    if place == "proof":
        (proof,) = before["proof"] if isinstance(before["proof"], list) else [before["proof"]]
        proof["proofValue"] = _signature(proof["proofValue"])
        return before
    changed = _bit(body, _place_of(body, before, place))
    after: dict[str, Any] = json.loads(changed)
    assert after != before
    return after


def token(jws: str, place: str) -> str:
    """The compact JWS with one bit changed there; its payload is as well-formed as before."""
    head, payload, signature = jws.split(".")
    if place == "proof":
        return f"{head}.{payload}.{_b64(_bit(unb64(signature), 5))}"
    body = unb64(payload)
    changed = _bit(body, _place_of(body, json.loads(body), place))
    assert json.loads(changed) != json.loads(body)
    return f"{head}.{_b64(changed)}.{signature}"


def _place_of(body: bytes, parsed: dict[str, Any], place: str) -> int:
    """The byte to change: an Arabic letter's last, or a letter of the id that stays a letter."""
    if place == "arabic":
        letter = ARABIC.search(body)
        assert letter is not None
        return letter.end() - 1
    start = body.index(json.dumps(parsed["id"]).encode()) + 1
    end = start + len(parsed["id"])
    return next(n for n in range(end - 1, start, -1) if chr(body[n]).isalnum() and chr(body[n] ^ 1).isalnum())


def _bit(data: bytes, index: int) -> bytes:
    return data[:index] + bytes([data[index] ^ 1]) + data[index + 1 :]


def _signature(value: str) -> str:
    if value.startswith("z"):
        return multibase.encode(_bit(multibase.decode(value), 5))
    return f"u{_b64(_bit(unb64(value[1:]), 5))}"


def unb64(text: str) -> bytes:
    """Bytes of base64url without padding."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
