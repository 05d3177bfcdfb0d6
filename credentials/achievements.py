"""What can be awarded: drafts, their publication, new versions; published ones never change once awarded."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from issuers.models import Issuer

from .errors import BadAward, WrongStatus
from .models import Achievement

State = Achievement.State


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
def create_draft(*, issuer: Issuer, fields: dict[str, Any], now: datetime) -> Achievement:
    """A new draft, version 1. Raises BadAward when the code is taken."""
    code = fields.get("code", "")
    if Achievement.objects.filter(issuer=issuer, code=code).exists():
        raise BadAward(_("This code is in use already. Choose another."), field="code")
    return Achievement.objects.create(issuer=issuer, state=State.DRAFT, created_at=now, **fields)


@transaction.atomic
def update_draft(*, achievement: Achievement, fields: dict[str, Any]) -> Achievement:
    """Change a draft. Raises WrongStatus for anything published: make a new version instead."""
    held = Achievement.objects.select_for_update().get(pk=achievement.pk)
    if held.state != State.DRAFT:
        raise WrongStatus(_("A published course does not change. Make a new version."))
    for name, value in fields.items():
        setattr(held, name, value)
    held.save()
    return held


@transaction.atomic
def publish(*, achievement: Achievement, now: datetime) -> Achievement:
    """Open a draft for awards; the version that it supersedes is withdrawn. Raises WrongStatus, BadAward."""
    held = (
        Achievement.objects.select_for_update(of=("self",))
        .select_related("supersedes")
        .get(pk=achievement.pk)
    )
    if held.state != State.DRAFT:
        raise WrongStatus
    if not (held.criteria_fr or held.criteria_ar) or not (held.description_fr or held.description_ar):
        raise BadAward(_("Describe the course and what the learner can do after it."), field="criteria_fr")
    if not held.mode_uri or not held.assessment_uri:
        raise BadAward(_("Choose how the course is taught and assessed."), field="assessment")
    if held.supersedes:
        Achievement.objects.filter(pk=held.supersedes.pk).update(state=State.WITHDRAWN)
    held.state, held.published_at = State.PUBLISHED, now
    held.save(update_fields=["state", "published_at"])
    return held


@transaction.atomic
def new_version(*, achievement: Achievement, now: datetime) -> Achievement:
    """A draft that will supersede a published achievement. Raises WrongStatus if there is one already."""
    if achievement.state != State.PUBLISHED or Achievement.objects.filter(supersedes=achievement).exists():
        raise WrongStatus(_("A newer version is being written already."))
    copied = {
        field.name: getattr(achievement, field.name)
        for field in Achievement._meta.concrete_fields
        if field.name not in ("id", "version", "supersedes", "state", "created_at", "published_at")
    }
    return Achievement.objects.create(
        **copied, version=achievement.version + 1, supersedes=achievement, state=State.DRAFT, created_at=now
    )
