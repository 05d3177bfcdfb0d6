"""Lives a whole year in the demo city: about 35,000 certificates, by the product's own verbs, day after day.

What happens is told by ``timetable``; a day is one transaction that ends with a mark in the city's census, so
that a year that was interrupted goes on where it stopped and comes out the same.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone

from credentials import issuance, releasing, statuslists
from credentials.awards import accept
from credentials.models import Achievement, Award, Batch, Credential
from issuers import localroot, publications, registry
from issuers.models import City, Issuer, Mandate, Membership, Role
from passport import filing
from passport.models import Filing, Learner

from . import afterwards, data, season, timetable
from .crowd import Citizen
from .rosters import Seat
from .seed import NotIssued
from .timetable import Change, Group, Plan

CERTIFICATES, DICE = 35_000, 35
KEY = "demo-year-"
#: People get a message about the last days alone: the outbox of a demo is for sign-in codes.
TELLS = timedelta(days=2)
MOST_TOLD = 40
#: A mandate is for this many a day unless it says otherwise; room for what is awarded again.
USUAL_CAP, ROOM = 500, 1.2
Watch = Callable[[datetime, int], None]


class HereAlready(Exception):
    """The year was lived before."""


class TooEarly(Exception):
    """The year would begin before the demo city taught anything."""


def begun() -> dict[str, Any] | None:
    """What the city notes of its year: ``now``, ``certificates``, ``dice``, ``reached``, ``whole``."""
    city = City.objects.filter(census__demo=True).first()
    found: dict[str, Any] | None = city.census.get("year") if city else None
    return found


def live(*, now: datetime, watch: Watch, certificates: int = CERTIFICATES, dice: int = DICE) -> int:
    """Live the year before ``now`` in the demo city, or what is left of one that was begun.

    Returns how many certificates it issued.

    ``watch`` hears the story's moment and the certificates issued so far; what it raises stops the year, and
    the day that it stops is lived again. Raises HereAlready, TooEarly, NotIssued.
    """
    if begun() is None:
        _begin(now=now, certificates=certificates, dice=dice)
    note = begun() or {}
    if note["whole"]:
        raise HereAlready
    return Year(note, watch=watch).live()


def figures() -> list[tuple[str, int]]:
    """How many of what there are now."""
    found = [("learners", Learner.objects.count()), ("lists", Batch.objects.count())]
    for title, model, field in (
        ("certificates", Credential, "status"),
        ("lines", Award, "state"),
        ("looked at", Filing, "outcome"),
    ):
        counted = model.objects.values_list(field).annotate(n=Count("pk")).order_by("-n")
        found += [(f"{title}, {state}", number) for state, number in counted]
    return found


@transaction.atomic
def _begin(*, now: datetime, certificates: int, dice: int) -> None:
    """Note which year it is to be; give the large providers mandates that are large enough."""
    city = City.objects.select_for_update().get(census__demo=True)
    city.census["year"] = {
        "now": now.isoformat(),
        "certificates": certificates,
        "dice": dice,
        "after": Learner.objects.aggregate(last=Max("pk"))["last"],
        "reached": "",
        "whole": False,
    }
    year = Year(city.census["year"], watch=lambda _moment, _issued: None)
    if year.plan.groups[0].moment <= year.opened:
        raise TooEarly
    city.save(update_fields=["census"])
    year.enlarge_mandates()


class Year:
    """One year of the city, lived day by day."""

    def __init__(self, note: dict[str, Any], *, watch: Watch) -> None:
        self.note, self.watch = note, watch
        self.now = datetime.fromisoformat(note["now"])
        self.last = timezone.localdate(self.now) - timedelta(days=1)
        courses = Achievement.objects.filter(state=Achievement.State.PUBLISHED).select_related("issuer")
        self.courses = {course.code: course for course in courses.order_by("version")}
        self.opened: datetime = courses.aggregate(last=Max("published_at"))["last"]
        self.issuers = self._issuers()
        self.plan: Plan = timetable.plan(
            now=self.now,
            last=self.last,
            certificates=note["certificates"],
            seed=note["dice"],
            numbers=set(
                Learner.objects.filter(pk__lte=note["after"]).values_list("passport_number", flat=True)
            ),
            opened=self.opened,
        )
        self.lines: dict[tuple[str, int], Seat] = {}
        self.written: set[tuple[str, str]] = set()
        self.issued = 0

    def _issuers(self) -> dict[str, Issuer]:
        by_slug = {issuer.slug: issuer for issuer in Issuer.objects.all()}
        return {row["id"]: by_slug[row["slug"]] for row in data.providers()}

    def live(self) -> int:
        """Every day that is left, then what is published: once, at the end."""
        groups = _by_day([(group.moment, group) for group in self.plan.groups])
        changes = _by_day([(change.moment, change) for change in self.plan.changes])
        joining = _by_day([(moment, (moment, one)) for moment, one in self.plan.joining])
        day = min(*groups, *joining)
        reached = date.fromisoformat(self.note["reached"]) if self.note["reached"] else None
        while day <= self.last:
            self._remember(groups.get(day, ()))
            if reached is None or day > reached:
                with transaction.atomic():
                    self._day(day, groups.get(day, ()), changes.get(day, ()), joining.get(day, ()))
                    self._mark(reached=day.isoformat())
            day += timedelta(days=1)
        with transaction.atomic():
            statuslists.publish_changed(now=self.now)
            localroot.delegate(now=self.now)
            publications.tend(now=self.now)
            self._mark(whole=True)
        return self.issued

    def _mark(self, **news: Any) -> None:
        city = City.objects.select_for_update().get(census__demo=True)
        city.census["year"] = self.note = self.note | news
        city.save(update_fields=["census"])

    def _remember(self, groups: Sequence[Group]) -> None:
        for group in groups:
            self.written |= {(seat.kind, seat.address) for seat in group.seats}
            self.lines |= {(group.key, row): seat for row, seat in enumerate(group.seats, start=1)}

    def _day(
        self,
        day: date,
        groups: Sequence[Group],
        changes: Sequence[Change],
        joining: Sequence[tuple[datetime, Citizen]],
    ) -> None:
        """Classes by daylight, then changes of mind; passports are opened and questions answered at night."""
        for group in groups:
            self.watch(group.moment, self.issued)
            self._award(group)
        for change in changes:
            self.watch(change.moment, self.issued)
            self._change(change)
        if joining:
            self.watch(season.at(day, hour=17), self.issued)
            afterwards.open_passports(joining, written=self.written)
        afterwards.answer_questions(self.lines, key=KEY, now=season.at(day, hour=20))

    # -- The register -------------------------------------------------------------------------------
    def enlarge_mandates(self) -> None:
        """From the year's first day on, a larger mandate where the usual one would not do."""
        first = season.year_before(self.last)[0]
        proposed = season.at(first - timedelta(days=10), hour=9)
        for (provider, theme), lines in sorted(self.plan.fullest().items()):
            if lines * ROOM <= USUAL_CAP:
                continue
            mandate = registry.propose_mandate(
                issuer=self.issuers[provider],
                theme=theme,
                starts_on=first,
                daily_cap=USUAL_CAP * (int(lines * ROOM / USUAL_CAP) + 1),
                by=_city_person(Role.OFFICER),
                now=proposed,
            )
            registry.approve_mandate(
                mandate=mandate, by=_city_person(Role.APPROVER), now=proposed + timedelta(hours=26)
            )

    def _mandate_of(self, group: Group) -> Mandate:
        return registry.require_mandate(
            issuer=self.issuers[group.provider],
            theme=self.courses[group.code].theme,
            on=timezone.localdate(group.moment),
            now=group.moment,
        )

    # -- Certificates -------------------------------------------------------------------------------
    def _award(self, group: Group) -> None:
        """Accept, sign and file one class; if the mandate is halted meanwhile, once more when it is back."""
        batch = self._accept(group, key=group.key, now=group.moment)
        signed = group.moment + timedelta(minutes=1 + len(group.seats) // 200)
        if group.halted:
            mandate, reason = self._mandate_of(group), "Contrôle de la salle d’examen."
            registry.suspend_mandate(
                mandate=mandate, reason=reason, by=_city_person(Role.OFFICER), now=group.moment
            )
            self._issue(batch, now=signed)
            later = group.moment + timedelta(hours=3)
            registry.reinstate_mandate(mandate=mandate, by=_city_person(Role.APPROVER), now=later)
            batch = self._accept(group, key=f"{group.key}-again", now=later + timedelta(minutes=10))
            signed = later + timedelta(minutes=11)
        self.issued += self._issue(batch, now=signed)

    def _accept(self, group: Group, *, key: str, now: datetime) -> Batch:
        """The order; one that is unusual is looked at by the city's approver, who releases it."""
        batch = accept(
            issuer=self.issuers[group.provider],
            achievement=self.courses[group.code],
            awarded_on=group.awarded_on,
            people=[afterwards.person_of(seat) for seat in group.seats],
            kind=Batch.Kind.ROSTER,
            requested_by=afterwards.staff_of(self.issuers[group.provider], Role.TRAINER, Role.SIGNER),
            idempotency_key=key,
            session=group.name,
            notify=group.moment > self.now - TELLS and len(group.seats) <= MOST_TOLD,
            now=now,
        ).batch
        if batch.state == Batch.State.HELD:
            seen = now + timedelta(seconds=30)
            return releasing.release(batch=batch, by=_city_person(Role.APPROVER), now=seen)
        return batch

    def _issue(self, batch: Batch, *, now: datetime) -> int:
        issuance.issue_ready(kind=Batch.Kind(batch.kind), now=now)
        if batch.awards.filter(state=Award.State.PENDING).exists():
            raise NotIssued
        Batch.objects.filter(pk=batch.pk).update(completed_at=now)  # the story's clock, not the database's
        issued = Credential.objects.filter(award__batch=batch)
        ids = list(issued.order_by("award__row").values_list("pk", flat=True))
        filing.consider(credential_ids=ids, now=now)
        return len(ids)

    def _change(self, change: Change) -> None:
        batch = afterwards.change(change)
        if batch is not None:
            self._issue(batch, now=change.moment + timedelta(minutes=1))


def _by_day(acts: Sequence[tuple[datetime, Any]]) -> dict[date, list[Any]]:
    days: dict[date, list[Any]] = {}
    for moment, act in acts:
        days.setdefault(moment.date(), []).append(act)
    return days


def _city_person(role: Role) -> Learner:
    person: Learner = Membership.objects.select_related("person").get(issuer=None, role=role).person
    return person
