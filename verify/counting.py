"""Counts verdicts by day and door. Who asked, and about which certificate, is never kept."""

import logging
from datetime import datetime

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F
from django.utils import timezone

from .models import VerificationCount
from .report import Verdict

log = logging.getLogger(__name__)


def count(*, verdict: Verdict, door: str, now: datetime) -> None:
    """Add one. A database that is busy costs a count, never a verdict."""
    line = {"on": timezone.localdate(now), "door": door, "verdict": verdict.value}
    try:
        with transaction.atomic():
            if not VerificationCount.objects.filter(**line).update(times=F("times") + 1):
                _first(line)
    except OperationalError:
        log.warning("verification not counted")


def _first(line: dict[str, object]) -> None:
    try:
        with transaction.atomic():
            VerificationCount.objects.create(**line, times=1)
    except IntegrityError:  # somebody else's first came first
        VerificationCount.objects.filter(**line).update(times=F("times") + 1)
