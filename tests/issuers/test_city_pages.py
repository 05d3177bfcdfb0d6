"""The city's rooms, over HTTP: four eyes on every provider and every mandate."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from issuers import registry
from issuers.models import Issuer, Mandate, Membership, RegisterChange, Role
from tests.factories import (
    city_approver,
    city_officer,
    make_arrondissement,
    make_city,
    make_issuer,
    make_learner,
    make_member,
    sign_in,
)

pytestmark = pytest.mark.django_db

PROVIDER = {
    "name_fr": "École de la deuxième chance Al Fida",
    "name_ar": "مدرسة الفرصة الثانية الفداء",
    "kind": "second_chance",
    "email": "contact@alfida.example",
    "slug": "",
}


def a_provider(**changes: Any) -> dict[str, Any]:
    make_city()
    return PROVIDER | {"arrondissement": make_arrondissement().pk} | changes


def an_issuer(**fields: Any) -> Issuer:
    return make_issuer(with_keys=False, now=timezone.now(), **fields)


# -- Doors ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", [Role.OFFICER, Role.APPROVER, Role.AUDITOR])
def test_the_city_s_staff_read_the_register(client: Client, role: str) -> None:
    issuer = an_issuer()
    sign_in(client, make_member(None, role))
    for address in (
        reverse("city-home"),
        reverse("city-issuer", args=[issuer.slug]),
        reverse("city-people"),
    ):
        assert client.get(address).status_code == 200


def test_a_provider_s_staff_do_not_enter_the_city_s_rooms(client: Client) -> None:
    sign_in(client, make_member(an_issuer(), Role.OWNER))
    assert client.get(reverse("city-home")).status_code == 403


def test_a_learner_does_not_enter_the_city_s_rooms(client: Client) -> None:
    sign_in(client, make_learner())
    assert client.get(reverse("city-home")).status_code == 403


def test_the_city_s_staff_without_a_second_factor_are_led_to_it(client: Client) -> None:
    sign_in(client, make_member(None, Role.OFFICER), second_factor=False)
    assert client.get(reverse("city-home"))["Location"].startswith(reverse("second-factor"))


@pytest.mark.parametrize(
    "act", ["city-approve", "city-suspend", "city-reinstate", "city-close", "city-mandate-new"]
)
def test_an_auditor_changes_nothing(client: Client, act: str) -> None:
    issuer = an_issuer()
    sign_in(client, make_member(None, Role.AUDITOR))
    assert client.post(reverse(act, args=[issuer.slug]), {"reason": "x"}).status_code == 403
    assert RegisterChange.objects.filter(issuer=issuer, event="issuer-suspended").count() == 0


# -- Providers ------------------------------------------------------------------------------------
def test_an_officer_proposes_and_the_short_name_is_made_from_the_french_one(client: Client) -> None:
    officer = city_officer()
    sign_in(client, officer)
    answer = client.post(reverse("city-propose"), a_provider())
    issuer = Issuer.objects.get()
    assert answer["Location"] == reverse("city-issuer", args=[issuer.slug])
    assert issuer.slug == "ecole-de-la-deuxieme-chance-al-fida"
    assert (issuer.state, issuer.proposed_by_id) == ("proposed", officer.pk)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("name_ar", ""), ("email", "nobody"), ("slug", "Al Fida"), ("slug", "new"), ("kind", "shop")],
)
def test_a_slip_in_a_proposal_is_shown_at_its_field_and_nothing_typed_is_lost(
    client: Client, field: str, wrong: str
) -> None:
    sign_in(client, city_officer())
    answer = client.post(reverse("city-propose"), a_provider(**{field: wrong}))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="id_{field}-error"' in page
    assert PROVIDER["name_fr"] in page
    assert not Issuer.objects.exists()


def test_a_taken_short_name_is_refused_at_its_field(client: Client) -> None:
    issuer = an_issuer()
    sign_in(client, city_officer())
    answer = client.post(reverse("city-propose"), a_provider(slug=issuer.slug))
    assert answer.status_code == 422
    assert 'id="id_slug-error"' in answer.content.decode()


def test_whoever_proposed_cannot_approve(client: Client) -> None:
    both = make_member(None, Role.APPROVER, city_officer())
    issuer = an_issuer(state="proposed")
    sign_in(client, both)
    answer = client.post(reverse("city-approve", args=[issuer.slug]))
    issuer.refresh_from_db()
    assert answer.status_code == 403
    assert issuer.name_fr in answer.content.decode()
    assert 'role="alert"' in answer.content.decode()
    assert issuer.state == "proposed"


def test_another_person_approves(client: Client) -> None:
    issuer = an_issuer(state="proposed")
    sign_in(client, city_approver())
    assert issuer.name_fr in client.get(reverse("city-home")).content.decode()
    assert client.post(reverse("city-approve", args=[issuer.slug])).status_code == 302
    issuer.refresh_from_db()
    assert issuer.state == "active"


def test_a_provider_is_suspended_with_a_reason_and_reinstated_by_an_approver(client: Client) -> None:
    issuer = an_issuer()
    sign_in(client, city_officer())
    suspend = reverse("city-suspend", args=[issuer.slug])
    assert client.post(suspend, {"reason": " "}).status_code == 422
    assert client.post(suspend, {"reason": "Plaintes répétées"}).status_code == 302
    assert "Plaintes répétées" in client.get(reverse("city-issuer", args=[issuer.slug])).content.decode()
    assert client.post(reverse("city-reinstate", args=[issuer.slug])).status_code == 403
    sign_in(client, city_approver())
    assert client.post(reverse("city-reinstate", args=[issuer.slug])).status_code == 302
    issuer.refresh_from_db()
    assert issuer.state == "active"


def test_a_second_suspension_keeps_the_reason_on_the_form(client: Client) -> None:
    issuer = an_issuer(state="suspended")
    sign_in(client, city_officer())
    answer = client.post(reverse("city-suspend", args=[issuer.slug]), {"reason": "Encore une plainte"})
    assert answer.status_code == 409
    assert "Encore une plainte" in answer.content.decode()


def test_a_closed_provider_stays_closed(client: Client) -> None:
    issuer = an_issuer()
    sign_in(client, city_approver())
    assert (
        client.post(reverse("city-close", args=[issuer.slug]), {"reason": "Dissolution"}).status_code == 302
    )
    assert client.post(reverse("city-reinstate", args=[issuer.slug])).status_code == 409
    issuer.refresh_from_db()
    assert issuer.state == "closed"


# -- Mandates -------------------------------------------------------------------------------------
def test_a_mandate_is_proposed_by_one_and_given_by_another(client: Client) -> None:
    issuer = an_issuer(themes=["digital"])
    sign_in(client, city_officer())
    answer = client.post(
        reverse("city-mandate-new", args=[issuer.slug]),
        {"theme": "health", "starts_on": "2026-01-01", "ends_on": "2027-01-01", "daily_cap": "50"},
    )
    assert answer.status_code == 302
    mandate = Mandate.objects.get(theme="health")
    assert (mandate.daily_cap, mandate.approved_at) == (50, None)
    sign_in(client, city_approver())
    assert client.post(reverse("city-mandate-approve", args=[mandate.pk])).status_code == 302
    mandate.refresh_from_db()
    assert mandate.approved_at is not None


def test_whoever_proposed_a_mandate_cannot_give_it(client: Client) -> None:
    issuer = an_issuer(themes=[])
    both = make_member(None, Role.APPROVER, city_officer())
    mandate = registry.propose_mandate(
        issuer=issuer, theme="health", starts_on=timezone.localdate(), by=both, now=timezone.now()
    )
    sign_in(client, both)
    answer = client.post(reverse("city-mandate-approve", args=[mandate.pk]))
    assert answer.status_code == 403
    assert 'role="alert"' in answer.content.decode()


def test_a_mandate_that_ends_before_it_starts_is_refused_at_the_field(client: Client) -> None:
    issuer = an_issuer()
    sign_in(client, city_officer())
    answer = client.post(
        reverse("city-mandate-new", args=[issuer.slug]),
        {"theme": "health", "starts_on": "2026-05-01", "ends_on": "2026-04-01", "daily_cap": "5"},
    )
    assert answer.status_code == 422
    assert 'id="id_ends_on-error"' in answer.content.decode()


def test_a_mandate_is_suspended_and_reinstated(client: Client) -> None:
    issuer = an_issuer(themes=["digital"])
    mandate = issuer.mandates.get()
    sign_in(client, city_approver())
    suspend = reverse("city-mandate-suspend", args=[mandate.pk])
    assert client.get(suspend).status_code == 200
    assert client.post(suspend, {"reason": "Contrôle"}).status_code == 302
    mandate.refresh_from_db()
    assert mandate.suspended_at is not None
    assert client.post(reverse("city-mandate-reinstate", args=[mandate.pk])).status_code == 302
    mandate.refresh_from_db()
    assert mandate.suspended_at is None


def test_what_is_not_in_the_register_is_not_there(client: Client) -> None:
    sign_in(client, city_approver())
    assert client.get(reverse("city-issuer", args=["nobody"])).status_code == 404
    assert client.post(reverse("city-mandate-approve", args=[999])).status_code == 404


# -- People ---------------------------------------------------------------------------------------
def test_an_officer_names_the_first_owner_after_seeing_her_name(client: Client) -> None:
    issuer, owner = an_issuer(), make_learner(name_latin="Naïma El Fassi", name_arabic="")
    sign_in(client, city_officer())
    address = reverse("city-owner-new", args=[issuer.slug])
    who = {"passport_number": owner.passport_number, "name": "naima el fassi"}
    asked = client.post(address, who | {"step": "look"})
    assert "Naïma El Fassi" in asked.content.decode()
    assert not issuer.members.exists()
    assert client.post(address, who | {"step": "sure"}).status_code == 302
    assert issuer.members.get().role == Role.OWNER


def test_an_approver_names_the_city_s_staff_and_never_herself(client: Client) -> None:
    approver = city_approver()
    colleague = make_learner(name_latin="Omar Tazi", name_arabic="")
    sign_in(client, approver)
    address = reverse("city-person-new")
    who = {"passport_number": colleague.passport_number, "name": "Omar Tazi", "role": "auditor"}
    assert client.post(address, who | {"step": "sure"}).status_code == 302
    assert Membership.objects.filter(person=colleague, role="auditor", issuer__isnull=True).exists()
    herself = {"passport_number": approver.passport_number, "name": approver.name_latin, "role": "officer"}
    assert client.post(address, herself | {"step": "sure"}).status_code == 403
