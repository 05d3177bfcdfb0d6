"""Pure. Compares what is printed on a certificate with what its file has signed; a difference shows both.

Words are compared without marks, case, spaces and signs, so that neither a line break nor the shape of an
Arabic letter is taken for a change. What cannot be found at all is a difference; hidden text deceives this
check, so that what was signed is what is shown first, and what counts.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date
from enum import StrEnum
from itertools import accumulate

from babel.dates import get_month_names

from credentials.certificates import WORDS
from credentials.paper import group_code

from .printed import ARABIC, Line, Print
from .report import Report, Stated, Text

MIN_LETTERS = 20
MAX_SHOWN = 160
SAME_SIZE = 0.1  # points
LEADING = 1.8  # of the size of letters: lines of one text are not so far apart
LANGUAGES = ("fr", "ar")
LONG = 8  # letters: a word that may have been broken at the end of a line
_TATWEEL = "\u0640"
#: A number is not the end of a longer one, whatever stands between its thousands.
_NO_DIGITS_BEFORE = r"(?<!\d)(?<!\d[ .,])"
_WORD = re.compile(r"[^\W_]+")
_CODE = re.compile(r"\b[0-9A-Za-z]{4}-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}\b")
_YEAR = re.compile(r"\d{4}")
#: What a line about this has in it, in either language.
_LABELS = {
    "level": ("niveau", "المستوى", "cnc", "الإطار الوطني"),
    "hours": ("heure", "horaire", "ساع", "الغلاف"),
    "awarded": (),
    "until": ("jusqu", "valable", "صالحة"),
}


class Field(StrEnum):
    """What is printed and signed."""

    NAME = "name"
    TITLE = "title"
    LEVEL = "level"
    HOURS = "hours"
    AWARDED = "awarded"
    UNTIL = "until"
    CODE = "code"
    OVERLAY = "overlay"  # something lies over the page
    UNREADABLE = "unreadable"  # no text that could be compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Where print and signature part: what was signed, and what stands there instead, if it was found."""

    field: Field
    signed: str = ""
    printed: str = ""
    language: str = ""


def differences(*, shown: Print, report: Report) -> list[Difference]:
    """What the print says otherwise, field by field; nothing to compare with is no difference."""
    stated = report.stated
    if stated is None:
        return []
    names, titles = _names(stated), _titles(stated)
    page = _Page(shown.lines, [*names, *titles])
    if len(page.all) < MIN_LETTERS:
        return [Difference(field=Field.UNREADABLE)]
    found = [*_of_texts(page, Field.NAME, names), *_of_texts(page, Field.TITLE, titles)]
    for language in _sides(stated):
        found += _of_facts(page, stated, language)
    code = group_code(report.short_code) if report.short_code else ""
    if code and squashed(code) not in page.all:
        found.append(Difference(field=Field.CODE, signed=code, printed=page.code()))
    if shown.overlaid:
        found.append(Difference(field=Field.OVERLAY))
    return found


# -- Letters --------------------------------------------------------------------------------------
def squashed(text: str) -> str:
    """The letters and digits alone, without marks and case."""
    return "".join(_WORD.findall(_bare(text)))


def _bare(text: str) -> str:
    """Presentation forms as letters, letters without marks (and so without hamza), no case."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = (c for c in plain if c != _TATWEEL and unicodedata.category(c) not in ("Mn", "Cf", "Cc"))
    return unicodedata.normalize("NFC", "".join(kept))


def _script(text: str) -> str:
    return "ar" if ARABIC.search(text) else "fr"


def _alike(line: Line, other: Line) -> bool:
    """Whether two lines are set in the same letters, and as close as lines of one text are."""
    return (
        abs(line.height - other.height) < LEADING * line.size
        and abs(line.size - other.size) < SAME_SIZE
        and line.face == other.face
        and _script(line.text) == _script(other.text)
    )


class _Page:
    """The lines of a print, ready to be searched."""

    def __init__(self, lines: list[Line], known: Iterable[str]) -> None:
        self.lines = [line for line in lines if squashed(line.text)]
        letters = [squashed(line.text) for line in self.lines]
        self.all = "".join(letters)
        #: Where in ``all`` a line begins (or the last one ends) → which one that is.
        self.begins = {place: number for number, place in enumerate(accumulate(map(len, letters), initial=0))}
        self.plain = "\n".join(" ".join(_bare(line.text).split()) for line in self.lines)
        self.words = set(_WORD.findall(self.plain))
        self.known = "\n".join(squashed(text) for text in known)

    def has(self, text: str) -> bool:
        """Whether the text stands there by itself; or all its words do, where scripts are mixed.

        Words alone do for Arabic: in a line of both scripts their order on the page is not that of reading.
        """
        whole = squashed(text)
        place = self.all.find(whole)
        found = place >= 0
        while place >= 0:
            if self._stands_alone(place, place + len(whole)):
                return True
            place = self.all.find(whole, place + 1)
        if found or not ARABIC.search(text):
            return False
        words = _WORD.findall(_bare(text))
        return all(word in self.words or (len(word) >= LONG and word in self.all) for word in words)

    def _stands_alone(self, start: int, end: int) -> bool:
        """Whether this fills whole lines, and neither goes on from the line above nor into the one below."""
        if start not in self.begins or end not in self.begins:
            return False
        first, after = self.begins[start], self.begins[end]
        return not (first and self._continues(first, of=first - 1)) and not (
            after < len(self.lines) and self._continues(after - 1, of=after)
        )

    def _continues(self, line: int, *, of: int) -> bool:
        """Whether a neighbour reads as part of this line: set alike, and no other signed text."""
        one, other = self.lines[line], self.lines[of]
        return _alike(one, other) and squashed(other.text) not in self.known

    def matches(self, *parts: str) -> bool:
        """Whether these follow each other, each of them an expression, a line's end perhaps between them."""
        return re.search(_NO_DIGITS_BEFORE + r"[\s·]*".join(parts) + r"(?!\d)", self.plain) is not None

    def largest(self, language: str) -> str:
        """What is printed largest in this script, apart from what was signed too, and was found."""
        groups = [(size, text) for size, text in self._groups(language) if squashed(text) not in self.known]
        return max(groups, key=lambda group: group[0], default=(0.0, ""))[1]

    def _groups(self, language: str) -> Iterator[tuple[float, str]]:
        """Lines of one size and script that follow each other."""
        size, texts = 0.0, list[str]()
        for line in self.lines:
            fits = _script(line.text) == language and not _CODE.search(line.text)
            if texts and not (fits and abs(line.size - size) < SAME_SIZE):
                yield size, " ".join(texts)
                texts = []
            if fits:
                size = line.size
                texts.append(line.text.strip())
        if texts:
            yield size, " ".join(texts)

    def line_about(self, field: Field, language: str) -> str:
        """The line that speaks of this, if one does."""
        for line in self.lines:
            if _script(line.text) != language:
                continue
            plain = _bare(line.text)
            labels = [_bare(label) for label in _LABELS[field]]
            until = any(_bare(label) in plain for label in _LABELS["until"])
            dated = field in (Field.AWARDED, Field.UNTIL) and _YEAR.search(plain)
            if dated and until == (field is Field.UNTIL):
                return line.text
            if not dated and any(label in plain for label in labels):
                return line.text
        return ""

    def code(self) -> str:
        """The short code that is printed."""
        found = (_CODE.search(line.text) for line in self.lines)
        return next((each[0] for each in found if each), "")


# -- Names and titles -----------------------------------------------------------------------------
def _sides(stated: Stated) -> list[str]:
    """The languages in which a certificate with these titles is printed."""
    return [language for language in LANGUAGES if any(t.language == language for t in stated.titles)]


def _names(stated: Stated) -> dict[str, str]:
    """Each name that is printed → its language."""
    found = (_either(stated.names, side) for side in _sides(stated))
    return {name.text: name.language for name in found if name}


def _titles(stated: Stated) -> dict[str, str]:
    sides = _sides(stated)
    return {title.text: title.language for title in stated.titles if title.language in sides}


def _of_texts(page: _Page, field: Field, texts: dict[str, str]) -> Iterator[Difference]:
    for text, language in texts.items():
        if not page.has(text):
            printed = page.largest(_script(text))
            page.known += f"\n{squashed(printed)}"  # shown once: the next one stands elsewhere
            yield _difference(field, text, printed, language)


def _either(names: tuple[Text, ...], language: str) -> Text | None:
    """The name as a certificate prints it on the side of this language."""
    ordered = sorted(names, key=lambda name: name.language != language)
    return ordered[0] if ordered else None


# -- Level, hours, days ---------------------------------------------------------------------------
def _of_facts(page: _Page, stated: Stated, language: str) -> Iterator[Difference]:
    until = stated.valid_until.astimezone(UTC).date() if stated.valid_until else None
    if stated.level and not _has_level(page, stated.level, language):
        yield _fact(page, Field.LEVEL, stated.level, language)
    if stated.hours and not _has_hours(page, stated.hours, language):
        yield _fact(page, Field.HOURS, str(stated.hours), language)
    for field, day in ((Field.AWARDED, stated.awarded_on), (Field.UNTIL, until)):
        if day and not _has_day(page, day, language):
            yield _fact(page, field, day.isoformat(), language)


def _has_level(page: _Page, level: str, language: str) -> bool:
    here = _bare(level.replace("CNC", WORDS[language]["framework"]))
    if page.matches(*map(re.escape, _WORD.findall(here))):
        return True
    words = set(_WORD.findall(_bare(level))) - {"cnc"}
    line = page.line_about(Field.LEVEL, language)
    return language == "ar" and words <= set(_WORD.findall(_bare(line)))


def _has_hours(page: _Page, hours: int, language: str) -> bool:
    if language == "ar" and hours in (1, 2):
        return page.matches("ساعة", "واحدة") if hours == 1 else page.matches("ساعتان")
    number = rf"{hours // 1000}[ .]?{hours % 1000:03d}" if hours >= 1000 else str(hours)
    return page.matches(number, "heure" if language == "fr" else "ساع")


def _has_day(page: _Page, day: date, language: str) -> bool:
    names = (get_month_names(width, locale=f"{language}_MA")[day.month] for width in ("wide", "abbreviated"))
    month = "|".join(re.escape(_bare(name).rstrip(".")) for name in names)
    return page.matches("1(?:er)?" if day.day == 1 else str(day.day), rf"(?:{month})\.?", str(day.year))


def _fact(page: _Page, field: Field, signed: str, language: str) -> Difference:
    return _difference(field, signed, page.line_about(field, language), language)


def _difference(field: Field, signed: str, printed: str, language: str) -> Difference:
    return Difference(
        field=field, signed=signed, printed=" ".join(printed.split())[:MAX_SHOWN], language=language
    )
