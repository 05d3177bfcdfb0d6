"""Pure. Days as people and spreadsheets write them, in French, Arabic and English; the day comes first."""

import re
import unicodedata
from datetime import date, timedelta

from .people import Slip

_FIRST, _LAST = 1950, 2100
#: Day 0 of Excel's calendar as it counts from March 1900 on; serials from 1990 to 2100 are taken for days.
_EXCEL, _SERIALS = date(1899, 12, 30), range(32_874, 73_416)
_DIGITS = {first + value: str(value) for first in (0x660, 0x6F0, 0xFF10) for value in range(10)}
_MONTHS = {
    1: "janvier janv jan january يناير جانفي كانونالثاني",
    2: "fevrier fevr fev february feb فبراير فيفري شباط",
    3: "mars mar march مارس اذار",
    4: "avril avr april apr ابريل افريل نيسان",
    5: "mai may ماي مايو ايار",
    6: "juin june jun يونيو يونيه جوان حزيران",
    7: "juillet juil july jul يوليوز يوليو يوليه جويليه تموز",
    8: "aout august aug غشت اغسطس اوت اب",
    9: "septembre sept sep september شتنبر سبتمبر ايلول",
    10: "octobre oct october اكتوبر تشرينالاول",
    11: "novembre nov november نونبر نوفمبر تشرينالثاني",
    12: "decembre dec december دجنبر ديسمبر كانونالاول",
}
_NUMBER_OF = {name: number for number, names in _MONTHS.items() for name in names.split()}
#: Weekdays, and the words around a date: “le 5 mars”, “5 مارس 2026م”.
_ASIDE = frozenset(
    word
    for words in (
        "lundi mardi mercredi jeudi vendredi samedi dimanche lun mer jeu ven sam dim le de",
        "monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun the of",
        "الاثنين الثلاثا الاربعا الخميس الجمعه السبت الاحد يوم م",
    )
    for word in words.split()
)
_ARABIC = str.maketrans("أإآٱىئؤة", "ااااييوه", "ـء")  # every spelling of a month in one
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ]\d\d:\d\d.*)?", re.ASCII)
_SERIAL = re.compile(r"(\d{5})(?:[.,]\d+)?", re.ASCII)
_TIME = re.compile(r"[ ,T]+\d{1,2}[:h]\d\d(?::\d\d)?(?:[.,]\d+)?\s*(?:am|pm|z)?$", re.ASCII)
_ORDINAL = re.compile(r"\b(\d{1,2})(?:er|st|nd|rd|th)\b", re.ASCII)
_WORD = re.compile(r"\d+|[^\W\d_]+")


def read(text: str) -> date:
    """The day that is written here; two digits of a year mean 20xx. Raises Slip."""
    iso = _ISO.fullmatch(text)
    if iso:
        return _day(int(iso[1]), int(iso[2]), int(iso[3]))
    plain = _plain(text)
    serial = _SERIAL.fullmatch(plain)
    if serial:
        if int(serial[1]) not in _SERIALS:
            raise Slip("date-unreadable", field="awarded_on")
        return _EXCEL + timedelta(days=int(serial[1]))
    words = [word for word in _WORD.findall(plain) if word not in _ASIDE]
    if len(words) == 4 and words[1] in ("كانون", "تشرين"):  # the Levant's months of two words
        words[1:3] = ["".join(words[1:3])]
    if len(words) != 3:
        raise Slip("date-unreadable", field="awarded_on")
    return _of_three(words)


def words_of(text: str) -> list[str]:
    """The words and numbers of a written date, in one spelling, without what stands aside."""
    return [word for word in _WORD.findall(_plain(text)) if word not in _ASIDE]


def month_number(word: str) -> int | None:
    """Which month one of these words names, or its number as it stands."""
    return _NUMBER_OF.get(word) or (int(word) if word.isdecimal() and len(word) <= 2 else None)


def _plain(text: str) -> str:
    """Small letters without accents, ASCII digits, no direction marks, no time of day, no ordinals."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_DIGITS).translate(_ARABIC)).casefold()
    bare = "".join(c for c in decomposed if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    bare = bare.translate(_ARABIC).strip()
    return _ORDINAL.sub(r"\1", _TIME.sub("", bare.removesuffix("z")))


def _of_three(words: list[str]) -> date:
    """Year first if it has four digits; else the day, and the month by name or in the middle."""
    if words[0] in _NUMBER_OF:  # March 5, 2026
        words = [words[1], words[0], words[2]]
    elif len(words[0]) == 4:
        words = words[::-1]
    day, month, year = words
    number = _NUMBER_OF.get(month) or (int(month) if month.isdecimal() and len(month) <= 2 else None)
    if number is None or not (day.isdecimal() and year.isdecimal()):
        raise Slip("date-unreadable", field="awarded_on")
    if len(day) > 2 or len(year) not in (2, 4):
        raise Slip("date-unreadable", field="awarded_on")
    return _day(int(year) + (2000 if len(year) == 2 else 0), number, int(day))


def _day(year: int, month: int, day: int) -> date:
    try:
        found = date(year, month, day)
    except ValueError as error:
        raise Slip("date-impossible", field="awarded_on") from error
    if not _FIRST <= year <= _LAST:
        raise Slip("date-impossible", field="awarded_on")
    return found
