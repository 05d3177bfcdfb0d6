"""Works in a forked child: what kills the child leaves the worker alive, to say so.

The child is a fork, never a new interpreter: it begins at once with all that is loaded. It has a database
connection of its own, an end in sight, and it leaves without tidying up what is its parent's.
"""

import gc
import json
import logging
import os
import resource
import select
import signal
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, NoReturn

from django.db import connection, connections

from . import queue
from .queue import Taken

log = logging.getLogger(__name__)

#: What a child may take, for itself and for each row: seconds until it is ended, seconds of the processor.
#: Who waits too long is no proof against the rows; who computes for so long is one.
PATIENCE = (10.0, 0.5)
LABOUR = (5.0, 0.1)
#: Signals by which somebody ends a process. No row sends these.
SENT = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGALRM)
STATM = Path("/proc/self/statm")  # Linux says how much a process has
STOPPED = "WorkerStopped"
LATE = "WorkerLate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of the work on a chunk; ``innocent`` when its rows cannot be at fault for the ``error``."""

    issued: int = 0
    error: str = ""
    innocent: bool = False

    @property
    def guilty(self) -> bool:
        """Whether the rows may be at fault."""
        return bool(self.error) and not self.innocent


def run(taken: Taken, act: Callable[[], Outcome]) -> Outcome:
    """Work on a chunk in a child, and keep its lease meanwhile."""
    keep = partial(queue.renew_for_another, taken)
    return in_child(act, rows=taken.rows, keep=keep, about={"chunk": taken.chunk_id})


def in_child(
    act: Callable[[], Outcome],
    *,
    rows: int,
    keep: Callable[[], object],
    about: dict[str, Any],
    memory: int | None = None,
) -> Outcome:
    """Let a forked child ``act`` on so many rows, for a bounded time; this process says how it ended.

    Every two seconds it does what ``keep`` says. A child that dies is a failure that may be the rows' fault,
    unless somebody ended it or it only waited; ``memory`` bounds how many bytes it may ask for beyond what
    there is. Inside a transaction, which no other process can see, this process acts itself.
    """
    if connection.in_atomic_block:
        return act()
    connections.close_all()  # a connection that two processes hold serves neither
    heard, told = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover  # another process: what it does is seen by what it leaves
        _act(act, told, rows=rows, memory=memory)
    os.close(told)
    try:
        report = _report(heard, rows=rows, keep=keep)
    except BaseException:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    finally:
        os.close(heard)
    if report is None:
        os.kill(child, signal.SIGKILL)
    _pid, status = os.waitpid(child, 0)
    return _outcome(report, status, about)


def _act(act: Callable[[], Outcome], told: int, *, rows: int, memory: int | None) -> NoReturn:
    """The child's whole life."""
    try:
        gc.disable()  # what the parent left to be collected is the parent's
        _alone(rows, memory)
        os.write(told, json.dumps(asdict(act())).encode())
    finally:
        os._exit(0)


def _alone(rows: int, memory: int | None) -> None:
    """Be no worker any more: die of what ends a process, and in time."""
    signal.set_wakeup_fd(-1)
    for number in SENT:
        signal.signal(number, signal.SIG_DFL)
    labour = int(_allowed(LABOUR, rows))
    resource.setrlimit(resource.RLIMIT_CPU, (labour, labour + 1))
    signal.setitimer(signal.ITIMER_REAL, _allowed(PATIENCE, rows) + 1)  # should the parent be gone
    if memory is not None and STATM.exists():
        most = int(STATM.read_text().split()[0]) * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _allowed(share: tuple[float, float], rows: int) -> float:
    return share[0] + share[1] * rows


def _report(heard: int, *, rows: int, keep: Callable[[], object]) -> bytes | None:
    """What the child said before it closed the line, at the latest by ending; None if it is late."""
    until = monotonic() + _allowed(PATIENCE, rows)
    due = monotonic() + queue.RENEW_EVERY.total_seconds()
    said = b""
    while (now := monotonic()) < until:
        if now >= due:
            keep()
            due = monotonic() + queue.RENEW_EVERY.total_seconds()
        if select.select([heard], [], [], max(0.0, min(due, until) - now))[0]:
            part = os.read(heard, 4096)
            if not part:
                return said
            said += part
    return None


def _outcome(report: bytes | None, status: int, about: dict[str, Any]) -> Outcome:
    if report:
        return Outcome(**json.loads(report))
    if report is None:
        outcome = Outcome(error=LATE, innocent=True)
    elif os.WIFSIGNALED(status) and os.WTERMSIG(status) in SENT:
        outcome = Outcome(error=STOPPED, innocent=True)
    else:
        outcome = Outcome(error=queue.DIED)
    log.error("worker died", extra=about | {"error": outcome.error, "status": status})
    return outcome
