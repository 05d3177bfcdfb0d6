"""Pure. What happens in the demo's year: classes that end, who is on their lists, what is changed later."""

import random
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from . import data, rosters, season
from .crowd import Citizen, Crowd
from .rosters import Seat

#: How many of a hundred classes a provider holds; the first has the campaign besides, a quarter in all.
SHARES = {
    "P02": 17,
    "P01": 15,
    "P07": 12,
    "P05": 11,
    "P09": 10,
    "P12": 9,
    "P06": 8,
    "P10": 6,
    "P03": 5,
    "P04": 4,
    "P08": 2,
    "P11": 1,
}
#: The campaign: (month, day), its share of the certificates, what the list is called. The first is the peak.
CAMPAIGN_COURSE = "C08"
CAMPAIGN = (
    (6, 18, 0.04, "Semaine du numérique, été"),
    (12, 10, 0.03, "Semaine du numérique, hiver"),
    (4, 23, 0.034, "Semaine du numérique, printemps"),
)
#: Classes of years ago, of courses whose certificates have expired since, and their share.
EXPIRED, EXPIRED_SHARE = ("C11", "C14", "C18", "C20", "C23"), 0.01
#: From how many to how many people are in a class, and how many of a hundred classes.
SIZES = ((3, 7, 8), (8, 22, 60), (20, 40, 27), (41, 80, 5))
LECTURES, LECTURE, LECTURE_SHARE = ("C11", "C12", "C21", "C24", "C25"), (120, 420), 0.07
#: How many certificates are changed later: act → share.
CHANGES = {"revoke": 0.004, "suspend": 0.0018, "reinstate": 0.0022, "replace": 0.005}
HALTED = ("P08", "P11", "P04")  # one of them has its mandate suspended for an afternoon


@dataclass(slots=True, kw_only=True)
class Group:
    """A class whose certificates are awarded together; ``key`` stays the same.

    ``halted``: between acceptance and issue the city suspends the mandate, and gives it back the same day.
    """

    key: str
    code: str
    provider: str
    awarded_on: date
    moment: datetime
    name: str
    size: int
    seats: list[Seat] = field(default_factory=list)
    halted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of one certificate later."""

    moment: datetime
    act: str
    key: str
    row: int
    seat: Seat


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What happens, each list in its order."""

    groups: Sequence[Group]
    changes: Sequence[Change]
    joining: Sequence[tuple[datetime, Citizen]]

    def fullest(self) -> dict[tuple[str, str], int]:
        """By provider and theme, the most lines of one day."""
        themes = {course["code"]: course["theme"] for course in data.courses()}
        of_day: Counter[tuple[str, str, date]] = Counter()
        for group in self.groups:
            of_day[group.provider, themes[group.code], group.moment.date()] += len(group.seats)
        fullest: dict[tuple[str, str], int] = {}
        for (provider, theme, _day), lines in of_day.items():
            fullest[provider, theme] = max(lines, fullest.get((provider, theme), 0))
        return fullest


def plan(
    *, now: datetime, last: date, certificates: int, seed: int, numbers: Collection[str], opened: datetime
) -> Plan:
    """The year that ends with ``last``, the same one for the same arguments.

    ``numbers`` are passport numbers that others have; nobody joins before ``opened``.
    """
    dice = random.Random(seed)  # noqa: S311  # a story that is the same every time, no secret
    courses = {course["code"]: course for course in data.courses()}
    houses = {row["id"]: row["arrondissement"] for row in data.providers()}
    crowd = Crowd(dice=dice, numbers=numbers, opened=opened, now=now)
    groups = _groups(dice, courses, season.year_before(last), certificates)
    for group in groups:
        group.seats = rosters.seats(
            dice=dice,
            crowd=crowd,
            course=courses[group.code],
            house=houses[group.provider],
            size=group.size,
            moment=group.moment,
        )
    _halt(groups)
    return Plan(groups=groups, changes=_changes(dice, groups, certificates, now), joining=_joining(groups))


# -- Classes ----------------------------------------------------------------------------------------
def _groups(
    dice: random.Random, courses: dict[str, dict[str, Any]], days: list[date], certificates: int
) -> list[Group]:
    """Every class, with nobody in it yet, in the order of their moments."""
    largest = max(12, certificates // 80)
    meetings = [
        (season.nearest(days, month=month, number=number), CAMPAIGN_COURSE, round(certificates * share), name)
        for month, number, share, name in CAMPAIGN
    ]
    sizes = _sizes(dice, round(certificates * EXPIRED_SHARE), lecture=0, largest=largest)
    for size in sizes:
        day = season.open_day_before(days[0] - timedelta(days=dice.randint(380, 620)), back=1)
        meetings.append((day, dice.choice(EXPIRED), size, ""))
    left = certificates - sum(size for _day, _code, size, _name in meetings)
    sizes = _sizes(dice, left, lecture=LECTURE_SHARE, largest=largest)
    meetings += [
        (day, _course(dice, courses, size), size, "")
        for day, size in zip(season.spread(sizes, days), sizes, strict=True)
    ]
    meetings.sort()
    letters: Counter[str] = Counter()
    groups = []
    for number, (day, code, size, name) in enumerate(meetings, start=1):
        month = f"{day:%Y-%m}"
        letters[code + month] += 1
        back = dice.choices((0, 1, 2), weights=(5, 3, 2))[0]
        groups.append(
            Group(
                key=f"demo-year-{number:05d}",
                code=code,
                provider=courses[code]["provider"],
                awarded_on=season.open_day_before(day, back=back),
                moment=season.at(day, hour=dice.randint(8, 15), minute=dice.randint(0, 59)),
                name=f"{name} {day.year}" if name else f"{month} {_letters(letters[code + month])}",
                size=size,
            )
        )
    return sorted(groups, key=lambda group: (group.moment, group.key))


def _sizes(dice: random.Random, people: int, *, lecture: float, largest: int) -> list[int]:
    """Classes for so many people, most of 8 to 40; that share of the people sits in lectures."""
    sizes: list[int] = []
    crowded = people * lecture
    while sum(sizes) < crowded:
        sizes.append(min(dice.randint(*LECTURE), largest))
    left = people - sum(sizes)
    while left > 0:
        least, most, _share = dice.choices(SIZES, weights=[share for *_, share in SIZES])[0]
        sizes.append(min(dice.randint(least, most), largest, left))
        left -= sizes[-1]
    dice.shuffle(sizes)
    return sizes


def _course(dice: random.Random, courses: dict[str, dict[str, Any]], size: int) -> str:
    """What is taught: a lecture to hundreds; else by provider, the short courses more often."""
    if size > SIZES[-1][1]:
        return dice.choice(LECTURES)
    provider = dice.choices(list(SHARES), weights=list(SHARES.values()))[0]
    taught = [course for course in courses.values() if course["provider"] == provider]
    return str(dice.choices(taught, weights=[course["hours"] ** -0.5 for course in taught])[0]["code"])


def _letters(number: int) -> str:
    """A, B … Z, AA, AB …"""
    found = ""
    while number:
        number, rest = divmod(number - 1, 26)
        found = chr(ord("A") + rest) + found
    return found


def _halt(groups: Sequence[Group]) -> None:
    """One class in the second half of the year, the only one of its provider on that day."""
    alone = Counter((group.provider, group.moment.date()) for group in groups)
    for group in groups[len(groups) // 2 :]:
        if group.provider in HALTED and alone[group.provider, group.moment.date()] == 1:
            group.halted = True
            return


# -- Afterwards -------------------------------------------------------------------------------------
def _changes(dice: random.Random, groups: Sequence[Group], certificates: int, now: datetime) -> list[Change]:
    """Which certificates are revoked, suspended, reinstated and, wrongly spelt most of them, replaced."""
    issued = [
        (group, row, seat)
        for group in groups
        for row, seat in enumerate(group.seats, start=1)
        if seat.ends == "issued" and not group.halted and group.moment < now - timedelta(days=40)
    ]
    slips = [line for line in issued if line[2].wrong]
    counts = {act: max(2, round(certificates * share)) for act, share in CHANGES.items()}
    replaced = dice.sample(slips, min(len(slips), counts.pop("replace")))
    others = dice.sample([line for line in issued if not line[2].wrong], sum(counts.values()))
    rest = iter(others)
    found = [_change(dice, "replace", line) for line in replaced]
    for act, number in counts.items():
        for line in (next(rest) for _ in range(number)):
            change = _change(dice, "suspend" if act == "reinstate" else act, line)
            found.append(change)
            if act == "reinstate":
                found.append(_change(dice, act, line, after=change.moment))
    return sorted(found, key=lambda change: (change.moment, change.key, change.row))


def _change(
    dice: random.Random, act: str, line: tuple[Group, int, Seat], *, after: datetime | None = None
) -> Change:
    """In the late afternoon of an open day, within the eighteen days after that moment."""
    group, row, seat = line
    day = (after or group.moment).date() + timedelta(days=dice.randint(3, 15))
    while not season.is_open(day):
        day += timedelta(days=1)
    moment = season.at(day, hour=16, minute=dice.randint(0, 59))
    return Change(moment=moment, act=act, key=group.key, row=row, seat=seat)


def _joining(groups: Sequence[Group]) -> list[tuple[datetime, Citizen]]:
    """Everybody who opens a passport, the first first."""
    known = {seat.citizen.passport_number: seat.citizen for group in groups for seat in group.seats}
    joining = [(one.joined_at, one) for one in known.values() if one.joined_at]
    return sorted(joining, key=lambda pair: (pair[0], pair[1].passport_number))
