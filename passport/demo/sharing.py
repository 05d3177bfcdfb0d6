"""What Fatima-Zahra shares in the demo: one link that holds, one that has run out, one that she withdrew."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from passport import sharing, showing
from passport.models import Learner, Presentation

from . import people

#: A browser opened it so long after it was shared.
_LIVING = (timedelta(hours=5), timedelta(days=1, hours=2), timedelta(days=1, hours=2))
_PAST = (timedelta(hours=3), timedelta(days=2))


def tell(*, now: datetime) -> None:
    """Three links of hers, with the times when somebody opened them."""
    fatima = Learner.objects.get(addresses__value=people.FATIMA_PHONE)
    first = now - timedelta(days=60)
    for title, made_at, days, count, opened in (
        ("Coopérative Al Wifaq", first, 30, 2, _PAST),
        ("Agence d’intérim, Maârif", now - timedelta(days=20), 7, 3, _PAST[:1]),
        ("Atelier Anfa, entretien", now - timedelta(days=4), 30, 7, _LIVING),
    ):
        share = _share(fatima, title=title, days=days, count=count, now=made_at)
        _open(share, [made_at + later for later in opened])
        if title.startswith("Coopérative"):
            sharing.withdraw(presentation=share, now=made_at + timedelta(days=3))


def _share(learner: Learner, *, title: str, days: int, count: int, now: datetime) -> Presentation:
    there = sharing.choosable(learner=learner)
    holding = sharing.holding_now(there=there, now=now + timedelta(days=days))
    held = [sharing.key_of(entry) for entry in holding if entry.filed_at <= now]
    declared = [sharing.key_of(item) for item in there.declarations[:1]]
    return sharing.make(
        learner=learner,
        keys=held[:count] + declared,
        detail=sharing.Detail(),
        days=days,
        title=title,
        language="fr",
        now=now,
    )


def _open(share: Presentation, moments: Sequence[datetime]) -> None:
    for moment in moments:
        showing.count_opening(presentation=share, now=moment)
