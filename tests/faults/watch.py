"""Looks on: how far the product is, and how long after each fault it went on."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from . import people
from .acts import KINDS, LISTS, REQUESTS, SINGLES
from .database import Away, Books

LOOK_SECONDS = 0.2
PATHS = {"roster": LISTS, "reissue": LISTS, "interactive": SINGLES}
ISSUED = """
    SELECT b.kind, count(*) AS n FROM credentials_credential c JOIN credentials_award a ON a.id = c.award_id
    JOIN credentials_batch b ON b.id = a.batch_id GROUP BY b.kind
"""
#: Chunks that could be issued: one with poison in it takes its time, and that is no fault's doing.
WAITING = f"""
    SELECT k.kind, count(*) AS n FROM credentials_chunk k WHERE k.state = 'ready' AND NOT EXISTS (
        SELECT 1 FROM credentials_award a WHERE a.batch_id = k.batch_id
        AND a.row BETWEEN k.first_row AND k.last_row
        AND (a.name_latin LIKE '{people.KILLS}%' OR a.name_latin LIKE '{people.RAISES}%')
    ) GROUP BY k.kind
"""
OPEN = """
    SELECT (SELECT count(*) FROM credentials_chunk WHERE state = 'ready')
         + (SELECT count(*) FROM credentials_batch WHERE state = 'accepted')
         + (SELECT count(*) FROM credentials_credential) - (SELECT count(*) FROM passport_filing)
         + (SELECT count(*) FROM credentials_statuslist l WHERE 3 > (
            SELECT count(*) FROM credentials_statuslistversion v
            WHERE v.status_list_id = l.number AND v.changes >= l.changes))
"""
UNSENT = "SELECT count(*) FROM credentials_message WHERE state = 'pending'"


@dataclass
class Clock:
    """Runs from a fault until its path goes on; ``since`` moves when another fault hits that path too."""

    kind: str
    path: str
    began: float
    since: float
    base: int


@dataclass(frozen=True)
class Recovery:
    """Seconds from the fault until its path went on; ``alone`` from the last fault that hit it meanwhile."""

    seconds: float
    alone: float


@dataclass
class Watch:
    """The figures of one run. ``recoveries`` are by kind of fault."""

    url: str
    recoveries: dict[str, list[Recovery]] = field(default_factory=lambda: defaultdict(list))
    too_slow: list[str] = field(default_factory=list)
    longest_stall: float = 0.0
    counts: dict[str, int] = field(default_factory=lambda: {LISTS: 0, SINGLES: 0, REQUESTS: 0})
    _waiting: dict[str, int] = field(default_factory=dict)
    _clocks: list[Clock] = field(default_factory=list)
    _books: Books | None = None
    _looked: float = 0.0
    _moved: float = 0.0

    def begin(self, kind: str, *, at: float) -> None:
        """A fault happened: its clock runs, and whoever waits on the same path waits anew."""
        fault = KINDS[kind]
        self.look(at, force=True)
        for clock in self._clocks:
            if clock.path in fault.hits:
                clock.since = max(clock.since, at + fault.lasts)
        if fault.hits:
            path, over = fault.hits[0], at + fault.lasts
            self._clocks.append(Clock(kind, path, over, over, self.counts[path]))

    def look(self, now: float, *, force: bool = False) -> None:
        """Count again, now and then; stop the clocks whose path went on."""
        if now < self._looked + LOOK_SECONDS and not force:
            return
        self._looked = now
        try:
            self._books = self._books or Books(self.url)
            before = self.counts[LISTS]
            self.counts |= self._by_path(ISSUED)
            self._waiting = {LISTS: 0, SINGLES: 0} | self._by_path(WAITING)
        except Away:
            self._let_go()
            for clock in self._clocks:
                clock.since = now
                if KINDS[clock.kind].of_database:
                    clock.began = now
            self._moved = now
            return
        if self.counts[LISTS] > before or not self._waiting[LISTS]:
            self._moved = now
        self.longest_stall = max(self.longest_stall, now - self._moved)
        self._stop(now)

    def _stop(self, now: float) -> None:
        for clock in list(self._clocks):
            if self.counts[clock.path] > clock.base:
                self._clocks.remove(clock)
                self._record(clock, now)
            elif clock.path != REQUESTS and not self._waiting[clock.path]:
                clock.began = clock.since = max(clock.since, now)  # there is nothing to go on with

    def _record(self, clock: Clock, now: float) -> None:
        seconds = max(0.0, now - clock.since)
        self.recoveries[clock.kind].append(Recovery(max(0.0, now - clock.began), seconds))
        limit = KINDS[clock.kind].limit
        if limit is not None and seconds > limit:
            self.too_slow.append(
                f"{clock.kind}: {clock.path} went on after {seconds:.1f} s, not {limit:.0f} s"
            )

    def answered(self, requests: int) -> None:
        """So many requests were answered for good by now."""
        self.counts[REQUESTS] = requests

    def no_more(self, path: str) -> None:
        """Nobody asks on this path any more."""
        self._clocks = [clock for clock in self._clocks if clock.path != path]

    def done(self, *, messages: bool = False) -> bool:
        """Whether nothing is left to be issued, closed, filed or published, or ``messages`` to be sent."""
        try:
            self._books = self._books or Books(self.url)
            return not self._books.value(OPEN) and not (messages and self._books.value(UNSENT))
        except Away:
            self._let_go()
            return False

    def close(self) -> None:
        """Clocks that still run did not see their path go on."""
        now = time.monotonic()
        for clock in self._clocks:
            self._record(clock, now)
        self._clocks.clear()
        self._let_go()

    def _by_path(self, query: str) -> dict[str, int]:
        assert self._books is not None
        counted = Counter[str]()
        for row in self._books.rows(query):
            counted[PATHS[row["kind"]]] += int(row["n"])
        return dict(counted)

    def _let_go(self) -> None:
        if self._books is not None:
            with suppress(*Away):
                self._books.close()
            self._books = None


def median(values: Iterable[float]) -> float:
    """The middle one."""
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else 0.0
