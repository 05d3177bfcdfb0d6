"""The learner's room: hers alone."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from credentials.awards import Person
from credentials.models import Credential
from passport import accounts, filing
from passport.models import Entry, Learner
from tests.factories import NOW, key_room, make_achievement, make_credential, make_issuer, make_learner

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def fatima(key_room: Any) -> Learner:
    learner = make_learner()
    accounts.prove(learner=learner, kind="phone", value="+212683000001", now=NOW)
    person = Person(
        name_latin=learner.name_latin,
        name_arabic=learner.name_arabic,
        address_kind="phone",
        address="+212683000001",
    )
    make_credential(make_achievement(make_issuer()), person)
    filing.consider_unfiled(now=NOW)
    return learner


@pytest.mark.parametrize("language", ["fr", "ar", "en"])
def test_she_sees_her_timeline(client: Client, fatima: Learner, language: str) -> None:
    client.force_login(fatima)
    client.cookies["lang"] = language
    page = client.get("/me/").content.decode()
    assert "Premiers pas avec le smartphone" in page or "الخطوات الأولى في استعمال الهاتف الذكي" in page
    assert "فاطمة الزهراء الإدريسي" in page


def test_she_opens_one_and_takes_it_away(client: Client, fatima: Learner) -> None:
    client.force_login(fatima)
    credential = Entry.objects.get().credential
    page = client.get(reverse("me-entry", args=[credential.pk]))
    assert page.status_code == 200
    assert "<svg" in page.content.decode()
    assert client.get(reverse("me-jwt", args=[credential.pk])).content.decode() == credential.jwt
    pdf = client.get(reverse("me-pdf", args=[credential.pk]))
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-")
    assert pdf["Cache-Control"] == "no-store"


def test_somebody_elses_certificate_and_none_at_all_look_the_same(client: Client, fatima: Learner) -> None:
    charlie = make_learner(name_latin="Mehdi Sebti", name_arabic="")
    client.force_login(charlie)
    for name in ("me-entry", "me-jwt", "me-pdf"):
        foreign = client.get(reverse(name, args=[Entry.objects.get().credential_id]))
        unknown = client.get(reverse(name, args=["x" * 22]))
        assert foreign.status_code == unknown.status_code == 404
    assert client.post(reverse("me-hide", args=[Entry.objects.get().credential_id])).status_code == 404


def test_private_closes_the_files_to_others_and_not_to_her(client: Client, fatima: Learner) -> None:
    credential = Entry.objects.get().credential
    anonymous = Client()
    assert anonymous.get(reverse("credential-jwt", args=[credential.pk])).status_code == 200
    client.force_login(fatima)
    client.post(reverse("me-entry", args=[credential.pk]), {"visibility": "private"})
    assert Credential.objects.get().visibility == Credential.Visibility.PRIVATE
    assert anonymous.get(reverse("credential-jwt", args=[credential.pk])).status_code == 404
    assert anonymous.get(reverse("credential-pdf", args=[credential.pk])).status_code == 404
    page = anonymous.get(reverse("credential", args=[credential.pk])).content.decode()
    assert fatima.name_latin not in page
    assert client.get(reverse("me-pdf", args=[credential.pk])).status_code == 200


def test_a_hidden_certificate_leaves_the_timeline_and_can_come_back(client: Client, fatima: Learner) -> None:
    client.force_login(fatima)
    credential = Entry.objects.get().credential
    client.post(reverse("me-hide", args=[credential.pk]))
    assert credential.pk not in client.get("/me/").content.decode()
    assert credential.pk in client.get("/me/settings").content.decode()
    client.post(reverse("me-hide", args=[credential.pk]))
    assert credential.pk in client.get("/me/").content.decode()


def test_without_signing_in_the_room_is_closed(client: Client) -> None:
    for path in ("/me/", "/me/settings", "/me/c/abc"):
        assert client.get(path)["Location"].startswith(reverse("account_login"))


def test_a_name_that_is_none_is_told_and_kept_on_the_page(client: Client, fatima: Learner) -> None:
    client.force_login(fatima)
    page = client.post("/me/settings", {"name_latin": "R2D2", "name_arabic": "", "language": "fr"})
    assert page.context["name_form"].errors["name_latin"]
    assert "R2D2" in page.content.decode()
