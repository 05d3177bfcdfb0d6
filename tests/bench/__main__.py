"""``make bench``: what the product does on this machine, each figure beside its limit or a peer in one run.

Starts the whole product on a fresh database with the demo city (PostgreSQL, then SQLite, or what
``DATABASE_URL`` names), measures over loopback in bounded loops, prints a table and writes
``var/bench.json``. ``python -m tests.bench NAME…`` measures only the parts whose names begin so. With
``--told`` it fails for sizes, counts and rates alone, and says which limit of time a machine has missed.
"""

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

import psutil

from config.launch import BASE_DIR, CannotStart, Stack
from tests import services

from . import bundles, clr, devices, employers, filmed, lists, load, onpaper, scans
from .figures import Figure, at_most, beside, broken, lines
from .steps import inside

REQUESTS = 200
ROUNDS = 3


def single(stack: Stack) -> list[Figure]:
    """One award at a time."""
    seconds = inside(stack, "awards")["seconds"]
    name = "one award, accepted to verifiable"
    return [
        at_most(f"{name}: median", statistics.median(seconds), "s", 1.0),
        at_most(f"{name}: p95", sorted(seconds)[int(len(seconds) * 0.95) - 1], "s", 1.0),
    ]


def pages(stack: Stack) -> list[Figure]:
    """The verification page, which checks the signature afresh."""
    host = urlsplit(stack.base_url).netloc
    web = next(child for child in stack.children if child.name == "web")
    ids = inside(stack, "ids")["ids"]
    addresses = [f"/c/{credential}" for credential in ids]
    request = load.ask(stack.port, host, addresses[0])
    for _ in range(20):
        request()
    before = load.cpu_seconds(web.process.pid)
    for _ in range(REQUESTS):
        request()
    spent = (load.cpu_seconds(web.process.pid) - before) / REQUESTS * 1000
    with load.peer(stack) as port:
        bare = [f"/{credential}" for credential in ids]
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(load.rate(stack.port, host, addresses))
            theirs.append(load.rate(port, "localhost", bare))
    peer = statistics.median(theirs)
    return [
        at_most("verification page, server CPU", spent, "ms", 50.0),
        beside(
            f"verification pages at {load.CONNECTIONS} connections, signature checked afresh",
            statistics.median(ours),
            "/s",
            f"bare Django view with one indexed read, {peer:.0f}/s",
            peer,
        ),
    ]


Part = Callable[[Stack], list[Figure]]
#: What is measured on which database, one after the other, so that none disturbs another.
PARTS: dict[str, Sequence[tuple[str, Part]]] = {
    "postgres": (
        ("single", single),
        ("pages", pages),
        ("bundle", bundles.of_a_million),
        ("paper", onpaper.made),
        ("paper", onpaper.scanned),
        ("scan", scans.scan),
        ("scan", filmed.camera),
        ("first", scans.first),
        ("kept", devices.kept),
        ("codes", onpaper.codes),
        ("frames", onpaper.frames),
        ("employer", employers.two_hundred),
        ("clr", clr.exported),
        ("million", lists.few),
        ("lists", lists.ten_thousand),
        ("memory", lists.hundred_thousand),
        ("anew", lists.signed_anew),
        ("million", lists.million),
    ),
    "sqlite": (("single", single), ("lists", lists.ten_thousand)),
}


def measure(database: str, url: str, only: Sequence[str]) -> list[Figure]:
    """The figures of one database."""
    parts = [(name, part) for name, part in PARTS[database] if not only or name.startswith(tuple(only))]
    figures: list[Figure] = []
    if not parts:
        return figures
    os.environ["DATABASE_URL"] = url
    with services.running_product(LINK_RATE="", LINKS_RATE="") as stack:  # one place asks for all
        for name, part in parts:
            sys.stderr.write(f"{database}: {name} …\n")
            figures += part(stack)
    return figures


def main(words: Sequence[str]) -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("only", nargs="*", metavar="NAME", help="parts whose names begin so")
    parser.add_argument("--told", action="store_true", help="fail for no clock")
    asked = parser.parse_args(words)
    only, told = asked.only, asked.told
    memory = psutil.virtual_memory().total / 2**30
    machine = f"{os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"
    given = os.environ.get("DATABASE_URL", "")
    rows: list[dict[str, Any]] = []
    held = True
    try:
        urls = {given.partition(":")[0]: given} if given else {}
        urls = urls or {"postgres": services.postgresql(durable=True), "sqlite": "sqlite://"}
        for database, url in urls.items():
            figures = measure("sqlite" if database == "sqlite" else "postgres", url, only)
            if not figures:
                continue
            table = "\n".join(lines(figures, told=told))
            sys.stdout.write(f"\n{machine}, {database}\n\n{table}\n")
            rows += [asdict(figure) | {"machine": f"{machine}, {database}"} for figure in figures]
            held = held and not broken(figures, told=told)
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        services.stop()
    if not only:
        target = BASE_DIR / "var" / "bench.json"
        target.parent.mkdir(exist_ok=True)
        target.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    return 0 if held else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
