"""What the roll-call's screen shows: the code, its address, the characters to type."""

from django import template
from django.conf import settings
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from credentials import results
from credentials.models import Enrolment, Session
from credentials.qr import qr_svg

register = template.Library()


@register.simple_tag
def roll_code(token: str) -> SafeString:
    """The picture that leads whoever scans it into the session."""
    return SafeString(qr_svg(f"{settings.BASE_URL}/join/{token}", title=_("QR code of this roll-call")))


@register.simple_tag
def join_address() -> str:
    """Where the code is typed."""
    return f"{settings.HOST}/join"


@register.filter
def result_of(seat: Enrolment, session: Session) -> str:
    """Her result as people write it."""
    return results.shown(session.achievement.results, seat.result)


@register.filter
def in_threes(code: str) -> str:
    """``K7M 2PX``."""
    return f"{code[:3]} {code[3:]}"
