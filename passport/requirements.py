"""What a step of a pathway asks for: a course, a level in a language, a level in an area of DigComp."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from credentials import frameworks
from credentials.models import Achievement


class Unreadable(ValueError):
    """A text that is no requirement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A provider's course, in whichever version."""

    issuer: str
    code: str

    def __str__(self) -> str:
        return f"course:{self.issuer}/{self.code}"

    def met_by(self, achievement: Achievement) -> bool:
        """Whether whoever has this achievement has done it."""
        return (achievement.issuer.slug, achievement.code) == (self.issuer, self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A CEFR level in a language; a higher level is more than enough. Attendance alone proves none."""

    language: str
    level: str

    def __str__(self) -> str:
        return f"language:{self.language}:{self.level}"

    def met_by(self, achievement: Achievement) -> bool:
        """Whether whoever has this achievement has reached it."""
        levels = frameworks.cefr()
        return (
            achievement.assessed
            and language_of(achievement) == self.language
            and frameworks.step_of(levels, achievement.cefr_level) >= frameworks.step_of(levels, self.level)
        )

    @property
    def label(self) -> str:
        """As a page names it."""
        named = frameworks.languages()[self.language]
        return _("%(language)s, level %(level)s") % {"language": named, "level": self.level}


@dataclass(frozen=True, slots=True, kw_only=True)
class Digital:
    """A level in one of DigComp's areas, in any of its competences."""

    area: str
    level: str

    def __str__(self) -> str:
        return f"digital:{self.area}:{self.level}"

    def met_by(self, achievement: Achievement) -> bool:
        """Whether whoever has this achievement has reached it."""
        levels = frameworks.digcomp_levels()
        wanted = frameworks.step_of(levels, self.level)
        return achievement.assessed and any(
            item["code"].split(".")[0] == self.area and frameworks.step_of(levels, item["level"]) >= wanted
            for item in achievement.digcomp
        )

    @property
    def label(self) -> str:
        """As a page names it."""
        area = next(each for each in frameworks.digcomp_areas() if each.code == self.area)
        level = frameworks.digcomp_levels()[self.level]
        return _("Digital: %(area)s, level %(level)s") % {"area": area, "level": level}


Requirement = Course | Language | Digital


def read(text: str) -> Requirement:
    """The requirement that is written here. Raises Unreadable."""
    kind, _colon, rest = text.partition(":")
    if kind == "course":
        issuer, slash, code = rest.partition("/")
        if issuer and slash and code:
            return Course(issuer=issuer, code=code)
    name, colon, level = rest.partition(":")
    if kind == "language" and colon and name in frameworks.languages() and level in frameworks.cefr():
        return Language(language=name, level=level)
    areas = {area.code for area in frameworks.digcomp_areas()}
    if kind == "digital" and colon and name in areas and level in frameworks.digcomp_levels():
        return Digital(area=name, level=level)
    raise Unreadable(text)


def read_all(texts: Iterable[str]) -> list[Requirement]:
    """All of a step's requirements, of which one is enough. Raises Unreadable."""
    return [read(text) for text in texts]


def levels() -> list[Language | Digital]:
    """Every level that a step may ask for."""
    spoken = [
        Language(language=one, level=level) for one in frameworks.languages() for level in frameworks.cefr()
    ]
    digital = [
        Digital(area=area.code, level=level)
        for area in frameworks.digcomp_areas()
        for level in frameworks.digcomp_levels()
    ]
    return [*spoken, *digital]


def language_of(achievement: Achievement) -> str:
    """The language that an achievement is about, as its skills name it."""
    return frameworks.language_of([skill["uri"] for skill in achievement.skills])
