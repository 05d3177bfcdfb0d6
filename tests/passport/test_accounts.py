"""The one door: a code by phone or e-mail, and a passport; the addresses that lead to it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from credentials.models import LocalMessage
from credentials.people import Person
from passport import accounts, codes
from passport.errors import CodeUsed, LastAddress, NotYourPassport, TooManyAddresses, TooManyPassports
from passport.models import Address, Code, Entry, Filing, Learner
from tests.factories import NOW, key_room, make_achievement, make_credential, make_issuer, make_learner

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def as_in_a_demo(settings: Any) -> None:
    """E-mails end in the local outbox; pytest-django puts its own in their way."""
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
    accounts.prove(learner=learner, kind="email", value="fatima@example.org", now=timezone.now())
    ask(client, " Fatima@Example.org ")
    assert enter(client, newest_code()).url == "/me/"
    assert client.session["_auth_user_id"] == str(learner.pk)


def test_the_answer_is_the_same_for_a_known_and_an_unknown_address(client: Client) -> None:
    accounts.prove(learner=make_learner(), kind="phone", value="+212683000001", now=timezone.now())
    known, unknown = ask(client, "0683000001"), ask(Client(), "0683000002")
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)


def test_a_family_with_one_phone_chooses_whose_passport(client: Client) -> None:
    people = [make_learner(name_latin=name, name_arabic="") for name in ("Khadija Tazi", "Omar Tazi")]
    for learner in people:
        accounts.prove(learner=learner, kind="phone", value="+212683000001", now=timezone.now())
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
        accounts.prove(learner=learner, kind="phone", value="+212683000001", now=timezone.now())
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


def test_a_code_is_used_once(client: Client) -> None:
    make = make_learner()
    accounts.prove(learner=make, kind="phone", value="+212683000001", now=timezone.now())
    ask(client, "0683000001")
    code = newest_code()
    enter(client, code)
    client.post(reverse("account_logout"))
    assert enter(client, code).url == reverse("account_login")


def test_a_sixth_code_in_ten_minutes_is_refused_at_the_door(client: Client, settings: Any) -> None:
    settings.DEMO = False
    for _ in range(5):
        assert ask(Client(), "0683000001").status_code == 302
    page = ask(client, "0683000001")
    assert page.status_code == 429
    assert 590 < int(page.headers["Retry-After"]) <= 600
    assert "0683000001" in page.content.decode()
    assert LocalMessage.objects.count() == 5
    assert ask(client, "0683000002").status_code == 302


def test_another_code_comes_without_typing_the_address_again(client: Client) -> None:
    ask(client, "0683000001")
    soon = client.post(reverse("account_code"), {"act": "again"})
    assert soon.status_code == 429
    assert 0 < int(soon.headers["Retry-After"]) <= 30
    assert LocalMessage.objects.count() == 1
    Code.objects.update(sent_at=timezone.now() - timedelta(minutes=1))
    assert client.post(reverse("account_code"), {"act": "again"})["Location"] == reverse("account_code")
    assert LocalMessage.objects.count() == 2
    enter(client, newest_code())
    assert client.get(reverse("account_open")).status_code == 200


def test_back_at_the_door_the_address_is_still_there(client: Client) -> None:
    ask(client, "0683000001")
    assert 'value="+212683000001"' in client.get(reverse("account_login")).content.decode()


@pytest.mark.parametrize("typed", ["", "12", "not an address", "a@"])
def test_an_address_that_is_none_is_told_at_its_field(client: Client, typed: str) -> None:
    page = ask(client, typed)
    assert page.status_code == 200
    assert page.context["form"].errors["address"]
    assert not LocalMessage.objects.exists()


def test_signing_in_leads_on_to_this_host_alone(client: Client) -> None:
    accounts.prove(learner=make_learner(), kind="phone", value="+212683000001", now=timezone.now())
    client.get(reverse("account_login") + "?next=https://evil.example/")
    ask(client, "0683000001")
    assert enter(client, newest_code()).url == "/me/"


def test_a_second_address_is_proved_with_a_code_of_its_own(client: Client) -> None:
    learner = make_learner()
    accounts.prove(learner=learner, kind="phone", value="+212683000001", now=timezone.now())
    client.force_login(learner)
    client.post(reverse("me-settings"), {"act": "address", "address": "fatima@example.org"})
    enter(client, newest_code())
    assert set(Address.objects.filter(learner=learner).values_list("kind", flat=True)) == {"phone", "email"}


def test_the_last_address_stays(client: Client) -> None:
    learner = make_learner()
    address = accounts.prove(learner=learner, kind="phone", value="+212683000001", now=timezone.now())
    client.force_login(learner)
    client.post(reverse("me-address-forget", args=[address.pk]))
    assert Address.objects.filter(learner=learner).exists()


def proved_code(value: str = "+212683000001") -> Code:
    """A code whose digits were typed."""
    code = codes.ask(address=value, language="fr", place="", held="", now=NOW)
    return codes.check(code_id=code.pk, typed=newest_code(), now=NOW)


def test_one_typed_code_opens_one_passport() -> None:
    code = proved_code()
    names: dict[str, Any] = {"name_latin": "Hajar Tazi", "name_arabic": "", "language": "fr"}
    accounts.open_passport(code=code, **names, now=NOW)
    with pytest.raises(CodeUsed):
        accounts.open_passport(code=code, **names, now=NOW)
    assert Learner.objects.count() == 1


def test_a_typed_code_leads_into_no_passport_that_its_address_does_not_reach() -> None:
    stranger = make_learner()
    with pytest.raises(NotYourPassport):
        accounts.come_in(code=proved_code(), learner=stranger, now=NOW)


def test_a_closed_passport_is_not_offered() -> None:
    learner = make_learner()
    accounts.prove(learner=learner, kind="phone", value="+212683000001", now=timezone.now())
    Learner.objects.update(is_active=False)
    assert accounts.passports_of(kind="phone", value="+212683000001") == []


def test_an_address_opens_thirty_passports_at_most() -> None:
    for _ in range(accounts.MAX_PASSPORTS):
        accounts.prove(learner=make_learner(), kind="phone", value="+212683000001", now=timezone.now())
    with pytest.raises(TooManyPassports):
        accounts.open_passport(
            code=proved_code(), name_latin="Hajar Tazi", name_arabic="", language="fr", now=NOW
        )


def test_a_passport_has_ten_addresses_at_most() -> None:
    learner = make_learner()
    for number in range(accounts.MAX_ADDRESSES):
        accounts.prove(learner=learner, kind="phone", value=f"+21268300000{number}", now=timezone.now())
    code = proved_code("+212685000000")
    with pytest.raises(TooManyAddresses):
        accounts.add_address(learner=learner, code=code, now=NOW)
    assert codes.proved(code_id=code.pk, now=NOW)


def test_coming_in_finds_what_was_missed_when_the_address_was_proved(key_room: Any) -> None:
    learner = make_learner(name_latin="Hajar Tazi", name_arabic="")
    accounts.prove(learner=learner, kind="phone", value="+212683000001", now=timezone.now())
    person = Person(name_latin="Hajar Tazi", address_kind="phone", address="+212683000001")
    credential = make_credential(make_achievement(make_issuer()), person)
    Filing.objects.create(credential=credential, outcome=Filing.Outcome.UNCLAIMED, considered_at=NOW)
    accounts.come_in(code=proved_code(), learner=learner, now=NOW)
    assert Entry.objects.get().learner == learner


def test_somebody_elses_address_is_not_hers_to_take_off() -> None:
    hers, other = make_learner(), make_learner()
    for learner in (hers, other):
        accounts.prove(learner=learner, kind="phone", value="+212683000001", now=timezone.now())
        accounts.prove(learner=learner, kind="email", value="a@example.org", now=timezone.now())
    foreign = Address.objects.filter(learner=other)[0]
    with pytest.raises(NotYourPassport):
        accounts.forget_address(learner=hers, address_id=foreign.pk)
    assert Address.objects.count() == 4


def test_when_the_first_phone_goes_the_next_one_takes_its_place() -> None:
    learner = make_learner()
    first = accounts.prove(learner=learner, kind="phone", value="+212683000001", now=timezone.now())
    accounts.prove(learner=learner, kind="phone", value="+212683000002", now=timezone.now())
    accounts.forget_address(learner=learner, address_id=first.pk)
    left = Address.objects.get()
    assert left.primary
    with pytest.raises(LastAddress):
        accounts.forget_address(learner=learner, address_id=left.pk)


def test_the_site_speaks_her_language_from_the_sign_in_on(client: Client) -> None:
    accounts.prove(
        learner=make_learner(language="ar"), kind="phone", value="+212683000001", now=timezone.now()
    )
    ask(client, "0683000001")
    enter(client, newest_code())
    assert client.cookies["lang"].value == "ar"


def test_a_language_chosen_on_this_device_stays(client: Client) -> None:
    accounts.prove(
        learner=make_learner(language="ar"), kind="phone", value="+212683000001", now=timezone.now()
    )
    client.cookies["lang"] = "en"
    ask(client, "0683000001")
    enter(client, newest_code())
    assert client.cookies["lang"].value == "en"


def test_a_language_chosen_in_the_settings_is_spoken_at_once(client: Client) -> None:
    learner = make_learner()
    client.force_login(learner)
    names = {"name_latin": learner.name_latin, "name_arabic": learner.name_arabic}
    page = client.post(reverse("me-settings"), names | {"language": "ar"}, follow=True)
    assert 'lang="ar" dir="rtl"' in page.content.decode()
    learner.refresh_from_db()
    assert learner.language == "ar"


def test_behind_a_proxy_the_visitor_is_counted_and_not_the_proxy(client: Client, settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in (1, 2):
        client.post(
            reverse("account_login"),
            {"address": f"068300000{number}"},
            headers={"x-forwarded-for": f"10.0.0.{number}"},
        )
    assert len(set(Code.objects.values_list("place", flat=True))) == 2


@pytest.mark.parametrize("name", ["account_code", "account_choose", "account_open"])
def test_a_later_step_without_the_earlier_ones_leads_to_the_door(client: Client, name: str) -> None:
    assert client.get(reverse(name))["Location"] == reverse("account_login")
    ask(client, "0683000001")
    if name != "account_code":
        assert client.get(reverse(name))["Location"] == reverse("account_login")
        assert client.post(reverse(name), {"name_latin": "Hajar Tazi", "language": "fr"}).status_code == 302
    assert not Learner.objects.exists()


def test_a_name_without_letters_keeps_the_page_and_what_was_typed(client: Client) -> None:
    ask(client, "0683000001")
    enter(client, newest_code())
    page = client.post(reverse("account_open"), {"name_latin": "12345", "language": "fr"})
    assert page.context["form"].errors["name_latin"]
    assert "12345" in page.content.decode()
    done = client.post(reverse("account_open"), {"name_latin": "Hajar Tazi", "language": "fr"})
    assert done["Location"] == "/me/"


def test_the_outbox_page_exists_in_a_demo_alone(client: Client, settings: Any) -> None:
    settings.DEMO = False
    assert client.get("/outbox/").status_code == 404
    settings.DEMO = True
    ask(Client(), "0683000001")
    assert newest_code() in client.get("/outbox/").content.decode()
