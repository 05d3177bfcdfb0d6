"""Releases what waits for a second person, never by who ordered it; or turns it down with a reason."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from issuers.errors import NotAllowed
from issuers.models import Membership, Role
from issuers.registry import record

from . import awards, batches, holding, ledger
from .errors import AboveCap, BadAward, BatchClosed, OrderedByYou
from .models import Award, Batch

State, Held = Batch.State, Batch.Held
#: Who of a provider's staff may be the second person.
SECOND = (Role.SIGNER, Role.OWNER)


@transaction.atomic
def release(*, batch: Batch, by: Any, now: datetime) -> Batch:
    """Let a held order be issued; it is accepted from now on, under the mandate as it stands now.

    Above the day's cap an approver of the city alone may, otherwise a signer or owner of the provider too.
    Raises BatchClosed when somebody was quicker, NotAllowed, OrderedByYou, AboveCap, and what
    ``awards.check_award`` raises.
    """
    held = batches.locked(batch, State.HELD)
    of_the_city = _require_second_person(held, by)
    if held.requested_by_id == by.pk:
        raise OrderedByYou
    mandate = awards.check_award(
        issuer=held.issuer, achievement=held.achievement, awarded_on=held.awarded_on, now=now
    )
    because = held.held_because
    if because == Held.UNUSUAL_SIZE and holding.goes_beyond_cap(batch=held, mandate=mandate, now=now):
        because = Held.ABOVE_CAP.value  # others were accepted while it waited
    if because == Held.ABOVE_CAP and not of_the_city:
        raise AboveCap
    _move(
        held,
        state=State.ACCEPTED,
        held_because=because,
        released_by=by,
        released_at=now,
        accepted_at=now,
    )
    pending = held.awards.filter(state=Award.State.PENDING).values_list("row", flat=True)
    ledger.open_chunks(batch=held, pending=list(pending))
    _record("batch-released", held, by=by, now=now)
    return held


@transaction.atomic
def turn_down(*, batch: Batch, reason: str, by: Any, now: datetime) -> Batch:
    """End a held order: nothing of it is signed, and the same file may come again.

    Stopping needs no second pair of eyes: whoever may release any order of the provider may. Raises
    BatchClosed, NotAllowed, BadAward without a reason.
    """
    held = batches.locked(batch, State.HELD)
    _require_second_person(held, by)
    reason = " ".join(reason.split())
    if not 0 < len(reason) <= 300:
        raise BadAward(_("Say why, in at most 300 characters."), field="reason")
    batches.cancel(batch=held, by=by, now=now)
    Batch.objects.filter(pk=held.pk).update(turned_down_because=reason)
    held.refresh_from_db()
    _record("batch-turned-down", held, by=by, now=now, reason=reason)
    return held


def may_release(*, batch: Batch, by: Any) -> bool:
    """Whether this person is the second one that a held order waits for."""
    if batch.state != State.HELD or batch.requested_by_id == by.pk:
        return False
    roles = _houses(batch, by)
    return None in roles or (batch.issuer_id in roles and batch.held_because != Held.ABOVE_CAP)


def _require_second_person(batch: Batch, by: Any) -> bool:
    """Whether it is the city's person. Raises NotAllowed for who is neither."""
    houses = _houses(batch, by)
    if not houses:
        raise NotAllowed
    return None in houses


def _houses(batch: Batch, by: Any) -> set[int | None]:
    """Where this person may be a second one for the order: at its provider, at the city (None)."""
    held = Membership.objects.filter(person=by)
    provider = held.filter(issuer=batch.issuer_id, role__in=SECOND)
    city = held.filter(issuer__isnull=True, role=Role.APPROVER)
    return set((provider | city).values_list("issuer_id", flat=True))


def _move(batch: Batch, **fields: Any) -> None:
    """Compare-and-set: whoever comes second learns that it was decided."""
    if not Batch.objects.filter(pk=batch.pk, state=State.HELD).update(**fields):
        raise BatchClosed
    for name, value in fields.items():
        setattr(batch, name, value)


def _record(event: str, batch: Batch, *, by: Any, now: datetime, **detail: Any) -> None:
    record(
        event=event,
        issuer=batch.issuer,
        by=by,
        now=now,
        batch=batch.pk,
        rows=batch.row_count,
        because=batch.held_because,
        **detail,
    )
