"""Learners come in with a passkey, beside the code by phone, and never need it."""

import json
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from credentials.models import LocalMessage
from passport import accounts, codes, merging, secondfactors, shared
from passport.models import Code, Learner
from tests.factories import make_issuer, make_learner, make_member, sign_in

from .passkeys import Passkey

pytestmark = pytest.mark.django_db
DOOR, ADD = reverse("account_passkey"), reverse("me-passkey")
PHONE = "+212683000077"


@pytest.fixture(autouse=True)
def as_in_a_demo(settings: Any) -> None:
    cache.clear()
    settings.EMAIL_BACKEND = "credentials.messengers.LocalEmailBackend"
    settings.DEMO = True


@pytest.fixture
def learner() -> Learner:
    person = make_learner(name_latin="Salma Tazi")
    accounts.prove(learner=person, kind="phone", value=PHONE, now=timezone.now())
    return person


def asked(page: Any) -> dict[str, Any]:
    found = re.search(
        r'<script id="passkey-options" type="application/json">(.*?)</script>', page.content.decode()
    )
    assert found
    options: dict[str, Any] = json.loads(found[1])
    return options


def passkey_of(learner: Learner, *, verified: bool = True) -> Passkey:
    client, passkey = Client(), Passkey(verified=verified)
    sign_in(client, learner, second_factor=False)
    answer = passkey.make(asked(client.get(ADD)))
    client.post(ADD, {"name": "Mon téléphone", "credential": answer})
    return passkey


def come_in(client: Client, passkey: Passkey) -> Any:
    return client.post(DOOR, {"credential": passkey.use(asked(client.get(DOOR)))})


def by_code(client: Client) -> Any:
    client.post(reverse("account_login"), {"address": PHONE})
    found = re.search(r"\b\d{6}\b", LocalMessage.objects.filter(to=PHONE).latest("id").body)
    assert found
    return client.post(reverse("account_code"), {"code": found[0]})


def test_she_makes_one_in_her_settings_and_comes_in_with_it(client: Client, learner: Learner) -> None:
    passkey = passkey_of(learner)
    assert come_in(client, passkey)["Location"] == "/me/"
    assert client.get("/me/").status_code == 200
    page = client.get(reverse("me-settings")).content.decode()
    assert "Mon téléphone" in page
    assert ADD in page


def test_it_leads_to_where_she_was_going(client: Client, learner: Learner) -> None:
    passkey = passkey_of(learner)
    client.get(client.get(reverse("me-data"))["Location"])
    assert come_in(client, passkey)["Location"] == reverse("me-data")


def test_the_code_by_phone_still_lets_her_in_alone(client: Client, learner: Learner) -> None:
    passkey_of(learner)
    assert by_code(client)["Location"] == "/me/"
    assert client.get("/me/").status_code == 200


def test_she_hears_of_a_new_one_where_she_is_reached(learner: Learner) -> None:
    passkey_of(learner)
    assert "clé d'accès" in LocalMessage.objects.get(to=PHONE).body


def test_she_takes_it_off_and_it_opens_nothing(client: Client, learner: Learner) -> None:
    passkey = passkey_of(learner)
    sign_in(client, learner, second_factor=False)
    (held,) = secondfactors.of(learner)
    client.post(reverse("second-factor-remove", args=[held.pk]))
    assert secondfactors.of(learner) == []
    stranger = Client()
    refused = come_in(stranger, passkey)
    assert refused.context["passkey"].errors["credential"]
    assert "_auth_user_id" not in stranger.session


def test_one_that_asked_for_no_finger_and_no_code_is_not_taken(client: Client, learner: Learner) -> None:
    passkey_of(learner, verified=False)
    assert secondfactors.of(learner) == []
    passkey = passkey_of(learner)
    passkey.verified = False
    assert come_in(client, passkey).context["passkey"].errors["credential"]


def test_an_answer_opens_the_door_once(client: Client, learner: Learner) -> None:
    passkey = passkey_of(learner)
    said = passkey.use(asked(client.get(DOOR)))
    client.post(DOOR, {"credential": said})
    other = Client()
    other.get(DOOR)
    assert other.post(DOOR, {"credential": said}).context["passkey"].errors["credential"]


@pytest.mark.parametrize(
    "said", ["", "{", "{}", "null", '{"response": {"userHandle": 1}}', '{"response": {"userHandle": "_w"}}']
)
def test_what_no_browser_says_is_refused_on_the_page(client: Client, said: str) -> None:
    client.get(DOOR)
    page = client.post(DOOR, {"credential": said})
    assert page.status_code == 200
    assert page.context["passkey"].errors["credential"]


def test_a_passkey_of_another_passport_opens_hers_not(client: Client, learner: Learner) -> None:
    passkey_of(learner)
    foreign = passkey_of(make_learner(name_latin="Omar Alaoui"))
    wrong = json.loads(foreign.use(asked(client.get(DOOR))))
    wrong["response"]["userHandle"] = passkey_handle(learner)
    page = client.post(DOOR, {"credential": json.dumps(wrong)})
    assert page.context["passkey"].errors["credential"]


def passkey_handle(learner: Learner) -> str:
    client = Client()
    sign_in(client, learner, second_factor=False)
    handle: str = asked(client.get(ADD))["publicKey"]["user"]["id"]
    return handle


def test_on_a_shared_device_it_is_offered_nowhere(client: Client, learner: Learner) -> None:
    assert DOOR in client.get(reverse("account_login")).content.decode()
    client.cookies[shared.COOKIE] = "1"
    assert DOOR not in client.get(reverse("account_login")).content.decode()
    assert client.get(DOOR)["Location"] == reverse("account_login")
    sign_in(client, learner, second_factor=False)
    assert ADD not in client.get(reverse("me-settings")).content.decode()
    page = client.get(ADD)
    assert "passkey-options" not in page.content.decode()
    client.post(
        ADD,
        {"credential": Passkey(verified=True).make({"publicKey": {"user": {"id": "x"}, "challenge": "x"}})},
    )
    assert secondfactors.of(learner) == []


def test_staff_are_led_to_their_second_step(client: Client) -> None:
    trainer = make_member(make_issuer(with_keys=False), "trainer")
    sign_in(client, trainer)
    page = client.get(ADD).content.decode()
    assert reverse("second-factor-add") in page
    assert "passkey-options" not in page
    said = Passkey(verified=True).make({"publicKey": {"user": {"id": "x"}, "challenge": "x"}})
    client.post(ADD, {"credential": said})
    assert secondfactors.of(trainer) == []


def test_whoever_gets_a_role_gives_her_passkey_after_the_code(client: Client, learner: Learner) -> None:
    passkey = passkey_of(learner)
    make_member(make_issuer(with_keys=False), "trainer", learner)
    assert by_code(client)["Location"] == reverse("mfa_authenticate")
    other = Client()
    come_in(other, passkey)  # a finger and the device: both steps
    assert other.get("/teach/").status_code == 200


def test_a_passkey_holds_up_no_merging_and_goes_with_the_closed_passport(learner: Learner) -> None:
    kept = make_learner(name_latin="Salma Tazi")
    passkey_of(learner)
    now = timezone.now()
    code = codes.ask(address=PHONE, language="fr", place="127.0.0.1", held="", now=now)
    Code.objects.filter(pk=code.pk).update(proved_at=now)
    merging.merge(kept=kept, other_id=learner.pk, code=Code.objects.get(pk=code.pk), now=now)
    assert not Authenticator.objects.exists()
