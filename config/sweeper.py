"""The sweeper: with the database alone it does what a lost doorbell left undone, room by room."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from credentials import batches, issuance, outbox, statuslists
from credentials.models import Batch
from issuers import publications
from passport import codes, filing

log = logging.getLogger(__name__)

#: What one round does, in the order in which a certificate travels.
ROUND: tuple[tuple[str, Callable[..., object]], ...] = (
    ("publish keys", publications.tend),
    ("issue awards", partial(issuance.issue_ready, kind=Batch.Kind.INTERACTIVE, limit=20)),
    ("issue rosters", partial(issuance.issue_ready, kind=Batch.Kind.ROSTER, limit=5)),
    ("close lists", batches.close_finished),
    ("forget drafts", batches.forget_drafts),
    ("publish lists", statuslists.publish_changed),
    (
        "file certificates",
        partial(filing.consider_unfiled, within=timedelta(days=7), after=timedelta(seconds=5)),
    ),
    ("deliver messages", outbox.deliver_due),
    ("forget codes", codes.forget),
)

#: Before the first round: what may have been left longer ago, while nobody swept.
FIRST: tuple[tuple[str, Callable[..., object]], ...] = (
    ("file old certificates", partial(filing.consider_unfiled, limit=100_000)),
)


def sweep_once(*, now: datetime, first: bool = False) -> list[str]:
    """Do one round; returns what failed, which the next round tries again."""
    failed = []
    for name, verb in (*FIRST, *ROUND) if first else ROUND:
        try:
            verb(now=now)
        except Exception:  # one room's trouble must not stop the others
            log.exception("sweeper round failed", extra={"round": name})
            failed.append(name)
    return failed
