"""Portions of what leaves the house: taken by one worker for a while, tried, settled; at least once.

Whatever is due is taken by moving its ``not_before`` ahead, so that two workers do not both send it; a worker
that dies in between leaves it to be sent again two minutes later.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from django.db import transaction
from django.db.models import F, QuerySet

from .models import Outgoing

TAKEN_FOR = timedelta(minutes=2)
State = Outgoing.State
UNDELIVERED = (State.FAILED, State.BOUNCED)
Kind = TypeVar("Kind", bound=Outgoing)


class Result(NamedTuple):
    """What became of one that was tried; ``error`` is a class or a code, never a text of the other side."""

    id: str
    state: str
    attempts: int
    error: str = ""


def due(things: QuerySet[Kind], *, now: datetime) -> QuerySet[Kind]:
    """Those of these whose time has come."""
    return things.filter(state=State.PENDING, not_before__lte=now)


@transaction.atomic
def take(things: QuerySet[Any], *, most: int, now: datetime) -> list[str]:
    """Take so many of these that are due; what another is just taking is passed over."""
    waiting = due(things, now=now).select_for_update(of=("self",), skip_locked=True)
    ids = list(waiting.values_list("pk", flat=True)[:most])
    taken = due(things.model._default_manager.filter(pk__in=ids), now=now)
    taken.update(not_before=now + TAKEN_FOR, attempts=F("attempts") + 1)
    return ids


def after_failure(*, attempts: int, most: int) -> str:
    """Whether it is tried once more."""
    return (State.FAILED if attempts >= most else State.PENDING).value


@transaction.atomic
def settle(
    things: QuerySet[Any],
    results: Sequence[Result],
    *,
    left: set[str],
    wait: Callable[[int], timedelta],
    now: datetime,
) -> None:
    """Write what became of a portion: one statement for each way to end. What was not tried is due again.

    ``wait`` says how long a failure rests after so many tries.
    """
    pending = things.filter(state=State.PENDING)
    ends: dict[tuple[str, int, str], list[str]] = defaultdict(list)
    for result in results:
        tried = result.attempts if result.state == State.PENDING else 0
        ends[result.state, tried, result.error].append(result.id)
    for (state, tried, error), ids in ends.items():
        fields: dict[str, Any] = {"state": state, "last_error": error}
        if state in (State.SENT, State.DELIVERED):
            fields["sent_at"] = now
        if state in (State.DELIVERED, State.BOUNCED):
            fields["settled_at"] = now
        if state == State.PENDING:
            fields["not_before"] = now + wait(tried)
        pending.filter(pk__in=ids).update(**fields)
    if left:
        pending.filter(pk__in=left).update(not_before=now, attempts=F("attempts") - 1)


# -- What did not arrive --------------------------------------------------------------------------
def undelivered(things: QuerySet[Kind]) -> QuerySet[Kind]:
    """Those that did not arrive, and that nobody let go."""
    return things.filter(state__in=UNDELIVERED, let_go_at__isnull=True)


def again(things: QuerySet[Any], *, now: datetime) -> int:
    """Put those of these that did not arrive in line once more, from the first try; returns how many."""
    ids = list(things.filter(state__in=UNDELIVERED).values_list("pk", flat=True))
    failed = things.model._default_manager.filter(pk__in=ids, state__in=UNDELIVERED)
    found: int = failed.update(
        state=State.PENDING,
        attempts=0,
        not_before=now,
        sent_at=None,
        settled_at=None,
        last_error="",
        let_go_at=None,
    )
    return found


def let_go(things: QuerySet[Any], *, now: datetime) -> int:
    """Decide that those of these that did not arrive need not arrive any more; returns how many."""
    ids = list(undelivered(things).values_list("pk", flat=True))
    return undelivered(things.model._default_manager.filter(pk__in=ids)).update(let_go_at=now)
