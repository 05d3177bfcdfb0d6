"""Second factors of staff, passkeys by which learners come in, and the codes that a demo shows instead."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from credentials.letters import Letter
from issuers.errors import NotAllowed, SamePerson, WrongState
from issuers.models import Membership, Role
from issuers.registry import record

from . import seals, telling
from .errors import LastFactor, NotYourPassport, PassportError
from .models import Address, Learner
from .numbers import grouped

Kind = Authenticator.Type
KINDS = (Kind.TOTP, Kind.WEBAUTHN)
MAX_PASSKEYS = 10


class Adapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is not typed
    """How this service and its people are called by apps and passkeys, and how an app's secret is kept."""

    def is_mfa_enabled(self, user: Any, types: Any = None) -> bool:
        return super().is_mfa_enabled(user, types) and asked(user)

    def encrypt(self, text: str) -> str:
        return seals.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return seals.unseal(encrypted_text)

    def get_totp_label(self, user: Any) -> str:
        return f"{settings.HOST}:{user.passport_number}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": settings.HOST.partition(":")[0], "name": settings.MFA_TOTP_ISSUER}

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        told: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        return told | {"display_name": user.name, "name": grouped(user.passport_number)}


@dataclass(frozen=True, slots=True)
class Factor:
    """One second factor as its owner sees it."""

    pk: int
    kind: str
    name: str
    added_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class DemoCode:
    """A member of demo staff, where she signs in, and her code of this half minute."""

    name: str
    roles: str
    address: str
    code: str


def needed(learner: Learner) -> bool:
    """Whether a role of hers asks for a second factor."""
    return Membership.objects.filter(person=learner).exists()


def asked(learner: Learner) -> bool:
    """Whether a code alone does not let her in: a role needs a second factor, or she has the app.

    A learner's passkey is a way in beside the code, and never stands in the code's way: she may lose it.
    """
    return needed(learner) or Authenticator.objects.filter(user=learner, type=Kind.TOTP).exists()


def of(learner: Learner) -> list[Factor]:
    """Her authenticator app and her passkeys, the oldest first."""
    held = Authenticator.objects.filter(user=learner, type__in=KINDS).order_by("created_at", "pk")
    return [
        Factor(
            pk=one.pk,
            kind=one.type,
            name=one.data.get("name", "") if one.type == Kind.WEBAUTHN else str(_("Authenticator app")),
            added_at=one.created_at,
            last_used_at=one.last_used_at,
        )
        for one in held
    ]


def new_secret() -> str:
    """A fresh key for an authenticator app, in base32."""
    return str(generate_totp_secret())


def set_up_app(*, learner: Learner, secret: str) -> Authenticator:
    """Her authenticator app, whose first digits were right; the one she has already, if there is one."""
    with transaction.atomic():
        Learner.objects.select_for_update().get(pk=learner.pk)  # two clicks, one authenticator
        held = Authenticator.objects.filter(user=learner, type=Kind.TOTP).first()
        return held or TOTP.activate(learner, secret).instance


def add_passkey(*, learner: Learner, name: str, answer: dict[str, Any]) -> Authenticator:
    """A passkey whose answer was checked. Raises PassportError beyond ten."""
    count = Authenticator.objects.filter(user=learner, type=Kind.WEBAUTHN).count()
    if count >= MAX_PASSKEYS:
        raise PassportError(_("Ten passkeys are enough. Remove one before you add another."))
    numbered = _("Passkey %(number)d") % {"number": count + 1}
    return WebAuthn.add(learner, name.strip() or str(numbered), answer).instance


def add_way_in(*, learner: Learner, name: str, answer: dict[str, Any]) -> Authenticator:
    """A passkey by which a learner comes in; she hears of it where she is reached. Raises PassportError."""
    added = add_passkey(learner=learner, name=name, answer=answer)
    address = Address.objects.filter(learner=learner, verified_at__isnull=False).first()
    if address is not None:
        telling.tell(kind=address.kind, value=address.value, language=learner.language, letter=_new_passkey)
    return added


def _new_passkey() -> Letter:
    says = gettext("A passkey now opens your passport. Not you? Remove it under Settings.")
    return Letter(subject=gettext("A new passkey"), says=says, short=says)


def remove(*, learner: Learner, factor_id: int) -> None:
    """Take a second factor off. Raises LastFactor where her role needs one, NotYourPassport for another's."""
    with transaction.atomic():
        Learner.objects.select_for_update().get(pk=learner.pk)
        held = Authenticator.objects.filter(user=learner, type__in=KINDS)
        gone = held.filter(pk=factor_id).first()
        if gone is None:
            raise NotYourPassport
        if held.count() < 2 and needed(learner):
            raise LastFactor
        gone.delete()


@transaction.atomic
def reset(*, learner: Learner, asked_by: Learner, confirmed_by: Learner, now: datetime) -> int:
    """Take all her second factors away when she has lost them, and end her sessions; how many there were.

    Two people stand for it who may know her: an owner where she works, or staff of the city who name and
    approve; and neither is herself. She sets up another when she next signs in. Raises NotAllowed,
    SamePerson, and WrongState when she has none.
    """
    if asked_by.pk == confirmed_by.pk:
        raise SamePerson(_("Two people must stand for it. Name another as well."))
    houses = Membership.objects.filter(person=learner).values("issuer")
    for person in (asked_by, confirmed_by):
        held = Membership.objects.filter(person=person)
        of_the_city = Q(issuer__isnull=True, role__in=(Role.OFFICER, Role.APPROVER))
        if person.pk == learner.pk or not held.filter(of_the_city | Q(issuer__in=houses, role=Role.OWNER)):
            raise NotAllowed
    Learner.objects.select_for_update().get(pk=learner.pk)
    gone = Authenticator.objects.filter(user=learner, type__in=KINDS)
    number: int = gone.count()
    if not number:
        raise WrongState(_("She has no second step that could be taken away."))
    gone.delete()
    learner.set_unusable_password()  # another hash, with which none of her sessions agrees any more
    learner.save(update_fields=["password"])
    first = Membership.objects.filter(person=learner, issuer__isnull=False).select_related("issuer").first()
    record(
        event="second-factor-reset",
        issuer=first.issuer if first else None,
        by=asked_by,
        now=now,
        person=learner.pk,
        confirmed_by=confirmed_by.pk,
        number=number,
    )
    return number


def use_digits(*, learner: Learner, digits: str) -> None:
    """Digits count once, for as long as the tolerance lets them be right. Raises ValidationError."""
    period = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
    if not cache.add(f"passport.digits:{learner.pk}:{digits}", 1, timeout=period):
        raise ValidationError(_("This code is not right, or was used already. Wait for the next one."))


# -- The demo ---------------------------------------------------------------------------------------
def enrol(learner: Learner) -> None:
    """Give a demo account an authenticator with a fresh secret."""
    set_up_app(learner=learner, secret=new_secret())


def current_code(authenticator: Authenticator) -> str:
    """The code of this half minute. Raises PassportError outside a demo."""
    if not settings.DEMO:
        raise PassportError
    secret = decrypt(authenticator.data["secret"])
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // app_settings.TOTP_PERIOD)))


def demo_codes() -> list[DemoCode]:
    """The codes of everybody enrolled, for the demo's outbox page."""
    enrolled = Authenticator.objects.filter(type=Kind.TOTP).select_related("user")
    rows = []
    for authenticator in enrolled:
        learner = authenticator.user
        address = Address.objects.filter(learner=learner).first()
        roles = ", ".join(sorted({str(m.get_role_display()) for m in learner.memberships.all()}))
        rows.append(
            DemoCode(learner.name, roles, address.value if address else "", current_code(authenticator))
        )
    return rows
