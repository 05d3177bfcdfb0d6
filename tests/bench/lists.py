"""Lists of ten thousand: how fast, beside what, with how much memory, and what a million stored costs."""

import os
import statistics
from urllib.parse import urlsplit

import psutil

from config.launch import Stack

from . import load
from .figures import Figure, at_least, at_most, beside, share
from .steps import answer, inside, start

ROWS = 10_000
ROUNDS = 3
MILLION = 1_000_000
FLOOR = 2000.0  # certificates a second, on 2 cores with PostgreSQL
MEGABYTE = 2**20


def ten_thousand(stack: Stack) -> list[Figure]:
    """A list of ten thousand through the API, the queue and into passports; and one badge meanwhile."""
    inside(stack, "city", str(ROWS))
    sqlite = stack.environment["DATABASE_URL"].startswith("sqlite")
    runs, limits = [], []
    for number in range(ROUNDS):
        limits.append(_limit(stack))
        runs.append(inside(stack, "list", str(ROWS), f"round {number}"))
    busy = inside(stack, "busy", str(ROWS), "busy")["seconds"]
    rate = statistics.median(ROWS / run["filed_seconds"] for run in runs)
    whole = statistics.median(ROWS / run["whole_seconds"] for run in runs)
    bare = statistics.median(limits)
    name = "list of 10,000, accepted to signed, stored, filed and verifiable"
    how = "bulk insert" if sqlite else "COPY"
    return [
        at_most(
            "list of 10,000, uploaded to accepted: median",
            statistics.median(run["accept_seconds"] for run in runs),
            "s",
            3.0,
        ),
        beside(name, rate, "/s", f"{FLOOR:g}/s, the floor with PostgreSQL", FLOOR)
        if sqlite
        else at_least(name, rate, "/s", FLOOR),
        share(
            f"{name}, beside composing, linting, signing twice and {how} alone",
            rate,
            "/s",
            "the bare limit on the same cores",
            bare,
            floor=0.35,
        ),
        beside("the same with its upload and acceptance", whole, "/s", f"bare limit {bare:.0f}/s", bare),
        at_most("one badge while 10,000 are issued: median", statistics.median(busy) * 1000, "ms", 150.0),
        at_most(
            f"one badge while 10,000 are issued: p95 of {len(busy)}",
            sorted(busy)[max(0, round(len(busy) * 0.95) - 1)] * 1000,
            "ms",
            150.0,
        ),
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


def _largest(pid: int) -> int:
    """The resident memory of the largest of this worker's processes, in bytes."""
    worker = psutil.Process(pid)
    return max(int(p.memory_info().rss) for p in [worker, *worker.children(recursive=True)])


def million(stack: Stack) -> list[Figure]:
    """Verification with some ten thousand certificates stored, and with a million."""
    host = urlsplit(stack.base_url).netloc
    pages = [f"/c/{pk}" for pk in inside(stack, "ids")["ids"]]
    few = inside(stack, "stored")["stored"]
    before = statistics.median(load.rate(stack.port, host, pages) for _ in range(ROUNDS))
    many = inside(stack, "fill", str(MILLION))["stored"]
    after = statistics.median(load.rate(stack.port, host, pages) for _ in range(ROUNDS))
    return [
        at_least(
            f"verification pages with {many:,} certificates stored",
            after,
            "/s",
            before / 1.2,
            against=f"{before:.0f}/s with {few:,} stored, over 1.2",
        )
    ]
