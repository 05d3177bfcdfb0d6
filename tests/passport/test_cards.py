"""Paper cards: printed once, opened with a PIN, ended by the next one; wrong PINs are counted."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from issuers.models import AuditEvent, Issuer
from passport import cards
from passport.errors import (
    CardReplaced,
    CardUnknown,
    NumberSlip,
    PassportError,
    PinIncomplete,
    PinTriedOut,
    PinWrong,
)
from passport.models import Card, Learner
from tests.factories import NOW, make_issuer, make_learner, make_member

pytestmark = pytest.mark.django_db
QUARTER = timedelta(minutes=15)


@pytest.fixture
def house() -> Issuer:
    return make_issuer(with_keys=False)


@pytest.fixture
def clerk(house: Issuer) -> Learner:
    return make_member(house, "clerk")


@pytest.fixture
def aicha() -> Learner:
    return make_learner(name_latin="Aïcha Oubella", name_arabic="عائشة أوبلا", language="ar")


@pytest.fixture
def made(aicha: Learner, clerk: Learner, house: Issuer) -> cards.Secrets:
    return cards.issue(learner=aicha, by=clerk, house=house, language="ar", now=NOW)


def wrong(pin: str) -> str:
    """Another PIN than this."""
    return f"{(int(pin) + 1) % 1_000_000:06d}"


def secret_of(made: cards.Secrets) -> str:
    return made.link.rsplit("/", 1)[1]


def refusal(act: Any, **given: Any) -> type[PassportError]:
    """How the verb refuses."""
    with pytest.raises(PassportError) as refused:
        act(**given)
    return refused.type


# -- The card -------------------------------------------------------------------------------------
def test_neither_the_secret_nor_the_pin_is_in_the_database(made: cards.Secrets) -> None:
    kept = repr(Card.objects.values().get())
    assert secret_of(made) not in kept
    assert made.pin not in kept


def test_a_new_card_ends_the_old_one_at_once(
    made: cards.Secrets, aicha: Learner, clerk: Learner, house: Issuer
) -> None:
    new = cards.issue(learner=aicha, by=clerk, house=house, language="ar", now=NOW + QUARTER)
    assert refusal(cards.scanned, secret=secret_of(made)) is CardReplaced
    assert refusal(cards.check, card=made.card, pin=made.pin, now=NOW) is CardReplaced
    assert cards.scanned(secret=secret_of(new)) == new.card
    events = list(AuditEvent.objects.order_by("at").values_list("event", flat=True))
    assert events[-2:] == ["desk.card-issued", "desk.card-replaced"]


def test_the_database_refuses_a_second_living_card(made: cards.Secrets) -> None:
    card = Card.objects.get()
    card.pk, card.secret_hash = "another", "0" * 64
    with pytest.raises(IntegrityError), transaction.atomic():
        card.save(force_insert=True)


def test_a_code_of_no_card_is_told_from_one_that_was_replaced() -> None:
    assert refusal(cards.scanned, secret="x" * 22) is CardUnknown


def test_a_scanner_types_the_whole_address(made: cards.Secrets) -> None:
    assert cards.secret_in(f" {made.link}\n") == secret_of(made)
    assert cards.secret_in("4071 9358 16") == ""


# -- The PIN --------------------------------------------------------------------------------------
@pytest.mark.parametrize("typed", ["{}", " {} ", "{0[0]}{0[1]}{0[2]} {0[3]}{0[4]}{0[5]}"])
def test_the_right_pin_opens_however_it_is_spaced(made: cards.Secrets, typed: str) -> None:
    assert cards.check(card=made.card, pin=typed.format(made.pin), now=NOW) == made.card


def test_arabic_digits_are_digits(made: cards.Secrets) -> None:
    arabic = made.pin.translate({ord(str(d)): chr(0x660 + d) for d in range(10)})
    assert cards.check(card=made.card, pin=arabic, now=NOW) == made.card


def test_an_incomplete_pin_costs_no_try(made: cards.Secrets) -> None:
    assert refusal(cards.check, card=made.card, pin="123", now=NOW) is PinIncomplete
    assert Card.objects.get().tries == 0


def test_the_fifth_wrong_pin_locks_for_a_quarter_of_an_hour_and_then_for_twice_as_long(
    made: cards.Secrets,
) -> None:
    card, pin = made.card, wrong(made.pin)
    told = [refusal(cards.check, card=card, pin=pin, now=NOW) for _ in range(5)]
    assert told == [PinWrong] * 4 + [PinTriedOut]
    assert refusal(cards.check, card=card, pin=made.pin, now=NOW + QUARTER / 2) is PinTriedOut
    later = NOW + QUARTER
    again = Card.objects.get()
    assert [refusal(cards.check, card=again, pin=pin, now=later) for _ in range(5)][-1] is PinTriedOut
    assert Card.objects.get().locked_until == later + 2 * QUARTER
    assert cards.check(card=again, pin=made.pin, now=later + 2 * QUARTER) == card
    assert (Card.objects.get().tries, Card.objects.get().locks) == (0, 0)


def test_a_right_fifth_pin_opens(made: cards.Secrets) -> None:
    for _ in range(4):
        refusal(cards.check, card=made.card, pin=wrong(made.pin), now=NOW)
    assert cards.check(card=made.card, pin=made.pin, now=NOW) == made.card
    assert Card.objects.get().locked_until is None


def test_a_desk_gives_a_new_pin_and_unlocks(made: cards.Secrets, clerk: Learner, house: Issuer) -> None:
    for _ in range(5):
        refusal(cards.check, card=made.card, pin=wrong(made.pin), now=NOW)
    new = cards.reset_pin(learner=made.card.learner, by=clerk, house=house, now=NOW)
    assert new.card == made.card
    assert cards.check(card=Card.objects.get(), pin=new.pin, now=NOW) == made.card
    assert AuditEvent.objects.filter(event="desk.pin-reset", about=made.card.pk).exists()


def test_whether_a_number_has_a_card_is_told_to_nobody(made: cards.Secrets) -> None:
    with_card, without = made.card.learner.passport_number, make_learner().passport_number
    told = {
        number: [refusal(cards.check_number, number=number, pin=wrong(made.pin), now=NOW) for _ in range(6)]
        for number in (with_card, without)
    }
    assert told[with_card] == told[without] == [PinWrong] * 4 + [PinTriedOut] * 2


def test_a_digit_too_few_in_the_number_is_told(made: cards.Secrets) -> None:
    number = made.card.learner.passport_number
    assert refusal(cards.check_number, number=number[:-1], pin=made.pin, now=NOW) is NumberSlip
    spaced = f"{number[:4]} {number[4:8]} {number[8:]}"
    assert cards.check_number(number=spaced, pin=made.pin, now=NOW) == made.card


# -- The door -------------------------------------------------------------------------------------
def test_the_qr_code_leads_to_the_pin_and_the_pin_into_the_passport(
    client: Client, made: cards.Secrets
) -> None:
    answer = client.get(reverse("card", args=[secret_of(made)]))
    assert answer.headers["Location"] == reverse("account_card")
    page = client.get(reverse("account_card")).content.decode()
    assert secret_of(made) not in page
    assert "Oubella" not in page
    answer = client.post(reverse("account_card"), {"pin": made.pin, "shared": "on"})
    assert answer.headers["Location"] == "/me/"
    assert "Oubella" in client.get("/me/").content.decode()
    assert client.session.get_expiry_age() == 300


def test_number_and_pin_open_as_well_and_an_own_device_remembers(client: Client, made: cards.Secrets) -> None:
    number = made.card.learner.passport_number
    answer = client.post(reverse("account_card"), {"number": number, "pin": made.pin})
    assert answer.headers["Location"] == "/me/"
    client.get("/me/")
    assert client.session.get_expiry_age() > 300


@pytest.mark.parametrize("language", ["fr", "ar", "en"])
def test_a_wrong_pin_keeps_the_number_and_says_so(client: Client, made: cards.Secrets, language: str) -> None:
    client.cookies["lang"] = language
    number = made.card.learner.passport_number
    page = client.post(reverse("account_card"), {"number": number, "pin": wrong(made.pin)})
    text = page.content.decode()
    assert number in text
    assert wrong(made.pin) not in text
    assert 'id="id_pin-error"' in text


def test_a_replaced_card_has_its_own_sentence(
    client: Client, made: cards.Secrets, aicha: Learner, clerk: Learner, house: Issuer
) -> None:
    client.get(reverse("card", args=[secret_of(made)]))
    cards.issue(learner=aicha, by=clerk, house=house, language="ar", now=NOW)
    client.cookies["lang"] = "en"
    assert client.get(reverse("card", args=[secret_of(made)])).status_code == 410
    assert client.get(reverse("card", args=["x" * 22])).status_code == 404
    assert 'name="number"' in client.get(reverse("account_card")).content.decode()
