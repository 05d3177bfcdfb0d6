"""The owner's rooms, over HTTP: members and API clients of her own provider."""

import re
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from issuers.models import ApiClient, Issuer, Membership, Role
from passport.models import Learner
from tests.factories import make_issuer, make_learner, make_member, sign_in

pytestmark = pytest.mark.django_db


@dataclass
class House:
    """A provider with its owner, and the owner of another."""

    issuer: Issuer
    owner: Learner
    stranger: Learner


@pytest.fixture
def house() -> House:
    now = timezone.now()
    issuer, other = make_issuer(with_keys=False, now=now), make_issuer(with_keys=False, now=now)
    return House(
        issuer=issuer, owner=make_member(issuer, Role.OWNER), stranger=make_member(other, Role.OWNER)
    )


def role_of(person: Learner, issuer: Issuer) -> list[str]:
    return list(Membership.objects.filter(person=person, issuer=issuer).values_list("role", flat=True))


# -- Doors ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("room", ["teach-members", "teach-api-clients"])
def test_owners_alone_enter(client: Client, house: House, room: str) -> None:
    sign_in(client, house.owner)
    assert client.get(reverse(room)).status_code == 200
    sign_in(client, make_member(house.issuer, Role.SIGNER))
    assert client.get(reverse(room)).status_code == 403
    sign_in(client, house.owner, second_factor=False)
    assert client.get(reverse(room))["Location"].startswith(reverse("second-factor"))


def test_another_provider_s_members_and_clients_are_not_there(client: Client, house: House) -> None:
    membership = Membership.objects.get(person=house.owner)
    sign_in(client, house.stranger)
    assert client.get(reverse("teach-member-new", args=[house.issuer.slug])).status_code == 404
    assert client.get(reverse("teach-member-edit", args=[membership.pk])).status_code == 404
    assert client.post(reverse("teach-member-remove", args=[membership.pk])).status_code == 404
    assert client.get(reverse("teach-api-client-new", args=[house.issuer.slug])).status_code == 404


# -- Members --------------------------------------------------------------------------------------
def test_an_owner_adds_a_colleague_after_seeing_her_name(client: Client, house: House) -> None:
    colleague = make_learner()
    sign_in(client, house.owner)
    address = reverse("teach-member-new", args=[house.issuer.slug])
    number = f"{colleague.passport_number[:4]} {colleague.passport_number[4:]}"
    who = {"passport_number": number, "name": "El Idrissi Fatima", "role": "trainer"}
    asked = client.post(address, who | {"step": "look"})
    assert "Fatima-Zahra El Idrissi" in asked.content.decode()
    assert role_of(colleague, house.issuer) == []
    assert client.post(address, who | {"step": "sure"}).status_code == 302
    assert role_of(colleague, house.issuer) == ["trainer"]


@pytest.mark.parametrize("name", ["فاطمة الزهراء", "فاطمة الزهراء الإدريسي"])
def test_a_colleague_is_found_by_her_arabic_name(client: Client, house: House, name: str) -> None:
    colleague = make_learner()
    sign_in(client, house.owner)
    who = {"passport_number": colleague.passport_number, "name": name, "role": "clerk"}
    answer = client.post(reverse("teach-member-new", args=[house.issuer.slug]), who)
    assert answer.status_code == 200


@pytest.mark.parametrize("name", ["Khadija Berrada", "Fatima", "El"])
def test_a_number_alone_tells_nobody_s_name(client: Client, house: House, name: str) -> None:
    colleague = make_learner()
    sign_in(client, house.owner)
    address = reverse("teach-member-new", args=[house.issuer.slug])
    who = {"name": name, "role": "trainer", "step": "look"}
    wrong_name = client.post(address, who | {"passport_number": colleague.passport_number})
    wrong_number = client.post(address, who | {"passport_number": "0000000000"})
    assert wrong_name.status_code == wrong_number.status_code == 404
    assert "Idrissi" not in wrong_name.content.decode()


def test_the_same_role_twice_is_refused_on_the_form(client: Client, house: House) -> None:
    colleague = make_member(house.issuer, Role.TRAINER, make_learner())
    sign_in(client, house.owner)
    who = {"passport_number": colleague.passport_number, "name": "Fatima-Zahra El Idrissi", "role": "trainer"}
    answer = client.post(reverse("teach-member-new", args=[house.issuer.slug]), who | {"step": "sure"})
    assert answer.status_code == 409
    assert colleague.passport_number in answer.content.decode()


def test_a_role_is_changed_and_taken_away(client: Client, house: House) -> None:
    colleague = make_member(house.issuer, Role.TRAINER)
    membership = Membership.objects.get(person=colleague)
    sign_in(client, house.owner)
    edit = reverse("teach-member-edit", args=[membership.pk])
    assert client.post(edit, {"role": "signer"}).status_code == 302
    assert role_of(colleague, house.issuer) == ["signer"]
    membership = Membership.objects.get(person=colleague)
    assert client.post(reverse("teach-member-remove", args=[membership.pk])).status_code == 302
    assert role_of(colleague, house.issuer) == []


def test_the_last_owner_stays(client: Client, house: House) -> None:
    membership = Membership.objects.get(person=house.owner)
    sign_in(client, house.owner)
    assert client.post(reverse("teach-member-remove", args=[membership.pk])).status_code == 409
    edit = client.post(reverse("teach-member-edit", args=[membership.pk]), {"role": "signer"})
    assert edit.status_code == 409
    assert role_of(house.owner, house.issuer) == ["owner"]


# -- API clients ----------------------------------------------------------------------------------
def test_a_client_s_secret_is_shown_once(client: Client, house: House) -> None:
    sign_in(client, house.owner)
    answer = client.post(
        reverse("teach-api-client-new", args=[house.issuer.slug]),
        {"name": "Inscriptions", "scopes": ["read", "issue"]},
    )
    page = answer.content.decode()
    made = ApiClient.objects.get()
    token = re.search(rf"{re.escape(made.pk)}\.[\w-]{{40,}}", page)
    assert token
    assert answer["Cache-Control"].find("no-store") >= 0
    assert token[0] not in client.get(reverse("teach-api-clients")).content.decode()
    achievements = client.get(reverse("api-achievements"), headers={"authorization": f"Bearer {token[0]}"})
    assert achievements.status_code == 200


def test_a_client_without_a_scope_is_refused_at_the_field(client: Client, house: House) -> None:
    sign_in(client, house.owner)
    answer = client.post(reverse("teach-api-client-new", args=[house.issuer.slug]), {"name": "Inscriptions"})
    assert answer.status_code == 422
    assert 'id="id_scopes-error"' in answer.content.decode()
    assert 'value="Inscriptions"' in answer.content.decode()


def test_a_withdrawn_client_opens_nothing(client: Client, house: House) -> None:
    sign_in(client, house.owner)
    page = client.post(
        reverse("teach-api-client-new", args=[house.issuer.slug]),
        {"name": "Inscriptions", "scopes": ["read"]},
    ).content.decode()
    made = ApiClient.objects.get()
    found = re.search(rf"{re.escape(made.pk)}\.[\w-]{{40,}}", page)
    assert found
    assert client.post(reverse("teach-api-client-withdraw", args=[made.pk])).status_code == 302
    answer = client.get(reverse("api-achievements"), headers={"authorization": f"Bearer {found[0]}"})
    assert answer.status_code == 401


def test_a_stranger_cannot_withdraw_a_client(client: Client, house: House) -> None:
    sign_in(client, house.owner)
    client.post(
        reverse("teach-api-client-new", args=[house.issuer.slug]),
        {"name": "Inscriptions", "scopes": ["read"]},
    )
    made = ApiClient.objects.get()
    sign_in(client, house.stranger)
    assert client.post(reverse("teach-api-client-withdraw", args=[made.pk])).status_code == 404
    made.refresh_from_db()
    assert made.withdrawn_at is None
