"""What the pages of lists draw and say: the tiles that are laid, what is wrong with a row, time left."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from credentials import batches, teaching
from credentials.models import Award

register = template.Library()

COLUMNS, ROWS, STEP = 60, 4, 12
MINUTE = 60
NAMES = batches.NAME_CELLS

#: Field of a row → (what it is called, its direction).
FIELDS: dict[str, tuple[Any, str]] = {
    "name": (_("Name"), "auto"),
    "name_latin": (_("Name in Latin letters"), "ltr"),
    "name_arabic": (_("Name in Arabic letters"), "rtl"),
    "phone": (_("Phone"), "ltr"),
    "email": (_("E-mail"), "ltr"),
    "passport": (_("Passport number"), "ltr"),
    "awarded_on": (_("Date of the award"), "auto"),
    "language": (_("Language of the message"), "auto"),
    "extra": (_("Cells beyond the columns"), "auto"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One field of a row that can be mended, with what is wrong with it."""

    name: str
    label: Any
    direction: str
    value: str
    slips: list[str]


@register.simple_tag
def lay(done: int, total: int) -> SafeString:
    """A band of tiles, as many laid as rows are done; decoration, told in words beside it."""
    tiles = COLUMNS * ROWS
    laid = done * tiles // total if total else tiles
    shapes: dict[str, list[str]] = {"on": [], "on2": [], "now": [], "no": []}
    for number in range(tiles):
        column, row = divmod(number, ROWS)
        x, y = column * STEP + 1, row * STEP + 1
        square = (column + row) % 2 == 0
        path = f"M{x} {y}h10v10h-10z" if square else f"M{x} {y + 5}l5-5 5 5-5 5z"
        kind = "on2" if number % 11 == 7 else "on"
        shapes[kind if number < laid else "now" if number == laid else "no"].append(path)
    paths = (format_html('<path class="{}" d="{}"/>', name, "".join(d)) for name, d in shapes.items() if d)
    return format_html(
        '<svg class="lay" viewBox="0 0 {} {}" aria-hidden="true">{}</svg>',
        COLUMNS * STEP,
        ROWS * STEP,
        SafeString("".join(paths)),
    )


@register.filter
def time_left(seconds: int | None) -> str:
    """``about 40 seconds``, ``about 3 minutes``."""
    if seconds is None:
        return ""
    if seconds < MINUTE:
        return ngettext("about %(count)s second", "about %(count)s seconds", seconds) % {"count": seconds}
    minutes = round(seconds / MINUTE)
    return ngettext("about %(count)s minute", "about %(count)s minutes", minutes) % {"count": minutes}


@register.filter
def cells(award: Award) -> list[Cell]:
    """The fields of a wrong or repeated row as they were typed, those with a slip among them."""
    typed = dict(award.typed) if award.typed is not None else dict(_typed(award))
    wrong: dict[str, list[str]] = {}
    for problem in award.problems:
        field = _where(problem["field"], typed)
        wrong.setdefault(field, []).append(teaching.said(problem))
        typed.setdefault(field, problem.get("value", ""))
    return [
        Cell(name=name, label=label, direction=direction, value=typed[name], slips=wrong.get(name, []))
        for name, (label, direction) in FIELDS.items()
        if name in typed
    ]


def _where(field: str, typed: dict[str, str]) -> str:
    """The field that a slip is shown at: a name is mended where it was typed, not in a second field."""
    if field not in NAMES or field in typed:
        return field
    return next((name for name in NAMES if name in typed), field)


def _typed(award: Award) -> Iterator[tuple[str, str]]:
    """A row that was right in itself, cell by cell."""
    if award.name_latin:
        yield "name_latin", award.name_latin
    if award.name_arabic:
        yield "name_arabic", award.name_arabic
    if award.address_kind:
        yield award.address_kind, award.address


@register.filter
def why(award: Award) -> str:
    """Why a row was not issued."""
    return teaching.why_not_issued(award)


@register.filter
def as_typed(award: Award) -> str:
    """The name of a row that was wrong, as it came."""
    return teaching.name_as_typed(award)


@register.filter
def served(award: Award) -> str:
    """The id of the certificate that a repeated row repeats, if there is one."""
    return next((problem["credential"] for problem in award.problems if problem.get("credential")), "")
