"""Pure. The people of the demo's year: neighbours with names, phones and habits, alike for like dice."""

import json
import random
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import accumulate
from pathlib import Path

from credentials.people import check_digits

from . import data, season

PHONES = ("683", "685", "686")  # ranges that nobody uses: see README.md
#: From which age to which, and how many of a hundred.
AGES = ((15, 17, 10), (18, 24, 25), (25, 34, 25), (35, 49, 25), (50, 74, 15))
YOUNG = ((15, 17, 30), (18, 24, 50), (25, 34, 15), (35, 49, 5))
WORKING = ((18, 24, 38), (25, 34, 36), (35, 49, 20), (50, 64, 6))
ELDERS = ((18, 24, 5), (25, 34, 15), (35, 49, 40), (50, 74, 40))
AGES_OF = (
    dict.fromkeys(("C04", "C13", "C24", "C30"), YOUNG)
    | dict.fromkeys(("C03", "C05", "C10", "C18", "C19", "C23", "C26", "C27", "C28", "C29"), WORKING)
    | dict.fromkeys(("C01", "C08", "C09"), ELDERS)
)
WOMEN = 0.56
WOMEN_OF = {"C01": 0.8, "C06": 0.66, "C14": 0.76, "C22": 0.96, "C26": 0.08, "C27": 0.85, "C29": 0.07}
#: How many come back for another course, live near by, share a relative's phone.
BACK, NEAR, SHARE = 0.28, 0.35, 0.1
#: When somebody opens a passport: before her first certificate, after it, or not at all.
BEFORE, AFTER = 0.28, 0.31
TRIES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Citizen:
    """Somebody who takes courses; ``joined_at`` is when she opens a passport, if she does.

    ``kind`` says by which address providers know her, ``scripts`` in which her passport has her name.
    """

    passport_number: str
    name_latin: str
    name_arabic: str
    family_name: str
    gender: str
    birth_year: int
    district: str
    prefecture: str
    language: str
    kind: str
    phone: str
    email: str
    scripts: str
    joined_at: datetime | None

    @property
    def address(self) -> str:
        """Where providers reach her; nothing if they only have paper."""
        known = {"phone": self.phone, "email": self.email, "passport": self.passport_number}
        return known.get(self.kind, "")


class Crowd:
    """Everybody who came to a course so far."""

    def __init__(
        self, *, dice: random.Random, numbers: Collection[str], opened: datetime, now: datetime
    ) -> None:
        self._dice = dice
        self._opened, self._now = opened, now
        self._districts = {row["code"]: row for row in data.census()["arrondissements"]}
        self._numbers = set(numbers)  # of passports; those of somebody else are not given again
        self._names: set[tuple[object, ...]] = set()  # each with whom it tells her from
        self._phones: set[str] = set()
        self._by_prefecture: dict[str, list[Citizen]] = defaultdict(list)
        self._taken: set[tuple[str, str]] = set()

    def somebody_for(self, course: Mapping[str, object], *, house: str, moment: datetime) -> Citizen:
        """Who takes a seat: now and then somebody who took another course, else a new face."""
        code = str(course["code"])
        citizen = self._returning(course, house=house, moment=moment) if self._dice.random() < BACK else None
        citizen = citizen or self._newcomer(course, house=house, moment=moment)
        self._taken.add((code, citizen.passport_number))
        return citizen

    def _returning(self, course: Mapping[str, object], *, house: str, moment: datetime) -> Citizen | None:
        pool = self._by_prefecture[self._district_for(house)["prefecture_code"]]
        women = WOMEN_OF.get(str(course["code"]), WOMEN)
        for _ in range(TRIES if pool else 0):
            one = self._dice.choice(pool)
            fits = self._dice.random() < (women if one.gender == "f" else 1 - women) * 2
            old_enough = moment.year - 1 - one.birth_year >= int(str(course["min_age"]))
            if fits and old_enough and (course["code"], one.passport_number) not in self._taken:
                return one
        return None

    def _newcomer(self, course: Mapping[str, object], *, house: str, moment: datetime) -> Citizen:
        dice, code = self._dice, str(course["code"])
        district = self._district_for(house)
        gender = "f" if dice.random() < WOMEN_OF.get(code, WOMEN) else "m"
        phone, family = "", None
        pool = self._by_prefecture[district["prefecture_code"]]
        relative = dice.choice(pool) if pool and dice.random() < SHARE else None
        if relative and relative.phone:
            district = self._districts[relative.district]
            phone, family = relative.phone, relative.family_name
        born = moment.year - self._age(code, least=int(str(course["min_age"])))
        latin, arabic, family = self._name(
            gender, family=family, beside=(phone,) if phone else (district["code"], born)
        )
        kind = dice.choices(("phone", "email", "passport", ""), weights=(77, 11, 6, 6))[0]
        if kind == "phone" or (kind == "email" and dice.random() < 0.4):
            phone = phone or self._phone()
        number = self._number()
        citizen = Citizen(
            passport_number=number,
            name_latin=latin,
            name_arabic=arabic,
            family_name=family,
            gender=gender,
            birth_year=born,
            district=district["code"],
            prefecture=district["prefecture_code"],
            language=dice.choices(("ar", "fr", "en"), weights=(58, 41, 1))[0],
            kind=kind,
            phone=phone if kind in ("phone", "email") else "",
            email=f"{_ascii(latin)}.{number[4:8]}@example.org" if kind == "email" else "",
            scripts=dice.choices(("both", "latin", "arabic"), weights=(80, 11, 9))[0],
            joined_at=self._joining(kind, moment),
        )
        self._by_prefecture[citizen.prefecture].append(citizen)
        self._names.add((citizen.phone, latin))
        return citizen

    def _joining(self, kind: str, moment: datetime) -> datetime | None:
        """Evenings, when the classes are over; who is known by passport number has one already."""
        chance = self._dice.random()
        if kind == "passport" or chance < BEFORE:
            days = -self._dice.randint(1, 420)
        elif chance < BEFORE + AFTER:
            days = int(self._dice.expovariate(1 / 30))
        else:
            return None
        day = max(moment + timedelta(days=days), self._opened)
        joined = season.at(day.date(), hour=self._dice.randint(17, 19), minute=self._dice.randint(0, 59))
        return joined if joined < self._now else None

    def _district_for(self, house: str) -> dict[str, str]:
        """Where somebody lives who comes to this house: near by, or anywhere that people are in need."""
        near = self._dice.random() < NEAR
        prefecture = self._districts[house]["prefecture_code"]
        rows = [row for row in self._districts.values() if not near or row["prefecture_code"] == prefecture]
        found: dict[str, str] = self._dice.choices(rows, weights=[_need(row) for row in rows])[0]
        return found

    def _age(self, code: str, *, least: int) -> int:
        bands = AGES_OF.get(code, AGES)
        while True:
            youngest, oldest, _share = self._dice.choices(bands, weights=[share for *_, share in bands])[0]
            age = self._dice.randint(youngest, oldest)
            if age > least:
                return age

    def _name(self, gender: str, *, family: str | None, beside: tuple[object, ...]) -> tuple[str, str, str]:
        """A name in both scripts, and the family's; nobody ``beside`` her has it: some are double."""
        given, families = _names("female" if gender == "f" else "male"), _names("family")
        last = next((row for row in families if row["fr"] == family), None) or self._pick(families)
        firsts = [self._pick(given)]
        while (*beside, latin := _joined([*firsts, last], "fr")) in self._names:
            second = self._pick(given)
            firsts = [second] if second in firsts or len(firsts) > 1 else [*firsts, second]
        self._names.add((*beside, latin))
        return latin, _joined([*firsts, last], "ar"), last["fr"]

    def _pick(self, rows: Sequence[dict[str, str]]) -> dict[str, str]:
        return self._dice.choices(rows, cum_weights=_weights(len(rows)))[0]

    def _phone(self) -> str:
        while True:
            value = f"+212{self._dice.choice(PHONES)}{self._dice.randrange(200_000, 1_000_000)}"
            if value not in self._phones:
                self._phones.add(value)
                return value

    def _number(self) -> str:
        while True:
            body = str(self._dice.randrange(10_000_000, 100_000_000))
            if (number := body + check_digits(body)) not in self._numbers:
                self._numbers.add(number)
                return number


@cache
def _names(kind: str) -> list[dict[str, str]]:
    """The common names first, then the others."""
    path = Path(__file__).parent / "data" / "more-names.json"
    more: list[dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))[kind]
    return data.names(kind) + more


@cache
def _weights(count: int) -> tuple[float, ...]:
    """The first of a list of names is met ten times as often as the hundredth."""
    return tuple(accumulate(1 / (place + 10) for place in range(count)))


def _joined(rows: Sequence[dict[str, str]], script: str) -> str:
    return " ".join(row[script] for row in rows)


def _need(row: Mapping[str, float]) -> float:
    """How many learners live there, relatively: its adults, more of them where fewer read or have work."""
    share = (row["illiteracy_15plus_pct"] + row["unemployment_pct"]) / 100
    return row["pop_15plus"] * (1 + share)


def _ascii(name: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFKD", name.lower()) if c.isascii())
    return ".".join(bare.replace("-", " ").replace("’", "").split())
