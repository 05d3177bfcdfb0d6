"""Load over loopback in bounded loops, and the yardstick's server."""

import http.client
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

from config.launch import BASE_DIR, CannotStart, Stack
from tests import services

SECONDS = 4.0
CONNECTIONS = 8


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
        [*command, "tests.bench.peer:application"],
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
