"""The trainer's pages of a session: planned, filled, ticked, ended, issued; the clerk prints slips."""

from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from credentials import calling
from credentials.models import Batch, Enrolment, Session
from issuers.models import Issuer
from tests.factories import key_room, make_achievement, make_issuer, make_member, sign_in

from .rooms import make_session, seated

pytestmark = pytest.mark.django_db
__all__ = ["key_room"]


@pytest.fixture
def issuer(key_room: Path) -> Issuer:
    return make_issuer(now=timezone.now())


@pytest.fixture
def session(issuer: Issuer) -> Session:
    return make_session(make_achievement(issuer, results="level"), now=timezone.now())


@pytest.fixture
def trainer(client: Client, session: Session) -> Client:
    sign_in(client, session.trainer, second_factor=True)
    return client


def test_a_plan_with_a_mistake_keeps_what_was_typed(trainer: Client, session: Session) -> None:
    typed = {
        "achievement": session.achievement_id,
        "group": "Groupe B",
        "place": "Salle 3",
        "arrondissement": "06.141.01.53",
        "starts_at": "2026-12-02T09:00",
        "ends_at": "2026-12-01T12:00",
        "language": "ar",
    }
    answer = trainer.post("/teach/sessions/new", typed)
    assert answer.status_code == 422
    assert 'value="Salle 3"' in answer.content.decode()
    answer = trainer.post("/teach/sessions/new", typed | {"ends_at": "2026-12-02T12:00"})
    made = Session.objects.get(group="Groupe B")
    assert answer.headers["Location"] == f"/teach/sessions/{made.pk}"
    assert timezone.localtime(made.starts_at).hour == 9
    trainer.post(
        f"/teach/sessions/{made.pk}/edit", typed | {"ends_at": "2026-12-02T13:00", "place": "Salle 4"}
    )
    made.refresh_from_db()
    assert made.place == "Salle 4"


def test_a_person_is_written_down_by_name_or_with_any_address(trainer: Client, session: Session) -> None:
    page = f"/teach/sessions/{session.pk}"
    for name, address in (
        ("Omar Alaoui", ""),
        ("Hajar Naciri", "06 12 34 56 78"),
        ("Sara Tazi", "4821903660"),
    ):
        trainer.post(f"{page}/add", {"name_latin": name, "address": address, "language": "fr"})
    kinds = list(Enrolment.objects.order_by("seat").values_list("address_kind", flat=True))
    assert kinds == ["", "phone", "passport"]
    answer = trainer.post(f"{page}/add", {"name_latin": "Ali Sebti", "address": "06 12", "language": "fr"})
    assert answer.status_code == 422
    assert 'value="Ali Sebti"' in answer.content.decode()


def test_the_screen_shows_a_code_that_leads_in_and_renews_itself(trainer: Client, session: Session) -> None:
    seated(session, "Omar Alaoui", now=timezone.now())
    page = trainer.get(f"/teach/sessions/{session.pk}/roll")
    text = page.content.decode()
    assert calling.screen(session=session, now=timezone.now()).code[:3] in text
    assert 'http-equiv="refresh"' in text
    assert "Omar Alaoui" in text
    assert page.headers["Cache-Control"].count("no-store") == 1
    assert 'id="moving"' in trainer.get(f"/teach/sessions/{session.pk}/roll/now").content.decode()
    trainer.post(f"/teach/sessions/{session.pk}/end")
    assert trainer.get(f"/teach/sessions/{session.pk}/roll/now").status_code == 409


def test_a_session_ends_in_a_list_of_its_certificates(trainer: Client, session: Session) -> None:
    seated(session, "Omar Alaoui", now=timezone.now())
    seated(session, "Hajar Naciri", now=timezone.now())
    page = f"/teach/sessions/{session.pk}/finish"
    wrong = {"outcome-1": "completed", "result-1": "B7", "outcome-2": "absent", "step": "review"}
    answer = trainer.post(page, wrong)
    assert answer.status_code == 422
    assert 'value="B7"' in answer.content.decode()
    assert "Omar Alaoui" in trainer.post(page, wrong | {"result-1": "b1"}).content.decode()
    answer = trainer.post(page, {"step": "issue"})
    batch = Batch.objects.get()
    assert answer.headers["Location"] == f"/teach/lists/{batch.pk}"
    assert batch.awards.get().result == "B1"
    assert trainer.post(page, {"step": "issue"}).headers["Location"] == f"/teach/lists/{batch.pk}"
    assert Batch.objects.count() == 1


def test_a_clerk_sees_a_session_and_prints_its_slips(client: Client, session: Session) -> None:
    seated(session, "Omar Alaoui", now=timezone.now())
    sign_in(client, make_member(session.issuer, "clerk"), second_factor=True)
    page = client.get(f"/teach/sessions/{session.pk}").content.decode()
    assert "Omar Alaoui" in page
    assert "/roll" not in page
    answer = client.post(f"/teach/sessions/{session.pk}/slips.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


def test_a_seat_is_mended_or_taken_off(trainer: Client, session: Session) -> None:
    seat = seated(session, "Omar Aloui", now=timezone.now())
    page = f"/teach/sessions/{session.pk}/seats/{seat.seat}"
    trainer.post(page, {"name_latin": "Omar Alaoui", "address": "omar@example.org", "language": "fr"})
    seat.refresh_from_db()
    assert (seat.name_latin, seat.address_kind) == ("Omar Alaoui", "email")
    trainer.post(page, {"act": "remove"})
    assert not Enrolment.objects.exists()
