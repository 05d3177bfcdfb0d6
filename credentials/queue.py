"""The queue is the database: takes a chunk, keeps it while it is worked on, gives it back, sets it aside.

A chunk is taken by compare-and-set with a lease on the database's clock. What a worker left behind is taken
again when the lease has run out; its token fences the first one, should it wake.
"""

import time
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from issuers import storing
from issuers.models import random_token

from .models import Award, Chunk

#: How long a worker may be silent: another takes over within these seconds and a sweeper's round.
LEASE = timedelta(seconds=6)
#: A worker that signs slowly says so often: three times within its lease.
RENEW_EVERY = timedelta(seconds=2)
BACKOFF = timedelta(seconds=2)
MAX_ATTEMPTS = 3
#: What ``last_error`` says of a chunk in which a worker died: whoever takes it next lets a child work on it.
DIED = "WorkerDied"
#: The same of a row that killed two children in a row: it is tried once more later, as a storm may pass.
PROBE_DIED = "ProbeDied"


class LeaseLost(Exception):
    """Another worker holds the chunk: this one's work on it counts for nothing."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A chunk that this worker holds until its lease runs out, with all that signing needs of its batch.

    ``suspect`` if another died in it, ``probed`` if its one row killed a pair of children before; ``more`` if
    another chunk of its kind was ready besides.
    """

    chunk: Chunk
    token: str
    attempts: int
    suspect: bool = False
    probed: bool = False
    more: bool = False

    @property
    def chunk_id(self) -> int:
        """Its number in the queue."""
        return self.chunk.pk

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return self.chunk.last_row - self.chunk.first_row + 1

    @property
    def tried(self) -> bool:
        """Whether it has failed as often as a chunk may."""
        return self.attempts > MAX_ATTEMPTS


def ready(kind: str) -> QuerySet[Chunk]:
    """Chunks that nobody holds and whose time has come, by the database's clock."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=Now())
    return Chunk.objects.filter(free, kind=kind, state=Chunk.State.READY, not_before__lte=Now())


def take(*, kind: str) -> Taken | None:
    """Take the oldest ready chunk of this kind, if another worker is not quicker."""
    while True:
        waiting = ready(kind).select_related("batch__issuer", "batch__achievement", "status_list")
        candidates = list(waiting.order_by("id")[:2])
        if not candidates:
            return None
        candidate = candidates[0]
        candidate.batch.achievement.issuer = candidate.batch.issuer  # nobody awards what is another's
        token = random_token()
        if _leased(candidate, token):
            return Taken(
                chunk=candidate,
                token=token,
                attempts=candidate.attempts + 1,
                # Whoever gives a chunk back takes his token off it; one that is left is a dead worker's.
                suspect=bool(candidate.lease_token) or candidate.last_error in (DIED, PROBE_DIED),
                probed=candidate.last_error == PROBE_DIED,
                more=len(candidates) > 1,
            )


@transaction.atomic
def _leased(chunk: Chunk, token: str) -> bool:
    """Take it unless another worker was quicker. Should the database crash now, nobody has taken it."""
    storing.commit_lightly()
    free = ready(chunk.kind).filter(pk=chunk.pk)
    return bool(free.update(lease_token=token, lease_until=Now() + LEASE, attempts=F("attempts") + 1))


def locked(taken: Taken) -> Chunk | None:
    """The chunk alone, this worker's until the end of this transaction, as long as its lease is on it."""
    return _mine(Chunk.objects.select_for_update(), taken).first()


def _mine(chunks: QuerySet[Chunk], taken: Taken) -> QuerySet[Chunk]:
    return chunks.filter(pk=taken.chunk_id, lease_token=taken.token, state=Chunk.State.READY)


# -- While it is worked on ------------------------------------------------------------------------
class Keeper:
    """Keeps a chunk for the worker that signs it: looks at the clock often, and writes every two seconds."""

    def __init__(self, taken: Taken) -> None:
        self._taken = taken
        self._due = time.monotonic() + RENEW_EVERY.total_seconds()  # a lease, not a date

    def keep(self) -> None:
        """Renew the lease if it is time. Raises LeaseLost when another worker has taken the chunk."""
        if time.monotonic() < self._due:
            return
        if not renew(self._taken):
            raise LeaseLost
        self._due = time.monotonic() + RENEW_EVERY.total_seconds()


def renew(taken: Taken) -> bool:
    """Let the lease run anew from now on; whether it is this worker's still."""
    return bool(_mine(Chunk.objects.all(), taken).update(lease_until=Now() + LEASE))


@transaction.atomic
def renew_for_another(taken: Taken) -> None:
    """The same for whoever watches a worker: where that one is storing, it holds the chunk by its lock."""
    free = _mine(Chunk.objects.select_for_update(skip_locked=True), taken)
    Chunk.objects.filter(pk__in=list(free.values_list("pk", flat=True))).update(lease_until=Now() + LEASE)


# -- When it failed -------------------------------------------------------------------------------
def give_back(taken: Taken, *, error: str, counts: bool) -> None:
    """Put the chunk in line again, after a while; the attempt ``counts`` if it may be the rows' fault."""
    _mine(Chunk.objects.all(), taken).update(
        lease_until=None,
        lease_token="",
        not_before=Now() + BACKOFF * min(taken.attempts, MAX_ATTEMPTS + 1),  # storms count attempts too
        attempts=F("attempts") if counts else F("attempts") - 1,
        last_error=error,
    )


@transaction.atomic
def split(taken: Taken) -> None:
    """Give each row of a chunk that keeps failing a chunk of its own, with the slot that it had."""
    if (chunk := locked(taken)) is None:
        return
    rows = list(_waiting(chunk).values_list("row", flat=True))
    error = DIED if taken.suspect else ""
    mine = Chunk.objects.filter(batch_id=chunk.batch_id, first_row=F("last_row"), first_row__in=rows)
    mine.update(  # of an earlier time
        state=Chunk.State.READY, attempts=0, not_before=chunk.not_before, last_error=error
    )
    known = set(mine.values_list("first_row", flat=True))
    Chunk.objects.bulk_create(
        Chunk(
            batch_id=chunk.batch_id,
            kind=chunk.kind,
            first_row=row,
            last_row=row,
            status_list_id=chunk.status_list_id,
            first_slot=chunk.first_slot + row - chunk.first_row,
            not_before=chunk.not_before,
            last_error=error,
        )
        for row in rows
        if row not in known
    )
    _done(chunk, error=error)


@transaction.atomic
def quarantine(taken: Taken) -> None:
    """End the one row of a chunk as failed, to be seen and tried again; its neighbours are issued."""
    if (chunk := locked(taken)) is None:
        return
    _waiting(chunk).update(state=Award.State.FAILED, error_code="quarantined")
    _done(chunk, error=DIED)


def _waiting(chunk: Chunk) -> QuerySet[Award]:
    return Award.objects.filter(
        batch_id=chunk.batch_id,
        row__gte=chunk.first_row,
        row__lte=chunk.last_row,
        state=Award.State.PENDING,
    )


def _done(chunk: Chunk, *, error: str) -> None:
    chunk.state, chunk.last_error = Chunk.State.DONE, error
    chunk.save(update_fields=["state", "last_error"])
