"""A course is published by other eyes: handed in, looked at by a colleague, published or sent back.

The colleague is a signer or an owner of the provider who neither handed it in nor wrote in it last. Where a
provider has nobody else, the city's officer or approver looks instead.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from issuers import audit
from issuers import waiting as rooms
from issuers.errors import NotAllowed
from issuers.models import Issuer, Membership, Role

from . import completeness
from .achievements import note_act
from .errors import BadAward, ReviewedByYou, WrongStatus
from .models import Achievement, AchievementAct

State, Act = Achievement.State, AchievementAct.Act
#: Who of a provider's staff may review, and who of the city's, where the provider has nobody else.
COLLEAGUES = (Role.SIGNER, Role.OWNER)
OF_THE_CITY = (Role.OFFICER, Role.APPROVER)


@transaction.atomic
def submit(*, achievement: Achievement, by: Any, now: datetime) -> Achievement:
    """Hand a draft in for review. Raises WrongStatus, BadAward while something is missing."""
    held = _locked(achievement, State.DRAFT)
    if lacking := completeness.lacking(held):
        raise BadAward(_("Something is still missing: %(what)s") % {"what": _listed(lacking)}, field="code")
    held.state, held.submitted_by, held.submitted_at = State.IN_REVIEW, by, now
    held.sent_back_because = ""
    held.save(update_fields=["state", "submitted_by", "submitted_at", "sent_back_because"])
    note_act(held, Act.SUBMITTED, by=by, now=now)
    return held


def _listed(lacking: Iterable[completeness.Element]) -> str:
    return ", ".join(str(element.name) for element in lacking)


@transaction.atomic
def take_back(*, achievement: Achievement, by: Any, now: datetime) -> Achievement:
    """Make a draft again of what is in review, to change it. Raises WrongStatus."""
    held = _locked(achievement, State.IN_REVIEW)
    _open_again(held)
    note_act(held, Act.TAKEN_BACK, by=by, now=now)
    return held


@transaction.atomic
def publish(*, achievement: Achievement, by: Any, now: datetime) -> Achievement:
    """Open it for awards; the version that it supersedes is withdrawn.

    Raises WrongStatus, NotAllowed, ReviewedByYou for its last writer and whoever handed it in.
    """
    held = _locked(achievement, State.IN_REVIEW)
    _require_reviewer(held, by)
    if held.supersedes_id:
        Achievement.objects.filter(pk=held.supersedes_id).update(state=State.WITHDRAWN)
    held.state, held.published_at, held.reviewed_by = State.PUBLISHED, now, by
    held.save(update_fields=["state", "published_at", "reviewed_by"])
    note_act(held, Act.PUBLISHED, by=by, now=now)
    audit.append(
        event="achievement-published",
        now=now,
        issuer=held.issuer,
        by=by,
        about=held.pk,
        version=held.version,
    )
    return held


@transaction.atomic
def send_back(*, achievement: Achievement, note: str, by: Any, now: datetime) -> Achievement:
    """Give it back to who wrote it, saying what to change. Raises WrongStatus, NotAllowed, BadAward."""
    held = _locked(achievement, State.IN_REVIEW)
    _require_reviewer(held, by)
    note = " ".join(note.split())
    if not 0 < len(note) <= 500:
        raise BadAward(_("Say what is to be changed, in at most 500 characters."), field="note")
    held.sent_back_because = note
    _open_again(held)
    note_act(held, Act.SENT_BACK, by=by, now=now, note=note)
    return held


@transaction.atomic
def withdraw(*, achievement: Achievement, by: Any, now: datetime) -> Achievement:
    """No new awards from now on; certificates stay as they are. Raises WrongStatus."""
    held = _locked(achievement, State.PUBLISHED)
    held.state = State.WITHDRAWN
    held.save(update_fields=["state"])
    note_act(held, Act.WITHDRAWN, by=by, now=now)
    audit.append(event="achievement-withdrawn", now=now, issuer=held.issuer, by=by, about=held.pk)
    return held


def _open_again(held: Achievement) -> None:
    held.state, held.submitted_by, held.submitted_at = State.DRAFT, None, None
    held.save(update_fields=["state", "submitted_by", "submitted_at", "sent_back_because"])


def _locked(achievement: Achievement, state: str) -> Achievement:
    held = Achievement.objects.select_for_update(of=("self",)).select_related("issuer").get(pk=achievement.pk)
    if held.state != state:
        raise WrongStatus(_("This course has been decided meanwhile."))
    return held


# -- Who may review -------------------------------------------------------------------------------
def may_review(*, achievement: Achievement, by: Any) -> bool:
    """Whether this person is the other pair of eyes that it waits for."""
    if achievement.state != State.IN_REVIEW or by.pk in _authors(achievement):
        return False
    return by.pk in colleagues_of(achievement) or (needs_city(achievement) and _is_of_the_city(by))


def needs_city(achievement: Achievement) -> bool:
    """Whether nobody else at the provider could review it."""
    return not colleagues_of(achievement)


def colleagues_of(achievement: Achievement) -> set[int]:
    """The provider's signers and owners who neither handed it in nor were the last to write in it."""
    held = Membership.objects.filter(issuer=achievement.issuer_id, role__in=COLLEAGUES)
    return set(held.values_list("person_id", flat=True)) - _authors(achievement)


def _authors(achievement: Achievement) -> set[int | None]:
    return {achievement.edited_by_id, achievement.submitted_by_id}


def _is_of_the_city(by: Any) -> bool:
    return Membership.objects.filter(person=by, issuer__isnull=True, role__in=OF_THE_CITY).exists()


def _require_reviewer(achievement: Achievement, by: Any) -> None:
    if by.pk in _authors(achievement):
        raise ReviewedByYou
    if not may_review(achievement=achievement, by=by):
        raise NotAllowed


# -- What waits -----------------------------------------------------------------------------------
def waiting(*, issuers: Iterable[Issuer] | None) -> list[Achievement]:
    """What these providers' own people can review; for the city (``None``) what only it can; by age."""
    return _waiting(None if issuers is None else [issuer.pk for issuer in issuers])


def _waiting(issuers: Iterable[int] | None) -> list[Achievement]:
    found: QuerySet[Achievement] = Achievement.objects.filter(state=State.IN_REVIEW)
    if issuers is not None:
        found = found.filter(issuer__in=list(issuers))
    related = found.select_related("issuer", "submitted_by", "supersedes").order_by("submitted_at")
    return [one for one in related if needs_city(one) == (issuers is None)]


@rooms.counts("reviews")
def _how_many(issuers: Iterable[int] | None) -> int:
    return len(_waiting(issuers))


# -- What has changed -----------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that reads otherwise than in the version before."""

    name: str
    before: str
    after: str


def differences(achievement: Achievement) -> list[Difference]:
    """What reads otherwise than in the version that it supersedes; nothing for a first version."""
    before = achievement.supersedes
    if before is None:
        return []
    return [
        Difference(name=name, before=old, after=new)
        for (name, old), (_name, new) in zip(
            completeness.spoken(before), completeness.spoken(achievement), strict=True
        )
        if old != new
    ]
