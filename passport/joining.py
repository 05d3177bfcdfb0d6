"""Coming in from a room or with a slip: a seat in a session, or a certificate, finds its passport."""

from datetime import datetime

from django.db import IntegrityError, transaction

from credentials import calling, paperslips, sessions
from credentials.models import Credential, Enrolment, Filing, PaperSlip, Session
from credentials.people import Person

from .errors import NotYourPassport
from .models import Entry, Learner


def join(*, session_id: str, learner: Learner, now: datetime) -> Enrolment:
    """Her seat in the session whose code she scanned; scanning twice is once.

    Her passport number stands as the address, so that the certificate finds her. Raises SessionClosed,
    SessionFull, NotYours, BadAward.
    """
    session = calling.by_ticket(session_id=session_id, now=now)
    return sessions.enrol(
        session=session,
        person=Person(
            name_latin=learner.name_latin,
            name_arabic=learner.name_arabic,
            address_kind="passport",
            address=learner.passport_number,
            language=learner.language,
        ),
        how=Enrolment.How.CALL,
        now=now,
        present=True,
    )


def join_by_name(
    *, session_id: str, name_latin: str, name_arabic: str, language: str, now: datetime
) -> Enrolment:
    """A seat for somebody without a phone. Raises SessionClosed, SessionFull, NotYours, BadAward."""
    session = calling.by_ticket(session_id=session_id, now=now)
    person = Person(name_latin=name_latin, name_arabic=name_arabic, language=language)
    return sessions.enrol(session=session, person=person, how=Enrolment.How.CALL, now=now, present=True)


def seat_in(*, session: Session, learner: Learner) -> Enrolment | None:
    """Her seat there, if she has one."""
    mine = Enrolment.objects.filter(session=session, address_kind="passport", address=learner.passport_number)
    return mine.first()


def coming(*, learner: Learner) -> list[Session]:
    """The sessions that she has joined and that are not over."""
    return list(
        Session.objects.filter(
            enrolments__address_kind="passport",
            enrolments__address=learner.passport_number,
            state__in=(Session.State.PLANNED, Session.State.RUNNING),
        )
        .select_related("achievement", "issuer", "arrondissement")
        .order_by("starts_at", "pk")
    )


@transaction.atomic
def take_slip(*, slip: PaperSlip, learner: Learner, now: datetime) -> Credential | None:
    """The slip's certificate goes into this passport, or its seat becomes hers; twice is once.

    Raises SlipUsed, SlipExpired, SlipEarly, SeatTaken, SessionClosed, and NotYourPassport for a certificate
    that is in another passport already.
    """
    credential = paperslips.use(
        slip=slip,
        passport_number=learner.passport_number,
        language=learner.language,
        by=learner,
        now=now,
    )
    if credential is not None:
        _file(credential, learner, now)
    return credential


def _file(credential: Credential, learner: Learner, now: datetime) -> None:
    try:
        with transaction.atomic():
            entry, _created = Entry.objects.get_or_create(
                credential=credential,
                defaults={"learner": learner, "how": Entry.How.SLIP, "filed_at": now},
            )
    except IntegrityError:  # filed in the same moment
        entry = Entry.objects.get(credential=credential)
    if entry.learner_id != learner.pk:
        raise NotYourPassport
    Filing.objects.update_or_create(
        credential=credential, defaults={"outcome": Filing.Outcome.FILED, "considered_at": now}
    )
