"""The queue of what was brought is the database: rows are taken by compare-and-set and looked at in a child.

What strangers made may do anything to whoever reads it, and their sites may be slow: a forked child with
bounds of time and memory reads one after the other. What ended two children, or outlived its tries, is
answered so that nobody waits for ever.
"""

import logging
import time
from datetime import datetime, timedelta
from functools import partial

from django.db import OperationalError
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from credentials import apart
from issuers.models import random_token
from issuers.outbound import Client
from verify.foreign import fetching
from verify.foreign.fetching import Fetch

from . import import_looking, importing
from .importing import Answer
from .models import Import

log = logging.getLogger(__name__)

PORTION = 5
#: After so long a child stops before the next one, so that one that labours is not blamed on its neighbour.
LONG_ENOUGH = 1.5  # seconds
LEASE = timedelta(seconds=60)
BACKOFF = timedelta(seconds=2)
MEMORY = 512 * 1024 * 1024
#: A child waits for slow sites: as long as ``credentials.apart`` gives for so many rows of a list.
WORTH = 40
State = Import.State


def strangers(url: str) -> fetching.Fetched:
    """Asks the sites that documents name, by the one client for hosts of others."""
    return fetching.from_hosts(Client(max_bytes=fetching.MAX_BYTES))(url)


def look_at_waiting(*, now: datetime, after: timedelta = timedelta(), fetch: Fetch = strangers) -> int:
    """Look at a portion of what waits since ``after`` ago; returns how many.

    The bell rings as long as there is more.
    """
    _give_up()
    old_enough = Q(wanted_at__lte=now - after) if after else Q()
    if not due().filter(old_enough).exists():
        return 0
    token = random_token()
    outcome = apart.in_child(
        partial(_look_at_portion, token=token, now=now, fetch=fetch),
        rows=WORTH,
        keep=lambda: None,  # the lease is longer than a child may live
        about={"queue": "imports"},
        memory=MEMORY,
    )
    if outcome.error:
        _give_back(token)
        log.warning("import not looked at", extra={"error": outcome.error})
    if due().filter(old_enough).exists():
        importing.ring()
    return outcome.issued


def due() -> QuerySet[Import]:
    """What waits and nobody holds, by the database's clock."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=Now())
    return Import.objects.filter(free, wanted_at__isnull=False, not_before__lte=Now())


# -- In the child ---------------------------------------------------------------------------------
def _look_at_portion(*, token: str, now: datetime, fetch: Fetch) -> apart.Outcome:
    until = time.monotonic() + LONG_ENOUGH
    looked = 0
    try:
        while looked < PORTION and time.monotonic() < until and (brought := _take(token)):
            looked += _look(brought, fetch=fetch, now=now)
    except OperationalError as error:
        return apart.Outcome(issued=looked, error=type(error).__name__, innocent=True)
    return apart.Outcome(issued=looked)


def _take(token: str) -> Import | None:
    """What has waited longest, for this child alone until its lease runs out."""
    while (found := due().order_by("wanted_at", "pk").first()) is not None:
        taken = due().filter(pk=found.pk)
        if taken.update(lease_token=token, lease_until=Now() + LEASE, attempts=F("attempts") + 1):
            found.lease_token = token
            return found
    return None


def _look(brought: Import, *, fetch: Fetch, now: datetime) -> bool:
    try:
        import_looking.look(brought=brought, fetch=fetch, now=now)
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001  # one document, or a mistake of ours, must not hold up others
        # its name alone: what it says may be taken from what somebody handed over
        log.error("import not looked at", extra={"error": type(error).__name__})  # noqa: TRY400
        _give_back(brought.lease_token)
        return False
    return True


# -- When it failed -------------------------------------------------------------------------------
def _give_back(token: str) -> None:
    """Put it in line again, after a while."""
    Import.objects.filter(lease_token=token, wanted_at__isnull=False).update(
        lease_token="", lease_until=None, not_before=Now() + BACKOFF
    )


def _give_up() -> None:
    """Answer what outlived its tries; what is kept already stays, as it was checked before."""
    for brought in due().filter(attempts__gte=Import.MAX_ATTEMPTS):
        log.error("import set aside")
        if brought.state == State.KEPT:
            Import.objects.filter(pk=brought.pk, lease_token=brought.lease_token).update(
                **import_looking.FREE
            )
        else:
            import_looking.answer(brought, Answer.SET_ASIDE)
