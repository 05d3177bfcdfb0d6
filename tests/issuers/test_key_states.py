"""A key's life: prepared, published for a week, active for a year, retired; the database holds each step."""

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from issuers import keys, publications, rotation
from issuers.errors import NoActiveKey, TooYoung, WrongState
from issuers.models import Issuer, Publication, RegisterChange, SigningKey
from issuers.signable import Form, Signable
from tests.factories import NOW, city_approver, make_issuer, publish_keys

pytestmark = pytest.mark.django_db
WEEK, DAY, YEAR = timedelta(days=7), timedelta(days=1), timedelta(days=365)


@pytest.fixture
def issuer(key_room: Path) -> Issuer:
    return make_issuer()


def active(issuer: Issuer | None, algorithm: str = "ES256") -> SigningKey:
    return SigningKey.objects.get(issuer=issuer, algorithm=algorithm, state="active")


def prepared(issuer: Issuer) -> SigningKey:
    return keys.prepare_successor(key=active(issuer), by=None, now=NOW)


# -- Pending --------------------------------------------------------------------------------------
def test_a_successor_is_published_and_signs_nothing(issuer: Issuer) -> None:
    first = active(issuer)
    successor = prepared(issuer)
    publish_keys()
    document = publications.issuer_did_document(issuer=issuer)
    assert any(name.endswith(successor.thumbprint) for name in document["assertionMethod"])
    assert Publication.objects.filter(name=f"k/{successor.kid8}").exists()
    assert (successor.state, successor.algorithm, successor.issuer_id) == ("pending", "ES256", issuer.pk)
    assert keys.signer(issuer=issuer, now=NOW + DAY).key == first
    assert RegisterChange.objects.get(event="key-prepared").detail["kid"] == successor.thumbprint


def test_a_key_that_is_not_active_does_not_sign_what_it_opened_for(issuer: Issuer) -> None:
    signer = keys.signer(issuer=issuer, now=NOW)
    SigningKey.objects.filter(pk=signer.key.pk).update(state="pending")
    with transaction.atomic(), pytest.raises(NoActiveKey):
        signer.require_active()


def test_whoever_asks_again_gets_the_same_successor(issuer: Issuer) -> None:
    assert prepared(issuer) == prepared(issuer)
    assert SigningKey.objects.filter(issuer=issuer, algorithm="ES256").count() == 2
    assert RegisterChange.objects.filter(event="key-prepared").count() == 1


def test_of_two_who_prepare_at_once_one_makes_the_successor(issuer: Issuer) -> None:
    key, begun = active(issuer), list[SigningKey]()

    def rival(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("SAVEPOINT") and not begun:
            begun.append(key)
            begun[0] = keys.prepare_successor(key=key, by=None, now=NOW)
        return execute(sql, *rest)

    with connection.execute_wrapper(rival):
        assert keys.prepare_successor(key=key, by=None, now=NOW) == begun[0]
    assert SigningKey.objects.filter(issuer=issuer, state="pending").count() == 1


def test_what_the_database_refuses_for_another_reason_is_seen(issuer: Issuer) -> None:
    def broken(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("INSERT") and "signingkey" in sql:
            params = tuple(None if value == "pending" else value for value in params)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(broken), pytest.raises(IntegrityError):
        prepared(issuer)


def test_only_an_active_key_has_a_successor(issuer: Issuer) -> None:
    key = active(issuer)
    keys.retire(key=key, by=None, now=NOW)
    with pytest.raises(WrongState):
        keys.prepare_successor(key=key, by=None, now=NOW)


# -- Active ---------------------------------------------------------------------------------------
def test_after_a_week_the_successor_signs_and_the_first_has_no_private_part(issuer: Issuer) -> None:
    first, successor = active(issuer), prepared(issuer)
    approver = city_approver()
    with pytest.raises(TooYoung):
        keys.activate(key=successor, by=approver, now=NOW + WEEK - timedelta(seconds=1))
    moment = NOW + WEEK + timedelta(microseconds=5)
    keys.activate(key=successor, by=approver, now=moment)
    first.refresh_from_db()
    assert (first.state, first.sealed, first.kek_id, first.not_after) == (
        "retired",
        None,
        "",
        moment + keys.LATE,
    )
    assert (successor.state, successor.not_before) == ("active", NOW + WEEK)
    signable = Signable(Form.CREDENTIAL, issuer.pk, b"{}")
    assert keys.is_signed(keys.signer(issuer=issuer, now=moment).jws(signable), signable, key=successor)
    change = RegisterChange.objects.get(event="key-rotated")
    assert (change.by, change.detail["kid"]) == (approver, successor.thumbprint)


def test_an_overlap_may_be_longer_or_left_out(issuer: Issuer) -> None:
    successor = prepared(issuer)
    with pytest.raises(TooYoung):
        keys.activate(key=successor, by=None, now=NOW + WEEK, overlap=timedelta(days=8))
    keys.activate(key=successor, by=None, now=NOW, at_once=True)
    assert active(issuer) == successor


def test_the_swap_happens_whole_or_not_at_all(issuer: Issuer) -> None:
    first, successor = active(issuer), prepared(issuer)
    SigningKey.objects.filter(pk=successor.pk).update(
        state="retired", sealed=None, not_after=NOW
    )  # ended elsewhere, after we read it
    with pytest.raises(WrongState):
        keys.activate(key=successor, by=None, now=NOW + WEEK)
    first.refresh_from_db()
    assert first.state == "active"
    assert first.sealed


def test_another_algorithm_and_another_issuer_keep_their_keys(issuer: Issuer) -> None:
    other = make_issuer()
    before = {active(issuer, "Ed25519"), active(other), active(other, "Ed25519")}
    keys.activate(key=prepared(issuer), by=None, now=NOW, at_once=True)
    assert {active(issuer, "Ed25519"), active(other), active(other, "Ed25519")} == before


def test_what_the_retired_key_signed_stays_good_for_a_stranger(issuer: Issuer) -> None:
    first = active(issuer)
    keys.activate(key=prepared(issuer), by=None, now=NOW + WEEK)
    document = publications.issuer_did_document(issuer=issuer)
    assert any(name.endswith(first.thumbprint) for name in document["assertionMethod"])
    assert not any(name.endswith(first.thumbprint) for name in document["authentication"])


# -- Compromised ----------------------------------------------------------------------------------
def test_a_withdrawn_key_takes_the_one_that_waited_beside_it_along(issuer: Issuer) -> None:
    first, successor = active(issuer), prepared(issuer)
    keys.mark_compromised(key=first, by=None, now=NOW + DAY, reason="Vol")
    successor.refresh_from_db()
    assert (successor.state, successor.sealed) == ("compromised", None)
    document = publications.issuer_did_document(issuer=issuer)
    names = " ".join(document["assertionMethod"])
    assert first.thumbprint not in names
    assert successor.thumbprint not in names
    assert active(issuer, "Ed25519").thumbprint in names
    told = {c.detail["kid"]: c.detail for c in RegisterChange.objects.filter(event="key-compromised")}
    assert told[first.thumbprint]["reason"] == "Vol"
    assert told[successor.thumbprint]["beside"] == first.thumbprint
    publish_keys(now=NOW + DAY)
    fresh = active(issuer)
    assert fresh not in (first, successor)
    assert keys.signer(issuer=issuer, now=NOW + DAY).key == fresh


def test_a_pending_key_can_be_withdrawn_by_itself(issuer: Issuer) -> None:
    first = active(issuer)
    keys.mark_compromised(key=prepared(issuer), by=None, now=NOW)
    assert active(issuer) == first
    assert prepared(issuer).state == "pending"


def test_an_old_key_that_is_withdrawn_leaves_the_present_ones_alone(issuer: Issuer) -> None:
    first = active(issuer)
    keys.activate(key=prepared(issuer), by=None, now=NOW, at_once=True)
    waiting = prepared(issuer)
    keys.mark_compromised(key=first, by=None, now=NOW)
    assert active(issuer).thumbprint != first.thumbprint
    waiting.refresh_from_db()
    assert waiting.state == "pending"


def test_nobody_is_withdrawn_twice(issuer: Issuer) -> None:
    key = active(issuer)
    keys.mark_compromised(key=key, by=None, now=NOW)
    with pytest.raises(WrongState):
        keys.mark_compromised(key=key, by=None, now=NOW)


# -- What the database holds by itself ------------------------------------------------------------
@pytest.mark.parametrize("algorithm", ["ES256", "Ed25519"])
def test_the_database_refuses_a_second_pending_key(issuer: Issuer, algorithm: str) -> None:
    key = keys.prepare_successor(key=active(issuer, algorithm), by=None, now=NOW)
    key.pk, key.thumbprint = None, "x" * 43
    with pytest.raises(IntegrityError), transaction.atomic():
        key.save(force_insert=True)


def test_the_database_refuses_a_second_pending_key_of_the_city(key_room: Path) -> None:
    keys.ensure_city_keys(now=NOW)
    directory = SigningKey.objects.get(purpose="directory")
    key = keys.prepare_successor(key=directory, by=None, now=NOW)
    key.pk, key.thumbprint = None, "x" * 43
    with pytest.raises(IntegrityError), transaction.atomic():
        key.save(force_insert=True)


@pytest.mark.parametrize("state", ["pending", "active"])
def test_the_database_refuses_an_ended_key_that_signs_again(issuer: Issuer, state: str) -> None:
    key = active(issuer)
    keys.retire(key=key, by=None, now=NOW)
    for fields in ({}, {"not_after": None}, {"sealed": b"x" * 60}):
        with pytest.raises(IntegrityError), transaction.atomic():
            SigningKey.objects.filter(pk=key.pk).update(state=state, **fields)


def test_the_database_refuses_an_ended_key_without_its_end(issuer: Issuer) -> None:
    key = active(issuer)
    with pytest.raises(IntegrityError), transaction.atomic():
        SigningKey.objects.filter(pk=key.pk).update(state="retired", sealed=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        SigningKey.objects.filter(pk=key.pk).update(not_after=NOW)


# -- Planned changes ------------------------------------------------------------------------------
def test_a_year_old_key_gets_a_successor_that_signs_a_week_later(issuer: Issuer) -> None:
    first = active(issuer)
    due = first.not_before + YEAR
    assert rotation.tend(now=due - timedelta(seconds=1)) == 0
    publish_keys(now=due)
    assert SigningKey.objects.filter(issuer=issuer, state="pending").count() == 2  # one an algorithm
    publications.tend(now=due + WEEK - timedelta(seconds=1))
    assert active(issuer) == first
    publications.tend(now=due + WEEK)
    assert active(issuer) != first
    assert active(issuer).not_before == due + WEEK
    assert not SigningKey.objects.filter(issuer=issuer, state="pending").exists()
    assert rotation.tend(now=due + WEEK + DAY) == 0


def test_a_key_that_signed_a_million_gets_a_successor_too(issuer: Issuer) -> None:
    key = active(issuer)
    assert rotation.tend(now=NOW, signatures={key.pk: 999_999}) == 0
    assert rotation.tend(now=NOW, signatures={key.pk: 1_000_000}) == 1
    assert SigningKey.objects.get(state="pending").algorithm == "ES256"
    assert rotation.tend(now=NOW, signatures={key.pk: 1_000_001}) == 0


def test_the_citys_keys_change_by_hand_alone(key_room: Path) -> None:
    keys.ensure_city_keys(now=NOW)
    assert rotation.tend(now=NOW + 2 * YEAR) == 0
    out = StringIO()
    call_command("rotate_signing_key", "--city", "directory", stdout=out)
    assert SigningKey.objects.get(state="pending").purpose == "directory"
    assert rotation.tend(now=NOW + 2 * YEAR) == 0


def test_a_key_that_ended_meanwhile_stops_nobody_elses_change(issuer: Issuer) -> None:
    other = make_issuer()
    mine, seen = active(issuer), list[str]()

    def rival(execute: Any, sql: str, *rest: Any) -> Any:
        result = execute(sql, *rest)
        if "EXISTS" in sql and "signingkey" in sql and not seen:  # the list of those that are due
            seen.append(sql)
            keys.retire(key=mine, by=None, now=NOW)
        return result

    with connection.execute_wrapper(rival):
        changed = rotation.tend(now=NOW + YEAR)
    assert seen
    assert changed == 3
    assert SigningKey.objects.filter(issuer=other, state="pending").count() == 2


def test_a_successor_that_another_signer_activated_is_passed_over(issuer: Issuer) -> None:
    successor, seen = prepared(issuer), list[str]()

    def rival(execute: Any, sql: str, *rest: Any) -> Any:
        result = execute(sql, *rest)
        if sql.startswith("SELECT") and "created_at" in sql and "<=" in sql and not seen:
            if "EXISTS" in sql:
                return result
            seen.append(sql)
            keys.activate(key=SigningKey.objects.get(pk=successor.pk), by=None, now=NOW + WEEK)
        return result

    with connection.execute_wrapper(rival):
        assert rotation.tend(now=NOW + WEEK) == 0
    assert seen
    assert active(issuer) == successor


# -- By hand --------------------------------------------------------------------------------------
def test_an_operator_prepares_and_a_week_later_the_same_command_activates(key_room: Path) -> None:
    issuer = make_issuer(slug="ennour")
    out = StringIO()
    call_command("rotate_signing_key", "ennour", stdout=out)
    waiting = SigningKey.objects.filter(issuer=issuer, state="pending")
    assert {key.algorithm for key in waiting} == {"ES256", "Ed25519"}
    assert all(f"{key.algorithm} {key.thumbprint}: " in out.getvalue() for key in waiting)
    names = set(waiting.values_list("thumbprint", flat=True))
    SigningKey.objects.filter(state="pending").update(created_at=NOW - WEEK - DAY)
    call_command("rotate_signing_key", "ennour", stdout=StringIO())
    assert {active(issuer).thumbprint, active(issuer, "Ed25519").thumbprint} == names


def test_an_operator_changes_one_key_at_once(key_room: Path) -> None:
    issuer = make_issuer(slug="ennour")
    before = active(issuer), active(issuer, "Ed25519")
    call_command("rotate_signing_key", "ennour", "--algorithm", "ES256", "--now", stdout=StringIO())
    assert active(issuer) != before[0]
    assert active(issuer, "Ed25519") == before[1]


def test_an_operator_is_told_what_is_not_there(key_room: Path) -> None:
    make_issuer(slug="ennour", with_keys=False)
    with pytest.raises(CommandError, match="pas encore de clé"):
        call_command("rotate_signing_key", "ennour")
    with pytest.raises(CommandError, match="nowhere"):
        call_command("rotate_signing_key", "nowhere")
