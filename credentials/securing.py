"""Secures certificates as files: the very credential that was signed as VC-JWT, with a Data Integrity proof.

The proof (eddsa-rdfc-2022) costs some milliseconds, so it is made after the batch, or at once when somebody
asks first, and kept. Only what the issuer has signed already is secured: the VC-JWT is verified before. The
city's own terms stand there by their full names (``ownterms``), since verifiers may know no context of ours.
"""

import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from jwt import InvalidTokenError

from issuers import doorbell, keys, orders
from issuers.errors import NoActiveKey, NoKeyRoom
from issuers.models import Issuer, SigningKey

from . import linting, ownterms, proving, queue
from .errors import NotYours
from .models import Batch, Credential, SecuredDocument

log = logging.getLogger(__name__)

KIND = "document"
CLAIMS = ("iss", "jti", "nbf", "sub", "exp")
#: Files a bell: a worker looks up after about a second and lets certificates come first.
A_BELL = 100
LATELY = timedelta(hours=6)
COMPROMISED = SigningKey.State.COMPROMISED


# -- Whoever shows it -----------------------------------------------------------------------------
def obtain(*, credential: Credential, now: datetime) -> str | None:
    """The file, ordered first where it is not there; None if the signer takes longer than a page may.

    Raises NotYours where nothing can be secured any more: erased, or signed with a key that was compromised.
    """
    if credential.erased_at or credential.key.state == COMPROMISED:
        raise NotYours
    look = partial(_held, credential.pk)
    return orders.obtain(kind=KIND, subject=credential.pk, look=look, now=now)


def _held(credential_id: str) -> str | None:
    sound = SecuredDocument.objects.filter(credential=credential_id).exclude(key__state=COMPROMISED)
    return sound.values_list("body", flat=True).first()


# -- The signer -----------------------------------------------------------------------------------
@orders.makes(KIND)
def _make(subject: str, now: datetime) -> None:
    """Secure this one, unless it was done or erased meanwhile."""
    credential = _wanted(Credential.objects.filter(pk=subject)).first()
    if credential is not None:
        _secure(credential, now=now)


def secure_these(*, ids: Sequence[str], now: datetime) -> int:
    """Secure those of these certificates that have no file yet; returns how many that were."""
    return sum(_tried(each, now=now) for each in _wanted(Credential.objects.filter(pk__in=ids)))


def secure_new(*, now: datetime, limit: int = A_BELL, within: timedelta | None = LATELY) -> int:
    """Secure what has no file yet, the oldest first, while no list waits to be issued; returns how many.

    ``within`` looks at the newest alone, which costs the same however many there are. Raises NoKeyRoom where
    this process cannot sign.
    """
    if not keys.can_sign():
        raise NoKeyRoom
    new = Credential.objects.all()
    if within is not None:
        # Naming the issuers lets the index on issuer and moment find them.
        issuers = list(Issuer.objects.values_list("pk", flat=True))
        new = new.filter(issuer__in=issuers, issued_at__gte=now - within)
    made = 0
    for credential in _wanted(new).order_by("issued_at")[:limit]:
        if made % 10 == 0 and queue.ready(Batch.Kind.ROSTER).exists():
            return made
        made += _tried(credential, now=now)
    if made == limit:
        ring()
    return made


def _tried(credential: Credential, *, now: datetime) -> bool:
    """Secure it; one that cannot be is asked for again only when somebody wants it."""
    try:
        return _secure(credential, now=now)
    except (linting.LintError, InvalidTokenError, NoActiveKey) as error:
        log.error(  # noqa: TRY400  # the document may be in the trace
            "not secured", extra={"credential": credential.pk, "error": type(error).__name__}
        )
        return False


def ring() -> None:
    """Wake whoever secures files."""
    doorbell.ring("credentials.secure_documents", queue="batches")


def _wanted(credentials: QuerySet[Credential]) -> QuerySet[Credential]:
    sound = Q(document__isnull=True) | Q(document__key__state=COMPROMISED)
    living = credentials.filter(sound, erased_at__isnull=True).exclude(key__state=COMPROMISED)
    return living.select_related("issuer", "key")


def _secure(credential: Credential, *, now: datetime) -> bool:
    """Make and keep the file; whether it was this process that did."""
    document = unsecured(credential)
    signer = proving.signer_of(credential.issuer, now=now)
    lint = partial(linting.lint_proof, document, issuer_id=credential.issuer_id)
    written = ownterms.spelled_out(document)
    secured = proving.proved(written, signer=signer, lint=lint, now=now, array=True)
    body = json.dumps(secured, ensure_ascii=False, indent=1)
    with transaction.atomic():
        signer.require_active()
        living = Credential.objects.select_for_update().filter(pk=credential.pk, erased_at__isnull=True)
        if not living.exists():
            return False
        # The credential is this process's alone from here on, and its file with it.
        there = SecuredDocument.objects.filter(credential=credential).select_related("key").first()
        if there is not None and there.key.state != COMPROMISED:
            return False
        if there is not None:
            there.delete()
        SecuredDocument.objects.create(credential=credential, key=signer.key, body=body, signed_at=now)
    return True


def statement(credential: Credential) -> dict[str, Any]:
    """What its file states, without the proof. Raises InvalidTokenError."""
    return ownterms.spelled_out(unsecured(credential))


def unsecured(credential: Credential) -> dict[str, Any]:
    """The credential as its VC-JWT says it, without the claims that repeat it. Raises InvalidTokenError."""
    payload: dict[str, Any] = json.loads(keys.verify_jws(credential.jwt, key=credential.key))
    return {name: value for name, value in payload.items() if name not in CLAIMS}
