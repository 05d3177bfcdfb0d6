"""Pure. The people of an award: names and addresses as others type them, brought into their one form.

What is wrong is a slip with a code; ``slips.py`` has the sentence for it.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

import phonenumbers

NAME_LIMIT = 80
LANGUAGES = ("fr", "ar", "en")
ADDRESS_KINDS = ("", "phone", "email", "passport")
ARABIC = re.compile(r"[\u0600-\u06ff\u0750-\u077f]")
LATIN = re.compile(r"[A-Za-zÀ-ɏ]")

_SIGNS = frozenset("<>{}@|\\")
#: What a spreadsheet would take for the beginning of a formula, and its wide and mathematical doubles.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "−")
#: Letters as PDFs draw them (ligatures, Arabic letters by their place in the word), not letters as such.
_DRAWN = re.compile(r"[\ufb00-\ufb06\ufb50-\ufdf9\ufdfc\ufe70-\ufefc]+")
_NON_JOINER = "\u200c"  # Cf, and part of the spelling in Persian names

_BIDI = [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0x061C, 0xFEFF, 0xAD]
_SPACES = [*range(0x09, 0x0E), *range(0x2000, 0x200B), 0x20, 0xA0, 0x202F, 0x205F, 0x3000]
_DASHES = [0x2D, *range(0x2010, 0x2016), 0x2212, 0xFF0D]
_DIGITS: dict[int, str | None] = {
    first + value: str(value) for first in (0x660, 0x6F0, 0xFF10) for value in range(10)
}
#: Digits of every keyboard as ASCII; what people put between them goes.
_BARE: dict[int, str | None] = {
    **dict.fromkeys([*_BIDI, *_SPACES, *_DASHES, *map(ord, "()[]/'\"’‘“”«»=")]),
    **_DIGITS,
    0xFF0B: "+",
    0x66B: ".",  # the Arabic decimal sign
}
#: The same for an e-mail, where dashes and dots have a meaning.
_UNMARKED: dict[int, str | None] = dict.fromkeys([*_BIDI, *(code for code in _SPACES if code != 0x20)])

_MOROCCAN = re.compile(r"(?:\+212|00212|212)?0?([5-8]\d{8})", re.ASCII)
_LABEL = re.compile(r"[^\d+]*")  # “tél :”, “GSM”, “هاتف”
_WHOLE = re.compile(r"(\+?\d{8,15})[.,]0+", re.ASCII)
_SCIENTIFIC = re.compile(r"\+?(\d)[.,]?(\d*)[eE]\+?(\d{1,2})", re.ASCII)
#: General format shows five decimals: with fewer than six, nobody knows which digits were rounded away.
_EXACT_DECIMALS = 6
_MOST_DIGITS = 17  # E.164 has fifteen, behind 00
_EMAIL = re.compile(
    r"[-!#$%&'*+/=?^_`{|}~0-9a-z]+(?:\.[-!#$%&'*+/=?^_`{|}~0-9a-z]+)*"
    r"@(?:[a-z0-9\u00a1-\uffff](?:[a-z0-9\u00a1-\uffff-]{0,61}[a-z0-9\u00a1-\uffff])?\.)+"
    r"(?!xn--\Z|\d+\Z)(?:[a-z\u00a1-\uffff](?:[a-z0-9\u00a1-\uffff-]{0,61}[a-z0-9\u00a1-\uffff]))"
)
_EMAIL_LIMIT, _LOCAL_LIMIT = 254, 64  # RFC 5321, 4.5.3.1


class Slip(ValueError):
    """What a person typed is not right: ``code`` says how, ``field`` where."""

    def __init__(self, code: str, *, field: str = "address") -> None:
        super().__init__(code)
        self.code = code
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """To whom: names in one or both scripts, and an address if there is one."""

    name_latin: str = ""
    name_arabic: str = ""
    address_kind: str = ""
    address: str = ""
    language: str = "fr"


def tidy(text: str) -> str:
    """NFC, without control characters, runs of space as one space, letters as letters and not as drawn."""
    if not (text.isprintable() and (text.isascii() or unicodedata.is_normalized("NFC", text))):
        spaced = " ".join(text.split())  # first: a line break inside a cell parts two words
        kept = "".join(c for c in spaced if c == _NON_JOINER or unicodedata.category(c) not in ("Cc", "Cf"))
        text = unicodedata.normalize("NFC", kept).strip(_NON_JOINER)
    if not text.isascii() and _DRAWN.search(text):
        text = _DRAWN.sub(lambda found: unicodedata.normalize("NFKC", found.group()), text)
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.split())


def name_slips(*, latin: str, arabic: str) -> tuple[Slip, ...]:
    """Everything that is wrong with a person's two names, which are tidy already."""
    if not latin and not arabic:
        return (Slip("name-missing", field="name_latin"),)
    found: list[Slip] = []
    if latin:
        found += _slips_of_a_name(latin, "name_latin", LATIN, "name-not-latin")
    if arabic:
        found += _slips_of_a_name(arabic, "name_arabic", ARABIC, "name-not-arabic")
    return tuple(found)


def _slips_of_a_name(name: str, field: str, script: re.Pattern[str], wrong_script: str) -> list[Slip]:
    found: list[Slip] = []
    if len(name) > NAME_LIMIT:
        found.append(Slip("name-long", field=field))
    if name.startswith(FORMULA):
        found.append(Slip("name-formula", field=field))
    elif not name.replace(" ", "").isalpha() and any(_is_a_sign(c) for c in name):
        found.append(Slip("name-signs", field=field))
    elif not script.search(name):
        found.append(Slip(wrong_script, field=field))
    return found


def _is_a_sign(c: str) -> bool:
    """Digits, brackets and the like; and what has no meaning that could be signed (see linting)."""
    return c.isdigit() or c in _SIGNS or unicodedata.category(c) in ("Cn", "Co", "Cs")


def phone(text: str) -> str:
    """A phone typed in any Moroccan or international form, as E.164. Raises Slip.

    Plain Moroccan forms are read at once; the library, which is a hundred times slower, decides on the rest.
    """
    bare = text.translate(_BARE)
    found = _MOROCCAN.fullmatch(bare.replace(".", ""))
    if found and not _WHOLE.fullmatch(bare):
        return f"+212{found[1]}"
    label = _LABEL.match(bare)
    bare = bare[label.end() :] if label else bare
    if whole := _WHOLE.fullmatch(bare):
        bare = whole[1]
    elif scientific := _SCIENTIFIC.fullmatch(bare):
        bare = _unrounded(scientific)
    if bare.endswith("+") and bare.count("+") == 1:  # typed from right to left
        bare = f"+{bare[:-1]}"
    if any(c.isalpha() for c in bare):  # the library would dial letters as a telephone's keys do
        raise Slip("phone")
    if sum(c.isdigit() for c in bare) > _MOST_DIGITS:
        raise Slip("phone-two")
    return _by_the_library(bare)


def _unrounded(found: re.Match[str]) -> str:
    """The number that a spreadsheet wrote as 6.12345678E8, if all its digits are still there."""
    units, decimals, power = found[1], found[2], int(found[3])
    if len(decimals) < min(_EXACT_DECIMALS, power) or len(decimals) > power or power > 15:
        raise Slip("phone-rounded")
    return str(int(Decimal(f"{units}.{decimals or 0}").scaleb(power)))


def _by_the_library(text: str) -> str:
    try:
        number = phonenumbers.parse(text, "MA")
    except phonenumbers.NumberParseException as error:
        raise Slip("phone") from error
    national = phonenumbers.national_significant_number(number)
    if number.country_code == 212:  # Morocco
        _check_moroccan(national)
    elif not phonenumbers.is_possible_number(number):
        raise Slip("phone-digits")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _check_moroccan(national: str) -> None:
    """Nine digits, the first from 5 to 8; the zero that is still there belongs to a number too short."""
    digits = len(national.removeprefix("0"))
    if digits == 8:
        raise Slip("phone-one-missing")
    if digits == 10:
        raise Slip("phone-one-too-many")
    if digits != 9:
        raise Slip("phone-digits")
    if national[0] not in "5678":
        raise Slip("phone-start")


def email(text: str) -> str:
    """A lower-case e-mail address. Raises Slip."""
    value = text.translate(_UNMARKED).strip().lower().removeprefix("mailto:")
    local = value.partition("@")[0]
    if len(value) > _EMAIL_LIMIT or len(local) > _LOCAL_LIMIT or not _EMAIL.fullmatch(value):
        raise Slip("email")
    return value


def check_digits(body: str) -> str:
    """The two check digits of an eight-digit body, by ISO/IEC 7064 MOD 97-10."""
    return f"{98 - int(body) * 100 % 97:02d}"


def passport_number(text: str) -> str:
    """Ten digits that check, typed in any script, grouped or not. Raises Slip."""
    bare = text.translate(_BARE)
    if whole := _WHOLE.fullmatch(bare):
        bare = whole[1]
    digits = bare
    if not (bare.isascii() and bare.isdigit()):
        digits = "".join(str(int(c)) for c in bare if c.isdecimal())
    if len(digits) != 10 or digits[0] == "0" or check_digits(digits[:8]) != digits[8:]:
        raise Slip("passport")
    return digits


_READ = {"phone": phone, "email": email, "passport": passport_number}


def address(kind: str, text: str) -> str:
    """The address in its one form; nothing of no kind is nothing. Raises Slip."""
    text = text.strip()
    if kind not in ADDRESS_KINDS or bool(kind) != bool(text):
        raise Slip("address-kind")
    return _READ[kind](text) if kind else ""


def examine(person: Person) -> tuple[Person, tuple[Slip, ...]]:
    """The person in one form, and every slip; an address that is not right stays as it was typed."""
    latin, arabic = tidy(person.name_latin), tidy(person.name_arabic)
    found = name_slips(latin=latin, arabic=arabic)
    value = person.address.strip()
    try:
        value = address(person.address_kind, value)
    except Slip as slip:
        found = (*found, slip)
    cleaned = Person(
        name_latin=latin,
        name_arabic=arabic,
        address_kind=person.address_kind,
        address=value,
        language=person.language if person.language in LANGUAGES else "fr",
    )
    return cleaned, found


def clean(person: Person) -> Person:
    """The person with names tidied and the address in its one form. Raises the first Slip."""
    cleaned, found = examine(person)
    if found:
        raise found[0]
    return cleaned
