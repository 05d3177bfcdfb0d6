"""Coming in: from the room's screen or with a slip, signed in or not, with a phone or by name."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from credentials import calling, finishing, issuance, paperslips, sessions
from credentials.models import Achievement, Credential, Enrolment, Filing, LocalMessage, PaperSlip, Session
from passport import joining
from passport.errors import NotYourPassport
from passport.models import Entry, Learner
from tests.credentials.rooms import make_session, seated
from tests.factories import key_room, make_achievement, make_issuer, make_learner, sign_in

pytestmark = pytest.mark.django_db
__all__ = ["key_room"]


@pytest.fixture
def course(key_room: Path) -> Achievement:
    return make_achievement(make_issuer(now=timezone.now()))


@pytest.fixture
def session(course: Achievement) -> Session:
    return make_session(course, now=timezone.now())


def scan(client: Client, session: Session) -> Any:
    token = calling.screen(session=session, now=timezone.now()).token
    return client.get(f"/join/{token}", follow=True)


def digits() -> str:
    found = re.search(r"\b\d{6}\b", LocalMessage.objects.order_by("-pk")[0].body)
    assert found
    return found[0]


def test_a_learner_who_scans_joins_with_one_button(client: Client, session: Session) -> None:
    learner = make_learner()
    sign_in(client, learner)
    page = scan(client, session)
    assert page.redirect_chain[-1][0] == "/join/"
    assert not Enrolment.objects.exists()
    for _twice in range(2):
        client.post("/join/")
    seat = Enrolment.objects.get()
    assert (seat.address_kind, seat.address) == ("passport", learner.passport_number)
    assert sessions.is_here(seat, now=timezone.now())
    assert session.pk in [each.pk for each in joining.coming(learner=learner)]
    assert session.achievement.title.encode() in client.get("/me/").content


def test_a_newcomer_types_name_phone_and_code_and_is_in(client: Client, session: Session) -> None:
    scan(client, session)
    client.post("/join/", {"name_latin": "Zineb Sebti", "name_arabic": "", "address": "06 83 00 99 31"})
    answer = client.post("/accounts/code/", {"code": digits()}, follow=True)
    assert answer.redirect_chain[-1][0] == "/join/"
    learner = Learner.objects.get(name_latin="Zineb Sebti")
    assert Enrolment.objects.get().address == learner.passport_number
    assert "door-in" in answer.content.decode()


def test_without_a_phone_she_is_in_by_name(client: Client, session: Session) -> None:
    scan(client, session)
    answer = client.post(
        "/join/", {"name_latin": "Zineb Sebti", "name_arabic": "", "address": ""}, follow=True
    )
    seat = Enrolment.objects.get()
    assert (seat.name_latin, seat.address_kind) == ("Zineb Sebti", "")
    assert "Zineb Sebti" in answer.content.decode()
    assert not Learner.objects.filter(name_latin="Zineb Sebti").exists()


def test_what_was_typed_stays_when_something_is_wrong(client: Client, session: Session) -> None:
    scan(client, session)
    answer = client.post("/join/", {"name_latin": "Zineb Sebti", "address": "06 83"})
    assert answer.status_code in (200, 422)
    assert 'value="Zineb Sebti"' in answer.content.decode()
    assert 'value="06 83"' in answer.content.decode()
    assert not Enrolment.objects.exists()


def test_a_code_that_has_changed_is_told(client: Client, session: Session) -> None:
    token = calling.screen(session=session, now=timezone.now() - timedelta(minutes=2)).token
    assert client.get(f"/join/{token}").status_code == 410
    assert client.get(f"/join/{'x' * 38}").status_code == 404


def test_a_ticket_ends_after_ten_minutes(client: Client, session: Session) -> None:
    scan(client, session)
    kept = client.session
    kept["join.ticket"] = kept["join.ticket"] | {"until": (timezone.now() - timedelta(seconds=1)).isoformat()}
    kept.save()
    answer = client.post("/join/", {"name_latin": "Zineb Sebti"})
    assert not Enrolment.objects.exists()
    assert answer.status_code == 422


def test_the_typed_code_leads_to_the_same_page(client: Client, session: Session) -> None:
    code = calling.screen(session=session, now=timezone.now()).code
    assert client.post("/join/", {"step": "code", "code": "000000"}).status_code == 422
    answer = client.post("/join/", {"step": "code", "code": code}, follow=True)
    assert session.achievement.title in answer.content.decode()


def test_codes_are_not_tried_by_machine(client: Client, session: Session) -> None:
    answers = [client.post("/slip/", {"step": "code", "code": "0000-0000-0000"}) for _ in range(12)]
    assert answers[0].status_code == 422
    assert answers[-1].status_code == 429
    assert "Retry-After" in answers[-1]


# -- Slips --------------------------------------------------------------------------------------------
@pytest.fixture
def slip(session: Session) -> paperslips.Printed:
    seated(session, "Omar Alaoui", now=timezone.now())
    return paperslips.of_session(session=session, by=session.trainer, now=timezone.now())[0]


def test_a_seats_slip_makes_the_seat_hers(client: Client, slip: paperslips.Printed) -> None:
    learner = make_learner(name_latin="Omar Alaoui", name_arabic="")
    sign_in(client, learner)
    assert client.get(f"/slip/{slip.code}").headers["Location"] == "/slip/"
    assert client.post("/slip/").headers["Location"] == "/me/"
    assert Enrolment.objects.get().address == learner.passport_number


def test_a_slip_opens_a_passport_with_the_name_that_stands_on_it(
    client: Client, slip: paperslips.Printed
) -> None:
    client.post("/slip/", {"step": "code", "code": slip.short})
    assert "Omar Alaoui" in client.get("/slip/").content.decode()
    client.post("/slip/", {"name_latin": "Omar Alaoui", "name_arabic": "", "address": "0683009932"})
    answer = client.post("/accounts/code/", {"code": digits()}, follow=True)
    assert answer.redirect_chain[-1][0] == "/slip/"
    client.post("/slip/")
    learner = Learner.objects.get(name_latin="Omar Alaoui")
    assert Enrolment.objects.get().address == learner.passport_number


def issue(session: Session) -> Credential:
    now = timezone.now()
    sessions.decide(session=session, said={1: ("completed", "")})
    batch = finishing.issue(session=session, by=session.trainer, now=now)
    issuance.issue_ready(kind=batch.kind, now=now)
    return Credential.objects.get()


def test_a_certificates_slip_files_it_whatever_the_name(
    client: Client, session: Session, slip: paperslips.Printed
) -> None:
    credential, learner = issue(session), make_learner()
    sign_in(client, learner)
    client.get(f"/slip/{slip.code}")
    assert client.post("/slip/").headers["Location"] == f"/me/c/{credential.pk}"
    entry = Entry.objects.get(credential=credential)
    assert (entry.learner, entry.how) == (learner, Entry.How.SLIP)
    assert Filing.objects.get(credential=credential).outcome == Filing.Outcome.FILED


def test_a_used_slip_is_told_to_the_next_one(
    client: Client, session: Session, slip: paperslips.Printed
) -> None:
    issue(session)
    found = PaperSlip.objects.get()
    joining.take_slip(slip=found, learner=make_learner(), now=timezone.now())
    sign_in(client, make_learner(name_latin="Hajar Naciri"))
    client.get(f"/slip/{slip.code}")
    answer = client.post("/slip/")
    assert answer.status_code == 409
    assert Entry.objects.count() == 1
    assert client.get(f"/slip/{'x' * 22}").status_code == 404


def test_a_certificate_in_another_passport_is_not_taken(session: Session, slip: paperslips.Printed) -> None:
    credential, other = issue(session), make_learner()
    Entry.objects.create(credential=credential, learner=other, how=Entry.How.DESK, filed_at=timezone.now())
    with pytest.raises(NotYourPassport):
        joining.take_slip(slip=PaperSlip.objects.get(), learner=make_learner(), now=timezone.now())
    assert PaperSlip.objects.get().used_at is None
