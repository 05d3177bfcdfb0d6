"""What a course must say before it is published: the elements that the EU asks of a micro-credential.

Council Recommendation of 16 June 2022 (OJ C 243, 27.6.2022, p. 10), Annex I: eleven are mandatory. Some are
given by the register or with each award; the others are the writer's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from . import frameworks
from .models import Achievement


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One of the eleven: whether it is there, and where it comes from or is mended."""

    name: Any
    there: bool
    given: Any = ""
    field: str = ""


def elements(achievement: Achievement) -> list[Element]:
    """The eleven mandatory elements, in the Recommendation's order."""
    course = achievement
    outcomes = _in_each_language(course, "criteria") and _in_each_language(course, "description")
    level = bool(course.cnc_level) and (
        course.theme != "languages" or bool(course.cefr_level or course.skills)
    )
    award, register = _("given with each award"), _("given by the city's register")
    return [
        Element(name=_("Who the learner is"), there=True, given=award),
        Element(
            name=_("Title of the certificate"),
            there=bool(course.title_fr or course.title_ar),
            field="title_fr",
        ),
        Element(name=_("Country and region of the provider"), there=True, given=register),
        Element(name=_("Who awards it"), there=True, given=register),
        Element(name=_("Date of the award"), there=True, given=award),
        Element(name=_("What it is about and what the learner can do"), there=outcomes, field="criteria_fr"),
        Element(name=_("Hours of learning"), there=bool(course.hours), field="hours"),
        Element(name=_("Level"), there=level, field="cnc_level"),
        Element(name=_("Type of assessment"), there=bool(course.assessment_uri), field="assessment"),
        Element(name=_("How it is taught"), there=bool(course.mode_uri), field="mode"),
        Element(name=_("How quality is assured"), there=True, given=_("the city's accreditation")),
    ]


def _in_each_language(course: Achievement, name: str) -> bool:
    """What has a title in a language has this text in it too."""
    return all(
        getattr(course, f"{name}_{code}") for code in ("fr", "ar") if getattr(course, f"title_{code}")
    ) and any(getattr(course, f"{name}_{code}") for code in ("fr", "ar"))


def lacking(achievement: Achievement) -> list[Element]:
    """Those of them that are not there yet."""
    return [element for element in elements(achievement) if not element.there]


#: What a course says, with the form's words for it.
_SAID: Sequence[tuple[Any, str]] = (
    (_("Title in French"), "title_fr"),
    (_("Title in Arabic"), "title_ar"),
    (_("What it is about, in French"), "description_fr"),
    (_("What it is about, in Arabic"), "description_ar"),
    (_("What the learner can do afterwards, in French"), "criteria_fr"),
    (_("What the learner can do afterwards, in Arabic"), "criteria_ar"),
    (_("Needed beforehand, in French"), "prerequisites_fr"),
    (_("Needed beforehand, in Arabic"), "prerequisites_ar"),
    (_("Theme"), "theme"),
    (_("Kind of certificate"), "kind"),
    (_("Hours of learning"), "hours"),
    (_("Level (CNC)"), "cnc_level"),
    (_("Language level (CEFR)"), "cefr_level"),
    (_("Assessment"), "assessment"),
    (_("Supervision of the assessment"), "identity_check"),
    (_("How it is taught"), "mode"),
    (_("Valid for how many months"), "valid_months"),
    (_("From which age"), "min_age"),
)


def spoken(achievement: Achievement) -> list[tuple[str, str]]:
    """Everything that a course says, as label and text in the active language."""
    language = (get_language() or "fr")[:2]
    lines = []
    for label, name in _SAID:
        show = getattr(achievement, f"get_{name}_display", None)
        lines.append((str(label), str(show() if show else getattr(achievement, name))))
    skills = [skill.get(f"label_{language}") or skill.get("label_fr", "") for skill in achievement.skills]
    digcomp = [frameworks.digcomp_name(item, language) for item in achievement.digcomp]
    lines.append((str(_("Skills (ESCO)")), ", ".join(skills)))
    lines.append((str(_("Digital competences (DigComp)")), ", ".join(digcomp)))
    return lines
