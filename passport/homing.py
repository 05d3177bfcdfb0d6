"""What a learner sees first: what to show, what is new or asked, what comes next, and her timeline below."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from credentials.models import Credential, Endorsement

from . import declaring, endorsed, filing, holding, importing, life, pathways
from .holding import DOCUMENTS
from .life import Figures, Life
from .models import Entry, Learner, Proposal
from .pathways import Standing

#: For how long a certificate counts as new.
NEW = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """All of it; ``to_show`` says whether a certificate holds, ``new`` is the newest if it came lately.

    ``hides`` says whether some of her lines are hidden, ``endorsed`` what others say that waits for her word.
    """

    learner: Learner
    life: Life
    figures: Figures
    proposals: list[Proposal]
    endorsed: list[Endorsement]
    to_show: bool
    new: Entry | None
    walking: Standing | None
    hides: bool


def home(*, learner: Learner, page: int, now: datetime) -> Home:
    """Her home, at this page of her timeline."""
    newest = (
        Entry.objects.filter(
            learner=learner, hidden_at__isnull=True, credential__status=Credential.Status.ACTIVE
        )
        .exclude(credential__valid_until__lte=now)
        .select_related("credential__achievement", "credential__issuer")
        .defer(*DOCUMENTS)
        .first()
    )
    return Home(
        learner=learner,
        life=life.of(learner=learner, today=timezone.localdate(now), page=page),
        figures=life.figures(learner=learner),
        proposals=list(filing.open_proposals(learner=learner)),
        endorsed=endorsed.unanswered(learner=learner),
        to_show=newest is not None,
        new=newest if newest and newest.filed_at > now - NEW else None,
        walking=pathways.next_of(pathways.of(learner=learner, now=now)),
        hides=bool(
            holding.hidden(learner=learner)
            or declaring.hidden(learner=learner)
            or importing.hidden(learner=learner)
        ),
    )
