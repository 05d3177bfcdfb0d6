"""``manage.py audit`` as an auditor uses it."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from credentials import evidence, rechecking, revocation, statuslists
from credentials.models import Credential
from issuers import audit, keys, notes, sealing
from issuers.models import AuditCheckpoint, AuditEvent, AuditLeaf, AuditWaiting
from tests.factories import NOW, key_room, make_achievement, make_credential, make_issuer
from tests.triggers import audit_log_open

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def credential(key_room: Any) -> Credential:
    keys.ensure_city_keys(now=NOW - timedelta(days=1))
    credential = make_credential(make_achievement(make_issuer()))
    sealing.seal(now=NOW)
    return credential


def say(*words: str) -> str:
    out = StringIO()
    call_command("audit", *words, stdout=out)
    return out.getvalue()


def test_an_honest_log_is_whole(credential: Credential) -> None:
    count = AuditEvent.objects.count()
    assert say("verify") == f"{count} events, 1 checkpoints\nThe log is whole.\n"
    told = json.loads(say("verify", "--json"))
    assert (told["events"], told["findings"]) == (count, [])


def test_what_was_tampered_with_is_named_and_the_command_fails(
    credential: Credential, capsys: pytest.CaptureFixture[str]
) -> None:
    with audit_log_open():
        AuditEvent.objects.filter(leaf__number=2).update(about="x")
    for words in (["verify"], ["verify", "--json"]):
        with pytest.raises(SystemExit) as ended:
            call_command("audit", *words)
        assert ended.value.code == 1
        assert "event-edited" in capsys.readouterr().out


def test_a_checkpoint_kept_in_a_file_or_a_mail_shows_that_the_tail_is_gone(
    credential: Credential, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, mailed = tmp_path / "checkpoint", tmp_path / "mail.eml"
    kept.write_text(audit.newest_note())
    mailed.write_bytes(
        b"From: city\r\n\r\nKeep it:\r\n\r\n" + audit.newest_note().replace("\n", "\r\n").encode() + b"\r\n"
    )
    assert "whole" in say("verify", "--against", str(kept), "--against", str(mailed))
    cut_off()
    for file in (kept, mailed):
        with pytest.raises(SystemExit):
            call_command("audit", "verify", "--against", str(file))
        assert "log-truncated" in capsys.readouterr().out


def cut_off() -> None:
    """Take the whole log away, its checkpoints too."""
    with audit_log_open():
        for model in (AuditCheckpoint, AuditLeaf, AuditWaiting, AuditEvent):
            model.objects.all()._raw_delete("default")


def test_the_checkpoint_in_a_published_list_shows_it_too(
    credential: Credential, capsys: pytest.CaptureFixture[str]
) -> None:
    revocation.revoke(credential=credential, reason="fraud", by=None, now=NOW)
    statuslists.publish_changed(now=NOW)
    cut_off()
    with pytest.raises(SystemExit):
        call_command("audit", "verify")
    assert "log-truncated" in capsys.readouterr().out


def test_a_file_that_is_not_there_or_not_text_is_said(credential: Credential, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        say("verify", "--against", str(tmp_path / "missing"))
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    with pytest.raises(CommandError, match="not text"):
        say("verify", "--against", str(tmp_path / "bytes"))


def test_the_newest_events_are_shown_with_their_numbers(credential: Credential) -> None:
    waiting = audit.append(event="tested", now=NOW)
    lines = say("show", "--last", "2").splitlines()
    assert lines[-1] == f"- 2026-11-24T10:00:00Z {waiting.event} - - {{}}"
    assert " chunk-issued " in lines[0]
    [about] = say("show", f"--about={credential.award.batch_id}", "--last", "1").splitlines()
    assert about == lines[0]


def test_a_certificate_is_proved(credential: Credential) -> None:
    told = json.loads(say("prove", "--", credential.pk))
    assert json.loads(told["certificate"]["leaf"])[0] == credential.pk
    assert told["checkpoint"] == audit.newest_note()


def test_what_is_not_there_or_not_logged_is_not_proved(credential: Credential) -> None:
    with pytest.raises(CommandError, match="no certificate"):
        say("prove", "x" * 22)
    Credential.objects.filter(pk=credential.pk).update(sha256=bytes(32))
    with pytest.raises(CommandError, match="does not show"):
        say("prove", "--", credential.pk)


def test_the_checkpoint_is_printed_as_it_is_published(credential: Credential) -> None:
    assert say("checkpoint") == audit.newest_note()


def test_before_the_first_checkpoint_there_is_none() -> None:
    with pytest.raises(CommandError, match="Nothing is sealed"):
        say("checkpoint")


def test_the_key_is_printed_as_witnesses_configure_it(credential: Credential) -> None:
    [line] = say("key").splitlines()
    name, identity, _ = line.split("+", 2)
    assert name == "localhost:8000/audit"
    _, known, _ = notes.read(audit.newest_note()).signatures[0]
    assert known.hex() == identity


def test_what_an_earlier_release_issued_is_adopted_once(credential: Credential) -> None:
    cut_off()
    assert evidence.prove(credential) is None
    assert say("adopt") == "1 certificates adopted\n"
    assert say("adopt") == "0 certificates adopted\n"
    sealing.seal(now=NOW + timedelta(days=1))
    assert evidence.prove(credential) is not None
    assert not evidence.was_logged_before(credential, NOW + timedelta(days=1))
    assert list(rechecking.recheck(now=NOW + timedelta(days=2))) == []
