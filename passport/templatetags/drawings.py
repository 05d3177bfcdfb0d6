"""Drawings of a learner's skills: the stair of a level, the wall of a digital area, the tile of a proof."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from passport.skills import AreaLine

register = template.Library()

#: The eight-pointed setting on a canvas of 120.
SETTING = (
    "M60 6l15.8 15.8h22.4v22.4L114 60l-15.8 15.8v22.4H75.8"
    "L60 114l-15.8-15.8H21.8V75.8L6 60l15.8-15.8V21.8h22.4z"
)


@register.simple_tag
def stair(step: int, of: int) -> SafeString:
    """A stair of ``of`` steps, the first ``step`` of them climbed; the words beside it say the same."""
    width, first = 72 / of, 32 / of + 1.3
    rise = (20 - first) / (of - 1)
    parts = []
    for place in range(of):
        x, wide, high = 0.5 + place * width, width - 2.5, first + rise * place
        parts.append(("on" if place < step else "no", f"M{x:.1f} 20.5v-{high:.1f}h{wide:.1f}v{high:.1f}z"))
    return format_html(
        '<svg class="stair" viewBox="0 0 72 21" aria-hidden="true">{}</svg>',
        format_html_join("", '<path class="{}" d="{}"/>', parts),
    )


@register.simple_tag
def area_wall(area: AreaLine) -> SafeString:
    """A wall for an area: one column a competence, four bricks high, laid as far as its level reaches."""
    steps = {line.term.code: line.step for line in area.competences if not line.expired}
    codes = sorted([line.term.code for line in area.competences] + [term.code for term in area.others])
    bricks = [
        ("on" if row < steps.get(code, 0) else "no", f"M{0.5 + column * 15} {33.5 - row * 8.5}h13v-6.5h-13z")
        for column, code in enumerate(codes)
        for row in range(4)
    ]
    return format_html(
        '<svg class="bricks" viewBox="0 0 90 35" aria-hidden="true">{}</svg>',
        format_html_join("", '<path class="{}" d="{}"/>', bricks),
    )


@register.simple_tag
def setting(kind: str = "whole", ring: int = 0) -> SafeString:
    """The tile of a proof: ``whole``, ``past``, ``open``, ``ticked``; ``ring`` is the level in its heart."""
    inner = {
        "whole": '<path class="heart" d="M60 34l18 8 8 18-8 18-18 8-18-8-8-18 8-18z"/>',
        "past": '<path d="M60 42v19l13 9"/>',
        "ticked": '<path class="tick" d="M38 61l15 15 29-32"/>',
    }.get(kind, "")
    points = "".join(
        f'<path class="point" d="M56 40h8v8h-8z" transform="rotate({360 / ring * place:.0f} 60 60)"/>'
        for place in range(ring)
    )
    return format_html(
        '<svg class="setting {}" viewBox="0 0 120 120" aria-hidden="true">'
        '<path class="edge" d="{}"/>{}{}</svg>',
        kind,
        SETTING,
        SafeString(inner),
        SafeString(points),
    )
