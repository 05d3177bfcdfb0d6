"""``manage.py import_roster``: a list from the command line, once, with its wrong rows in a table."""

import io
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from credentials import batches, issuance, rosters
from credentials.models import Achievement, Award, Batch, Credential, Message
from issuers import registry
from tests.factories import NOW, city_officer, key_room, make_achievement, make_issuer, make_member

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db
RIGHT = "Nom complet;Téléphone\nSalma Tazi;0612345678\nHajar Naciri;0612345679\n"
MIXED = "Nom complet;Téléphone\nSalma Tazi;0612345678\nOmar Alaoui;061234567\nSalma Tazi;+212612345678\n"
WRONG = "Nom complet;Téléphone\nR2D2;0612345678\n"


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def course(key_room: Any) -> Achievement:
    return make_achievement(make_issuer(slug="ennour"), code="C08")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "classe.csv"


def run(file: Path, text: str | None, *extra: str, **given: str) -> tuple[int, str]:
    """The exit status, and everything that was said."""
    if text is not None:
        file.write_text(text)
    named = {"issuer": "ennour", "achievement": "C08", "date": "2026-11-20"} | given
    options = [part for name, value in named.items() for part in (f"--{name}", value)]
    said = io.StringIO()
    try:
        call_command("import_roster", str(file), *options, *extra, stdout=said, stderr=said)
    except SystemExit as end:
        return int(str(end.code)), said.getvalue()
    except CommandError as refused:
        return refused.returncode, f"{said.getvalue()}{refused}"
    return 0, said.getvalue()


def test_a_list_that_is_right_is_accepted_and_issued(course: Achievement, file: Path) -> None:
    status, said = run(file, RIGHT, session="Mardi")
    batch = Batch.objects.get()
    assert (status, batch.session, batch.file_name) == (0, "Mardi", "classe.csv")
    assert batch.pk in said
    assert "2 of 2" in said
    issuance.issue_ready(kind=Batch.Kind.ROSTER, now=NOW)
    assert Credential.objects.count() == 2


def test_wrong_rows_are_listed_by_line_and_field_and_the_others_accepted(
    course: Achievement, file: Path
) -> None:
    status, said = run(file, MIXED)
    lines = said.splitlines()
    assert status == 1
    assert [line.split()[:2] for line in lines[1:3]] == [["3", "phone"], ["4", "name_latin"]]
    assert "06 12 34 56 78" in lines[1]
    assert "1 of 3" in lines[3]
    assert list(Award.objects.values_list("state", flat=True)) == ["pending", "failed", "duplicate"]


def test_a_list_without_a_right_row_is_not_accepted(course: Achievement, file: Path) -> None:
    status, said = run(file, WRONG)
    assert status == 2
    assert said.splitlines()[1].split()[:2] == ["2", "name"]
    assert not Batch.objects.exists()


@pytest.mark.parametrize(("text", "expected"), [(RIGHT, 0), (MIXED, 1), (WRONG, 2)])
def test_a_dry_run_ends_as_the_import_would_and_writes_nothing(
    course: Achievement, file: Path, text: str, expected: int
) -> None:
    status, said = run(file, text, "--dry-run")
    assert status == expected
    assert "Nothing was written" in said
    assert not Batch.objects.exists()


def test_the_same_file_again_is_the_same_list(course: Achievement, file: Path) -> None:
    assert run(file, MIXED)[0] == 1
    status, said = run(file, None)
    assert status == 1
    assert "before" in said
    assert Batch.objects.count() == 1


def test_the_same_file_for_another_group_is_another_list(course: Achievement, file: Path) -> None:
    run(file, RIGHT, session="Mardi")
    assert run(file, None, session="Jeudi")[0] == 0
    assert Batch.objects.count() == 2


def test_the_draft_of_this_file_is_accepted(course: Achievement, file: Path) -> None:
    data = RIGHT.encode()
    trainer = make_member(course.issuer, "trainer")
    draft = batches.draft(
        issuer=course.issuer,
        achievement=course,
        awarded_on=date(2026, 11, 20),
        sheet=rosters.read(data, filename="classe.csv"),
        data=data,
        file_name="classe.csv",
        language="fr",
        by=trainer,
        now=NOW,
    ).batch
    assert run(file, RIGHT)[0] == 0
    draft.refresh_from_db()
    assert draft.state == Batch.State.ACCEPTED
    assert Batch.objects.count() == 1


def test_whoever_orders_it_is_noted(course: Achievement, file: Path) -> None:
    signer = make_member(course.issuer, "signer")
    assert run(file, RIGHT, by=signer.passport_number)[0] == 0
    assert Batch.objects.get().requested_by == signer


def test_without_messages_nobody_is_told(course: Achievement, file: Path) -> None:
    run(file, RIGHT, "--no-messages")
    issuance.issue_ready(kind=Batch.Kind.ROSTER, now=NOW)
    assert Credential.objects.count() == 2
    assert not Message.objects.exists()


def test_a_list_comes_from_standard_input_too(
    course: Achievement, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(RIGHT.encode())))
    assert run(Path("-"), None)[0] == 0
    assert Batch.objects.get().row_count == 2


@pytest.mark.parametrize(
    ("text", "given"),
    [
        (RIGHT, {"issuer": "nobody"}),
        (RIGHT, {"achievement": "C99"}),
        (RIGHT, {"by": "1000000000"}),
        (RIGHT, {"date": "2026-12-24"}),
        ("", {}),
        ("Note;12\n", {}),
        (None, {}),
    ],
    ids=["issuer", "course", "person", "future", "empty", "no names", "no file"],
)
def test_what_cannot_be_is_said_in_one_sentence(
    course: Achievement, file: Path, text: str | None, given: dict[str, str]
) -> None:
    status, said = run(file, text, **given)
    assert status == 2
    assert said.strip()
    assert "\n" not in said.strip()
    assert not Batch.objects.exists()


def test_a_suspended_provider_gets_nothing_accepted(course: Achievement, file: Path) -> None:
    registry.suspend_issuer(issuer=course.issuer, reason="Contrôle", by=city_officer(), now=NOW)
    assert run(file, RIGHT)[0] == 2
    assert not Batch.objects.exists()
