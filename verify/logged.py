"""Whether what is shown was in the city's audit log before its key was withdrawn.

Whoever holds a stolen key signs any name under any date. What the thief cannot do is to have had it logged:
so what is shown must be, to the byte or word for word, what the log's checkpoint of that time covers.
"""

import hashlib
import json
from datetime import datetime

from credentials import evidence, paper
from credentials.models import Credential
from issuers import jose

from . import shape


def token(text: str, *, credential_id: str, before: datetime) -> bool:
    """Whether exactly this JWS was logged under its id before that moment."""
    held = Credential.objects.select_related("key").filter(pk=credential_id, sha256=_digest(text)).first()
    return held is not None and evidence.was_logged_before(held, before)


def claim(shown: paper.Claim, *, stored: Credential | None, before: datetime) -> bool:
    """Whether the paper says what its file says, and the log had that before that moment."""
    if stored is None or not stored.jwt or _digest(stored.jwt) != bytes(stored.sha256):
        return False
    payload = json.loads(jose.unb64(stored.jwt.split(".")[1]))
    stated = shape.stated(payload)
    names, printed = {name.text for name in stated.names}, {shown.name, shown.second_name or shown.name}
    return (
        printed <= names
        and any(paper.is_title(shown.title, title.text) for title in stated.titles)
        and (shown.issued_at, shown.expires_at) == (payload["nbf"], payload.get("exp"))
        and shown.hours == stated.hours
        and shown.cti == bytes(stored.sha256)[:16]
        and evidence.was_logged_before(stored, before)
    )


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.rpartition(".")[0].encode()).digest()
