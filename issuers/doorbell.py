"""Rings Celery's tasks, after commit and outside the request path; the sweeper does what a lost bell left."""

import logging
import os
import threading
from functools import partial
from typing import Any

from celery import Celery, current_app
from django.db import transaction

log = logging.getLogger(__name__)

#: One quick attempt to connect: by default kombu would try for ever.
CONNECT = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}


class Ringer:
    """One thread that hands bells to the broker, one after the other.

    A bell that already waits is not put in line again: tasks carry no work, so one of each is enough, and
    a broker that is away for a day is not met with a day's bells.
    """

    def __init__(self, app: Celery | None = None) -> None:
        self._app = app
        self._reset()

    def _reset(self) -> None:
        self._waiting: dict[tuple[str, str], None] = {}
        self._news = threading.Condition()
        self._thread: threading.Thread | None = None

    def put(self, task: str, queue: str) -> None:
        """Put a bell in line; returns at once, whatever the broker does."""
        with self._news:
            self._waiting[task, queue] = None
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="doorbell", daemon=True)
                self._thread.start()
            self._news.notify()

    def _run(self) -> None:
        producer, heard = None, True
        while True:
            with self._news:
                while not self._waiting:
                    self._news.wait()
                task, queue = next(iter(self._waiting))
                del self._waiting[task, queue]
            used = producer is not None
            try:
                producer = producer or self._connect()
                self._celery.send_task(task, queue=queue, producer=producer, retry=False, ignore_result=True)
            except Exception as error:  # noqa: BLE001  # whatever a broker's library raises; nothing is lost
                _close(producer)
                producer = None
                if used:  # the broker may have been restarted: once more, on a new connection
                    self.put(task, queue)
                    continue
                if heard:  # said once an outage; the sweeper works on meanwhile
                    log.warning("doorbell not heard", extra={"task": task, "error": type(error).__name__})
                heard = False
            else:
                if not heard:
                    log.warning("doorbell heard again", extra={"task": task})
                heard = True

    @property
    def _celery(self) -> Celery:
        return self._app or current_app

    def _connect(self) -> Any:
        connection = self._celery.connection_for_write(connect_timeout=2)
        connection.transport_options = {**(connection.transport_options or {}), **CONNECT}
        return self._celery.amqp.Producer(connection, auto_declare=False)


def _close(producer: object) -> None:
    try:
        producer.connection.release()  # type: ignore[attr-defined]  # a kombu Producer, or None
    except Exception as error:  # noqa: BLE001  # a broken connection may fail to close; a new one is made
        log.debug("doorbell connection not closed", extra={"error": type(error).__name__})


_ringer = Ringer()
os.register_at_fork(after_in_child=_ringer._reset)


def ring(task: str, *, queue: str) -> None:
    """Ring this task once the present transaction is committed (at once if there is none); never waits."""
    transaction.on_commit(partial(_ringer.put, task, queue), robust=True)
