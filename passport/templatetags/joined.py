"""The sessions that a learner has joined, for her pages."""

from django import template

from credentials.models import Session
from passport import joining
from passport.models import Learner

register = template.Library()


@register.simple_tag
def coming_sessions(learner: Learner) -> list[Session]:
    """Those that are not over."""
    return joining.coming(learner=learner)
