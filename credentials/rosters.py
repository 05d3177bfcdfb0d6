"""Pure. Reads a class list and checks its rows: whom it names, how they are reached, what to mend.

A list is a CSV or XLSX file whose header may be in French, Arabic or English; see ``sheets.py`` for what
is opened, ``headings.py`` for what is understood, ``slips.py`` for the sentences.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from . import days, people, sheets
from .headings import Heading, understand
from .people import Person, Slip
from .sheets import HEAD_LINES, MAX_BYTES, MAX_CELL, MAX_COLUMNS, MAX_ROWS, RosterError

__all__ = [
    "FIELDS",
    "MAX_BYTES",
    "MAX_CELL",
    "MAX_COLUMNS",
    "MAX_ROWS",
    "Checked",
    "Column",
    "Problem",
    "RosterError",
    "Row",
    "Sheet",
    "check",
    "read",
]

#: What a row may say. ``name`` is a name in either script or in both, ``extra`` what lies beyond the header.
FIELDS = (
    "name_latin",
    "name_arabic",
    "name",
    "phone",
    "email",
    "passport",
    "language",
    "awarded_on",
    "extra",
)
#: Rows of the template that were left in place are known by this word behind the name.
_EXAMPLE = re.compile(r"\(\s*(?:exemple|example|مثال)\s*\)", re.IGNORECASE)
#: What people write where there is nothing.
_NOTHING = frozenset(
    phrase
    for phrases in ("-|--|---|–|—|_|.|/|//", "néant|neant|aucun|aucune|n/a|none", "لا شيء|لا يوجد")
    for phrase in phrases.split("|")
)
_LANGUAGE_OF = {
    word: code
    for code, words in {
        "fr": "fr|fra|fre|fr-fr|fr-ma|français|francais|française|francaise|french|الفرنسية|فرنسية|بالفرنسية",
        "ar": "ar|ara|ar-ma|arabe|arabic|العربية|عربية|بالعربية|عربي|عربى",
        "en": "en|eng|en-gb|en-us|anglais|anglaise|english|الإنجليزية|الانجليزية|إنجليزية|انجليزية",
    }.items()
    for word in words.split("|")
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column that is read: its heading as written, and the field that it fills."""

    header: str
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the list under the number that a person sees beside it, as field → text."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What a file holds, and what was guessed or left out, so that a person can object.

    ``encoding`` is a guess when it is a Windows one (``guessed``). Left out: the columns ``ignored``, the
    other sheets with lines (``unread``), the template's ``examples`` by number.
    """

    kind: str
    title: str
    encoding: str
    guessed: bool
    separator: str
    header_row: int
    columns: tuple[Column, ...]
    ignored: tuple[str, ...]
    unread: tuple[str, ...]
    examples: tuple[int, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend in a row: the field, the code of the slip, and what is written there."""

    field: str
    code: str
    value: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A row after its check: person and day are there as far as they are right."""

    number: int
    cells: Mapping[str, str]
    person: Person | None
    awarded_on: date | None
    problems: tuple[Problem, ...]
    result: str = ""


def read(data: bytes, *, filename: str) -> Sheet:
    """The rows of a class list, none of them checked yet. Raises RosterError."""
    found = sheets.tables(data, filename=filename, judge=_judge)
    table = next((table for table in found if _header_of(table)), found[0])
    _check_size(table.lines)
    header = _header_of(table)
    if header is None:
        raise _without_header(table)
    plan = _plan([understand(cell) for cell in header.cells])
    if plan is None:
        raise RosterError("columns-missing", found=_headers(header.cells), needed=("name",))
    below = _below(table.lines, header)
    rows, examples = _rows(below, plan, len(header.cells), whole=table.kind == "csv")
    if not rows:
        raise RosterError("only-examples" if examples else "no-rows")
    if len(rows) > MAX_ROWS:
        raise RosterError("too-many-rows", limit=MAX_ROWS)
    field_of = {place: field for field, places in plan.items() for place in places}
    return Sheet(
        kind=table.kind,
        title=table.title,
        encoding=table.encoding,
        guessed=table.encoding.startswith("windows"),
        separator=table.separator,
        header_row=header.number,
        columns=tuple(
            Column(header=header.cells[place], field=field) for place, field in sorted(field_of.items())
        ),
        ignored=_ignored(header.cells, below, field_of, whole=table.kind == "csv"),
        unread=tuple(other.title for other in found if other is not table and _may_be_a_list(other)),
        examples=tuple(examples),
        rows=tuple(rows),
    )


def _judge(cells: list[str]) -> int:
    """How many columns this line names, if one of them is a name: any other line is no header."""
    if len(cells) > 4 * MAX_COLUMNS:
        return 0
    meant = [heading for heading in map(understand, cells) if heading]
    return len({(h.field, h.part, h.script) for h in meant}) if any(h.field == "name" for h in meant) else 0


def _header_of(table: sheets.Table) -> sheets.Line | None:
    lines = table.lines[:HEAD_LINES]
    best = max(lines, key=lambda line: _judge(line.cells), default=None)
    return best if best and _judge(best.cells) else None


def _may_be_a_list(table: sheets.Table) -> bool:
    """A sheet of single cells, without a header, is a page of help or notes."""
    return _header_of(table) is not None or any(sum(map(bool, line.cells)) > 1 for line in table.lines)


def _without_header(table: sheets.Table) -> RosterError:
    """No line names a column: either there is none and people come at once, or it is not understood."""
    first = max(table.lines[:HEAD_LINES], key=lambda line: sum(map(bool, line.cells)))
    found = _headers(first.cells)
    if any("@" in cell or sum(c.isdigit() for c in cell) >= 6 for cell in first.cells):
        return RosterError("no-header", found=found, needed=("name",))
    return RosterError("columns-missing", found=found, needed=("name",))


def _headers(cells: Iterable[str]) -> tuple[str, ...]:
    """Headings to be shown: without blanks, not too many, none too long."""
    return tuple(cell[:40] for cell in cells if cell)[:12]


#: Which columns fill a field; a name may be put together from two.
Plan = dict[str, tuple[int, ...]]


def _plan(headings: list[Heading | None]) -> Plan | None:
    """The columns of each field, the first of its kind; ``None`` if nobody's whole name can be read.

    “Nom” does not say in which letters the names are, unless “الاسم” stands beside it.
    """
    plan: Plan = {}
    names: dict[str, dict[str, int]] = {}
    scripts = {h.written_in for h in headings if h and h.field == "name" and not h.script}
    for place, heading in enumerate(headings):
        if heading is None:
            continue
        if heading.field != "name":
            plan.setdefault(heading.field, (place,))
            continue
        script = heading.script or (heading.written_in if {"latin", "arabic"} <= scripts else "")
        names.setdefault(script, {}).setdefault(heading.part, place)
    for script, parts in names.items():
        places = _whole_name(parts)
        if places:
            plan[f"name_{script}" if script else "name"] = places
    return plan if any(field.startswith("name") for field in plan) else None


def _whole_name(parts: dict[str, int]) -> tuple[int, ...]:
    """A column with whole names, or the first names and the last names; neither alone is a name."""
    last = parts.get("last", parts.get("any"))
    if "full" in parts:
        return (parts["full"],)
    if "first" in parts and last is not None:
        return parts["first"], last
    return (parts["any"],) if "any" in parts and "first" not in parts else ()


def _check_size(lines: list[sheets.Line]) -> None:
    for line in lines:
        width = len(line.cells)
        if width > MAX_COLUMNS:
            width = max(place for place, cell in enumerate(line.cells, start=1) if cell)
        if width > MAX_COLUMNS:
            raise RosterError("too-many-columns", row=line.number, columns=width, limit=MAX_COLUMNS)
        if max(map(len, line.cells)) > MAX_CELL:
            raise RosterError("cell-too-long", row=line.number, limit=MAX_CELL)
    if len(lines) > MAX_ROWS + HEAD_LINES:
        raise RosterError("too-many-rows", limit=MAX_ROWS)


def _below(lines: list[sheets.Line], header: sheets.Line) -> list[sheets.Line]:
    """The lines of the list itself, without the header repeated on each page or in a second language."""
    below = [line for line in lines if line.number > header.number and line.cells != header.cells]
    first = [line for line in below[:HEAD_LINES] if not all(map(understand, filter(None, line.cells)))]
    return first + below[HEAD_LINES:]


def _rows(below: list[sheets.Line], plan: Plan, width: int, *, whole: bool) -> tuple[list[Row], list[int]]:
    """The rows that say something, and the numbers of those that are examples."""
    rows, examples = [], []
    for line in below:
        cells = {field: _joined(line.cells, places) for field, places in plan.items()}
        if whole and len(line.cells) > width:  # a separator inside a cell has moved the rest
            extra = " ".join(cell for cell in line.cells[width:] if cell)
            if extra:
                cells["extra"] = extra
        if not any(cells.values()):
            continue
        if any(_EXAMPLE.search(text) for field, text in cells.items() if field.startswith("name") and text):
            examples.append(line.number)
        else:
            rows.append(Row(number=line.number, cells=cells))
    return rows, examples


def _joined(cells: list[str], places: tuple[int, ...]) -> str:
    if len(places) == 1:
        return cells[places[0]] if places[0] < len(cells) else ""
    return " ".join(cells[place] for place in places if place < len(cells) and cells[place])


def _ignored(
    header: list[str], below: list[sheets.Line], field_of: dict[int, str], *, whole: bool
) -> tuple[str, ...]:
    """Headings of columns that are not read; a column without heading goes by its letter."""
    width = len(header) if whole else max(map(len, (header, *(line.cells for line in below))))
    filled = {place for line in below for place, cell in enumerate(line.cells) if cell}
    return tuple(
        header[place] if place < len(header) and header[place] else _letter(place)
        for place in range(width)
        if place not in field_of and (place in filled or (place < len(header) and header[place]))
    )


def _letter(place: int) -> str:
    """The name of a column in a spreadsheet: A to Z, AA…"""
    return chr(65 + place) if place < 26 else chr(64 + place // 26) + chr(65 + place % 26)


def check(
    cells: Mapping[str, str], *, number: int, default_day: date | None, default_language: str
) -> Checked:
    """One row, given as field → text, with every problem at once.

    Of several addresses all are checked, and the passport number is used before phone and e-mail; none is
    fine: a printed certificate.
    """
    given = {field: text for field, raw in cells.items() if (text := raw.strip()) and not _is_nothing(text)}
    problems = [Problem("extra", "cells-extra", given["extra"])] if "extra" in given else []
    latin, arabic = _names(
        given, "name" if "name" in cells and "name_latin" not in cells else "name_latin", problems
    )
    kind, address = _address(given, problems)
    language = _language(given, default_language, problems)
    person = None
    if not problems:
        person = Person(
            name_latin=latin, name_arabic=arabic, address_kind=kind, address=address, language=language
        )
    day = _day(given, default_day, problems)
    return Checked(number=number, cells=cells, person=person, awarded_on=day, problems=tuple(problems))


def _is_nothing(text: str) -> bool:
    return len(text) <= 12 and text.casefold() in _NOTHING


def _names(given: dict[str, str], missing_in: str, problems: list[Problem]) -> tuple[str, str]:
    """The two names; where nobody is named, ``missing_in`` is the column that should have done so."""
    latin, arabic = people.tidy(given.get("name_latin", "")), people.tidy(given.get("name_arabic", ""))
    source = {"name_latin": "name_latin", "name_arabic": "name_arabic"}
    if not given.keys() & source.keys():
        source["name_latin"] = missing_in
    if "name" in given:
        try:
            both = _by_script(people.tidy(given["name"]))
        except Slip as slip:
            problems.append(Problem("name", slip.code, given["name"]))
            return latin, arabic
        if (both[0] and latin not in ("", both[0])) or (both[1] and arabic not in ("", both[1])):
            problems.append(Problem("name", "name-two", given["name"]))
            return latin, arabic
        if both[0] and not latin:
            latin, source["name_latin"] = both[0], "name"
        if both[1] and not arabic:
            arabic, source["name_arabic"] = both[1], "name"
    for found in people.name_slips(latin=latin, arabic=arabic):
        field = source[found.field]
        problems.append(Problem(field, found.code, given.get(field, "")))
    return latin, arabic


def _by_script(name: str) -> tuple[str, str]:
    """(Latin, Arabic) of a name in one script, or in one after the other. Raises Slip."""
    has_arabic = people.ARABIC.search(name)
    if not has_arabic:
        return name, ""
    if not people.LATIN.search(name):
        return "", name
    parts: list[tuple[bool, list[str]]] = []
    for word in filter(None, re.split(r"[\s/|()\[\];،]+", name)):
        arabic, latin = bool(people.ARABIC.search(word)), bool(people.LATIN.search(word))
        if arabic and latin:
            raise Slip("name-mixed", field="name")
        if not parts or (parts[-1][0] != arabic and (arabic or latin)):
            parts.append((arabic, []))
        parts[-1][1].append(word)
    if len(parts) != 2:
        raise Slip("name-mixed", field="name")
    texts = {arabic: " ".join(words).strip(" -–—,:") for arabic, words in parts}
    return texts[False], texts[True]


def _address(given: dict[str, str], problems: list[Problem]) -> tuple[str, str]:
    used = ("", "")
    for kind in ("passport", "phone", "email"):
        if kind in given:
            try:
                value = people.address(kind, given[kind])
            except Slip as slip:
                problems.append(Problem(kind, slip.code, given[kind]))
            else:
                used = used if used[0] else (kind, value)
    return used


def _language(given: dict[str, str], default: str, problems: list[Problem]) -> str:
    if "language" not in given:
        return default
    language = _LANGUAGE_OF.get(people.tidy(given["language"]).casefold())
    if language is None:
        problems.append(Problem("language", "language-unknown", given["language"]))
    return language or default


def _day(given: dict[str, str], default: date | None, problems: list[Problem]) -> date | None:
    if "awarded_on" not in given:
        if default is None:
            problems.append(Problem("awarded_on", "date-missing", ""))
        return default
    try:
        return days.read(given["awarded_on"])
    except Slip as slip:
        problems.append(Problem("awarded_on", slip.code, given["awarded_on"]))
        return None
