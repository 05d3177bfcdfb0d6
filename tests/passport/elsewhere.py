"""Badges of others that learners bring, for the tests: signed by an issuer whom the city does not know."""

import hashlib
import json
from datetime import datetime
from typing import Any

from passport import import_queue, importing
from passport.models import Import, Learner
from tests.verify.foreign.signers import badge, hosts, signed
from verify.foreign.fetching import NO_FETCH, Fetch

EMAIL, PHONE, SALT = "fatima@example.org", "+212683000001", "Kosher"


def identity(
    value: str, *, kind: str = "emailAddress", hashed: bool = False, salt: str = SALT
) -> dict[str, Any]:
    """An identifier of the subject, in the clear or hashed (Open Badges 3.0, IdentityObject)."""
    if not hashed:
        return {"type": "IdentityObject", "hashed": False, "identityHash": value, "identityType": kind}
    digest = hashlib.sha256((value + salt).encode()).hexdigest()
    return {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": f"sha256${digest}",
        "identityType": kind,
        "salt": salt,
    }


def given_to(*identifiers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A badge that is not signed yet, about whom these name; ``subject`` changes its subject."""
    subject = changes.pop("subject", {})
    document = badge(**changes)
    about = {**document["credentialSubject"], **subject}
    about.pop("identifier", None)
    if identifiers:
        about["identifier"] = list(identifiers)
    return {**document, "credentialSubject": about}


def as_file(document: dict[str, Any]) -> bytes:
    """As it lies in a file."""
    return json.dumps(document, ensure_ascii=False).encode()


def hers(**changes: Any) -> bytes:
    """A badge that was given to Fatima's e-mail, signed, as a file."""
    return as_file(signed(given_to(identity(EMAIL, hashed=True), **changes)))


def bring(learner: Learner, data: bytes | str, *, now: datetime, fetch: Fetch = NO_FETCH) -> Import:
    """Brought, and looked at by a worker."""
    made = importing.bring(learner=learner, data=data, now=now)
    import_queue.look_at_waiting(now=now, fetch=fetch)
    made.refresh_from_db()
    return made


__all__ = ["EMAIL", "PHONE", "as_file", "bring", "given_to", "hers", "hosts", "identity", "signed"]
