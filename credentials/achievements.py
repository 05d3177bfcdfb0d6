"""What can be awarded: drafts and new versions; ``reviewing`` publishes them. Once awarded none changes."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from issuers.models import Issuer

from .errors import BadAward, WrongStatus
from .models import Achievement, AchievementAct

State, Act = Achievement.State, AchievementAct.Act
#: What a new version does not take over: what says which version it is, and who did what with it.
OWN = frozenset(
    (
        *("id", "version", "supersedes", "state", "created_at", "published_at"),
        *("edited_by", "submitted_by", "submitted_at", "reviewed_by", "sent_back_because"),
    )
)


def published_for(*, issuers: Iterable[Issuer]) -> QuerySet[Achievement]:
    """The achievements that these issuers may award, by title."""
    return (
        Achievement.objects.filter(issuer__in=list(issuers), state=State.PUBLISHED)
        .select_related("issuer")
        .order_by("title_fr")
    )


def all_for(*, issuers: Iterable[Issuer]) -> QuerySet[Achievement]:
    """Every version of every achievement of these issuers, newest first."""
    return (
        Achievement.objects.filter(issuer__in=list(issuers))
        .select_related("issuer")
        .order_by("code", "-version")
    )


@transaction.atomic
def create_draft(*, issuer: Issuer, fields: dict[str, Any], by: Any, now: datetime) -> Achievement:
    """A new draft, version 1. Raises BadAward when the code is taken."""
    code = fields.get("code", "")
    if Achievement.objects.filter(issuer=issuer, code=code).exists():
        raise BadAward(_("This code is in use already. Choose another."), field="code")
    made = Achievement.objects.create(
        issuer=issuer, state=State.DRAFT, created_at=now, edited_by=by, **fields
    )
    note_act(made, Act.WRITTEN, by=by, now=now)
    return made


@transaction.atomic
def update_draft(*, achievement: Achievement, fields: dict[str, Any], by: Any, now: datetime) -> Achievement:
    """Change a draft. Raises WrongStatus for anything handed in or published."""
    held = Achievement.objects.select_for_update().get(pk=achievement.pk)
    if held.state == State.IN_REVIEW:
        raise WrongStatus(_("A colleague is reviewing it. Take it back first, then change it."))
    if held.state != State.DRAFT:
        raise WrongStatus(_("A published course does not change. Make a new version."))
    for name, value in fields.items():
        setattr(held, name, value)
    held.edited_by = by
    held.save()
    note_act(held, Act.CHANGED, by=by, now=now)
    return held


@transaction.atomic
def new_version(*, achievement: Achievement, by: Any, now: datetime) -> Achievement:
    """A draft that will supersede a published achievement. Raises WrongStatus if there is one already."""
    if achievement.state != State.PUBLISHED or Achievement.objects.filter(supersedes=achievement).exists():
        raise WrongStatus(_("A newer version is being written already."))
    copied = {
        field.name: getattr(achievement, field.name)
        for field in Achievement._meta.concrete_fields
        if field.name not in OWN
    }
    made = Achievement.objects.create(
        **copied,
        version=achievement.version + 1,
        supersedes=achievement,
        state=State.DRAFT,
        created_at=now,
        edited_by=by,
    )
    note_act(made, Act.WRITTEN, by=by, now=now)
    return made


def note_act(achievement: Achievement, act: str, *, by: Any, now: datetime, note: str = "") -> None:
    """Write one line of its history, in the transaction of the act."""
    AchievementAct.objects.create(achievement=achievement, act=act, by=by, at=now, note=note)
