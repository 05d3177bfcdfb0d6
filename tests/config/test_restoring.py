"""After a restore: nothing that was given out since the backup is given out again, to nobody."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client

from config.launch import CannotStart, Stack, sqlite_url
from config.restoring import ClockBehind, after_restore
from credentials import batches, bitstring, issuance, rosters, statuslists
from credentials.errors import StillRestoring
from credentials.models import Award, Batch, Chunk, Credential, StatusList, StatusListVersion
from credentials.people import Person
from issuers import publications, whereabouts
from issuers.models import Publication, RegisterChange, Whereabouts
from passport.models import Code
from tests import services
from tests.factories import (
    NOW,
    award,
    key_room,
    make_achievement,
    make_credential,
    make_issuer,
    make_learner,
    publish_keys,
    sign_in,
)

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)
RESTORED = NOW + timedelta(days=2)


def person(number: int) -> Person:
    return Person(name_latin=f"Salma Tazi {'abcdefghijklmnop'[number]}")


@pytest.fixture
def achievement(key_room: Any) -> Any:
    return make_achievement(make_issuer())


def permutation_of(chunk: Chunk) -> bytes:
    assert chunk.status_list is not None
    return bytes(chunk.status_list.permutation_key)


def test_a_fresh_list_is_opened_and_its_number_is_one_that_nobody_had(achievement: Any) -> None:
    make_credential(achievement)
    old = StatusList.objects.get()
    after_restore(now=RESTORED)
    new = make_credential(achievement, person(1), now=RESTORED).status_list
    assert old.number + statuslists.NUMBERS_SKIPPED < new.number < 32_767
    old.refresh_from_db()
    assert (old.next_index, old.closed_at) == (1, RESTORED)


def test_a_database_that_had_no_list_yet_skips_numbers_too(achievement: Any) -> None:
    assert not StatusList.objects.exists()
    after_restore(now=RESTORED)
    number = make_credential(achievement, person(1), now=RESTORED).status_list.number
    assert number > statuslists.NUMBERS_SKIPPED


def test_what_waits_keeps_its_slot_its_id_and_its_words(achievement: Any) -> None:
    batch = award(achievement, person(1), person(2), kind=Batch.Kind.ROSTER)
    row = Award.objects.get(batch=batch, row=2)
    chunk = Chunk.objects.get(batch=batch)
    first, permutation = chunk.first_slot, permutation_of(chunk)
    held = {"lease_token": "of-a-worker-that-is-gone"[:22], "lease_until": RESTORED + timedelta(days=3650)}
    Chunk.objects.update(**held)
    done = after_restore(now=RESTORED)
    assert (done.rows_waiting, done.batches_waiting, done.lists_closed) == (2, 1, 1)
    assert issuance.issue_ready(kind=Batch.Kind.ROSTER, now=RESTORED) == 2
    credential = Credential.objects.get(award=row)
    assert (credential.pk, credential.subject_id) == (row.credential_id, row.subject_id)
    assert credential.status_index == bitstring.slot(permutation, first + 1)
    assert credential.valid_from == NOW


def test_a_draft_may_have_been_accepted_otherwise_so_its_rows_get_other_ids(achievement: Any) -> None:
    batch = draft(achievement)
    before = dict(Award.objects.filter(batch=batch).values_list("row", "credential_id"))
    assert after_restore(now=RESTORED).ids_renewed == len(before) == 3
    after = dict(Award.objects.filter(batch=batch).values_list("row", "credential_id"))
    assert before.keys() == after.keys()
    assert not set(before.values()) & set(after.values())


def draft(achievement: Any) -> Batch:
    """A list of three people, of whom the second has no phone that could be."""
    data = (
        "Nom complet;Téléphone\nSalma Tazi;0612345678\nOmar Alaoui;06123\nHajar Naciri;0612345679\n".encode()
    )
    return batches.draft(
        issuer=achievement.issuer,
        achievement=achievement,
        awarded_on=NOW.date(),
        sheet=rosters.read(data, filename="classe.csv"),
        data=data,
        file_name="classe.csv",
        language="fr",
        by=None,
        now=NOW,
    ).batch


def accepted(achievement: Any) -> tuple[Batch, Award]:
    """The list, accepted, and its wrong row."""
    batch = batches.accept_draft(batch=draft(achievement), by=None, now=NOW)
    return batch, Award.objects.get(batch=batch, state=Award.State.FAILED)


def mend(wrong: Award) -> None:
    cells = {"name_latin": "Omar Alaoui", "phone": "0612345670"}
    batches.mend(batch=wrong.batch, row=wrong.row, cells=cells, language="fr", now=RESTORED)


def test_a_wrong_row_mended_after_the_restore_leaves_its_old_slot_and_id(achievement: Any) -> None:
    batch, wrong = accepted(achievement)
    issuance.issue_ready(kind=batch.kind, now=NOW)
    chunk = Chunk.objects.get(batch=batch)
    old_slot = (chunk.status_list_id, bitstring.slot(permutation_of(chunk), wrong.row - 1))
    after_restore(now=RESTORED)
    mend(wrong)
    assert issuance.issue_ready(kind=batch.kind, now=RESTORED) == 1
    mended = Credential.objects.get(award=wrong)
    assert (mended.status_list_id, mended.status_index) != old_slot
    assert mended.status_list.closed_at is None
    assert mended.pk != wrong.credential_id
    assert mended.subject_id != wrong.subject_id


def test_a_row_is_not_mended_while_the_rows_beside_it_wait_for_their_old_slots(achievement: Any) -> None:
    _batch, wrong = accepted(achievement)
    after_restore(now=RESTORED)
    with pytest.raises(StillRestoring):
        mend(wrong)
    wrong.refresh_from_db()
    assert wrong.state == Award.State.FAILED


def test_published_versions_rise_above_all_that_may_have_been_published(achievement: Any) -> None:
    make_credential(achievement)
    publish_keys()
    lists = dict(StatusListVersion.objects.values_list("purpose", "version"))
    keys = dict(Publication.objects.values_list("name", "version"))
    after_restore(now=RESTORED)
    assert statuslists.publish_changed(now=RESTORED) == 3
    assert publications.tend(now=RESTORED) == len(keys)
    seconds = int(RESTORED.timestamp())
    assert dict(StatusListVersion.objects.values_list("purpose", "version")) == dict.fromkeys(lists, seconds)
    assert dict(Publication.objects.values_list("name", "version")) == dict.fromkeys(keys, seconds)
    assert seconds > max(*lists.values(), *keys.values())


def test_nobody_stays_signed_in_and_no_code_is_good(achievement: Any) -> None:
    learner, client = make_learner(), Client()
    sign_in(client, learner)
    Code.objects.create(
        kind="phone", value="+212600000000", place="x", digest="x", sent_at=NOW, expires_at=LATER
    )
    done = after_restore(now=RESTORED)
    assert (done.signed_out, done.codes_dropped) == (1, 1)
    assert not Session.objects.exists()
    assert client.get("/me/").status_code == 302


def test_people_and_issuers_get_numbers_that_nobody_remembers(achievement: Any) -> None:
    before = make_learner()
    after_restore(now=RESTORED)
    assert make_learner().pk > before.pk + 9_000


def test_a_clock_that_is_behind_is_refused(achievement: Any) -> None:
    make_credential(achievement)
    with pytest.raises(ClockBehind, match="2026-11-20"):
        after_restore(now=NOW - timedelta(days=4))


# -- Noticing -------------------------------------------------------------------------------------
def test_a_database_that_was_never_told_where_it_lives_has_not_moved() -> None:
    assert not whereabouts.moved()


def test_the_start_refuses_a_restored_database_until_it_was_looked_after(
    achievement: Any, capsys: Any, settings: Any
) -> None:
    whereabouts.unsettle()
    assert whereabouts.moved()
    with pytest.raises(CommandError, match="after_restore"):
        call_command("prepare")
    call_command("after_restore")
    assert "do again" in capsys.readouterr().out
    assert RegisterChange.objects.filter(event="restored").count() == 1
    call_command("prepare")
    assert Whereabouts.objects.get().restored_at is not None


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """A product on a SQLite file of its own; nothing of it runs."""
    return Stack(
        port=1,
        base_url="http://localhost:1",
        var_dir=tmp_path,
        environment=services.plain_environment() | {"DATABASE_URL": sqlite_url(tmp_path / "d.sqlite3")},
    )


def test_an_older_copy_of_a_sqlite_file_is_noticed_and_a_moved_folder_is_not(
    stack: Stack, tmp_path: Path
) -> None:
    stack.manage("prepare", quiet=True)
    shutil.copy(tmp_path / "d.sqlite3", tmp_path / "old.sqlite3")
    for _ in range(2):
        stack.manage("prepare", quiet=True)
    shutil.copy(tmp_path / "old.sqlite3", tmp_path / "d.sqlite3")
    with pytest.raises(CannotStart, match="after_restore"):
        stack.manage("prepare", quiet=True)
    stack.manage("after_restore", quiet=True)
    stack.manage("prepare", quiet=True)
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for name in ("d.sqlite3", "d.sqlite3.mark"):
        shutil.move(tmp_path / name, moved / name)
    stack.manage("prepare", database_url=sqlite_url(moved / "d.sqlite3"), quiet=True)
    (moved / "d.sqlite3.mark").unlink()
    with pytest.raises(CannotStart, match="after_restore"):
        stack.manage("prepare", database_url=sqlite_url(moved / "d.sqlite3"), quiet=True)


def test_an_end_between_the_file_and_the_database_is_no_restore(stack: Stack, tmp_path: Path) -> None:
    stack.manage("prepare", quiet=True)
    mark = tmp_path / "d.sqlite3.mark"
    held = mark.read_text()
    mark.write_text(f"another\n{held}")
    stack.manage("prepare", quiet=True)
    assert len(mark.read_text().split()) == 1
    assert mark.read_text() != held
    assert mark.stat().st_mode & 0o777 == 0o600
