"""The frameworks that name skills: ESCO, CEFR levels of languages, DigComp 3.0, in three languages.

Their files stand in ``data/``; a skill that names a language says so, which a CEFR level alone does not.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import get_language

_FOLDER = Path(__file__).parent / "data"
CEFR_LEVELS = ("Pre-A1", "A1", "A2", "B1", "B2", "C1", "C2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A name of a framework: its code, and what it is called in each language."""

    code: str
    en: str
    fr: str
    ar: str

    def __str__(self) -> str:
        """In the reader's language."""
        return self.name((get_language() or "fr")[:2])

    def name(self, language: str) -> str:
        """What it is called in this language."""
        return str(getattr(self, language, self.fr))


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill(Term):
    """An ESCO skill; its code is its URI, ``language`` the language that it is a skill in, if any."""

    theme: str
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area(Term):
    """One of DigComp's five areas, with its competences."""

    competences: tuple[Term, ...]


@cache
def _read(name: str) -> Any:
    return json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@cache
def skills() -> dict[str, Skill]:
    """The bundled ESCO skills by URI."""
    return {
        row["uri"]: Skill(
            code=row["uri"],
            en=row["label_en"],
            fr=row["label_fr"],
            ar=row["label_ar"],
            theme=row["theme"],
            language=row.get("language", ""),
        )
        for row in _read("esco")["skills"]
    }


@cache
def skills_by_theme() -> dict[str, tuple[Skill, ...]]:
    """Theme → its skills; a skill of several themes stands under the first."""
    found: dict[str, list[Skill]] = {}
    for skill in skills().values():
        found.setdefault(skill.theme, []).append(skill)
    return {theme: tuple(terms) for theme, terms in found.items()}


def as_stored(uri: str) -> dict[str, str]:
    """A skill as an achievement keeps it."""
    skill = skills()[uri]
    return {"uri": uri, "label_en": skill.en, "label_fr": skill.fr, "label_ar": skill.ar}


@cache
def languages() -> dict[str, Term]:
    """The languages that the bundled skills name, by code."""
    return {row["code"]: Term(**row) for row in _read("esco")["languages"]}


@cache
def cefr() -> dict[str, Term]:
    """A1 to C2, in their order."""
    return {row["code"]: Term(**row) for row in _read("esco")["cefr"]}


@cache
def digcomp_levels() -> dict[str, Term]:
    """DigComp's four levels, in their order."""
    return {row["code"]: Term(**row) for row in _read("digcomp")["levels"]}


@cache
def digcomp_areas() -> tuple[Area, ...]:
    """DigComp's five areas with their 21 competences."""
    return tuple(
        Area(**row | {"competences": tuple(Term(**each) for each in row["competences"])})
        for row in _read("digcomp")["areas"]
    )


@cache
def competences() -> dict[str, Term]:
    """Code → DigComp competence, all 21."""
    return {each.code: each for area in digcomp_areas() for each in area.competences}


def digcomp_name(item: dict[str, str], language: str) -> str:
    """A competence and its level in words; the bare codes where they are none of DigComp's."""
    competence, level = competences().get(item["code"]), digcomp_levels().get(item["level"])
    if competence is None or level is None:
        return f"{item['code']} {item['level']}"
    return f"{competence.name(language)} ({level.name(language)})"


def step_of(levels: dict[str, Term], code: str) -> int:
    """How high this level stands, from 1; 0 if the framework has no such level."""
    return list(levels).index(code) + 1 if code in levels else 0


def language_of(uris: list[str]) -> str:
    """The language that these skills are in; none if they name no one language."""
    known = skills()
    named = {known[uri].language for uri in uris if uri in known and known[uri].language}
    return named.pop() if len(named) == 1 else ""


def term_of(skill: dict[str, Any]) -> Term:
    """A skill as an achievement keeps it, as a term."""
    labels = {code: skill.get(f"label_{code}", "") for code in ("en", "fr", "ar")}
    some = labels["fr"] or labels["en"] or labels["ar"] or skill["uri"]
    return Term(code=skill["uri"], **{code: label or some for code, label in labels.items()})
