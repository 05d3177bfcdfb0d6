"""Which orders wait for a second person: lists of unusual size, and what goes beyond the city's number a day.

A stolen session or token orders thousands as easily as one. What is usual passes; what is not is seen by
somebody else before anything of it is signed. ``releasing.py`` has what that person does.
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Max, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from issuers import waiting as rooms
from issuers.models import Mandate

from . import ledger, outbox, webhooks
from .models import Award, Batch

#: A provider may always award so many at once, and so many times its longest list of these days.
FLOOR = 200
TIMES = 3
LOOKS_BACK = timedelta(days=90)
State, Held = Batch.State, Batch.Held

WHY: dict[str, Any] = {
    Held.UNUSUAL_SIZE: gettext_lazy("It is much longer than the lists of this provider usually are."),
    Held.ABOVE_CAP: gettext_lazy(
        "With it the provider goes beyond the number of certificates that the city allows it in a day."
    ),
}
WHO: dict[str, Any] = {
    Held.UNUSUAL_SIZE: gettext_lazy(
        "Somebody else than who ordered it can release it: a signer or owner of the provider, "
        "or an approver of the city."
    ),
    Held.ABOVE_CAP: gettext_lazy("Only an approver of the city can release it, or turn it down."),
}


def admit(*, batch: Batch, pending: list[int], mandate: Mandate, now: datetime) -> None:
    """Put the right rows of a new order in line, or hold it for a second person; all in one transaction."""
    because = reason(batch=batch, mandate=mandate, now=now)
    if because:
        batch.state, batch.held_because = State.HELD, because
        batch.save(update_fields=["state", "held_because"])
        webhooks.tell_held(batch, now=now)
        outbox.enqueue_held(batch, now=now)
    else:
        ledger.open_chunks(batch=batch, pending=pending)


def reason(*, batch: Batch, mandate: Mandate, now: datetime) -> str:
    """Why this order is to wait, or nothing; the cap first, since that is the city's."""
    if goes_beyond_cap(batch=batch, mandate=mandate, now=now):
        return Held.ABOVE_CAP.value
    unusual = batch.row_count > FLOOR and batch.row_count > usual_size(batch=batch, now=now)
    return Held.UNUSUAL_SIZE.value if unusual else ""


def usual_size(*, batch: Batch, now: datetime) -> int:
    """How many rows this provider may order at once.

    What was ordered today is no measure: who climbs does it in a day.
    """
    accepted = _accepted(batch).filter(
        accepted_at__gte=now - LOOKS_BACK, accepted_at__lt=_midnight(now), state__in=_COUNTED
    )
    longest = accepted.aggregate(rows=Max("row_count"))["rows"] or 0
    return max(FLOOR, TIMES * longest)


def goes_beyond_cap(*, batch: Batch, mandate: Mandate, now: datetime) -> bool:
    """Whether it makes more than ``daily_cap`` with what was accepted today under its issuer and theme.

    Orders of one mandate are counted one after the other: the lock on it is kept to the end of the
    caller's transaction. What the city released above the cap does not use it up.
    """
    cap = Mandate.objects.select_for_update().values_list("daily_cap", flat=True).get(pk=mandate.pk)
    room = cap - batch.row_count
    if room < 0:
        return True
    today = _accepted(batch).filter(
        accepted_at__gte=_midnight(now),
        accepted_at__lt=_midnight(now, days=1),
        achievement__theme=mandate.theme,
    )
    today = today.exclude(held_because=Held.ABOVE_CAP)
    # Of a list that was stopped only what had been signed counts, and is counted only where it matters.
    if _rows(today.filter(state__in=(*_COUNTED, State.CANCELLED))) <= room:
        return False
    stopped = Award.objects.filter(batch__in=today.filter(state=State.CANCELLED), state=Award.State.ISSUED)
    return _rows(today.filter(state__in=_COUNTED)) + stopped.count() > room


_COUNTED = (State.ACCEPTED, State.COMPLETE)


def _accepted(batch: Batch) -> QuerySet[Batch]:
    """The provider's other orders; every row of a list counts, since each may be mended and issued."""
    own = Batch.objects.filter(issuer=batch.issuer_id).exclude(pk=batch.pk)
    return own.exclude(kind=Batch.Kind.REISSUE)  # nobody awarded anything there


def _rows(orders: QuerySet[Batch]) -> int:
    return orders.aggregate(rows=Sum("row_count"))["rows"] or 0


def _midnight(now: datetime, *, days: int = 0) -> datetime:
    day = timezone.localdate(now) + timedelta(days=days)
    return timezone.make_aware(datetime.combine(day, time()))


# -- What waits -----------------------------------------------------------------------------------
def waiting() -> QuerySet[Batch]:
    """What is held, the longest first."""
    held = Batch.objects.filter(state=State.HELD).order_by("accepted_at")
    return held.select_related("issuer", "achievement", "requested_by", "client")


@rooms.counts("held")
def _how_many(issuers: Iterable[int] | None) -> int:
    held = Batch.objects.filter(state=State.HELD)
    return (held if issuers is None else held.filter(issuer__in=list(issuers))).count()


def said(batch: Batch) -> str:
    """What a held order waits for, why, and who can release it, in the reader's language; else nothing."""
    if batch.state != State.HELD:
        return ""
    waits = _("Nothing of it is signed yet: it waits for a second person.")
    return f"{waits} {WHY[batch.held_because]} {WHO[batch.held_because]}"
