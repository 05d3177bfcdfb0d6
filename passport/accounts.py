"""Accounts: one door for everybody; passports opened with a proven address, addresses added and taken off.

django-allauth signs in and asks for the second factor; codes and the choice of a passport are ours, since
one phone may lead to several people.
"""

from datetime import datetime
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from credentials import awards
from credentials.people import Person
from issuers.models import Arrondissement

from . import ages, codes, consents, filing
from .errors import (
    AgeFixed,
    LastAddress,
    NotYourPassport,
    PassportError,
    TooManyAddresses,
    TooManyPassports,
    TooYoungAlone,
)
from .models import Address, Code, Learner

MAX_ADDRESSES = 10
MAX_PASSPORTS = 30


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is not typed
    """allauth's hooks: nobody signs up by its own forms, and nobody has a password."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "too_many_login_attempts": _("Too many tries. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_phone(self, user: Any) -> tuple[str, bool] | None:
        return None  # addresses are proved at our own door

    def get_user_by_phone(self, phone: str) -> Learner | None:
        return next(iter(passports_of(kind="phone", value=phone)), None)


def passports_of(*, kind: str, value: str) -> list[Learner]:
    """Everybody who proved this address, the longest here first."""
    return list(
        Learner.objects.filter(
            addresses__kind=kind, addresses__value=value, addresses__verified_at__isnull=False, is_active=True
        ).order_by("joined_at", "pk")
    )


def come_in(*, code: Code, learner: Learner, now: datetime) -> None:
    """The typed code leads into this passport, and proves its address anew.

    Raises CodeUsed, and NotYourPassport for one that the address does not reach.
    """
    if learner not in passports_of(kind=code.kind, value=code.value):
        raise NotYourPassport
    codes.use(code=code, now=now)
    prove(learner=learner, kind=code.kind, value=code.value, now=now)


def open_passport(
    *,
    code: Code,
    name_latin: str,
    name_arabic: str,
    language: str,
    now: datetime,
    birth_year: int | None = None,
) -> Learner:
    """A new passport reached by the address of this typed code; what waits for it is filed.

    She agrees to the one purpose without which there is no passport. Raises BadAward for a name,
    TooYoungAlone under 12, CodeUsed, TooManyPassports.
    """
    if birth_year is not None and not ages.may_assent(birth_year, timezone.localdate(now)):
        raise TooYoungAlone
    person = awards.clean_person(Person(name_latin=name_latin, name_arabic=name_arabic, language=language))
    if len(passports_of(kind=code.kind, value=code.value)) >= MAX_PASSPORTS:
        raise TooManyPassports
    with transaction.atomic():
        codes.use(code=code, now=now)
        learner = new_learner(person, birth_year=birth_year, now=now)
        consents.give(
            learner=learner, purpose=consents.Purpose.PASSPORT.value, language=person.language, now=now
        )
        _write_down(learner=learner, kind=code.kind, value=code.value, now=now)
    filing.address_proven(learner=learner, kind=code.kind, value=code.value, now=now)
    return learner


def new_learner(person: Person, *, now: datetime, **about: Any) -> Learner:
    """A passport with a number that nobody has, in whatever transaction is open. Raises PassportError."""
    for _attempt in range(5):
        try:
            with transaction.atomic():
                return Learner.objects.create_user(
                    name_latin=person.name_latin,
                    name_arabic=person.name_arabic,
                    language=person.language,
                    joined_at=now,
                    **about,
                )
        except IntegrityError:  # the random passport number was taken
            continue
    raise PassportError


def prove(*, learner: Learner, kind: str, value: str, now: datetime) -> Address:
    """The learner has shown that she reads what is sent there; what waits for her is filed.

    The address is committed before the search, so that a certificate issued at the same moment is found
    by one of the two. Raises TooManyAddresses.
    """
    address = _write_down(learner=learner, kind=kind, value=value, now=now)
    filing.address_proven(learner=learner, kind=kind, value=value, now=now)
    return address


@transaction.atomic
def _write_down(*, learner: Learner, kind: str, value: str, now: datetime) -> Address:
    _require_room(learner=learner, kind=kind, value=value)
    primary = not Address.objects.filter(learner=learner, kind=kind, primary=True).exists()
    address, _created = Address.objects.update_or_create(
        learner=learner,
        kind=kind,
        value=value,
        defaults={"verified_at": now, "doubts": 0},
        create_defaults={"verified_at": now, "added_at": now, "primary": primary},
    )
    return address


def _require_room(*, learner: Learner, kind: str, value: str) -> None:
    others = Address.objects.filter(learner=learner).exclude(kind=kind, value=value)
    if others.count() >= MAX_ADDRESSES:
        raise TooManyAddresses


def add_address(*, learner: Learner, code: Code, now: datetime) -> Address:
    """The typed code adds its address to this passport. Raises CodeUsed, TooManyAddresses."""
    _require_room(learner=learner, kind=code.kind, value=code.value)
    codes.use(code=code, now=now)
    return prove(learner=learner, kind=code.kind, value=code.value, now=now)


def rename(*, learner: Learner, name_latin: str, name_arabic: str, language: str) -> None:
    """Names and language as she wants them. Raises BadAward for a name."""
    person = awards.clean_person(Person(name_latin=name_latin, name_arabic=name_arabic, language=language))
    Learner.objects.filter(pk=learner.pk).update(
        name_latin=person.name_latin, name_arabic=person.name_arabic, language=person.language
    )


@transaction.atomic
def forget_address(*, learner: Learner, address_id: int) -> None:
    """Take an address off. Raises LastAddress, and NotYourPassport for one that is not hers."""
    addresses = list(Address.objects.select_for_update().filter(learner=learner))
    gone = next((a for a in addresses if a.pk == address_id), None)
    if gone is None:
        raise NotYourPassport
    if len(addresses) < 2:
        raise LastAddress
    gone.delete()
    rest = [a for a in addresses if a.pk != gone.pk and a.kind == gone.kind]
    if gone.primary and rest:
        Address.objects.filter(pk=rest[0].pk).update(primary=True)


@transaction.atomic
def set_primary(*, learner: Learner, address_id: int) -> None:
    """Messages of this kind go there from now on. Raises NotYourPassport for one that is not hers."""
    addresses = list(Address.objects.select_for_update().filter(learner=learner))
    chosen = next((a for a in addresses if a.pk == address_id), None)
    if chosen is None:
        raise NotYourPassport
    Address.objects.filter(learner=learner, kind=chosen.kind, primary=True).update(primary=False)
    Address.objects.filter(pk=chosen.pk).update(primary=True)


def describe(
    *,
    learner: Learner,
    birth_year: int | None,
    gender: str,
    arrondissement: Arrondissement | None,
    now: datetime,
) -> None:
    """What she tells about herself, if she likes. Raises AgeFixed for a year by which somebody answers."""
    held = Learner.objects.get(pk=learner.pk)
    bound = (
        ages.is_minor(held.birth_year, timezone.localdate(now))
        or held.guardianships.exists()
        or held.wardships.exists()
    )
    if bound and birth_year != held.birth_year:
        raise AgeFixed
    Learner.objects.filter(pk=learner.pk).update(
        birth_year=birth_year, gender=gender, arrondissement=arrondissement
    )


def sign_everybody_out() -> int:
    """End every session; returns how many there were."""
    return Session.objects.all().delete()[0]
