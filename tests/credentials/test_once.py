"""What was asked for many times at once happens once: over the API, on the page, whatever the broker does."""

import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from celery import Celery
from django.core.cache import cache
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from kombu import Queue
from redis import Redis
from rest_framework.throttling import SimpleRateThrottle

from config.celery import QUEUES
from config.sweeper import sweep_once
from credentials import awards
from credentials.models import Achievement, Award, Batch, Chunk, Credential, StatusList
from credentials.people import Person
from issuers import doorbell, staff
from tests.factories import NOW, key_room, make_achievement, make_issuer, make_member, sign_in

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/batches"
AT_ONCE = 40


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """More requests than a client may send in a minute; the limit has a test of its own."""
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "batches", "1000000/min")
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "client", "1000000/min")
    yield
    cache.clear()


@pytest.fixture
def course(key_room: Any) -> Achievement:
    return make_achievement(make_issuer(now=timezone.now()), code="C08")


@pytest.fixture
def post(course: Achievement) -> Callable[..., Any]:
    """Hands a list over as a program does."""
    owner = make_member(course.issuer, "owner")
    token = staff.create_api_client(
        issuer=course.issuer, name="Inscriptions", scopes=["issue", "read"], by=owner, now=NOW
    ).token

    def hand_over(*names: str, key: str | None = "k-1") -> Any:
        body = {
            "achievement": "C08",
            "awarded_on": timezone.localdate().isoformat(),
            "rows": [{"name_latin": name} for name in names],
        }
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
        headers |= {"Idempotency-Key": key} if key else {}
        return Client().post(URL, orjson.dumps(body), content_type="application/json", headers=headers)

    return hand_over


def at_once(act: Callable[[], Any], *, times: int = AT_ONCE) -> list[Any]:
    """What each of so many threads was answered, all of which begin together."""
    gate, answers = threading.Barrier(times), []

    def run() -> None:
        gate.wait()
        try:
            answers.append(act())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_forty_posts_at_once_are_one_list_and_another_body_is_refused(post: Callable[..., Any]) -> None:
    answers = at_once(lambda: post("Salma Tazi", "Omar Alaoui"))
    assert Counter(answer.status_code for answer in answers) == {202: 1, 200: AT_ONCE - 1}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len({answer["Location"] for answer in answers}) == 1
    other = post("Hajar Naciri")
    assert (other.status_code, other.json()["type"].rpartition("#")[2]) == (422, "key-reused")
    assert post("Salma Tazi", key=None).status_code == 400
    assert (Batch.objects.count(), Award.objects.count(), Chunk.objects.count()) == (1, 2, 1)
    assert StatusList.objects.get().next_index == 2  # no slot was given out for a repeat


def test_one_person_awarded_many_times_at_once_is_awarded_once(course: Achievement) -> None:
    trainer = make_member(course.issuer, "trainer")
    client = Client()
    sign_in(client, trainer)
    form = {
        "name_latin": "Khadija Aït Lahcen",
        "name_arabic": "",
        "address_kind": "none",
        "address": "",
        "language": "ar",
        "key": "0123456789abcdef0123456789abcdef",
        "step": "issue",
        "awarded_on": timezone.localdate().isoformat(),
    }
    address, cookies = reverse("teach-award-form", args=[course.pk]), client.cookies

    def click() -> Any:
        browser = Client()
        browser.cookies = cookies
        return browser.post(address, form)

    answers = at_once(click, times=12)
    assert {answer.status_code for answer in answers} == {302}
    assert len({answer["Location"] for answer in answers}) == 1
    assert (Batch.objects.count(), Award.objects.count()) == (1, 1)


def test_an_award_overtaken_by_its_repeat_is_no_duplicate(course: Achievement) -> None:
    def order() -> awards.Accepted:
        return awards.accept(
            issuer=course.issuer,
            achievement=course,
            awarded_on=timezone.localdate(),
            people=[Person(name_latin="Salma Tazi")],
            kind=Batch.Kind.INTERACTIVE,
            requested_by=None,
            idempotency_key="k-1",
            now=timezone.now(),
        )

    first: list[awards.Accepted] = []

    def overtake(execute: Any, sql: str, *rest: Any) -> Any:
        if not first and '"issuers_mandate"' in sql:  # after the look for the key
            first.append(None)  # type: ignore[arg-type]  # replaced at once
            first[0] = order()
        return execute(sql, *rest)

    with connection.execute_wrapper(overtake):
        overtaken = order()
    assert first[0].created
    assert not overtaken.created
    assert overtaken.batch == first[0].batch


# -- Whatever the broker does ---------------------------------------------------------------------
@pytest.fixture
def hung_socket() -> Iterator[Path]:
    """A broker that takes every connection and never says a word."""
    with tempfile.TemporaryDirectory(prefix="hung") as folder, socket.socket(socket.AF_UNIX) as server:
        path = Path(folder) / "redis.sock"
        server.bind(str(path))
        server.listen(64)
        yield path


PATIENCE = 30.0  # seconds, on a busy machine
#: Threads that reached for a broker; an audit hook stays for as long as its process.
_reached: list[int] = []


def _who_reaches(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(arguments[1], str) and "redis.sock" in arguments[1]:
        _reached.append(threading.get_ident())


sys.addaudithook(_who_reaches)


@pytest.fixture(params=["hung", "away", "emptied"])
def broker(
    request: pytest.FixtureRequest, hung_socket: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> str:
    """The product rings a broker in this state."""
    urls = {
        "hung": f"redis+socket://{hung_socket}",
        "away": f"redis+socket://{hung_socket}.gone",
        "emptied": redis_url.replace("unix://", "redis+socket://", 1),
    }
    app = Celery("test", broker=urls[request.param], set_as_current=False)
    app.conf.update(task_queues=[Queue(name) for name in QUEUES], task_create_missing_queues=False)
    _reached.clear()  # before the first bell: a hung broker is reached once and not let go
    monkeypatch.setattr(doorbell, "_ringer", doorbell.Ringer(app))
    return str(request.param)


def test_a_list_is_accepted_at_once_and_issued_whatever_the_broker_does(
    broker: str, post: Callable[..., Any], redis_url: str
) -> None:
    post("Zineb Fassi", key="first")
    for number in range(5):
        assert post("Salma Tazi", f"Omar {'ABCDE'[number]}laoui", key=f"k-{number}").status_code == 202
    assert threading.get_ident() not in _reached  # nobody who waits for an answer waits for a broker
    until = time.monotonic() + PATIENCE
    while not _reached and time.monotonic() < until:
        time.sleep(0.01)
    assert _reached  # a thread of its own did reach for it
    with Redis.from_url(redis_url) as client:
        client.flushall()  # no bell is left
    connections.close_all()
    for _ in range(2):
        sweep_once(now=timezone.now())
    assert set(Batch.objects.values_list("state", flat=True)) == {Batch.State.COMPLETE}
    assert Credential.objects.count() == 7  # Salma once
