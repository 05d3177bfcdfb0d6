"""Counts verdicts by day and door. Who asked, and about which certificate, is never kept."""

import logging
from datetime import date, datetime

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F, Sum
from django.utils import timezone

from .models import VerificationCount
from .report import Verdict

log = logging.getLogger(__name__)


def count(*, verdict: Verdict, door: str, now: datetime) -> None:
    """Add one. A database that is busy costs a count, never a verdict."""
    line = VerificationCount.objects.filter(on=timezone.localdate(now), door=door, verdict=verdict.value)
    try:
        with transaction.atomic():
            if not line.update(times=F("times") + 1):
                _first(verdict=verdict, door=door, now=now)
    except OperationalError:
        log.warning("verification not counted")


def _first(*, verdict: Verdict, door: str, now: datetime) -> None:
    on = timezone.localdate(now)
    try:
        with transaction.atomic():
            VerificationCount.objects.create(on=on, door=door, verdict=verdict.value, times=1)
    except IntegrityError:  # another process made this line a moment ago
        VerificationCount.objects.filter(on=on, door=door, verdict=verdict.value).update(times=F("times") + 1)


def given(*, on: date) -> dict[str, int]:
    """How many verdicts of each kind were given on this day, through all doors."""
    counted = VerificationCount.objects.filter(on=on).values_list("verdict").annotate(n=Sum("times"))
    return {verdict.value: 0 for verdict in Verdict} | dict(counted)
