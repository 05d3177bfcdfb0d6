"""The courses of the city by neighbourhood and theme: what is taught here, and what next door."""

from dataclasses import dataclass, field

from issuers.models import Arrondissement, Issuer, Theme

from .models import Achievement


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What the front page lists; ``chosen`` is empty when the whole city is asked for."""

    arrondissements: list[Arrondissement]
    chosen: Arrondissement | None
    theme: str
    themes: list[tuple[str, str]]
    here: list[Achievement]
    nearby: list[Achievement] = field(default_factory=list)


def near(*, arrondissement: str | None, theme: str | None) -> Shelf:
    """Published courses of active providers in this arrondissement, and those of its prefecture beside it."""
    districts = list(Arrondissement.objects.order_by("name_fr"))
    chosen = next((district for district in districts if district.code == arrondissement), None)
    wanted = theme if theme in Theme.values else ""
    courses = (
        Achievement.objects.filter(state=Achievement.State.PUBLISHED, issuer__state=Issuer.State.ACTIVE)
        .select_related("issuer__arrondissement")
        .order_by("title_fr")
    )
    if wanted:
        courses = courses.filter(theme=wanted)
    nearby: list[Achievement] = []
    if chosen:
        here = list(courses.filter(issuer__arrondissement=chosen))
        around = courses.filter(issuer__arrondissement__prefecture_code=chosen.prefecture_code)
        nearby = list(around.exclude(issuer__arrondissement=chosen)[:6])
        if not here and not nearby:
            nearby = list(courses[:4])
    else:
        here = list(courses[:40])
    return Shelf(
        arrondissements=districts,
        chosen=chosen,
        theme=wanted,
        themes=[(value, str(label)) for value, label in Theme.choices],
        here=here,
        nearby=nearby,
    )
