"""The rooms of the second person, and what the others read meanwhile; the same over the API."""

import re
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from credentials import issuance
from credentials.models import Achievement, Award, Batch, Credential
from credentials.people import Person
from issuers import registry, staff
from issuers.models import Issuer
from tests.factories import (
    award,
    city_approver,
    city_officer,
    key_room,
    make_achievement,
    make_issuer,
    make_member,
    sign_in,
)

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db
State = Batch.State


@dataclass
class House:
    """A provider with its staff, and a list of unusual size that its trainer has ordered."""

    issuer: Issuer
    course: Achievement
    trainer: Any
    batch: Batch


def names(count: int) -> list[str]:
    return [f"Salma {chr(65 + n // 26)}{chr(97 + n % 26)}" for n in range(count)]


@pytest.fixture
def house(key_room: Any) -> House:
    now = timezone.now()
    issuer = make_issuer(now=now)
    course = make_achievement(issuer, code="C08")
    trainer = make_member(issuer, "trainer")
    batch = award(
        course,
        *[Person(name_latin=name) for name in names(201)],
        kind=Batch.Kind.ROSTER,
        requested_by=trainer,
        now=now,
        session="Groupe du mardi",
    )
    return House(issuer=issuer, course=course, trainer=trainer, batch=batch)


def with_cap(house: House, cap: int) -> None:
    now = timezone.now()
    mandate = registry.propose_mandate(
        issuer=house.issuer,
        theme="digital",
        starts_on=timezone.localdate(now),
        daily_cap=cap,
        by=city_officer(),
        now=now,
    )
    registry.approve_mandate(mandate=mandate, by=city_approver(), now=now)


def browser(person: Any, language: str = "en") -> Client:
    client = Client(headers={"Accept-Language": language})
    sign_in(client, person)
    return client


def page(client: Client, name: str, *args: str, status: int = 200) -> str:
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == status
    return str(answer.content.decode())


def fresh(house: House) -> Batch:
    return Batch.objects.get(pk=house.batch.pk)


# -- Who ordered it -------------------------------------------------------------------------------
def test_the_trainer_reads_that_her_list_waits_and_for_whom(house: House) -> None:
    client = browser(house.trainer)
    html = page(client, "teach-list", house.batch.pk)
    assert "Waits for a second person" in html
    assert "a signer or owner of the provider, or an approver of the city" in html
    assert reverse("teach-held") not in html
    assert "http-equiv" not in html  # nothing moves by itself
    assert "Waits for a second person" in page(client, "teach-lists")
    assert "Waits for a second person" in page(client, "teach-home")
    page(client, "teach-list-stop", house.batch.pk)


@pytest.mark.parametrize(
    ("language", "words"), [("fr", "Attend une deuxième personne"), ("ar", "تنتظر شخصًا ثانيًا")]
)
def test_it_is_said_in_french_and_arabic(house: House, language: str, words: str) -> None:
    assert words in page(browser(house.trainer, language), "teach-list", house.batch.pk)
    assert words in page(browser(make_member(house.issuer, "signer"), language), "teach-held")
    assert words in page(browser(city_approver(), language), "city-held")


def test_a_list_given_on_the_page_waits_once_it_is_ordered(house: House) -> None:
    client = browser(house.trainer)
    lines = "".join(f"Omar {name[6:]}\n" for name in names(201))
    file = SimpleUploadedFile("classe.csv", f"Nom complet\n{lines}".encode())
    form = {"file": file, "awarded_on": timezone.localdate().isoformat(), "session": "", "language": "fr"}
    given = client.post(reverse("teach-list-new", args=[house.course.pk]), form)
    batch = Batch.objects.get(state=State.DRAFT)
    assert given["Location"] == reverse("teach-list", args=[batch.pk])
    client.post(reverse("teach-list-accept", args=[batch.pk]))
    assert "Waits for a second person" in page(client, "teach-list", batch.pk)
    client.post(reverse("teach-list-stop", args=[batch.pk]))
    assert Batch.objects.get(pk=batch.pk).state == State.CANCELLED


def test_one_award_above_the_cap_says_that_it_waits_for_the_city(house: House) -> None:
    with_cap(house, 1)
    now = timezone.now()
    award(house.course, Person(name_latin="Omar Tazi"), now=now)
    held = award(house.course, Person(name_latin="Hajar Tazi"), now=now, requested_by=house.trainer)
    html = page(browser(house.trainer), "teach-batch", held.pk)  # 200: it is not being prepared
    assert "Only an approver of the city can release it" in html
    assert "http-equiv" not in html
    browser(city_approver()).post(
        reverse("city-held-turn-down", args=[held.pk]), {"reason": "Pas aujourd’hui."}
    )
    assert "Pas aujourd’hui." in page(browser(house.trainer), "teach-batch", held.pk)


# -- The provider's second person -----------------------------------------------------------------
@pytest.mark.parametrize("role", ["signer", "owner"])
def test_a_second_person_finds_it_in_her_room_and_releases_it(house: House, role: str) -> None:
    client = browser(make_member(house.issuer, role))
    html = page(client, "teach-held")
    assert house.course.title_fr in html or house.course.title_ar in html
    assert "Groupe du mardi" in html
    assert "201" in html
    assert "Salma Ab" not in html  # an owner sees no names of learners
    address = reverse("teach-held-release", args=[house.batch.pk])
    assert f'action="{address}"' in html
    answer = client.post(address)
    assert (answer.status_code, answer["Location"]) == (302, reverse("teach-held"))
    assert fresh(house).state == State.ACCEPTED
    assert "Nothing is waiting." in page(client, "teach-held")
    assert client.post(address).status_code == 404


def test_a_signer_is_led_from_the_list_to_the_room(house: House) -> None:
    client = browser(make_member(house.issuer, "signer"))
    assert "See what waits for you" in page(client, "teach-list", house.batch.pk)


def test_who_ordered_it_finds_no_button_and_is_refused(house: House) -> None:
    make_member(house.issuer, "signer", house.trainer)
    client = browser(house.trainer)
    address = reverse("teach-held-release", args=[house.batch.pk])
    html = page(client, "teach-held")
    assert address not in html
    assert "You ordered it: another person must release it." in html
    answer = client.post(address)
    assert answer.status_code == 403
    assert "Another person must release what you ordered." in answer.content.decode()
    assert fresh(house).state == State.HELD


def test_above_the_cap_a_signer_sees_it_and_cannot_release_it(house: House) -> None:
    Batch.objects.update(held_because=Batch.Held.ABOVE_CAP)
    client = browser(make_member(house.issuer, "signer"))
    address = reverse("teach-held-release", args=[house.batch.pk])
    html = page(client, "teach-held")
    assert address not in html
    assert "Only an approver of the city can release it" in html
    assert client.post(address).status_code == 403
    assert fresh(house).state == State.HELD


def test_it_is_turned_down_with_a_reason_that_its_trainer_reads(house: House) -> None:
    client = browser(make_member(house.issuer, "owner"))
    address = reverse("teach-held-turn-down", args=[house.batch.pk])
    assert 'name="reason"' in page(client, "teach-held-turn-down", house.batch.pk)
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "Ce n’est pas notre classe."})["Location"] == reverse("teach-held")
    assert fresh(house).state == State.CANCELLED
    assert "Ce n’est pas notre classe." in page(browser(house.trainer), "teach-list", house.batch.pk)
    assert client.post(address, {"reason": "Encore"}).status_code == 404


def test_a_trainer_has_no_such_room(house: House) -> None:
    client = browser(house.trainer)
    for answer in (
        client.get(reverse("teach-held")),
        client.post(reverse("teach-held-release", args=[house.batch.pk])),
        client.post(reverse("teach-held-turn-down", args=[house.batch.pk]), {"reason": "Non"}),
    ):
        assert answer.status_code == 403
    assert fresh(house).state == State.HELD


def test_what_is_anothers_is_answered_like_what_is_not_there(house: House) -> None:
    client = browser(make_member(make_issuer(now=timezone.now()), "signer"))
    assert house.course.title_fr not in page(client, "teach-held")
    for pk in (house.batch.pk, "0" * 22):
        assert client.post(reverse("teach-held-release", args=[pk])).status_code == 404
        assert client.get(reverse("teach-held-turn-down", args=[pk])).status_code == 404
    assert fresh(house).state == State.HELD


# -- The city -------------------------------------------------------------------------------------
def test_the_city_sees_all_and_what_waits_for_it_alone_first(house: House) -> None:
    with_cap(house, 1)
    now = timezone.now()
    above = award(
        house.course,
        Person(name_latin="Omar Tazi"),
        Person(name_latin="Ali Tazi"),
        now=now,
        kind=Batch.Kind.ROSTER,
    )
    html = page(browser(city_approver()), "city-held")
    found = re.findall(r'action="/city/held/([^/]+)/release"', html)
    assert found == [above.pk, house.batch.pk]


@pytest.mark.parametrize("role", ["officer", "auditor"])
def test_others_of_the_city_read_and_do_not_act(house: House, role: str) -> None:
    client = browser(make_member(None, role))
    html = page(client, "city-held")
    assert house.issuer.name_fr in html
    assert "/release" not in html
    assert "turn-down" not in html
    assert client.post(reverse("city-held-release", args=[house.batch.pk])).status_code == 403
    assert (
        client.post(reverse("city-held-turn-down", args=[house.batch.pk]), {"reason": "x"}).status_code == 403
    )
    assert fresh(house).state == State.HELD


def test_an_approver_releases_what_is_above_the_cap(house: House) -> None:
    Batch.objects.update(held_because=Batch.Held.ABOVE_CAP)
    client = browser(city_approver())
    answer = client.post(reverse("city-held-release", args=[house.batch.pk]))
    assert answer["Location"] == reverse("city-held")
    issuance.issue_ready(kind=Batch.Kind.ROSTER, now=timezone.now())
    assert Credential.objects.count() == 201
    assert "List released by a second person" in page(client, "city-issuer", house.issuer.slug)


def test_a_release_that_the_register_forbids_is_said_on_the_page(house: House) -> None:
    registry.suspend_issuer(issuer=house.issuer, reason="Contrôle", by=city_officer(), now=timezone.now())
    answer = browser(city_approver()).post(reverse("city-held-release", args=[house.batch.pk]))
    assert answer.status_code == 409
    assert "may not issue this certificate at present" in answer.content.decode()


# -- Programs and operators -----------------------------------------------------------------------
def test_a_program_hears_that_its_list_waits_and_for_whom(house: House) -> None:
    owner = make_member(house.issuer, "owner")
    made = staff.create_api_client(
        issuer=house.issuer, name="Inscriptions", scopes=["issue", "read"], by=owner, now=timezone.now()
    )
    headers = {"Authorization": f"Bearer {made.token}", "Accept-Language": "en", "Idempotency-Key": "k"}
    rows = [{"name_latin": f"Omar {name[6:]}"} for name in names(201)]
    body = {"achievement": "C08", "awarded_on": timezone.localdate().isoformat(), "rows": rows}
    answer = Client().post(
        "/api/v1/batches", orjson.dumps(body), content_type="application/json", headers=headers
    )
    told = answer.json()
    assert answer.status_code == 202
    assert (told["state"], told["held_because"]) == ("held", "unusual-size")
    assert "a signer or owner of the provider" in told["held"]
    again = Client().post(
        "/api/v1/batches", orjson.dumps(body), content_type="application/json", headers=headers
    )
    assert (again.status_code, again.json()["id"]) == (200, told["id"])
    browser(owner).post(reverse("teach-held-release", args=[told["id"]]))
    after = Client().get(f"/api/v1/batches/{told['id']}", headers=headers).json()
    assert (after["state"], after["held_because"], after["held"]) == ("accepted", "unusual-size", None)


def test_an_operator_reads_that_the_imported_list_waits(
    house: House, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "classe.csv"
    file.write_text("Nom complet\n" + "".join(f"Omar {name[6:]}\n" for name in names(201)))
    call_command(
        "import_roster",
        str(file),
        issuer=house.issuer.slug,
        achievement="C08",
        date=timezone.localdate(),
    )
    assert "une deuxième personne doit le libérer" in capsys.readouterr().out
    assert Batch.objects.filter(state=State.HELD).count() == 2
    assert Award.objects.filter(state="issued").count() == 0


def test_its_door_tells_who_may_pass_how_much_waits_behind_it(house: House) -> None:
    door = re.compile(r"To release <b class=\"count\">(\d+)<")
    owner, elsewhere = make_member(house.issuer, "owner"), make_member(make_issuer(), "owner")
    assert door.findall(page(browser(owner), "teach-home")) == ["1"]
    assert door.findall(page(browser(city_officer()), "city-home")) == ["1"]
    assert door.findall(page(browser(elsewhere), "teach-home")) == []
