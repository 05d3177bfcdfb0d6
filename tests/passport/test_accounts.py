"""The one door: a code by phone or e-mail, a passport, a second factor for staff."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from credentials.awards import Person
from credentials.models import LocalMessage
from passport import accounts, secondfactors
from passport.errors import PassportError
from passport.models import Address, Entry, Learner
from tests.factories import (
    NOW,
    key_room,
    make_achievement,
    make_credential,
    make_issuer,
    make_learner,
    make_member,
)

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def as_in_a_demo(settings: Any) -> None:
    """Fresh limits, and e-mails that end in the local outbox (pytest-django puts its own in their way)."""
    cache.clear()
    settings.EMAIL_BACKEND = "credentials.messengers.LocalEmailBackend"


def newest_code() -> str:
    """The six digits in the newest message."""
    found = re.search(r"\b\d{6}\b", LocalMessage.objects.latest("id").body)
    assert found
    return found.group()


def ask(client: Client, address: str) -> Any:
    return client.post(reverse("account_login"), {"address": address})


def enter(client: Client, code: str) -> Any:
    return client.post(reverse("account_code"), {"code": code})


def test_a_newcomer_opens_a_passport_and_finds_what_waited_for_her(client: Client, key_room: Any) -> None:
    person = Person(name_latin="Hajar Tazi", address_kind="phone", address="+212683000009")
    make_credential(make_achievement(make_issuer()), person)
    assert ask(client, "0683 00 00 09").url == reverse("account_code")
    assert enter(client, newest_code()).url == reverse("account_open")
    opened = client.post(reverse("account_open"), {"name_latin": "Hajar Tazi", "language": "fr"})
    assert opened["Location"] == "/me/"
    assert Entry.objects.get().learner == Learner.objects.get(name_latin="Hajar Tazi")
    assert "Premiers pas" in client.get("/me/").content.decode()


def test_whoever_is_known_is_in_after_the_code(client: Client) -> None:
    learner = make_learner()
    accounts.prove(learner=learner, kind="email", value="fatima@example.org", now=NOW)
    ask(client, " Fatima@Example.org ")
    assert enter(client, newest_code()).url == "/me/"
    assert client.session["_auth_user_id"] == str(learner.pk)


def test_the_answer_is_the_same_for_a_known_and_an_unknown_address(client: Client) -> None:
    accounts.prove(learner=make_learner(), kind="phone", value="+212683000001", now=NOW)
    known, unknown = ask(client, "0683000001"), ask(Client(), "0683000002")
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)


def test_a_family_with_one_phone_chooses_whose_passport(client: Client) -> None:
    people = [make_learner(name_latin=name, name_arabic="") for name in ("Khadija Tazi", "Omar Tazi")]
    for learner in people:
        accounts.prove(learner=learner, kind="phone", value="+212683000001", now=NOW)
    ask(client, "0683000001")
    assert enter(client, newest_code()).url == reverse("account_choose")
    page = client.get(reverse("account_choose")).content.decode()
    assert "Khadija Tazi" in page
    assert "Omar Tazi" in page
    client.post(reverse("account_choose"), {"passport": people[1].pk})
    assert client.session["_auth_user_id"] == str(people[1].pk)


def test_a_passport_that_was_not_offered_cannot_be_chosen(client: Client) -> None:
    for name in ("Khadija Tazi", "Omar Tazi"):
        learner = make_learner(name_latin=name, name_arabic="")
        accounts.prove(learner=learner, kind="phone", value="+212683000001", now=NOW)
    stranger = make_learner(name_latin="Salma Naciri", name_arabic="")
    ask(client, "0683000001")
    enter(client, newest_code())
    client.post(reverse("account_choose"), {"passport": stranger.pk})
    assert "_auth_user_id" not in client.session


def test_a_wrong_code_is_told_and_nothing_typed_is_lost(client: Client) -> None:
    ask(client, "0683000001")
    wrong = "000000" if newest_code() != "000000" else "000001"
    page = enter(client, wrong)
    assert page.status_code == 200
    assert page.context["form"].errors or page.context["form"].non_field_errors()
    assert "+212683000001" in page.content.decode()


def test_after_five_tries_the_code_is_gone(client: Client) -> None:
    ask(client, "0683000001")
    code = newest_code()
    wrong = "000000" if code != "000000" else "000001"
    for _ in range(5):
        enter(client, wrong)
    assert enter(client, code).status_code == 200
    assert "_auth_user_id" not in client.session


def test_a_code_runs_out_after_ten_minutes() -> None:
    pending = accounts.send_code(kind="phone", value="+212683000001", language="fr", now=NOW)
    with pytest.raises(accounts.CodeGone):
        accounts.check_code(pending=pending, typed=newest_code(), now=NOW + timedelta(minutes=10))


def test_a_code_is_used_once(client: Client) -> None:
    make = make_learner()
    accounts.prove(learner=make, kind="phone", value="+212683000001", now=NOW)
    ask(client, "0683000001")
    code = newest_code()
    enter(client, code)
    client.post(reverse("account_logout"))
    assert enter(client, code).url == reverse("account_login")


def test_codes_are_asked_for_five_times_in_ten_minutes_at_most(client: Client) -> None:
    for _ in range(5):
        assert ask(client, "0683000001").status_code == 302
    assert ask(client, "0683000001").status_code == 200
    assert LocalMessage.objects.count() == 5


@pytest.mark.parametrize("typed", ["", "12", "not an address", "a@"])
def test_an_address_that_is_none_is_told_at_its_field(client: Client, typed: str) -> None:
    page = ask(client, typed)
    assert page.status_code == 200
    assert page.context["form"].errors["address"]
    assert not LocalMessage.objects.exists()


def test_signing_in_leads_on_to_this_host_alone(client: Client) -> None:
    accounts.prove(learner=make_learner(), kind="phone", value="+212683000001", now=NOW)
    client.get(reverse("account_login") + "?next=https://evil.example/")
    ask(client, "0683000001")
    assert enter(client, newest_code()).url == "/me/"


def test_a_second_address_is_proved_with_a_code_of_its_own(client: Client) -> None:
    learner = make_learner()
    accounts.prove(learner=learner, kind="phone", value="+212683000001", now=NOW)
    client.force_login(learner)
    client.post(reverse("me-settings"), {"act": "address", "address": "fatima@example.org"})
    enter(client, newest_code())
    assert set(Address.objects.filter(learner=learner).values_list("kind", flat=True)) == {"phone", "email"}


def test_the_last_address_stays(client: Client) -> None:
    learner = make_learner()
    address = accounts.prove(learner=learner, kind="phone", value="+212683000001", now=NOW)
    client.force_login(learner)
    client.post(reverse("me-address-forget", args=[address.pk]))
    assert Address.objects.filter(learner=learner).exists()


# -- The second factor ------------------------------------------------------------------------------
def test_staff_without_a_second_factor_are_led_to_set_one_up(
    client: Client, settings: Any, key_room: Any
) -> None:
    settings.DEMO = True
    trainer = make_member(make_issuer(), "trainer")
    accounts.prove(learner=trainer, kind="email", value="trainer@example.org", now=NOW)
    ask(client, "trainer@example.org")
    enter(client, newest_code())
    assert client.get("/teach/")["Location"] == reverse("second-factor")
    page = client.get(reverse("second-factor"))
    secret = page.context["secret"]
    assert secret in page.content.decode()
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    counter = next(iter(yield_hotp_counters_from_time()))
    assert client.post(reverse("second-factor"), {"code": "000000"}).status_code == 200
    done = client.post(reverse("second-factor"), {"code": format_hotp_value(hotp_value(secret, counter))})
    assert done["Location"] == "/teach/"
    assert client.get("/teach/").status_code == 200


def test_staff_with_a_second_factor_are_asked_for_it_at_sign_in(
    client: Client, settings: Any, key_room: Any
) -> None:
    settings.DEMO = True
    trainer = make_member(make_issuer(), "trainer")
    accounts.prove(learner=trainer, kind="email", value="trainer@example.org", now=NOW)
    secondfactors.enrol(trainer)
    ask(client, "trainer@example.org")
    assert enter(client, newest_code()).url == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    code = secondfactors.current_code(Authenticator.objects.get(user=trainer))
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert client.get("/teach/").status_code == 200


def test_the_outbox_page_exists_in_a_demo_alone(client: Client, settings: Any) -> None:
    settings.DEMO = False
    assert client.get("/outbox/").status_code == 404
    settings.DEMO = True
    accounts.send_code(kind="phone", value="+212683000001", language="ar", now=NOW)
    assert newest_code() in client.get("/outbox/").content.decode()


def test_tries_made_in_many_sessions_are_counted_together() -> None:
    pending = accounts.send_code(kind="phone", value="+212683000001", language="fr", now=NOW)
    wrong = "000000" if newest_code() != "000000" else "000001"
    refused = []
    for _ in range(accounts.MAX_TRIES):
        with pytest.raises(PassportError) as refusal:
            accounts.check_code(pending=pending, typed=wrong, now=NOW)
        refused.append(type(refusal.value).__name__)
    assert refused == ["CodeWrong"] * 4 + ["CodeGone"]
    with pytest.raises(accounts.CodeGone):
        accounts.check_code(pending=pending, typed=newest_code(), now=NOW)
