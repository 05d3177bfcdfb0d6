"""The drill: issue, back up in mid-list, go on, lose the database, restore; and what a copy gives away."""

import hashlib
import io
import json
import sqlite3
import stat
import subprocess
import tarfile
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client

from config import backups, dumping
from config.dumping import CannotCopy
from config.launch import CannotStart, Stack
from config.restoring import ClockBehind
from credentials import batches, bitstring, issuance, ledger, outbox, revocation, rosters, statuslists
from credentials.models import Achievement, Batch, Credential, StatusListVersion
from issuers import keys, staff, whereabouts
from issuers.models import Publication, Role
from passport import secondfactors
from passport.models import Code, Learner
from tests import services
from tests.factories import (
    NOW,
    key_room,
    make_achievement,
    make_credential,
    make_issuer,
    make_learner,
    make_member,
    publish_keys,
)

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db(transaction=True)
ROSTER = Batch.Kind.ROSTER


def hours(number: float) -> datetime:
    return NOW + timedelta(hours=number)


def letters(number: int) -> str:
    return "".join(chr(97 + number // 26**place % 26) for place in range(3)).title()


def accept(achievement: Achievement, count: int, *, key: str, now: datetime) -> Batch:
    """A list of so many people, accepted."""
    rows = [
        rosters.check(
            {"name_latin": f"{key.title()} {letters(n)}", "phone": f"06{12_000_000 + n}"},
            number=n + 2,
            default_day=NOW.date(),
            default_language="fr",
        )
        for n in range(count)
    ]
    return batches.accept_rows(
        issuer=achievement.issuer,
        achievement=achievement,
        awarded_on=NOW.date(),
        rows=rows,
        idempotency_key=key,
        request_hash=key,
        now=now,
    ).batch


def run(*, now: datetime, limit: int | None = None) -> int:
    """What the signer does in a while: sign, publish, tell."""
    issued = issuance.issue_ready(kind=ROSTER, now=now, limit=limit)
    statuslists.publish_changed(now=now)
    publish_keys(now=now)
    outbox.deliver_due(now=now)
    return issued


def delivered() -> dict[str, tuple[str, bytes, int, int]]:
    """Every certificate that is out: its file, its paper, its slot."""
    return {
        pk: (jwt, bytes(paper), number, index)
        for pk, jwt, paper, number, index in Credential.objects.values_list(
            "pk", "jwt", "paper", "status_list_id", "status_index"
        )
    }


def published() -> dict[tuple[int, str], int]:
    return {
        (number, purpose): version
        for number, purpose, version in StatusListVersion.objects.values_list(
            "status_list_id", "purpose", "version"
        )
    }


@pytest.fixture
def achievement(key_room: Any) -> Achievement:
    return make_achievement(make_issuer())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backup.tar"


# -- The story ------------------------------------------------------------------------------------
def test_the_city_loses_its_database_in_mid_list_and_nobody_is_harmed(
    achievement: Achievement, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "CHUNK_ROWS", 40)  # a list of three chunks that nobody has to release
    before = accept(achievement, 20, key="before", now=NOW)
    assert run(now=hours(1)) == 20
    early = Credential.objects.filter(award__batch=before)[0]
    halfway = accept(achievement, 90, key="halfway", now=hours(1))
    assert run(now=hours(2), limit=1) == 40
    backups.backup(file=file, now=hours(2))

    # The city goes on, and hands all of it out.
    assert run(now=hours(3)) == 50
    lost = accept(achievement, 60, key="lost", now=hours(4))
    assert run(now=hours(4)) == 60
    revocation.revoke(credential=early, reason="fraud", by=None, now=hours(5))
    run(now=hours(5))
    out, lists, directory = delivered(), published(), Publication.objects.get(pk="keys").version
    assert len(out) == 170

    # The database is lost; last night's backup takes its place.
    _manifest, done = backups.restore(file=file, replace=True, now=hours(8))
    assert (done.rows_waiting, done.batches_waiting) == (50, 1)
    assert done.newest == hours(2)
    assert not Batch.objects.filter(pk=lost.pk).exists()
    assert not whereabouts.moved()

    # What had waited comes out byte for byte as people have it.
    assert run(now=hours(9)) == 50
    again = delivered()
    assert {pk: out[pk] for pk in again} == again
    assert Credential.objects.filter(award__batch=halfway.pk).count() == 90

    # A new list takes no slot that anybody holds, of those that the database has forgotten either.
    fresh = accept(achievement, 100, key="fresh", now=hours(10))
    assert run(now=hours(10)) == 100
    hers = {pk: held for pk, held in delivered().items() if pk not in again}
    held_slots = {(number, index) for _jwt, _paper, number, index in out.values()}
    new_slots = {(number, index) for _jwt, _paper, number, index in hers.values()}
    assert len(new_slots) == 100
    assert not new_slots & held_slots
    assert not hers.keys() & out.keys()

    # One person is revoked, and nobody beside her. (The early one's revocation is lost with the database:
    # `restore` says that it is to be done again.)
    one = Credential.objects.filter(award__batch=fresh)[0]
    revocation.revoke(credential=one, reason="fraud", by=None, now=hours(11))
    run(now=hours(11))
    bits = {number: bits_of(number) for number, _index in held_slots | new_slots}
    marked = {slot for slot in held_slots | new_slots if bitstring.is_set(bits[slot[0]], slot[1])}
    assert marked == {(one.status_list_id, one.status_index)}

    # Whoever kept what was published before takes what is published now.
    now_published = published()
    assert all(now_published[name] > version for name, version in lists.items())
    assert Publication.objects.get(pk="keys").version > directory


def bits_of(number: int) -> bytes:
    version = statuslists.read(number=number, purpose="revocation")
    assert version is not None
    return bitstring.decode(bytes(version.bits))


# -- The file -------------------------------------------------------------------------------------
def test_a_backup_is_readable_by_its_owner_alone_and_says_what_it_holds(
    achievement: Achievement, file: Path
) -> None:
    make_credential(achievement)
    made = backups.backup(file=file, now=NOW)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir() if "backup" in path.name] == [file.name]
    with tarfile.open(file) as tar:
        assert tar.getnames() == ["manifest.json", "database"]
        told = json.loads(read_member(tar, "manifest.json"))
        database = read_member(tar, "database")
    assert told["sha256"] == hashlib.sha256(database).hexdigest() == made.sha256
    assert (told["size"], told["made_at"], told["vendor"]) == (
        len(database),
        "2026-11-24T10:00:00+00:00",
        connection.vendor,
    )
    assert told["rows"]["credentials_credential"] == 1
    assert set(told["schema"]) == {"issuers", "credentials", "verify", "passport"}
    assert backups.verify(file=file) == made


def read_member(tar: tarfile.TarFile, name: str) -> bytes:
    content = tar.extractfile(name)
    assert content is not None
    with content:
        return content.read()


def test_a_backup_never_takes_the_place_of_another(file: Path) -> None:
    file.write_bytes(b"yesterday's")
    with pytest.raises(CannotCopy, match="name of its own"):
        backups.backup(file=file, now=NOW)
    assert file.read_bytes() == b"yesterday's"


def test_a_backup_that_fails_says_why_in_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(CannotCopy, match="cannot be written to"):
        backups.backup(file=tmp_path / "nowhere" / "backup.tar", now=NOW)
    with dropped("django_migrations"), pytest.raises(Exception, match="django_migrations"):
        backups.backup(file=tmp_path / "backup.tar", now=NOW)
    assert not [path for path in tmp_path.iterdir() if "backup" in path.name]


@pytest.mark.parametrize("table", ["throttle_cache", "issuers_whereabouts"])
def test_a_database_of_an_earlier_release_is_backed_up_before_it_is_migrated(file: Path, table: str) -> None:
    with dropped(table):
        assert table not in backups.backup(file=file, now=NOW).rows


@contextmanager
def dropped(table: str) -> Iterator[None]:
    """While the table has another name, copying fails after the copy was begun."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO elsewhere")
        yield
        cursor.execute(f"ALTER TABLE elsewhere RENAME TO {table}")


def test_a_machine_without_postgresqls_programs_is_told_what_to_install(monkeypatch: Any) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CannotCopy, match="apt install postgresql-client"):
        dumping._run("pg_dump")


@pytest.mark.parametrize("damage", ["a byte", "the end", "not a tar", "another member"])
def test_a_damaged_backup_is_refused_before_anything_is_touched(
    achievement: Achievement, file: Path, damage: str
) -> None:
    make_credential(achievement)
    backups.backup(file=file, now=NOW)
    raw = bytearray(file.read_bytes())
    if damage == "a byte":
        raw[len(raw) // 2] ^= 1
    elif damage == "the end":
        del raw[len(raw) // 2 :]
    elif damage == "not a tar":
        raw[:] = b"PGDMP" + bytes(4096)
    else:
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as tar:
            member = tarfile.TarInfo("../../etc/passwd")
            member.size = 4
            tar.addfile(member, io.BytesIO(b"root"))
        raw[:] = out.getvalue()
    file.write_bytes(raw)
    for act in (lambda: backups.verify(file=file), lambda: restore(file)):
        with pytest.raises(CannotCopy):
            act()
    assert Credential.objects.count() == 1


def restore(file: Path, *, replace: bool = True) -> None:
    backups.restore(file=file, replace=replace, now=hours(1))


def rewrite(file: Path, **other: Any) -> None:
    """The same backup, saying something else of itself."""
    with tarfile.open(file) as tar:
        told, database = json.loads(read_member(tar, "manifest.json")), read_member(tar, "database")
    with tarfile.open(file, "w") as tar:
        for name, content in (
            ("manifest.json", json.dumps(told | other).encode()),
            ("database", database),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"migrations": [["credentials", "9999_of_tomorrow"]]}, "newer release"),
        ({"vendor": "oracle"}, "a backup of oracle"),
        ({"format": "learner-passport-backup/2"}, "another kind"),
    ],
)
def test_a_backup_that_this_code_cannot_run_is_refused(
    achievement: Achievement, file: Path, said: dict[str, Any], sentence: str
) -> None:
    make_credential(achievement)
    backups.backup(file=file, now=NOW)
    rewrite(file, **said)
    with pytest.raises(CannotCopy, match=sentence):
        restore(file)
    assert Credential.objects.count() == 1


def test_a_backup_that_holds_less_than_it_says_is_found_out(achievement: Achievement, file: Path) -> None:
    made = backups.backup(file=file, now=NOW)
    rewrite(file, rows=made.rows | {"credentials_credential": 7})
    with pytest.raises(CannotCopy, match="credentials_credential"):
        backups.verify(file=file)


def test_a_database_that_holds_something_is_replaced_only_when_told_to(
    achievement: Achievement, file: Path
) -> None:
    backups.backup(file=file, now=NOW)
    make_credential(achievement)
    with pytest.raises(CannotCopy, match="--replace"):
        restore(file, replace=False)
    assert Credential.objects.count() == 1
    restore(file)
    assert Credential.objects.count() == 0


def test_a_restore_that_fails_half_way_leaves_the_database_as_it_was(
    achievement: Achievement, file: Path
) -> None:
    make_credential(achievement)
    publish_keys(now=hours(24))  # the clock is a day behind what the backup knows
    backups.backup(file=file, now=NOW)
    later = make_learner()
    with pytest.raises(ClockBehind):
        restore(file)
    assert Learner.objects.filter(pk=later.pk).exists()
    assert Credential.objects.count() == 1


def test_nobody_restores_under_a_running_product(achievement: Achievement, file: Path) -> None:
    backups.backup(file=file, now=NOW)
    with other_session(), pytest.raises(CannotCopy, match="Stop web, workers and sweeper"):
        restore(file)
    restore(file)


@contextmanager
def other_session() -> Iterator[None]:
    """Somebody else is connected and has read something."""
    if connection.vendor == "postgresql":
        with psycopg.connect(dumping._conninfo()) as session:
            session.execute("SELECT 1")
            yield
        return
    with closing(sqlite3.connect(str(connection.settings_dict["NAME"]))) as session:
        session.execute("SELECT count(*) FROM credentials_credential").fetchone()
        yield


# -- Commands -------------------------------------------------------------------------------------
@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A product on a fresh database of the kind that is tested; nothing of it runs."""
    with services.fresh_database(tmp_path) as database_url:
        yield Stack(
            port=1,
            base_url="http://localhost:1",
            var_dir=tmp_path,
            environment=services.plain_environment() | {"DATABASE_URL": database_url},
        )


def test_operators_back_up_verify_and_restore_elsewhere(stack: Stack, file: Path, tmp_path: Path) -> None:
    stack.manage("prepare", quiet=True)
    stack.manage("backup", str(file), quiet=True)
    assert "nothing is missing" in stack.manage("backup", "--verify", str(file), quiet=True)
    (tmp_path / "other").mkdir()
    with services.fresh_database(tmp_path / "other") as elsewhere:
        told = stack.manage("restore", str(file), database_url=elsewhere, quiet=True)
        assert told.startswith("Restored: the backup of 20")
        assert stack.manage("prepare", database_url=elsewhere, quiet=True) == "empty\n"
    file.unlink()
    with pytest.raises(CannotStart, match="cannot be read: No such file"):
        stack.manage("restore", str(file), quiet=True)


def test_a_dump_that_was_brought_back_by_hand_is_noticed_at_the_start(
    stack: Stack, file: Path, tmp_path: Path
) -> None:
    stack.manage("prepare", quiet=True)
    stack.manage("backup", str(file), quiet=True)
    copy = tmp_path / "database"
    with tarfile.open(file) as tar:
        copy.write_bytes(read_member(tar, "database"))
    url = stack.environment["DATABASE_URL"]
    if url.startswith("postgres"):
        subprocess.run(["pg_restore", "--clean", f"--dbname={url}", str(copy)], check=True)
    else:
        copy.replace(url.removeprefix("sqlite:///"))
    with pytest.raises(CannotStart, match="after_restore"):
        stack.manage("prepare", quiet=True)
    stack.manage("after_restore", quiet=True)
    stack.manage("prepare", quiet=True)


# -- What a copy gives away -----------------------------------------------------------------------
def test_a_copy_holds_names_but_none_of_a_thousand_secrets(
    key_room: Path, file: Path, tmp_path: Path, settings: Any
) -> None:
    issuers = [make_issuer(slug=f"house-{n}") for n in range(100)]
    owner = make_member(issuers[0], Role.OWNER)
    made = [
        staff.create_api_client(issuer=issuers[0], name=f"Client {n}", scopes=["read"], by=owner, now=NOW)
        for n in range(400)
    ]
    apps = [secondfactors.new_secret() for _ in range(300)]
    for secret in apps:
        secondfactors.set_up_app(learner=make_learner(name_latin="Latifa Berrada"), secret=secret)
    visits = []
    for _ in range(200):
        visitor = Client()
        visitor.force_login(owner)
        visits.append(str(visitor.session.session_key))
    Code.objects.create(
        kind="phone", value="+212611223344", place="-", digest="-", sent_at=NOW, expires_at=hours(1)
    )
    private = [scalar(issuer) for issuer in issuers]
    secrets = [*(client.token.partition(".")[2] for client in made), *apps, *visits, *private]
    assert len(set(secrets)) == 1_000

    backups.backup(file=file, now=NOW)
    held = plain(file, tmp_path)
    for secret in (*secrets, Path(key_room).read_text().strip(), settings.SECRET_KEY):
        for form in written(secret):
            assert form not in held, "a secret stands in the copy"
    # The same search finds what is there: names of people are, since the city's record is of people.
    assert b"Latifa Berrada" in held
    assert all(client.client.secret_hash.encode() in held for client in made)
    assert all(key.thumbprint.encode() in held for key in issuers[0].keys.all())
    assert b"+212611223344" not in held


def scalar(issuer: Any) -> bytes:
    """An issuer's private key, as the key room opens it."""
    private = keys.signer(issuer=issuer, now=NOW)._p256()
    return private.private_numbers().private_value.to_bytes(32, "big")


def written(secret: bytes | str) -> Iterator[bytes]:
    """The ways in which a secret could stand in a file."""
    raw = secret.encode() if isinstance(secret, str) else secret
    yield from (raw, raw.hex().encode(), b64encode(raw).rstrip(b"="), urlsafe_b64encode(raw).rstrip(b"="))


def plain(file: Path, folder: Path) -> bytes:
    """Everything in a backup, with nothing compressed."""
    copy = folder / "copy"
    with tarfile.open(file) as tar:
        copy.write_bytes(read_member(tar, "database"))
    if connection.vendor == "postgresql":
        done = subprocess.run(["pg_restore", "--file=-", str(copy)], check=True, capture_output=True)
        return bytes(done.stdout)
    return copy.read_bytes()
