"""A level drawn as the stairs of the city's parapets, and said to whoever does not see them."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()

STEPS = 8


@register.simple_tag
def stairs(level: int) -> SafeString:
    """Eight steps of which ``level`` are climbed."""
    steps = format_html_join(
        "",
        '<path class="{}" d="M{} 20.5v-{}h7.2v{}z"/>',
        (
            ("on" if step < level else "no", f"{0.5 + 9 * step:g}", rise, rise)
            for step, rise in ((step, f"{5 + 2.1 * step:g}") for step in range(STEPS))
        ),
    )
    label = _("Step %(level)s of %(steps)s") % {"level": level, "steps": STEPS}
    return format_html(
        '<svg class="stair" viewBox="0 0 72 21" role="img" aria-label="{}">{}</svg>', label, steps
    )
