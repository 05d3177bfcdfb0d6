"""What templates of courses use: names of skills and competences in the reader's language."""

from django import template
from django.utils.translation import get_language

from credentials import frameworks

register = template.Library()


@register.filter
def skill_name(skill: dict[str, str]) -> str:
    """A skill's name in the reader's language, else in French or English."""
    language = (get_language() or "fr")[:2]
    return skill.get(f"label_{language}") or skill.get("label_fr") or skill.get("label_en", "")


@register.filter
def digcomp_name(item: dict[str, str]) -> str:
    """A DigComp competence with its level."""
    return frameworks.digcomp_name(item, (get_language() or "fr")[:2])
