"""The locks of a key: many share it, one holds it, and no newcomer overtakes the one who waits."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from issuers import locks

pytestmark = pytest.mark.django_db(transaction=True)
KEY = 7


class Queue:
    """Threads with transactions of their own, and the order in which their locks were granted."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self.pool = pool
        self.granted: list[str] = []

    def start(self, name: str, lock: Callable[..., None], until: Event, *, key: int = KEY) -> "Future[None]":
        def work() -> None:
            try:
                with transaction.atomic():
                    lock(key_id=key)
                    self.granted.append(name)
                    assert until.wait(20)
            finally:
                connections.close_all()

        return self.pool.submit(work)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline, self.granted
            time.sleep(0.01)


@pytest.fixture
def queue() -> Iterator[Queue]:
    with ThreadPoolExecutor(max_workers=6) as pool:
        yield Queue(pool)


def waiting() -> int:
    """How many wait for a lock of a key, on PostgreSQL."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND NOT granted",
            [locks.KEYS],
        )
        return int(cursor.fetchone()[0])


def test_whoever_ends_a_key_waits_for_those_who_store(queue: Queue) -> None:
    stored, ended = Event(), Event()
    ended.set()
    first = queue.start("stores", locks.share, stored)
    queue.wait_until(lambda: queue.granted == ["stores"])
    second = queue.start("ends", locks.hold, ended)
    time.sleep(0.3)
    assert queue.granted == ["stores"]
    stored.set()
    first.result(20)
    second.result(20)
    assert queue.granted == ["stores", "ends"]


def test_whoever_stores_waits_for_the_one_who_ends_the_key(queue: Queue) -> None:
    stored, ended = Event(), Event()
    stored.set()
    first = queue.start("ends", locks.hold, ended)
    queue.wait_until(lambda: queue.granted == ["ends"])
    second = queue.start("stores", locks.share, stored)
    time.sleep(0.3)
    assert queue.granted == ["ends"]
    ended.set()
    first.result(20)
    second.result(20)
    assert queue.granted == ["ends", "stores"]


def test_many_share_and_none_of_them_overtakes_the_one_who_waits(queue: Queue) -> None:
    if connection.vendor == "postgresql":
        stored, ended, late = Event(), Event(), Event()
        late.set()
        work = [queue.start(f"stores {number}", locks.share, stored) for number in range(2)]
        queue.wait_until(lambda: len(queue.granted) == 2)  # both at once
        work.append(queue.start("ends", locks.hold, ended))
        queue.wait_until(lambda: waiting() == 1)
        work.append(queue.start("comes late", locks.share, late))
        queue.wait_until(lambda: waiting() == 2)
        elsewhere = queue.start("another key", locks.share, late, key=KEY + 1)
        elsewhere.result(20)  # which nobody ends
        ended.set()
        stored.set()
        for future in work:
            future.result(20)
        assert queue.granted[2:] == ["another key", "ends", "comes late"]
    else:  # one writer at a time, who needs no other lock
        with transaction.atomic(), CaptureQueriesContext(connection) as asked:
            locks.share(key_id=KEY)
            locks.hold(key_id=KEY)
        assert len(asked) == 0


def test_a_lock_without_a_transaction_would_hold_nothing_and_is_refused() -> None:
    for lock in (locks.share, locks.hold):
        with pytest.raises(transaction.TransactionManagementError):
            lock(key_id=KEY)


def test_a_key_of_any_number_has_a_lock() -> None:
    with transaction.atomic():
        locks.share(key_id=2**31 + 5)
        locks.hold(key_id=2**62)
