"""Fills an empty database with the demo city: years of register and certificates, by the product's verbs."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import transaction

from credentials import achievements, issuance, revocation, statuslists
from credentials.awards import Person, accept
from credentials.models import Achievement, Batch, Credential, StatusChange
from issuers import keys, publications, registry, staff
from issuers.models import Arrondissement, City, Issuer, Role
from passport import filing, secondfactors
from passport.models import Learner

from . import data, people
from .people import PROVIDER_STAFF, People

YEARS_OF_REGISTER = 4
SHOWN = "P02"  # the provider whose staff sign in
Reason = StatusChange.Reason


class NotEmpty(Exception):
    """There are issuers already: a demo city is not mixed with another one."""


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


#: Fatima-Zahra's way: (course, how many days ago).
FATIMAS_WAY = (("C08", 1020), ("C11", 790), ("C20", 712), ("C02", 590), ("C12", 235), ("C30", 75))
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
    """Make the whole demo city as of ``now``; returns how many certificates there are. Raises NotEmpty.

    All of it or nothing: an interrupted start leaves the database empty.
    """
    if Issuer.objects.exists():
        raise NotEmpty
    with transaction.atomic():
        story = Story(now=now)
        story.tell()
        statuslists.publish_changed(now=now)
        publications.tend(now=now)
    filing.consider_unfiled(now=now, limit=1000)
    return Credential.objects.count()


class Story:
    """What happened in the demo city, in its order."""

    def __init__(self, *, now: datetime) -> None:
        self.now = now
        self.dice = random.Random(2026)  # noqa: S311  # a story that is the same every time, no secret
        self.opened = at(now.date() - timedelta(days=YEARS_OF_REGISTER * 365), hour=9)
        self.issuers: dict[str, Issuer] = {}
        self.signers: dict[str, Learner] = {}
        self.courses: dict[str, Achievement] = {}
        self.provider_of = {course["code"]: course["provider"] for course in data.courses()}

    def tell(self) -> None:
        """From the city's first day until now."""
        self.found_city()
        self.people = People(dice=self.dice, districts=list(Arrondissement.objects.all()))
        self.open_register()
        self.open_courses()
        learners = self.open_passports()
        for number, session in enumerate(self.plan(learners)):
            self.award(session, number)
        self.change_minds()

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

    def open_courses(self) -> None:
        """Thirty courses, drafted and published once their provider has keys."""
        moment = self.opened + timedelta(days=30)
        for course in data.courses():
            fields = {name: value for name, value in course.items() if name != "provider"}
            draft = achievements.create_draft(
                issuer=self.issuers[course["provider"]], fields=fields, now=moment
            )
            self.courses[course["code"]] = achievements.publish(
                achievement=draft, now=moment + timedelta(days=2)
            )

    # -- Learners and their certificates ------------------------------------------------------------
    def open_passports(self) -> list[Learner]:
        """Fatima-Zahra first, then the family, then everybody else."""
        learners = [self.people.fatima(joined_at=self._ago(1010))]
        learners += self.people.family(joined_at=self._ago(300))
        for number in range(people.LEARNERS):
            joined = self._ago(self.dice.randint(20, 900), hour=self.dice.randint(9, 16))
            learners.append(self.people.learner(number, joined_at=joined))
        return learners

    def plan(self, learners: list[Learner]) -> list[Session]:
        """All sessions by date: Fatima-Zahra's, expired ones of years ago, and those of the last year."""
        fatima, family, others = learners[0], learners[1:4], learners[4:]
        sessions = [self._one(code, days, person_of(fatima)) for code, days in FATIMAS_WAY]
        # A first spelling that still is her name: it is filed, and replaced by the right one later.
        slip = Person(name_latin="Fatima Zahra El-idrissi", address_kind="phone", address=people.FATIMA_PHONE)
        question = Person(name_latin="Fatima Idrissi", address_kind="phone", address=people.FATIMA_PHONE)
        sessions += [self._one("C15", 410, slip), self._one("C16", 12, question)]
        family_question = Person(
            name_latin="K. Amrani", address_kind="phone", address=people.FAMILY_PHONE, language="ar"
        )
        sessions += [
            self._one("C22", 150, person_of(family[0])),
            self._one("C13", 95, person_of(family[1])),
            self._one("C24", 60, person_of(family[2])),
            self._one("C25", 40, family_question),
        ]
        for code, days in (("C11", 800), ("C14", 870), ("C18", 905), ("C20", 960), ("C23", 1005)):
            sessions.append(self._group(code, days, others, size=3))
        for course in data.courses():
            for _session in range(2 if course["hours"] <= 14 else 1):
                days = self.dice.randint(4, 355)
                sessions.append(self._group(course["code"], days, others, size=self.dice.randint(4, 6)))
        return sorted(sessions, key=lambda session: (session.moment, session.code))

    def _ago(self, days: int, *, hour: int = 10) -> datetime:
        day = self.now.date() - timedelta(days=days)
        return at(day - timedelta(days=day.weekday() == 6), hour=hour)

    def _one(self, code: str, days: int, person: Person) -> Session:
        moment = self._ago(days)
        return Session(code=code, moment=moment, awarded_on=moment.date(), who=[person])

    def _group(self, code: str, days: int, learners: list[Learner], *, size: int) -> Session:
        """A class whose certificates are signed up to three days after its last day."""
        ended = self._ago(days).date()
        moment = at(
            ended + timedelta(days=self.dice.randint(0, 3)),
            hour=self.dice.randint(9, 16),
            minute=self.dice.randint(0, 59),
        )
        least = self.courses[code].min_age
        old_enough = [one for one in learners if ended.year - (one.birth_year or ended.year) > least]
        chosen = self.dice.sample(old_enough, size)
        return Session(
            code=code,
            moment=moment,
            awarded_on=ended,
            who=[self._as_written(learner) for learner in chosen],
            group=f"{ended:%Y-%m} {self.dice.choice('ABC')}",
        )

    def _as_written(self, learner: Learner) -> Person:
        """How a provider noted this learner: mostly right, now and then on paper alone or with a slip."""
        chance = self.dice.random()
        if chance < 0.06:
            return Person(name_latin=learner.name_latin, name_arabic=learner.name_arabic)
        if chance < 0.14:
            return person_of(learner, kind="passport")
        person = person_of(learner)
        if chance < 0.20 and person.address_kind in ("phone", "email"):
            return Person(
                name_latin=people.misspelt(learner.name_latin),
                address_kind=person.address_kind,
                address=person.address,
                language=learner.language,
            )
        return person

    def award(self, session: Session, number: int) -> None:
        """Accept and sign one session's certificates at its moment. Raises NotIssued."""
        provider = self.provider_of[session.code]
        kind = Batch.Kind.ROSTER if len(session.who) > 1 else Batch.Kind.INTERACTIVE
        accept(
            issuer=self.issuers[provider],
            achievement=self.courses[session.code],
            awarded_on=session.awarded_on,
            people=session.who,
            kind=kind,
            requested_by=self.signers[provider],
            idempotency_key=f"demo-{number}",
            session=session.group,
            notify=False,
            now=session.moment,
        )
        if issuance.issue_ready(kind=kind, now=session.moment) != len(session.who):
            raise NotIssued

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
            .select_related("issuer", "award__batch")
            .order_by("issued_at", "award__row")
        )
        chosen = iter(self.dice.sample(active, len(REVOKED) + len(SUSPENDED) + len(REINSTATED)))
        for reason, note in REVOKED:
            credential = next(chosen)
            revocation.revoke(
                credential=credential,
                reason=reason,
                note=note,
                by=credential.award.batch.requested_by,
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
                by=credential.award.batch.requested_by,
                now=self._after(credential, days=9),
            )

    def _suspend(self, credential: Credential, *, note: str) -> None:
        revocation.suspend(
            credential=credential,
            reason=Reason.UNDER_REVIEW,
            note=note,
            by=credential.award.batch.requested_by,
            now=self._after(credential, days=4),
        )

    def _replace_misspelt(self) -> None:
        """Fatima-Zahra's spelling is put right, and that of two others."""
        right = {people.FATIMA_PHONE: Learner.objects.get(name_latin=people.FATIMA.name_latin)}
        wrong = [Credential.objects.get(achievement=self.courses["C15"], address=people.FATIMA_PHONE)]
        slips = Credential.objects.filter(
            award__batch__kind=Batch.Kind.ROSTER,
            address_kind__in=("phone", "email"),
            name_arabic="",
            issued_at__gt=self.now - timedelta(days=365),
        ).order_by("issued_at", "award__row")
        for credential in slips:
            learner = Learner.objects.filter(addresses__value=credential.address).get()
            if learner.name_latin != credential.name_latin and len(wrong) < 3:
                right[credential.address] = learner
                wrong.append(credential)
        for credential in wrong:
            moment = self._after(credential, days=3)
            person = person_of(right[credential.address], kind=credential.address_kind)
            revocation.replace(
                credential=credential,
                person=person,
                reason=Reason.CORRECTED,
                note="Nom corrigé d’après la pièce d’identité.",
                by=credential.award.batch.requested_by,
                idempotency_key=f"demo-again-{credential.pk}",
                now=moment,
                notify=False,
            )
            if issuance.issue_ready(kind=Batch.Kind.INTERACTIVE, now=moment) != 1:
                raise NotIssued

    def _after(self, credential: Credential, *, days: int) -> datetime:
        """Some days later, or yesterday at most."""
        last = self.now - timedelta(minutes=60 - days)
        return min(credential.issued_at + timedelta(days=days, hours=1), last)


def at(day: date, *, hour: int, minute: int = 0) -> datetime:
    """That day at an office hour."""
    return datetime.combine(day, time(hour, minute), tzinfo=UTC)


def person_of(learner: Learner, *, kind: str = "") -> Person:
    """The learner as an award names her; by her first address unless ``kind`` says which, or by none."""
    if kind == "passport":
        address = learner.passport_number
    else:
        proven = learner.addresses.filter(**({"kind": kind} if kind else {})).order_by("-kind").first()
        kind, address = (proven.kind, proven.value) if proven else ("", "")
    return Person(
        name_latin=learner.name_latin,
        name_arabic=learner.name_arabic,
        address_kind=kind,
        address=address,
        language=learner.language,
    )
