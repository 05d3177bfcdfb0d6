"""A session with people in it, for tests."""

from datetime import datetime, timedelta
from typing import Any

from credentials import sessions
from credentials.models import Achievement, Enrolment, Session
from credentials.people import Person
from issuers.models import Membership
from tests.factories import NOW, make_arrondissement, make_member


def make_plan(achievement: Achievement, *, now: datetime = NOW, **fields: Any) -> sessions.Plan:
    """A session that began an hour ago and ends tomorrow, unless told otherwise."""
    details: dict[str, Any] = {
        "achievement": achievement,
        "group": "Groupe du mardi",
        "place": "Médiathèque Ennour, salle 2",
        "arrondissement": make_arrondissement(),
        "starts_at": now - timedelta(hours=1),
        "ends_at": now + timedelta(days=1),
        "seats": None,
        "language": "fr",
    } | fields
    return sessions.Plan(**details)


def make_session(achievement: Achievement, *, now: datetime = NOW, **fields: Any) -> Session:
    """A session of this course, planned by a trainer of its provider; under way if it has begun."""
    held = Membership.objects.filter(issuer=achievement.issuer, role="trainer").first()
    trainer = held.person if held else make_member(achievement.issuer, "trainer")
    made = sessions.plan(
        issuer=achievement.issuer, plan=make_plan(achievement, now=now, **fields), by=trainer, now=now
    )
    sessions.tend(now=now)
    made.refresh_from_db()
    return made


def seated(session: Session, name: str, *, now: datetime = NOW, **person: str) -> Enrolment:
    """A person who was written down there."""
    who = Person(name_latin=name, name_arabic="", **person)
    return sessions.enrol(session=session, person=who, how=Enrolment.How.TRAINER, now=now, present=True)
