"""Sessions: planned, filled, ended, forgotten; who completed gets a certificate with her result."""

import json
from base64 import urlsafe_b64decode
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from credentials import calling, finishing, issuance, linting, paperslips, reading, sessions, statuslists
from credentials.errors import (
    BadAward,
    CodeChanged,
    NothingToPrint,
    SeatDecided,
    SeatsUndecided,
    SeatTaken,
    SessionClosed,
    SessionFull,
    SlipEarly,
    SlipExpired,
    SlipUnknown,
    SlipUsed,
)
from credentials.models import Achievement, Credential, Enrolment, PaperSlip, Session
from credentials.people import Person
from issuers.models import AuditEvent, Issuer
from tests.factories import NOW, key_room, make_achievement, make_issuer, make_learner, make_member
from verify import verifier
from verify.gate import Kind, Source

from .rooms import make_plan, make_session, seated

pytestmark = pytest.mark.django_db
__all__ = ["key_room"]


@pytest.fixture
def issuer(key_room: Path) -> Issuer:
    return make_issuer()


@pytest.fixture
def course(issuer: Issuer) -> Achievement:
    return make_achievement(issuer, results="grade20")


def issued(session: Session) -> list[Credential]:
    trainer = session.trainer
    batch = finishing.issue(session=session, by=trainer, now=NOW)
    issuance.issue_ready(kind=batch.kind, now=NOW)
    statuslists.publish_changed(now=NOW)
    return list(Credential.objects.filter(award__batch=batch).order_by("award__row"))


def signed(credential: Credential) -> dict[str, Any]:
    body = credential.jwt.split(".")[1]
    found: dict[str, Any] = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


# -- Planning -----------------------------------------------------------------------------------------
def test_a_session_that_ends_before_it_begins_is_refused(course: Achievement, issuer: Issuer) -> None:
    wrong = make_plan(course, ends_at=NOW - timedelta(days=2))
    with pytest.raises(BadAward) as refused:
        sessions.plan(issuer=issuer, plan=wrong, by=make_member(issuer, "trainer"), now=NOW)
    assert refused.value.field == "ends_at"


def test_two_sessions_of_a_provider_do_not_share_a_name(course: Achievement) -> None:
    make_session(course)
    with pytest.raises(BadAward) as refused:
        make_session(course)
    assert refused.value.field == "group"


def test_a_session_of_another_providers_course_is_refused(course: Achievement, issuer: Issuer) -> None:
    foreign = make_achievement(make_issuer())
    with pytest.raises(BadAward):
        sessions.plan(issuer=issuer, plan=make_plan(foreign), by=make_member(issuer, "trainer"), now=NOW)


def test_time_begins_and_ends_a_session(course: Achievement) -> None:
    session = make_session(course, starts_at=NOW + timedelta(hours=2))
    assert session.state == Session.State.PLANNED
    assert [found.pk for found in sessions.planned(now=NOW)] == [session.pk]
    sessions.tend(now=NOW + timedelta(hours=3))
    session.refresh_from_db()
    assert session.state == Session.State.RUNNING
    sessions.tend(now=NOW + timedelta(days=3))
    session.refresh_from_db()
    assert session.state == Session.State.ENDED


def test_a_cancelled_session_takes_nobody(course: Achievement) -> None:
    session = make_session(course)
    sessions.cancel(session=session, by=session.trainer, now=NOW)
    with pytest.raises(SessionClosed):
        seated(session, "Omar Alaoui")
    assert AuditEvent.objects.filter(event="session-cancelled", about=session.pk).count() == 1


# -- Seats --------------------------------------------------------------------------------------------
def test_a_person_is_written_down_once(course: Achievement) -> None:
    session = make_session(course)
    first, again = seated(session, "Omar Alaoui"), seated(session, "omar  alaoui".title())
    assert first.pk == again.pk
    assert sessions.is_here(again, now=NOW)


def test_nobody_is_written_down_beyond_the_seats(course: Achievement) -> None:
    session = make_session(course, seats=1)
    seated(session, "Omar Alaoui")
    with pytest.raises(SessionFull):
        seated(session, "Hajar Naciri")
    assert seated(session, "Omar Alaoui").seat == 1


def test_ticks_say_who_is_here_today(course: Achievement) -> None:
    session = make_session(course)
    one, two = seated(session, "Omar Alaoui"), seated(session, "Hajar Naciri")
    sessions.tick(session=session, here=[two.seat], shown=[one.seat, two.seat], now=NOW)
    late = seated(session, "Sara Tazi")
    sessions.tick(session=session, here=[two.seat], shown=[one.seat, two.seat], now=NOW)
    here = {seat.seat: sessions.is_here(seat, now=NOW) for seat in sessions.seats_of(session=session)}
    assert here == {one.seat: False, two.seat: True, late.seat: True}


def test_those_without_a_certificate_are_forgotten_after_ninety_days(course: Achievement) -> None:
    session = make_session(course)
    done = seated(session, "Omar Alaoui", address_kind="phone", address="0612345678")
    seated(session, "Hajar Naciri", address_kind="phone", address="0612345679")
    sessions.decide(session=session, said={1: ("completed", "14"), 2: ("absent", "")})
    issued(session)
    assert sessions.tend(now=NOW + timedelta(days=90)) == 0
    assert sessions.tend(now=NOW + timedelta(days=91)) == 1
    kept = Enrolment.objects.get(pk=done.pk)
    gone = Enrolment.objects.exclude(pk=done.pk).get()
    assert kept.name_latin == "Omar Alaoui"
    assert (gone.name_latin, gone.address, gone.address_kind) == ("", "", "")


# -- The roll-call ------------------------------------------------------------------------------------
def test_what_is_on_the_screen_leads_into_the_session(course: Achievement) -> None:
    session = make_session(course)
    seated(session, "Omar Alaoui")
    screen = calling.screen(session=session, now=NOW)
    assert [seat.name_latin for seat in screen.here] == ["Omar Alaoui"]
    assert calling.scanned(token=screen.token, now=NOW + timedelta(seconds=20)) == session
    assert calling.typed(text=screen.code.lower(), now=NOW + timedelta(seconds=20)) == session
    with pytest.raises(CodeChanged):
        calling.scanned(token=screen.token, now=NOW + timedelta(seconds=60))
    with pytest.raises(CodeChanged):
        calling.typed(text="ZZZZZZ", now=NOW)


def test_there_is_no_roll_call_days_before_nor_after_the_end(course: Achievement) -> None:
    coming = make_session(course, starts_at=NOW + timedelta(days=2), ends_at=NOW + timedelta(days=3))
    with pytest.raises(SessionClosed):
        calling.screen(session=coming, now=NOW)
    running = make_session(course, group="Autre")
    screen = calling.screen(session=running, now=NOW)
    sessions.end(session=running)
    with pytest.raises(SessionClosed):
        calling.scanned(token=screen.token, now=NOW)


# -- The end ------------------------------------------------------------------------------------------
def test_who_completed_is_issued_with_her_result_and_nobody_else(course: Achievement) -> None:
    session = make_session(course)
    seated(session, "Omar Alaoui")
    seated(session, "Hajar Naciri")
    assert sessions.decide(session=session, said={1: ("completed", "14,50/20"), 2: ("not", "9")}) == {}
    (credential,) = issued(session)
    document = signed(credential)
    subject = document["credentialSubject"]
    described = subject["achievement"]["resultDescription"][0]
    assert subject["result"] == [
        {"type": ["Result"], "resultDescription": described["id"], "status": "Completed", "value": "14.5"}
    ]
    assert (described["resultType"], described["valueMax"]) == ("RawScore", "20")
    assert credential.session == "Groupe du mardi"
    report = verifier.verify(source=Source(kind=Kind.LINK, text=credential.pk), now=NOW, door="page")
    assert report.stated is not None
    assert report.stated.result == "14,5/20"
    assert reading.face_of(credential).result == "14,5/20"
    assert reading.pdf(credential).startswith(b"%PDF")


def test_issuing_twice_is_issuing_once(course: Achievement) -> None:
    session = make_session(course)
    seated(session, "Omar Alaoui")
    sessions.decide(session=session, said={1: ("completed", "")})
    first = finishing.issue(session=session, by=session.trainer, now=NOW)
    assert finishing.issue(session=session, by=session.trainer, now=NOW).pk == first.pk
    assert AuditEvent.objects.filter(event="session-issued", about=session.pk).count() == 1


def test_a_result_that_is_none_is_said_and_not_kept(course: Achievement) -> None:
    session = make_session(course)
    seated(session, "Omar Alaoui")
    wrong = sessions.decide(session=session, said={1: ("completed", "21")})
    assert "20" in wrong[1]
    assert Enrolment.objects.get(session=session).result == ""
    assert sessions.decide(session=session, said={1: ("nonsense", "")}) == {}
    assert Enrolment.objects.get(session=session).outcome == ""


def test_a_course_without_results_states_none(issuer: Issuer) -> None:
    session = make_session(make_achievement(issuer))
    seated(session, "Omar Alaoui")
    assert sessions.decide(session=session, said={1: ("completed", "14")})
    (credential,) = issued(session)
    subject = signed(credential)["credentialSubject"]
    assert "result" not in subject
    assert "resultDescription" not in subject["achievement"]


def test_a_result_that_its_course_does_not_describe_is_not_signed(course: Achievement) -> None:
    session = make_session(course)
    seated(session, "Omar Alaoui")
    sessions.decide(session=session, said={1: ("completed", "14")})
    document = signed(issued(session)[0])
    linting.lint_credential(document, issuer_id=course.issuer_id)
    document["credentialSubject"]["result"][0]["resultDescription"] = "http://localhost:8000/a/other#result"
    with pytest.raises(linting.LintError):
        linting.lint_credential(document, issuer_id=course.issuer_id)


def test_a_row_that_cannot_be_issued_leads_back_to_its_seat(course: Achievement) -> None:
    session = make_session(course)
    seated(session, "Omar Alaoui")
    sessions.decide(session=session, said={1: ("completed", "")})
    Enrolment.objects.filter(session=session).update(name_latin="Omar 4laoui <b>")
    review = finishing.review(session=session, now=NOW)
    assert review.wrong == 1
    assert review.seats[0].trouble
    with pytest.raises(SeatsUndecided):
        finishing.issue(session=session, by=session.trainer, now=NOW)
    sessions.rewrite(seat=review.seats[0].seat, person=Person(name_latin="Omar Alaoui", name_arabic=""))
    assert finishing.issue(session=session, by=session.trainer, now=NOW).row_count == 1
    seat = Enrolment.objects.get(session=session)
    with pytest.raises((SeatDecided, SessionClosed)):
        sessions.remove(seat=seat)


def test_nobody_who_completed_is_nothing_to_issue(course: Achievement) -> None:
    with pytest.raises(SeatsUndecided):
        finishing.issue(session=make_session(course), by=make_learner(), now=NOW)


# -- Slips --------------------------------------------------------------------------------------------
def use(slip: PaperSlip, number: str = "4821903657", now: Any = NOW) -> Credential | None:
    return paperslips.use(slip=slip, passport_number=number, language="ar", by=None, now=now)


def test_a_slip_gives_its_seat_to_one_passport(course: Achievement) -> None:
    session = make_session(course)
    seat = seated(session, "Omar Alaoui")
    seated(session, "Hajar Naciri", address_kind="phone", address="0612345679")
    (printed,) = paperslips.of_session(session=session, by=session.trainer, now=NOW)
    (again,) = paperslips.of_session(session=session, by=session.trainer, now=NOW)
    assert printed == again
    slip = paperslips.find(text=printed.short.lower())
    assert slip == paperslips.find(text=printed.code)
    assert printed.code not in (slip.pk, slip.digest, slip.short_digest)
    assert use(slip) is None
    assert use(slip) is None
    seat.refresh_from_db()
    assert (seat.address_kind, seat.address, seat.language) == ("passport", "4821903657", "ar")
    with pytest.raises(SlipUsed):
        use(slip, "1111111111")
    with pytest.raises(NothingToPrint):
        paperslips.of_session(session=session, by=session.trainer, now=NOW)
    assert AuditEvent.objects.filter(event="slip-used", about=slip.pk).count() == 1


def test_a_slip_leads_to_the_certificate_once_it_is_signed(course: Achievement) -> None:
    session = make_session(course)
    seated(session, "Omar Alaoui")
    (printed,) = paperslips.of_session(session=session, by=session.trainer, now=NOW)
    sessions.decide(session=session, said={1: ("completed", "")})
    batch = finishing.issue(session=session, by=session.trainer, now=NOW)
    slip = paperslips.find(text=printed.code)
    with pytest.raises(SlipEarly):
        use(slip)
    issuance.issue_ready(kind=batch.kind, now=NOW)
    assert use(slip) == Credential.objects.get()


def test_a_slip_of_a_list_leads_to_its_certificate(course: Achievement) -> None:
    session = make_session(course)
    seated(session, "Omar Alaoui")
    sessions.decide(session=session, said={1: ("completed", "")})
    (credential,) = issued(session)
    Enrolment.objects.all().delete()
    (printed,) = paperslips.of_batch(batch=credential.award.batch, by=session.trainer, now=NOW)
    assert use(paperslips.find(text=printed.code)) == credential


def test_an_old_an_unknown_and_a_neighbours_slip_are_refused(course: Achievement) -> None:
    session = make_session(course)
    seated(session, "Omar Alaoui")
    seated(session, "Sara Tazi", address_kind="passport", address="4821903660")
    (printed,) = paperslips.of_session(session=session, by=session.trainer, now=NOW)
    slip = paperslips.find(text=printed.code)
    with pytest.raises(SlipUnknown):
        paperslips.find(text="no such code")
    with pytest.raises(SlipUnknown):
        paperslips.find(text="A" * 22)
    with pytest.raises(SlipExpired):
        use(slip, now=NOW + paperslips.HOLDS)
    with pytest.raises(SeatTaken):
        use(slip, Enrolment.objects.get(address_kind="passport").address)
