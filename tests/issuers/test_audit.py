"""The audit log: written in the act's transaction, numbered without gaps, sealed, proved, never changed."""

import threading
from base64 import b64decode
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import override_settings

from issuers import audit, keys, merkle, notes, sealing
from issuers.errors import LogBroken, NoActiveKey, NoKeyRoom
from issuers.models import AuditCheckpoint, AuditEvent, AuditLeaf, AuditMail, AuditWaiting, SigningKey
from tests.factories import NOW, key_room, make_issuer, make_learner
from tests.triggers import TABLES, audit_log_open

__all__ = ["key_room"]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def log(db: None, key_room: Path) -> None:
    """An empty log whose key exists; making it is the log's first event or so."""
    keys.ensure_city_keys(now=NOW - timedelta(days=1))


def write(count: int = 1, **detail: Any) -> list[AuditEvent]:
    return [audit.append(event="tested", now=NOW, turn=turn, **detail) for turn in range(count)]


# -- Writing --------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_an_event_goes_with_the_transaction_it_is_written_in() -> None:
    with transaction.atomic():
        write()
        transaction.set_rollback(True)
    assert not AuditEvent.objects.exists()
    assert not AuditWaiting.objects.exists()


@pytest.mark.django_db
def test_an_event_says_who_by_an_id_alone() -> None:
    learner = make_learner()
    by = audit.append(event="tested", now=NOW, by=learner).by
    assert by == f"learner/{learner.pk}"
    assert audit.append(event="tested", now=NOW).by == ""


@pytest.mark.django_db
def test_what_somebody_typed_is_logged_by_its_hash() -> None:
    logged = audit.wordless({"reason": "Fatima s’est trompée", "mandate": 7})
    assert logged["mandate"] == 7
    assert "Fatima" not in logged["reason"]
    assert len(logged["reason"]) == 43


@pytest.mark.django_db
def test_equal_events_have_unequal_hashes() -> None:
    one, other = (audit.append(event="tested", now=NOW) for _ in range(2))
    other.pk = one.pk
    assert audit.leaf_hash(one) != audit.leaf_hash(other)


@pytest.mark.django_db
def test_an_event_comes_back_from_the_database_with_the_hash_it_went_in_with() -> None:
    event = audit.append(event="tested", now=NOW + timedelta(microseconds=7), name='é\n"', n=2**53)
    assert audit.leaf_hash(AuditEvent.objects.get()) == audit.leaf_hash(event)
    assert audit.detail_of(event) == {"name": 'é\n"', "n": 2**53}


@pytest.mark.django_db
def test_a_detail_without_one_spelling_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        audit.append(event="tested", now=NOW, share=float("nan"))


# -- Insert-only ----------------------------------------------------------------------------------
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("act", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE", "REPLACE"])
def test_the_database_refuses_to_change_or_lose_anything(log: None, table: str, act: str) -> None:
    write()
    sealing.seal(now=NOW)
    column = {
        "issuers_auditevent": "at",
        "issuers_auditleaf": "hash",
        "issuers_auditcheckpoint": "sealed_at",
    }[table]
    statement = act.format(table, column, column)
    if act == "REPLACE":
        statement = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"  # noqa: S608  # our own tables
    if connection.vendor == ("postgresql" if act == "REPLACE" else "sqlite" if "TRUNCATE" in act else ""):
        return  # the other database knows no such statement
    connection.check_constraints()  # PostgreSQL truncates nothing that still waits to be checked
    with (
        pytest.raises(IntegrityError, match="insert-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AuditEvent.objects.count() == AuditLeaf.objects.count()


# -- Sealing --------------------------------------------------------------------------------------
def test_events_are_numbered_from_nought_without_gaps(log: None) -> None:
    write(3)
    with transaction.atomic():
        write(2)
        transaction.set_rollback(True)
    write(3)
    before = AuditEvent.objects.count()
    assert sealing.seal(now=NOW) == before
    assert list(AuditLeaf.objects.values_list("number", flat=True)) == list(range(before))
    assert not AuditWaiting.objects.exists()
    assert sealing.seal(now=NOW + MINUTE) == 0
    assert AuditCheckpoint.objects.count() == 1


def test_what_commits_late_is_numbered_late(log: None) -> None:
    early, late = write(2)
    AuditWaiting.objects.filter(event=early).delete()  # as if its transaction were still open
    sealing.seal(now=NOW)
    AuditWaiting.objects.create(event=early)
    sealing.seal(now=NOW + MINUTE)
    numbers = dict(AuditLeaf.objects.values_list("event_id", "number"))
    assert numbers[early.pk] > numbers[late.pk]


def test_the_root_is_that_of_all_leaves_whatever_was_sealed_when(
    log: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "AT_ONCE", 300)
    for turn, count in enumerate((700, 1, 90, 0, 400)):
        write(count)
        sealing.seal(now=NOW + turn * MINUTE)
    hashes = [bytes(leaf) for leaf in AuditLeaf.objects.values_list("hash", flat=True)]
    assert len(hashes) == AuditEvent.objects.count() >= 1191
    for checkpoint in AuditCheckpoint.objects.all():
        assert bytes(checkpoint.root) == merkle.root(hashes[: checkpoint.size])
    assert AuditLeaf.objects.filter(tile__isnull=False).count() == len(hashes) // merkle.TILE
    assert all(
        merkle.leaf_hash(audit.entry(leaf.event)) == bytes(leaf.hash)
        for leaf in AuditLeaf.objects.select_related("event")
    )


def test_a_checkpoint_is_what_others_read(log: None) -> None:
    write(2)
    sealing.seal(now=NOW)
    checkpoint = audit.newest()
    assert checkpoint is not None
    text, _, signature = checkpoint.body.partition("\n\n")
    origin, size, root = text.split("\n")
    assert (origin, int(size), b64decode(root)) == (
        "localhost:8000/audit",
        AuditEvent.objects.count(),
        bytes(checkpoint.root),
    )
    dash, name, data = signature.rstrip("\n").split(" ")
    assert (dash, name) == ("—", origin)
    key = SigningKey.objects.get(purpose="audit")
    public = Ed25519PublicKey.from_public_bytes(audit.public_bytes(key.public_jwk))
    public.verify(b64decode(data)[4:], f"{text}\n".encode())
    assert audit.is_genuine(checkpoint)
    assert audit.newest_note() == checkpoint.body


def test_a_log_that_was_changed_is_not_built_upon(log: None) -> None:
    write(3)
    sealing.seal(now=NOW)
    with audit_log_open():
        AuditLeaf.objects.filter(number=1).update(hash=bytes(32))
    write()
    with pytest.raises(LogBroken):
        sealing.seal(now=NOW + MINUTE)
    assert AuditWaiting.objects.count() == 1


def test_a_log_without_its_checkpoints_is_not_begun_anew(log: None) -> None:
    write(3)
    sealing.seal(now=NOW)
    with audit_log_open():
        AuditCheckpoint.objects.all().delete()
    write()
    with pytest.raises(LogBroken):
        sealing.seal(now=NOW + MINUTE)


def test_nothing_is_sealed_without_the_key_room(db: None) -> None:
    write()
    with pytest.raises(NoKeyRoom):
        sealing.seal(now=NOW)


def test_nothing_is_sealed_without_the_audit_key(db: None, key_room: Path) -> None:
    write()
    with pytest.raises(NoActiveKey):
        sealing.seal(now=NOW)
    assert AuditWaiting.objects.count() == 1
    assert not AuditLeaf.objects.exists()


def test_a_checkpoint_never_goes_back_in_time(log: None) -> None:
    write()
    sealing.seal(now=NOW)
    write()
    sealing.seal(now=NOW - MINUTE)
    moments = list(AuditCheckpoint.objects.values_list("sealed_at", flat=True))
    assert moments == sorted(moments)


def test_a_sealer_that_comes_second_leaves_it_to_the_first(
    log: None, caplog: pytest.LogCaptureFixture
) -> None:
    [event] = write()
    sealing.seal(now=NOW)
    # What the second one saw before the first one committed: the event still waiting.
    AuditWaiting.objects.create(event=event)
    assert sealing.seal(now=NOW + MINUTE) == 0
    assert "another sealer was quicker" in caplog.text
    assert AuditCheckpoint.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_sealers_at_once_number_everything_once(key_room: Path) -> None:
    keys.ensure_city_keys(now=NOW - timedelta(days=1))
    write(600)

    def work() -> None:
        try:
            sealing.seal(now=NOW)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sealing.seal(now=NOW + MINUTE)
    total = AuditEvent.objects.count()
    assert list(AuditLeaf.objects.values_list("number", flat=True)) == list(range(total))
    last = audit.newest()
    assert last is not None
    assert (last.size, bytes(last.root)) == (total, audit.tree_of(0, total).root())


# -- Lint -----------------------------------------------------------------------------------------
def head(size: int = 5, origin: str = "localhost:8000/audit") -> notes.Head:
    return notes.Head(origin=origin, size=size, root=bytes(32))


def test_a_checkpoint_of_this_log_that_grew_may_be_signed() -> None:
    signable = audit.lint_checkpoint(head(), before=head(4))
    assert signable.payload == b"localhost:8000/audit\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"


@pytest.mark.parametrize(
    ("wrong", "before"),
    [
        (head(origin="elsewhere.example/audit"), None),
        (head(5), head(5)),
        (head(4), head(5)),
        (head(0), None),
        (notes.Head(origin="localhost:8000/audit", size=5, root=b"short"), None),
    ],
)
def test_no_other_checkpoint_may_be_signed(wrong: notes.Head, before: notes.Head | None) -> None:
    with pytest.raises(ValueError, match=r"log|checkpoint"):
        audit.lint_checkpoint(wrong, before=before)


# -- Genuine --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "change",
    [
        {"size": 99},
        {"root": bytes(32)},
        {"body": "nothing"},
        {"body": "localhost:8000/audit\n1\nAAAA\n\n"},
    ],
)
def test_a_row_that_does_not_say_what_was_signed_is_not_genuine(log: None, change: dict[str, Any]) -> None:
    write()
    sealing.seal(now=NOW)
    checkpoint = audit.newest()
    assert checkpoint is not None
    for name, value in change.items():
        setattr(checkpoint, name, value)
    assert not audit.is_genuine(checkpoint)


def test_a_checkpoint_of_another_log_or_of_another_key_is_not_genuine(log: None) -> None:
    write()
    sealing.seal(now=NOW)
    checkpoint = audit.newest()
    assert checkpoint is not None
    with override_settings(BASE_URL="https://elsewhere.example"):
        assert not audit.is_genuine(checkpoint)
    issuer_key = SigningKey.objects.filter(issuer=make_issuer(), algorithm="Ed25519").get()
    checkpoint.key = issuer_key
    assert not audit.is_genuine(checkpoint)


# -- Proofs ---------------------------------------------------------------------------------------
def test_an_event_is_proved_in_every_checkpoint_that_covers_it(log: None) -> None:
    [first] = write()
    sealing.seal(now=NOW)
    write(520)
    sealing.seal(now=NOW + MINUTE)
    [last] = write()
    assert audit.prove(last, checkpoint=audit.newest()) is None
    assert audit.prove(first, checkpoint=None) is None
    sealing.seal(now=NOW + 2 * MINUTE)
    early, _, newest = AuditCheckpoint.objects.all()
    for event, checkpoint in ((first, early), (first, newest), (last, newest)):
        proof = audit.prove(event, checkpoint=checkpoint)
        assert proof is not None
        assert proof.holds()
    assert audit.prove(last, checkpoint=early) is None


def test_a_proof_of_something_else_does_not_hold(log: None) -> None:
    event, _ = write(2)
    sealing.seal(now=NOW)
    proof = audit.prove(event, checkpoint=audit.newest())
    assert proof is not None
    forged = audit.Proof(
        number=proof.number, entry=proof.entry + b" ", path=proof.path, checkpoint=proof.checkpoint
    )
    assert not forged.holds()


def test_the_older_checkpoint_is_the_last_before_any_that_is_not_older(log: None) -> None:
    for turn in range(4):
        write()
        sealing.seal(now=NOW + turn * MINUTE)
    assert audit.older_than(NOW) is None
    found = audit.older_than(NOW + 2 * MINUTE)
    assert found is not None
    assert found.number == 2
    with audit_log_open():  # the last one is dated back, to slip in before the moment
        AuditCheckpoint.objects.filter(number=4).update(sealed_at=NOW + MINUTE)
    found = audit.older_than(NOW + 2 * MINUTE)
    assert found is not None
    assert found.number == 2
    later = audit.older_than(NOW + timedelta(days=1))
    assert later is not None
    assert later.number == 4


def test_events_are_found_by_what_they_are_about(log: None) -> None:
    write(2, about="x")
    write(1)
    assert [event.event for event in audit.events_about("x", event="tested")] == ["tested"] * 2
    assert audit.events_about("x", event="other") == []


# -- Once a minute, once an hour ------------------------------------------------------------------
def test_the_sweeper_seals_once_a_minute(log: None) -> None:
    write()
    assert sealing.tend(now=NOW) > 0
    write()
    assert sealing.tend(now=NOW + timedelta(seconds=59)) == 0
    assert sealing.tend(now=NOW + MINUTE) == 1


@override_settings(
    AUDIT_WITNESSES=["a@example.org", "b@example.org"],
    EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
)
def test_witnesses_are_told_once_an_hour_and_of_news_alone(log: None) -> None:
    assert not sealing.tell_witnesses(now=NOW)
    write()
    sealing.tend(now=NOW)
    write()
    sealing.tend(now=NOW + 30 * MINUTE)
    assert len(mail.outbox) == 1
    sealing.tend(now=NOW + 60 * MINUTE)
    assert len(mail.outbox) == 2
    sealing.tend(now=NOW + 120 * MINUTE)
    assert len(mail.outbox) == 2
    message = mail.outbox[-1]
    assert message.to == ["a@example.org", "b@example.org"]
    assert str(message.body).endswith(audit.newest_note())


@override_settings(AUDIT_WITNESSES=["a@example.org"], EMAIL_BACKEND="no.such.Backend")
def test_a_mail_that_did_not_leave_is_sent_the_next_time(log: None) -> None:
    write()
    sealing.seal(now=NOW)
    with pytest.raises(ImportError):
        sealing.tell_witnesses(now=NOW)
    assert not AuditMail.objects.exists()
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        assert sealing.tell_witnesses(now=NOW + MINUTE)


def test_without_witnesses_nobody_is_told(log: None) -> None:
    write()
    sealing.seal(now=NOW)
    assert not sealing.tell_witnesses(now=NOW)
