"""Families: who answers for a minor, how that begins and ends, and what a minor may share.

Under 12 the guardian acts alone; from 12 on the minor says yes or no herself too; at 18 it ends by itself.
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from credentials import awards
from credentials.people import Person
from issuers import audit
from issuers.models import Issuer

from . import accounts, ages, consents, numbers
from .errors import (
    AssentNeeded,
    GuardianAlready,
    GuardianNeeded,
    NotAMinor,
    NotOfAge,
    NotYourPassport,
    TooManyWards,
    UnknownNumber,
)
from .models import Address, Assent, Consent, Guardianship, Learner

SHOWING, PASSPORT = Consent.Purpose.SHOWING.value, Consent.Purpose.PASSPORT.value
How, Reason = Guardianship.How, Guardianship.Reason
MAX_WARDS = 30
#: What each end of a guardianship says in the log.
BEGAN, ENDED = "guardianship-began", "guardianship-ended"


# -- Who ------------------------------------------------------------------------------------------
def is_minor(learner: Learner, now: datetime) -> bool:
    """Whether somebody answers for her: she may be under 18, by the year she gave."""
    return ages.is_minor(learner.birth_year, timezone.localdate(now))


def assents(learner: Learner, now: datetime) -> bool:
    """Whether she is a minor who is asked herself: from 12 on."""
    year = learner.birth_year
    return year is not None and is_minor(learner, now) and ages.may_assent(year, timezone.localdate(now))


def guardians_of(learner: Learner) -> list[Guardianship]:
    """Who answers for her at present, the longest first."""
    return list(_living().filter(ward=learner).select_related("guardian", "house"))


def wards_of(learner: Learner) -> list[Guardianship]:
    """For whom she answers at present, the longest first."""
    return list(_living().filter(guardian=learner).select_related("ward", "house"))


def ended_of(learner: Learner) -> list[Guardianship]:
    """What has ended, as guardian or as ward, the newest first."""
    ended = Guardianship.objects.filter(ended_at__isnull=False).select_related("ward", "guardian", "house")
    mine = ended.filter(guardian=learner) | ended.filter(ward=learner)
    return list(mine.order_by("-ended_at")[:20])


def answers_for(guardian: Learner, ward: Learner, now: datetime) -> bool:
    """Whether this guardian acts for this minor now."""
    return is_minor(ward, now) and _living().filter(guardian=guardian, ward=ward).exists()


def wardship_of(*, guardian: Learner, guardianship_id: int) -> Guardianship:
    """One minor for whom she answers. Raises NotYourPassport, the same for foreign and unknown."""
    found = _living().filter(guardian=guardian, pk=guardianship_id).select_related("ward").first()
    if found is None:
        raise NotYourPassport
    return found


def _living() -> QuerySet[Guardianship]:
    return Guardianship.objects.filter(ended_at__isnull=True)


# -- Beginning ------------------------------------------------------------------------------------
@transaction.atomic
def open_for_child(
    *,
    guardian: Learner,
    name_latin: str,
    name_arabic: str,
    language: str,
    birth_year: int,
    relationship: str,
    own_birth_year: int | None,
    now: datetime,
    address_id: int | None = None,
    by: Learner | None = None,
    house: Issuer | None = None,
) -> Guardianship:
    """A passport for her child, with a number of its own, reached by the guardian's address if she says so.

    Raises BadAward for a name, NotAMinor, NotOfAge, TooManyWards, and NotYourPassport for an address that
    is not the guardian's.
    """
    person = awards.clean_person(Person(name_latin=name_latin, name_arabic=name_arabic, language=language))
    if not ages.is_minor(birth_year, timezone.localdate(now)):
        raise NotAMinor
    address = Address.objects.filter(pk=address_id, learner=guardian).first() if address_id else None
    if address_id and address is None:
        raise NotYourPassport
    ward = accounts.new_learner(person, birth_year=birth_year, now=now)
    begun = begin(
        guardian=guardian,
        ward=ward,
        relationship=relationship,
        how=How.OPENED,
        own_birth_year=own_birth_year,
        by=by,
        house=house,
        now=now,
    )
    consents.give(
        learner=ward,
        purpose=PASSPORT,
        language=guardian.language,
        channel=Consent.Channel.DESK.value if house else Consent.Channel.SELF.value,
        by=guardian,
        house=house,
        now=now,
    )
    if address and address.verified_at:
        accounts.prove(learner=ward, kind=address.kind, value=address.value, now=now)
    return begun


def link_at_desk(
    *, guardian: Learner, number: str, relationship: str, by: Learner, house: Issuer, now: datetime
) -> Guardianship:
    """A clerk who saw both links them; the child is named by its passport number.

    Raises UnknownNumber, NotAMinor, NotOfAge, GuardianAlready, TooManyWards.
    """
    ward = Learner.objects.filter(passport_number=numbers.normalise(number) or "", is_active=True).first()
    if ward is None:
        raise UnknownNumber
    return begin(
        guardian=guardian,
        ward=ward,
        relationship=relationship,
        how=How.DESK,
        own_birth_year=None,
        by=by,
        house=house,
        now=now,
    )


@transaction.atomic
def begin(
    *,
    guardian: Learner,
    ward: Learner,
    relationship: str,
    how: str,
    own_birth_year: int | None,
    by: Learner | None,
    house: Issuer | None,
    now: datetime,
) -> Guardianship:
    """From now on this guardian answers for this minor.

    Raises NotOfAge, NotAMinor, GuardianAlready, TooManyWards.
    """
    held = Learner.objects.select_for_update().get(pk=guardian.pk)
    if held.birth_year is None and own_birth_year is not None:
        held.birth_year = own_birth_year
    if held.birth_year is None or is_minor(held, now):
        raise NotOfAge
    held.save(update_fields=["birth_year"])
    if not is_minor(ward, now):
        raise NotAMinor
    if guardian.pk == ward.pk or _living().filter(guardian=guardian, ward=ward).exists():
        raise GuardianAlready
    if _living().filter(guardian=guardian).count() >= MAX_WARDS:
        raise TooManyWards
    try:
        with transaction.atomic():
            begun = Guardianship.objects.create(
                guardian=held, ward=ward, relationship=relationship, how=how, since=now, by=by, house=house
            )
    except IntegrityError as error:  # somebody linked them a moment ago
        raise GuardianAlready from error
    audit.append(
        event=BEGAN, issuer=house, by=by or guardian, about=f"guardianship/{begun.pk}", now=now, how=str(how)
    )
    return begun


# -- Sharing --------------------------------------------------------------------------------------
def may_share(learner: Learner, now: datetime) -> bool:
    """Whether she may show her entries to others: of age, or with a guardian's yes and, from 12, her own."""
    try:
        require_may_share(learner, now)
    except (GuardianNeeded, AssentNeeded):
        return False
    return True


def require_may_share(learner: Learner, now: datetime) -> None:
    """Raises GuardianNeeded or AssentNeeded, each with what is to be done, where she may not share."""
    if not is_minor(learner, now):
        return
    if not guardian_agrees(learner):
        raise GuardianNeeded
    if assents(learner, now) and said(learner, SHOWING) is not True:
        raise AssentNeeded


def guardian_agrees(ward: Learner) -> bool:
    """Whether somebody who answers for her has agreed that she shares."""
    return Consent.objects.filter(
        learner=ward,
        purpose=SHOWING,
        withdrawn_at__isnull=True,
        by__in=_living().filter(ward=ward).values("guardian"),
    ).exists()


@transaction.atomic
def allow_sharing(*, wardship: Guardianship, now: datetime) -> Consent:
    """The guardian agrees that the minor shares; a yes of somebody else's in its place ends."""
    ward = wardship.ward
    if not is_minor(ward, now):
        raise NotAMinor
    if not guardian_agrees(ward):
        consents.withdraw(learner=ward, purpose=SHOWING, now=now)
    return consents.give(
        learner=ward, purpose=SHOWING, language=wardship.guardian.language, by=wardship.guardian, now=now
    )


def stop_sharing(*, wardship: Guardianship, now: datetime) -> bool:
    """The guardian takes it back; whether there was anything to take back."""
    return consents.withdraw(learner=wardship.ward, purpose=SHOWING, now=now)


def say(*, learner: Learner, purpose: str, yes: bool, language: str, now: datetime) -> Assent:
    """A minor of 12 or more says yes or no herself. Raises NotAMinor for whoever is not asked."""
    if not assents(learner, now):
        raise NotAMinor
    return Assent.objects.create(
        learner=learner,
        purpose=purpose,
        text_version=consents.TEXTS[purpose][0],
        language=language,
        yes=yes,
        said_at=now,
    )


def said(learner: Learner, purpose: str) -> bool | None:
    """What she said last, if she was asked."""
    return Assent.objects.filter(learner=learner, purpose=purpose).values_list("yes", flat=True).first()


def asked_to_say(learner: Learner) -> list[str]:
    """What her guardians agreed to and she has not answered yet: purposes."""
    given = Consent.objects.filter(
        learner=learner,
        purpose__in=(PASSPORT, SHOWING),
        withdrawn_at__isnull=True,
        by__in=_living().filter(ward=learner).values("guardian"),
    ).values_list("purpose", flat=True)
    return [purpose for purpose in given if said(learner, purpose) is None]
