"""People as they are typed: every form of a phone, names in two scripts, and a slip for what is wrong."""

import pickle
import unicodedata

import phonenumbers
import pytest
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from credentials import people
from credentials.people import Person, Slip
from passport import numbers

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)


def slip_of(read: object, text: str) -> str:
    with pytest.raises(Slip) as refused:
        read(text)  # type: ignore[operator]  # a reader of people.py
    return refused.value.code


@pytest.mark.parametrize(
    "typed",
    [
        "0612345678",
        "06 12-34.56.78",
        "06/12/34/56/78",
        "(06) 12 34 56 78",
        "+212612345678",
        "+212 (0)6 12 34 56 78",
        "00212 6 12 34 56 78",
        "00212 06 12 34 56 78",
        "212612345678",
        "2120612345678",
        "612345678",
        "612345678.0",
        "612345678,00",
        "0612345678.0",
        "212612345678.0",
        "6.12345678E8",
        "6.12345678E+08",
        "6,12345678E+08",
        "2.12612345678E11",
        "٠٦١٢٣٤٥٦٧٨",
        "۰۶۱۲۳۴۵۶۷۸",
        "０６１２３４５６７８",
        "＋212 612345678",
        "\u202a0612345678\u202c",
        "\u200f06\u00a012\u00a034\u00a056\u00a078\u200f",
        "\ufeff0612345678",
        "06\u202f12\u202f34\u202f56\u202f78",
        "06–12–34–56–78",
        "tél: 0612345678",
        "Tél. 06 12 34 56 78",
        "GSM : +212612345678",
        "الهاتف: ٠٦١٢٣٤٥٦٧٨",
        '="0612345678"',
        "'0612345678",
        "212612345678+",
    ],
)
def test_a_moroccan_phone_is_read_in_every_form(typed: str) -> None:
    assert people.phone(typed) == "+212612345678"


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("+33 6 12 34 56 78", "+33612345678"),
        ("0033612345678", "+33612345678"),
        ("+1 (202) 555-0123", "+12025550123"),
        ("+٣٣٦١٢٣٤٥٦٧٨", "+33612345678"),
        ("+39 06 698 12345", "+390669812345"),
        ("05 22 12 34 56", "+212522123456"),
        ("6.1234567E8", "+212612345670"),
    ],
)
def test_a_phone_of_another_country_or_a_fixed_line_is_read(typed: str, number: str) -> None:
    assert people.phone(typed) == number


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "phone"),
        ("not a phone", "phone"),
        ("0612345ABC", "phone"),
        ("0612345678 Salma", "phone"),
        ("+", "phone"),
        ("+999 12345678", "phone"),
        ("061234567", "phone-one-missing"),
        ("61234567", "phone-one-missing"),
        ("+212 6 12 34 56 7", "phone-one-missing"),
        ("06123456789", "phone-one-too-many"),
        ("+2126123456789", "phone-one-too-many"),
        ("12", "phone-digits"),
        ("1", "phone"),
        ("0612", "phone-digits"),
        ("+33 6 12", "phone-digits"),
        ("0612345678 / 0661234567", "phone-two"),
        ("0612345678 0661234567", "phone-two"),
        ("0123456789", "phone-start"),
        ("6.12346E+08", "phone-rounded"),
        ("6E8", "phone-rounded"),
        ("6.1E99", "phone-rounded"),
    ],
)
def test_a_phone_with_a_slip_says_which(typed: str, code: str) -> None:
    assert slip_of(people.phone, typed) == code


@given(
    prefix=st.sampled_from(["", "0", "212", "+212", "00212", "+2120", "002120"]),
    national=st.from_regex(r"[5-8][0-9]{8}", fullmatch=True),
)
def test_the_short_way_says_what_the_library_says(prefix: str, national: str) -> None:
    parsed = phonenumbers.parse(prefix + national, "MA")
    expected = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    assert people.phone(prefix + national) == expected


@given(ANY_TEXT)
def test_a_phone_is_e164_or_a_slip(text: str) -> None:
    try:
        number = people.phone(text)
    except Slip:
        return
    assert number.startswith("+")
    assert number[1:].isascii()
    assert number[1:].isdigit()
    assert people.phone(number) == number


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("Salma.Tazi@Example.ORG", "salma.tazi@example.org"),
        ("  salma@example.org\u00a0", "salma@example.org"),
        ("\u200esalma@example.org", "salma@example.org"),
        ("mailto:salma@example.org", "salma@example.org"),
        ("o'brien+list@sub.example.co.uk", "o'brien+list@sub.example.co.uk"),
    ],
)
def test_an_email_is_read_in_small_letters(typed: str, value: str) -> None:
    assert people.email(typed) == value


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "a@",
        "@example.org",
        "salma",
        "salma@example",
        "salma@@example.org",
        "salma@example..org",
        "salma.@example.org",
        "salma@-example.org",
        "salma @example.org",
        "salma@example.org, omar@example.org",
        "a" * 65 + "@example.org",
        "a@" + "b" * 63 + "." + "c" * 63 + "." + "d" * 63 + "." + "e" * 63 + ".org",
    ],
)
def test_what_is_no_email_is_a_slip(typed: str) -> None:
    assert slip_of(people.email, typed) == "email"


@given(st.emails() | ANY_TEXT)
@example("user@xn--fsq.xn--0zwm56d")
def test_an_email_that_passes_is_one_for_django_too(text: str) -> None:
    try:
        value = people.email(text)
    except Slip:
        return
    validate_email(value)


@given(
    local=st.from_regex(r"[a-z0-9]+([._+-][a-z0-9]+){0,3}", fullmatch=True),
    domain=st.from_regex(r"([a-z0-9]+\.){1,3}[a-z]{2,6}", fullmatch=True),
)
def test_an_ordinary_email_passes_if_it_does_with_django(local: str, domain: str) -> None:
    value = f"{local}@{domain}"
    try:
        validate_email(value)
    except ValidationError:
        assert slip_of(people.email, value) == "email"
    else:
        assert people.email(value) == value or len(local) > 64


@given(st.integers(10_000_000, 99_999_999))
def test_a_passport_number_is_read_grouped_and_in_arabic_digits(body: int) -> None:
    number = str(body) + people.check_digits(str(body))
    assert number == numbers.normalise(number)
    arabic = number.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert {people.passport_number(form) for form in (numbers.grouped(number), arabic, f"{number}.0")} == {
        number
    }


@given(st.integers(10_000_000, 99_999_999), st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_in_a_passport_number_is_noticed(body: int, place: int, shift: int) -> None:
    number = str(body) + people.check_digits(str(body))
    wrong = str((int(number[place]) + shift) % 10)
    assert slip_of(people.passport_number, number[:place] + wrong + number[place + 1 :]) == "passport"


@pytest.mark.parametrize("typed", ["", "48219036", "0000000001", "abc"])
def test_what_is_no_passport_number_is_a_slip(typed: str) -> None:
    assert slip_of(people.passport_number, typed) == "passport"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("  Salma   Tazi ", "Salma Tazi"),
        ("Salma\nTazi", "Salma Tazi"),
        ("Salma\u00a0Tazi", "Salma Tazi"),
        ("\u200fسلمى التازي\u200f", "سلمى التازي"),
        ("Zoe\u0308", "Zoë"),
        ("نیم\u200cروز", "نیم\u200cروز"),
        ("\u200cسلمى", "سلمى"),
        ("ﺳﻠﻤﻰ", "سلمى"),
        ("Souﬁane", "Soufiane"),
        ("Sal\u00adma", "Salma"),
        ("Sal\x00ma", "Salma"),
    ],
)
def test_a_name_is_tidied(typed: str, name: str) -> None:
    assert people.tidy(typed) == name


@given(ANY_TEXT)
def test_a_tidy_text_stays_as_it_is_and_can_be_signed(text: str) -> None:
    tidied = people.tidy(text)
    assert people.tidy(tidied) == tidied
    assert unicodedata.is_normalized("NFC", tidied)
    assert tidied == tidied.strip()
    assert not any(unicodedata.category(c) in ("Cc", "Cf") and c != "\u200c" for c in tidied)


@pytest.mark.parametrize(
    ("latin", "arabic", "codes"),
    [
        ("Salma Tazi", "", []),
        ("", "سلمى التازي", []),
        ("Fatima-Zahra El Idrissi", "فاطمة الزهراء الإدريسي", []),
        ("Aïcha N’Diaye", "", []),
        ("", "", ["name_latin name-missing"]),
        ("x" * 81, "", ["name_latin name-long"]),
        ("R2D2", "", ["name_latin name-signs"]),
        ("Salma <b>", "", ["name_latin name-signs"]),
        ("Salma ²", "", ["name_latin name-signs"]),
        ("Salma \ue000", "", ["name_latin name-signs"]),
        ("=HYPERLINK(A1)", "", ["name_latin name-formula"]),
        ("+Salma", "", ["name_latin name-formula"]),
        ("-Salma", "", ["name_latin name-formula"]),
        ("@Salma", "", ["name_latin name-formula"]),
        ("فاطمة", "", ["name_latin name-not-latin"]),
        ("", "Fatima", ["name_arabic name-not-arabic"]),
        (
            "R2D2" * 21,
            "Fatima",
            ["name_latin name-long", "name_latin name-signs", "name_arabic name-not-arabic"],
        ),
    ],
)
def test_every_slip_of_two_names_is_told(latin: str, arabic: str, codes: list[str]) -> None:
    found = people.name_slips(latin=latin, arabic=arabic)
    assert [f"{slip.field} {slip.code}" for slip in found] == codes


def test_a_person_is_cleaned_into_one_form() -> None:
    typed = Person(
        name_latin=" Salma  Tazi", address_kind="phone", address=" 06 83 00 00 01 ", language="tlh"
    )
    assert people.clean(typed) == Person(
        name_latin="Salma Tazi", address_kind="phone", address="+212683000001", language="fr"
    )


@pytest.mark.parametrize(
    ("kind", "address"), [("pigeon", "roof"), ("phone", ""), ("phone", "  "), ("", "0612345678")]
)
def test_an_address_without_its_kind_or_a_kind_without_address_is_a_slip(kind: str, address: str) -> None:
    with pytest.raises(Slip) as refused:
        people.clean(Person(name_latin="Ali", address_kind=kind, address=address))
    assert (refused.value.code, refused.value.field) == ("address-kind", "address")


def test_all_slips_of_a_person_are_told_and_the_first_is_raised() -> None:
    typed = Person(name_latin="R2D2", name_arabic="Ali", address_kind="phone", address="12")
    codes = [slip.code for slip in people.examine(typed)[1]]
    assert codes == ["name-signs", "name-not-arabic", "phone-digits"]
    with pytest.raises(Slip) as refused:
        people.clean(typed)
    assert refused.value.field == "name_latin"


def test_a_slip_travels_between_processes() -> None:
    slip = pickle.loads(pickle.dumps(Slip("name-long", field="name_arabic")))  # noqa: S301 - our own bytes
    assert (slip.code, slip.field) == ("name-long", "name_arabic")


@given(ANY_TEXT, ANY_TEXT, st.sampled_from(people.ADDRESS_KINDS), ANY_TEXT)
def test_a_person_is_cleaned_or_refused_with_a_slip(latin: str, arabic: str, kind: str, address: str) -> None:
    person = Person(name_latin=latin, name_arabic=arabic, address_kind=kind, address=address)
    try:
        cleaned = people.clean(person)
    except Slip:
        return
    assert people.clean(cleaned) == cleaned
