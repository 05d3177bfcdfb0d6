"""A key is withdrawn while certificates are signed with it: nothing is stored under it afterwards."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import islice, product
from pathlib import Path
from string import ascii_lowercase
from threading import Event
from typing import Any

import pytest
from django.db import connections, transaction
from django.utils import timezone

from credentials import issuance, releasing, statuslists
from credentials.models import Batch, Chunk, Credential, StatusListVersion
from credentials.people import Person
from issuers import jose, keys, publications, withdrawals
from issuers.errors import NoActiveKey
from issuers.models import Issuer, Publication, SigningKey
from tests.factories import (
    NOW,
    award,
    city_approver,
    city_officer,
    key_room,
    make_achievement,
    make_credential,
    make_issuer,
    publish_keys,
)
from verify import verifier
from verify.report import Verdict

__all__ = ["key_room"]
ROWS = 4000
WORKERS = 2


def a_long_list(issuer: Issuer) -> Batch:
    names = islice(product(ascii_lowercase, repeat=4), ROWS)
    people = [Person(name_latin=f"Zineb A{''.join(letters)}", name_arabic="") for letters in names]
    held = award(make_achievement(issuer), *people, kind=Batch.Kind.ROSTER, notify=False)
    return releasing.release(batch=held, by=city_approver(), now=NOW)


def forked(work: Callable[[], None]) -> int:
    """A process of its own that does this."""
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            connections.close_all()
            code = 0
        finally:
            os._exit(code)
    return pid


def issue_until_done() -> None:
    deadline = time.monotonic() + 60
    while Chunk.objects.filter(state=Chunk.State.READY).exists() and time.monotonic() < deadline:
        issuance.issue_ready(kind=Batch.Kind.ROSTER, now=timezone.now())
        time.sleep(0.02)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_stored_under_a_key_after_it_was_withdrawn_and_the_rest_gets_the_successor(
    key_room: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    issuer = make_issuer()
    officer, approver = city_officer(), city_approver()
    key = SigningKey.objects.get(issuer=issuer, algorithm="ES256")
    publish_keys()
    a_long_list(issuer)
    workers = [forked(issue_until_done) for _ in range(WORKERS)]
    try:
        until = time.monotonic() + 60
        while not Credential.objects.exists():
            assert time.monotonic() < until
            time.sleep(0.005)
        now = timezone.now()
        made = withdrawals.propose(key=key, reason="Vol", by=officer, now=now)
        begun = time.monotonic()
        withdrawals.confirm(withdrawal=made, by=approver, now=now)
        took = time.monotonic() - begun
        at_once = Credential.objects.filter(key=key).count()
        publications.tend(now=timezone.now())
    finally:
        ended = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in workers]
    assert ended == [0] * WORKERS
    with capsys.disabled():  # a figure, not a limit
        print(f"\nwithdrawn under load in {took:.3f} s; {at_once} of {ROWS} rows had the old key")

    successor = SigningKey.objects.get(issuer=issuer, algorithm="ES256", state="active")
    assert 0 < at_once < ROWS
    assert Credential.objects.filter(key=key).count() == at_once
    assert Credential.objects.filter(key=successor).count() == ROWS - at_once
    for credential in Credential.objects.filter(key=successor)[:20]:
        assert jose.kid_of(credential.jwt).endswith(successor.thumbprint)
        assert credential.valid_from >= successor.not_before


@pytest.mark.django_db(transaction=True)
def test_whoever_withdraws_a_key_waits_for_the_chunk_that_is_being_stored(key_room: Path) -> None:
    achievement = make_achievement(make_issuer())
    key = SigningKey.objects.get(issuer=achievement.issuer, algorithm="ES256")
    award(achievement)
    checked, go_on = Event(), Event()

    def paused(execute: Any, sql: str, *rest: Any) -> Any:
        if ' AS "a"' in sql and "issuers_signingkey" in sql:  # the key is active, and its lock is shared
            found = execute(sql, *rest)
            checked.set()
            assert go_on.wait(20)
            return found
        return execute(sql, *rest)

    def stores() -> int:
        try:
            with connections["default"].execute_wrapper(paused):
                return issuance.issue_ready(kind=Batch.Kind.INTERACTIVE, now=NOW)
        finally:
            connections.close_all()

    def withdraws() -> int:
        try:
            keys.mark_compromised(key=key, by=None, now=NOW)
            return Credential.objects.filter(key=key).count()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=2) as pool:
        storing = pool.submit(stores)
        assert checked.wait(20)
        withdrawing = pool.submit(withdraws)
        time.sleep(0.5)
        assert not withdrawing.done()
        go_on.set()
        assert storing.result(20) == 1
        assert withdrawing.result(20) == 1
    assert Credential.objects.get().key == key


@pytest.mark.django_db
def test_what_was_accepted_while_somebody_waited_to_retire_its_key_is_genuine(key_room: Path) -> None:
    issuer = make_issuer()
    key = SigningKey.objects.get(issuer=issuer, algorithm="ES256")
    successor = keys.prepare_successor(key=key, by=None, now=NOW)
    credential = make_credential(make_achievement(issuer), now=NOW + timedelta(seconds=2))
    keys.activate(key=successor, by=None, now=NOW + timedelta(seconds=1), at_once=True)
    publish_keys(now=NOW + timedelta(minutes=1))
    report = verifier.verify(source=credential.jwt, now=NOW + timedelta(minutes=1), door="command")
    assert report.verdict == Verdict.VALID


# -- What else the key signs ----------------------------------------------------------------------
pytest_db = pytest.mark.django_db


@pytest_db
def test_lists_that_a_withdrawn_key_signed_are_signed_anew_and_the_others_are_not(key_room: Path) -> None:
    mine, other = make_issuer(), make_issuer()
    for issuer in (mine, other):
        make_credential(make_achievement(issuer))
    before = dict(StatusListVersion.objects.values_list("pk", "version"))
    keys.mark_compromised(key=SigningKey.objects.get(issuer=mine, algorithm="ES256"), by=None, now=NOW)
    assert statuslists.publish_changed(now=NOW) == 0  # there is nothing yet to sign them with
    publish_keys()
    assert statuslists.publish_changed(now=NOW) == 3
    assert statuslists.publish_changed(now=NOW) == 0
    successor = SigningKey.objects.get(issuer=mine, algorithm="ES256", state="active")
    for version in StatusListVersion.objects.select_related("status_list"):
        mine_too = version.status_list.issuer_id == mine.pk
        assert version.version == before[version.pk] + (1 if mine_too else 0)
        assert jose.kid_of(version.body).endswith(successor.thumbprint) == mine_too


@pytest_db
def test_lists_of_a_retired_key_stay_as_they_are(key_room: Path) -> None:
    issuer = make_issuer()
    make_credential(make_achievement(issuer))
    first = SigningKey.objects.get(issuer=issuer, algorithm="ES256")
    keys.activate(key=keys.prepare_successor(key=first, by=None, now=NOW), by=None, now=NOW, at_once=True)
    assert statuslists.publish_changed(now=NOW) == 0


class Meanwhile:
    """Ends a key between a signature and what stores it."""

    def __init__(self, key: SigningKey) -> None:
        self.key, self.done = key, False

    def __call__(self, execute: Any, sql: str, *rest: Any) -> Any:
        if "issuers_signingkey" in sql and ' AS "a"' in sql and not self.done:
            self.done = True
            SigningKey.objects.filter(pk=self.key.pk).update(
                state="retired", sealed=None, kek_id="", not_after=NOW
            )
        return execute(sql, *rest)


@pytest_db
def test_a_status_list_of_a_key_that_ended_meanwhile_is_not_stored(key_room: Path) -> None:
    issuer = make_issuer()
    credential = make_credential(make_achievement(issuer))
    before = list(StatusListVersion.objects.order_by("pk").values_list("body", flat=True))
    key = SigningKey.objects.get(issuer=issuer, algorithm="ES256")
    meanwhile = Meanwhile(key)
    purpose = StatusListVersion.Purpose.REVOCATION
    with connections["default"].execute_wrapper(meanwhile), pytest.raises(NoActiveKey), transaction.atomic():
        statuslists.publish(status_list=credential.status_list, purpose=purpose, now=NOW + timedelta(days=1))
    assert meanwhile.done
    assert list(StatusListVersion.objects.order_by("pk").values_list("body", flat=True)) == before


@pytest_db
def test_a_directory_of_a_key_that_ended_meanwhile_is_not_stored(key_room: Path) -> None:
    make_issuer()
    publish_keys()
    before = dict(Publication.objects.values_list("name", "body"))
    meanwhile = Meanwhile(SigningKey.objects.get(purpose="directory"))
    with connections["default"].execute_wrapper(meanwhile), pytest.raises(NoActiveKey), transaction.atomic():
        publications.refresh(now=NOW + timedelta(days=1), force=True)
    assert meanwhile.done
    assert dict(Publication.objects.values_list("name", "body")) == before
