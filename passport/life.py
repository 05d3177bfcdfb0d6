"""The timeline of a life: lines of several kinds, each plainly marked, by the age at which they ended."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, Protocol

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from credentials.models import Credential

from . import importing
from .holding import DOCUMENTS
from .models import Declaration, Entry, Import, Learner

#: Lines on one page of a long life.
PAGE = 40
#: From which age on a phase begins, up to the next; grown-ups count by decades.
PHASES = (0, 12, 18, 25, 35, 45, 55, 65, 75)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: ``kind`` chooses how it is drawn, ``on`` where it stands, ``what`` is the row behind it."""

    kind: str
    on: date
    what: Any


class Source(Protocol):
    """A kind of lines. Another kind is one more class, and a template of its name."""

    kind: str

    def places(self, learner: Learner) -> Iterable[tuple[date | None, Any]]:
        """When each line ended, and its id; without a date it goes on."""

    def rows(self, ids: list[Any]) -> dict[Any, Any]:
        """The rows of these ids."""


class Certificates:
    """Certificates in her passport: the solid badge."""

    kind = "certificate"

    def places(self, learner: Learner) -> Iterable[tuple[date | None, Any]]:
        """By the day of the award."""
        entries = Entry.objects.filter(learner=learner, hidden_at__isnull=True)
        return entries.order_by("-filed_at", "pk").values_list("credential__awarded_on", "pk")

    def rows(self, ids: list[Any]) -> dict[Any, Any]:
        """Entries without the documents."""
        found = Entry.objects.filter(pk__in=ids).defer(*DOCUMENTS)
        return found.select_related("credential__achievement__issuer", "credential__issuer").in_bulk()


class Declared:
    """What she declares: the dashed box."""

    kind = "declared"

    def places(self, learner: Learner) -> Iterable[tuple[date | None, Any]]:
        """By the end."""
        declared = Declaration.objects.filter(learner=learner, hidden_at__isnull=True)
        return declared.values_list("ended_on", "pk")

    def rows(self, ids: list[Any]) -> dict[Any, Any]:
        """Declarations with where it was."""
        return Declaration.objects.filter(pk__in=ids).select_related("arrondissement").in_bulk()


class Imported:
    """What she brought from elsewhere: the ring."""

    kind = "imported"

    def places(self, learner: Learner) -> Iterable[tuple[date | None, Any]]:
        """By the day that it names, else by the day on which she brought it."""
        kept = importing.kept(learner=learner).values_list("happened_on", "brought_at", "pk")
        return [(on or brought_at.date(), pk) for on, brought_at, pk in kept]

    def rows(self, ids: list[Any]) -> dict[Any, Any]:
        """Documents without their texts."""
        return Import.objects.filter(pk__in=ids).defer("raw", "content").in_bulk()


SOURCES: tuple[Source, ...] = (Certificates(), Imported(), Declared())


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """Some years of a life, and what happened in them, newest first."""

    label: str
    lines: list[Line]


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One page of it; ``earlier`` is the next page's number, ``later`` the previous one's, or 0."""

    phases: list[Phase]
    later: int
    earlier: int

    @property
    def lines(self) -> list[Line]:
        """Every line of this page."""
        return [line for phase in self.phases for line in phase.lines]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What holds: how many certificates and hours, from how many places; and how many lines are declared."""

    certificates: int
    hours: int
    places: int
    declared: int


def figures(*, learner: Learner) -> Figures:
    """The figures of a passport; what is hidden or does not hold is not counted."""
    held = Entry.objects.filter(learner=learner, hidden_at__isnull=True).aggregate(
        certificates=Count("pk", filter=Q(credential__status=Credential.Status.ACTIVE)),
        hours=Sum("credential__achievement__hours", filter=Q(credential__status=Credential.Status.ACTIVE)),
        places=Count(
            "credential__issuer", distinct=True, filter=Q(credential__status=Credential.Status.ACTIVE)
        ),
    )
    declared = Declaration.objects.filter(learner=learner, hidden_at__isnull=True).count()
    return Figures(
        certificates=held["certificates"], hours=held["hours"] or 0, places=held["places"], declared=declared
    )


def of(*, learner: Learner, today: date, page: int = 1) -> Life:
    """One page of her timeline, newest first; what goes on stands at today."""
    places = [(on or today, source.kind, pk) for source in SOURCES for on, pk in source.places(learner)]
    places.sort(key=lambda place: place[0], reverse=True)
    last = max(1, -(-len(places) // PAGE))
    page = min(max(page, 1), last)
    chosen = places[(page - 1) * PAGE : page * PAGE]
    rows = {
        source.kind: source.rows([pk for _on, kind, pk in chosen if kind == source.kind])
        for source in SOURCES
    }
    lines = [Line(kind=kind, on=on, what=rows[kind][pk]) for on, kind, pk in chosen if pk in rows[kind]]
    return Life(
        phases=[
            Phase(label=label, lines=list(group))
            for label, group in groupby(lines, key=lambda line: _phase(learner.birth_year, line.on))
        ],
        later=page - 1,
        earlier=page + 1 if page < last else 0,
    )


def _phase(birth_year: int | None, on: date) -> str:
    if birth_year is None or on.year < birth_year:
        return str(on.year)
    age = on.year - birth_year
    begins = max(start for start in PHASES if start <= age)
    ends = min((start for start in PHASES if start > age), default=0)
    if not begins:
        return _("Childhood")
    if not ends:
        return _("From %(age)s years on") % {"age": begins}
    return _("From %(first)s to %(last)s years") % {"first": begins, "last": ends - 1}
