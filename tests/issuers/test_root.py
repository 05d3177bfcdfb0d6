"""The offline root: its file, its passphrase, and its commands on a machine that has no city."""

import os
import pickle
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone

from config.launch import BASE_DIR
from issuers import delegations, jose, root
from issuers.errors import FileThere, RootClosed, WeakPassphrase
from issuers.signable import SelfCheckFailed
from tests.factories import NOW, wrongly_signed

WORDS = "marmite phare citron voile tambour sable"
DAY = timedelta(days=1)


def asked(**members: Any) -> delegations.Request:
    jwk = jose.jwk_of(ec.generate_private_key(ec.SECP256R1()).public_key())
    sound: dict[str, Any] = {
        "city": "did:web:passeport.casablanca.ma",
        "jwk": jwk,
        "not_before": NOW,
        "not_after": NOW + 365 * DAY,
        "after": 0,
    }
    return delegations.Request(**(sound | members))


# -- The file -------------------------------------------------------------------------------------
def test_a_root_is_kept_encrypted_for_its_owner_alone(tmp_path: Path) -> None:
    made = root.make(tmp_path / "root.pem", passphrase=WORDS)
    text = (tmp_path / "root.pem").read_text()
    assert text.startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")  # PKCS#8 (RFC 5958)
    assert (tmp_path / "root.pem").stat().st_mode & 0o777 == 0o600
    assert root.open_file(tmp_path / "root.pem", passphrase=WORDS).thumbprint == made.thumbprint


def test_nothing_is_written_over_a_file(tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_text("a root of last year")
    with pytest.raises(FileThere):
        root.make(tmp_path / "root.pem", passphrase=WORDS)
    assert (tmp_path / "root.pem").read_text() == "a root of last year"


@pytest.mark.parametrize("passphrase", ["", "casablanca", " " * 30, "nineteen characters"])
def test_a_passphrase_that_would_not_hold_makes_no_root(tmp_path: Path, passphrase: str) -> None:
    with pytest.raises(WeakPassphrase):
        root.make(tmp_path / "root.pem", passphrase=passphrase)
    assert not list(tmp_path.iterdir())


def test_another_passphrase_opens_nothing(tmp_path: Path) -> None:
    root.make(tmp_path / "root.pem", passphrase=WORDS)
    with pytest.raises(RootClosed):
        root.open_file(tmp_path / "root.pem", passphrase=WORDS + "!")


def _plain(key: Any) -> bytes:
    plain: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return plain


@pytest.mark.parametrize("kind", ["missing", "folder", "words", "large", "open", "other-curve"])
def test_what_is_no_root_under_a_passphrase_does_not_open(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "root.pem"
    if kind == "folder":
        path.mkdir()
    elif kind == "words":
        path.write_text("not a key")
    elif kind == "large":
        path.write_bytes(bytes(5000))
    elif kind == "open":
        path.write_bytes(_plain(ec.generate_private_key(ec.SECP256R1())))
    elif kind == "other-curve":
        path.write_bytes(
            ec.generate_private_key(ec.SECP384R1()).private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.BestAvailableEncryption(WORDS.encode()),
            )
        )
    with pytest.raises(RootClosed):
        root.open_file(path, passphrase=WORDS)


def test_an_opened_root_shows_and_gives_away_nothing(tmp_path: Path) -> None:
    opened = root.make(tmp_path / "root.pem", passphrase=WORDS)
    assert str(opened) == f"<RootKey {opened.thumbprint}>"
    assert set(opened.jwk) == {"crv", "kty", "x", "y"}
    with pytest.raises(TypeError):
        pickle.dumps(opened)


def test_what_it_signs_is_believed_under_it(tmp_path: Path) -> None:
    opened = root.make(tmp_path / "root.pem", passphrase=WORDS)
    request = asked()
    token = opened.delegate(request, now=NOW)
    found = delegations.read_delegation(token, roots={opened.thumbprint: opened.jwk}, city=request.city)
    assert (found.thumbprint, found.not_after) == (request.thumbprint, request.not_after)


def test_a_signature_with_a_wrong_bit_leaves_no_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = root.make(tmp_path / "root.pem", passphrase=WORDS)
    request = asked()
    other = wrongly_signed(opened.delegate(request, now=NOW))
    monkeypatch.setattr(jose, "compact", lambda *_: other)
    with pytest.raises(SelfCheckFailed):
        opened.delegate(request, now=NOW)


# -- The commands, where there is no city -----------------------------------------------------------
@pytest.fixture
def bench(tmp_path: Path) -> Path:
    """A folder on the offline machine, with the passphrase in a file."""
    (tmp_path / "words").write_text(f"{WORDS}\n")
    return tmp_path


def offline(
    folder: Path, *arguments: str, code: int = 0, typed: str = ""
) -> "subprocess.CompletedProcess[str]":
    """``manage.py root`` with a bare environment, in a folder of its own, beside a database that is not."""
    done = subprocess.run(
        [sys.executable, str(BASE_DIR / "manage.py"), "root", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "DATABASE_URL": "postgres://nobody:none@127.0.0.1:1/nothing"},
        capture_output=True,
        text=True,
        input=typed,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_two_roots_are_made_shown_and_one_signs_without_database_or_settings(bench: Path) -> None:
    for name in ("one", "two"):
        made = offline(bench, "init", f"{name}.pem", "--passphrase-file", "words")
        assert len(delegations.read_roots(made.stdout)) == 1
    roots = delegations.read_roots(
        offline(bench, "show", "one.pem", "two.pem", "--passphrase-file", "words").stdout
    )
    assert len(roots) == 2
    today = timezone.now().replace(microsecond=0)
    request = asked(not_before=today, not_after=today + 365 * DAY)
    (bench / "request.json").write_text(delegations.request_text(request))
    signed = offline(bench, "sign", "two.pem", "request.json", "--passphrase-file", "words", "--yes")
    found = delegations.read_delegation(signed.stdout.strip(), roots=roots, city=request.city)
    assert found.thumbprint == request.thumbprint
    assert request.thumbprint in signed.stderr  # to be compared with what the other machine shows
    assert "PRIVATE" not in made.stdout + signed.stdout + signed.stderr
    assert sorted(path.name for path in bench.iterdir()) == ["one.pem", "request.json", "two.pem", "words"]


def test_whoever_does_not_say_yes_signs_nothing(bench: Path) -> None:
    root.make(bench / "one.pem", passphrase=WORDS)
    today = timezone.now().replace(microsecond=0)
    request = asked(not_before=today, not_after=today + DAY)
    (bench / "request.json").write_text(delegations.request_text(request))
    sign = ("sign", "one.pem", "request.json", "--passphrase-file", "words")
    refused = offline(bench, *sign, typed="no\n", code=1)
    assert refused.stdout == ""
    assert "Nothing was signed" in refused.stderr
    assert offline(bench, *sign, typed="yes\n").stdout.count(".") == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "one.pem"), "--passphrase-file"),
        (("show", "nothing.pem", "--passphrase-file", "words"), "racine"),
        (("show", "one.pem", "--passphrase-file", "nowhere"), "cannot be read"),
        (("init", "one.pem", "--passphrase-file", "words"), ""),
        (("init", "new.pem", "--passphrase-file", "short"), ""),
        (("sign", "one.pem", "short", "--passphrase-file", "words", "--yes"), ""),
        (("sign", "one.pem", "large", "--passphrase-file", "words", "--yes"), "too large"),
        (("sign", "one.pem", "late.json", "--passphrase-file", "words", "--yes"), ""),
    ],
)
def test_a_refusal_is_one_sentence(bench: Path, arguments: tuple[str, ...], said: str) -> None:
    root.make(bench / "one.pem", passphrase=WORDS)
    (bench / "short").write_text("short")
    (bench / "large").write_text("x" * 5000)
    (bench / "late.json").write_text(
        delegations.request_text(asked(not_before=NOW - 900 * DAY, not_after=NOW - 600 * DAY))
    )
    refused = offline(bench, *arguments, code=1)
    assert refused.stdout == ""
    assert said in refused.stderr
    assert refused.stderr.strip().splitlines()[-1].startswith("CommandError: ")
    assert not (bench / "new.pem").exists()


#: ``openssl pkcs8 -topk8 -v2 aes256 -iter 600000``, of a key made for this test.
STRONGER = """-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHtMFgGCSqGSIb3DQEFDTBLMCoGCSqGSIb3DQEFDDAdBAjEpDoWyA2ixwIDCSfA
MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBBG8pnY6f19ldp2th+q9ygEBIGQ
+r8SpnIsxgqwmynSsH7sEsvsiiEruj+TF6qr9eWP7evJRZlutfeGwdTEX7FJG6VN
TJMtZpd8BxIrDBDZRDZwC0+rYuSo9TAzC6oPQNT6mVJvrysxO0TlGbYMn5VgTP2N
HWE12XW9Yo/ogeQQjhuv+Dy6nTkfyZ5WwVIVjifaAWoVYcMDMCHbesDNqRspal4/
-----END ENCRYPTED PRIVATE KEY-----
"""


def test_a_file_that_openssl_encrypted_more_strongly_opens_too(tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_text(STRONGER)
    opened = root.open_file(tmp_path / "root.pem", passphrase=WORDS)
    assert opened.thumbprint == "DBMN3s2wgbAc-iEwzz4wCHuVlMWL0_SFOMgX-gVtjQc"
