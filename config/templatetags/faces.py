"""Template tags that every page may use: dates and numbers as each language writes them, names, form fields."""

from datetime import UTC, date, datetime
from typing import Any

from babel.dates import format_date, format_datetime
from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, FileInput, RadioSelect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from credentials.paper import group_code

register = template.Library()

LOCALES = {"fr": "fr_MA", "ar": "ar_MA", "en": "en_GB"}
MARKS = str.maketrans("", "", "\u200e\u200f\u061c")


def _locale() -> str:
    return LOCALES.get((get_language() or "fr")[:2], "fr_MA")


def _as_date(value: date | datetime) -> date:
    if isinstance(value, datetime):
        # A certificate's day is the day in UTC, as its documents have it.
        return value.astimezone(UTC).date()
    return value


@register.filter
def day(value: date | datetime | None) -> str:
    """``7 septembre 2026``; in Arabic with Moroccan months and Western digits."""
    return format_date(_as_date(value), "d MMMM y", locale=_locale()).translate(MARKS) if value else ""


@register.filter
def month(value: date | datetime | None) -> str:
    """``septembre 2026``."""
    return format_date(_as_date(value), "MMMM y", locale=_locale()).translate(MARKS) if value else ""


@register.filter
def moment(value: datetime | None) -> str:
    """A date and a time of day in the city."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    return format_datetime(local, "d MMMM y, HH:mm", locale=_locale()).translate(MARKS)


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
    mark = {"fr_MA": "\u202f", "ar_MA": ".", "en_GB": ","}[_locale()]
    return f"{value:,}".replace(",", mark)


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
    """The field's widget with the house's class, and what a screen reader needs to tell its error and help."""
    attrs: dict[str, Any] = {}
    widget = field.field.widget
    if not isinstance(widget, CheckboxInput | CheckboxSelectMultiple | RadioSelect | FileInput):
        attrs["class"] = f"in {widget.attrs.get('class', '')}".strip()
    described = []
    if field.errors:
        attrs["aria-invalid"] = "true"
        described.append(f"{field.id_for_label}-error")
    if field.help_text:
        described.append(f"{field.id_for_label}-help")
    if described:
        attrs["aria-describedby"] = " ".join(described)
    return field.as_widget(attrs=attrs)


@register.filter
def input_kind(field: BoundField) -> str:
    """``choices`` for a group of boxes or buttons, ``box`` for one box, ``line`` for everything else."""
    widget = field.field.widget
    if isinstance(widget, CheckboxSelectMultiple | RadioSelect):
        return "choices"
    return "box" if isinstance(widget, CheckboxInput) else "line"


@register.filter
def level_steps(level: int) -> list[bool]:
    """Eight steps, the first ``level`` of them climbed."""
    return [step < level for step in range(8)]
