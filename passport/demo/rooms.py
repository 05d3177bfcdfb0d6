"""The demo's sessions: one under way today, two to come elsewhere, one that ended and waits for its end."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from credentials import sessions
from credentials.models import Enrolment, Session
from credentials.people import Person
from issuers.models import Arrondissement
from passport.models import Learner

from . import data, people

if TYPE_CHECKING:
    from .seed import Story

#: Of the provider whose staff sign in: (course, what it shows, name, room, hours, seats).
_SHOWN = (
    ("C08", "today", "Groupe 1", "Salle 2", 9, 20),
    ("C12", "ended", "Groupe du matin", "Salle informatique", 3, 15),
)
#: Of others: (course, room); Fatima-Zahra comes to the first.
_ELSEWHERE = (("C03", "Salle polyvalente"), ("C13", "Atelier"))


def tell(story: "Story") -> None:
    """Plan them by the product's verbs; Fatima-Zahra is in the one of today and in one to come."""
    code = f"{story.now:%Y-%m-%d}"
    begin = {
        # whenever the demo is begun, this one is under way, and its roll-call can be tried
        "today": (story.now - timedelta(minutes=30)).replace(minute=0, second=0, microsecond=0),
        "ended": _local(story.now, days=-2, hour=9),
    }
    for course, kind, name, room, hours, seats in _SHOWN:
        starts = begin[kind]
        session = _plan(story, course, f"{name} {code}", room, starts, hours, seats)
        _fill(session, kind, at=starts + timedelta(minutes=5))
        if kind == "today":
            _join_fatima(session, now=story.now)
    for planned, (course, room) in enumerate(_ELSEWHERE, start=1):
        starts = _local(story.now, days=3 * planned, hour=18)
        session = _plan(story, course, f"Session {code}", room, starts, 3, 16)
        if planned == 1:
            _join_fatima(session, now=story.now)
    sessions.tend(now=story.now)


def _local(now: datetime, *, days: int, hour: int) -> datetime:
    """That hour of a day before or after today, as people there count hours."""
    there = timezone.localtime(now) + timedelta(days=days)
    return there.replace(hour=hour, minute=0, second=0, microsecond=0)


def _plan(
    story: "Story", code: str, group: str, room: str, starts: datetime, hours: int, seats: int
) -> Session:
    course = story.courses[code]
    provider = story.provider_of[course.code]
    issuer = story.issuers[provider]
    return sessions.plan(
        issuer=issuer,
        plan=sessions.Plan(
            achievement=course,
            group=group,
            place=f"{issuer.name_fr}, {room}"[:120],
            arrondissement=Arrondissement.objects.get(pk=issuer.arrondissement_id),
            starts_at=starts,
            ends_at=starts + timedelta(hours=hours),
            seats=seats,
            language="fr",
        ),
        by=story.awarders.get(provider, story.signers[provider]),
        now=min(story.now, starts),
    )


def _fill(session: Session, kind: str, *, at: datetime) -> None:
    """Seven people, three of them by name alone."""
    first = [*data.names("female")[:4], *data.names("male")[:3]]
    family = data.names("family")[10:]
    for number, (given, last) in enumerate(zip(first, family, strict=False)):
        phone = "" if number % 3 == 2 else f"+2126850001{number + (10 if kind == 'ended' else 20):02d}"
        sessions.enrol(
            session=session,
            person=Person(
                name_latin=f"{given['fr']} {last['fr']}",
                name_arabic=f"{given['ar']} {last['ar']}",
                address_kind="phone" if phone else "",
                address=phone,
            ),
            how=Enrolment.How.CALL if phone else Enrolment.How.TRAINER,
            now=at + timedelta(minutes=number),
            present=True,
        )


def _join_fatima(session: Session, *, now: datetime) -> None:
    fatima = Learner.objects.get(addresses__value=people.FATIMA_PHONE, addresses__kind="phone")
    sessions.enrol(
        session=session,
        person=Person(
            name_latin=fatima.name_latin,
            name_arabic=fatima.name_arabic,
            address_kind="passport",
            address=fatima.passport_number,
            language=fatima.language,
        ),
        how=Enrolment.How.CALL,
        now=now,
        present=session.starts_at <= now,
    )
