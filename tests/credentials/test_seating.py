"""A list fills the seats of a session; people of a list who gave no phone get slips."""

import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from credentials import awards, issuance, seating
from credentials.models import Batch, Enrolment, PaperSlip, Session
from credentials.people import Person
from tests.factories import NOW, key_room, make_achievement, make_issuer, make_member, sign_in

from .rooms import make_session

pytestmark = pytest.mark.django_db
__all__ = ["key_room"]
CLASS = """Nom complet;Téléphone;Date
Salma Tazi;0612345678;31/02/2026
Omar Alaoui;06123;
Hajar Naciri;;
Salma Tazi;06 12 34 56 78;
"""


@pytest.fixture
def session() -> Session:
    return make_session(make_achievement(make_issuer(with_keys=False)), now=timezone.now())


@pytest.fixture
def trainer(client: Client, session: Session) -> Client:
    sign_in(client, session.trainer, second_factor=True)
    return client


def give(client: Client, session: Session, text: str, name: str = "liste.csv") -> object:
    file = SimpleUploadedFile(name, text.encode())
    where = reverse("teach-session-list", args=[session.pk])
    return client.post(where, {"file": file, "language": "ar"}, headers={"Accept-Language": "en"})


def test_right_rows_are_seated_and_wrong_ones_say_why(trainer: Client, session: Session) -> None:
    answer = give(trainer, session, CLASS)
    page = answer.content.decode()  # type: ignore[attr-defined]  # a response
    held = Enrolment.objects.filter(session=session).order_by("seat")
    assert list(held.values_list("name_latin", "address", "language", "how")) == [
        ("Salma Tazi", "+212612345678", "ar", "trainer"),
        ("Hajar Naciri", "", "ar", "trainer"),
    ]
    assert "1 row has no seat yet" in page
    assert "Row 3" in page
    assert "Omar Alaoui · 06123" in page
    assert "This phone number has too few" in page


def test_the_same_file_mended_and_given_again_adds_who_was_missing(trainer: Client, session: Session) -> None:
    give(trainer, session, CLASS)
    answer = give(trainer, session, CLASS.replace(";06123;", ";0612345670;"))
    assert answer["Location"] == reverse("teach-session", args=[session.pk])  # type: ignore[index]  # a response
    assert Enrolment.objects.filter(session=session).count() == 3
    page = trainer.get(reverse("teach-session", args=[session.pk]), headers={"Accept-Language": "en"})
    assert "1 person is written down." in page.content.decode()


def test_who_finds_no_room_stays_in_the_list(trainer: Client, session: Session) -> None:
    Session.objects.filter(pk=session.pk).update(seats=1)
    page = give(trainer, session, "Nom complet\nSalma Tazi\nOmar Alaoui\n").content.decode()  # type: ignore[attr-defined]
    assert Enrolment.objects.get(session=session).name_latin == "Salma Tazi"
    assert "Omar Alaoui" in page


@pytest.mark.parametrize("text", ["", "x", "Nom complet\n"])
def test_a_file_that_is_no_list_is_refused_at_its_field(trainer: Client, session: Session, text: str) -> None:
    answer = give(trainer, session, text)
    assert answer.status_code == 422  # type: ignore[attr-defined]  # a response
    assert answer.context["form"].errors["file"]  # type: ignore[attr-defined]  # a response


def test_a_list_that_no_room_holds_is_refused_whole(trainer: Client, session: Session) -> None:
    rows = "\n".join(f"Salma {chr(65 + n // 26)}{chr(97 + n % 26)}" for n in range(seating.MOST + 1))
    answer = give(trainer, session, f"Nom complet\n{rows}\n")
    assert answer.context["form"].errors["file"]  # type: ignore[attr-defined]  # a response
    assert not Enrolment.objects.exists()


def test_a_session_that_was_called_off_takes_no_list(trainer: Client, session: Session) -> None:
    Session.objects.filter(pk=session.pk).update(state="cancelled")
    answer = give(trainer, session, "Nom complet\nSalma Tazi\n")
    assert answer.context["form"].errors["file"]  # type: ignore[attr-defined]  # a response
    assert not Enrolment.objects.exists()


def test_no_file_at_all_is_said_at_its_field(trainer: Client, session: Session) -> None:
    answer = trainer.post(reverse("teach-session-list", args=[session.pk]), {"language": "ar"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["file"]


# -- Slips of a list --------------------------------------------------------------------------------
@pytest.fixture
def batch(key_room: Path) -> Batch:
    issuer = make_issuer()
    accepted = awards.accept(
        issuer=issuer,
        achievement=make_achievement(issuer),
        awarded_on=timezone.localdate(NOW),
        people=[Person(name_latin="Omar Alaoui"), Person(name_latin="Hajar Naciri")],
        kind=Batch.Kind.ROSTER,
        requested_by=make_member(issuer, "trainer"),
        idempotency_key="slips",
        now=NOW,
        session="Groupe",
    ).batch
    issuance.issue_ready(kind=accepted.kind, now=NOW)
    return Batch.objects.get(pk=accepted.pk)


def test_a_list_prints_a_slip_for_everybody_without_the_certificate(client: Client, batch: Batch) -> None:
    sign_in(client, batch.requested_by, second_factor=True)
    where = reverse("teach-list-slips", args=[batch.pk])
    assert where in client.get(reverse("teach-list", args=[batch.pk])).content.decode()
    answer = client.post(where)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert io.BytesIO(answer.content).read(4) == b"%PDF"
    assert PaperSlip.objects.count() == 2
    client.post(where)  # the same ones once more
    assert PaperSlip.objects.count() == 2


def test_where_there_is_none_the_list_says_so(client: Client, batch: Batch) -> None:
    PaperSlip.objects.all().delete()
    sign_in(client, batch.requested_by, second_factor=True)
    client.post(reverse("teach-list-slips", args=[batch.pk]))
    PaperSlip.objects.update(used_at=NOW, used_by="4821903660")
    answer = client.post(reverse("teach-list-slips", args=[batch.pk]))
    assert answer["Location"] == reverse("teach-list", args=[batch.pk])


def test_a_stranger_prints_nothing_of_it(client: Client, batch: Batch) -> None:
    sign_in(client, make_member(make_issuer(with_keys=False), "trainer"), second_factor=True)
    assert client.post(reverse("teach-list-slips", args=[batch.pk])).status_code == 404
    assert not PaperSlip.objects.exists()
