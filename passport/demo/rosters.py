"""Pure. The lists of the demo's year: how a provider writes down who was there, slips and all."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from . import data
from .crowd import Citizen, Crowd

#: What slips in when somebody else writes a name down.
SLIPS = (("ss", "s"), ("nn", "n"), ("mm", "m"), ("ou", "u"), ("kh", "k"), ("ia", "iya"), ("a", "e"))
#: Of all lines: a slip, an initial for the first name, no address.
SLIP, INITIAL, NO_ADDRESS = 0.03, 0.01, 0.03
#: Of all lists: in one script alone, somebody named twice, a name too long for the paper.
LATIN_ALONE, ARABIC_ALONE, TWICE, TOO_LONG = 0.12, 0.08, 0.06, 0.03
LONG = (72, 80)  # letters
NO_ROOM = 77  # letters that leave none for any title


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One line of a list: a citizen as she was written down, and what becomes of it."""

    citizen: Citizen
    name_latin: str
    name_arabic: str
    kind: str
    address: str
    wrong: bool = False  # another spelling than hers
    ends: str = "issued"


def seats(
    *,
    dice: random.Random,
    crowd: Crowd,
    course: Mapping[str, object],
    house: str,
    size: int,
    moment: datetime,
) -> list[Seat]:
    """A list with ``size`` lines that become certificates, and now and then one that does not."""
    chance = dice.random()
    scripts = "latin" if chance < LATIN_ALONE else "arabic" if chance > 1 - ARABIC_ALONE else "both"
    told_apart: dict[tuple[str, ...], Seat] = {}
    while len(told_apart) < size:
        seat = _written(dice, crowd.somebody_for(course, house=house, moment=moment), scripts)
        told_apart.setdefault((seat.name_latin, seat.name_arabic, seat.kind, seat.address), seat)
    found = list(told_apart.values())
    chance = dice.random()
    if chance < TWICE:
        found += [replace(seat, ends="duplicate") for seat in dice.sample(found, min(len(found), 3))]
    elif chance > 1 - TOO_LONG and len(str(course["title_fr"])) > 30:
        one = crowd.somebody_for(course, house=house, moment=moment)
        found.append(_too_long(dice, one))
    return found


def _written(dice: random.Random, one: Citizen, scripts: str) -> Seat:
    latin = one.name_latin if scripts != "arabic" else ""
    arabic = one.name_arabic if scripts != "latin" else ""
    kind, address = ("", "") if dice.random() < NO_ADDRESS else (one.kind, one.address)
    chance, wrong = dice.random(), False
    if latin and chance < SLIP:
        latin, arabic, wrong = misspelt(latin), "", True
    elif latin and chance < SLIP + INITIAL:
        latin, arabic, wrong = f"{latin[0]}. {latin.partition(' ')[2]}", "", True
    return Seat(
        citizen=one,
        name_latin=latin,
        name_arabic=arabic,
        kind=kind if address else "",
        address=address,
        wrong=wrong,
    )


def _too_long(dice: random.Random, one: Citizen) -> Seat:
    """With the names of her fathers, in Arabic letters alone: more than the printed code holds."""
    name = one.name_arabic
    while len(name) < LONG[0]:
        longer = f"{name} {dice.choice(data.names('family'))['ar']}"
        name = longer if len(longer) <= LONG[1] else f"{name} بن علي"
    while len(name) < NO_ROOM:
        name += " علي"
    return Seat(
        citizen=one, name_latin="", name_arabic=name, kind=one.kind, address=one.address, ends="failed"
    )


def misspelt(name: str) -> str:
    """The name with one slip of the pen."""
    for right, wrong in SLIPS:
        if right in name:
            return name.replace(right, wrong, 1)
    return f"{name}i"
