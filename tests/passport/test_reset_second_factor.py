"""Lost second factors: two people stand for it, her sessions end, the register remembers."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client

from issuers.errors import NotAllowed, SamePerson, WrongState
from issuers.models import Issuer, RegisterChange
from passport import secondfactors
from passport.models import Learner
from tests.factories import NOW, city_approver, city_officer, make_issuer, make_learner, make_member, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def issuer() -> Issuer:
    return make_issuer(with_keys=False)


@pytest.fixture
def trainer(issuer: Issuer) -> Learner:
    person = make_member(issuer, "trainer")
    secondfactors.set_up_app(learner=person, secret=secondfactors.new_secret())
    return person


def reset(learner: Learner, asked_by: Learner, confirmed_by: Learner) -> int:
    return secondfactors.reset(learner=learner, asked_by=asked_by, confirmed_by=confirmed_by, now=NOW)


def test_an_owner_and_the_city_take_it_away_and_the_register_names_both(
    issuer: Issuer, trainer: Learner
) -> None:
    owner, officer = make_member(issuer, "owner"), city_officer()
    assert reset(trainer, owner, officer) == 1
    assert not Authenticator.objects.filter(user=trainer).exists()
    line = RegisterChange.objects.get(event="second-factor-reset")
    assert (line.issuer, line.by, line.at) == (issuer, owner, NOW)
    assert line.detail == {"person": trainer.pk, "confirmed_by": officer.pk, "number": 1}


def test_for_staff_of_the_city_two_of_the_city_stand(db: None) -> None:
    auditor = make_member(None, "auditor")
    secondfactors.set_up_app(learner=auditor, secret=secondfactors.new_secret())
    assert reset(auditor, city_officer(), city_approver()) == 1
    assert RegisterChange.objects.get(event="second-factor-reset").issuer is None


def test_whoever_has_the_lost_phone_is_signed_out(client: Client, issuer: Issuer, trainer: Learner) -> None:
    sign_in(client, trainer)
    assert client.get("/teach/").status_code == 200
    reset(trainer, city_officer(), city_approver())
    assert client.get("/teach/").headers["Location"].startswith("/accounts/login/")
    sign_in(client, Learner.objects.get(pk=trainer.pk), second_factor=False)
    assert client.get("/teach/").headers["Location"] == "/accounts/second-factor/"


def test_one_person_is_not_two(trainer: Learner) -> None:
    with pytest.raises(SamePerson):
        reset(trainer, city_officer(), city_officer())


@pytest.mark.parametrize("who", ["herself", "stranger", "owner elsewhere", "auditor", "colleague"])
def test_nobody_stands_for_it_who_may_not(issuer: Issuer, trainer: Learner, who: str) -> None:
    if who == "herself":
        make_member(issuer, "owner", trainer)
    people: dict[str, Callable[[], Any]] = {
        "herself": lambda: trainer,
        "stranger": make_learner,
        "owner elsewhere": lambda: make_member(make_issuer(with_keys=False), "owner"),
        "auditor": lambda: make_member(None, "auditor"),
        "colleague": lambda: make_member(issuer, "signer"),
    }
    person = people[who]()
    for pair in ((person, city_officer()), (city_officer(), person)):
        with pytest.raises(NotAllowed):
            reset(trainer, *pair)
    assert Authenticator.objects.filter(user=trainer).exists()


def test_where_there_is_none_nothing_is_taken_away(issuer: Issuer) -> None:
    with pytest.raises(WrongState):
        reset(make_member(issuer, "clerk"), city_officer(), city_approver())


def test_the_command_names_the_three_by_their_passports(trainer: Learner) -> None:
    two = {"asked_by": city_officer().passport_number, "confirmed_by": city_approver().passport_number}
    told = StringIO()
    call_command("reset_second_factor", trainer.passport_number, **two, stdout=told)
    assert trainer.passport_number in told.getvalue()
    with pytest.raises(CommandError):
        call_command("reset_second_factor", trainer.passport_number, **two)
    with pytest.raises(CommandError, match="0000000000"):
        call_command("reset_second_factor", "0000000000", **two)
