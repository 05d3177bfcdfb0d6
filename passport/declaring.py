"""Learning without a certificate, in the learner's own words: declared, changed, hidden, removed."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from credentials import frameworks
from issuers.models import Arrondissement

from .errors import (
    BeforeBirth,
    EndedBeforeItBegan,
    EvidenceNotSafe,
    InTheFuture,
    NotYourPassport,
    TitleMissing,
    TooManyDeclarations,
)
from .models import Declaration, Learner
from .months import Month

#: One passport holds no more of them: a life in lines, not a store.
MOST = 200


@transaction.atomic
def declare(*, learner: Learner, now: datetime, **told: Any) -> Declaration:
    """A new line of her passport. Takes and raises what ``change`` does, and TooManyDeclarations."""
    Learner.objects.select_for_update().get(pk=learner.pk)
    if Declaration.objects.filter(learner=learner).count() >= MOST:
        raise TooManyDeclarations
    return Declaration.objects.create(learner=learner, made_at=now, **_checked(learner, now=now, **told))


@transaction.atomic
def change(*, declaration: Declaration, now: datetime, **told: Any) -> Declaration:
    """Say it anew: kind, title, began; ended, place, arrondissement, about, skills (URIs), evidence if any.

    Raises TitleMissing, EndedBeforeItBegan, InTheFuture, BeforeBirth, EvidenceNotSafe.
    """
    fields = _checked(declaration.learner, now=now, **told)
    for name, value in fields.items():
        setattr(declaration, name, value)
    declaration.save(update_fields=list(fields))
    return declaration


def _checked(
    learner: Learner,
    *,
    now: datetime,
    kind: str,
    title: str,
    began: Month,
    ended: Month | None = None,
    place: str = "",
    arrondissement: Arrondissement | None = None,
    about: str = "",
    skills: list[str] | None = None,
    evidence: str = "",
) -> dict[str, Any]:
    title = title.strip()
    if not title:
        raise TitleMissing
    _in_order(learner, began=began, ended=ended, today=timezone.localdate(now))
    if evidence and not evidence.startswith("https://"):
        raise EvidenceNotSafe
    year_only = began.year_only or bool(ended and ended.year_only)
    known = frameworks.skills()
    return {
        "kind": Declaration.Kind(kind),
        "title": title,
        "place": place.strip(),
        "arrondissement": arrondissement,
        "began_on": _day(began, year_only),
        "ended_on": _day(ended, year_only) if ended else None,
        "year_only": year_only,
        "about": about.strip(),
        "skills": [
            {"uri": uri, **{f"label_{code}": getattr(known[uri], code) for code in ("en", "fr", "ar")}}
            for uri in dict.fromkeys(skills or ())
            if uri in known
        ],
        "evidence": evidence,
    }


def _in_order(learner: Learner, *, began: Month, ended: Month | None, today: date) -> None:
    if began.first_day > today:
        raise InTheFuture(field="began")
    if ended and ended.first_day > today:
        raise InTheFuture(field="ended")
    if ended and ended.last_day < began.first_day:
        raise EndedBeforeItBegan
    if learner.birth_year and began.first_day.year < learner.birth_year:
        raise BeforeBirth


def _day(month: Month, year_only: bool) -> date:
    return date(month.first_day.year, 1, 1) if year_only else month.first_day


def declaration_of(*, learner: Learner, declaration_id: str) -> Declaration:
    """One declared line of this passport. Raises NotYourPassport, the same for foreign and unknown."""
    found = (
        Declaration.objects.filter(learner=learner, pk=declaration_id)
        .select_related("arrondissement", "learner")
        .first()
    )
    if found is None:
        raise NotYourPassport
    return found


def hide(*, declaration: Declaration, now: datetime) -> None:
    """Take it off the timeline."""
    Declaration.objects.filter(pk=declaration.pk).update(hidden_at=now)


def show(*, declaration: Declaration) -> None:
    """Put it back on the timeline."""
    Declaration.objects.filter(pk=declaration.pk).update(hidden_at=None)


def hidden(*, learner: Learner) -> list[Declaration]:
    """What she has taken off the timeline."""
    return list(Declaration.objects.filter(learner=learner, hidden_at__isnull=False))


def remove(*, declaration: Declaration) -> None:
    """Forget it: nobody else was told, so nothing of it stays."""
    Declaration.objects.filter(pk=declaration.pk).delete()
