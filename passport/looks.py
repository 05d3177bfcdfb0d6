"""Who looked: each time somebody else saw a passport or acted in it, written down for its learner."""

from datetime import datetime

from issuers.models import Issuer

from .models import Learner, Look


def note(
    *,
    learner: Learner,
    act: str,
    now: datetime,
    by: Learner | None = None,
    house: Issuer | None = None,
    what: str = "",
    about: str = "",
) -> Look:
    """Write one line into what this learner reads; ``act`` is a Look.Act."""
    return Look.objects.create(
        learner=learner, act=act, at=now, by=by, house=house, what=what[:60], about=about[:22]
    )


def of(*, learner: Learner, limit: int = 200) -> list[Look]:
    """The newest lines, with who and where."""
    return list(Look.objects.filter(learner=learner).select_related("by", "house")[:limit])
