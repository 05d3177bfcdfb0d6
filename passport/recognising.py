"""Coming back after a long time: an address that nobody proved for a year may be somebody else's by now.

Phone numbers are given to other people. So a passport that such an address alone would open asks for one
thing more, in digits: the year of birth, or the number of the passport. Three wrong answers end it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F
from django.utils.crypto import constant_time_compare

from . import numbers, secondfactors
from .errors import DoubtedTooOften, NotRecognised, NotYourPassport
from .models import Address, Code, Learner

#: Operators give a number to somebody else some months after it fell silent.
LONG = timedelta(days=365)
MAX_DOUBTS = 3


def asks(*, learner: Learner, code: Code, now: datetime) -> bool:
    """Whether this address alone no longer opens this passport: not proved for a year, and no second step."""
    address = _address(learner, code)
    proved = address.verified_at if address else None
    stale = proved is None or proved <= now - LONG
    return stale and not secondfactors.asked(learner)


def require(*, learner: Learner, code: Code, fact: str) -> None:
    """The year of birth or the passport's number, in any script of digits; each wrong answer is counted.

    Raises NotRecognised, DoubtedTooOften, and NotYourPassport for one that the address does not reach.
    """
    address = _address(learner, code)
    if address is None:
        raise NotYourPassport
    mine = Address.objects.filter(pk=address.pk)
    if not mine.filter(doubts__lt=MAX_DOUBTS).update(doubts=F("doubts") + 1):
        raise DoubtedTooOften
    if not _fits(learner, fact):
        tried_out = mine.filter(doubts__gte=MAX_DOUBTS).exists()
        raise DoubtedTooOften if tried_out else NotRecognised
    mine.update(doubts=0)


def _address(learner: Learner, code: Code) -> Address | None:
    return Address.objects.filter(
        learner=learner, kind=code.kind, value=code.value, verified_at__isnull=False
    ).first()


def _fits(learner: Learner, fact: str) -> bool:
    digits = "".join(str(int(c)) for c in fact if c.isdecimal())
    known = [learner.passport_number, *learner.merged.values_list("number", flat=True)]
    if len(digits) == 4:
        return learner.birth_year is not None and constant_time_compare(digits, str(learner.birth_year))
    number = numbers.normalise(digits) or ""
    return any(constant_time_compare(number, one) for one in known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Somebody as the door names her: with her names, or after a long time with their first letters alone."""

    pk: int
    name_latin: str
    name_arabic: str
    asked: bool
    since: datetime


def shown(learner: Learner, *, code: Code, now: datetime) -> Shown:
    """How the door names this passport to whoever has this address now."""
    asked = asks(learner=learner, code=code, now=now)
    latin, arabic = learner.name_latin, learner.name_arabic
    return Shown(
        pk=learner.pk,
        name_latin=initials(latin) if asked else latin,
        name_arabic=initials(arabic) if asked else arabic,
        asked=asked,
        since=learner.joined_at,
    )


def initials(name: str) -> str:
    """``F. Z. E. I.``: enough for whoever it is, too little for whoever has her number now."""
    return " ".join(f"{word[0]}." for word in name.replace("-", " ").split())
