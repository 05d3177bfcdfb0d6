"""Looks after a database that was restored from a backup, before anything runs on it again.

What was given out after the backup is out: paper and files verify for years, whatever the database remembers.
So nothing that may have been given out is given a second time, and no published version goes back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction
from django.db.models import Max

from credentials import ledger, statuslists
from credentials.models import Award, Batch, Chunk, Credential, StatusChange, StatusListVersion
from issuers import publications, registry, storing, whereabouts
from issuers.models import Issuer, Publication, RegisterChange, SigningKey
from passport import accounts, codes
from passport.models import Learner

#: Numbers that others remember (the log names people and issuers by them): never given to somebody else.
NUMBERED = (Learner, Issuer, SigningKey)
NUMBERS_SKIPPED = 10_000
#: Clocks differ a little; a certificate may be dated some seconds ahead.
CLOCKS_DIFFER = timedelta(minutes=5)

TO_DO_AGAIN = """\
What happened after that is not in this database. Before you start workers and web, do again:
  - signing keys that were ended (revoke_key), issuers and mandates that were suspended;
  - certificates that were revoked, suspended or replaced;
  - lists that were stopped: they go on;
  - people and programs that lost their role or key, addresses that were taken off;
  - what people asked to have erased.
Lists that were handed in after that are to be handed in again: their certificates are out and verify, but no
passport has them. Start with passport-prepare.
"""


class ClockBehind(Exception):
    """The machine's clock is behind what the database has seen: versions by the clock would go back."""


@dataclass(frozen=True, slots=True)
class LookedAfter:
    """What was found and done; ``newest`` is the last moment that the database knows of."""

    newest: datetime | None
    lists_closed: int
    rows_waiting: int
    batches_waiting: int
    ids_renewed: int
    signed_out: int
    codes_dropped: int


@transaction.atomic
def after_restore(*, now: datetime) -> LookedAfter:
    """Make a restored database safe to run on; twice does no harm. Raises ClockBehind.

    Chunks that wait keep their slots and ids: what they say was decided, and if they were signed since the
    backup, the same comes of it again. Rows that were not decided (of drafts and held lists, and wrong ones
    once they are mended) get other slots and ids, because they may have been decided otherwise. All lists are
    closed and everything published is signed anew, with versions by the clock. Nobody stays signed in.
    """
    newest = _newest()
    if newest and now < newest - CLOCKS_DIFFER:
        raise ClockBehind(
            f"This machine's clock says {now:%Y-%m-%d %H:%M} UTC, and the database has seen "
            f"{newest:%Y-%m-%d %H:%M}. Set the clock first: versions of what is published follow it."
        )
    for model in NUMBERED:
        storing.skip_numbers(model, by=NUMBERS_SKIPPED)
    closed = statuslists.close_all(now=now)
    publications.outdate(now=now)
    ledger.forget_leases()
    undecided = Award.objects.filter(batch__chunks__isnull=True, state__in=_OPEN)
    waiting = Award.objects.filter(state=Award.State.PENDING, batch__chunks__state=Chunk.State.READY)
    looked_after = LookedAfter(
        newest=newest,
        lists_closed=closed,
        rows_waiting=waiting.distinct().count(),
        batches_waiting=waiting.values("batch").distinct().count(),
        ids_renewed=ledger.renew_ids(undecided),
        signed_out=accounts.sign_everybody_out(),
        codes_dropped=codes.drop_all(),
    )
    cache.clear()
    registry.record(
        event="restored", issuer=None, by=None, now=now, newest=newest.isoformat() if newest else None
    )
    whereabouts.settle(restored_at=now)
    return looked_after


_OPEN = (Award.State.PENDING, Award.State.FAILED, Award.State.DUPLICATE)


def _newest() -> datetime | None:
    moments = (
        Batch.objects.aggregate(at=Max("accepted_at"))["at"],
        Credential.objects.aggregate(at=Max("issued_at"))["at"],
        StatusChange.objects.aggregate(at=Max("at"))["at"],
        RegisterChange.objects.aggregate(at=Max("at"))["at"],
        StatusListVersion.objects.aggregate(at=Max("signed_at"))["at"],
        Publication.objects.aggregate(at=Max("signed_at"))["at"],
    )
    return max((moment for moment in moments if moment is not None), default=None)


def told(done: LookedAfter) -> str:
    """What an operator is to know of it, and to do."""
    if done.newest is None:
        return "The database is empty. It may be started."
    return (
        f"The newest thing that this database knows is of {done.newest:%Y-%m-%d %H:%M:%S} UTC.\n"
        f"Closed: {done.lists_closed} status lists. Renewed: ids of {done.ids_renewed} undecided rows. "
        f"Ended: {done.signed_out} sessions, {done.codes_dropped} codes.\n"
        f"To be signed: {done.rows_waiting} rows in {done.batches_waiting} lists.\n{TO_DO_AGAIN}"
    )
