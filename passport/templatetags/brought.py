"""Documents from elsewhere, as lists and the timeline draw them."""

from datetime import datetime

from django import template

from passport import presenting_imports
from passport.models import Import
from passport.presenting_imports import Line

register = template.Library()


@register.simple_tag
def from_elsewhere(brought: Import, now: datetime) -> Line:
    """It with its face at this moment, and with who signed it."""
    return presenting_imports.line(brought, now=now)
