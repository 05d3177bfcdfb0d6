"""Pure. The calendar by which the demo's year teaches: open days, holidays, and how full each month is."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate

#: Public holidays on a fixed date; those of the lunar calendar are announced each year, so none is here.
HOLIDAYS = {
    (1, 1): "Nouvel an",
    (1, 11): "Manifeste de l’indépendance",
    (1, 14): "Nouvel an amazigh",
    (5, 1): "Fête du travail",
    (7, 30): "Fête du trône",
    (8, 14): "Journée de Oued Ed-Dahab",
    (8, 20): "Révolution du roi et du peuple",
    (8, 21): "Fête de la jeunesse",
    (11, 6): "Marche verte",
    (11, 18): "Fête de l’indépendance",
}
#: Days that lie in Ramadan, whatever evening the moon was seen; other years have none here.
RAMADAN = (
    (date(2024, 3, 12), date(2024, 4, 9)),
    (date(2025, 3, 2), date(2025, 3, 30)),
    (date(2026, 2, 19), date(2026, 3, 19)),
)
QUIET = 0.55  # of a day in Ramadan
SATURDAY = 0.45
#: How much ends on a weekday of each month: what began in autumn and in winter ends before the breaks.
MONTHS = (0.9, 1.0, 1.35, 1.0, 1.1, 4.0, 0.5, 0.12, 0.55, 0.9, 1.0, 1.35)
SUMMER = ((6, 1), (7, 10))  # the season, as full as June
#: The campaign's days, as (month, day), with its share of the year's certificates. The first is the peak.
CAMPAIGN = (((6, 18), 0.04), ((12, 10), 0.03), ((4, 23), 0.034))


def is_open(day: date) -> bool:
    """Whether anybody works: not on Sundays and public holidays."""
    return day.weekday() != 6 and (day.month, day.day) not in HOLIDAYS


def weight(day: date) -> float:
    """How much ends on this day, relatively."""
    if not is_open(day):
        return 0.0
    summer = SUMMER[0] <= (day.month, day.day) <= SUMMER[1]
    share = MONTHS[5] if summer else MONTHS[day.month - 1]
    share *= SATURDAY if day.weekday() == 5 else 1
    return share * (QUIET if any(first <= day <= last for first, last in RAMADAN) else 1)


def year_before(last: date) -> list[date]:
    """The 365 days that end with ``last``."""
    return [last - timedelta(days=back) for back in range(364, -1, -1)]


def spread(sizes: Sequence[int], days: Sequence[date]) -> Iterator[date]:
    """The day of each class, in their order: as many people finish on a day as its weight says."""
    reached = list(accumulate(map(weight, days)))
    whole, done = sum(sizes), 0.0
    for size in sizes:
        yield days[bisect_left(reached, reached[-1] * (done + size / 2) / whole)]
        done += size


def nearest(days: Sequence[date], *, month: int, number: int) -> date:
    """The open day among these that is nearest to that date of its year."""
    return min(filter(is_open, days), key=lambda day: abs((day - date(day.year, month, number)).days))


def open_day_before(day: date, *, back: int) -> date:
    """The ``back``-th open day before this one; the day itself for none."""
    while back:
        day -= timedelta(days=1)
        back -= is_open(day)
    return day


def at(day: date, *, hour: int, minute: int = 0) -> datetime:
    """That day at an hour of UTC, one less than in Casablanca."""
    return datetime.combine(day, time(hour, minute), tzinfo=UTC)
