"""The queue survives whatever kills who works on it, and convicts no row for the deaths of others."""

import faulthandler
import os
import random
import re
import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import connection, connections, transaction
from django.db.models.functions import Now

from credentials import apart, batches, issuance, queue
from credentials.apart import Outcome
from credentials.models import Award, Batch, Chunk, Credential
from credentials.people import Person
from issuers import keys
from issuers.models import SigningKey, random_token
from tests.factories import NOW, award, key_room, make_achievement, make_issuer, publish_keys

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db(transaction=True)
ROSTER = Batch.Kind.ROSTER
ROOT = Path(__file__).parents[2]
NAMES = ("Tazi", "Alaoui", "Naciri", "Fassi", "Bennis")
Sign = Callable[[issuance.Signing, Award], issuance.Signed]


@pytest.fixture
def batch(key_room: Any) -> Batch:
    """A list of five people, accepted and in line."""
    return award(
        make_achievement(make_issuer()), *[Person(name_latin=f"Salma {n}") for n in NAMES], kind=ROSTER
    )


@pytest.fixture
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever failed is in line again at once."""
    monkeypatch.setattr(queue, "BACKOFF", timedelta(0))


@pytest.fixture
def signing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Award], None]], None]:
    """Lets something happen whenever a row is about to be signed, in whichever process."""
    sign = issuance.Signing.sign

    def befall(happening: Callable[[Award], None]) -> None:
        def signed(self: issuance.Signing, row: Award) -> issuance.Signed:
            happening(row)
            return sign(self, row)

        monkeypatch.setattr(issuance.Signing, "sign", signed)

    return befall


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The processes that were forked, as they come."""
    born: list[int] = []
    fork = os.fork

    def forked() -> int:
        child = fork()
        if child:
            born.append(child)
        return child

    monkeypatch.setattr(os, "fork", forked)
    return born


def a_worker_dies(*, times: int = 1) -> None:
    """As a worker does that is killed: its token stays on the chunk, its lease runs out."""
    for _ in range(times):
        assert queue.take(kind=ROSTER) is not None
        Chunk.objects.update(lease_until=Now() - timedelta(seconds=1))


def states(batch: Batch) -> list[str]:
    return list(batch.awards.order_by("row").values_list("state", flat=True))


def sweep_until_done(batch: Batch, *, rounds: int = 40) -> None:
    """What workers and sweeper do together, until the list is complete."""
    for _ in range(rounds):
        issuance.issue_ready(kind=ROSTER, now=NOW)
        batches.close_finished(now=NOW)
        if Batch.objects.filter(pk=batch.pk, state=Batch.State.COMPLETE).exists():
            return
    pytest.fail(f"the list does not end: {states(batch)}")


def is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


# -- The lease ------------------------------------------------------------------------------------
def test_what_a_dead_worker_held_is_free_within_seconds(batch: Batch) -> None:
    assert queue.take(kind=ROSTER) is not None
    within = Chunk.objects.filter(lease_until__gt=Now() + timedelta(seconds=5))
    assert within.filter(lease_until__lte=Now() + timedelta(seconds=6)).exists()


def test_a_slow_signer_keeps_its_lease_and_is_not_overtaken(
    batch: Batch, signing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "LEASE", timedelta(milliseconds=400))
    monkeypatch.setattr(queue, "RENEW_EVERY", timedelta(milliseconds=100))
    signing(lambda row: time.sleep(0.2))  # five rows take more than twice the lease
    overtaken = []
    stop = threading.Event()

    def rival() -> None:
        while not stop.wait(0.05):
            overtaken.append(queue.take(kind=ROSTER))
        connections.close_all()

    taken = queue.take(kind=ROSTER)
    assert taken is not None
    thread = threading.Thread(target=rival)
    thread.start()
    try:
        issued = issuance.issue_chunk(taken, now=NOW)
    finally:
        stop.set()
        thread.join()
    assert issued == len(NAMES)
    assert len(overtaken) > 5
    assert set(overtaken) == {None}


def test_the_lease_is_written_no_more_often_than_every_two_seconds(
    batch: Batch, django_assert_num_queries: Any
) -> None:
    taken = queue.take(kind=ROSTER)
    assert taken is not None
    keeper = queue.Keeper(taken)
    with django_assert_num_queries(0):
        for _ in range(400):
            keeper.keep()


def test_whoever_lost_its_lease_stops_signing_and_leaves_no_trace(
    batch: Batch, signing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "RENEW_EVERY", timedelta(0))
    begun = []

    def overtaken(row: Award) -> None:
        begun.append(row.row)
        if row.row == 2:
            Chunk.objects.update(lease_token="another")

    signing(overtaken)
    issuance.issue_ready(kind=ROSTER, now=NOW, limit=1)
    assert begun == [1, 2]
    assert set(states(batch)) == {"pending"}
    chunk = Chunk.objects.get()
    assert (chunk.lease_token, chunk.attempts, chunk.last_error) == ("another", 1, "")


def test_a_zombie_that_wakes_neither_gives_back_nor_splits_nor_convicts(batch: Batch) -> None:
    zombie = queue.take(kind=ROSTER)
    assert zombie is not None
    Chunk.objects.update(lease_token="another")
    queue.give_back(zombie, error="Whatever", counts=True)
    queue.split(zombie)
    queue.quarantine(zombie)
    queue.renew_for_another(zombie)
    assert not queue.renew(zombie)
    chunk = Chunk.objects.get()
    assert (chunk.lease_token, chunk.state, chunk.last_error) == ("another", "ready", "")
    assert set(states(batch)) == {"pending"}


# -- Rows that kill -------------------------------------------------------------------------------
def segfault() -> None:
    """Without a word: the child's trace would stand among the test's own."""
    faulthandler.disable()
    os.kill(os.getpid(), signal.SIGSEGV)


@pytest.mark.parametrize(
    "death",
    [
        pytest.param(segfault, id="a broken library"),
        pytest.param(lambda: os.kill(os.getpid(), signal.SIGKILL), id="no memory left"),
        pytest.param(lambda: os._exit(0), id="an exit that looks right"),
        pytest.param(lambda: (_ for _ in ()).throw(SystemExit(3)), id="an exit by exception"),
    ],
)
def test_a_row_that_kills_is_quarantined_and_its_neighbours_are_issued(
    batch: Batch, signing: Any, in_a_hurry: None, death: Callable[[], object]
) -> None:
    signing(lambda row: death() if row.row == 2 else None)
    a_worker_dies()  # the first to meet it; from then on children do
    sweep_until_done(batch)
    assert states(batch) == ["issued", "failed", "issued", "issued", "issued"]
    assert batch.awards.get(row=2).error_code == "quarantined"
    assert Credential.objects.count() == len(NAMES) - 1


def test_the_sweeper_survives_a_row_that_nobody_has_met_before(
    batch: Batch, signing: Any, in_a_hurry: None, children: list[int]
) -> None:
    signing(lambda row: os._exit(9) if row.row == 5 else None)
    for _ in range(20):
        issuance.issue_ready(kind=ROSTER, now=NOW, in_child=True)
    assert states(batch) == ["issued"] * 4 + ["failed"]
    assert children
    assert all(is_gone(child) for child in children)


def test_a_row_that_computes_for_ever_is_ended_by_the_kernel(
    batch: Batch, signing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "LABOUR", (1.0, 0.0))

    def spin(row: Award) -> None:
        while True:
            pass

    signing(spin)
    assert issuance.issue_ready(kind=ROSTER, now=NOW, limit=1, in_child=True) == 0
    chunk = Chunk.objects.get()
    assert (chunk.attempts, chunk.last_error, chunk.lease_token) == (1, queue.DIED, "")


def test_a_row_tried_again_after_quarantine_kills_no_worker(
    batch: Batch, signing: Any, in_a_hurry: None, children: list[int]
) -> None:
    signing(lambda row: os._exit(9) if row.row == 2 else None)
    a_worker_dies()
    sweep_until_done(batch)
    children.clear()
    batches.retry(batch=batch, now=NOW)
    sweep_until_done(batch)  # this process is alive to say so
    assert states(batch)[1] == "failed"
    assert children


def test_a_row_that_was_cured_is_issued_when_it_is_tried_again(
    batch: Batch, signing: Any, in_a_hurry: None
) -> None:
    signing(lambda row: os._exit(9) if row.row == 2 else None)
    a_worker_dies()
    sweep_until_done(batch)
    signing(lambda row: None)
    batches.retry(batch=batch, now=NOW)
    sweep_until_done(batch)
    assert set(states(batch)) == {"issued"}


def test_a_row_that_fails_cleanly_every_time_is_set_aside_alone(
    batch: Batch, signing: Any, in_a_hurry: None, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(row: Award) -> None:
        if row.row == 3:
            raise RuntimeError

    signing(broken)
    sweep_until_done(batch)
    assert states(batch) == ["issued", "issued", "failed", "issued", "issued"]
    assert "row quarantined" in caplog.messages


def test_a_row_that_breaks_a_rule_of_the_database_is_set_aside_alone(batch: Batch, in_a_hurry: None) -> None:
    other = award(make_achievement(make_issuer()))
    issuance.issue_ready(kind=other.kind, now=NOW)
    Award.objects.filter(batch=batch, row=3).update(credential_id=Credential.objects.get().pk)
    sweep_until_done(batch)
    assert states(batch) == ["issued", "issued", "failed", "issued", "issued"]


# -- Rows that are innocent (bugs 1 and 2 of the prototype) ----------------------------------------
def test_a_healthy_row_is_never_convicted_by_the_deaths_of_workers(
    key_room: Any, in_a_hurry: None, children: list[int]
) -> None:
    batch = award(make_achievement(make_issuer()), Person(name_latin="Salma Tazi"), kind=ROSTER)
    a_worker_dies(times=25)
    assert issuance.issue_ready(kind=ROSTER, now=NOW) == 1
    assert states(batch) == ["issued"]
    assert len(children) == 1  # the probe, which lived


def test_a_healthy_list_survives_a_storm_and_is_issued_whole(
    batch: Batch, signing: Any, in_a_hurry: None
) -> None:
    fate = random.SystemRandom()
    signing(lambda row: os._exit(9) if fate.random() < 0.08 else None)
    a_worker_dies(times=4)
    sweep_until_done(batch, rounds=200)
    assert set(states(batch)) == {"issued"}
    assert Credential.objects.count() == len(NAMES)


def test_one_death_of_the_probe_convicts_nobody(
    key_room: Any, signing: Any, in_a_hurry: None, tmp_path: Path
) -> None:
    batch = award(make_achievement(make_issuer()), Person(name_latin="Salma Tazi"), kind=ROSTER)
    deaths = tmp_path / "deaths"

    def first_time(row: Award) -> None:
        if not deaths.exists():
            deaths.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    signing(first_time)
    a_worker_dies(times=queue.MAX_ATTEMPTS)
    assert issuance.issue_ready(kind=ROSTER, now=NOW) == 1
    assert deaths.exists()
    assert states(batch) == ["issued"]


def test_two_deaths_of_the_probe_convict_nobody_before_they_come_again_later(
    key_room: Any, signing: Any, tmp_path: Path
) -> None:
    batch = award(make_achievement(make_issuer()), Person(name_latin="Salma Tazi"), kind=ROSTER)
    deaths = tmp_path / "deaths"

    def twice(row: Award) -> None:
        with deaths.open("a") as seen:
            seen.write("x")
        if deaths.stat().st_size <= 2:
            os.kill(os.getpid(), signal.SIGKILL)

    signing(twice)
    a_worker_dies(times=queue.MAX_ATTEMPTS)
    assert issuance.issue_ready(kind=ROSTER, now=NOW) == 0
    assert deaths.stat().st_size == 2
    assert (Chunk.objects.get().last_error, states(batch)) == (queue.PROBE_DIED, ["pending"])
    assert issuance.issue_ready(kind=ROSTER, now=NOW) == 0  # it rests
    Chunk.objects.update(not_before=Now())
    assert issuance.issue_ready(kind=ROSTER, now=NOW) == 1
    assert states(batch) == ["issued"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_probe_that_somebody_ends_convicts_nobody(
    key_room: Any, signing: Any, in_a_hurry: None, number: signal.Signals
) -> None:
    batch = award(make_achievement(make_issuer()), Person(name_latin="Salma Tazi"), kind=ROSTER)
    a_worker_dies(times=queue.MAX_ATTEMPTS)
    signing(lambda row: os.kill(os.getpid(), number))
    for _ in range(5):
        issuance.issue_ready(kind=ROSTER, now=NOW, limit=1)
    assert states(batch) == ["pending"]
    chunk = Chunk.objects.get()
    assert (chunk.attempts, chunk.last_error) == (queue.MAX_ATTEMPTS, apart.STOPPED)
    signing(lambda row: None)
    assert issuance.issue_ready(kind=ROSTER, now=NOW) == 1


def test_a_probe_that_waits_for_ever_is_ended_and_convicts_nobody(
    key_room: Any, signing: Any, in_a_hurry: None, children: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "PATIENCE", (0.5, 0.0))
    batch = award(make_achievement(make_issuer()), Person(name_latin="Salma Tazi"), kind=ROSTER)
    a_worker_dies(times=queue.MAX_ATTEMPTS)
    signing(lambda row: time.sleep(60))
    begun = time.monotonic()
    issuance.issue_ready(kind=ROSTER, now=NOW, limit=1)
    assert time.monotonic() - begun < 5
    assert states(batch) == ["pending"]
    assert Chunk.objects.get().last_error == apart.LATE
    assert is_gone(children[0])


def test_a_probe_outlives_its_first_lease(
    key_room: Any, signing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "LEASE", timedelta(milliseconds=500))
    monkeypatch.setattr(queue, "RENEW_EVERY", timedelta(milliseconds=100))
    batch = award(make_achievement(make_issuer()), Person(name_latin="Salma Tazi"), kind=ROSTER)
    a_worker_dies(times=queue.MAX_ATTEMPTS)
    signing(lambda row: time.sleep(1.5))
    overtaken = []
    stop = threading.Event()

    def rival() -> None:
        while not stop.wait(0.1):
            overtaken.append(queue.take(kind=ROSTER))
        connections.close_all()

    thread = threading.Thread(target=rival)
    taken = queue.take(kind=ROSTER)
    assert taken is not None
    issue = issuance._work
    thread.start()
    try:
        issued = issue(taken, now=NOW)
    finally:
        stop.set()
        thread.join()
    assert issued == 1
    assert states(batch) == ["issued"]
    assert len(overtaken) > 5
    assert set(overtaken) == {None}


def test_a_child_is_ended_with_whoever_is_told_to_stop(
    batch: Batch, signing: Any, children: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def told_to_stop(*_: Any) -> None:
        raise KeyboardInterrupt

    signing(lambda row: time.sleep(60))
    monkeypatch.setattr(queue, "RENEW_EVERY", timedelta(milliseconds=50))
    monkeypatch.setattr(queue, "renew_for_another", told_to_stop)
    with pytest.raises(KeyboardInterrupt):
        issuance.issue_ready(kind=ROSTER, now=NOW, in_child=True)
    assert is_gone(children[0])


# -- What a child has of its own (bug 3 of the prototype) ------------------------------------------
def test_no_two_children_draw_the_same_lots(batch: Batch) -> None:
    taken = queue.take(kind=ROSTER)
    assert taken is not None
    random.seed(7)  # whatever was sown before the fork
    secrets.token_bytes(1)

    def draw() -> Outcome:
        drawn = [
            *(random_token(), str(uuid4()), secrets.token_hex(), str(random.random())),
            str(ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value),
            os.urandom(8).hex(),
        ]
        return Outcome(error=" ".join(drawn), innocent=True)

    lots = [apart.run(taken, draw).error.split() for _ in range(3)]
    assert all(len(set(same)) == 3 for same in zip(*lots, strict=True))


def test_nothing_that_signs_or_names_draws_lots_from_a_generator_of_its_own() -> None:
    sources = [path for app in ("issuers", "credentials", "verify") for path in (ROOT / app).rglob("*.py")]
    assert len(sources) > 80
    drawn = re.compile(r"^\s*(import random|from random import)", re.MULTILINE)
    assert [path.name for path in sources if drawn.search(path.read_text())] == []


def test_a_child_does_not_share_its_parents_connection(batch: Batch) -> None:
    taken = queue.take(kind=ROSTER)
    assert taken is not None

    def count() -> Outcome:
        return Outcome(issued=Award.objects.filter(batch=batch).count())

    assert Award.objects.count() == len(NAMES)  # the parent's connection is open
    assert apart.run(taken, count) == Outcome(issued=len(NAMES))
    assert Award.objects.count() == len(NAMES)


def test_inside_a_transaction_no_child_is_made(batch: Batch, children: list[int]) -> None:
    with transaction.atomic():
        Award.objects.filter(batch=batch, row=1).update(name_latin="Salma Zemmouri")
        assert issuance.issue_ready(kind=ROSTER, now=NOW, in_child=True) == len(NAMES)
    assert children == []
    assert Credential.objects.filter(name_latin="Salma Zemmouri").exists()


def test_a_child_collects_no_garbage_and_dies_of_what_ends_a_process(batch: Batch) -> None:
    import gc

    taken = queue.take(kind=ROSTER)
    assert taken is not None
    before = signal.signal(signal.SIGTERM, lambda *_: None)  # as the sweeper has it
    try:
        act = lambda: Outcome(  # noqa: E731
            error=f"{gc.isenabled()} {signal.getsignal(signal.SIGTERM) == signal.SIG_DFL}", innocent=True
        )
        assert apart.run(taken, act).error == "False True"
    finally:
        signal.signal(signal.SIGTERM, before)


# -- What is nobody's fault (bug 6 of the prototype) -----------------------------------------------
def test_a_key_that_ends_while_rows_are_signed_counts_against_none_of_them(
    batch: Batch, signing: Any, in_a_hurry: None
) -> None:
    def key_ends(row: Award) -> None:
        if row.row == len(NAMES):
            for key in SigningKey.objects.filter(issuer=batch.issuer, state="active"):
                keys.retire(key=key, by=None, now=NOW)

    signing(key_ends)
    for _ in range(6):
        issuance.issue_ready(kind=ROSTER, now=NOW, limit=1)
    chunk = Chunk.objects.get()
    assert (chunk.attempts, chunk.last_error) == (0, "NoActiveKey")
    assert set(states(batch)) == {"pending"}
    signing(lambda row: None)
    publish_keys()  # makes the successor
    assert issuance.issue_ready(kind=ROSTER, now=NOW) == len(NAMES)
    assert set(states(batch)) == {"issued"}


def test_a_base_url_that_changed_counts_against_no_row(batch: Batch, in_a_hurry: None, settings: Any) -> None:
    other = award(make_achievement(make_issuer()))
    issuance.issue_ready(kind=other.kind, now=NOW)
    settings.BASE_URL = "https://elsewhere.example"
    for _ in range(6):
        issuance.issue_ready(kind=ROSTER, now=NOW, limit=1)
    assert set(states(batch)) == {"pending"}
    assert (Chunk.objects.filter(kind=ROSTER).get().attempts) == 0


@pytest.fixture
def database_fails() -> Iterator[Callable[[], None]]:
    """Makes the database fail in earnest, until the connection is made anew."""

    def fail() -> None:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":  # gone, as when the server is restarted
                with pytest.raises(Exception, match=r"terminating connection|closed"):
                    cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            else:  # the disk is full: no page is free, and there will be no other
                cursor.execute("VACUUM")
                cursor.execute("PRAGMA max_page_count = 1")

    yield fail
    connections.close_all()


def test_a_database_that_fails_while_storing_gives_the_attempt_back(
    batch: Batch, signing: Any, in_a_hurry: None, database_fails: Callable[[], None]
) -> None:
    signing(lambda row: database_fails() if row.row == len(NAMES) else None)
    for _ in range(6):
        issuance.issue_ready(kind=ROSTER, now=NOW, limit=1)
        connections.close_all()
    assert set(states(batch)) == {"pending"}
    chunk = Chunk.objects.get()
    assert (chunk.attempts, chunk.last_error, chunk.lease_token) == (0, "OperationalError", "")
    signing(lambda row: None)
    assert issuance.issue_ready(kind=ROSTER, now=NOW) == len(NAMES)


def test_a_chunk_that_many_deaths_have_counted_against_waits_no_longer_than_others(batch: Batch) -> None:
    Chunk.objects.update(attempts=60)
    taken = queue.take(kind=ROSTER)
    assert taken is not None
    queue.give_back(taken, error="Whatever", counts=True)
    soon = Now() + queue.BACKOFF * (queue.MAX_ATTEMPTS + 1)
    assert Chunk.objects.filter(not_before__gt=Now(), not_before__lte=soon).count() == 1
