"""What staff see of their own provider's awards and certificates; everything else is not there for them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from issuers import errors as register
from issuers.errors import IssuersError
from issuers.models import Issuer

from . import achievements, awards, delivering, paper, people, slips
from .errors import CredentialsError, DuplicateAward, LintFailed, NotYours
from .models import Achievement, Award, Batch, Credential

FOUND_LIMIT = 50

#: Why an award was not issued, for the trainer: the code that the worker left, and its sentence.
FAILURES: dict[str, Any] = {
    "IssuerSuspended": register.IssuerSuspended.message,
    "OutsideMandate": register.OutsideMandate.message,
    "quarantined": slips.SENTENCES["quarantined"],
    "predecessor-ended": slips.SENTENCES["predecessor-ended"],
}


def awardable(*, issuers: Iterable[Issuer], achievement_id: str) -> Achievement:
    """A published achievement of one of these issuers. Raises NotYours."""
    found = achievements.published_for(issuers=issuers).filter(pk=achievement_id).first()
    if found is None:
        raise NotYours
    return found


def own_achievement(*, issuers: Iterable[Issuer], achievement_id: str) -> Achievement:
    """Any version of an achievement of one of these issuers. Raises NotYours."""
    found = achievements.all_for(issuers=issuers).filter(pk=achievement_id).first()
    if found is None:
        raise NotYours
    return found


def own_batch(*, issuers: Iterable[Issuer], batch_id: str) -> Batch:
    """A batch of one of these issuers. Raises NotYours."""
    batches = Batch.objects.filter(issuer__in=list(issuers)).select_related("achievement", "issuer")
    found = batches.filter(pk=batch_id).first()
    if found is None:
        raise NotYours
    return found


def own_credential(*, issuers: Iterable[Issuer], credential_id: str) -> Credential:
    """A certificate of one of these issuers, with what its room shows. Raises NotYours."""
    found = (
        Credential.objects.filter(issuer__in=list(issuers), pk=credential_id)
        .select_related("achievement", "issuer", "replaced_by", "award", "filing")
        .prefetch_related("status_changes__by", "messages")
        .first()
    )
    if found is None:
        raise NotYours
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """One line of what was awarded lately: an award to one person, or (``award`` is None) a whole list."""

    batch: Batch
    award: Award | None


def recent(*, issuers: Iterable[Issuer], limit: int) -> list[Recent]:
    """The newest awards of these issuers, whatever became of them; a list is one line, a draft none."""
    mine = Batch.objects.filter(issuer__in=list(issuers)).exclude(state=Batch.State.DRAFT)
    mine = mine.exclude(kind=Batch.Kind.REISSUE)  # nobody awarded anything there
    newest = list(mine.select_related("achievement").order_by("-accepted_at")[:limit])
    single = [batch for batch in newest if batch.kind == Batch.Kind.INTERACTIVE]
    awards_of: dict[str, list[Award]] = {}
    found = Award.objects.filter(batch__in=single).select_related("credential").order_by("row")
    for award in found:
        awards_of.setdefault(award.batch_id, []).append(award)
    lines = [
        Recent(batch=batch, award=award) for batch in newest for award in awards_of.get(batch.pk, [None])
    ]
    return lines[:limit]


def find(*, issuers: Iterable[Issuer], text: str, only: str = "") -> list[Credential]:
    """The newest certificates whose name holds every word of ``text``, or the one with this short code.

    ``only`` narrows them to what did not arrive or is in no passport.
    One more than ``FOUND_LIMIT`` at most, so that the page can say that there are more.
    """
    own = Credential.objects.filter(issuer__in=list(issuers), erased_at__isnull=True)
    own = delivering.narrowed(own, only=only)
    own = own.select_related("achievement", "issuer", "filing").order_by("-issued_at", "id")
    own = own.prefetch_related("messages")
    words = people.tidy(text).split()
    named = Q()
    for word in words:
        named &= Q(name_latin__icontains=word) | Q(name_arabic__icontains=word)
    code = paper.read_short_code(text) if words else None
    wanted = named | Q(short_code=code) if code else named
    return list(own.filter(wanted)[: FOUND_LIMIT + 1])


def obstacle(*, achievement: Achievement, now: datetime) -> str:
    """Why this achievement cannot be awarded today, or nothing."""
    try:
        awards.check_award(
            issuer=achievement.issuer,
            achievement=achievement,
            awarded_on=timezone.localdate(now),
            now=now,
        )
    except (CredentialsError, IssuersError) as refusal:
        return str(refusal.message)
    return ""


def why_not_issued(award: Award) -> str:
    """What is wrong with an award that was not issued, with the remedy; nothing for the others."""
    if award.problems:
        return " ".join(dict.fromkeys(said(problem) for problem in award.problems))
    if award.state == Award.State.DUPLICATE:
        return str(DuplicateAward.message)
    if award.state == Award.State.CANCELLED:
        return _("The list was stopped before this row was signed.")
    if award.state != Award.State.FAILED:
        return ""
    if award.error_code.startswith("lint:"):
        return str(LintFailed.message)
    return str(FAILURES.get(award.error_code, CredentialsError.message))


def said(problem: dict[str, Any]) -> str:
    """The sentence for one problem of a row, as the row keeps it."""
    return str(slips.sentence(problem["code"], problem))


def name_as_typed(award: Award) -> str:
    """The name of a row that was wrong, as it came."""
    typed = award.typed or {}
    return str(typed.get("name") or typed.get("name_latin") or typed.get("name_arabic") or "")


def reason(*, code: str) -> str:
    """The sentence for the code of a row that failed, as a list of failures has it."""
    if code.startswith("lint:"):
        return str(LintFailed.message)
    if code in slips.SENTENCES:
        return str(slips.sentence(code))
    return str(FAILURES.get(code, CredentialsError.message))
