"""Second factors of staff: enrolment for a demo, and the codes that a demo shows instead of an app."""

import time
from dataclasses import dataclass

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.utils import decrypt
from django.conf import settings

from .errors import PassportError
from .models import Address, Learner


@dataclass(frozen=True, slots=True)
class DemoCode:
    """A member of demo staff, where she signs in, and her code of this half minute."""

    name: str
    roles: str
    address: str
    code: str


def enrol(learner: Learner) -> None:
    """Give a demo account an authenticator with a fresh secret."""
    if not Authenticator.objects.filter(user=learner, type=Authenticator.Type.TOTP).exists():
        TOTP.activate(learner, generate_totp_secret())


def current_code(authenticator: Authenticator) -> str:
    """The code of this half minute. Raises PassportError outside a demo."""
    if not settings.DEMO:
        raise PassportError
    secret = decrypt(authenticator.data["secret"])
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // app_settings.TOTP_PERIOD)))


def demo_codes() -> list[DemoCode]:
    """The codes of everybody enrolled, for the demo's outbox page."""
    enrolled = Authenticator.objects.filter(type=Authenticator.Type.TOTP).select_related("user")
    rows = []
    for authenticator in enrolled:
        learner = authenticator.user
        address = Address.objects.filter(learner=learner).first()
        roles = ", ".join(sorted({str(m.get_role_display()) for m in learner.memberships.all()}))
        rows.append(
            DemoCode(learner.name, roles, address.value if address else "", current_code(authenticator))
        )
    return rows
