"""Lists of ten thousand: how fast, beside what, with how much memory, and what a million stored costs."""

import os
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psutil

from config.launch import Stack

from . import load
from .figures import Figure, at_least, at_most, beside, beside_limit, share
from .steps import answer, inside, start

ROWS = 10_000
ROUNDS = 3
MILLION = 1_000_000
FLOOR = 2000.0  # certificates a second, on 2 cores with PostgreSQL
SHARE = 0.35  # of the bare limit
MEGABYTE = 2**20


def ten_thousand(stack: Stack) -> list[Figure]:
    """A list of ten thousand through the API, the queue and into passports; and one badge meanwhile.

    The floors are the design's, for PostgreSQL; on SQLite the same figures stand without them.
    """
    inside(stack, "city", str(ROWS))
    sqlite = stack.environment["DATABASE_URL"].startswith("sqlite")
    runs, limits, badges = [], [], []
    for number in range(ROUNDS):
        limits.append(_limit(stack))
        runs.append(inside(stack, "list", str(ROWS), f"round {number}"))
        badges += inside(stack, "busy", str(ROWS), f"busy {number}")["seconds"]
    busy = sorted(1000 * seconds for seconds in badges)
    rate = statistics.median(ROWS / run["filed_seconds"] for run in runs)
    whole = statistics.median(ROWS / run["whole_seconds"] for run in runs)
    bare = statistics.median(limits)
    accepted = statistics.median(run["accept_seconds"] for run in runs)
    p95 = busy[max(0, round(len(busy) * 0.95) - 1)]
    name = "list of 10,000, accepted to signed, stored, filed and verifiable"
    stored = "bulk insert" if sqlite else "COPY"
    alone = f"composing, linting, signing twice, {stored}, nothing else: {bare:.0f}/s"
    figures = [at_most("list of 10,000, uploaded to accepted: median", accepted, "s", 3.0)]
    if sqlite:
        figures += [beside(name, rate, "/s", alone, bare)]
    else:
        figures += [
            at_least(name, rate, "/s", FLOOR),
            share("the same, beside its limit", rate, "/s", alone, bare, floor=SHARE),
        ]
    figures += [beside("the same with its upload and acceptance", whole, "/s", alone, bare)]
    badge = f"one badge while 10,000 are issued ({len(busy)} of them, {ROUNDS} lists)"
    judged = beside_limit if sqlite else at_most
    return [
        *figures,
        judged(f"{badge}: median", statistics.median(busy), "ms", 150.0),
        judged(f"{badge}: p95", p95, "ms", 150.0),
    ]


def _limit(stack: Stack) -> float:
    """Rows a second of nothing but composing, linting, signing twice and storing, on every core."""
    sqlite = stack.environment["DATABASE_URL"].startswith("sqlite")
    cores = 1 if sqlite else max(2, os.cpu_count() or 1)
    running = [start(stack, "limit", str(ROWS // cores)) for _ in range(cores)]
    return float(sum(answer(step)["rate"] for step in running))


def hundred_thousand(stack: Stack) -> list[Figure]:
    """The memory of the workers of lists after ten thousand rows and after a hundred thousand."""
    inside(stack, "city", str(ROWS))
    bulk = next(child for child in stack.children if child.name == "bulk")
    inside(stack, "list", str(ROWS), "memory 0")
    early = _largest(bulk.process.pid)
    for number in range(1, 10):
        inside(stack, "list", str(ROWS), f"memory {number}")
    late = _largest(bulk.process.pid)
    return [
        at_most("memory of a worker after 100,000 rows", late / MEGABYTE, "MiB", 200.0),
        beside(
            "memory of a worker after 100,000 rows, beside 10,000",
            late / MEGABYTE,
            "MiB",
            f"{early / MEGABYTE:.0f} MiB after 10,000",
            early / MEGABYTE,
        ),
    ]


def signed_anew(stack: Stack) -> list[Figure]:
    """Everything that one provider has issued, signed anew after its key was withdrawn."""
    run = inside(stack, "anew")
    name = f"{run['replaced']:,} certificates signed anew under another key, a hundred thousand's share"
    return [at_most(name, run["seconds"] / run["replaced"] * 100_000, "s", 300.0)]


def _largest(pid: int) -> int:
    """The resident memory of the largest of this worker's processes, in bytes."""
    worker = psutil.Process(pid)
    return max(int(p.memory_info().rss) for p in [worker, *worker.children(recursive=True)])


def few(stack: Stack) -> list[Figure]:
    """Verification with some ten thousand certificates stored; its figure is held for ``million``."""
    inside(stack, "city", str(ROWS))
    inside(stack, "list", str(ROWS), "few")
    _before[stack.port] = (_verified(stack), inside(stack, "stored")["stored"])
    return []


def million(stack: Stack) -> list[Figure]:
    """Verification with a million certificates stored, beside ten thousand."""
    before, stored = _before[stack.port]
    many = inside(stack, "fill", str(MILLION))["stored"]
    return [
        at_least(
            f"verification pages a second with {many:,} certificates stored",
            _verified(stack),
            "/s",
            before / 1.2,
            against=f"{before:.0f}/s with {stored:,} stored, divided by 1.2",
        )
    ]


#: Port of a stack → pages a second and certificates stored, from ``few``.
_before: dict[int, tuple[float, int]] = {}


def _verified(stack: Stack) -> float:
    host = urlsplit(stack.base_url).netloc
    pages = [f"/c/{pk}" for pk in inside(stack, "ids")["ids"]]
    with _at_rest(stack):
        return statistics.median(load.rate(stack.port, host, pages) for _ in range(ROUNDS))


@contextmanager
def _at_rest(stack: Stack) -> Iterator[None]:
    """The worker of lists waits: it makes files of what was issued before, on the same cores."""
    bulk = psutil.Process(next(child for child in stack.children if child.name == "bulk").process.pid)
    workers = [bulk, *bulk.children(recursive=True)]
    for worker in workers:
        worker.suspend()
    try:
        yield
    finally:
        for worker in workers:
            worker.resume()
