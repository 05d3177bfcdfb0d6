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


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A name of a framework: its code, and what it is called in each language."""

    code: str
    en: str
    fr: str
    ar: str

    def __str__(self) -> str:
        """In the reader's language."""
        return str(getattr(self, (get_language() or "fr")[:2], self.fr))


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
