"""Puts a badge into the page itself: a phone on a slow network asks once, not once more a badge."""

from functools import lru_cache

from django import template

from credentials import art
from credentials.models import Achievement

register = template.Library()
#: What an address of the scheme data: may not hold as it is (RFC 3986), and what would end the attribute.
CODED = str.maketrans({"%": "%25", "#": "%23", "<": "%3C", ">": "%3E", "&": "%26", '"': "'"})


@register.simple_tag
def badge(achievement: Achievement) -> str:
    """The address of the drawing, which holds the drawing; its name stands in the image's ``alt``."""
    return _address(
        achievement.pk,
        achievement.issuer.slug,
        achievement.issuer.arrondissement_id,
        achievement.theme,
        achievement.hours,
        achievement.cnc_level,
        achievement.assessed,
    )


@lru_cache(maxsize=512)
def _address(pk: str, slug: str, place: str, theme: str, hours: int, level: int, assessed: bool) -> str:
    drawing = art.badge_svg(
        achievement_id=pk,
        issuer_id=slug,
        place=place,
        theme=theme,
        hours=hours,
        level=level,
        assessed=assessed,
    )
    return "data:image/svg+xml," + drawing.translate(CODED)
