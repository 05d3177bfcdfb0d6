"""The sweeper: with the database alone it does what a lost doorbell left undone, room by room."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from credentials import (
    batches,
    budgets,
    bundling,
    endorsing,
    erasing,
    issuance,
    outbox,
    printing,
    securing,
    sessions,
    statuslists,
    webhooks,
)
from credentials.models import Batch
from issuers import orders, publications, sealing
from passport import codes, filing, handover, import_queue, retention
from verify import bench, bench_queue

log = logging.getLogger(__name__)

#: A row that kills whoever signs it does not kill the sweeper, which is the last one left.
_issue = partial(issuance.issue_ready, in_child=True)

#: What one round does, in the order in which a certificate travels.
ROUND: tuple[tuple[str, Callable[..., object]], ...] = (
    ("publish keys", publications.tend),
    ("fulfil orders", orders.fulfil),
    ("issue awards", partial(_issue, kind=Batch.Kind.INTERACTIVE, limit=20)),
    ("issue rosters", partial(_issue, kind=Batch.Kind.ROSTER, limit=5)),
    ("issue anew", partial(_issue, kind=Batch.Kind.REISSUE, limit=5)),
    ("seal the audit log", sealing.tend),
    ("close lists", batches.close_finished),
    ("forget drafts", batches.forget_drafts),
    ("publish lists", statuslists.publish_changed),
    ("publish bundle", bundling.tend),
    (
        "file certificates",
        partial(filing.consider_unfiled, within=timedelta(hours=1), after=timedelta(seconds=5)),
    ),
    ("secure documents", partial(securing.secure_new, limit=10)),
    ("sign endorsements", endorsing.tend),
    ("deliver messages", outbox.deliver_due),
    ("deliver webhooks", webhooks.deliver_unheard),
    ("tend sessions", sessions.tend),
    ("prepare prints", partial(printing.prepare, limit=2)),
    ("forget prints", printing.forget),
    ("forget codes", codes.forget),
    ("hand passports over", handover.tend),
    ("check benches", partial(bench_queue.check_waiting, after=timedelta(seconds=10))),
    ("forget benches", bench.forget),
    ("look at imports", partial(import_queue.look_at_waiting, after=timedelta(seconds=10))),
)

#: For how long the same trouble is left unsaid: until the first ceremony, say, no directory can be signed.
SAY_AGAIN = timedelta(minutes=10)

#: Before the first round and every ``WIDE_EVERY`` rounds: what may have been left longer ago.
WIDE_EVERY = 200
WIDE: tuple[tuple[str, Callable[..., object]], ...] = (
    ("file old certificates", partial(filing.consider_unfiled, limit=100_000)),
    ("secure old documents", partial(securing.secure_new, limit=500, within=None)),
    ("forget webhooks", webhooks.forget),
    ("finish erasures", erasing.tend),
    ("keep nothing too long", retention.tend),
    ("forget counts of text messages", budgets.forget),
)


def sweep_once(*, now: datetime, wide: bool = False) -> list[str]:
    """Do one round, looking far back if it is ``wide``; returns what failed, which the next tries again."""
    failed = []
    for name, verb in (*WIDE, *ROUND) if wide else ROUND:
        try:
            verb(now=now)
        except Exception as error:  # one room's trouble must not stop the others
            failed.append(name)
            if _is_news(name, error, now=now):
                log.exception("sweeper round failed", extra={"round": name})
        else:
            _told.pop(name, None)
    return failed


#: What failed last in a round, and when that was said.
_told: dict[str, tuple[type[Exception], datetime]] = {}


def _is_news(name: str, error: Exception, *, now: datetime) -> bool:
    """Whether to say it: a trouble that lasts is said once, and again every few minutes."""
    known = _told.get(name)
    if known and known[0] is type(error) and abs(now - known[1]) < SAY_AGAIN:
        return False
    _told[name] = (type(error), now)
    return True
