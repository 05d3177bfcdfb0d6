"""A wrong year of birth, corrected at a desk by a clerk who sees the identity document; and what hangs on it.

By that year somebody answers for her, or she for somebody, so she cannot change it alone.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from issuers import audit
from issuers.models import Issuer

from . import ages, desk, families, handover, looks, sharing
from .errors import AnswersForChildren, GuardianMissing, NotSeen
from .models import Guardianship, Learner, Look

CORRECTED = "desk.birth-year-corrected"


@transaction.atomic
def correct(
    *,
    learner: Learner,
    birth_year: int,
    seen: bool,
    guardian: str,
    relationship: str,
    by: Learner,
    house: Issuer,
    now: datetime,
) -> None:
    """The year on the paper that the clerk sees; families and links follow it in the same moment.

    Whoever is of age by it needs no guardian any more. Whoever is a minor by it shares nothing until a
    guardian agrees; under 12 the guardian is there, and answers for her from now on. Raises NotSeen,
    AnswersForChildren for whoever would answer for a child while under age, GuardianMissing, TooManyWards.
    """
    if not seen:
        raise NotSeen
    held, today = Learner.objects.select_for_update().get(pk=learner.pk), timezone.localdate(now)
    was_minor, is_minor = (ages.is_minor(year, today) for year in (held.birth_year, birth_year))
    if is_minor and families.wards_of(held):
        raise AnswersForChildren
    held.birth_year = birth_year
    held.save(update_fields=["birth_year"])
    if is_minor:
        _require_guardian(held, number=guardian, relationship=relationship, by=by, house=house, now=now)
        if not was_minor:
            sharing.take_back(learner=held, now=now)
    else:
        handover.grown_up(learner=held, by=by, house=house, now=now)
    looks.note(learner=held, act=Look.Act.DESK_ACTED, by=by, house=house, what=desk.BIRTH_YEAR, now=now)
    audit.append(event=CORRECTED, now=now, issuer=house, by=by, learner=held.pk, minor=is_minor)


def _require_guardian(
    minor: Learner, *, number: str, relationship: str, by: Learner, house: Issuer, now: datetime
) -> None:
    """A guardian who is named begins to answer; under 12 somebody does, or nothing is changed."""
    if number.strip():
        adult = desk.guardian_for(birth_year=minor.birth_year, number=number, now=now)
        if adult is None or adult.pk == minor.pk:
            raise GuardianMissing
        families.begin(
            guardian=adult,
            ward=minor,
            relationship=relationship,
            how=Guardianship.How.DESK,
            own_birth_year=None,
            by=by,
            house=house,
            now=now,
        )
        return
    alone = ages.may_assent(minor.birth_year or 0, timezone.localdate(now))
    if not alone and not families.guardians_of(minor):
        raise GuardianMissing
