"""The queue is the database: takes a chunk, keeps it while it is worked on, gives it back, sets it aside.

A chunk is taken by compare-and-set with a lease on the database's clock. Its token fences whoever lost it:
what a worker left behind is taken again when the lease has run out, and what the first one does is void.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from issuers.models import random_token

from .models import Award, Chunk

LEASE = timedelta(seconds=30)
BACKOFF = timedelta(seconds=2)
MAX_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Taken:
    """A chunk that this worker holds until its lease runs out."""

    chunk_id: int
    token: str
    attempts: int
    rows: int
    batch_id: str


def ready(kind: str) -> QuerySet[Chunk]:
    """Chunks that nobody holds and whose time has come, by the database's clock."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=Now())
    return Chunk.objects.filter(free, kind=kind, state=Chunk.State.READY, not_before__lte=Now())


def take(*, kind: str) -> Taken | None:
    """Take the oldest ready chunk of this kind, if another worker is not quicker."""
    while True:
        candidate = ready(kind).order_by("id").first()
        if candidate is None:
            return None
        token = random_token()
        won = (
            ready(kind)
            .filter(pk=candidate.pk)
            .update(lease_token=token, lease_until=Now() + LEASE, attempts=F("attempts") + 1)
        )
        if won:
            return Taken(
                chunk_id=candidate.pk,
                token=token,
                attempts=candidate.attempts + 1,
                rows=candidate.last_row - candidate.first_row + 1,
                batch_id=candidate.batch_id,
            )


def held(taken: Taken, *, lock: bool = False) -> Chunk | None:
    """The chunk with its batch, as long as this worker's lease is on it."""
    chunks = Chunk.objects.select_for_update(of=("self",)) if lock else Chunk.objects.all()
    mine = chunks.filter(pk=taken.chunk_id, lease_token=taken.token, state=Chunk.State.READY)
    return mine.select_related("batch__achievement__issuer", "status_list").first()


def give_back(taken: Taken, error: Exception, *, counts: bool) -> None:
    """Put the chunk in line again, after a while; an attempt ``counts`` unless it was not the rows' fault."""
    Chunk.objects.filter(pk=taken.chunk_id, lease_token=taken.token, state=Chunk.State.READY).update(
        lease_until=None,
        lease_token="",
        not_before=Now() + BACKOFF * taken.attempts,
        attempts=F("attempts") if counts else F("attempts") - 1,
        last_error=type(error).__name__,
    )


@transaction.atomic
def set_aside(taken: Taken) -> None:
    """Split a failing chunk into single rows; a failing single row ends as failed, to be seen and retried."""
    chunk = Chunk.objects.select_for_update().filter(pk=taken.chunk_id, lease_token=taken.token).first()
    if chunk is None or chunk.state == Chunk.State.DONE:
        return
    waiting = Award.objects.filter(
        batch_id=chunk.batch_id,
        row__gte=chunk.first_row,
        row__lte=chunk.last_row,
        state=Award.State.PENDING,
    )
    if taken.rows > 1:
        _split(chunk, list(waiting.values_list("row", flat=True)))
    else:
        waiting.update(state=Award.State.FAILED, error_code="quarantined")
    chunk.state = Chunk.State.DONE
    chunk.save(update_fields=["state"])


def _split(chunk: Chunk, rows: Sequence[int]) -> None:
    """A chunk of its own, with the slot that it had, for each of these rows."""
    mine = Chunk.objects.filter(batch_id=chunk.batch_id, first_row=F("last_row"), first_row__in=rows)
    mine.update(state=Chunk.State.READY, attempts=0, not_before=chunk.not_before)  # of an earlier time
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
        )
        for row in rows
        if row not in known
    )
