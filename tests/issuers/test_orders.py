"""Signing orders: the web waits a moment for the signer, which makes each thing once and tries again."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from credentials import statuslists
from credentials.models import StatusList, StatusListVersion
from issuers import orders, publications
from issuers.errors import NoKeyRoom
from issuers.models import Publication, SigningOrder, random_token
from tests.factories import NOW, award, key_room, key_room_open, make_achievement, make_issuer, publish_keys

__all__ = ["key_room"]


@pytest.fixture
def signer(tmp_path: Path) -> Iterator[Callable[[], None]]:
    """Starts a thread that fulfils orders as the interactive worker does; it ends with the test."""
    ended, threads = threading.Event(), []

    def work() -> None:
        try:
            while not ended.wait(0.02):
                orders.fulfil(now=timezone.now())
        finally:
            connection.close()

    def start() -> None:
        threads.append(threading.Thread(target=work))
        threads[0].start()

    yield start
    ended.set()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_what_is_missing_is_signed_while_the_visitor_waits(
    client: Client, key_room: Path, signer: Callable[[], None]
) -> None:
    award(make_achievement(make_issuer()))
    publish_keys()
    Publication.objects.all().delete()
    signer()
    for path in ("/keys.jwt", f"/s/revocation/{StatusList.objects.get().number}"):
        answer = client.get(path)
        assert (answer.status_code, answer.content[:3]) == (200, b"eyJ")
    assert not SigningOrder.objects.exists()


@pytest.mark.django_db
def test_what_takes_longer_is_promised_and_waits_for_the_signer(client: Client, key_room: Path) -> None:
    award(make_achievement(make_issuer()))
    path = f"/s/suspension/{StatusList.objects.get().number}"
    began = time.monotonic()
    answer = client.get(path)
    assert time.monotonic() - began >= orders.PATIENCE
    assert (answer.status_code, answer["Retry-After"], answer.content) == (202, "2", b"")
    assert (answer["Cache-Control"], answer["Access-Control-Allow-Origin"]) == ("no-store", "*")
    assert orders.fulfil(now=NOW) == 1
    assert client.get(path).status_code == 200


@pytest.mark.django_db
def test_the_web_signs_nothing(client: Client, tmp_path: Path) -> None:
    with key_room_open(tmp_path):
        make_issuer()
    assert client.get("/keys.jwt").status_code == 202
    assert not Publication.objects.exists()
    with pytest.raises(NoKeyRoom):
        orders.fulfil(now=NOW)
    assert SigningOrder.objects.get().attempts == 0


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/s/revocation/77", "/s/nonsense/1", "/k/0123456789abcdef"])
def test_what_does_not_exist_is_not_ordered(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404
    assert not SigningOrder.objects.exists()


@pytest.fixture
def delegated(db: None, key_room: Path) -> None:
    """The root has delegated to the directory key; nothing is published yet."""
    publish_keys()
    Publication.objects.all().delete()


def test_a_thing_is_on_order_once_however_many_ask(delegated: None) -> None:
    for _ in range(3):
        orders.place(kind="publication", subject="keys", now=NOW)
    assert SigningOrder.objects.count() == 1
    assert orders.fulfil(now=NOW) == 1
    assert orders.fulfil(now=NOW) == 0


def test_an_order_that_another_worker_holds_is_left_alone_until_its_lease_runs_out(delegated: None) -> None:
    orders.place(kind="publication", subject="keys", now=NOW)
    SigningOrder.objects.update(lease_token="other", lease_until=Now() + orders.LEASE)
    assert orders.fulfil(now=NOW) == 0
    SigningOrder.objects.update(lease_until=Now() - orders.LEASE)
    assert orders.fulfil(now=NOW) == 1


@pytest.mark.django_db
def test_a_list_that_was_signed_meanwhile_is_not_signed_again(key_room: Path) -> None:
    award(make_achievement(make_issuer()))
    number = StatusList.objects.get().number
    orders.place(kind="status-list", subject=f"revocation/{number}", now=NOW)
    statuslists.publish_changed(now=NOW)
    before = StatusListVersion.objects.get(purpose="revocation").version
    assert orders.fulfil(now=NOW) == 1
    assert StatusListVersion.objects.get(purpose="revocation").version == before


def test_what_cannot_be_made_is_tried_again_later_and_keeps_nobody_waiting(
    delegated: None, caplog: pytest.LogCaptureFixture
) -> None:
    orders.place(kind="status-list", subject="revocation/999", now=NOW)  # of a list that is gone
    orders.place(kind="publication", subject="keys", now=NOW)
    assert orders.fulfil(now=NOW) == 1
    assert "order not fulfilled" in caplog.text
    assert publications.read(name="keys") is not None
    for attempts in range(1, orders.MAX_ATTEMPTS):
        failing = SigningOrder.objects.get()
        assert (failing.attempts, failing.lease_token, failing.lease_until) == (attempts, "", None)
        assert orders.fulfil(now=NOW) == 0  # it rests
        assert SigningOrder.objects.get().attempts == attempts
        _wake(NOW)
        orders.fulfil(now=NOW)
    _wake(NOW)
    assert orders.fulfil(now=NOW) == 0
    assert SigningOrder.objects.get().attempts == orders.MAX_ATTEMPTS
    orders.place(kind="status-list", subject="revocation/999", now=NOW)
    assert SigningOrder.objects.get().attempts == 0


def _wake(now: datetime) -> None:
    SigningOrder.objects.update(not_before=Now())


@pytest.mark.django_db
def test_what_is_there_is_not_ordered() -> None:
    assert orders.obtain(kind="publication", subject="keys", look=lambda: "there", now=NOW) == "there"
    assert not SigningOrder.objects.exists()


@pytest.mark.django_db
def test_whoever_comes_second_for_an_order_looks_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    for subject in ("k/1", "k/2"):
        SigningOrder.objects.create(kind="publication", subject=subject, ordered_at=NOW, not_before=Now())
    first = SigningOrder.objects.order_by("pk")[0]

    def somebody_is_quicker() -> str:
        SigningOrder.objects.filter(pk=first.pk).update(lease_until=Now() + orders.LEASE)
        return random_token()

    monkeypatch.setattr(orders, "random_token", somebody_is_quicker)
    taken = orders._take()
    assert taken is not None
    assert taken.subject == "k/2"
