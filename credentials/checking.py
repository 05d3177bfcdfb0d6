"""Judges the rows of a list before anything is signed: each is right, wrong in named fields, or a repeat."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from . import awards, rosters
from .errors import QrTooDense
from .ledger import Row
from .models import Achievement, Award, Batch, Credential
from .people import Person

MANY = 1000  # values in one query
State = Award.State


def judge(
    *,
    achievement: Achievement,
    session: str,
    rows: Sequence[rosters.Checked],
    default_day: date,
    now: datetime,
    within: Batch | None = None,
) -> list[Row]:
    """The rows as they would be accepted, in their order; nothing is written.

    A row is held against its own cells, the printed code's room, the rows before it, what was issued and
    what waits to be signed (achievement, session, day, address and name together). ``within`` is the batch
    that the rows are in already: it is not held against itself.
    """
    judged = [_by_itself(row, achievement=achievement, default_day=default_day, now=now) for row in rows]
    right = [row for row in judged if row.state == State.PENDING]
    taken = _issued(achievement, session, right) | _waiting(achievement, session, right, within)
    first_line: dict[tuple[str, date], int] = {}
    return [_repeat(row, taken, first_line) if row.state == State.PENDING else row for row in judged]


def _by_itself(row: rosters.Checked, *, achievement: Achievement, default_day: date, now: datetime) -> Row:
    day = row.awarded_on or default_day
    problems = [{"field": p.field, "code": p.code, "value": p.value} for p in row.problems]
    if not problems or row.awarded_on:
        problems += _of_the_day(day, achievement, now)
    if row.person and not problems:
        try:
            awards.check_density(achievement=achievement, person=row.person, now=now)
        except QrTooDense as error:
            value = row.person.name_latin or row.person.name_arabic
            problems.append({"field": error.field, "code": "qr-too-dense", "value": value})
    if problems or row.person is None:
        return Row(
            line=row.number,
            person=Person(),
            awarded_on=day,
            state=State.FAILED.value,
            error_code=problems[0]["code"],
            error_field=problems[0]["field"],
            typed=dict(row.cells),
            problems=problems,
            result=row.result,
        )
    return Row(
        line=row.number,
        person=row.person,
        awarded_on=day,
        person_hash=awards.person_hash(row.person),
        result=row.result,
    )


def _of_the_day(day: date, achievement: Achievement, now: datetime) -> list[dict[str, Any]]:
    code = ""
    if day > timezone.localdate(now):
        code = "date-future"
    elif (ends := awards.valid_until(achievement, day)) and ends <= now:
        code = "date-expired"
    return [{"field": "awarded_on", "code": code, "value": day.isoformat()}] if code else []


def _issued(achievement: Achievement, session: str, rows: Sequence[Row]) -> dict[tuple[str, date], str]:
    """Who of these has a living certificate of this, and which."""
    found: dict[tuple[str, date], str] = {}
    for some in _portions(rows):
        living = Credential.objects.filter(
            achievement=achievement,
            session=session,
            awarded_on__in={row.awarded_on for row in some},
            person_hash__in=[row.person_hash for row in some],
            status__in=(Credential.Status.ACTIVE, Credential.Status.SUSPENDED),
        )
        for pk, hashed, day in living.values_list("pk", "person_hash", "awarded_on"):
            found[hashed, day] = pk
    return found


def _waiting(
    achievement: Achievement, session: str, rows: Sequence[Row], within: Batch | None
) -> dict[tuple[str, date], str]:
    """Who of these waits in another accepted list for the same."""
    batches = Batch.objects.filter(
        achievement=achievement, session=session, state__in=(Batch.State.ACCEPTED, Batch.State.HELD)
    ).exclude(pk=within.pk if within else None)
    waiting = Award.objects.filter(batch__in=list(batches.values_list("pk", flat=True)), state=State.PENDING)
    found: dict[tuple[str, date], str] = {}
    for some in _portions(rows):
        mine = waiting.filter(person_hash__in=[row.person_hash for row in some])
        found.update(dict.fromkeys(mine.values_list("person_hash", "awarded_on"), ""))
    return found


def _portions(rows: Sequence[Row]) -> Iterable[Sequence[Row]]:
    return (rows[start : start + MANY] for start in range(0, len(rows), MANY))


def _repeat(row: Row, taken: dict[tuple[str, date], str], first_line: dict[tuple[str, date], int]) -> Row:
    """The row, marked as a repeat if its person was served before, waits elsewhere or stands above."""
    who = (row.person_hash, row.awarded_on)
    above = first_line.setdefault(who, row.line)
    issued = taken.get(who)
    if issued is not None:
        return repeats(row, code="already-issued" if issued else "waiting-elsewhere", credential=issued)
    return row if above == row.line else repeats(row, code="duplicate-in-file", row=above)


def repeats(judged: Row, *, code: str, **beside: Any) -> Row:
    """The row as a repeat: ``code`` says of what, ``beside`` where that is (a line, a certificate)."""
    problem = {"field": "name_latin", "code": code, "value": ""} | {k: v for k, v in beside.items() if v}
    return replace(judged, state=State.DUPLICATE.value, problems=[problem])
