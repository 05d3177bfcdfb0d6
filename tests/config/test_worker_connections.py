"""A worker keeps its connection to the database from task to task, and takes another when that one broke."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from celery.contrib.testing.worker import start_worker
from celery.signals import task_postrun
from django.db import connection, connections
from django.db.backends.signals import connection_created

from config.celery import app

PATIENCE = 30.0
TASK = "credentials.deliver_messages"


class Told:
    """What a worker in this process does: how many connections it opened, which tasks it ended and how."""

    def __init__(self) -> None:
        self.opened = 0
        self.leaving = False
        self.states: list[str] = []
        self._ended = threading.Semaphore(0)

    def hear_opened(self, **_: object) -> None:
        if threading.current_thread() is not threading.main_thread():
            self.opened += 1

    def hear_ended(self, *, state: str, **_: object) -> None:
        self.states.append(state)
        if self.leaving:
            connections.close_all()  # those of the worker's thread
        self._ended.release()

    def run(self) -> None:
        """Ring, and return once the task has ended."""
        app.send_task(TASK, queue="messages", ignore_result=True)
        assert self._ended.acquire(timeout=PATIENCE)


@contextmanager
def worker() -> Iterator[Told]:
    """A real worker that listens to the queue of messages."""
    told = Told()
    connection_created.connect(told.hear_opened)
    task_postrun.connect(told.hear_ended)
    try:
        with start_worker(
            app, pool="solo", perform_ping_check=False, queues=["messages"], shutdown_timeout=PATIENCE
        ):
            for _ in range(3):  # with which each worker begins
                assert told._ended.acquire(timeout=PATIENCE)
            yield told
            told.leaving = True
            told.run()
    finally:
        connection_created.disconnect(told.hear_opened)
        task_postrun.disconnect(told.hear_ended)


@pytest.mark.django_db(transaction=True)
def test_one_connection_serves_all_tasks_and_a_broken_one_is_replaced(redis_url: str) -> None:
    with worker() as told:
        for _ in range(3):
            told.run()
        assert told.opened == 1
        if connection.vendor == "postgresql":
            _end_all_others()
            told.run()
            assert told.opened == 2
    assert set(told.states) == {"SUCCESS"}


def _end_all_others() -> None:
    """As a database that is started again does with its connections."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
