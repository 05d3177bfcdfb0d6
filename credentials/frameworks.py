"""Pure. The skills and levels that a course may name: an ESCO subset, DigComp 3.0, CEFR (see ``data/``)."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "data"
CEFR_LEVELS = ("Pre-A1", "A1", "A2", "B1", "B2", "C1", "C2")


@cache
def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class Term:
    """A skill, a competence or a level with its names."""

    id: str
    en: str
    fr: str
    ar: str

    def name(self, language: str) -> str:
        """What it is called in this language."""
        return {"fr": self.fr, "ar": self.ar}.get(language, self.en)


@cache
def skills() -> dict[str, Term]:
    """ESCO's address → the skill, in the file's order."""
    return {
        s["uri"]: Term(s["uri"], s["label_en"], s["label_fr"], s["label_ar"]) for s in _read("esco")["skills"]
    }


@cache
def skills_by_theme() -> dict[str, tuple[Term, ...]]:
    """Theme → its skills; a skill of several themes stands under the first."""
    found: dict[str, list[Term]] = {}
    for skill in _read("esco")["skills"]:
        found.setdefault(skill["themes"][0], []).append(skills()[skill["uri"]])
    return {theme: tuple(terms) for theme, terms in found.items()}


def as_stored(uri: str) -> dict[str, str]:
    """A skill as an achievement keeps it."""
    skill = skills()[uri]
    return {"uri": uri, "label_en": skill.en, "label_fr": skill.fr, "label_ar": skill.ar}


@cache
def competences() -> dict[str, Term]:
    """Code → DigComp competence, all 21."""
    return {c["code"]: Term(c["code"], c["en"], c["fr"], c["ar"]) for c in _read("digcomp")["competences"]}


@cache
def areas() -> dict[str, tuple[Term, tuple[Term, ...]]]:
    """Number → DigComp area and its competences."""
    return {
        a["code"]: (
            Term(a["code"], a["en"], a["fr"], a["ar"]),
            tuple(c for code, c in competences().items() if code.startswith(f"{a['code']}.")),
        )
        for a in _read("digcomp")["areas"]
    }


@cache
def levels() -> dict[str, Term]:
    """Id → DigComp level, all four."""
    return {
        each["id"]: Term(each["id"], each["en"], each["fr"], each["ar"])
        for each in _read("digcomp")["levels"]
    }


def digcomp_name(item: dict[str, str], language: str) -> str:
    """A competence and its level in words; the bare codes where they are none of DigComp's."""
    competence, level = competences().get(item["code"]), levels().get(item["level"])
    if competence is None or level is None:
        return f"{item['code']} {item['level']}"
    return f"{competence.name(language)} ({level.name(language).lower()})"
