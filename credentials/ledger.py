"""Writes what was accepted: a batch's rows, the chunks that workers take, and the chunks' status slots."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import uuid4

from django.db.models import Case, F, QuerySet, Value, When
from django.db.models.functions import Now

from issuers import audit, doorbell, storing
from issuers.models import Issuer, random_token

from . import queue
from .errors import StillRestoring
from .models import LIST_SIZE, Award, Batch, Chunk, StatusList
from .people import Person

CHUNK_ROWS = 400
_FIELDS = (
    *("batch_id", "row", "line", "state", "name_latin", "name_arabic", "address_kind", "address"),
    *("language", "awarded_on", "replaces_id", "reason", "note", "credential_id", "subject_id"),
    *("person_hash", "error_code", "error_field", "typed", "problems"),
    "result",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row as it was judged: to be issued, wrong (with what was typed), or a repeat."""

    line: int
    person: Person
    awarded_on: date
    person_hash: str = ""
    state: str = Award.State.PENDING.value
    error_code: str = ""
    error_field: str = ""
    typed: dict[str, str] | None = None
    problems: list[dict[str, Any]] = field(default_factory=list)
    replaces_id: str | None = None
    result: str = ""


def write_rows(*, batch: Batch, rows: Sequence[Row], reason: str = "", note: str = "") -> None:
    """Write the rows of a new batch, numbered from 1. They wait until ``open_chunks`` puts them in line.

    ``reason`` and ``note`` say why they replace what they replace.
    """
    storing.insert(
        Award,
        fields=_FIELDS,
        rows=(
            (
                *(batch.pk, number, row.line, row.state, row.person.name_latin, row.person.name_arabic),
                *(row.person.address_kind, row.person.address, row.person.language, row.awarded_on),
                *(row.replaces_id, reason, note, random_token(), uuid4()),
                *(row.person_hash, row.error_code, row.error_field, row.typed, row.problems),
                row.result,
            )
            for number, row in enumerate(rows, start=1)
        ),
    )


def open_chunks(*, batch: Batch, pending: Iterable[int]) -> None:
    """Give every row of the batch its slot, put the chunks with ``pending`` rows in line, ring the workers.

    Rows that are wrong have slots too: once mended they are issued as if they had been right.
    """
    waiting = {(row - 1) // CHUNK_ROWS for row in pending}
    slots = _take_slots(issuer=batch.issuer, count=batch.row_count)
    chunks, first = [], 1
    for status_list, start, length in slots:
        # A chunk ends where the next one begins, and where its status list is full.
        end, slot = first + length - 1, start
        while first <= end:
            last = min(end, ((first - 1) // CHUNK_ROWS + 1) * CHUNK_ROWS)
            ready = (first - 1) // CHUNK_ROWS in waiting
            chunks.append(
                Chunk(
                    batch=batch,
                    kind=batch.kind,
                    first_row=first,
                    last_row=last,
                    status_list=status_list,
                    first_slot=slot,
                    state=Chunk.State.READY if ready else Chunk.State.DONE,
                    not_before=Now(),  # the queue runs on the database's clock
                )
            )
            slot += last - first + 1
            first = last + 1
    Chunk.objects.bulk_create(chunks)
    audit.append(
        event="batch-accepted",
        now=batch.accepted_at,
        issuer=batch.issuer,
        by=batch.client or batch.requested_by,
        about=batch.pk,
        achievement=batch.achievement_id,
        rows=batch.row_count,
    )
    ring(batch.kind)


def open_again(*, batch: Batch, rows: Sequence[int]) -> None:
    """Put the chunks of these rows in line once more; what they hold that is issued stays as it is.

    Raises StillRestoring, see ``_leave_closed_lists``.
    """
    _leave_closed_lists(batch=batch, rows=rows)
    for first in {row - (row - 1) % CHUNK_ROWS for row in rows}:
        Chunk.objects.filter(batch=batch, first_row__lt=first + CHUNK_ROWS, last_row__gte=first).update(
            state=Chunk.State.READY,
            attempts=0,
            lease_token="",
            lease_until=None,
            not_before=Now(),
            # A chunk in which a worker died stays suspect: no other shall die of it.
            last_error=Case(When(last_error=queue.DIED, then=F("last_error")), default=Value("")),
        )
    ring(batch.kind)


def _leave_closed_lists(*, batch: Batch, rows: Sequence[int]) -> None:
    """Give these rows fresh slots and ids if theirs come from before a restore.

    After the backup they may have been mended otherwise and issued: to somebody who holds that slot and that
    id, and of whom the database knows nothing. Raises StillRestoring while rows of their chunk that were
    pending in the backup wait: those keep their slots, because what they say was decided.
    """
    old = Chunk.objects.filter(batch=batch, status_list__closed_at__isnull=False)
    for chunk in old.filter(last_row__gte=min(rows), first_row__lte=max(rows)):
        mine = [row for row in rows if chunk.first_row <= row <= chunk.last_row]
        if not mine:
            continue
        if chunk.state == Chunk.State.READY:
            raise StillRestoring
        count = chunk.last_row - chunk.first_row + 1
        chunk.status_list, chunk.first_slot = _take_run(issuer=batch.issuer, count=count)
        chunk.save(update_fields=["status_list", "first_slot"])
        renew_ids(batch.awards.filter(row__in=mine))


def renew_ids(awards: QuerySet[Award]) -> int:
    """Give these rows, of which nothing was issued, other random ids; returns how many they are."""
    rows = list(awards.values_list("pk", flat=True))
    for pk in rows:
        Award.objects.filter(pk=pk).update(credential_id=random_token(), subject_id=uuid4())
    return len(rows)


def forget_leases() -> int:
    """After a restore: whoever had taken a chunk is gone; returns how many chunks wait."""
    return Chunk.objects.filter(state=Chunk.State.READY).update(
        lease_token="", lease_until=None, not_before=Now()
    )


def ring(kind: str) -> None:
    """Wake the workers of this kind of batch, once the transaction is committed."""
    match kind:
        case Batch.Kind.INTERACTIVE:
            doorbell.ring("credentials.issue_interactive", queue="interactive")
        case Batch.Kind.ROSTER:
            doorbell.ring("credentials.issue_batches", queue="batches")
        case Batch.Kind.REISSUE:
            doorbell.ring("credentials.issue_anew", queue="batches")


def _take_run(*, issuer: Issuer, count: int) -> tuple[StatusList, int]:
    """One run of fresh slots; what is left of a list that is nearly full is let go."""
    while True:
        status_list, first, length = _take_slots(issuer=issuer, count=count)[-1]
        if length == count:
            return status_list, first


def _take_slots(*, issuer: Issuer, count: int) -> list[tuple[StatusList, int, int]]:
    """Runs of fresh slots, ``(list, first, length)``; a list's counter moves once, by compare-and-set."""
    runs: list[tuple[StatusList, int, int]] = []
    while count:
        status_list = (
            StatusList.objects.filter(issuer=issuer, next_index__lt=LIST_SIZE, closed_at__isnull=True)
            .order_by("number")
            .first()
        )
        if status_list is None:
            status_list = StatusList.objects.create(issuer=issuer, permutation_key=secrets.token_bytes(16))
            doorbell.ring("credentials.publish_lists", queue="upkeep")  # before anybody asks for it
        first = status_list.next_index
        taken = min(count, LIST_SIZE - first)
        won = StatusList.objects.filter(pk=status_list.pk, next_index=first, closed_at__isnull=True).update(
            next_index=F("next_index") + taken
        )
        if won:
            runs.append((status_list, first, taken))
            count -= taken
    return runs
