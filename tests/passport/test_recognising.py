"""After a year a number may be somebody else's: one thing more is asked; and who opens a passport young."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from credentials.models import LocalMessage
from passport import accounts, secondfactors
from passport.models import Address, Learner
from tests.factories import make_learner, sign_in

pytestmark = pytest.mark.django_db
PHONE = "+212683000001"


@pytest.fixture
def long_away() -> Learner:
    learner = make_learner(birth_year=1994, name_arabic="")
    proved = timezone.now() - timedelta(days=400)
    accounts.prove(learner=learner, kind="phone", value=PHONE, now=proved)
    return learner


def through_the_code(client: Client) -> Any:
    client.post(reverse("account_login"), {"address": PHONE})
    found = re.search(r"\b\d{6}\b", LocalMessage.objects.latest("id").body)
    assert found
    return client.post(reverse("account_code"), {"code": found.group()})


def choose(client: Client, learner: Learner) -> Any:
    assert through_the_code(client)["Location"] == reverse("account_choose")
    return client.post(reverse("account_choose"), {"passport": learner.pk})


def test_a_number_that_passed_on_opens_nothing_and_names_nobody(client: Client, long_away: Learner) -> None:
    through_the_code(client)
    page = client.get(reverse("account_choose")).content.decode()
    assert "Idrissi" not in page
    assert "F. Z. E. I." in page
    client.post(reverse("account_choose"), {"passport": long_away.pk})
    assert "_auth_user_id" not in client.session
    opened = client.post(reverse("account_open"), {"name_latin": "Hajar Tazi", "language": "fr"})
    assert opened["Location"] == "/me/"
    assert accounts.passports_of(kind="phone", value=PHONE)[0] == long_away


@pytest.mark.parametrize("fact", ["1994", "١٩٩٤", "number"])
def test_the_year_or_the_number_lets_her_in(client: Client, long_away: Learner, fact: str) -> None:
    assert choose(client, long_away)["Location"] == reverse("account_recognise")
    number = long_away.passport_number
    typed = f"{number[:4]} {number[4:]}" if fact == "number" else fact
    client.post(reverse("account_recognise"), {"fact": typed})
    assert client.session["_auth_user_id"] == str(long_away.pk)
    client.post(reverse("account_logout"))
    through_the_code(client)
    assert client.session["_auth_user_id"] == str(long_away.pk), "it was proved anew"


def test_three_wrong_answers_end_it_whatever_code_comes(client: Client, long_away: Learner) -> None:
    choose(client, long_away)
    answers = [client.post(reverse("account_recognise"), {"fact": year}) for year in ("1990", "x", "1992")]
    assert [page.status_code for page in answers] == [200, 200, 429]
    assert "1992" in answers[2].content.decode()
    page = client.post(reverse("account_recognise"), {"fact": "1994"})
    assert page.status_code == 429
    again = Client()
    choose(again, long_away)
    assert again.post(reverse("account_recognise"), {"fact": "1994"}).status_code == 429
    accounts.prove(learner=long_away, kind="phone", value=PHONE, now=timezone.now())
    assert Address.objects.get().doubts == 0


def test_whoever_gave_no_year_is_known_by_her_number_alone(client: Client, long_away: Learner) -> None:
    Learner.objects.update(birth_year=None)
    choose(client, long_away)
    client.post(reverse("account_recognise"), {"fact": "1994"})
    assert "_auth_user_id" not in client.session


def test_a_second_step_is_more_than_a_year_of_birth(client: Client, long_away: Learner) -> None:
    secondfactors.set_up_app(learner=long_away, secret=secondfactors.new_secret())
    assert Authenticator.objects.exists()
    assert through_the_code(client)["Location"] == reverse("mfa_authenticate")


def test_the_page_is_for_whoever_typed_a_code(client: Client) -> None:
    assert client.get(reverse("account_recognise"))["Location"] == reverse("account_login")


# -- Who opens a passport young ----------------------------------------------------------------------
def opens(client: Client, year: str) -> Any:
    through_the_code(client)
    typed = {"name_latin": "Nour Tazi", "language": "fr", "birth_year": year}
    return client.post(reverse("account_open"), typed)


def test_under_twelve_she_is_told_who_opens_it(client: Client) -> None:
    page = opens(client, str(timezone.now().year - 8))
    assert page.context["form"].errors["birth_year"]
    assert "Nour Tazi" in page.content.decode()
    assert not Learner.objects.exists()


def test_from_twelve_on_she_opens_it_and_is_asked_for_a_guardian(client: Client) -> None:
    page = opens(client, str(timezone.now().year - 15))
    assert page["Location"] == reverse("me-family")
    assert reverse("me-family-ask") in client.get(reverse("me-family")).content.decode()


def test_grown_ups_need_not_say_and_a_wrong_year_is_told(client: Client) -> None:
    assert opens(client, "94").context["form"].errors["birth_year"]
    typed = {"name_latin": "Nour Tazi", "language": "fr", "birth_year": ""}
    assert client.post(reverse("account_open"), typed)["Location"] == "/me/"


# -- Settings ------------------------------------------------------------------------------------------
def test_messages_go_where_she_says(client: Client) -> None:
    learner, now = make_learner(), timezone.now()
    for value in (PHONE, "+212683000002"):
        accounts.prove(learner=learner, kind="phone", value=value, now=now)
    sign_in(client, learner)
    second = Address.objects.get(value="+212683000002")
    client.post(reverse("me-address-primary", args=[second.pk]))
    assert list(Address.objects.filter(primary=True)) == [second]
    client.post(reverse("me-address-forget", args=[second.pk]))
    assert Address.objects.get().primary
    client.post(reverse("me-address-forget", args=[Address.objects.get().pk]))
    assert Address.objects.count() == 1


def test_she_says_about_herself_what_she_likes_and_a_minors_year_stays(client: Client) -> None:
    learner = make_learner()
    sign_in(client, learner)
    client.post(reverse("me-about"), {"birth_year": "1994", "gender": "f"})
    learner.refresh_from_db()
    assert (learner.birth_year, learner.gender) == (1994, "f")
    Learner.objects.update(birth_year=timezone.now().year - 15)
    page = client.post(reverse("me-about"), {"birth_year": "1994", "gender": "f"})
    assert page.context["form"].errors["birth_year"]
