"""One certificate takes another's place: the old one steps aside, and its link leads on to the new one."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from django.db import transaction
from django.db.models import OuterRef, Subquery

from issuers import storing

from . import corrections, evidence, statuslists, webhooks
from .models import Award, Batch, Credential, StatusChange
from .signals import credential_status_changed

Status = Credential.Status
LIVING = (Status.ACTIVE, Status.SUSPENDED)
_CHANGE = ("credential_id", "act", "reason", "note", "by_id", "at")


class Predecessor(NamedTuple):
    """What a certificate hands on to the one that takes its place."""

    id: str
    status: str
    visibility: str
    status_list_id: int


def step_aside(rows: Sequence[Award]) -> dict[str, Predecessor]:
    """Take what these rows replace out of the ranks of the living, within the transaction that stores them.

    Returns those that were living until now, by id. What was revoked, replaced or erased meanwhile is not
    among them: nothing takes its place.
    """
    wanted = [row.replaces_id for row in rows if row.replaces_id]
    if not wanted:
        return {}
    held = Credential.objects.select_for_update().filter(
        pk__in=wanted, status__in=LIVING, erased_at__isnull=True
    )
    held = held.order_by("pk")
    found = {
        each[0]: Predecessor(*each)
        for each in held.values_list("pk", "status", "visibility", "status_list_id")
    }
    Credential.objects.filter(pk__in=found).update(status=Status.REVOKED)
    return found


def lead_on(*, rows: Sequence[Award], before: dict[str, Predecessor], batch: Batch, now: datetime) -> None:
    """Give each predecessor its successor's id, set its bits, write its history; its rows are issued."""
    done = [row for row in rows if row.replaces_id in before and row.state == Award.State.ISSUED]
    if not done:
        return
    ids = [row.replaces_id or "" for row in done]
    successor = Award.objects.filter(batch=batch, replaces=OuterRef("pk"), state=Award.State.ISSUED).values(
        "credential_id"
    )[:1]
    Credential.objects.filter(pk__in=ids).update(
        status=Status.REPLACED, replaced_by=Subquery(successor), status_changed_at=now
    )
    statuslists.mark_changed(numbers={before[pk].status_list_id for pk in ids})
    act, corrected = StatusChange.Act.REPLACE.value, StatusChange.Reason.CORRECTED.value
    storing.insert(
        StatusChange,
        fields=_CHANGE,
        rows=[
            (row.replaces_id, act, row.reason or corrected, row.note, batch.requested_by_id, now)
            for row in done
        ],
    )
    corrections.settle(ids=ids, by_id=batch.requested_by_id, now=now)
    webhooks.tell_replaced(done, issuer_id=batch.issuer_id, now=now)
    evidence.log_succession(
        batch=batch,
        pairs=[(row.replaces_id or "", row.credential_id) for row in done],
        reasons=[row.reason or corrected for row in done],
        now=now,
    )
    transaction.on_commit(partial(_tell, ids, now=now))


def _tell(ids: Sequence[str], *, now: datetime) -> None:
    for pk in ids:
        credential_status_changed.send_robust(sender=Credential, credential_id=pk, now=now)
