"""How many text messages may go out: to one number, for one provider, in the whole city; counted by the day.

A fault or a fraud in one place must cost neither a family its peace nor the city its money. Codes to sign in
are not counted here: they have limits of their own, and nobody waits for them behind certificates.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.crypto import salted_hmac

from .models import SmsDay

Scope = SmsDay.Scope
MONTH = timedelta(days=30)
#: Counted days are kept a little longer than anything asks for them.
KEPT = timedelta(days=35)
#: In the morning, not at midnight: a phone lies beside somebody who sleeps.
MORNING = time(8, 30)
#: Why a message has to wait, and why it waits no longer.
OVER_TODAY, OVER_MONTH = "over-budget-today", "over-budget"


class Wanted(NamedTuple):
    """A text message that is about to leave."""

    id: str
    to: str
    issuer_id: int | None


@transaction.atomic
def spend(wanted: Sequence[Wanted], *, now: datetime) -> dict[str, str]:
    """Count those for which there is room; the others by id, with ``OVER_TODAY`` or ``OVER_MONTH``.

    However many there are, the database is asked the same few questions.
    """
    if not wanted:
        return {}
    on = timezone.localdate(now)
    counted = {each.id: _counts(each) for each in wanted}
    rows = sorted({row for each in counted.values() for row in each})
    SmsDay.objects.bulk_create(
        [SmsDay(on=on, scope=scope, key=key) for scope, key in rows], ignore_conflicts=True
    )
    held = _held(rows, on=on).order_by("scope", "key")  # in one order: no two workers wait for each other
    today = {(row.scope, row.key): row.sent for row in held.select_for_update()}
    numbers = [key for scope, key in rows if scope == Scope.NUMBER]
    sums = SmsDay.objects.filter(scope=Scope.NUMBER, key__in=numbers, on__gt=on - MONTH)
    month = Counter(dict(sums.values_list("key").annotate(n=Sum("sent"))))
    most = _most()
    refused: dict[str, str] = {}
    spent: Counter[tuple[str, str]] = Counter()
    for each in wanted:
        number = number_key(each.to)
        if month[number] >= settings.SMS_PER_NUMBER_A_MONTH:
            refused[each.id] = OVER_MONTH
        elif any(today[row] + spent[row] >= most[row[0]] for row in counted[each.id]):
            refused[each.id] = OVER_TODAY
        else:
            month[number] += 1
            spent.update(counted[each.id])
    _move(spent, on=on, by=1)
    return refused


def give_back(unsent: Sequence[Wanted], *, now: datetime) -> None:
    """Uncount messages that did not leave after all."""
    counts = Counter(row for each in unsent for row in _counts(each))
    _move(counts, on=timezone.localdate(now), by=-1)


def _counts(each: Wanted) -> list[tuple[str, str]]:
    counts = [(Scope.CITY.value, ""), (Scope.NUMBER.value, number_key(each.to))]
    if each.issuer_id is not None:
        counts.append((Scope.PROVIDER.value, str(each.issuer_id)))
    return counts


def _most() -> dict[str, int]:
    return {
        Scope.NUMBER.value: settings.SMS_PER_NUMBER_A_DAY,
        Scope.PROVIDER.value: settings.SMS_PER_PROVIDER_A_DAY,
        Scope.CITY.value: settings.SMS_PER_CITY_A_DAY,
    }


def _held(rows: Iterable[tuple[str, str]], *, on: date) -> QuerySet[SmsDay]:
    keys: dict[str, list[str]] = {}
    for scope, key in rows:
        keys.setdefault(scope, []).append(key)
    chosen = Q()
    for scope, these in keys.items():
        chosen |= Q(scope=scope, key__in=these)
    return SmsDay.objects.filter(chosen, on=on)


def _move(counts: Counter[tuple[str, str]], *, on: date, by: int) -> None:
    """Add or take away, with one statement for each different number."""
    numbers: dict[int, list[tuple[str, str]]] = {}
    for row, number in counts.items():
        numbers.setdefault(number, []).append(row)
    for number, rows in numbers.items():
        step = number * by
        _held(rows, on=on).filter(sent__gte=-step if step < 0 else 0).update(sent=F("sent") + step)


def next_morning(now: datetime) -> datetime:
    """When what is over today's budget is tried again."""
    day = timezone.localdate(now) + timedelta(days=1)
    return timezone.make_aware(datetime.combine(day, MORNING))


def number_key(to: str) -> str:
    """The number as it is counted: nobody reads from the counts who got messages."""
    return salted_hmac("credentials.budgets", to, algorithm="sha256").hexdigest()


def forget(*, now: datetime) -> int:
    """Delete the counts that no budget asks for any more."""
    return SmsDay.objects.filter(on__lt=timezone.localdate(now) - KEPT).delete()[0]
