"""Seals the audit log: numbers what was committed, extends the tree, signs a checkpoint, tells witnesses."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction

from . import audit, keys, merkle, notes, storing
from .errors import LogBroken, NoKeyRoom
from .models import AuditCheckpoint, AuditEvent, AuditLeaf, AuditMail, AuditWaiting

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=1)
MAIL_EVERY = timedelta(hours=1)
#: So many events are sealed in one transaction.
AT_ONCE = 5_000


def tend(*, now: datetime) -> int:
    """Seal if the last checkpoint is a minute old, and mail it to the witnesses if an hour has passed.

    Returns how many events were sealed. Raises NoKeyRoom, NoActiveKey, LogBroken.
    """
    last = audit.newest()
    sealed = seal(now=now) if last is None or last.sealed_at + EVERY <= now else 0
    tell_witnesses(now=now)
    return sealed


def seal(*, now: datetime) -> int:
    """Number every committed event that has no number yet, and sign the root; returns how many there were.

    Transactions commit in another order than their ids were given, so a number says when an event was seen,
    not when it began. Two sealers at once do no harm: the database lets one win. Raises NoKeyRoom,
    NoActiveKey, LogBroken when what is stored does not fit the last checkpoint.
    """
    if not keys.can_sign():
        raise NoKeyRoom
    sealed = 0
    while True:
        try:
            with transaction.atomic():
                count = _seal_some(now=now)
        except IntegrityError:
            log.warning("another sealer was quicker")
            return sealed
        sealed += count
        if count < AT_ONCE:
            return sealed


def _seal_some(*, now: datetime) -> int:
    waiting = AuditWaiting.objects.select_for_update(skip_locked=True).order_by("event_id")
    ids = list(waiting.values_list("event_id", flat=True)[:AT_ONCE])
    if not ids:
        return 0
    last = audit.newest()
    tree = _tree_until(last)
    leaves = []
    for event in AuditEvent.objects.filter(pk__in=ids).order_by("id"):
        number, leaf = tree.size, audit.leaf_hash(event)
        leaves.append((number, event.pk, leaf, tree.add(leaf)))
    storing.insert(AuditLeaf, fields=("number", "event_id", "hash", "tile"), rows=leaves)
    AuditWaiting.objects.filter(pk__in=ids)._raw_delete(AuditWaiting.objects.db)  # nothing refers to them
    _sign(tree, last=last, now=now)
    return len(leaves)


def _tree_until(last: AuditCheckpoint | None) -> merkle.Tree:
    """The tree as it was signed last; what does not fit it is never built upon. Raises LogBroken."""
    tree = audit.tree_of(0, last.size if last else 0)
    signed = (last.size, bytes(last.root)) if last else (0, merkle.EMPTY)
    if (tree.size, tree.root()) != signed or (last is None and AuditLeaf.objects.exists()):
        raise LogBroken
    return tree


def _sign(tree: merkle.Tree, *, last: AuditCheckpoint | None, now: datetime) -> None:
    origin = notes.origin(settings.BASE_URL)
    head = notes.Head(origin=origin, size=tree.size, root=tree.root())
    before = notes.Head(origin=origin, size=last.size, root=bytes(last.root)) if last else None
    signer = keys.city_signer(purpose=keys.Purpose.AUDIT, now=now)
    signable = audit.lint_checkpoint(head, before=before)
    signature = keys.signed_bytes(signable, by=signer)
    signer.require_active()
    AuditCheckpoint.objects.create(
        number=last.number + 1 if last else 1,
        size=head.size,
        root=head.root,
        key=signer.key,
        body=notes.signed(head, public=audit.public_bytes(signer.key.public_jwk), signature=signature),
        sealed_at=max(now, last.sealed_at) if last else now,
    )


# -- Witnesses ------------------------------------------------------------------------------------
def tell_witnesses(*, now: datetime) -> bool:
    """Mail the newest checkpoint to those who keep it elsewhere, at most once an hour; says whether it did.

    What does not leave is tried again the next time.
    """
    last = audit.newest()
    if not settings.AUDIT_WITNESSES or last is None:
        return False
    lately = AuditMail.objects.filter(sent_at__gt=now - MAIL_EVERY)
    if lately.exists():
        return False
    try:
        with transaction.atomic():
            mail = AuditMail.objects.create(checkpoint=last, sent_at=now)
    except IntegrityError:  # told before, and nothing was sealed since; or by another sweeper just now
        return False
    try:
        _message(last).send()
    except Exception:  # whatever a mail backend raises: it was not sent
        mail.delete()
        raise
    return True


def _message(checkpoint: AuditCheckpoint) -> EmailMessage:
    origin = notes.origin(settings.BASE_URL)
    return EmailMessage(
        subject=f"Checkpoint {checkpoint.size} of {origin}",
        body=(
            "This is the signed head of the city's audit log. Keep it: with it anybody can show later that\n"
            "nothing before it was changed or taken away (manage.py audit verify --against FILE).\n\n"
            f"{checkpoint.body}"
        ),
        to=list(settings.AUDIT_WITNESSES),
    )
