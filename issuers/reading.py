"""What the register's pages read: issuers by district, what one is accredited for, every signing key."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Case, F, Model, QuerySet, When
from django.utils.translation import gettext as _

from . import profiles
from .errors import NotFound
from .models import Arrondissement, City, Issuer, Mandate, SigningKey, Theme

Row = TypeVar("Row", bound=Model)


class Standing(StrEnum):
    """How an accreditation stands on a day."""

    CURRENT = "current"
    COMING = "coming"
    SUSPENDED = "suspended"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accreditation:
    """One mandate as the public sees it; ``until`` is the first day that it no longer covers."""

    theme: Theme
    since: date
    until: date | None
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerFacts:
    """An issuer as its page shows it: the accreditations that stand, and the others."""

    issuer: Issuer
    current: list[Accreditation]
    other: list[Accreditation]


def registered() -> QuerySet[Issuer]:
    """Every issuer that was ever approved; a proposed one is nobody's business yet."""
    return (
        Issuer.objects.filter(approved_at__isnull=False)
        .select_related("arrondissement")
        .prefetch_related("mandates")
    )


def by_arrondissement(*, today: date) -> list[tuple[Arrondissement, list[IssuerFacts]]]:
    """The issuers that may teach today, district by district; a closed one keeps its own page."""
    open_ones = registered().exclude(state=Issuer.State.CLOSED).order_by("arrondissement__code", "name_fr")
    return [
        (district, [issuer_facts(issuer=issuer, today=today) for issuer in issuers])
        for district, issuers in groupby(open_ones, key=lambda issuer: issuer.arrondissement)
    ]


def issuer_facts(*, issuer: Issuer, today: date) -> IssuerFacts:
    """What this issuer is accredited for, as things stand today."""
    given = [_accreditation(each, issuer, today) for each in issuer.mandates.all() if each.approved_at]
    return IssuerFacts(
        issuer=issuer,
        current=[each for each in given if each.standing == Standing.CURRENT],
        other=[each for each in given if each.standing != Standing.CURRENT],
    )


def _accreditation(mandate: Mandate, issuer: Issuer, today: date) -> Accreditation:
    if issuer.state == Issuer.State.CLOSED or (mandate.ends_on and mandate.ends_on <= today):
        standing = Standing.ENDED
    elif mandate.suspended_at or issuer.state == Issuer.State.SUSPENDED:
        standing = Standing.SUSPENDED
    else:
        standing = Standing.CURRENT if mandate.starts_on <= today else Standing.COMING
    return Accreditation(
        theme=Theme(mandate.theme), since=mandate.starts_on, until=mandate.ends_on, standing=standing
    )


def the_city() -> City:
    """The city whose register this is."""
    return City.objects.get(pk=1)


def profile_of(issuer: Issuer, *, city: City | None = None) -> dict[str, Any]:
    """The issuer's Open Badges Profile, the same one that its credentials carry."""
    city = city or the_city()
    return profiles.issuer_profile(
        base_url=settings.BASE_URL,
        slug=issuer.slug,
        name=issuer.name_fr,
        locality=city.name_fr,
        city_name=city.name_fr,
    )


def signing_keys() -> list[SigningKey]:
    """Every key, the city's own first, then provider by provider; what signs now or next comes first."""
    standing = Case(
        When(state=SigningKey.State.ACTIVE, then=0), When(state=SigningKey.State.PENDING, then=1), default=2
    )
    return list(
        SigningKey.objects.select_related("issuer").order_by(
            F("issuer__name_fr").asc(nulls_first=True), "issuer_id", standing, "purpose", "-created_at", "-id"
        )
    )


# -- What operators name by its number or short name ----------------------------------------------
def arrondissement(*, code: str) -> Arrondissement:
    """The district with this code. Raises NotFound."""
    return _found(Arrondissement.objects.filter(pk=code), code)


def issuer(*, slug: str) -> Issuer:
    """The issuer with this short name. Raises NotFound."""
    return _found(Issuer.objects.filter(slug=slug), slug)


def person(*, passport_number: str) -> Any:
    """The learner with this passport number, typed with spaces or without. Raises NotFound."""
    digits = "".join(c for c in passport_number if c.isdigit())
    return _found(get_user_model().objects.filter(passport_number=digits), passport_number)


def _found(rows: QuerySet[Row], name: str) -> Row:
    row = rows.first()
    if row is None:
        raise NotFound(_("Nothing in the register is called %(name)s.") % {"name": name})
    return row
