"""Importing: a learner brings what others gave her; a worker looks at it, and it is kept for what it is.

Handing over costs one row: nothing is read and nobody is asked while she waits. A stranger's signature says
who signed and never that the city vouches for it.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Now

from issuers import doorbell

from .errors import BroughtTooLarge, NothingBrought, NotYourPassport, StillLooking, TooManyImports
from .models import Import, Learner

MOST = 100
MOST_BYTES = 20 * 1024 * 1024
#: How many of hers may be looked at at once.
MOST_LOOKING = 5
MAX_BYTES = 2 * 1024 * 1024
#: For how long an answer stays, with what she handed over, so that she may try again.
ANSWERED_FOR = timedelta(days=7)
TASK, QUEUE = "passport.look_at_imports", "benches"
State = Import.State


class Answer(StrEnum):
    """Why something that was brought is not kept as a document from elsewhere."""

    UNREADABLE = "unreadable"
    BROKEN = "broken"  # not what its issuer signed
    UNCHECKABLE = "uncheckable"  # whether it is could not be found out
    OTHER_ADDRESS = "other-address"
    OTHER_NAME = "other-name"
    NOBODY = "nobody"
    NATIONAL_NUMBER = "national-number"
    KNOWN = "known"
    RENEWED = "renewed"
    FULL = "full"
    SET_ASIDE = "set-aside"
    CITY_HERE = "city-here"
    CITY_ASKED = "city-asked"
    CITY_ELSEWHERE = "city-elsewhere"
    CITY_UNCLAIMED = "city-unclaimed"
    CITY_UNKNOWN = "city-unknown"
    CITY_RECORD = "city-record"


#: What may be another answer another time: she proves an address, a site answers again.
AGAIN = frozenset(
    {Answer.UNCHECKABLE, Answer.OTHER_ADDRESS, Answer.OTHER_NAME, Answer.SET_ASIDE, Answer.FULL}
    | {Answer.CITY_UNCLAIMED, Answer.CITY_ELSEWHERE}
)


# -- Handing over ---------------------------------------------------------------------------------
@transaction.atomic
def bring(*, learner: Learner, data: bytes | str, now: datetime) -> Import:
    """Take what she hands over, to be looked at; text is what was typed, pasted or scanned.

    Raises NothingBrought, BroughtTooLarge, StillLooking, TooManyImports.
    """
    typed = isinstance(data, str)
    content = data.strip().encode(errors="replace") if isinstance(data, str) else data
    if not content:
        raise NothingBrought
    if len(content) > MAX_BYTES:
        raise BroughtTooLarge
    Learner.objects.select_for_update().get(pk=learner.pk)
    _require_place(learner)
    require_room(learner=learner, size=len(content))
    made = Import.objects.create(
        learner=learner, content=content, typed=typed, size=len(content), brought_at=now, wanted_at=now
    )
    ring()
    return made


def _require_place(learner: Learner) -> None:
    if Import.objects.filter(learner=learner, wanted_at__isnull=False).count() >= MOST_LOOKING:
        raise StillLooking


def require_room(*, learner: Learner, size: int) -> None:
    """That one more of this size may be kept. Raises TooManyImports."""
    kept = Import.objects.filter(learner=learner, state=State.KEPT)
    if kept.count() >= MOST or (kept.aggregate(all=Sum("size"))["all"] or 0) + size > MOST_BYTES:
        raise TooManyImports


def ring() -> None:
    """Tell a worker that there is something to look at."""
    doorbell.ring(TASK, queue=QUEUE)


@transaction.atomic
def look_again(*, brought: Import, now: datetime) -> None:
    """Check it once more: what is kept stays as it is meanwhile. Raises StillLooking."""
    Learner.objects.select_for_update().get(pk=brought.learner_id)
    _require_place(brought.learner)
    free = {"wanted_at": now, "not_before": Now(), "attempts": 0, "lease_token": "", "lease_until": None}
    idle = Import.objects.filter(pk=brought.pk, wanted_at__isnull=True)
    idle.filter(state=State.KEPT).update(**free)
    idle.filter(state=State.ANSWERED, answer__in=AGAIN, content__isnull=False).update(
        state=State.LOOKING, answer="", finding="", certificate_id="", **free
    )
    ring()


# -- Hers -----------------------------------------------------------------------------------------
def kept(*, learner: Learner) -> QuerySet[Import]:
    """What is kept and not hidden, without the documents."""
    return Import.objects.filter(learner=learner, state=State.KEPT, hidden_at__isnull=True).defer(
        "raw", "content"
    )


def brought(*, learner: Learner) -> list[Import]:
    """Everything of hers, the newest first: looked at, kept, answered."""
    return list(Import.objects.filter(learner=learner).defer("raw", "content"))


def hidden(*, learner: Learner) -> list[Import]:
    """What she has taken off the timeline."""
    return list(
        Import.objects.filter(learner=learner, hidden_at__isnull=False, state=State.KEPT).defer(
            "raw", "content"
        )
    )


def one_of(*, learner: Learner, import_id: str) -> Import:
    """One of hers. Raises NotYourPassport, the same for foreign and unknown."""
    found = Import.objects.filter(learner=learner, pk=import_id).select_related("leads_to").first()
    if found is None:
        raise NotYourPassport
    return found


def hide(*, brought: Import, now: datetime) -> None:
    """Take it off the timeline."""
    Import.objects.filter(pk=brought.pk, state=State.KEPT).update(hidden_at=now)


def show(*, brought: Import) -> None:
    """Put it back on the timeline."""
    Import.objects.filter(pk=brought.pk).update(hidden_at=None)


def remove(*, brought: Import) -> None:
    """Forget it here; she has her own copy, and whoever gave it to her is told nothing."""
    Import.objects.filter(pk=brought.pk).delete()


def over(*, now: datetime) -> QuerySet[Import]:
    """Answers that were given long enough ago."""
    return Import.objects.filter(Q(state=State.ANSWERED) & Q(brought_at__lt=now - ANSWERED_FOR))
