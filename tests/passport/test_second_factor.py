"""The second step of staff: an authenticator app or a passkey, and nobody past it without."""

import json
import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from credentials.models import LocalMessage
from issuers.models import Membership
from passport import accounts, secondfactors
from passport.errors import LastFactor, NotYourPassport, PassportError
from passport.models import Learner
from passport.views.second_step import FRESH
from tests.factories import make_issuer, make_learner, make_member, sign_in

from .passkeys import Passkey

pytestmark = pytest.mark.django_db
TRAINER = "trainer@example.org"
STEP, SETUP = reverse("second-factor"), reverse("second-factor-add")


@pytest.fixture(autouse=True)
def as_in_a_demo(settings: Any) -> None:
    """Fresh limits, and e-mails that end in the local outbox."""
    cache.clear()
    settings.EMAIL_BACKEND = "credentials.messengers.LocalEmailBackend"
    settings.DEMO = True


@pytest.fixture
def trainer() -> Learner:
    person = make_member(make_issuer(with_keys=False), "trainer")
    accounts.prove(learner=person, kind="email", value=TRAINER, now=timezone.now())
    return person


def through_the_door(client: Client, *, to: str = "/teach/") -> Any:
    """Go where a role is needed, and type the code that comes by e-mail."""
    client.get(client.get(to)["Location"])
    client.post(reverse("account_login"), {"address": TRAINER})
    found = re.search(r"\b\d{6}\b", LocalMessage.objects.latest("id").body)
    assert found
    return client.post(reverse("account_code"), {"code": found[0]})


def digits(secret: str, steps: int = 0) -> str:
    """What an authenticator app shows, ``steps`` half minutes from now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def app_of(learner: Learner) -> str:
    """A set-up authenticator app's secret."""
    secret = secondfactors.new_secret()
    secondfactors.set_up_app(learner=learner, secret=secret)
    return secret


def passkey_of(client: Client, **rest: Any) -> Passkey:
    """A passkey made in this session, which has a second step already."""
    passkey = Passkey(**rest)
    answer = passkey.make(asked(client.get(SETUP)))
    client.post(SETUP, {"act": "passkey", "name": "", "credential": answer})
    return passkey


def asked(page: Any) -> dict[str, Any]:
    """The options that a page gives its script."""
    script = r'<script id="passkey-options" type="application/json">(.*?)</script>'
    found = re.search(script, page.content.decode())
    assert found
    options: dict[str, Any] = json.loads(found[1])
    return options


# -- The app ----------------------------------------------------------------------------------------
def test_staff_without_a_second_factor_set_the_app_up_and_are_led_on(
    client: Client, trainer: Learner
) -> None:
    assert through_the_door(client, to="/teach/award/")["Location"] == "/teach/award/"
    assert client.get("/teach/award/")["Location"] == STEP
    page = client.get(STEP)
    secret = page.context["secret"]
    assert secret in page.content.decode()
    assert "<svg" in page.content.decode()
    refused = client.post(STEP, {"act": "app", "code": "000000"})
    assert refused.context["app"].errors["code"]
    assert refused.context["secret"] == secret
    assert client.post(STEP, {"act": "app", "code": digits(secret)})["Location"] == "/teach/award/"
    assert client.get("/teach/").status_code == 200


def test_staff_with_the_app_are_asked_for_it_at_sign_in(client: Client, trainer: Learner) -> None:
    secret = app_of(trainer)
    assert through_the_door(client)["Location"] == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    assert client.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    assert client.post(reverse("mfa_authenticate"), {"code": digits(secret)})["Location"] == "/teach/"
    assert client.get("/teach/").status_code == 200


def test_a_session_from_before_the_app_gives_its_digits_once(client: Client, trainer: Learner) -> None:
    secret = app_of(trainer)
    sign_in(client, trainer, second_factor=False)
    assert client.get("/teach/")["Location"] == STEP
    shown = digits(secret)
    assert client.post(STEP, {"code": f" {shown[:3]} {shown[3:]}"})["Location"] == reverse("teach-home")
    assert client.get("/teach/").status_code == 200


def test_digits_of_the_half_minute_before_and_after_count(trainer: Learner) -> None:
    secret = app_of(trainer)
    for steps, status in ((-1, 302), (1, 302), (3, 200), (-3, 200)):
        client = Client()
        sign_in(client, trainer, second_factor=False)
        assert client.post(STEP, {"code": digits(secret, steps)}).status_code == status


def test_digits_count_once(trainer: Learner) -> None:
    secret = app_of(trainer)
    code = digits(secret)
    answers = []
    for _ in range(2):
        client = Client()
        sign_in(client, trainer, second_factor=False)
        answers.append(client.post(STEP, {"code": code}).status_code)
    assert answers == [302, 200]


def test_after_five_wrong_digits_the_right_ones_wait(client: Client, trainer: Learner) -> None:
    secret = app_of(trainer)
    sign_in(client, trainer, second_factor=False)
    for _ in range(5):
        client.post(STEP, {"code": "000000"})
    page = client.post(STEP, {"code": digits(secret)})
    assert page.status_code == 429
    assert int(page.headers["Retry-After"]) == 300
    assert len(page.context["form"].errors["code"]) == 1


def test_setting_up_twice_keeps_the_first_app(trainer: Learner) -> None:
    first = secondfactors.set_up_app(learner=trainer, secret=secondfactors.new_secret())
    assert secondfactors.set_up_app(learner=trainer, secret=secondfactors.new_secret()) == first


def test_a_learner_is_never_asked_to_set_one_up(client: Client) -> None:
    sign_in(client, make_learner(), second_factor=False)
    assert client.get(STEP)["Location"] == "/me/"
    assert SETUP not in client.get(reverse("me-settings")).content.decode()


# -- Passkeys ---------------------------------------------------------------------------------------
def test_staff_may_start_with_a_passkey(client: Client, trainer: Learner) -> None:
    through_the_door(client)
    answer = Passkey().make(asked(client.get(STEP)))
    posted = {"act": "passkey", "name": "Mon téléphone", "credential": answer}
    assert client.post(STEP, posted)["Location"] == "/teach/"
    assert client.get("/teach/").status_code == 200
    assert [factor.name for factor in secondfactors.of(trainer)] == ["Mon téléphone"]


def test_a_passkey_opens_the_next_sign_in(client: Client, trainer: Learner) -> None:
    sign_in(client, trainer)
    passkey = passkey_of(client)
    newcomer = Client()
    assert through_the_door(newcomer)["Location"] == reverse("mfa_authenticate")
    page = newcomer.get(reverse("mfa_authenticate"))
    assert page.context["form"] is None
    answer = passkey.use(asked(page))
    assert newcomer.post(reverse("mfa_authenticate"), {"credential": answer})["Location"] == "/teach/"
    assert newcomer.get("/teach/").status_code == 200


def test_a_passkey_serves_in_a_session_that_was_opened_without(client: Client, trainer: Learner) -> None:
    sign_in(client, trainer)
    passkey = passkey_of(client)
    other = Client()
    sign_in(other, trainer, second_factor=False)
    answer = passkey.use(asked(other.get(STEP)))
    assert other.post(STEP, {"credential": answer}).status_code == 302
    assert other.get("/teach/").status_code == 200


def test_an_answer_is_good_for_its_own_challenge_alone(client: Client, trainer: Learner) -> None:
    sign_in(client, trainer)
    passkey = passkey_of(client)
    other = Client()
    sign_in(other, trainer, second_factor=False)
    answer = passkey.use(asked(other.get(STEP)))
    other.get(STEP)
    assert other.post(STEP, {"credential": answer}).status_code == 200
    assert other.get("/teach/")["Location"] == STEP


@pytest.mark.parametrize(
    "rest", [{"origin": "https://evil.example"}, {"site": "evil.example"}], ids=["origin", "site"]
)
def test_a_passkey_of_another_site_is_refused(client: Client, trainer: Learner, rest: dict[str, str]) -> None:
    sign_in(client, trainer)
    passkey_of(client, **rest)
    assert secondfactors.of(trainer) == []


def test_somebody_elses_passkey_is_refused(client: Client, trainer: Learner) -> None:
    sign_in(client, trainer)
    passkey_of(client)
    foreign, other = Passkey(), Client()
    sign_in(other, trainer, second_factor=False)
    options = asked(other.get(STEP))
    foreign.id = bytes(16)
    options["publicKey"]["allowCredentials"].append({"id": "A" * 22, "type": "public-key"})
    page = other.post(STEP, {"credential": foreign.use(options)})
    assert page.context["passkey"].errors["credential"]


@pytest.mark.parametrize(
    "said",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '"text"',
        "[" * 16_000,
        "x" * 20_000,
        '{"id": "a", "rawId": "b"}',
        '{"id": "a", "rawId": "a", "type": "public-key", "response": {}}',
        '{"id": "a", "rawId": "a", "type": "public-key", "response": {"clientDataJSON": "e30"}}',
        '{"id": 1, "rawId": 1, "response": {"clientDataJSON": 1, "attestationObject": 1}}',
        '{"id": "YQ", "rawId": "YQ", "response": {"clientDataJSON": "e30", "attestationObject": "oA"}}',
        '{"id": "YQ", "rawId": "YQ", "response": {"clientDataJSON": "_w", "signature": "YQ"}}',
    ],
)
@pytest.mark.parametrize("where", [STEP, SETUP])
def test_what_no_browser_says_is_refused_on_the_page(
    client: Client, trainer: Learner, where: str, said: str
) -> None:
    sign_in(client, trainer)
    passkey_of(client)
    other = Client()
    sign_in(other, trainer, second_factor=where == SETUP)
    other.get(where)
    page = other.post(where, {"act": "passkey", "credential": said})
    assert page.status_code == 200
    assert page.context["passkey"].errors["credential"]


# -- Looking after them -----------------------------------------------------------------------------
def test_a_second_one_is_added_by_whoever_has_given_the_first(client: Client, trainer: Learner) -> None:
    app_of(trainer)
    sign_in(client, trainer, second_factor=False)
    assert client.get(SETUP)["Location"] == STEP
    assert client.post(SETUP, {"act": "app", "code": "000000"})["Location"] == STEP
    sign_in(client, trainer)
    passkey_of(client)
    assert [factor.kind for factor in secondfactors.of(trainer)] == ["totp", "webauthn"]
    page = client.get(reverse("me-settings")).content.decode()
    assert page.count("/remove/") == 2


def test_the_app_comes_after_a_passkey_too(client: Client, trainer: Learner) -> None:
    sign_in(client, trainer)
    passkey_of(client)
    secret = client.get(SETUP).context["secret"]
    assert client.post(SETUP, {"act": "app", "code": digits(secret)})["Location"] == reverse("me-settings")
    assert "secret" not in client.get(SETUP).context


def test_staff_keep_their_last_second_factor(trainer: Learner) -> None:
    app_of(trainer)
    (only,) = secondfactors.of(trainer)
    with pytest.raises(LastFactor):
        secondfactors.remove(learner=trainer, factor_id=only.pk)
    Membership.objects.all().delete()
    secondfactors.remove(learner=trainer, factor_id=only.pk)
    assert secondfactors.of(trainer) == []


def test_a_second_factor_is_taken_off_by_its_owner_in_a_session_with_its_second_step(
    client: Client, trainer: Learner
) -> None:
    app_of(trainer)
    sign_in(client, trainer)
    passkey_of(client)
    app, key = secondfactors.of(trainer)
    gone = reverse("second-factor-remove", args=[key.pk])
    stranger = Client()
    sign_in(stranger, make_learner())
    stranger.post(gone)
    halfway = Client()
    sign_in(halfway, trainer, second_factor=False)
    assert halfway.post(gone)["Location"] == STEP
    assert len(secondfactors.of(trainer)) == 2
    client.post(gone)
    assert [factor.pk for factor in secondfactors.of(trainer)] == [app.pk]
    with pytest.raises(NotYourPassport):
        secondfactors.remove(learner=trainer, factor_id=key.pk)


def test_ten_passkeys_are_enough(trainer: Learner) -> None:
    for _ in range(secondfactors.MAX_PASSKEYS):
        secondfactors.add_passkey(learner=trainer, name="", answer={})
    with pytest.raises(PassportError):
        secondfactors.add_passkey(learner=trainer, name="", answer={})


# -- The demo ---------------------------------------------------------------------------------------
def test_the_demo_shows_the_digits_of_its_staff(client: Client, trainer: Learner) -> None:
    secret = app_of(trainer)
    page = client.get(reverse("outbox")).content.decode()
    assert digits(secret) in page or digits(secret, -1) in page
    assert TRAINER in page


def test_digits_are_shown_in_a_demo_alone(trainer: Learner, settings: Any) -> None:
    app_of(trainer)
    settings.DEMO = False
    with pytest.raises(PassportError):
        secondfactors.current_code(Authenticator.objects.get())


def test_second_factors_are_changed_in_a_session_with_a_fresh_one_alone(
    client: Client, trainer: Learner
) -> None:
    """A session left open in the afternoon does not give away the second factor of the morning."""
    secret = app_of(trainer)
    factor = secondfactors.of(trainer)[0].pk
    sign_in(client, trainer)
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= FRESH.total_seconds()
    session.save()
    assert client.get("/teach/").status_code == 200
    for answer in (
        client.get(SETUP),
        client.post(SETUP, {"act": "app", "code": "000000"}),
        client.post(reverse("second-factor-remove", args=[factor])),
    ):
        assert answer.headers["Location"] == STEP
    assert [one.pk for one in secondfactors.of(trainer)] == [factor]
    assert client.get(STEP).status_code == 200
    client.get(SETUP)
    assert client.post(STEP, {"code": digits(secret)}).headers["Location"] == SETUP
    assert client.get(SETUP).status_code == 200


def test_after_five_wrong_digits_at_sign_in_the_door_says_how_long_to_wait(
    client: Client, trainer: Learner
) -> None:
    secret = app_of(trainer)
    through_the_door(client)
    step = reverse("mfa_authenticate")
    assert {client.post(step, {"code": "000000"}).status_code for _ in range(5)} == {200}
    page = client.post(step, {"code": digits(secret)})
    assert (page.status_code, page.headers["Retry-After"]) == (429, "300")
    assert "_auth_user_id" not in client.session
