"""``manage.py verify``: one report a file, and an exit status that scripts can use."""

import io
import json
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone, translation

from credentials import paper, revocation, statuslists
from credentials.models import Credential
from tests.factories import make_achievement, make_credential, make_issuer

from .tokens import token

pytestmark = pytest.mark.django_db


@pytest.fixture
def credential(db: None, key_room: Path) -> Credential:
    now = timezone.now()
    return make_credential(make_achievement(make_issuer(now=now)), now=now)


def run(*names: str) -> tuple[int, str, str]:
    """The exit status, what was printed and what was complained about."""
    out, err = io.StringIO(), io.StringIO()
    status = 0
    with translation.override("en"):
        try:
            call_command("verify", *names, stdout=out, stderr=err)
        except SystemExit as ended:
            status = int(ended.code or 0)
    return status, out.getvalue(), err.getvalue()


def file(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def test_a_valid_certificate_ends_with_0_and_its_checks(credential: Credential, tmp_path: Path) -> None:
    status, printed, _ = run(file(tmp_path, "c.jwt", credential.jwt))
    assert status == 0
    assert "c.jwt: valid\n" in printed
    assert "Fatima-Zahra El Idrissi, Premiers pas avec le smartphone" in printed
    assert "+ 3 The signature matches (ES256, key " in printed


def test_a_revoked_certificate_ends_with_1(credential: Credential, tmp_path: Path) -> None:
    revocation.revoke(credential=credential, reason="fraud", by=None, now=timezone.now())
    statuslists.publish_changed(now=timezone.now())
    status, printed, _ = run(file(tmp_path, "c.jwt", credential.jwt))
    assert status == 1
    assert "x 7 The issuer revoked it" in printed


def test_an_unknown_issuer_ends_with_2_and_shows_no_name(tmp_path: Path) -> None:
    status, printed, _ = run(file(tmp_path, "c.jwt", token()))
    assert status == 2
    assert "Inventée" not in printed


def test_a_file_that_is_no_certificate_ends_with_2_and_a_sentence(tmp_path: Path) -> None:
    status, printed, complaint = run(file(tmp_path, "letter.txt", "Dear Sir or Madam"))
    assert (status, printed) == (2, "")
    assert "This is not a certificate that we can read." in complaint


def test_of_several_files_one_that_does_not_hold_decides(credential: Credential, tmp_path: Path) -> None:
    valid = file(tmp_path, "a.jwt", credential.jwt)
    unknown = file(tmp_path, "b.jwt", token())
    broken = file(tmp_path, "c.jwt", token(header={"alg": "none"}))
    assert run(valid, unknown)[0] == 2
    assert run(valid, unknown, broken)[0] == 1
    assert run(valid, valid)[0] == 0


def test_standard_input_and_json_lines(credential: Credential, monkeypatch: pytest.MonkeyPatch) -> None:
    code = paper.group_code(credential.short_code).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(code)))
    status, printed, _ = run("-", "--json")
    report = json.loads(printed)
    assert (status, report["file"], report["verdict"], len(report["checks"])) == (0, "-", "valid", 8)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nothing-here"):
        run(str(tmp_path / "nothing-here"))
