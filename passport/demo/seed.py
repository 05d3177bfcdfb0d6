"""Fills an empty database with the demo city: years of register and certificates, by the product's verbs."""

import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import accumulate, cycle
from typing import Any

from django.db import transaction

from credentials import achievements, issuance, reviewing, revocation, statuslists
from credentials.awards import accept
from credentials.models import Achievement, Batch, Credential, StatusChange
from credentials.people import Person
from issuers import keys, localroot, publications, registry, staff
from issuers.models import Arrondissement, City, Issuer, Role
from passport import filing, secondfactors
from passport.models import Learner, Proposal

from . import data, desks, elsewhere, endorsed, family, people, reviews, rights, rooms, sharing, ways
from .people import PROVIDER_STAFF, People, Resident

YEARS_OF_REGISTER = 4
SHOWN = "P02"  # the provider whose staff sign in
Reason = StatusChange.Reason


class NotEmpty(Exception):
    """Somebody is here already: a demo city is not mixed with another one."""


class HereAlready(NotEmpty):
    """The demo city was made before."""


class NotIssued(Exception):
    """An award of the demo did not become a certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A day on which a course ended: these people get its certificate at this moment."""

    code: str
    moment: datetime
    awarded_on: date
    who: list[Person]
    group: str = ""


#: Fatima-Zahra's way: (course, how many days ago). The first was awarded before she had a passport.
FATIMAS_WAY = (("C08", 1020), ("C11", 790), ("C20", 712), ("C02", 590), ("C12", 235), ("C30", 75))
#: Classes of years ago, whose certificates have expired since: (course, how many days ago).
LONG_AGO = (("C11", 800), ("C14", 870), ("C18", 905), ("C20", 960), ("C23", 1005))
SIZES = (3, 4, 5, 6, 6, 8)  # of a class, in turn
#: Who comes to a course more often than others, and how many times.
WOMEN = {"C01": 9, "C06": 2, "C14": 2, "C22": 9}
YOUNG = {"C04": 3, "C13": 4, "C24": 12, "C30": 3}  # under 26
ELDERS = {"C01": 6, "C08": 6, "C09": 3}  # from 40
NEIGHBOURS = 4
#: Who gave which reason for which act.
REVOKED = (
    (Reason.ISSUED_IN_ERROR, "Inscrite deux fois dans la liste."),
    (Reason.ISSUED_IN_ERROR, "Le nom d’une autre personne du groupe."),
    (Reason.NOT_ACHIEVED, "Épreuve finale non passée."),
    (Reason.NOT_ACHIEVED, "Heures de présence insuffisantes."),
    (Reason.HOLDER_REQUEST, "À la demande de la personne."),
)
SUSPENDED = ("Feuille de présence à vérifier.", "Note à confirmer par le jury.", "Identité à confirmer.")
REINSTATED = ("Feuille de présence retrouvée.", "Jury consulté, le résultat est confirmé.")


def seed(*, now: datetime) -> int:
    """Make the whole demo city as of ``now``; returns how many certificates there are.

    Raises NotEmpty, and HereAlready if it is the demo city that is here.


    All of it or nothing: an interrupted start leaves the database empty.
    """
    if City.objects.filter(census__demo=True).exists():
        raise HereAlready
    if City.objects.exists() or Issuer.objects.exists() or Learner.objects.exists():
        raise NotEmpty
    with transaction.atomic():
        story = Story(now=now)
        story.tell()
        statuslists.publish_changed(now=now)
        localroot.delegate(now=now)
        publications.tend(now=now)
    return Credential.objects.count()


class Story:
    """What happened in the demo city, in its order."""

    def __init__(self, *, now: datetime) -> None:
        self.now = now
        self.dice = random.Random(2026)  # noqa: S311  # a story that is the same every time, no secret
        self.opened = at(now.date() - timedelta(days=YEARS_OF_REGISTER * 365), hour=9)
        self.issuers: dict[str, Issuer] = {}
        self.signers: dict[str, Learner] = {}
        self.awarders: dict[str, Learner] = {}
        self.courses: dict[str, Achievement] = {}
        self.writers: dict[str, Learner] = {}
        self.provider_of = {course["code"]: course["provider"] for course in data.courses()}
        self.held: Counter[int] = Counter()
        self.taken: set[tuple[str, int]] = set()

    def tell(self) -> None:
        """From the city's first day until now."""
        self.found_city()
        self.people = People(dice=self.dice, districts=list(Arrondissement.objects.all()))
        self.open_register()
        self.open_courses()
        residents = self.meet_residents()
        acts: list[tuple[datetime, Callable[[], None]]] = [
            (contact.proven_at, partial(self.prove, resident.learner, contact))
            for resident in residents
            for contact in resident.contacts
        ]
        acts += [
            (session.moment, partial(self.award, session, number))
            for number, session in enumerate(self.plan(residents))
        ]
        for _moment, act in sorted(acts, key=lambda act: act[0]):
            act()
        self.change_minds()
        self.answer_questions()
        rights.tell(self)
        family.tell(now=self.now)
        ways.tell(self)
        sharing.tell(now=self.now)
        elsewhere.tell(now=self.now)
        rooms.tell(self)
        desks.tell(self)
        endorsed.tell(
            issuers=self.issuers,
            signers=self.signers,
            courses=self.courses,
            shown=self.shown,
            now=self.now,
        )
        reviews.tell(courses=self.courses, writers=self.writers, shown=self.shown, now=self.now)

    # -- The city and its register ------------------------------------------------------------------
    def found_city(self) -> None:
        """Its districts with the census figures; the mark by which a start knows a demo city."""
        found = data.census()
        City.objects.update_or_create(
            pk=1,
            defaults={
                "name_fr": "Casablanca",
                "name_ar": "الدار البيضاء",
                "census": {**found["city"], "source": found["source"], "demo": True},
            },
        )
        known = {"code", "name_fr", "name_ar", "prefecture_code", "prefecture_fr", "prefecture_ar"}
        for row in found["arrondissements"]:
            Arrondissement.objects.update_or_create(
                code=row["code"],
                defaults={
                    **{name: row[name] for name in known},
                    "population": row["population_legal_2024"],
                    "population_15plus": row["pop_15plus"],
                    "census": {name: value for name, value in row.items() if name not in known},
                },
            )

    def open_register(self) -> None:
        """The city's staff, then each provider: proposed by one, approved by another, with keys and staff."""
        city = {account.role: self._city_person(account) for account in people.CITY_STAFF}
        officer, approver = city[Role.OFFICER], city[Role.APPROVER]
        self.officer = officer
        keys.ensure_city_keys(now=self.opened)
        for day, provider in enumerate(data.providers(), start=1):
            moment = self.opened + timedelta(days=day)
            themes = sorted({c["theme"] for c in data.courses() if c["provider"] == provider["id"]})
            issuer = registry.propose_issuer(
                slug=provider["slug"],
                name_fr=provider["name_fr"],
                name_ar=provider["name_ar"],
                kind=provider["kind"],
                arrondissement=Arrondissement.objects.get(pk=provider["arrondissement"]),
                email=f"{provider['slug']}@example.org",
                by=officer,
                now=moment,
            )
            approved = moment + timedelta(hours=26)
            registry.approve_issuer(issuer=issuer, by=approver, now=approved)
            for theme in themes or ["digital"]:
                mandate = registry.propose_mandate(
                    issuer=issuer, theme=theme, starts_on=approved.date(), by=officer, now=moment
                )
                registry.approve_mandate(mandate=mandate, by=approver, now=approved)
            keys.ensure_issuer_keys(issuer=issuer, now=approved)
            self.issuers[provider["id"]] = issuer
            self._open_provider(provider["id"], officer=officer, now=approved + timedelta(hours=1))

    def _city_person(self, account: people.Account) -> Learner:
        person = self.people.staff(account, now=self.opened)
        staff.appoint(issuer=None, person=person, role=account.role, now=self.opened)
        secondfactors.enrol(person)
        return person

    def _open_provider(self, number: str, *, officer: Learner, now: datetime) -> None:
        """The officer names the owner, the owner her colleagues; small providers have one person for both."""
        issuer = self.issuers[number]
        if number != SHOWN:
            person = self.people.signer_of(issuer.slug, now=now)
            staff.add_member(issuer=issuer, person=person, role=Role.OWNER, by=officer, now=now)
            staff.add_member(issuer=issuer, person=person, role=Role.SIGNER, by=person, now=now)
            self.signers[number] = person
            return
        owner: Any = officer
        for account in PROVIDER_STAFF:
            person = self.people.staff(account, now=now)
            staff.add_member(issuer=issuer, person=person, role=account.role, by=owner, now=now)
            secondfactors.enrol(person)
            owner = person if account.role == Role.OWNER else owner
            if account.role == Role.SIGNER:
                self.signers[number] = person
            if account.role == Role.TRAINER:
                self.awarders[number] = person

    def open_courses(self) -> None:
        """Thirty courses, drafted once their provider has keys; a colleague publishes them, or the city."""
        moment = self.opened + timedelta(days=30)
        for course in data.courses():
            fields = {name: value for name, value in course.items() if name != "provider"}
            provider = course["provider"]
            writer = self.writers[course["code"]] = self.awarders.get(provider, self.signers[provider])
            if provider == SHOWN:
                self.shown = course["code"]
            draft = achievements.create_draft(
                issuer=self.issuers[provider], fields=fields, by=writer, now=moment
            )
            reviewing.submit(achievement=draft, by=writer, now=moment + timedelta(days=1))
            alone = provider not in self.awarders
            self.courses[course["code"]] = reviewing.publish(
                achievement=draft,
                by=self.officer if alone else self.signers[provider],
                now=moment + timedelta(days=2),
            )

    # -- Learners and their certificates ------------------------------------------------------------
    def meet_residents(self) -> list[Resident]:
        """Fatima-Zahra first, then the family, then everybody else."""
        residents = [self.people.fatima(joined_at=self._ago(1010))]
        residents += self.people.family(joined_at=self._ago(300))
        for number in range(people.LEARNERS):
            joined = self._ago(self.dice.randint(20, 900), hour=self.dice.randint(9, 16))
            residents.append(self.people.resident(number, joined_at=joined))
        return residents

    def prove(self, learner: Learner, contact: people.Contact) -> None:
        """An address is the learner's from now on; what was sent to it before is filed."""
        people.prove(learner, contact)
        filing.address_proven(learner=learner, kind=contact.kind, value=contact.value, now=contact.proven_at)

    def plan(self, residents: list[Resident]) -> list[Session]:
        """Fatima-Zahra's certificates, the family's, expired ones, and those of the last year."""
        fatima, family, others = residents[0], residents[1:4], residents[4:]
        sessions = [self.one(code, days, person_of(fatima)) for code, days in FATIMAS_WAY]
        # A first spelling that still is her name: it is filed, and replaced by the right one later.
        slip = Person(name_latin="Fatima Zahra El-idrissi", address_kind="phone", address=people.FATIMA_PHONE)
        question = Person(name_latin="Fatima Idrissi", address_kind="phone", address=people.FATIMA_PHONE)
        sessions += [self.one("C15", 410, slip), self.one("C16", 12, question)]
        family_question = Person(
            name_latin="K. Amrani", address_kind="phone", address=people.FAMILY_PHONE, language="ar"
        )
        sessions += [
            self.one("C22", 150, person_of(family[0])),
            self.one("C13", 95, person_of(family[1])),
            self.one("C24", 60, person_of(family[2])),
            self.one("C25", 40, family_question),
        ]
        sessions += [self._group(code, self._ago(days).date(), others, size=3) for code, days in LONG_AGO]
        self.taken.clear()  # nobody takes a course twice in one year; once it has expired, they may
        classes = [c["code"] for c in data.courses() for _ in range(2 if c["hours"] <= 14 else 1)]
        self.dice.shuffle(classes)
        days = year_of_classes(last=self.now.date() - timedelta(days=4), count=len(classes))
        for code, day, size in zip(classes, days, cycle(SIZES), strict=False):
            sessions.append(self._group(code, day, others, size=size))
        return sessions

    def _ago(self, days: int, *, hour: int = 10) -> datetime:
        day = self.now.date() - timedelta(days=days)
        return at(day - timedelta(days=day.weekday() == 6), hour=hour)

    def one(self, code: str, days: int, person: Person) -> Session:
        """A single award, some days ago."""
        moment = self._ago(days)
        return Session(code=code, moment=moment, awarded_on=moment.date(), who=[person])

    def _group(self, code: str, ended: date, residents: list[Resident], *, size: int) -> Session:
        """A class whose certificates are signed up to three days after its last day."""
        moment = at(
            ended + timedelta(days=self.dice.randint(0, 3)),
            hour=self.dice.randint(9, 16),
            minute=self.dice.randint(0, 59),
        )
        least = self.courses[code].min_age
        chances = {
            one: self._chance(code, one, ended.year)
            for one in residents
            if one.age(ended.year) >= least and (code, one.learner.pk) not in self.taken
        }
        chosen = sorted(chances, key=lambda one: self.dice.random() ** (1 / chances[one]))[-size:]
        self.held.update(one.learner.pk for one in chosen)
        self.taken.update((code, one.learner.pk) for one in chosen)
        return Session(
            code=code,
            moment=moment,
            awarded_on=ended,
            who=[self._as_written(one, moment) for one in chosen],
            group=f"{ended:%Y-%m} {self.dice.choice('ABC')}",
        )

    def _chance(self, code: str, resident: Resident, year: int) -> float:
        """How likely this resident comes to this course, relatively: neighbours more, old hands less."""
        learner, age = resident.learner, resident.age(year)
        house = self.issuers[self.provider_of[code]].arrondissement
        home = learner.arrondissement
        near = home is not None and home.prefecture_code == house.prefecture_code
        chance = float(NEIGHBOURS if near else 1)
        chance *= WOMEN.get(code, 1) if learner.gender == "f" else 1
        chance *= YOUNG.get(code, 1) if age < 26 else 1
        chance *= ELDERS.get(code, 1) if age >= 40 else 1
        return chance / (1 + self.held[learner.pk])

    def _as_written(self, resident: Resident, moment: datetime) -> Person:
        """How a provider noted this learner: mostly right, now and then on paper alone or with a slip."""
        learner = resident.learner
        chance = self.dice.random()
        if chance < 0.06:
            return Person(name_latin=learner.name_latin, name_arabic=learner.name_arabic)
        if chance < 0.14 and learner.joined_at < moment:
            return person_of(resident, kind="passport")
        person = person_of(resident)
        if 0.14 <= chance < 0.20 and person.address:
            return Person(
                name_latin=people.misspelt(learner.name_latin),
                address_kind=person.address_kind,
                address=person.address,
                language=learner.language,
            )
        return person

    def award(self, session: Session, number: int) -> None:
        """Accept, sign and file one session's certificates at its moment. Raises NotIssued."""
        provider = self.provider_of[session.code]
        kind = Batch.Kind.ROSTER if len(session.who) > 1 else Batch.Kind.INTERACTIVE
        accepted = accept(
            issuer=self.issuers[provider],
            achievement=self.courses[session.code],
            awarded_on=session.awarded_on,
            people=session.who,
            kind=kind,
            requested_by=self.awarders.get(provider, self.signers[provider]),
            idempotency_key=f"demo-{number}",
            session=session.group,
            notify=False,
            now=session.moment,
        )
        self._issue(accepted.batch, now=session.moment)

    def _issue(self, batch: Batch, *, now: datetime) -> None:
        if issuance.issue_ready(kind=Batch.Kind(batch.kind), now=now) != batch.row_count:
            raise NotIssued
        issued = Credential.objects.filter(award__batch=batch).order_by("award__row")
        filing.consider(credential_ids=list(issued.values_list("pk", flat=True)), now=now)

    # -- Changes of mind ----------------------------------------------------------------------------
    def change_minds(self) -> None:
        """Five revoked, three suspended, two suspended and reinstated, three replaced."""
        self._replace_misspelt()
        active = list(
            Credential.objects.filter(
                status=Credential.Status.ACTIVE,
                issued_at__gt=self.now - timedelta(days=365),
                award__batch__kind=Batch.Kind.ROSTER,
            )
            .select_related("issuer", "achievement", "award__batch")
            .order_by("issued_at", "award__row")
        )
        chosen = iter(self.dice.sample(active, len(REVOKED) + len(SUSPENDED) + len(REINSTATED)))
        for reason, note in REVOKED:
            credential = next(chosen)
            revocation.revoke(
                credential=credential,
                reason=reason,
                note=note,
                by=self._signer_of(credential),
                now=self._after(credential, days=6),
            )
        for note in SUSPENDED:
            self._suspend(next(chosen), note=note)
        for note in REINSTATED:
            credential = next(chosen)
            self._suspend(credential, note="À vérifier.")
            revocation.reinstate(
                credential=credential,
                reason=Reason.REVIEW_CLOSED,
                note=note,
                by=self._signer_of(credential),
                now=self._after(credential, days=9),
            )

    def _signer_of(self, credential: Credential) -> Learner:
        return self.signers[self.provider_of[credential.achievement.code]]

    def _suspend(self, credential: Credential, *, note: str) -> None:
        revocation.suspend(
            credential=credential,
            reason=Reason.UNDER_REVIEW,
            note=note,
            by=self._signer_of(credential),
            now=self._after(credential, days=4),
        )

    def _replace_misspelt(self) -> None:
        """Fatima-Zahra's spelling is put right, and that of two others."""
        slips = Credential.objects.filter(
            award__batch__kind=Batch.Kind.ROSTER,
            proposals__isnull=False,
            issued_at__gt=self.now - timedelta(days=365),
        ).order_by("issued_at", "award__row")
        hers = Credential.objects.get(achievement=self.courses["C15"], address=people.FATIMA_PHONE)
        for credential in [hers, *slips[:2]]:
            learner = Learner.objects.get(addresses__value=credential.address)
            moment = max(self._after(credential, days=3), learner.joined_at)
            batch = revocation.replace(
                credential=credential,
                person=Person(
                    name_latin=learner.name_latin,
                    name_arabic=learner.name_arabic,
                    address_kind=credential.address_kind,
                    address=credential.address,
                    language=learner.language,
                ),
                reason=Reason.CORRECTED,
                note="Nom corrigé d’après la pièce d’identité.",
                by=self._signer_of(credential),
                idempotency_key=f"demo-again-{credential.pk}",
                now=moment,
                notify=False,
            )
            self._issue(batch, now=moment)

    def answer_questions(self) -> None:
        """Some learners have said whether a certificate sent to their address is theirs."""
        asked = Proposal.objects.filter(
            answer=Proposal.Answer.OPEN,
            credential__status=Credential.Status.ACTIVE,
            credential__award__batch__kind=Batch.Kind.ROSTER,
        ).order_by("credential__issued_at", "credential__award__row")
        for number, proposal in enumerate(asked):
            moment = min(proposal.made_at + timedelta(days=2), self.now)
            if number % 5 == 4:
                filing.decline(proposal=proposal, now=moment)
            elif number % 5 < 3:
                filing.confirm(proposal=proposal, now=moment)

    def _after(self, credential: Credential, *, days: int) -> datetime:
        """Some days later, or yesterday at most."""
        last = self.now - timedelta(minutes=60 - days)
        return min(credential.issued_at + timedelta(days=days, hours=1), last)


def year_of_classes(*, last: date, count: int) -> list[date]:
    """On which days ``count`` classes end within the year before ``last``, in their order.

    Two in five end within the forty days from June to the tenth of July, few in the weeks after, none on
    a Sunday.
    """
    days = [last - timedelta(days=back) for back in range(350, -1, -1)]
    reached = list(accumulate(map(_season, days)))
    marks = (reached[-1] * (number + 0.5) / count for number in range(count))
    return [days[bisect_left(reached, mark)] for mark in marks]


def _season(day: date) -> float:
    if day.weekday() == 6:
        return 0.0
    if (6, 1) <= (day.month, day.day) <= (7, 10):
        return 5.0
    return 0.3 if day.month in (7, 8) else 1.0


def at(day: date, *, hour: int, minute: int = 0) -> datetime:
    """That day at an office hour."""
    return datetime.combine(day, time(hour, minute), tzinfo=UTC)


def person_of(resident: Resident, *, kind: str = "") -> Person:
    """The learner as an award names her: by passport number if asked, else by her first address, if any."""
    learner = resident.learner
    address = learner.passport_number if kind == "passport" else ""
    if not kind and resident.contacts:
        kind, address = resident.contacts[0].kind, resident.contacts[0].value
    return Person(
        name_latin=learner.name_latin,
        name_arabic=learner.name_arabic,
        address_kind=kind,
        address=address,
        language=learner.language,
    )
