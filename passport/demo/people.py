"""The people of the demo city: learners with their addresses, and the staff who sign in to look around."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from credentials.people import check_digits
from issuers.models import Arrondissement
from passport.models import Address, Learner

from . import data

FATIMA_PHONE = "+212683000001"
FATIMA_EMAIL = "fatima-zahra@example.org"
FAMILY_PHONE = "+212685000001"
LEARNERS = 56  # besides Fatima-Zahra and the family

#: From which age to which, and how many of a hundred learners.
AGES = ((15, 17, 10), (18, 24, 25), (25, 34, 25), (35, 49, 25), (50, 74, 15))

#: What slips in when somebody else writes a name down.
_SLIPS = (("ss", "s"), ("nn", "n"), ("mm", "m"), ("ou", "u"), ("kh", "k"), ("ia", "iya"), ("a", "e"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who signs in to the demo: ``role`` is empty for a learner."""

    role: str
    name_latin: str
    name_arabic: str
    address: str
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An address by which a learner is reached, and when she proves that it is hers."""

    kind: str
    value: str
    proven_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """A learner of the demo, with the addresses that she will prove."""

    learner: Learner
    contacts: tuple[Contact, ...] = ()

    def age(self, year: int) -> int:
        """How old she is at least in this year, if she said when she was born."""
        return year - 1 - (self.learner.birth_year or year)


FATIMA = Account(
    role="", name_latin="Fatima-Zahra El Idrissi", name_arabic="فاطمة الزهراء الإدريسي", address=FATIMA_PHONE
)
MOTHER = Account(
    role="",
    name_latin="Khadija Amrani",
    name_arabic="خديجة العمراني",
    address=FAMILY_PHONE,
    about="shares her phone with two children",
)
LEARNER_ACCOUNTS = (FATIMA, MOTHER)
#: Staff of one provider and of the city; each has a second factor whose code the demo's outbox shows.
PROVIDER_STAFF = (
    Account(
        role="owner", name_latin="Latifa Chraïbi", name_arabic="لطيفة الشرايبي", address="owner@example.org"
    ),
    Account(role="signer", name_latin="Omar Naciri", name_arabic="عمر الناصري", address="signer@example.org"),
    Account(
        role="trainer", name_latin="Hajar Filali", name_arabic="هاجر الفيلالي", address="trainer@example.org"
    ),
    Account(role="clerk", name_latin="Saïd Soussi", name_arabic="سعيد السوسي", address="clerk@example.org"),
)
CITY_STAFF = (
    Account(
        role="officer",
        name_latin="Nadia Mansouri",
        name_arabic="نادية المنصوري",
        address="officer@example.org",
    ),
    Account(
        role="approver", name_latin="Khalid Tazi", name_arabic="خالد التازي", address="approver@example.org"
    ),
    Account(
        role="auditor", name_latin="Ghita Berrada", name_arabic="غيثة برادة", address="auditor@example.org"
    ),
)


class People:
    """Makes people, the same ones for the same dice."""

    def __init__(self, *, dice: random.Random, districts: Sequence[Arrondissement]) -> None:
        self._dice = dice
        self._districts = districts
        self._weights = [need(district) for district in districts]
        self._numbers: set[str] = set()
        self._names: set[str] = set()

    def staff(self, account: Account, *, now: datetime) -> Learner:
        """A member of staff, who signs in by e-mail."""
        person = self._make(
            name_latin=account.name_latin, name_arabic=account.name_arabic, language="fr", joined_at=now
        )
        prove(person, Contact(kind="email", value=account.address, proven_at=now))
        return person

    def signer_of(self, slug: str, *, now: datetime) -> Learner:
        """The one member of a provider whose staff does not sign in to the demo."""
        given, family, _gender = self._name()
        account = Account(
            role="signer",
            name_latin=f"{given['fr']} {family['fr']}",
            name_arabic=f"{given['ar']} {family['ar']}",
            address=f"{slug}@example.org",
        )
        return self.staff(account, now=now)

    def fatima(self, *, joined_at: datetime) -> Resident:
        """The learner whose passport the demo opens."""
        learner = self._make(
            name_latin=FATIMA.name_latin,
            name_arabic=FATIMA.name_arabic,
            language="fr",
            arrondissement=next(d for d in self._districts if d.name_fr == "Sidi Moumen"),
            birth_year=1994,
            gender="f",
            joined_at=joined_at,
        )
        return Resident(
            learner=learner,
            contacts=(
                Contact(kind="phone", value=FATIMA_PHONE, proven_at=joined_at),
                Contact(kind="email", value=FATIMA_EMAIL, proven_at=joined_at + timedelta(days=40)),
            ),
        )

    def family(self, *, joined_at: datetime) -> list[Resident]:
        """A mother and her two children, with one phone for the three."""
        district = next(d for d in self._districts if d.name_fr == "Hay-Hassani")
        seventeen = (joined_at + timedelta(days=300)).year - 18  # a minor until the end of this year
        three = (
            (MOTHER.name_latin, MOTHER.name_arabic, 1979, "f", "ar"),
            ("Salma Lahlou", "سلمى لحلو", 2004, "f", "fr"),
            ("Anas Lahlou", "أنس لحلو", seventeen, "m", "fr"),
        )
        made = []
        for days, (latin, arabic, born, gender, language) in enumerate(three):
            joined = joined_at + timedelta(days=days)
            learner = self._make(
                name_latin=latin,
                name_arabic=arabic,
                language=language,
                arrondissement=district,
                birth_year=born,
                gender=gender,
                joined_at=joined,
            )
            phone = Contact(kind="phone", value=FAMILY_PHONE, proven_at=joined)
            made.append(Resident(learner=learner, contacts=(phone,)))
        return made

    def resident(self, number: int, *, joined_at: datetime) -> Resident:
        """One more learner: most have a phone, some an e-mail too, every twelfth neither."""
        given, family, gender = self._name()
        youngest, oldest, _share = self._dice.choices(AGES, weights=[share for *_, share in AGES])[0]
        learner = self._make(
            name_latin=f"{given['fr']} {family['fr']}",
            name_arabic="" if number % 9 == 4 else f"{given['ar']} {family['ar']}",
            language=self._dice.choice(("fr", "ar", "ar")),
            arrondissement=self._dice.choices(self._districts, weights=self._weights)[0],
            birth_year=joined_at.year - self._dice.randint(youngest, oldest),
            gender=gender if number % 7 else "",
            joined_at=joined_at,
        )
        contacts = []
        if number % 12 != 11 and number % 6 != 5:
            value = f"+212{self._dice.choice(('683', '685', '686'))}{100_000 + number * 137:06d}"
            contacts.append(Contact(kind="phone", value=value, proven_at=joined_at))
        if number % 12 != 11 and number % 3 == 2:
            value = f"learner{number:02d}@example.org"
            contacts.append(Contact(kind="email", value=value, proven_at=joined_at))
        return Resident(learner=learner, contacts=tuple(contacts))

    def _name(self) -> tuple[dict[str, str], dict[str, str], str]:
        while True:
            gender = self._dice.choice("fffmm")
            given = self._dice.choice(data.names("female" if gender == "f" else "male"))
            family = self._dice.choice(data.names("family"))
            whole = f"{given['fr']} {family['fr']}"
            if whole not in self._names:
                self._names.add(whole)
                return given, family, gender

    def _make(self, *, name_latin: str, **fields: object) -> Learner:
        self._names.add(name_latin)
        fields["name_latin"] = name_latin
        return Learner.objects.create_user(passport_number=self._number(), **fields)

    def _number(self) -> str:
        while True:
            body = str(self._dice.randrange(10_000_000, 100_000_000))
            if body not in self._numbers:
                self._numbers.add(body)
                return body + check_digits(body)


def prove(learner: Learner, contact: Contact) -> None:
    """Write down that the learner proved this address."""
    Address.objects.create(
        learner=learner,
        kind=contact.kind,
        value=contact.value,
        verified_at=contact.proven_at,
        primary=True,
        added_at=contact.proven_at,
    )


def need(district: Arrondissement) -> float:
    """How many learners live there, relatively: its adults, more of them where fewer read or have work."""
    census = district.census
    share = (census["illiteracy_15plus_pct"] + census["unemployment_pct"]) / 100
    return float(district.population_15plus * (1 + share))


def misspelt(name: str) -> str:
    """The name with one slip of the pen."""
    for right, wrong in _SLIPS:
        if right in name:
            return name.replace(right, wrong, 1)
    return f"{name}i"
