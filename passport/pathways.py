"""Pathways as learners walk them: what is done, what comes next, where in the city it is taught."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Prefetch, Q, QuerySet

from credentials import sessions
from credentials.models import Achievement, Session
from issuers.models import Arrondissement, Issuer

from . import evidence
from .errors import NoSuchPathway
from .evidence import Shown
from .models import Learner, Pathway, Step
from .requirements import Course, Digital, Language, Requirement, read_all

#: How far away a course is: her own arrondissement, one of the same prefecture, elsewhere in the city.
HERE, NEXT_DOOR, ELSEWHERE = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A course that leads to a step, when it is held next, and how far from her that is."""

    course: Achievement
    next: Session | None
    distance: int

    @property
    def place(self) -> Arrondissement:
        """Where it is held next, else where its provider is."""
        return self.next.arrondissement if self.next else self.course.issuer.arrondissement


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step as it stands: ``shown`` has done it, ``offers`` (nearest first) lead there."""

    place: int
    labels: list[str]
    offers: list[Offer]
    shown: Shown | None
    is_next: bool

    @property
    def done(self) -> bool:
        """Whether a certificate that holds now shows it."""
        return self.shown is not None and not self.shown.expired

    @property
    def expired(self) -> bool:
        """Whether it was done once, by a certificate that has expired since."""
        return self.shown is not None and self.shown.expired

    @property
    def hours(self) -> int:
        """How long the shortest way to it takes."""
        return min((offer.course.hours for offer in self.offers), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A pathway and where somebody stands on it."""

    pathway: Pathway
    stages: list[Stage]

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(stage.done for stage in self.stages)

    @property
    def next(self) -> Stage | None:
        """The first step that is not done."""
        return next((stage for stage in self.stages if stage.is_next), None)

    @property
    def hours_left(self) -> int:
        """Hours of the shortest courses for what is missing."""
        return sum(stage.hours for stage in self.stages if not stage.done)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """What a certificate leads to: a pathway, which of its steps this is, and the steps in all."""

    pathway: Pathway
    place: int
    steps: int


def published() -> list[Pathway]:
    """Every published pathway with its steps, by theme."""
    return list(_with_steps().filter(state=Pathway.State.PUBLISHED))


def _with_steps() -> QuerySet[Pathway]:
    return Pathway.objects.prefetch_related(Prefetch("steps", queryset=Step.objects.order_by("place")))


def walk(*, slug: str, learner: Learner | None, now: datetime) -> Standing:
    """One published pathway, with where this learner stands if there is one. Raises NoSuchPathway."""
    found = _with_steps().filter(slug=slug, state=Pathway.State.PUBLISHED).first()
    if found is None:
        raise NoSuchPathway
    return standings(pathways=[found], learner=learner, now=now)[0]


def of(*, learner: Learner, now: datetime) -> list[Standing]:
    """Every published pathway as it stands for her: those she is on first, by what is left."""
    found = standings(pathways=published(), learner=learner, now=now)
    return sorted(found, key=lambda one: (one.next is None, one.done == 0, len(one.stages) - one.done))


def next_of(found: Sequence[Standing]) -> Standing | None:
    """The pathway that she is on and nearest to finish, if she is on any."""
    return next((one for one in found if one.done and one.next), None)


def standings(*, pathways: Sequence[Pathway], learner: Learner | None, now: datetime) -> list[Standing]:
    """These pathways as they stand for this learner, or for nobody."""
    shown = evidence.certificates(learner=learner, now=now) if learner else []
    asked = {step.pk: read_all(step.any_of) for pathway in pathways for step in pathway.steps.all()}
    taught = _taught([one for some in asked.values() for one in some])
    held = _next_of(taught, now)
    home = learner.arrondissement if learner else None
    return [_standing(pathway, asked, taught, held, shown, home) for pathway in pathways]


def _standing(
    pathway: Pathway,
    asked: dict[int, list[Requirement]],
    taught: Sequence[Achievement],
    held: Mapping[str, list[Session]],
    shown: Sequence[Shown],
    home: Arrondissement | None,
) -> Standing:
    stages: list[Stage] = []
    waiting = True
    for step in pathway.steps.all():
        wanted = asked[step.pk]
        having = [each for each in shown if any(one.met_by(each.achievement) for one in wanted)]
        best = min(having, key=lambda each: each.expired, default=None)
        done = best is not None and not best.expired
        courses = [course for course in taught if any(one.met_by(course) for one in wanted)]
        offers = [_offer(course, held.get(course.pk, []), home) for course in courses]
        stages.append(
            Stage(
                place=step.place,
                labels=_labels(wanted, courses),
                offers=sorted(
                    offers, key=lambda offer: (offer.distance, offer.course.hours, offer.course.pk)
                ),
                shown=best,
                is_next=waiting and not done,
            )
        )
        waiting = waiting and done
    return Standing(pathway=pathway, stages=stages)


def _next_of(courses: Sequence[Achievement], now: datetime) -> dict[str, list[Session]]:
    """The sessions of these courses that anybody may come to, the next first."""
    found: dict[str, list[Session]] = {}
    for session in sessions.planned(now=now).filter(achievement__in=courses):
        found.setdefault(session.achievement_id, []).append(session)
    return found


def _offer(course: Achievement, held: Sequence[Session], home: Arrondissement | None) -> Offer:
    """The course with the nearest of its sessions; of those as near, the next."""
    nearest = min(held, key=lambda one: (distance(home, one.arrondissement), one.starts_at), default=None)
    place = nearest.arrondissement if nearest else course.issuer.arrondissement
    return Offer(course=course, next=nearest, distance=distance(home, place))


def _labels(wanted: Sequence[Requirement], courses: Sequence[Achievement]) -> list[str]:
    """Its courses' titles (the code of one that is gone), and the levels that it asks for."""
    labels = []
    for one in wanted:
        if isinstance(one, Course):
            titled = next((course.title for course in courses if one.met_by(course)), one.code)
            labels.append(titled)
        else:
            labels.append(one.label)
    return list(dict.fromkeys(labels))


def _taught(wanted: Sequence[Requirement]) -> list[Achievement]:
    """Published courses of active providers that one of these may ask for."""
    asked = [
        Q(issuer__slug=one.issuer, code=one.code) if isinstance(one, Course) else Q(cefr_level=one.level)
        for one in wanted
        if isinstance(one, Course | Language)
    ]
    if any(isinstance(one, Digital) for one in wanted):
        asked.append(~Q(digcomp=[]))
    if not asked:
        return []
    return list(
        Achievement.objects.filter(
            reduce(or_, asked), state=Achievement.State.PUBLISHED, issuer__state=Issuer.State.ACTIVE
        ).select_related("issuer__arrondissement")
    )


def distance(home: Arrondissement | None, there: Arrondissement) -> int:
    """How far from home it is taught, by arrondissement and prefecture; somewhere, if home is not known."""
    if home is None:
        return ELSEWHERE
    if there.pk == home.pk:
        return HERE
    return NEXT_DOOR if there.prefecture_code == home.prefecture_code else ELSEWHERE


def leads_of(*, achievement: Achievement) -> list[Lead]:
    """The pathways of which whoever has this achievement has done a step."""
    leads = []
    for pathway in published():
        steps = list(pathway.steps.all())
        place = next(
            (s.place for s in steps if any(one.met_by(achievement) for one in read_all(s.any_of))), None
        )
        if place is not None:
            leads.append(Lead(pathway=pathway, place=place, steps=len(steps)))
    return leads
