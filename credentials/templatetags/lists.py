"""What the pages of lists draw and say: the tiles that are laid, what is wrong with a row, time left."""

import re
from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from credentials import batches, teaching
from credentials.models import Award

register = template.Library()

#: Panels of tiles stand side by side on a wide page and in two rows on a phone.
PANELS, COLUMNS, ROWS, STEP = 4, 15, 4, 12
#: Groups of digits that belong together: a phone number must not be turned round in an Arabic sentence.
_GROUPS = re.compile(r"\d+(?: \d+)+")
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
    slips: list[SafeString]


@register.simple_tag
def lay(signed: int, total: int, working: bool = False) -> SafeString:
    """A wall of tiles, as many laid as certificates are signed; decoration, told in words beside it.

    What is not signed stays an empty setting, at the end too.
    """
    in_all = PANELS * COLUMNS * ROWS
    laid = signed * in_all // total if total else 0
    panels = [
        _panel(range(first, first + COLUMNS * ROWS), laid=laid, now=laid if working else -1)
        for first in range(0, in_all, COLUMNS * ROWS)
    ]
    return format_html('<div class="lay" aria-hidden="true">{}</div>', SafeString("".join(panels)))


def _panel(tiles: range, *, laid: int, now: int) -> SafeString:
    shapes: dict[str, list[str]] = {"on": [], "on2": [], "now": [], "no": []}
    for place, number in enumerate(tiles):
        column, row = divmod(place, ROWS)
        x, y = column * STEP + 1, row * STEP + 1
        square = (number // ROWS + row) % 2 == 0
        path = f"M{x} {y}h10v10h-10z" if square else f"M{x} {y + 5}l5-5 5 5-5 5z"
        kind = "on2" if number % 11 == 7 else "on"
        shapes[kind if number < laid else "now" if number == now else "no"].append(path)
    paths = (format_html('<path class="{}" d="{}"/>', name, "".join(d)) for name, d in shapes.items() if d)
    box = f"0 0 {COLUMNS * STEP} {ROWS * STEP}"
    return format_html('<svg viewBox="{}">{}</svg>', box, SafeString("".join(paths)))


@register.filter
def ltr(text: str) -> SafeString:
    """A technical word that keeps its own direction and its one line."""
    return format_html('<bdi dir="ltr" class="num">{}</bdi>', text)


@register.filter
def isolated(text: str) -> SafeString:
    """The sentence with its groups of digits kept in their order, whichever way the sentence runs."""
    kept = _GROUPS.sub(lambda found: f'<bdi dir="ltr" class="num">{found[0]}</bdi>', escape(text))
    return SafeString(kept)


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
    typed = batches.typed(award)
    if award.typed is None:  # understood, not typed: what there is
        typed = {field: text for field, text in typed.items() if text}
    wrong: dict[str, list[SafeString]] = {}
    for problem in award.problems:
        field = _where(problem["field"], typed)
        wrong.setdefault(field, []).append(isolated(teaching.said(problem)))
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


@register.filter
def wrong(cells: list[Cell]) -> list[Cell]:
    """Those that must be mended."""
    return [cell for cell in cells if cell.slips]


@register.filter
def right(cells: list[Cell]) -> list[Cell]:
    """The others."""
    return [cell for cell in cells if not cell.slips]


@register.filter
def why(award: Award) -> SafeString:
    """Why a row was not issued."""
    return isolated(teaching.why_not_issued(award))


@register.filter
def as_typed(award: Award) -> str:
    """The name of a row that was wrong, as it came."""
    return teaching.name_as_typed(award)


@register.filter
def served(award: Award) -> str:
    """The id of the certificate that a repeated row repeats, if there is one."""
    return next((problem["credential"] for problem in award.problems if problem.get("credential")), "")
