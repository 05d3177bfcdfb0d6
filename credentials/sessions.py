"""Sessions of a course: planned, changed, called off; who sits there, and how each of them ended."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from issuers import audit
from issuers.models import Arrondissement, Issuer

from . import awards, results
from .errors import BadAward, NotYours, SeatDecided, SessionClosed, SessionFull
from .models import Achievement, Enrolment, Session
from .people import Person, tidy

State, Outcome = Session.State, Enrolment.Outcome
LIVING = (State.PLANNED, State.RUNNING, State.ENDED)
#: Names and addresses of those who got no certificate are kept for so long after the end.
REMEMBERED = timedelta(days=90)
#: A session is open for roll-call a little before it begins and after it ends.
EARLY = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What somebody decides about a session."""

    achievement: Achievement
    group: str
    place: str
    arrondissement: Arrondissement
    starts_at: datetime
    ends_at: datetime
    seats: int | None
    language: str


# -- The session ------------------------------------------------------------------------------------
@transaction.atomic
def plan(*, issuer: Issuer, plan: Plan, by: Any, now: datetime) -> Session:
    """A new session. Raises BadAward naming the field."""
    _check(issuer, plan)
    session = Session(issuer=issuer, trainer=by, created_at=now)
    return _written(session, plan)


@transaction.atomic
def change(*, session: Session, plan: Plan) -> Session:
    """Another place, time or course. Raises SessionClosed, BadAward."""
    held = locked(session)
    _check(held.issuer, plan)
    return _written(held, plan)


def _check(issuer: Issuer, plan: Plan) -> None:
    if plan.achievement.issuer_id != issuer.pk or plan.achievement.state != Achievement.State.PUBLISHED:
        raise BadAward(_("This course is not open for awards. Choose another."), field="achievement")
    if plan.ends_at <= plan.starts_at:
        raise BadAward(_("It ends before it begins. Look at both."), field="ends_at")


def _written(session: Session, plan: Plan) -> Session:
    session.achievement, session.arrondissement = plan.achievement, plan.arrondissement
    session.group, session.place = tidy(plan.group), tidy(plan.place)
    session.starts_at, session.ends_at = plan.starts_at, plan.ends_at
    session.seats, session.language = plan.seats, plan.language
    try:
        with transaction.atomic():
            session.save()
    except IntegrityError as error:
        raise BadAward(
            _("Another session has this name. Add a number or the month."), field="group"
        ) from error
    return session


@transaction.atomic
def cancel(*, session: Session, by: Any, now: datetime) -> None:
    """Call it off. Raises SessionClosed when it is over already."""
    held = locked(session)
    held.state = State.CANCELLED
    held.save(update_fields=["state"])
    audit.append(event="session-cancelled", now=now, issuer=held.issuer, by=by, about=held.pk)


@transaction.atomic
def end(*, session: Session) -> None:
    """Close the roll-call for good. Raises SessionClosed."""
    held = locked(session)
    held.state = State.ENDED
    held.save(update_fields=["state"])


def tend(*, now: datetime) -> int:
    """Begin what has begun, end what has ended; returns how many people of long ago were forgotten."""
    Session.objects.filter(state=State.PLANNED, starts_at__lte=now).update(state=State.RUNNING)
    Session.objects.filter(state=State.RUNNING, ends_at__lte=now - EARLY).update(state=State.ENDED)
    old = Enrolment.objects.filter(
        session__ends_at__lte=now - REMEMBERED, award__isnull=True, forgotten_at__isnull=True
    )
    return old.update(name_latin="", name_arabic="", address_kind="", address="", days=[], forgotten_at=now)


def locked(session: Session, *states: str) -> Session:
    """The session for this transaction alone. Raises SessionClosed when it is in none of these states."""
    held = (
        Session.objects.select_for_update(of=("self",))
        .select_related("issuer", "achievement__issuer", "arrondissement")
        .get(pk=session.pk)
    )
    if held.state not in (states or LIVING):
        raise SessionClosed
    return held


# -- Finding ----------------------------------------------------------------------------------------
def of_issuers(*, issuers: Iterable[Issuer]) -> QuerySet[Session]:
    """The sessions of these issuers with how many are enrolled, those to come last."""
    mine = Session.objects.filter(issuer__in=list(issuers)).select_related("achievement", "arrondissement")
    return mine.annotate(enrolled=Count("enrolments")).order_by("-starts_at", "pk")


def own(*, issuers: Iterable[Issuer], session_id: str) -> Session:
    """A session of one of these issuers. Raises NotYours."""
    found = (
        Session.objects.filter(issuer__in=list(issuers), pk=session_id)
        .select_related("issuer", "achievement__issuer", "arrondissement", "batch")
        .first()
    )
    if found is None:
        raise NotYours
    return found


def seat_of(*, session: Session, seat: int) -> Enrolment:
    """One seat of it. Raises NotYours."""
    found = Enrolment.objects.filter(session=session, seat=seat).select_related("award").first()
    if found is None:
        raise NotYours
    return found


def seats_of(*, session: Session) -> list[Enrolment]:
    """Who is written down, in order."""
    return list(
        Enrolment.objects.filter(session=session, forgotten_at__isnull=True)
        .select_related("award", "award__credential__filing", "slip")
        .defer("award__credential__jwt", "award__credential__paper")
        .order_by("seat")
    )


def planned(*, now: datetime, arrondissement: Arrondissement | None = None) -> QuerySet[Session]:
    """Those that anybody may come to, the next first, each with how many seats are ``taken``."""
    coming = Session.objects.filter(
        state=State.PLANNED,
        starts_at__gt=now,
        issuer__state=Issuer.State.ACTIVE,
        achievement__state=Achievement.State.PUBLISHED,
    )
    coming = coming.filter(arrondissement=arrondissement) if arrondissement else coming
    seated = Count("enrolments", filter=Q(enrolments__forgotten_at__isnull=True))
    coming = coming.select_related("achievement", "issuer", "arrondissement").annotate(taken=seated)
    return coming.order_by("starts_at", "pk")


# -- Seats ------------------------------------------------------------------------------------------
@transaction.atomic
def enrol(*, session: Session, person: Person, how: str, now: datetime, present: bool = False) -> Enrolment:
    """Write a person down; who is there already keeps her seat.

    Raises SessionClosed, SessionFull, BadAward.
    """
    held = locked(session)
    cleaned = awards.clean_person(person)
    same = Q(
        address_kind=cleaned.address_kind,
        address=cleaned.address,
        name_latin=cleaned.name_latin,
        name_arabic=cleaned.name_arabic,
    )
    if cleaned.address_kind == "passport":
        same |= Q(address_kind="passport", address=cleaned.address)
    mine = Enrolment.objects.filter(session=held, forgotten_at__isnull=True)
    found = mine.filter(same).first()
    if found is None:
        if held.seats is not None and mine.count() >= held.seats:
            raise SessionFull
        last = Enrolment.objects.filter(session=held).aggregate(last=Max("seat"))["last"] or 0
        found = Enrolment.objects.create(
            session=held,
            seat=last + 1,
            name_latin=cleaned.name_latin,
            name_arabic=cleaned.name_arabic,
            address_kind=cleaned.address_kind,
            address=cleaned.address,
            language=cleaned.language,
            how=how,
            joined_at=now,
        )
    if present:
        _tick(found, here=True, now=now)
    return found


@transaction.atomic
def rewrite(*, seat: Enrolment, person: Person) -> Enrolment:
    """Another name or address. Raises SessionClosed, SeatDecided, BadAward."""
    locked(seat.session)
    if seat.award_id:
        raise SeatDecided
    cleaned = awards.clean_person(person)
    for name in ("name_latin", "name_arabic", "address_kind", "address", "language"):
        setattr(seat, name, getattr(cleaned, name))
    try:
        with transaction.atomic():
            seat.save()
    except IntegrityError as error:
        raise BadAward(_("This person is in the list already."), field="name_latin") from error
    return seat


@transaction.atomic
def remove(*, seat: Enrolment) -> None:
    """Take a person off. Raises SessionClosed, SeatDecided."""
    locked(seat.session)
    if seat.award_id:
        raise SeatDecided
    seat.delete()


@transaction.atomic
def tick(*, session: Session, here: Sequence[int], shown: Sequence[int], now: datetime) -> int:
    """Of the seats that were shown these are taken today; returns how many. Raises SessionClosed.

    Who came in meanwhile keeps her tick.
    """
    locked(session)
    for seat in Enrolment.objects.filter(session=session, seat__in=shown, forgotten_at__isnull=True):
        _tick(seat, here=seat.seat in here, now=now)
    return len(here)


def _tick(seat: Enrolment, *, here: bool, now: datetime) -> None:
    today = timezone.localdate(now).isoformat()
    days = {day for day in seat.days if day != today} | ({today} if here else set())
    if sorted(days) != seat.days:
        seat.days = sorted(days)
        seat.save(update_fields=["days"])


def is_here(seat: Enrolment, *, now: datetime) -> bool:
    """Whether she was ticked today."""
    return timezone.localdate(now).isoformat() in seat.days


@transaction.atomic
def decide(*, session: Session, said: Mapping[int, tuple[str, str]]) -> dict[int, str]:
    """Keep how each seat ended, ``{seat: (outcome, result as typed)}``; returns what is wrong, by seat.

    A wrong result is not kept. Raises SessionClosed.
    """
    held = locked(session)
    wrong: dict[int, str] = {}
    for seat in Enrolment.objects.filter(session=held, seat__in=list(said), award__isnull=True):
        outcome, typed = said[seat.seat]
        seat.outcome = outcome if outcome in Outcome.values else Outcome.OPEN
        try:
            value = results.read(held.achievement.results, typed)
        except results.NoSuchResult:
            value = ""
            wrong[seat.seat] = str(BadAward(_how(held.achievement.results)).message)
        seat.result = value if seat.outcome == Outcome.COMPLETED else ""
        seat.save(update_fields=["outcome", "result"])
    return wrong


def _how(kind: str) -> Any:
    return {
        results.GRADE: _("Write the grade as a number from 0 to 20."),
        results.PERCENT: _("Write the percentage as a number from 0 to 100."),
        results.LEVEL: _("Write the level as A1, A2, B1, B2, C1 or C2."),
    }.get(kind, _("Certificates of this course state no result."))
