"""Real workers on a real queue, killed while they sign: what they held is issued within seconds."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count

from config.launch import end_with_parent, sqlite_url
from credentials.models import Award, Batch, Chunk, Credential
from credentials.people import Person
from tests.factories import award, key_room, make_achievement, make_issuer

from .hostile import POISON

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).parents[2]
ROSTER = Batch.Kind.ROSTER
WORKER = (
    *("worker", "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "ERROR"),
    *("--concurrency", "1", "--queues", "batches", "--hostname"),
)
Start = Callable[..., "subprocess.Popen[bytes]"]


def database_url() -> str:
    """The database of this test, as another process names it."""
    known = connection.settings_dict
    if connection.vendor == "postgresql":
        return f"{os.environ['DATABASE_URL'].rsplit('/', 1)[0]}/{known['NAME']}"
    return sqlite_url(Path(known["NAME"]))


@pytest.fixture
def start(key_room: Path, redis_url: str, settings: Any) -> Iterator[Start]:
    """Starts a process of the signer, in a group of its own; all end with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def run(*arguments: str, signature_takes: float = 0.0) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.credentials.hostile", *arguments],
            cwd=ROOT,
            env=os.environ
            | {
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "DATABASE_URL": database_url(),
                "REDIS_URL": redis_url,
                "SECRET_KEY": settings.SECRET_KEY,
                "KEY_ENCRYPTION_KEY_FILE": str(key_room),
                "SIGNATURE_TAKES": str(signature_takes),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=end_with_parent(),  # noqa: PLW1509  # no thread forks here
        )
        started.append(process)
        return process

    yield run
    for process in started:
        end(process)


def end(process: "subprocess.Popen[bytes]") -> None:
    """kill -9 of a process with all its children."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def a_list(*names: str) -> Batch:
    """An accepted list whose bell has been rung."""
    return award(make_achievement(make_issuer()), *[Person(name_latin=name) for name in names], kind=ROSTER)


def wait_for(happened: Callable[[], object], *, seconds: float) -> float:
    """How long it took."""
    begun = time.monotonic()
    while not happened():
        if time.monotonic() - begun > seconds:
            pytest.fail(f"not within {seconds} s: {list(Chunk.objects.values())}")
        time.sleep(0.05)
    return time.monotonic() - begun


def is_complete(batch: Batch) -> bool:
    return Batch.objects.filter(pk=batch.pk, state=Batch.State.COMPLETE).exists()


def test_what_a_killed_worker_held_is_issued_within_ten_seconds(start: Start) -> None:
    names = [f"Salma {chr(65 + n // 26)}{chr(97 + n % 26)}" for n in range(120)]
    batch = a_list(*names)
    worker = start(*WORKER, "doomed@test", signature_takes=0.1)
    wait_for(lambda: Chunk.objects.filter(lease_until__isnull=False).exists(), seconds=60)
    time.sleep(2.5)  # it signs, and has renewed its lease
    assert Credential.objects.count() == 0
    end(worker)
    killed = time.monotonic()
    start("sweep")
    wait_for(lambda: is_complete(batch), seconds=30)
    took = time.monotonic() - killed
    assert Credential.objects.count() == len(names)
    assert Chunk.objects.get().attempts == 2
    print(f"recovered {took:.1f} s after kill -9")
    assert took < 10


def test_a_poison_row_ends_alone_while_a_pool_and_a_sweeper_live_on(start: Start) -> None:
    batch = a_list("Salma Tazi", "Omar Alaoui", f"Karim {POISON}", "Hajar Naciri")
    worker = start(*WORKER, "pool@test")
    sweeper = start("sweep", "--every", "1")
    wait_for(lambda: is_complete(batch), seconds=60)
    found = Award.objects.filter(batch=batch).order_by("row").values_list("state", "error_code")
    assert list(found) == [("issued", ""), ("issued", ""), ("failed", "quarantined"), ("issued", "")]
    assert worker.poll() is None
    assert sweeper.poll() is None


def test_a_slow_signer_is_not_overtaken_by_its_colleagues(start: Start) -> None:
    names = [f"Salma {chr(65 + n // 26)}{chr(97 + n % 26)}" for n in range(60)]
    batch = a_list(*names)
    start(*WORKER, "slow@test", signature_takes=0.15)  # nine seconds: more than a lease
    start("sweep", "--every", "0.5", signature_takes=0.15)
    assert wait_for(lambda: is_complete(batch), seconds=60) > 6
    assert Chunk.objects.get().attempts == 1
    assert Credential.objects.values("award").annotate(n=Count("pk")).filter(n=1).count() == len(names)
