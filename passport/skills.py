"""What a learner can do, across her certificates, and apart from them what she declares: ESCO, CEFR, DigComp.

A level counts when it was assessed. A certificate that has expired is shown as such and holds up no level
that a current one does not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from credentials import frameworks
from credentials.frameworks import Term
from issuers.models import Theme

from . import evidence
from .evidence import Shown
from .models import Declaration, Import, Learner
from .requirements import language_of


@dataclass(kw_only=True)
class Line:
    """One skill: what shows it, how high if it has levels (0 of 0 if not), and whether that is past."""

    key: str
    term: Term
    theme: str
    of: int = 0
    step: int = 0
    level: Term | None = None
    shown: list[Shown] = field(default_factory=list)

    @property
    def expired(self) -> bool:
        """Whether nothing that holds now shows it."""
        return all(each.expired for each in self.shown)

    @property
    def current(self) -> list[Shown]:
        """The certificates that show it now."""
        return [each for each in self.shown if not each.expired]

    @property
    def learning(self) -> int:
        """The highest level of learning (CNC) of the courses that show it now."""
        return max((each.achievement.cnc_level for each in self.current), default=0)


@dataclass(kw_only=True)
class AreaLine:
    """One of DigComp's areas: its competences, each with its level; ``step`` is the highest of them."""

    term: Term
    competences: list[Line]
    others: list[Term]

    @property
    def step(self) -> int:
        """The highest step that is reached now, else the highest that was."""
        current = [line.step for line in self.competences if not line.expired]
        return max(current or [line.step for line in self.competences], default=0)

    @property
    def expired(self) -> bool:
        """Whether all of it is past."""
        return bool(self.competences) and all(line.expired for line in self.competences)

    @property
    def level(self) -> Term | None:
        """What that step is called."""
        levels = list(frameworks.digcomp_levels().values())
        return levels[self.step - 1] if self.step else None


@dataclass(kw_only=True)
class ThemeLines:
    """The other skills of one theme."""

    theme: Theme
    lines: list[Line]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A skill that nobody but the learner vouches for, and where she says she learned it."""

    term: Term
    declarations: list[Declaration]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A skill that documents from elsewhere name: no provider of the city vouches for it."""

    term: Term
    imports: list[Import]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """All of it: ``certified`` counts what certificates show."""

    languages: list[Line]
    areas: list[AreaLine]
    themes: list[ThemeLines]
    declared: list[Declared]
    imported: list[Imported]

    @property
    def digital(self) -> list[AreaLine]:
        """The areas in which there is something to show."""
        return [area for area in self.areas if area.competences]

    @property
    def tiles(self) -> list[Line]:
        """Every certified skill once, as the wall shows them."""
        found = [*self.languages]
        for area in self.digital:
            found += area.competences
        for theme in self.themes:
            found += theme.lines
        return found


def of(*, learner: Learner, now: datetime) -> Picture:
    """The picture of this learner's skills."""
    return picture(
        certificates=evidence.certificates(learner=learner, now=now),
        declarations=evidence.declarations(learner=learner),
        imports=evidence.imports(learner=learner, now=now),
    )


def picture(
    *, certificates: Sequence[Shown], declarations: Sequence[Declaration], imports: Sequence[Import] = ()
) -> Picture:
    """The picture that these certificates, declarations and documents from elsewhere give."""
    return Picture(
        languages=_languages(certificates),
        areas=_areas(certificates),
        themes=_themes(certificates),
        declared=_declared(declarations),
        imported=_imported(imports),
    )


def glance(certificates: Sequence[Shown]) -> list[Line]:
    """The skills that these certificates show now, the highest level of learning first."""
    tiles = picture(certificates=certificates, declarations=()).tiles
    return sorted(tiles, key=lambda line: (-line.learning, -len(line.current)))


def _best(shown: Iterable[tuple[Shown, str]], levels: dict[str, Term]) -> tuple[int, Term | None]:
    """The highest level shown now, else the highest that was; attendance shows none."""
    steps = [
        (not each.expired, frameworks.step_of(levels, code))
        for each, code in shown
        if each.achievement.assessed
    ]
    _now, step = max(steps, default=(False, 0))
    return step, list(levels.values())[step - 1] if step else None


def _languages(certificates: Sequence[Shown]) -> list[Line]:
    found: dict[str, list[Shown]] = {}
    for each in certificates:
        language = language_of(each.achievement)
        if language:
            found.setdefault(language, []).append(each)
    levels = frameworks.cefr()
    lines = []
    for language, shown in found.items():
        step, level = _best([(each, each.achievement.cefr_level) for each in shown], levels)
        term = frameworks.languages()[language]
        lines.append(
            Line(
                key=f"language-{language}",
                term=term,
                theme=Theme.LANGUAGES,
                of=len(levels) if step else 0,
                step=step,
                level=level,
                shown=shown,
            )
        )
    return sorted(lines, key=lambda line: (line.expired, -line.step, line.key))


def _areas(certificates: Sequence[Shown]) -> list[AreaLine]:
    found: dict[str, list[tuple[Shown, str]]] = {}
    for each in certificates:
        for item in each.achievement.digcomp:
            found.setdefault(item["code"], []).append((each, item["level"]))
    levels = frameworks.digcomp_levels()
    areas = []
    for area in frameworks.digcomp_areas():
        lines, others = [], []
        for competence in area.competences:
            if competence.code not in found:
                others.append(competence)
                continue
            step, level = _best(found[competence.code], levels)
            lines.append(
                Line(
                    key=f"digital-{competence.code.replace('.', '-')}",
                    term=competence,
                    theme=Theme.DIGITAL,
                    of=len(levels) if step else 0,
                    step=step,
                    level=level,
                    shown=[each for each, _code in found[competence.code]],
                )
            )
        areas.append(AreaLine(term=area, competences=lines, others=others))
    return areas


def _themes(certificates: Sequence[Shown]) -> list[ThemeLines]:
    """ESCO skills; those of a language stand with the language, and those of digital competences there."""
    known = frameworks.skills()
    found: dict[str, Line] = {}
    for each in certificates:
        achievement = each.achievement
        if achievement.digcomp:
            continue
        for skill in achievement.skills:
            uri = skill["uri"]
            listed = known.get(uri)
            if listed and listed.language:
                continue
            line = found.setdefault(
                uri,
                Line(
                    key=f"skill-{uri.rsplit('/', 1)[-1][:36]}",
                    term=listed or frameworks.term_of(skill),
                    theme=listed.theme if listed else achievement.theme,
                ),
            )
            line.shown.append(each)
    return [
        ThemeLines(theme=theme, lines=lines)
        for theme in Theme
        if (lines := [line for line in found.values() if line.theme == theme.value])
    ]


def _declared(declarations: Sequence[Declaration]) -> list[Declared]:
    found: dict[str, Declared] = {}
    for declaration in declarations:
        for skill in declaration.skills:
            term = frameworks.skills().get(skill["uri"]) or frameworks.term_of(skill)
            found.setdefault(term.code, Declared(term=term, declarations=[])).declarations.append(declaration)
    return list(found.values())


def _imported(imports: Sequence[Import]) -> list[Imported]:
    found: dict[str, Imported] = {}
    for each in imports:
        for skill in each.skills:
            term = frameworks.skills().get(skill["uri"]) or frameworks.term_of(skill)
            found.setdefault(term.code, Imported(term=term, imports=[])).imports.append(each)
    return list(found.values())
