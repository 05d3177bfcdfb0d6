"""``make bench``: what the product does on this machine, each figure beside its limit or a peer in one run.

Starts the whole product on a fresh database with the demo city (PostgreSQL, or what ``DATABASE_URL``
names), measures over loopback in bounded loops, prints a table and writes ``var/bench.json``.
"""

import http.client
import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

import psutil

from config.launch import BASE_DIR, CannotStart, Stack

from . import services

AWARDS = 20
REQUESTS = 200
ROUNDS = 3
SECONDS = 4.0
CONNECTIONS = 8


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured figure; ``ratio`` is value over limit or peer."""

    name: str
    value: float
    unit: str
    against: str
    reference: float
    ratio: float
    holds: bool | None


def at_most(name: str, value: float, unit: str, limit: float) -> Figure:
    """A figure that must stay below its limit."""
    return Figure(
        name=name,
        value=value,
        unit=unit,
        against=f"limit {limit:g}",
        reference=limit,
        ratio=value / limit,
        holds=value <= limit,
    )


def beside(name: str, value: float, unit: str, peer: str, reference: float) -> Figure:
    """A figure beside a peer measured in the same run."""
    return Figure(
        name=name,
        value=value,
        unit=unit,
        against=peer,
        reference=reference,
        ratio=value / reference,
        holds=None,
    )


# -- Load -------------------------------------------------------------------------------------------
def ask(port: int, host: str, path: str) -> Callable[[], int]:
    """A request over one kept connection; returns its status."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

    def once() -> int:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        answer.read()
        return answer.status

    return once


def rate(port: int, host: str, paths: list[str]) -> float:
    """Requests a second at several connections, for a few seconds. Raises CannotStart on a wrong answer."""
    stop = time.perf_counter() + SECONDS
    counts = [0] * CONNECTIONS
    wrong: list[int] = []

    def client(number: int) -> None:
        requests = [ask(port, host, path) for path in paths[number::CONNECTIONS] or paths]
        while time.perf_counter() < stop:
            for request in requests:
                status = request()
                if status != 200:
                    wrong.append(status)
                    return
                counts[number] += 1
                if time.perf_counter() >= stop:
                    break

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CONNECTIONS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise CannotStart(f"A measured page answered {wrong[0]}.")
    return sum(counts) / (time.perf_counter() - started)


def cpu_seconds(pid: int) -> float:
    """The processor time of a process and all below it."""
    processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return float(sum(p.cpu_times().user + p.cpu_times().system for p in processes))


@contextmanager
def peer(stack: Stack) -> Iterator[int]:
    """A bare Django view with one indexed read, on the same server and database, as the yardstick."""
    port = services.free_port()
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--no-access-log",
        "--host",
        "127.0.0.1",
    ]
    command += ["--port", str(port), "--workers", "2", "--blocking-threads", "4", "--log-level", "error"]
    process = subprocess.Popen(
        [*command, "tests.bench_peer:application"],
        cwd=BASE_DIR,
        env=stack.web_environment(),
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                if ask(port, "localhost", "/none")() == 404:
                    break
            except OSError:
                time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(10)


# -- Measures inside the product's own Python -------------------------------------------------------
def inside(stack: Stack, act: str) -> Any:
    """What a step of ``tests.bench_inside`` answers, run as the signer runs."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench_inside", act],
        cwd=BASE_DIR,
        env=stack.signer_environment(),
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


def measure(stack: Stack) -> list[Figure]:
    """All figures, one after the other, so that none disturbs another."""
    host = urlsplit(stack.base_url).netloc
    web = next(child for child in stack.children if child.name == "web")
    figures: list[Figure] = []

    awards = inside(stack, "awards")["seconds"]
    figures.append(at_most("one award, accepted to verifiable: median", statistics.median(awards), "s", 1.0))
    figures.append(
        at_most(
            "one award, accepted to verifiable: p95", sorted(awards)[int(len(awards) * 0.95) - 1], "s", 1.0
        )
    )

    ids = inside(stack, "ids")["ids"]
    pages = [f"/c/{credential}" for credential in ids]
    request = ask(stack.port, host, pages[0])
    for _ in range(20):
        request()
    before = cpu_seconds(web.process.pid)
    for _ in range(REQUESTS):
        request()
    spent = (cpu_seconds(web.process.pid) - before) / REQUESTS * 1000
    figures.append(at_most("verification page, server CPU", spent, "ms", 50.0))

    with peer(stack) as port:
        bare = [f"/{credential}" for credential in ids]
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(rate(stack.port, host, pages))
            theirs.append(rate(port, "localhost", bare))
    figures.append(
        beside(
            f"verification pages at {CONNECTIONS} connections, signature checked afresh",
            statistics.median(ours),
            "/s",
            f"bare Django view with one indexed read, {statistics.median(theirs):.0f}/s",
            statistics.median(theirs),
        )
    )
    figures.append(at_most("PDF certificate, CPU: median", inside(stack, "pdf")["milliseconds"], "ms", 50.0))
    roster = inside(stack, "roster")
    figures.append(
        beside(
            "1,000 awards signed twice and stored by one worker",
            roster["issued_per_second"],
            "/s",
            f"signing twice alone, {roster['signed_per_second']:.0f}/s",
            roster["signed_per_second"],
        )
    )
    return figures


def main() -> int:
    """Measure, print, write."""
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = services.postgresql()
    memory = psutil.virtual_memory().total / 2**30
    machine = f"{os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"
    try:
        with services.running_product() as stack:
            database = stack.environment["DATABASE_URL"].partition(":")[0]
            figures = measure(stack)
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        services.stop()
    machine += f", {database}"
    sys.stdout.write(f"\n{machine}\n\n")
    for figure in figures:
        mark = {True: "holds", False: "DOES NOT HOLD", None: ""}[figure.holds]
        figures_said = f"{figure.value:9.3g} {figure.unit:4} {figure.ratio:5.2f} × {figure.against}"
        sys.stdout.write(f"{figure.name:72}{figures_said}  {mark}\n")
    target = BASE_DIR / "var" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    rows = [asdict(figure) | {"machine": machine} for figure in figures]
    target.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    return 0 if all(figure.holds is not False for figure in figures) else 1


if __name__ == "__main__":
    raise SystemExit(main())
