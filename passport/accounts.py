"""Accounts: one door for everybody, a code by phone or e-mail; passports opened, addresses proven.

django-allauth signs in and asks for the second factor; the code and the choice of a passport are ours,
since one phone may lead to several people.
"""

import hashlib
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.cache import cache
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credentials import awards, messengers

from . import filing
from .errors import PassportError
from .models import Address, Learner

CODE_HOLDS = timedelta(minutes=10)
MAX_TRIES = 5


class CodeWrong(PassportError):
    """Not the code that was sent."""

    message = gettext_lazy("This is not the code we sent. Look again at the newest message.")


class CodeGone(PassportError):
    """The code has run out, was used, or was tried too often."""

    message = gettext_lazy("This code no longer holds. Ask for another.")


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is not typed
    """allauth's hooks: nobody signs up by its own forms, and nobody has a password."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_phone(self, user: Any) -> tuple[str, bool] | None:
        return None  # addresses are proved at our own door

    def get_user_by_phone(self, phone: str) -> Learner | None:
        return next(iter(passports_of(kind="phone", value=phone)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A code under way, as the session keeps it: its digest alone."""

    kind: str
    value: str
    digest: str
    expires: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def read_address(text: str) -> tuple[str, str]:
    """(kind, value) of a phone or an e-mail as people type it. Raises BadAward with the remedy."""
    if "@" in text:
        return "email", awards.clean_email(text)
    return "phone", awards.clean_phone(text)


def send_code(*, kind: str, value: str, language: str, now: datetime) -> Pending:
    """Send a fresh six-digit code, whether or not anybody is known by that address."""
    code = f"{secrets.randbelow(1_000_000):06d}"
    with translation.override(language):
        text = _("%(code)s is your code for the learner passport. It holds for 10 minutes.") % {"code": code}
        subject = _("Your code for the learner passport")
    if kind == "email":
        send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [value])
    else:
        messengers.send_sms(to=value, text=text)
    return Pending(kind=kind, value=value, digest=_digest(code), expires=(now + CODE_HOLDS).timestamp())


def check_code(*, pending: Pending, typed: str, now: datetime) -> None:
    """Raises CodeGone when it ran out or was tried too often, CodeWrong otherwise unless it is right.

    Each try takes one of five places in the shared cache, whose key decides between tries made at once.
    """
    if now.timestamp() >= pending.expires:
        raise CodeGone
    last = _take_try(pending)
    digits = "".join(str(int(c)) for c in typed if c.isdecimal())
    if not secrets.compare_digest(_digest(digits), pending.digest):
        raise CodeGone if last else CodeWrong


def _take_try(pending: Pending) -> bool:
    """Take a place; returns whether it was the last. Raises CodeGone when none is left."""
    name = _digest(f"{pending.kind}|{pending.value}|{pending.expires}|{pending.digest}")
    for place in range(1, MAX_TRIES + 1):
        if cache.add(f"door.try:{name}:{place}", 1, timeout=2 * int(CODE_HOLDS.total_seconds())):
            return place == MAX_TRIES
    raise CodeGone


def _digest(code: str) -> str:
    return hashlib.sha256(f"{settings.SECRET_KEY}|{code}".encode()).hexdigest()


def passports_of(*, kind: str, value: str) -> list[Learner]:
    """Everybody who proved this address, the longest here first."""
    return list(
        Learner.objects.filter(
            addresses__kind=kind, addresses__value=value, addresses__verified_at__isnull=False, is_active=True
        ).order_by("joined_at")
    )


@transaction.atomic
def open_passport(
    *, name_latin: str, name_arabic: str, language: str, kind: str, value: str, now: datetime
) -> Learner:
    """A new passport with one proven address; what waits for it is filed. Raises BadAward for a name."""
    person = awards.clean_person(
        awards.Person(name_latin=name_latin, name_arabic=name_arabic, language=language)
    )
    for _attempt in range(5):
        try:
            with transaction.atomic():
                learner = Learner.objects.create_user(
                    name_latin=person.name_latin,
                    name_arabic=person.name_arabic,
                    language=language,
                    joined_at=now,
                )
            break
        except IntegrityError:  # the random passport number was taken
            continue
    else:
        raise PassportError
    prove(learner=learner, kind=kind, value=value, now=now)
    return learner


@transaction.atomic
def prove(*, learner: Learner, kind: str, value: str, now: datetime) -> Address:
    """The learner has shown that she reads what is sent there; what waits for her is filed."""
    first = not Address.objects.filter(learner=learner, kind=kind, primary=True).exists()
    address, _created = Address.objects.update_or_create(
        learner=learner,
        kind=kind,
        value=value,
        defaults={"verified_at": now},
        create_defaults={"verified_at": now, "added_at": now, "primary": first},
    )
    filing.address_proven(learner=learner, kind=kind, value=value, now=now)
    return address


def rename(*, learner: Learner, name_latin: str, name_arabic: str, language: str) -> None:
    """Names and language as she wants them. Raises BadAward for a name."""
    person = awards.clean_person(
        awards.Person(name_latin=name_latin, name_arabic=name_arabic, language=language)
    )
    Learner.objects.filter(pk=learner.pk).update(
        name_latin=person.name_latin, name_arabic=person.name_arabic, language=language
    )


@transaction.atomic
def forget_address(*, learner: Learner, address_id: int) -> None:
    """Take an address off; the last one stays, or nobody could come back in. Raises PassportError."""
    addresses = list(Address.objects.select_for_update().filter(learner=learner))
    if len(addresses) < 2:
        raise PassportError(
            _("This is your only address: without it you could not come back in. Add another first.")
        )
    gone = next((a for a in addresses if a.pk == address_id), None)
    if gone is None:
        raise PassportError
    gone.delete()
    rest = [a for a in addresses if a.pk != gone.pk and a.kind == gone.kind]
    if gone.primary and rest:
        Address.objects.filter(pk=rest[0].pk).update(primary=True)
