"""The bench's queue is the database: lines are taken by compare-and-set and examined in a forked child.

What strangers hand over may do anything to whoever reads it. So a child with bounds of time and memory reads
it; the line of which two children died is set aside, and no worker dies of any. A small bench does not wait
behind a large one: the first lines of all benches come first.
"""

import logging
import time
from datetime import datetime, timedelta
from functools import partial

from django.db import OperationalError
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.urls import reverse

from credentials import apart
from issuers import doorbell
from issuers.models import random_token

from . import bench_examining
from .models import BenchItem

log = logging.getLogger(__name__)

PORTION = 25
#: After so long a child stops before the next line, so that one that labours is not blamed on its neighbour.
LONG_ENOUGH = 1.5  # seconds
LEASE = timedelta(seconds=30)
BACKOFF = timedelta(seconds=1)
MAX_DEATHS = 2
MAX_ATTEMPTS = 6
MEMORY = 512 * 1024 * 1024
State = BenchItem.State


def check_waiting(*, now: datetime, after: timedelta = timedelta()) -> int:
    """Examine a portion of what waits, of benches that are older than ``after``; returns how many lines.

    The bell rings again as long as there is more.
    """
    _set_aside()
    old_enough = Q(bench__made_at__lte=now - after) if after else Q()
    waiting = due().filter(old_enough).count()
    if not waiting:
        return 0
    if waiting > PORTION:
        _ring()  # for another worker
    reverse("verify")  # reads all the product's addresses here, once, and not in each child anew
    token = random_token()
    outcome = apart.in_child(
        partial(_check_portion, token=token, now=now),
        rows=PORTION,
        keep=lambda: None,  # each line has a lease of its own, longer than a child may live
        about={"queue": "benches"},
        memory=MEMORY,
    )
    if outcome.error:
        _give_back(token, guilty=outcome.guilty)
        log.warning("bench portion failed", extra={"error": outcome.error})
    if due().filter(old_enough).exists():
        _ring()
    return outcome.issued


def due() -> QuerySet[BenchItem]:
    """Lines that wait and that nobody holds, by the database's clock."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=Now())
    return BenchItem.objects.filter(free, state=State.WAITING, not_before__lte=Now())


def _ring() -> None:
    doorbell.ring("verify.check_benches", queue="benches")


# -- In the child ---------------------------------------------------------------------------------
def _check_portion(*, token: str, now: datetime) -> apart.Outcome:
    until = time.monotonic() + LONG_ENOUGH
    checked = 0
    try:
        while checked < PORTION and time.monotonic() < until and (item := _take(token)):
            checked += _check(item, now=now)
    except OperationalError as error:
        return apart.Outcome(issued=checked, error=type(error).__name__, innocent=True)
    return apart.Outcome(issued=checked)


def _take(token: str) -> BenchItem | None:
    """The next line, for this child alone until its lease runs out."""
    while (item := due().order_by("number", "id").first()) is not None:
        taken = due().filter(pk=item.pk)
        if taken.update(lease_token=token, lease_until=Now() + LEASE, attempts=F("attempts") + 1):
            item.lease_token = token
            return item
    return None


def _check(item: BenchItem, *, now: datetime) -> int:
    """Examine one line and let its content go, in one statement."""
    try:
        examined = bench_examining.examine(data=bytes(item.content or b""), now=now)
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001  # one file, or a mistake of ours, must not hold up the others
        # its name alone: what it says may be taken from what somebody handed over
        log.error("bench line not examined", extra={"error": type(error).__name__})  # noqa: TRY400
        _give_back(item.lease_token, guilty=True)
        return 0
    mine = BenchItem.objects.filter(pk=item.pk, lease_token=item.lease_token, state=State.WAITING)
    return _settle(mine, examined)


def _settle(lines: QuerySet[BenchItem], examined: bench_examining.Examined) -> int:
    return lines.update(
        state=State.CHECKED,
        content=None,
        outcome=examined.outcome,
        finding=examined.finding,
        lease_token="",
        lease_until=None,
    )


# -- When it failed -------------------------------------------------------------------------------
def _give_back(token: str, *, guilty: bool) -> None:
    """Put the line that was being examined in line again, after a while."""
    BenchItem.objects.filter(lease_token=token, state=State.WAITING).update(
        lease_token="",
        lease_until=None,
        not_before=Now() + BACKOFF,
        deaths=F("deaths") + (1 if guilty else 0),
    )


def _set_aside() -> None:
    """End the lines of which children died, or which outlived too many workers."""
    hopeless = Q(deaths__gte=MAX_DEATHS) | Q(attempts__gte=MAX_ATTEMPTS)
    if _settle(due().filter(hopeless), bench_examining.unread("set-aside")):
        log.error("bench line set aside")
