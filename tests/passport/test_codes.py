"""Codes by SMS and e-mail: sent, typed, tried, worn out."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction

from credentials.errors import BadAward
from credentials.models import LocalMessage
from passport import codes
from passport.errors import (
    CodeExpired,
    CodeIncomplete,
    CodeJustSent,
    CodeNotSent,
    CodeTriedOut,
    CodeUsed,
    CodeWrong,
    PassportError,
    TooManyCodes,
    TooManyCodesToday,
)
from passport.models import Code
from tests.factories import NOW

pytestmark = pytest.mark.django_db
PHONE = "+212683000001"
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def local_outbox(settings: Any) -> None:
    """No demo, yet e-mails end in the local outbox."""
    settings.DEMO = False
    settings.EMAIL_BACKEND = "credentials.messengers.LocalEmailBackend"


def asked(
    address: str = PHONE,
    *,
    language: str = "fr",
    place: str = "127.0.0.1",
    held: str = "",
    now: datetime = NOW,
) -> Code:
    """A code on its way, asked for from this machine."""
    return codes.ask(address=address, language=language, place=place, held=held, now=now)


def sent() -> str:
    """The six digits in the newest message."""
    found = re.search(r"\b\d{6}\b", LocalMessage.objects.latest("id").body)
    assert found
    return found[0]


def wrong() -> str:
    return "000000" if sent() != "000000" else "000001"


@pytest.mark.parametrize(
    ("typed", "kind", "value"),
    [
        ("06 83 00 00 01", "phone", "+212683000001"),
        ("0683-000-001", "phone", "+212683000001"),
        ("683000001", "phone", "+212683000001"),
        ("+212 (0)683 00 00 01", "phone", "+212683000001"),
        ("00212683000001", "phone", "+212683000001"),
        ("٠٦٨٣٠٠٠٠٠١", "phone", "+212683000001"),
        ("+33 6 12 34 56 78", "phone", "+33612345678"),
        ("  Salma.Naciri@Example.ORG ", "email", "salma.naciri@example.org"),
    ],
)
def test_an_address_is_read_as_people_type_it(typed: str, kind: str, value: str) -> None:
    assert codes.read_address(typed) == (kind, value)


@pytest.mark.parametrize("typed", ["06 12", "salma", "@", "a@b", "+212 68300000123456", "x" * 250])
def test_what_is_no_address_is_refused_with_a_remedy(typed: str) -> None:
    with pytest.raises(BadAward) as refused:
        codes.read_address(typed)
    assert refused.value.field == "address"


@pytest.mark.parametrize(("language", "word"), [("fr", "code"), ("ar", "رمز"), ("en", "your code")])
def test_the_message_is_in_the_readers_language(language: str, word: str) -> None:
    asked(language=language)
    assert word in LocalMessage.objects.get().body


def test_an_email_goes_by_email() -> None:
    asked("salma@example.org")
    message = LocalMessage.objects.get()
    assert (message.channel, message.to) == ("email", "salma@example.org")


def test_the_right_digits_prove_the_address_once() -> None:
    code = asked()
    proved = codes.check(code_id=code.pk, typed=sent(), now=NOW)
    assert (proved.kind, proved.value, proved.proved_at) == ("phone", PHONE, NOW)
    with pytest.raises(CodeUsed):
        codes.check(code_id=code.pk, typed=sent(), now=NOW)


@pytest.mark.parametrize("written", ["{0} ", "{1} {2}", "{1}-{2}"])
def test_digits_count_however_they_are_grouped(written: str) -> None:
    code = asked()
    digits = sent()
    typed = written.format(digits, digits[:3], digits[3:])
    assert codes.check(code_id=code.pk, typed=typed, now=NOW).proved_at


def test_digits_count_in_arabic_script_too() -> None:
    code = asked()
    typed = sent().translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert codes.check(code_id=code.pk, typed=typed, now=NOW).proved_at


def test_a_code_holds_for_ten_minutes() -> None:
    code = asked()
    with pytest.raises(CodeExpired):
        codes.check(code_id=code.pk, typed=sent(), now=NOW + 10 * MINUTE)
    assert codes.check(code_id=code.pk, typed=sent(), now=NOW + 9 * MINUTE).proved_at


def test_too_few_digits_cost_no_try() -> None:
    code = asked()
    for typed in ("", "12345", "abcdef"):
        with pytest.raises(CodeIncomplete):
            codes.check(code_id=code.pk, typed=typed, now=NOW)
    assert Code.objects.get().tries == 0


def test_after_five_wrong_tries_even_the_right_digits_do_not_help() -> None:
    code = asked()
    for _ in range(4):
        with pytest.raises(CodeWrong):
            codes.check(code_id=code.pk, typed=wrong(), now=NOW)
    with pytest.raises(CodeTriedOut):
        codes.check(code_id=code.pk, typed=wrong(), now=NOW)
    with pytest.raises(CodeTriedOut):
        codes.check(code_id=code.pk, typed=sent(), now=NOW)


def test_the_digits_of_another_code_do_not_count() -> None:
    asked()
    other_digits = sent()
    mine = asked("+212683000002")
    if sent() != other_digits:
        with pytest.raises(CodeWrong):
            codes.check(code_id=mine.pk, typed=other_digits, now=NOW)


def test_the_database_counts_no_sixth_try() -> None:
    code = asked()
    with pytest.raises(IntegrityError), transaction.atomic():
        Code.objects.filter(pk=code.pk).update(tries=6)
    with pytest.raises(IntegrityError), transaction.atomic():
        Code.objects.filter(pk=code.pk).update(used_at=NOW)


def test_each_failure_says_its_own_sentence() -> None:
    kinds = (CodeIncomplete, CodeWrong, CodeTriedOut, CodeExpired, CodeUsed, CodeJustSent, CodeNotSent)
    assert len({str(kind.message) for kind in (*kinds, TooManyCodes, TooManyCodesToday)}) == 9


def test_a_typed_code_leads_somewhere_once() -> None:
    code = asked()
    with pytest.raises(CodeUsed):
        codes.use(code=code, now=NOW)
    proved = codes.check(code_id=code.pk, typed=sent(), now=NOW)
    assert codes.proved(code_id=code.pk, now=NOW)
    codes.use(code=proved, now=NOW)
    assert codes.proved(code_id=code.pk, now=NOW) is None
    with pytest.raises(CodeUsed):
        codes.use(code=proved, now=NOW)


def test_a_typed_code_waits_for_half_an_hour() -> None:
    code = asked()
    codes.check(code_id=code.pk, typed=sent(), now=NOW)
    assert codes.proved(code_id=code.pk, now=NOW + 29 * MINUTE)
    assert codes.proved(code_id=code.pk, now=NOW + 30 * MINUTE) is None


def test_a_double_click_sends_one_message() -> None:
    first = asked()
    assert asked(held=first.pk, now=NOW + timedelta(seconds=2)) == first
    assert LocalMessage.objects.count() == 1


def test_another_code_is_sent_after_a_pause() -> None:
    first = asked()
    again = partial(codes.ask_again, held=first.pk, language="fr", place="127.0.0.1")
    with pytest.raises(CodeJustSent):
        again(now=NOW + timedelta(seconds=29))
    second = again(now=NOW + timedelta(seconds=31))
    assert (second.kind, second.value) == (first.kind, first.value)
    assert second != first


def test_five_codes_in_ten_minutes_are_enough_for_an_address() -> None:
    for _ in range(5):
        asked()
    with pytest.raises(TooManyCodes):
        asked("0683000001")
    asked("+212683000002")
    asked(now=NOW + 10 * MINUTE)


def test_in_a_demo_many_sign_in_as_the_same_person(settings: Any) -> None:
    settings.DEMO = True
    for _ in range(3 * codes.PER_ADDRESS):
        asked()


def test_an_address_gets_forty_codes_a_day() -> None:
    for number in range(40):
        asked(now=NOW + number * 3 * MINUTE)
    with pytest.raises(TooManyCodesToday):
        asked(now=NOW + timedelta(hours=3))
    asked(now=NOW + timedelta(days=1, minutes=1))


def test_one_place_asks_for_so_many_codes_and_no_more() -> None:
    for number in range(codes.PER_PLACE):
        asked(f"+2126831{number:05d}")
    with pytest.raises(TooManyCodes):
        asked("+212683000001")
    asked(place="10.0.0.7")


def test_neither_digits_nor_places_are_kept_in_the_clear() -> None:
    code = asked(place="10.0.0.7")
    assert sent() not in code.digest
    assert "10.0.0.7" not in code.place


def test_a_gateway_that_does_not_answer_is_told(settings: Any) -> None:
    settings.SMS_BACKEND = "tests.passport.test_codes.DeadGateway"
    with pytest.raises(CodeNotSent):
        asked()


class DeadGateway:
    """An SMS gateway out of reach."""

    def send(self, *, to: str, text: str, reference: str) -> None:
        raise ConnectionRefusedError


def test_codes_are_forgotten_after_a_day() -> None:
    asked()
    assert codes.forget(now=NOW + timedelta(hours=23)) == 0
    assert codes.forget(now=NOW + timedelta(days=1)) == 1
    assert not Code.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_guessing_at_once_gives_no_more_than_five_tries() -> None:
    code = asked()
    guess = wrong()

    def guesses(_number: int) -> type[PassportError]:
        try:
            codes.check(code_id=code.pk, typed=guess, now=NOW)
        except PassportError as error:
            return type(error)
        finally:
            connections.close_all()
        raise AssertionError

    with ThreadPoolExecutor(max_workers=8) as pool:
        told = list(pool.map(guesses, range(16)))
    assert Code.objects.get().tries == 5
    assert set(told) == {CodeWrong, CodeTriedOut}
    assert told.count(CodeWrong) <= 4
