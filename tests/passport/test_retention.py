"""How long things are kept: idle passports, counts, looks, sessions; said first, done by the sweeper."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from dateutil.relativedelta import relativedelta
from django.contrib.sessions.models import Session
from django.core.management import call_command

from config import sweeper
from credentials import outbox
from credentials.models import Credential, LocalMessage, Message
from credentials.people import Person
from passport import accounts, filing, looks, retention
from passport.models import Entry, Erasure, IdleNotice, Learner, Look, Opening
from tests.factories import (
    NOW,
    key_room,
    make_achievement,
    make_credential,
    make_issuer,
    make_learner,
    make_member,
)
from verify.models import VerificationCount

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db
LONG_AGO = NOW - relativedelta(years=3, days=1)
PHONE = "+212683000001"
TELL = "passports idle for three years: a notice"
CLOSE = "passports idle 90 days after the notice: closed"


@pytest.fixture
def idle() -> Learner:
    learner = make_learner(joined_at=LONG_AGO, language="ar")
    accounts.prove(learner=learner, kind="phone", value=PHONE, now=LONG_AGO)
    return learner


def test_an_idle_passport_is_told_once_then_closed_and_its_certificates_stay(
    key_room: Any, idle: Learner
) -> None:
    course = make_achievement(make_issuer())
    person = Person(
        name_latin=idle.name_latin, name_arabic=idle.name_arabic, address_kind="phone", address=PHONE
    )
    credential = make_credential(course, person)
    filing.consider_unfiled(now=LONG_AGO)
    Message.objects.all().delete()

    assert retention.due(now=NOW)[TELL] == 1
    assert not Message.objects.exists(), "asking does nothing"
    assert retention.tend(now=NOW)[TELL] == 1
    assert retention.tend(now=NOW)[TELL] == 0
    message = Message.objects.get()
    assert (message.to, message.channel, message.language, message.kind) == (PHONE, "sms", "ar", "idle")
    assert outbox.deliver_due(now=NOW) == 1
    assert "90" in LocalMessage.objects.get().body
    assert not outbox.of_issuers(issuers=None).exists(), "no room of staff shows it"

    assert retention.tend(now=NOW + timedelta(days=89))[CLOSE] == 0
    assert retention.tend(now=NOW + timedelta(days=90))[CLOSE] == 1
    assert not Learner.objects.filter(pk=idle.pk).exists()
    assert Erasure.objects.get().kind == "idle"
    credential.refresh_from_db()
    assert credential.erased_at is None
    assert credential.name_latin


def test_who_comes_back_keeps_it(idle: Learner) -> None:
    retention.tend(now=NOW)
    Learner.objects.update(last_login=NOW + timedelta(days=3))
    retention.tend(now=NOW + timedelta(days=90))
    assert Learner.objects.filter(pk=idle.pk).exists()
    assert not IdleNotice.objects.exists()


@pytest.mark.parametrize("why", ["signed-in", "looked", "works", "young"])
def test_who_is_not_idle_is_left_alone(idle: Learner, why: str) -> None:
    if why == "signed-in":
        Learner.objects.filter(pk=idle.pk).update(last_login=NOW - timedelta(days=900))
    elif why == "looked":
        looks.note(learner=idle, act=Look.Act.DESK_OPENED, now=NOW - timedelta(days=900))
    elif why == "works":
        make_member(make_issuer(with_keys=False), "clerk", idle)
    else:
        Learner.objects.filter(pk=idle.pk).update(joined_at=NOW - timedelta(days=1000))
    assert retention.due(now=NOW)[TELL] == 0


def test_a_passport_in_which_something_was_filed_is_not_idle(key_room: Any, idle: Learner) -> None:
    credential = make_credential(make_achievement(make_issuer()))
    Entry.objects.create(learner=idle, credential=credential, how="desk", filed_at=NOW - timedelta(days=700))
    assert retention.due(now=NOW)[TELL] == 0


def test_counts_looks_sessions_and_the_local_outbox_go_when_their_time_is_over(key_room: Any) -> None:
    learner, credential = make_learner(), make_credential(make_achievement(make_issuer()))
    last, over = NOW - relativedelta(months=13), NOW - relativedelta(months=13, days=1)
    for day in (last, over):
        Opening.objects.create(credential=credential, on=day.date(), times=1)
        VerificationCount.objects.create(on=day.date(), door="page", verdict="valid", times=1)
    for moment in (NOW - relativedelta(years=5) + timedelta(days=1), NOW - relativedelta(years=5, days=1)):
        looks.note(learner=learner, act=Look.Act.SHOWN, now=moment)
        Erasure.objects.create(kind="passport", at=moment, said="{}", sha256="0" * 64)
    Session.objects.create(session_key="old", session_data="x", expire_date=NOW - timedelta(seconds=1))
    Session.objects.create(session_key="new", session_data="x", expire_date=NOW + timedelta(days=1))
    for days in (29, 31):
        LocalMessage.objects.create(channel="sms", to=PHONE, body="x", received_at=NOW - timedelta(days=days))
    assert sum(retention.due(now=NOW).values()) == 6
    retention.tend(now=NOW)
    for model in (Opening, VerificationCount, Look, Erasure, Session, LocalMessage):
        assert model._default_manager.count() == 1, model
    assert Credential.objects.filter(pk=credential.pk).exists()


def test_the_command_says_first_and_does_on_demand(idle: Learner) -> None:
    out = StringIO()
    call_command("retain", stdout=out)
    assert f"      1  {TELL}" in out.getvalue()
    assert "Nothing was touched" in out.getvalue()
    assert not IdleNotice.objects.exists()
    call_command("retain", "--apply", stdout=out)
    assert IdleNotice.objects.exists()


def test_the_sweeper_applies_the_rules() -> None:
    assert {"keep nothing too long": retention.tend}.items() <= dict(sweeper.WIDE).items()
