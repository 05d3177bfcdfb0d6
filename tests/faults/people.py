"""Pure. Whom the lists name, and what has to become of each: right, wrong, a repeat, or poison."""

import random
from dataclasses import asdict, dataclass, field
from typing import Any

FIRST = ("Salma", "Yassine", "Khadija", "Mehdi", "Imane", "Rachid", "Nadia", "Hamza", "Fatima-Zahra", "Omar")
ARABIC = ("سلمى التازي", "ياسين العلوي", "خديجة بناني", "", "")
#: Names that the wrapped processes stumble over; see ``wrapped.py``.
KILLS, RAISES = "Funeste", "Cassante"
#: What is wrong, by the code that the product has to give.
WRONG: dict[str, dict[str, str]] = {
    "phone-one-missing": {"phone": "06 12 34 56 7"},
    "name-signs": {"name_latin": "Karim <3"},
    "name-missing": {"name_latin": "", "name_arabic": ""},
    "email": {"phone": "", "email": "nobody at example"},
}


@dataclass(frozen=True, kw_only=True)
class Person:
    """A row as it is typed. ``fate`` is good, repeat, kills, raises, or the code of what is wrong."""

    name_latin: str
    name_arabic: str = ""
    phone: str = ""
    email: str = ""
    fate: str = "good"

    @property
    def address(self) -> str:
        """As the product keeps it."""
        return f"+212{self.phone[1:]}" if self.phone else self.email


@dataclass(frozen=True, kw_only=True)
class Script:
    """Everything that is handed over in one run, and who has a passport beforehand."""

    lists: list[list[Person]]
    singles: list[Person]
    late: list[list[Person]]
    learners: list[Person]
    words: dict[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def letters(number: int) -> str:
    """A word for a number, different for each."""
    return "".join(chr(97 + number // 26**place % 26) for place in range(5)).title()


def person(number: int) -> Person:
    """The person with this number: by phone mostly, some by e-mail, some on paper only."""
    name = f"{FIRST[number % len(FIRST)]} {letters(number)}"
    reached = {"phone": f"06{10_000_000 + number}"}
    if number % 10 == 7:
        reached = {"email": f"p{number}@exemple.ma"}
    elif number % 20 == 13:
        reached = {}
    return Person(name_latin=name, name_arabic=ARABIC[number % len(ARABIC)], **reached)


def script(
    *,
    seed: int,
    rows: int,
    lists: int,
    per_provider: int,
    singles: int,
    wrong: int,
    repeats: int,
    poison: int,
    late: int = 0,
) -> Script:
    """``rows`` good rows in so many lists, ``wrong`` and repeated ones among them, and 2 × ``poison``."""
    chance = random.Random(seed)
    everybody = [person(number) for number in range(rows)]
    parts = [everybody[start::lists] for start in range(lists)]
    for number in range(wrong):
        code = list(WRONG)[number % len(WRONG)]
        cells = asdict(person(rows + number)) | WRONG[code] | {"fate": code}
        _slip_in(chance, parts, Person(**cells))
    for one in chance.sample(everybody, min(repeats, rows)):
        at = next(number for number, part in enumerate(parts) if one in part)
        first = at - at % per_provider  # a repeat is one only where the same provider has served the person
        others = [part for part in parts[first : first + per_provider] if part is not parts[at]]
        _slip_in(chance, others or [parts[at]], Person(**(asdict(one) | {"fate": "repeat"})))
    for number in range(poison):
        for name, fate in ((KILLS, "kills"), (RAISES, "raises")):
            who = Person(name_latin=f"{name} {letters(number)}", phone=f"07{10_000_000 + number}", fate=fate)
            _slip_in(chance, parts[: max(1, lists // 4)], who)  # its verdict takes a while
    first = rows + wrong
    return Script(
        lists=parts,
        singles=[person(first + number) for number in range(singles)],
        late=[
            [person(first + singles + part * 100 + n) for n in range(late)]
            for part in range(2 if late else 0)
        ],
        learners=[one for number, one in enumerate(everybody) if number % 12 == 0 and one.phone],
    )


def _slip_in(chance: random.Random, parts: list[list[Person]], one: Person) -> None:
    part = chance.choice(parts)
    part.insert(chance.randrange(len(part) + 1), one)
