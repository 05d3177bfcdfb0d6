"""The end of a guardianship: at 18 by itself, before that at a desk; and how each side hears of it."""

import logging
from collections import Counter
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from credentials.letters import Letter
from issuers import audit
from issuers.models import Issuer

from . import asking, families, telling
from .ages import OF_AGE
from .errors import AlreadyDecided
from .models import Address, GuardianRequest, Guardianship, Learner

log = logging.getLogger(__name__)


def tend(*, now: datetime) -> int:
    """End what has come of age, and tell the young adults; returns how many guardianships ended."""
    ended = come_of_age(now=now)
    tell(now=now)
    return ended


def come_of_age(*, now: datetime, limit: int = 500) -> int:
    """End every guardianship whose ward has certainly turned 18. Twice, or in two processes: once."""
    last_year = now.year - 1 - OF_AGE
    due = Guardianship.objects.filter(ended_at__isnull=True, ward__birth_year__lte=last_year)
    return sum(_end(one, reason=Guardianship.Reason.OF_AGE, now=now) for one in due[:limit])


def end(*, guardianship: Guardianship, reason: str, by: Learner, house: Issuer, now: datetime) -> None:
    """A clerk ends it, at the desk or by a judge's decision. Raises AlreadyDecided."""
    if not _end(guardianship, reason=reason, by=by, house=house, now=now):
        raise AlreadyDecided


def grown_up(*, learner: Learner, by: Learner, house: Issuer, now: datetime) -> int:
    """A desk found that she is of age: nobody answers for her any more; how many did."""
    living = Guardianship.objects.filter(ward=learner, ended_at__isnull=True)
    return sum(_end(one, reason=Guardianship.Reason.OF_AGE, by=by, house=house, now=now) for one in living)


@transaction.atomic
def _end(
    one: Guardianship, *, reason: str, now: datetime, by: Learner | None = None, house: Issuer | None = None
) -> bool:
    taken = Guardianship.objects.filter(pk=one.pk, ended_at__isnull=True).update(
        ended_at=now, end_reason=reason, ended_by=by
    )
    if taken:
        audit.append(
            event=families.ENDED,
            issuer=house,
            by=by,
            about=f"guardianship/{one.pk}",
            now=now,
            how=str(reason),
        )
    return bool(taken)


def tell(*, now: datetime, limit: int = 100) -> int:
    """Write once to each young adult whose passport is hers alone now; returns how many were written to."""
    waiting = Guardianship.objects.filter(
        end_reason=Guardianship.Reason.OF_AGE, told_at__isnull=True
    ).select_related("ward")[:limit]
    told = 0
    for one in waiting:
        if not Guardianship.objects.filter(
            ward=one.ward, told_at__isnull=True, ended_at__isnull=False
        ).update(told_at=now):
            continue  # told with another of hers, or by another process
        for kind, value in _addresses(one.ward):
            told += telling.tell(kind=kind, value=value, language=one.ward.language, letter=_of_age)
    return told


def tell_guardian(*, asked: GuardianRequest) -> bool:
    """Write to whoever is asked to answer for a minor; whether it left. It names nobody."""
    return telling.tell(kind=asked.kind, value=asked.value, language=asked.ward.language, letter=_asked)


def _of_age() -> Letter:
    link = f"{settings.BASE_URL}/me/"
    says = _("You are of age: your learner passport is yours alone. %(link)s") % {"link": link}
    short = _("You are of age: your passport is yours alone. %(link)s") % {"link": link}
    return Letter(subject=_("Your learner passport is yours alone"), says=says, short=short)


def _asked() -> Letter:
    link = f"{settings.BASE_URL}/me/family"
    says = _("A young person asks for your yes in the learner passport. Open: %(link)s") % {"link": link}
    short = _("A minor asks for your yes: %(link)s") % {"link": link}
    return Letter(subject=_("A young person asks you to be their guardian"), says=says, short=short)


def _addresses(learner: Learner) -> list[tuple[str, str]]:
    """Her own address, where one is hers alone; the shared one where there is no other."""
    held = list(
        Address.objects.filter(learner=learner, verified_at__isnull=False).values_list("kind", "value")
    )
    shared = Counter(
        Address.objects.filter(value__in=[value for _kind, value in held]).values_list("kind", "value")
    )
    return sorted(held, key=lambda one: shared[one])[:1]


def news_for(*, learner: Learner, now: datetime) -> list[str]:
    """What waits for her when she signs in, each in one sentence; that she is of age is said once."""
    news = []
    fresh = Guardianship.objects.filter(
        ward=learner, end_reason=Guardianship.Reason.OF_AGE, read_at__isnull=True
    )
    if fresh.update(read_at=now):
        news.append(_("You are of age: this passport is yours alone now. Nobody else acts in it."))
    if asking.requests_to(learner=learner, now=now):
        news.append(_("A young person asks for your yes. You find it under Family."))
    if families.assents(learner, now) and families.asked_to_say(learner):
        news.append(_("Your guardian has agreed to something for you. Say yes or no under Family."))
    return news
