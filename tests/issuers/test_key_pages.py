"""The city's room of keys, over HTTP: its staff read, one proposes a withdrawal, another confirms."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from issuers import keys, withdrawals
from issuers.models import Issuer, KeyWithdrawal, Role, SigningKey
from tests.factories import NOW, city_approver, city_officer, make_issuer, make_learner, make_member, sign_in

pytestmark = pytest.mark.django_db
ROOM = reverse("city-keys")


@pytest.fixture
def key(key_room: Path) -> SigningKey:
    keys.ensure_city_keys(now=NOW)
    issuer: Issuer = make_issuer(slug="ennour")
    return SigningKey.objects.get(issuer=issuer, algorithm="ES256")


@pytest.fixture
def proposed(key: SigningKey) -> KeyWithdrawal:
    return withdrawals.propose(key=key, reason="Ordinateur volé", by=city_officer(), now=NOW)


def act(client: Client, name: str, made: KeyWithdrawal) -> int:
    return client.post(reverse(f"city-withdrawal-{name}", args=[made.pk])).status_code


def state_of(key: SigningKey) -> str:
    return SigningKey.objects.get(pk=key.pk).state


# -- Reading --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "acts"), [(Role.OFFICER, True), (Role.APPROVER, True), (Role.AUDITOR, False)]
)
def test_the_citys_staff_see_every_key_with_state_and_dates(
    client: Client, key: SigningKey, role: str, acts: bool
) -> None:
    old = SigningKey.objects.get(issuer=key.issuer, algorithm="Ed25519")
    keys.retire(key=old, by=None, now=NOW)
    keys.prepare_successor(key=key, by=None, now=NOW)
    sign_in(client, make_member(None, role))
    page = client.get(ROOM).content.decode()
    for one in SigningKey.objects.all():
        assert one.kid8 in page
        assert str(one.get_state_display()) in page
        assert str(one.get_purpose_display()).replace("'", "&#x27;") in page
    assert "24 novembre 2026" in page
    withdraw = reverse("city-key-withdraw", args=[key.thumbprint])
    assert (withdraw in page) is acts
    assert client.get(reverse("city-home")).content.decode().count(f'href="{ROOM}"') == 1


def test_the_citys_own_keys_come_first_and_active_ones_before_ended_ones(
    client: Client, key: SigningKey
) -> None:
    fresh = keys.activate(
        key=keys.prepare_successor(key=key, by=None, now=NOW), by=None, now=NOW, at_once=True
    )
    sign_in(client, city_officer())
    page = client.get(ROOM).content.decode()
    city = SigningKey.objects.get(purpose="directory")
    assert page.index(city.kid8) < page.index(fresh.kid8) < page.index(key.kid8)


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_room_speaks_the_readers_language(client: Client, proposed: KeyWithdrawal, language: str) -> None:
    client.cookies["lang"] = language
    sign_in(client, city_officer())
    page = client.get(ROOM).content.decode()
    assert {"ar": "مفاتيح التوقيع", "en": "Signing keys"}[language] in page
    assert "Clés de signature" not in page


def test_a_city_without_keys_says_so(client: Client) -> None:
    sign_in(client, city_officer())
    assert client.get(ROOM).status_code == 200


def test_nobody_else_enters(client: Client, key: SigningKey, proposed: KeyWithdrawal) -> None:
    withdraw = reverse("city-key-withdraw", args=[key.thumbprint])
    for person in (make_member(key.issuer, Role.OWNER), make_learner()):
        sign_in(client, person)
        assert client.get(ROOM).status_code == 403
        assert client.post(withdraw, {"reason": "x"}).status_code == 403
        assert {act(client, name, proposed) for name in ("confirm", "alone", "decline")} == {403}
    sign_in(client, make_member(None, Role.AUDITOR))
    assert client.get(withdraw).status_code == 403
    assert {act(client, name, proposed) for name in ("confirm", "alone", "decline")} == {403}
    sign_in(client, city_approver(), second_factor=False)
    assert client.post(reverse("city-withdrawal-confirm", args=[proposed.pk])).status_code == 302
    assert state_of(key) == "active"


# -- Proposing ------------------------------------------------------------------------------------
def test_an_officer_proposes_with_a_reason(client: Client, key: SigningKey) -> None:
    address = reverse("city-key-withdraw", args=[key.thumbprint])
    sign_in(client, city_officer())
    assert key.thumbprint in client.get(address).content.decode()
    refused = client.post(address, {"reason": " "})
    assert refused.status_code == 422
    assert 'id="id_reason-error"' in refused.content.decode()
    assert client.post(address, {"reason": "Clé vue ailleurs"})["Location"] == ROOM
    page = client.get(ROOM).content.decode()
    assert "Clé vue ailleurs" in page
    assert address not in page  # it is proposed already
    assert client.post(address, {"reason": "Encore"}).status_code == 409
    assert state_of(key) == "active"


def test_a_key_of_the_city_can_be_proposed_too(client: Client, key: SigningKey) -> None:
    own = SigningKey.objects.get(purpose="service", algorithm="ES256")
    address = reverse("city-key-withdraw", args=[own.thumbprint])
    sign_in(client, city_officer())
    assert client.get(address).status_code == 200
    client.post(address, {"reason": "Clé vue ailleurs"})
    assert KeyWithdrawal.objects.get().key == own
    assert client.get(ROOM).status_code == 200


def test_what_does_not_exist_is_not_found(client: Client, key: SigningKey) -> None:
    sign_in(client, city_approver())
    assert client.get(reverse("city-key-withdraw", args=["nothing"])).status_code == 404
    for name in ("confirm", "alone", "decline"):
        assert client.post(reverse(f"city-withdrawal-{name}", args=[99])).status_code == 404


# -- Confirming -----------------------------------------------------------------------------------
def test_an_approver_confirms_and_the_key_is_withdrawn(
    client: Client, key: SigningKey, proposed: KeyWithdrawal
) -> None:
    approver = city_approver()
    sign_in(client, approver)
    confirm = reverse("city-withdrawal-confirm", args=[proposed.pk])
    assert confirm in client.get(ROOM).content.decode()
    assert client.post(confirm)["Location"] == ROOM
    proposed.refresh_from_db()
    assert (state_of(key), proposed.confirmed_by) == ("compromised", approver)
    assert confirm not in client.get(ROOM).content.decode()
    history = client.get(reverse("city-issuer", args=["ennour"])).content.decode()
    assert "Clé de signature retirée" in history
    assert "Ordinateur volé" in history
    assert client.post(confirm).status_code == 409


def test_whoever_proposed_sees_from_when_she_may_act_alone(
    client: Client, key: SigningKey, proposed: KeyWithdrawal
) -> None:
    sign_in(client, city_officer())
    alone = reverse("city-withdrawal-alone", args=[proposed.pk])
    KeyWithdrawal.objects.update(alone_from=NOW + timedelta(days=9999))
    page = client.get(ROOM).content.decode()
    assert alone not in page
    assert reverse("city-withdrawal-confirm", args=[proposed.pk]) not in page
    assert client.post(alone).status_code == 409
    assert state_of(key) == "active"
    KeyWithdrawal.objects.update(alone_from=NOW + timedelta(minutes=15))
    assert alone in client.get(ROOM).content.decode()
    assert client.post(alone)["Location"] == ROOM
    assert state_of(key) == "compromised"
    history = client.get(reverse("city-issuer", args=["ennour"])).content.decode()
    assert "Par une seule personne" in history


def test_a_refusal_is_said_on_the_page(client: Client, key: SigningKey) -> None:
    both = make_member(None, Role.APPROVER, city_officer())
    made = withdrawals.propose(key=key, reason="Vol", by=both, now=NOW)
    sign_in(client, both)
    answer = client.post(reverse("city-withdrawal-confirm", args=[made.pk]))
    assert answer.status_code == 403
    assert "Une autre personne doit approuver" in answer.content.decode()
    assert state_of(key) == "active"


def test_a_proposal_is_dropped(client: Client, key: SigningKey, proposed: KeyWithdrawal) -> None:
    sign_in(client, city_approver())
    assert act(client, "decline", proposed) == 302
    assert not withdrawals.waiting_for_a_second()
    assert reverse("city-key-withdraw", args=[key.thumbprint]) in client.get(ROOM).content.decode()
