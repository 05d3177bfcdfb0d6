"""The courses of the city by neighbourhood and theme: what is taught here, and what next door."""

from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from issuers.models import Arrondissement, Issuer, Theme, in_language

from . import sessions
from .models import Achievement, Session

NEARBY = 6
COMING = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """One page of the courses asked for, and what lies around them.

    ``chosen`` is empty when the whole city is asked for. ``nearby`` comes from the ``neighbours`` of the
    same prefecture; with no neighbour it comes from anywhere, and only when there is nothing ``here``.
    """

    arrondissements: list[Arrondissement]
    chosen: Arrondissement | None
    theme: str
    themes: list[tuple[str, str]]
    here: Page[Achievement]
    nearby: list[Achievement]
    neighbours: list[Arrondissement]
    coming: QuerySet[Session]


def near(*, arrondissement: str, theme: str, now: datetime, page: str = "1", size: int = 12) -> Shelf:
    """Published courses of active providers in this arrondissement, some of those around it, and the next
    sessions that are held here, whoever holds them.

    An unknown arrondissement or theme asks for all, a page that does not exist for the nearest one.
    """
    districts = sorted(Arrondissement.objects.all(), key=lambda district: district.name)
    chosen = next((district for district in districts if district.code == arrondissement), None)
    wanted = theme if theme in Theme.values else ""
    titles = in_language(fr="title_fr title_ar", ar="title_ar title_fr").split()
    courses = (
        Achievement.objects.filter(state=Achievement.State.PUBLISHED, issuer__state=Issuer.State.ACTIVE)
        .select_related("issuer__arrondissement")
        .order_by(*titles, "pk")
    )
    if wanted:
        courses = courses.filter(theme=wanted)
    local = courses.filter(issuer__arrondissement=chosen) if chosen else courses
    here = Paginator(local, size).get_page(page)
    nearby: list[Achievement] = []
    neighbours: list[Arrondissement] = []
    if chosen:
        around = courses.filter(issuer__arrondissement__prefecture_code=chosen.prefecture_code)
        nearby = list(around.exclude(issuer__arrondissement=chosen)[:NEARBY])
        taught_in = {course.issuer.arrondissement_id for course in nearby}
        neighbours = [district for district in districts if district.code in taught_in]
        if not nearby and not here.object_list:
            nearby = list(courses[:NEARBY])
    return Shelf(
        arrondissements=districts,
        chosen=chosen,
        theme=wanted,
        themes=[(value, str(label)) for value, label in Theme.choices],
        here=here,
        nearby=nearby,
        neighbours=neighbours,
        coming=_coming(chosen, wanted, now),
    )


def _coming(district: Arrondissement | None, theme: str, now: datetime) -> QuerySet[Session]:
    found = sessions.planned(now=now, arrondissement=district)
    return (found.filter(achievement__theme=theme) if theme else found)[:COMING]


def coming_of(*, achievement: Achievement, now: datetime) -> list[Session]:
    """When and where this course is taught next."""
    return list(sessions.planned(now=now).filter(achievement=achievement)[:COMING])
