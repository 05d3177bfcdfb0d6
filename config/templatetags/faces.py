"""What every page may use: dates and numbers as each language writes them, names, form fields."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from babel.dates import format_datetime, format_timedelta
from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from credentials.paper import group_code

register = template.Library()

LOCALES = {"fr": "fr_MA", "ar": "ar_MA", "en": "en_GB"}
MOMENTS = {"fr_MA": "d MMMM y 'à' HH:mm", "ar_MA": "d MMMM y، HH:mm", "en_GB": "d MMMM y, HH:mm"}
THOUSANDS = {"fr_MA": "\u202f", "ar_MA": ".", "en_GB": ","}
MARKS = str.maketrans("", "", "\u200e\u200f\u061c")
LEFT_TO_RIGHT = frozenset({"email", "tel", "url"})


def _locale() -> str:
    return LOCALES.get((get_language() or "fr")[:2], "fr_MA")


def _as_date(value: date | datetime) -> date:
    if isinstance(value, datetime):
        # A certificate's day is the day in UTC, as its documents have it.
        return value.astimezone(UTC).date()
    return value


def _written(value: date | datetime, pattern: str) -> str:
    locale = _locale()
    if locale == "fr_MA" and value.day == 1 and pattern.startswith("d "):
        pattern = f"d'er'{pattern[1:]}"
    # CLDR puts direction marks into Arabic dates; on a page bdi does that work.
    return format_datetime(value, pattern, locale=locale).translate(MARKS)


@register.filter
def day(value: date | datetime | None) -> str:
    """``7 septembre 2026``; in Arabic with Moroccan months and Western digits."""
    return _written(_as_date(value), "d MMMM y") if value else ""


@register.filter
def month(value: date | datetime | None) -> str:
    """``septembre 2026``."""
    return _written(_as_date(value), "MMMM y") if value else ""


@register.filter
def moment(value: datetime | None) -> str:
    """A date and a time of day in the city."""
    return _written(timezone.localtime(value), MOMENTS[_locale()]) if value else ""


@register.filter
def short_day(value: date) -> str:
    """``mar. 24 nov.``: a day among its neighbours."""
    return format_datetime(value, "EEE d MMM", locale=_locale()).translate(MARKS)


@register.filter
def duration(seconds: int) -> str:
    """``40 secondes``, ``3 minutes``, ``2 heures``, ``5 jours``: about how long."""
    return format_timedelta(timedelta(seconds=seconds), threshold=1.5, locale=_locale()).translate(MARKS)


@register.filter
def grouped(code: str) -> str:
    """A short code as it is printed: ``BZF3-G3DK-P8FZ``."""
    return group_code(code) if code else ""


@register.filter
def spaced(number: str) -> str:
    """A passport number in groups: ``4821 9036 57``."""
    return " ".join(part for part in (number[:4], number[4:8], number[8:]) if part)


@register.filter
def thousands(value: int) -> str:
    """``1 250`` in French, ``1.250`` in Arabic, ``1,250`` in English."""
    return f"{value:,}".replace(",", THOUSANDS[_locale()])


@register.simple_tag
def names(person: Any) -> SafeString:
    """Both names of a person, the reader's script first, each isolated and in its own direction."""
    pairs = [("fr", "ltr", person.name_latin), ("ar", "rtl", person.name_arabic)]
    if _locale() == "ar_MA":
        pairs.reverse()
    parts = [
        format_html('<bdi lang="{}" dir="{}">{}</bdi>', language, direction, name)
        for language, direction, name in pairs
        if name
    ]
    return SafeString(" ".join(parts))


@register.filter
def as_input(field: BoundField) -> SafeString:
    """The field's widget with the house's class, tied to its error and help for screen readers."""
    attrs: dict[str, Any] = {}
    widget = field.field.widget
    if not isinstance(widget, CheckboxInput | CheckboxSelectMultiple | RadioSelect):
        attrs["class"] = f"in {widget.attrs.get('class', '')}".strip()
    if getattr(widget, "input_type", "") in LEFT_TO_RIGHT:
        attrs["dir"] = "ltr"
    if field.errors:
        attrs["aria-invalid"] = "true"
    if described := _description_ids(field):
        attrs["aria-describedby"] = described
    return field.as_widget(attrs=attrs)


@register.filter
def described_by(field: BoundField) -> SafeString:
    """For a group of choices: the attribute that ties its error and help to it, or nothing."""
    described = _description_ids(field)
    return format_html(' aria-describedby="{}"', described) if described else SafeString("")


def _description_ids(field: BoundField) -> str:
    parts = [("error", field.errors), ("help", field.help_text)]
    return " ".join(f"{field.auto_id}-{name}" for name, there in parts if there)


@register.filter
def input_kind(field: BoundField) -> str:
    """``choices`` for a group of boxes or buttons, ``box`` for one box, ``hidden``, else ``line``."""
    widget = field.field.widget
    if isinstance(widget, CheckboxSelectMultiple | RadioSelect):
        return "choices"
    if isinstance(widget, CheckboxInput):
        return "box"
    return "hidden" if widget.is_hidden else "line"


@register.filter
def level_steps(level: int) -> list[bool]:
    """Eight steps, the first ``level`` of them climbed."""
    return [step < level for step in range(8)]
