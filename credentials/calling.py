"""The roll-call of a session: what the room's screen shows, and what a code from it leads to."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from . import rollcall, sessions
from .errors import CodeChanged, NotYours, SessionClosed
from .models import Enrolment, Session

#: A code is typed for a session whose screen was on a little while ago.
SCREEN_ON = timedelta(minutes=3)
RUNNING = (Session.State.PLANNED, Session.State.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What the room sees now."""

    token: str
    code: str
    left: int
    here: list[Enrolment]
    enrolled: int


def screen(*, session: Session, now: datetime) -> Screen:
    """The codes of this moment, and who is here. Raises SessionClosed when there is no roll-call any more."""
    _require_on(session, now=now)
    if session.called_at is None or session.called_at < now - timedelta(minutes=1):
        Session.objects.filter(pk=session.pk).update(called_at=now)
    secret, at = bytes(session.secret), int(now.timestamp())
    seats = sessions.seats_of(session=session)
    here = [seat for seat in seats if sessions.is_here(seat, now=now)]
    return Screen(
        token=rollcall.token(session=session.pk, secret=secret, at=at),
        code=rollcall.typed_code(session=session.pk, secret=secret, at=at),
        left=rollcall.left(at=at),
        here=sorted(here, key=lambda seat: (seat.joined_at, seat.seat), reverse=True),
        enrolled=len(seats),
    )


def scanned(*, token: str, now: datetime) -> Session:
    """The session whose code was scanned. Raises CodeChanged, SessionClosed, NotYours."""
    session = _with_rooms().filter(pk=rollcall.session_of(token)).first()
    if session is None:
        raise NotYours
    if not rollcall.holds(token, session=session.pk, secret=bytes(session.secret), at=int(now.timestamp())):
        raise CodeChanged
    _require_on(session, now=now)
    return session


def typed(*, text: str, now: datetime) -> Session:
    """The session on whose screen this code stands. Raises CodeChanged, SessionClosed."""
    code, at = rollcall.read_typed(text), int(now.timestamp())
    for session in _with_rooms().filter(state__in=RUNNING, called_at__gt=now - SCREEN_ON):
        if code in rollcall.typed_codes(session=session.pk, secret=bytes(session.secret), at=at):
            _require_on(session, now=now)
            return session
    raise CodeChanged


def by_ticket(*, session_id: str, now: datetime) -> Session:
    """The session of whoever scanned its code a moment ago. Raises SessionClosed, NotYours."""
    session = _with_rooms().filter(pk=session_id).first()
    if session is None:
        raise NotYours
    _require_on(session, now=now)
    return session


def is_on(session: Session, *, now: datetime) -> bool:
    """Whether there is a roll-call on this day."""
    today = timezone.localdate(now)
    soon = timezone.localdate(session.starts_at) <= today and now < session.ends_at + sessions.EARLY
    return session.state in RUNNING and soon


def _require_on(session: Session, *, now: datetime) -> None:
    if not is_on(session, now=now):
        raise SessionClosed


def _with_rooms() -> QuerySet[Session]:
    return Session.objects.select_related("issuer", "achievement", "arrondissement")
