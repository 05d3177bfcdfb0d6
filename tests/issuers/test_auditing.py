"""Whoever owns the database may change any row of the log; each kind of tampering is found and named."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from issuers import audit, auditing, keys, notes, sealing
from issuers.models import AuditCheckpoint, AuditEvent, AuditLeaf, AuditWaiting
from tests.factories import NOW, key_room
from tests.triggers import as_owner

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)
SIZES = (5, 12, 20)


@pytest.fixture
def log(key_room: Path) -> str:
    """Twenty events under three checkpoints; returns the newest as a witness keeps it."""
    keys.ensure_city_keys(now=NOW - timedelta(days=1))
    for turn, size in enumerate(SIZES):
        while AuditEvent.objects.count() < size:
            audit.append(event="tested", now=NOW + turn * MINUTE, about=f"about-{AuditEvent.objects.count()}")
        sealing.seal(now=NOW + turn * MINUTE)
    assert tuple(AuditCheckpoint.objects.values_list("size", flat=True)) == SIZES
    return audit.newest_note()


def findings(*against: str) -> list[tuple[str, str]]:
    result = auditing.verify(now=NOW + 10 * MINUTE, against=against)
    return [(finding.code, finding.where) for finding in result.findings]


def event_at(number: int) -> AuditEvent:
    return AuditLeaf.objects.select_related("event").get(number=number).event


def test_an_honest_log_has_nothing_wrong(log: str) -> None:
    audit.append(event="tested", now=NOW + 5 * MINUTE)  # waits for its number
    result = auditing.verify(now=NOW + 10 * MINUTE, against=[log])
    assert result.findings == []
    assert (result.events, result.checkpoints, result.root) == (20, 3, notes.read(log).head.root)


def test_an_empty_log_has_nothing_wrong(key_room: Path) -> None:
    assert findings() == []


def test_a_long_log_is_read_in_pieces(log: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(600):
        audit.append(event="tested", now=NOW)
    sealing.seal(now=NOW + 4 * MINUTE)
    monkeypatch.setattr(auditing, "AT_ONCE", 50)
    assert findings(log, audit.newest_note()) == []


# -- Six kinds of tampering -----------------------------------------------------------------------
@pytest.mark.parametrize(
    "change",
    ["detail = '{\"n\":1}'", "event = 'other'", "about = 'x'", "at = '2020-01-01 00:00:00+00:00'"],
)
def test_1_an_event_edited(log: str, change: str) -> None:
    event = event_at(7)
    with as_owner() as cursor:
        cursor.execute(f"UPDATE issuers_auditevent SET {change} WHERE id = %s", [event.pk])  # noqa: S608  # ours
    assert findings() == [("event-edited", f"number 7, event {event.pk}")]


def test_1_an_event_edited_and_its_hash_made_anew(log: str) -> None:
    event = event_at(7)
    with as_owner() as cursor:
        cursor.execute("UPDATE issuers_auditevent SET about = 'x' WHERE id = %s", [event.pk])
        leaf = audit.leaf_hash(AuditEvent.objects.get(pk=event.pk))
        cursor.execute("UPDATE issuers_auditleaf SET hash = %s WHERE number = 7", [leaf])
    assert findings() == [("log-rewritten", "numbers 5 to 11")]


def test_2_an_event_deleted(log: str) -> None:
    event = event_at(7)
    with as_owner() as cursor:
        cursor.execute("DELETE FROM issuers_auditevent WHERE id = %s", [event.pk])
    assert findings() == [("event-deleted", f"number 7, event {event.pk}")]


@pytest.mark.parametrize(("numbers", "where"), [((7,), "number 7"), ((7, 8, 9), "number 7 to 9")])
def test_2_events_deleted_with_their_numbers(log: str, numbers: tuple[int, ...], where: str) -> None:
    with as_owner() as cursor:
        for number in numbers:
            event = event_at(number)
            cursor.execute("DELETE FROM issuers_auditleaf WHERE number = %s", [number])
            cursor.execute("DELETE FROM issuers_auditevent WHERE id = %s", [event.pk])
    assert findings() == [("event-deleted", where)]


def move(cursor: Any, first: int, by: int) -> None:
    """Shift the numbers from ``first`` on."""
    cursor.execute("UPDATE issuers_auditleaf SET number = number + 1000 WHERE number >= %s", [first])
    cursor.execute(
        "UPDATE issuers_auditleaf SET number = number - 1000 + %s WHERE number >= %s", [by, first + 1000]
    )


def test_2_an_event_deleted_and_the_numbers_closed_up(log: str) -> None:
    event = event_at(7)
    with as_owner() as cursor:
        cursor.execute("DELETE FROM issuers_auditleaf WHERE number = 7")
        cursor.execute("DELETE FROM issuers_auditevent WHERE id = %s", [event.pk])
        move(cursor, 8, -1)
    assert findings() == [("event-deleted", "numbers 5 to 11")]


def test_2_the_last_events_deleted_without_their_checkpoint(log: str) -> None:
    with as_owner() as cursor:
        cursor.execute("DELETE FROM issuers_auditleaf WHERE number >= 15")
        cursor.execute("DELETE FROM issuers_auditevent WHERE about >= 'about-15' AND about < 'about-2'")
    assert next(code for code, _ in findings()) == "event-deleted"


def put_in(cursor: Any, number: int) -> AuditEvent:
    """A new event at this number, as if it had been there all the time."""
    event = audit.append(event="tested", now=NOW, about="put in")
    AuditWaiting.objects.filter(event=event).delete()
    move(cursor, number, 1)
    cursor.execute(
        "INSERT INTO issuers_auditleaf (number, event_id, hash) VALUES (%s, %s, %s)",
        [number, event.pk, audit.leaf_hash(event)],
    )
    return event


@pytest.mark.parametrize("number", [0, 7, 11, 19])
def test_3_an_event_put_in_between(log: str, number: int) -> None:
    with as_owner() as cursor:
        event = put_in(cursor, number)
    assert findings() == [("event-inserted", f"number {number}, event {event.pk}")]


def test_3_an_event_put_in_behind_the_last_checkpoint(log: str) -> None:
    with as_owner() as cursor:
        put_in(cursor, 20)
    assert findings() == [("event-unsigned", "number 20 and after")]


def test_3_an_event_put_in_past_the_sealer(log: str) -> None:
    event = audit.append(event="tested", now=NOW)
    AuditWaiting.objects.filter(event=event).delete()
    assert findings() == [("event-unnumbered", f"event {event.pk}")]


def swap(cursor: Any, one: int, other: int, columns: tuple[str, ...]) -> None:
    rows = {row.number: row for row in AuditLeaf.objects.filter(number__in=(one, other))}
    cursor.execute("UPDATE issuers_auditleaf SET event_id = -1 WHERE number = %s", [one])
    for number, source in ((other, rows[one]), (one, rows[other])):
        for column in columns:
            value = bytes(source.hash) if column == "hash" else source.event_id
            statement = f"UPDATE issuers_auditleaf SET {column} = %s WHERE number = %s"  # noqa: S608  # ours
            cursor.execute(statement, [value, number])


def test_4_two_events_swapped(log: str) -> None:
    one, other = event_at(6), event_at(10)
    with as_owner() as cursor:
        swap(cursor, 6, 10, ("event_id",))
    assert findings() == [
        ("events-swapped", f"number 6, event {other.pk}"),
        ("events-swapped", f"number 10, event {one.pk}"),
    ]


def test_4_two_events_swapped_with_their_hashes(log: str) -> None:
    with as_owner() as cursor:
        swap(cursor, 6, 10, ("event_id", "hash"))
    assert findings() == [("events-swapped", "numbers 6 and 10")]


def truncate(cursor: Any, size: int) -> None:
    cursor.execute("DELETE FROM issuers_auditcheckpoint WHERE size > %s", [size])
    lost = list(AuditLeaf.objects.filter(number__gte=size).values_list("event_id", flat=True))
    cursor.execute("DELETE FROM issuers_auditleaf WHERE number >= %s", [size])
    for event_id in lost:
        cursor.execute("DELETE FROM issuers_auditevent WHERE id = %s", [event_id])


def test_5_the_tail_cut_off_with_its_checkpoints_is_found_by_one_kept_elsewhere(log: str) -> None:
    with as_owner() as cursor:
        truncate(cursor, 12)
    assert findings() == []
    assert findings(log) == [("log-truncated", "number 12 and after")]


def test_5_the_tail_cut_off_and_written_anew_is_found_by_one_kept_elsewhere(log: str) -> None:
    with as_owner() as cursor:
        truncate(cursor, 12)
    for _ in range(10):
        audit.append(event="tested", now=NOW)
    sealing.seal(now=NOW + 3 * MINUTE)
    assert findings() == []
    assert findings(log) == [("log-rewritten", "numbers 0 to 19")]


def test_6_a_checkpoint_with_another_root(log: str) -> None:
    with as_owner() as cursor:
        cursor.execute("UPDATE issuers_auditcheckpoint SET root = %s WHERE number = 2", [bytes(32)])
    assert findings() == [("checkpoint-forged", "checkpoint 2")]


def test_6_a_checkpoint_signed_by_somebody_else(log: str) -> None:
    private = Ed25519PrivateKey.generate()
    head = notes.Head(origin="localhost:8000/audit", size=12, root=bytes(32))
    body = notes.signed(
        head, public=private.public_key().public_bytes_raw(), signature=private.sign(head.text().encode())
    )
    with as_owner() as cursor:
        cursor.execute(
            "UPDATE issuers_auditcheckpoint SET root = %s, body = %s WHERE number = 2", [bytes(32), body]
        )
    assert findings() == [("checkpoint-forged", "checkpoint 2")]


def test_6_a_signature_replaced(log: str) -> None:
    first, second = AuditCheckpoint.objects.all()[:2]
    text, signature = second.body.partition("\n\n")[0], first.body.partition("\n\n")[2]
    with as_owner() as cursor:
        cursor.execute(
            "UPDATE issuers_auditcheckpoint SET body = %s WHERE number = 2", [f"{text}\n\n{signature}"]
        )
    assert findings() == [("checkpoint-forged", "checkpoint 2")]


def test_6_a_checkpoint_dated_back(log: str) -> None:
    with as_owner() as cursor:
        cursor.execute(
            "UPDATE issuers_auditcheckpoint SET sealed_at = '2020-01-01 00:00:00+00:00' WHERE number = 3"
        )
    assert findings() == [("checkpoint-forged", "checkpoint 3")]


def test_6_a_checkpoint_taken_away(log: str) -> None:
    with as_owner() as cursor:
        cursor.execute("DELETE FROM issuers_auditcheckpoint WHERE number = 2")
    assert findings() == [("checkpoint-deleted", "checkpoint 3")]
    with as_owner() as cursor:
        cursor.execute("DELETE FROM issuers_auditcheckpoint WHERE number = 3")
    assert findings() == [("event-unsigned", "number 5 and after")]


# -- Further --------------------------------------------------------------------------------------
def test_a_hash_over_a_tile_that_was_changed_is_found(log: str) -> None:
    for _ in range(300):
        audit.append(event="tested", now=NOW)
    sealing.seal(now=NOW + 4 * MINUTE)
    with as_owner() as cursor:
        cursor.execute("UPDATE issuers_auditleaf SET tile = %s WHERE number = 255", [bytes(32)])
    assert findings() == [("tile-edited", "number 255")]


def test_in_a_long_run_only_neighbours_are_tried_and_in_a_very_long_one_nothing(
    log: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "PAIRED", 3)
    with as_owner() as cursor:
        swap(cursor, 6, 7, ("event_id", "hash"))
    assert findings() == [("events-swapped", "numbers 6 and 7")]
    monkeypatch.setattr(auditing, "TRIED", 3)
    assert findings() == [("log-rewritten", "numbers 5 to 11")]


def test_a_checkpoint_that_is_none_or_another_logs_is_said_to_be_so(log: str) -> None:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    ours = notes.Head(origin="localhost:8000/audit", size=5, root=bytes(32))
    other = notes.Head(origin="elsewhere.example/audit", size=5, root=bytes(32))
    foreign = [
        notes.signed(head, public=public, signature=private.sign(head.text().encode()))
        for head in (ours, other)
    ]
    assert findings("hello", *foreign) == [
        ("kept-unreadable", "kept 1"),
        ("kept-foreign", "kept 2"),
        ("kept-foreign", "kept 3"),
    ]


def test_an_event_that_waits_too_long_is_said(log: str) -> None:
    event = audit.append(event="tested", now=NOW - timedelta(hours=1))
    assert findings() == [("sealing-late", f"event {event.pk}")]


def test_a_kept_checkpoint_says_nothing_more_of_a_log_that_is_broken_already(log: str) -> None:
    with as_owner() as cursor:
        event = put_in(cursor, 2)
    assert findings(log) == [("event-inserted", f"number 2, event {event.pk}")]
