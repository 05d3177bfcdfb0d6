"""Lists of people, from the first look to the last row: drafts, acceptance, mending, retry, cancelling."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Length, Now

from issuers import audit
from issuers.models import ApiClient, Issuer

from . import awards, checking, holding, ledger, outbox, rosters, webhooks
from .errors import BatchClosed, NobodyToIssue, NotYours
from .ledger import Row
from .models import Achievement, Award, Batch, Chunk
from .people import Person, tidy

#: The cells of a row that a person may type, and how long each may be.
CELLS = tuple(field for field in rosters.FIELDS if field != "extra")
CELL_LIMIT = rosters.MAX_CELL
NAME_CELLS = ("name", "name_latin", "name_arabic")
_FILE = "file:"
DRAFTS_ARE_KEPT = timedelta(days=7)
State, RowState = Batch.State, Award.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a list is, counted now. ``rate`` is certificates a second, ``seconds_left`` an estimate."""

    total: int
    pending: int
    issued: int
    failed: int
    duplicate: int
    cancelled: int
    rate: float | None
    seconds_left: int | None

    @property
    def done(self) -> int:
        return self.total - self.pending

    @property
    def gone_through(self) -> int:
        """Rows about which something was decided; those of a stopped list were not."""
        return self.done - self.cancelled

    @property
    def percent(self) -> int:
        return self.gone_through * 100 // self.total if self.total else 100


# -- A list comes in ------------------------------------------------------------------------------
def draft(
    *,
    issuer: Issuer,
    achievement: Achievement,
    awarded_on: date,
    sheet: rosters.Sheet,
    data: bytes,
    file_name: str,
    language: str,
    by: Any,
    now: datetime,
    session: str = "",
    notify: bool = True,
) -> awards.Accepted:
    """Keep a list that was read, every row judged, for somebody to look through; nothing is signed.

    The same file for the same course, day and session leads to the list that is here already. Raises
    BadAward, IssuerSuspended, OutsideMandate.
    """
    session = group(session)
    awards.check_award(issuer=issuer, achievement=achievement, awarded_on=awarded_on, now=now)
    asked = hash_of_file(data=data, achievement=achievement, awarded_on=awarded_on, session=session)
    with transaction.atomic():
        opened = awards.open_batch(
            Batch(
                issuer=issuer,
                achievement=achievement,
                kind=Batch.Kind.ROSTER,
                state=State.DRAFT,
                awarded_on=awarded_on,
                session=session,
                file_name=file_name[-120:],
                reading=_reading(sheet),
                requested_by=by,
                idempotency_key=file_key(asked),
                request_hash=asked,
                row_count=len(sheet.rows),
                accepted_at=now,
                notify=notify,
            )
        )
        if opened.created:
            rows = _judged(opened.batch, _checked(sheet, awarded_on, language), now=now)
            ledger.write_rows(batch=opened.batch, rows=rows)
    return opened


def hash_of_file(*, data: bytes, achievement: Achievement, awarded_on: date, session: str) -> str:
    """What a file asks for: the same file for the same course, day and session is the same request."""
    parts = (hashlib.sha256(data).hexdigest(), achievement.pk, awarded_on.isoformat(), group(session))
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def group(session: str) -> str:
    """The name of a group as it is kept: tidied, and cut where the column ends."""
    return tidy(session)[:80]


def file_key(asked: str) -> str:
    """The idempotency key of a file, by what it asks for; a cancelled list sets it free."""
    return f"{_FILE}{asked}"


def _reading(sheet: rosters.Sheet) -> dict[str, Any]:
    """What a person may want to object to: a guessed encoding, columns parted by tabs, what was left out."""
    return {
        "encoding": sheet.encoding if sheet.guessed else "",
        "tabs": sheet.separator == "\t",
        "ignored": list(sheet.ignored),
        "unread": list(sheet.unread),
        "examples": len(sheet.examples),
    }


def _checked(sheet: rosters.Sheet, day: date, language: str) -> list[rosters.Checked]:
    return [
        rosters.check(row.cells, number=row.number, default_day=day, default_language=language)
        for row in sheet.rows
    ]


def _judged(batch: Batch, rows: Sequence[rosters.Checked], *, now: datetime) -> list[Row]:
    return checking.judge(
        achievement=batch.achievement,
        session=batch.session,
        rows=rows,
        default_day=batch.awarded_on,
        now=now,
        within=batch,
    )


@transaction.atomic
def accept_draft(*, batch: Batch, by: Any, now: datetime) -> Batch:
    """Order the right rows of a draft to be issued; the wrong ones stay, to be mended.

    The list may have to wait for a second person (``holding``). Raises BatchClosed when it is no draft any
    more, NobodyToIssue, and what ``awards.check_award`` raises.
    """
    held = locked(batch, State.DRAFT)
    mandate = awards.check_award(
        issuer=held.issuer, achievement=held.achievement, awarded_on=held.awarded_on, now=now
    )
    pending = list(held.awards.filter(state=RowState.PENDING).values_list("row", flat=True))
    if not pending:
        raise NobodyToIssue
    held.state, held.accepted_at, held.requested_by = State.ACCEPTED, now, by
    held.save(update_fields=["state", "accepted_at", "requested_by"])
    holding.admit(batch=held, pending=pending, mandate=mandate, now=now)
    return held


@transaction.atomic
def accept_rows(
    *,
    issuer: Issuer,
    achievement: Achievement,
    awarded_on: date,
    rows: Sequence[rosters.Checked],
    idempotency_key: str,
    request_hash: str,
    now: datetime,
    by: Any = None,
    client: ApiClient | None = None,
    session: str = "",
    file_name: str = "",
    notify: bool = True,
) -> awards.Accepted:
    """Accept a list as it is: the right rows are issued, the wrong ones kept with what is wrong with them.

    It may have to wait for a second person (``holding``). Asking again with the same key and hash gives the
    same batch. Raises KeyReused for another request under the key, NobodyToIssue if no row is right,
    BadAward, IssuerSuspended, OutsideMandate.
    """
    session = group(session)
    opened_before = partial(
        awards.asked_before, issuer=issuer, idempotency_key=idempotency_key, request_hash=request_hash
    )
    if before := opened_before():
        return before
    mandate = awards.check_award(issuer=issuer, achievement=achievement, awarded_on=awarded_on, now=now)
    judged = checking.judge(
        achievement=achievement, session=session, rows=rows, default_day=awarded_on, now=now
    )
    pending = [number for number, row in enumerate(judged, start=1) if row.state == RowState.PENDING]
    if not pending:
        # The same request, a moment ago: its rows wait, so that these are repeats of them.
        if before := opened_before():
            return before
        raise NobodyToIssue(rows=judged)
    opened = awards.open_batch(
        Batch(
            issuer=issuer,
            achievement=achievement,
            kind=Batch.Kind.ROSTER,
            awarded_on=awarded_on,
            session=session,
            file_name=file_name[-120:],
            requested_by=by,
            client=client,
            idempotency_key=idempotency_key,
            request_hash=request_hash,
            row_count=len(judged),
            accepted_at=now,
            notify=notify,
        )
    )
    if opened.created:
        ledger.write_rows(batch=opened.batch, rows=judged)
        holding.admit(batch=opened.batch, pending=pending, mandate=mandate, now=now)
    return opened


# -- Rows that were wrong -------------------------------------------------------------------------
@transaction.atomic
def mend(*, batch: Batch, row: int, cells: Mapping[str, str], language: str, now: datetime) -> Award:
    """Judge a wrong or repeated row anew with these cells; if it is right now, it is issued with the rest.

    In a draft it waits for acceptance, in a list that is held for its release. Raises NotYours for a row that
    is not there, BatchClosed for one that is decided.
    """
    held = locked(batch, State.DRAFT, State.HELD, State.ACCEPTED, State.COMPLETE)
    award = held.awards.select_for_update().filter(row=row).first()
    if award is None:
        raise NotYours
    if award.state not in (RowState.FAILED, RowState.DUPLICATE):
        raise BatchClosed
    cells = {name: kept for name, text in cells.items() if (kept := text.replace("\0", "")).strip()}
    checked = rosters.check(cells, number=award.line, default_day=held.awarded_on, default_language=language)
    judged = _judged(held, [checked], now=now)[0]
    if judged.state == RowState.PENDING:
        judged = _beside_its_own(held, award, judged)
    for name in ("state", "awarded_on", "person_hash", "error_code", "error_field", "typed", "problems"):
        setattr(award, name, getattr(judged, name))
    for name in ("name_latin", "name_arabic", "address_kind", "address", "language"):
        setattr(award, name, getattr(judged.person, name))
    if judged.state == RowState.DUPLICATE:
        award.typed = dict(cells)
    award.save()
    if award.state == RowState.PENDING and held.state not in (State.DRAFT, State.HELD):
        _open_again(held, [award.row])
    return award


def _beside_its_own(batch: Batch, award: Award, judged: Row) -> Row:
    """The row, marked as a repeat if another right row of its own list names the same person."""
    twin = (
        batch.awards.filter(
            person_hash=judged.person_hash,
            awarded_on=judged.awarded_on,
            state__in=(RowState.PENDING, RowState.ISSUED),
        )
        .exclude(pk=award.pk)
        .first()
    )
    if twin is None:
        return judged
    return checking.repeats(judged, code="duplicate-in-file", row=twin.line)


def typed(award: Award) -> dict[str, str]:
    """A row's cells as they came, or as they were understood where it was right in itself."""
    if award.typed is not None:
        return dict(award.typed)
    cells = {
        "name_latin": award.name_latin,
        "name_arabic": award.name_arabic,
        "language": award.language,
        "awarded_on": award.awarded_on.isoformat(),
    }
    return cells | ({award.address_kind: award.address} if award.address_kind else {})


@transaction.atomic
def retry(*, batch: Batch, rows: Iterable[int] | None = None, now: datetime) -> int:
    """Put failed rows in line again that are right in themselves (all of them, or these); returns how many.

    Raises BatchClosed for a draft or a cancelled list.
    """
    held = locked(batch, State.ACCEPTED, State.COMPLETE)
    again = held.awards.filter(state=RowState.FAILED, problems=[])
    if rows is not None:
        again = again.filter(row__in=list(rows))
    numbers = list(again.values_list("row", flat=True))
    if numbers:
        again.update(state=RowState.PENDING, error_code="", error_field="")
        _open_again(held, numbers)
    return len(numbers)


def _open_again(batch: Batch, rows: Sequence[int]) -> None:
    Batch.objects.filter(pk=batch.pk).update(state=State.ACCEPTED, completed_at=None)
    ledger.open_again(batch=batch, rows=rows)


# -- An end before the end ------------------------------------------------------------------------
@transaction.atomic
def cancel(*, batch: Batch, by: Any, now: datetime) -> int:
    """Stop what is not yet signed; returns how many rows that were. What is signed stays valid.

    Raises BatchClosed when nothing is left to stop.
    """
    # Chunks before the batch, as the workers lock them: one that is being signed is waited for.
    ready = Chunk.objects.select_for_update().filter(batch=batch, state=Chunk.State.READY)
    chunks = list(ready.order_by("id").values_list("pk", flat=True))
    held = locked(batch, State.ACCEPTED, State.HELD)
    Chunk.objects.filter(pk__in=chunks, state=Chunk.State.READY).update(state=Chunk.State.DONE)
    stopped = held.awards.filter(state=RowState.PENDING).update(state=RowState.CANCELLED)
    held.state, held.cancelled_by, held.completed_at = State.CANCELLED, by, now
    held.idempotency_key = _spent(held)  # the same file may come again
    held.save(update_fields=["state", "cancelled_by", "completed_at", "idempotency_key"])
    audit.append(event="batch-cancelled", now=now, issuer=held.issuer, by=by, about=held.pk, rows=stopped)
    return stopped


def _spent(batch: Batch) -> str:
    key = batch.idempotency_key
    return f"{key}:{batch.pk}"[-128:] if key.startswith(_FILE) else key


@transaction.atomic
def discard(*, batch: Batch) -> None:
    """Throw a draft away, with all that was typed in it. Raises BatchClosed when it was accepted."""
    held = locked(batch, State.DRAFT)
    held.awards.all()._raw_delete(held.awards.db)  # nothing refers to the rows of a draft
    held.delete()


def forget_drafts(*, now: datetime) -> int:
    """Throw away drafts that nobody accepted within a week."""
    old = Batch.objects.filter(state=State.DRAFT, accepted_at__lt=now - DRAFTS_ARE_KEPT)
    forgotten = 0
    for batch in old[:20]:
        try:
            discard(batch=batch)
        except BatchClosed:
            continue
        forgotten += 1
    return forgotten


def locked(batch: Batch, *states: str) -> Batch:
    """The list for this transaction alone. Raises BatchClosed when it is in none of these states."""
    held = (
        Batch.objects.select_for_update(of=("self",))
        .select_related("issuer", "achievement__issuer")
        .filter(pk=batch.pk)
        .first()
    )
    if held is None or held.state not in states:
        raise BatchClosed
    return held


# -- Looking on -----------------------------------------------------------------------------------
def close(*, batch_id: str) -> None:
    """Say that a batch is complete, if none of its chunks waits."""
    waiting = Chunk.objects.filter(batch=batch_id, state=Chunk.State.READY)
    if not waiting.exists():
        with transaction.atomic():
            closed = Batch.objects.filter(pk=batch_id, state=State.ACCEPTED).update(
                state=State.COMPLETE, completed_at=Now()
            )
            if closed:
                webhooks.tell_completed(batch_id)
        if closed:
            outbox.ring()


def close_finished(*, now: datetime) -> None:
    """Close batches whose last worker died before it could."""
    ready = Q(chunks__state=Chunk.State.READY)
    open_ones = Batch.objects.filter(state=State.ACCEPTED).annotate(ready=Count("chunks", filter=ready))
    for batch_id in open_ones.filter(ready=0).values_list("pk", flat=True):
        close(batch_id=batch_id)


def progress(*, batch: Batch, now: datetime, counted: Mapping[str, int] | None = None) -> Progress:
    """The rows by state, counted now unless they are already (see ``counts``)."""
    if counted is None:
        counted = dict(batch.awards.order_by().values_list("state").annotate(n=Count("pk")))
    issued, pending = counted.get(RowState.ISSUED, 0), counted.get(RowState.PENDING, 0)
    seconds = ((batch.completed_at or now) - batch.accepted_at).total_seconds()
    rate = issued / seconds if issued and seconds > 0 and batch.state != State.DRAFT else None
    return Progress(
        total=batch.row_count,
        pending=pending,
        issued=issued,
        failed=counted.get(RowState.FAILED, 0),
        duplicate=counted.get(RowState.DUPLICATE, 0),
        cancelled=counted.get(RowState.CANCELLED, 0),
        rate=rate,
        seconds_left=int(pending / rate) + 1 if rate and pending else None,
    )


def code_versions(*, batch: Batch, now: datetime) -> tuple[int, int] | None:
    """The smallest and the largest version of the printed codes, seen on the shortest and longest names."""
    right = batch.awards.exclude(state__in=(RowState.FAILED, RowState.CANCELLED)).annotate(
        room=Length("name_latin") + 2 * Length("name_arabic")  # an Arabic letter is two bytes
    )
    people = [
        Person(name_latin=row.name_latin, name_arabic=row.name_arabic)
        for order in ("room", "-room")
        for row in right.order_by(order)[:3]
    ]
    return _versions(batch.achievement, people, now)


def code_versions_of(
    *, achievement: Achievement, rows: Iterable[Row], now: datetime
) -> tuple[int, int] | None:
    """The same for rows that were judged and not kept."""
    right = [row.person for row in rows if row.state != RowState.FAILED]
    right.sort(key=lambda person: len(person.name_latin) + 2 * len(person.name_arabic))
    return _versions(achievement, [*right[:3], *right[-3:]], now)


def _versions(achievement: Achievement, people: Iterable[Person], now: datetime) -> tuple[int, int] | None:
    found = [awards.check_density(achievement=achievement, person=person, now=now) for person in people]
    return (min(found), max(found)) if found else None


def rows(*, batch: Batch, state: str = "", text: str = "") -> QuerySet[Award]:
    """The batch's rows in their order, with certificate, messages and filing.

    All of them, or those in this state, or those whose name, as it is or as it was typed, holds every word of
    ``text``.
    """
    found = batch.awards.select_related("credential", "credential__filing").order_by("row")
    found = found.defer("credential__jwt", "credential__paper").prefetch_related("credential__messages")
    for word in tidy(text).split():
        named = Q(name_latin__icontains=word) | Q(name_arabic__icontains=word)
        for cell in NAME_CELLS:
            named |= Q(**{f"typed__{cell}__icontains": word})
        found = found.filter(named)
    return found.filter(state=state) if state else found


def counts(*, batches: Iterable[Batch]) -> dict[str, dict[str, int]]:
    """Rows by state of each of these lists, in one query."""
    found: dict[str, dict[str, int]] = {}
    counted = Award.objects.filter(batch__in=list(batches)).order_by().values_list("batch_id", "state")
    for batch_id, state, number in counted.annotate(n=Count("pk")):
        found.setdefault(batch_id, {})[state] = number
    return found


def of_issuers(*, issuers: Iterable[Issuer]) -> QuerySet[Batch]:
    """The lists of these issuers, the newest first."""
    mine = Batch.objects.filter(issuer__in=list(issuers), kind=Batch.Kind.ROSTER)
    return mine.select_related("achievement", "issuer", "requested_by", "client").order_by("-accepted_at")
