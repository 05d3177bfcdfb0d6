"""The skills picker of a course's form: ESCO skills to tick, a DigComp level for each competence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from issuers.models import Theme

from . import frameworks

SKILL_LIMIT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One skill to be ticked; ``others`` are its names in other languages, to be found by."""

    uri: str
    name: str
    others: str
    ticked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The skills of one theme."""

    key: str
    name: Any
    skills: list[Tick]

    @property
    def ticked(self) -> int:
        return sum(skill.ticked for skill in self.skills)


@dataclass(frozen=True, slots=True, kw_only=True)
class Competence:
    """One DigComp competence, with the levels to choose from and the chosen one."""

    code: str
    name: str
    level: str
    levels: list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """The competences of one area of DigComp."""

    name: str
    competences: list[Competence]

    @property
    def chosen(self) -> int:
        return sum(bool(competence.level) for competence in self.competences)


def _language() -> str:
    return (get_language() or "fr")[:2]


def skill_groups(*, chosen: Any, kept: Mapping[str, dict[str, str]]) -> list[Group]:
    """All skills by theme; those that a course has from elsewhere come last, so that they are kept."""
    language, ticked = _language(), set(chosen or ())
    groups = [
        Group(
            key=theme,
            name=Theme(theme).label,
            skills=[
                Tick(
                    uri=term.code,
                    name=term.name(language),
                    others=" ".join({term.en, term.fr, term.ar} - {term.name(language)}),
                    ticked=term.code in ticked,
                )
                for term in sorted(terms, key=lambda term: term.name(language).casefold())
            ],
        )
        for theme, terms in frameworks.skills_by_theme().items()
    ]
    foreign = [skill for uri, skill in kept.items() if uri not in frameworks.skills()]
    if foreign:
        ticks = [
            Tick(
                uri=skill["uri"],
                name=skill.get(f"label_{language}") or skill.get("label_fr") or skill.get("label_en", ""),
                others="",
                ticked=skill["uri"] in ticked,
            )
            for skill in foreign
        ]
        groups.append(Group(key="others", name=_("Others of this course"), skills=ticks))
    return groups


def read_skills(chosen: Sequence[str], *, kept: Mapping[str, dict[str, str]]) -> list[dict[str, str]]:
    """The ticked skills as an achievement keeps them. Raises ValidationError."""
    if len(chosen) > SKILL_LIMIT:
        raise forms.ValidationError(_("Twenty skills at most. Keep the ones that matter."))
    known = frameworks.skills()
    if any(uri not in known and uri not in kept for uri in chosen):
        raise forms.ValidationError(_("One of these skills is not in the list. Choose again."))
    return [frameworks.as_stored(uri) if uri in known else kept[uri] for uri in chosen]


class _Ticks(forms.SelectMultiple):
    """Reads the ticked boxes; the page draws them by theme."""

    def use_required_attribute(self, initial: Any) -> bool:
        return False


class Skills(forms.Field):
    """The addresses of the ticked skills."""

    widget = _Ticks

    def to_python(self, value: Any) -> list[str]:
        return list(dict.fromkeys(value or ()))


class _Levels(forms.Widget):
    """Reads ``digcomp-<code>`` of every competence; the page draws the selects by area."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, str]]:
        return [
            {"code": code, "level": level}
            for code in frameworks.competences()
            if (level := data.get(f"{name}-{code}", ""))
        ]


class DigComp(forms.Field):
    """Competences with their levels, as an achievement keeps them."""

    widget = _Levels

    def to_python(self, value: Any) -> list[dict[str, str]]:
        found: list[dict[str, str]] = value or []
        if any(item["level"] not in frameworks.digcomp_levels() for item in found):
            raise forms.ValidationError(_("Choose one of the four levels."))
        return found


def digcomp_areas(*, chosen: Any) -> list[Area]:
    """The 21 competences by area, with what is chosen."""
    language = _language()
    held = {item["code"]: item["level"] for item in chosen or ()}
    levels = [(level.code, level.name(language)) for level in frameworks.digcomp_levels().values()]
    return [
        Area(
            name=area.name(language),
            competences=[
                Competence(
                    code=term.code, name=term.name(language), level=held.get(term.code, ""), levels=levels
                )
                for term in area.competences
            ],
        )
        for area in frameworks.digcomp_areas()
    ]
