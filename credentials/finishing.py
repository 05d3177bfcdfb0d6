"""The end of a session: who completed it becomes one list of awards, issued like any other."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from issuers import audit

from . import batches, checking, rosters, sessions, teaching
from .errors import SeatsUndecided
from .models import Award, Batch, Enrolment, Session

State, Outcome = Session.State, Enrolment.Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One seat that completed, and what stands against its certificate, if anything."""

    seat: Enrolment
    trouble: str
    repeat: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What would be issued."""

    seats: list[Judged]
    others: int
    undecided: int
    awarded_on: date

    @property
    def ready(self) -> int:
        return sum(not (each.trouble or each.repeat) for each in self.seats)

    @property
    def wrong(self) -> int:
        return sum(bool(each.trouble) and not each.repeat for each in self.seats)


def review(*, session: Session, now: datetime) -> Review:
    """Every seat that completed, judged as its award would be; nothing is written."""
    seats = sessions.seats_of(session=session)
    done = [seat for seat in seats if seat.outcome == Outcome.COMPLETED]
    day = _day(session, now)
    judged = checking.judge(
        achievement=session.achievement,
        session=session.group,
        rows=[_row(seat, day) for seat in done],
        default_day=day,
        now=now,
    )
    return Review(
        seats=[
            Judged(
                seat=seat,
                trouble=" ".join(dict.fromkeys(teaching.said(problem) for problem in row.problems)),
                repeat=row.state == Award.State.DUPLICATE,
            )
            for seat, row in zip(done, judged, strict=True)
        ],
        others=sum(seat.outcome in (Outcome.NOT_COMPLETED, Outcome.ABSENT) for seat in seats),
        undecided=sum(not seat.outcome for seat in seats),
        awarded_on=day,
    )


@transaction.atomic
def issue(*, session: Session, by: Any, now: datetime) -> Batch:
    """Order a certificate for everybody who completed. Asking again gives the same list.

    Raises SessionClosed, SeatsUndecided while a row is wrong or nobody is there, and all that
    ``batches.accept_rows`` raises.
    """
    held = sessions.locked(session, *sessions.LIVING, State.ISSUED)
    if held.batch is not None:
        return held.batch
    found = review(session=held, now=now)
    if found.wrong or not found.ready:
        raise SeatsUndecided
    done = [each.seat for each in found.seats]
    accepted = batches.accept_rows(
        issuer=held.issuer,
        achievement=held.achievement,
        awarded_on=found.awarded_on,
        rows=[_row(seat, found.awarded_on) for seat in done],
        idempotency_key=f"session:{held.pk}",
        request_hash=_request(done),
        now=now,
        by=by,
        session=held.group,
    )
    made = {award.row: award for award in accepted.batch.awards.all()}
    for row, seat in enumerate(done, start=1):
        seat.award = made[row]
        seat.save(update_fields=["award"])
    held.state, held.batch = State.ISSUED, accepted.batch
    held.save(update_fields=["state", "batch"])
    audit.append(
        event="session-issued",
        now=now,
        issuer=held.issuer,
        by=by,
        about=held.pk,
        batch=accepted.batch.pk,
        seats=len(done),
    )
    return accepted.batch


def _day(session: Session, now: datetime) -> date:
    """The last day of the session, or today if that is still to come."""
    return min(timezone.localdate(session.ends_at), timezone.localdate(now))


def _row(seat: Enrolment, day: date) -> rosters.Checked:
    cells = {"name_latin": seat.name_latin, "name_arabic": seat.name_arabic, "language": seat.language}
    if seat.address_kind:
        cells[seat.address_kind] = seat.address
    checked = rosters.check(cells, number=seat.seat, default_day=day, default_language=seat.language)
    return replace(checked, result=seat.result)


def _request(seats: list[Enrolment]) -> str:
    said = [[seat.pk, seat.result, seat.name_latin, seat.name_arabic, seat.address] for seat in seats]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()
