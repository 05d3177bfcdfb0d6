"""A list fills the seats of a session: right rows are written down, wrong ones come back to be mended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from . import rosters, sessions, slips
from .errors import BadAward, ListRefused, SessionFull
from .models import Enrolment, Session

#: No room holds more.
MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A row that nobody sits by: its number in the file, what stands there, and why."""

    number: int
    typed: str
    why: Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What became of a list: seats that are new, people who had theirs already, rows left out."""

    new: int
    known: int
    left: Sequence[Left]


@transaction.atomic
def fill(*, session: Session, sheet: rosters.Sheet, language: str, now: datetime) -> Filled:
    """Write down everybody whose row is right, in the order of the file; who is there keeps her seat.

    Raises SessionClosed, and ListRefused for a list that no room holds.
    """
    if len(sheet.rows) > MOST:
        raise ListRefused("too-many-rows", slips.sentence("too-many-rows", {"limit": MOST}))
    held = sessions.locked(session)
    before = Enrolment.objects.filter(session=held).count()
    left: list[Left] = []
    for row in sheet.rows:
        why = _sit(held, row, language=language, now=now)
        if why:
            named_first = sorted(row.cells.items(), key=lambda cell: not cell[0].startswith("name"))
            typed = " · ".join(text for _field, text in named_first if text.strip())
            left.append(Left(number=row.number, typed=typed[:200], why=why))
    new = Enrolment.objects.filter(session=held).count() - before
    return Filled(new=new, known=len(sheet.rows) - len(left) - new, left=left)


def _sit(session: Session, row: rosters.Row, *, language: str, now: datetime) -> list[Any]:
    """What is wrong with this row, or nothing and its person has a seat; a day in it tells of no seat."""
    cells = {field: text for field, text in row.cells.items() if field != "awarded_on"}
    checked = rosters.check(
        cells, number=row.number, default_day=timezone.localdate(now), default_language=language
    )
    if checked.person is None:
        return [slips.sentence(problem.code) for problem in checked.problems]
    try:
        sessions.enrol(session=session, person=checked.person, how=Enrolment.How.TRAINER, now=now)
    except (BadAward, SessionFull) as error:
        return [error.message]
    return []
