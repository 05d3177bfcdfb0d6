"""A change of mind: revoke, suspend, reinstate, replace; each with a reason, published within the ttl."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import transaction

from . import awards, corrections, evidence, outbox, statuslists, webhooks
from .errors import BadAward, WrongStatus
from .models import Batch, Credential, StatusChange
from .people import Person
from .signals import credential_status_changed

Act, Reason, Status = StatusChange.Act, StatusChange.Reason, Credential.Status

#: Act → (statuses it starts from, status it leads to, reasons that fit).
ACTS: dict[str, tuple[tuple[str, ...], str, tuple[str, ...]]] = {
    Act.SUSPEND: (
        (Status.ACTIVE,),
        Status.SUSPENDED,
        (Reason.UNDER_REVIEW, Reason.HOLDER_REQUEST, Reason.FRAUD),
    ),
    Act.REINSTATE: ((Status.SUSPENDED,), Status.ACTIVE, (Reason.REVIEW_CLOSED, Reason.HOLDER_REQUEST)),
    Act.REVOKE: (
        (Status.ACTIVE, Status.SUSPENDED),
        Status.REVOKED,
        (Reason.ISSUED_IN_ERROR, Reason.NOT_ACHIEVED, Reason.FRAUD, Reason.HOLDER_REQUEST),
    ),
    Act.REPLACE: (
        (Status.ACTIVE, Status.SUSPENDED),
        Status.REPLACED,
        (Reason.CORRECTED, Reason.KEY_COMPROMISED),
    ),
}
#: The reasons for replacing, as the API offers them.
REPLACING = [(str(reason), str(reason)) for reason in ACTS[Act.REPLACE][2]]


def possible_acts(credential: Credential) -> list[str]:
    """What may be done with this certificate now."""
    ways = [act for act, (starts, _, _) in ACTS.items() if credential.status in starts]
    return [act for act in ways if act != Act.REPLACE] if credential.erased_at else ways


def revoke(*, credential: Credential, reason: str, by: Any, now: datetime, note: str = "") -> StatusChange:
    """End it for good. Raises WrongStatus, BadAward for a reason that does not fit."""
    return _change(credential, Act.REVOKE, reason=reason, note=note, by=by, now=now)


@transaction.atomic
def revoke_all(
    *, credentials: Sequence[Credential], reason: str, by: Any, now: datetime, note: str = ""
) -> int:
    """End all of these for good, or none. Raises WrongStatus, BadAward; returns how many."""
    for credential in credentials:
        _change(credential, Act.REVOKE, reason=reason, note=note, by=by, now=now)
    return len(credentials)


def suspend(*, credential: Credential, reason: str, by: Any, now: datetime, note: str = "") -> StatusChange:
    """End it for now. Raises WrongStatus, BadAward for a reason that does not fit."""
    return _change(credential, Act.SUSPEND, reason=reason, note=note, by=by, now=now)


def reinstate(*, credential: Credential, reason: str, by: Any, now: datetime, note: str = "") -> StatusChange:
    """Let a suspended one hold again. Raises WrongStatus, BadAward for a reason that does not fit."""
    return _change(credential, Act.REINSTATE, reason=reason, note=note, by=by, now=now)


def replace(
    *,
    credential: Credential,
    person: Person,
    reason: str,
    by: Any,
    idempotency_key: str,
    now: datetime,
    awarded_on: date | None = None,
    note: str = "",
    notify: bool = True,
) -> Batch:
    """Award it anew, corrected; when the new one is issued the old one is replaced and its link leads on.

    The award's date stays unless another is given. Asking again with the same key gives the same batch, also
    once the certificate is replaced. Raises WrongStatus and all that ``awards.accept`` raises.
    """
    if not Batch.objects.filter(issuer=credential.issuer, idempotency_key=idempotency_key).exists():
        check(credential, Act.REPLACE, reason)
    accepted = awards.accept(
        issuer=credential.issuer,
        achievement=credential.achievement,
        awarded_on=awarded_on or credential.awarded_on,
        people=[person],
        kind=Batch.Kind.INTERACTIVE,
        session=credential.session,
        requested_by=by,
        idempotency_key=idempotency_key,
        now=now,
        replaces=credential,
        reason=reason,
        note=note,
        notify=notify,
    )
    return accepted.batch


def check(credential: Credential, act: str, reason: str) -> None:
    """Whether the act fits the status and the reason fits the act. Raises WrongStatus, BadAward."""
    starts, _, reasons = ACTS[act]
    if credential.status not in starts or (act == Act.REPLACE and credential.erased_at):
        raise WrongStatus
    if reason not in reasons:
        raise BadAward(field="reason")


@transaction.atomic
def _change(
    credential: Credential, act: str, *, reason: str, note: str, by: Any, now: datetime
) -> StatusChange:
    held = Credential.objects.select_for_update().get(pk=credential.pk)
    check(held, act, reason)
    held.status, held.status_changed_at = ACTS[act][1], now
    held.save(update_fields=["status", "status_changed_at"])
    change = StatusChange.objects.create(
        credential=held, act=act, reason=reason, note=note.strip()[:300], by=by, at=now
    )
    evidence.log_status(change, issuer=held.issuer, now=now)
    statuslists.mark_changed(numbers=[held.status_list_id])
    if act == Act.REVOKE:
        corrections.settle(ids=[held.pk], by_id=getattr(by, "pk", None), now=now)
    outbox.enqueue_status(change, now=now)
    webhooks.tell_status(change, now=now)
    transaction.on_commit(
        partial(credential_status_changed.send_robust, sender=Credential, credential_id=held.pk, now=now)
    )
    credential.status, credential.status_changed_at = held.status, held.status_changed_at
    return change
