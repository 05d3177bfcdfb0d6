"""Two passports of one person become one: the one she is in is kept, and the other's number leads to it.

Whatever belongs to a learner moves, in this app and those above it, by the database's own list of what refers
to her; what both have (an address, a question, a consent) is there once. The other row stays, empty and
closed, so that nobody else is given its number.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from issuers import audit
from issuers.models import Issuer

from . import ages, codes, filing, looks, names, secondfactors
from .errors import (
    BoundPassport,
    MinorsByGuardian,
    NotOnePerson,
    NotYourPassport,
    PassportError,
    SamePassport,
)
from .models import Address, Card, Code, Consent, Entry, Guardianship, Learner, Look, MergedPassport

MERGED = "passports-merged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two, as the page sets them side by side."""

    learner: Learner
    certificates: int
    addresses: list[Address]


def side(learner: Learner) -> Side:
    """What is in this passport."""
    return Side(
        learner=learner,
        certificates=Entry.objects.filter(learner=learner).count(),
        addresses=list(Address.objects.filter(learner=learner)),
    )


def others(*, learner: Learner, code: Code) -> list[Learner]:
    """The other passports that this typed code's address opens, the longest here first."""
    held = Learner.objects.filter(
        addresses__kind=code.kind,
        addresses__value=code.value,
        addresses__verified_at__isnull=False,
        is_active=True,
    )
    return list(held.exclude(pk=learner.pk).order_by("joined_at", "pk"))


@transaction.atomic
def merge(
    *,
    kept: Learner,
    other_id: int,
    now: datetime,
    code: Code | None = None,
    card: Card | None = None,
    by: Learner | None = None,
    house: Issuer | None = None,
) -> Learner:
    """Everything of the other goes into the kept one, for whoever typed a code sent to the other's address,
    or the PIN of its card.

    ``by`` is the guardian or clerk who acts. Raises SamePassport, NotYourPassport for one that neither
    opens, CodeUsed, BoundPassport, MinorsByGuardian, NotOnePerson, PassportError if one is gone.
    """
    if kept.pk == other_id:
        raise SamePassport
    pair = Learner.objects.select_for_update().filter(pk__in=(kept.pk, other_id)).order_by("pk")
    both = {learner.pk: learner for learner in pair}
    if len(both) != 2 or not _opened(both[other_id], kept, code=code, card=card):
        raise NotYourPassport
    mine, other = both[kept.pk], both[other_id]
    if not mine.is_active:
        raise PassportError
    _require_one_person(mine, other, now=now, by=by, seen=house is not None)
    if code is not None:
        codes.use(code=code, now=now)
    _take_names(mine, other)
    Authenticator.objects.filter(user=other).delete()  # her passkeys name the row that closes
    for relation in _relations():
        _move(relation, mine, other)
    MergedPassport.objects.create(number=other.passport_number, learner=mine, merged_at=now, by=by)
    Learner.objects.filter(pk=other.pk).update(
        is_active=False, name_latin="", name_arabic="", birth_year=None, gender="", arrondissement=None
    )
    audit.append(
        event=MERGED, issuer=house, by=by or mine, about=f"learner/{mine.pk}", now=now, other=other.pk
    )
    looks.note(
        learner=mine,
        act=Look.Act.MERGED,
        by=by,
        house=house,
        what="merge",
        about=other.passport_number,
        now=now,
    )
    for kind, value in Address.objects.filter(learner=mine, verified_at__isnull=False).values_list(
        "kind", "value"
    ):
        filing.address_proven(learner=mine, kind=kind, value=value, now=now)
    return mine


def _opened(other: Learner, kept: Learner, *, code: Code | None, card: Card | None) -> bool:
    """Whether what was proved opens the other: a typed code's address, or the card that it has now."""
    if card is not None:
        living = Card.objects.filter(pk=card.pk, learner=other, replaced_at__isnull=True)
        return other.is_active and living.exists()
    return code is not None and other in others(learner=kept, code=code)


def _require_one_person(
    mine: Learner, other: Learner, *, now: datetime, by: Learner | None, seen: bool
) -> None:
    """A code shows who reads a phone, and families share one: names, years and families must agree too."""
    if secondfactors.asked(other):
        raise BoundPassport
    minors = [ages.is_minor(learner.birth_year, timezone.localdate(now)) for learner in (mine, other)]
    if any(minors) and by is None:
        raise MinorsByGuardian
    years = {mine.birth_year, other.birth_year} - {None}
    alike = names.match(
        latin=(mine.name_latin, other.name_latin), arabic=(mine.name_arabic, other.name_arabic)
    )
    pair = (mine, other)
    family = Guardianship.objects.filter(guardian__in=pair, ward__in=pair).exists()
    if len(years) > 1 or family or not (alike or seen):
        raise NotOnePerson


def _take_names(mine: Learner, other: Learner) -> None:
    """What the kept one does not say, the other's says."""
    for field in ("name_latin", "name_arabic", "birth_year", "gender", "arrondissement"):
        if not getattr(mine, field):
            setattr(mine, field, getattr(other, field))
    mine.joined_at = min(mine.joined_at, other.joined_at)
    mine.save()


def _relations() -> list[Any]:
    """Every foreign key in the database that names a learner: hers, and what she did for others."""
    found = Learner._meta.get_fields(include_hidden=True)  # Django's own documented door
    return [
        one for one in found if isinstance(one, models.ManyToOneRel) and one.field.model not in _NOT_MOVED
    ]


#: Groups and permissions of Django's admin: nobody has any.
_NOT_MOVED = (Learner.groups.through, Learner.user_permissions.through)


def _move(relation: Any, mine: Learner, other: Learner) -> None:
    """Point these rows to the kept one; a row that the kept one has already goes, or stays with the other."""
    model, name = relation.related_model, relation.field.name
    if (model, name) == (Address, "learner"):
        Address.objects.filter(learner=other).update(primary=False)
    if (model, name) == (Consent, "learner"):
        _end_doubled(mine, other)
    rows = model._base_manager.filter(**{name: other})  # whatever hides rows on pages
    try:
        with transaction.atomic():
            rows.update(**{name: mine})
    except IntegrityError:
        for row in rows:
            _move_one(model, row.pk, name, mine)
    if model is Address:
        _one_primary(mine)


def _move_one(model: Any, pk: Any, name: str, mine: Learner) -> None:
    try:
        with transaction.atomic():
            model._base_manager.filter(pk=pk).update(**{name: mine})  # as above
    except IntegrityError:
        if name == "learner":  # hers twice: once is enough
            model._base_manager.filter(pk=pk).delete()  # as above


def _end_doubled(mine: Learner, other: Learner) -> None:
    """Of two living consents to one purpose the kept passport's lives on; the other stays as a record."""
    living = Consent.objects.filter(learner=mine, withdrawn_at__isnull=True).values("purpose")
    doubled = Consent.objects.filter(learner=other, withdrawn_at__isnull=True, purpose__in=living)
    doubled.update(withdrawn_at=models.F("given_at"))


def _one_primary(mine: Learner) -> None:
    for kind in ("phone", "email"):
        held = Address.objects.filter(learner=mine, kind=kind)
        first = held.first()
        if first and not held.filter(primary=True).exists():
            Address.objects.filter(pk=first.pk).update(primary=True)
