"""Writes the database into one file with a manifest, checks such a file, and brings it back.

The file is a tar of ``manifest.json`` and ``database``: PostgreSQL's custom format, or a SQLite file. It
holds no key-encryption key and no secret key: signing keys in it are sealed, and open beside that key alone.
"""

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader

from issuers import whereabouts
from issuers.models import City, Issuer
from passport.models import Learner

from . import dumping
from .dumping import CannotCopy
from .restoring import LookedAfter, after_restore

FORMAT = "learner-passport-backup/1"
MANIFEST, DATABASE = "manifest.json", "database"
MANIFEST_BYTES = 4_000_000
OURS = ("issuers", "credentials", "verify", "passport")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself."""

    format: str
    made_at: str
    vendor: str
    base_url: str
    schema: dict[str, str]  # the last migration of each of our rooms, for people
    migrations: list[list[str]]
    rows: dict[str, int]
    size: int
    sha256: str

    @property
    def applied(self) -> set[tuple[str, str]]:
        return {(app, name) for app, name in self.migrations}


def backup(*, file: Path, now: datetime) -> Manifest:
    """Write a backup that its owner alone reads; it is there whole, or not at all. Raises CannotCopy."""
    if file.exists():
        raise CannotCopy(f"{file} is there already. Give each backup a name of its own.")
    with _workshop(beside=file) as folder:
        copy = folder / DATABASE
        copy.touch(mode=0o600)
        found = dumping.dump(copy)
        applied = sorted(found.applied)
        manifest = Manifest(
            format=FORMAT,
            made_at=now.isoformat(timespec="seconds"),
            vendor=dumping.vendor(),
            base_url=settings.BASE_URL,
            schema={app: name for app, name in applied if app in OURS},
            migrations=[[app, name] for app, name in applied],
            rows=found.rows,
            size=copy.stat().st_size,
            sha256=_sha256(copy),
        )
        _write(folder / "whole", manifest, copy)
        try:
            os.link(folder / "whole", file)
        except FileExistsError as error:
            raise CannotCopy(f"{file} is there already. Give each backup a name of its own.") from error
        _sync(file.parent)
    if whereabouts.TABLE in found.rows:  # not before the first start of this release
        whereabouts.settle()  # whatever is restored from that file is older than what runs here from now on
    return manifest


def verify(*, file: Path) -> Manifest:
    """Bring a backup back into a database made for this, and count: nothing is missing. Raises CannotCopy."""
    with _opened(file) as (manifest, copy):
        found = dumping.look(copy)
        if found.applied != manifest.applied:
            raise CannotCopy("The backup's database does not have the schema that its manifest names.")
        missing = sorted(name for name in manifest.rows if found.rows.get(name) != manifest.rows[name])
        if missing:
            raise CannotCopy(f"The backup does not hold what its manifest says: {', '.join(missing[:5])}.")
        return manifest


def restore(*, file: Path, replace: bool, now: datetime) -> tuple[Manifest, LookedAfter]:
    """Bring a backup back, migrate it to this code, look after it; if a step fails, all is as before.

    Raises CannotCopy for a file that is damaged, of a newer release or of another kind of database, for a
    database that holds something unless it may be replaced, and while anybody uses it; and ClockBehind.
    """
    with _opened(file) as (manifest, copy):
        newer = sorted(manifest.applied - set(_known()))
        if any(app in OURS for app, _name in newer):
            name = ".".join(newer[-1])
            raise CannotCopy(f"The backup is of a newer release (it knows {name}). Start that one.")
        if _holds_something() and not replace:
            raise CannotCopy("This database holds something. With --replace the backup takes its place.")
        with dumping.in_place_of_ours(copy):
            call_command("migrate", verbosity=0, interactive=False)
            call_command("createcachetable", verbosity=0)
            whereabouts.unsettle()
            return manifest, after_restore(now=now)


def _known() -> set[tuple[str, str]]:
    """Every migration of this code."""
    return set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def _holds_something() -> bool:
    try:
        return any(model.objects.exists() for model in (City, Issuer, Learner))
    except DatabaseError:  # no tables yet
        connection.close()
        return False


# -- The file -------------------------------------------------------------------------------------
@contextmanager
def _workshop(*, beside: Path) -> Iterator[Path]:
    """A folder on the same disk that nobody else enters; it goes at the end."""
    try:
        folder = Path(tempfile.mkdtemp(dir=beside.resolve().parent, prefix=f".{beside.name}-"))
    except OSError as error:
        raise CannotCopy(f"{beside.parent} cannot be written to: {error.strerror}.") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write(path: Path, manifest: Manifest, copy: Path) -> None:
    told = json.dumps(asdict(manifest), indent=1).encode()
    path.touch(mode=0o600, exist_ok=False)
    with path.open("wb") as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            for name, size, content in (
                (MANIFEST, len(told), io.BytesIO(told)),
                (DATABASE, manifest.size, copy.open("rb")),
            ):
                member = tarfile.TarInfo(name)
                member.size, member.mode = size, 0o600
                with content:
                    tar.addfile(member, content)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _opened(file: Path) -> Iterator[tuple[Manifest, Path]]:
    """The manifest and the database of a backup, once its hash is right. Raises CannotCopy."""
    with _workshop(beside=file) as folder:
        copy = folder / DATABASE
        copy.touch(mode=0o600)
        try:
            with tarfile.open(file, mode="r:") as tar:
                manifest = _read_manifest(tar)
                member = tar.next()
                content = tar.extractfile(member) if member and member.name == DATABASE else None
                if content is None:
                    raise CannotCopy(f"{file} is no backup of ours: it holds no database.")
                with content, copy.open("wb") as out:
                    shutil.copyfileobj(content, out, 1 << 20)
        except OSError as error:
            raise CannotCopy(f"{file} cannot be read: {error.strerror}.") from error
        except (tarfile.TarError, EOFError) as error:
            raise CannotCopy(f"{file} is no backup of ours, or it is cut off.") from error
        if copy.stat().st_size != manifest.size or _sha256(copy) != manifest.sha256:
            raise CannotCopy(f"{file} was changed or cut off: its hash is not the one in its manifest.")
        if manifest.vendor != dumping.vendor():
            raise CannotCopy(f"This is a backup of {manifest.vendor}; DATABASE_URL names {dumping.vendor()}.")
        yield manifest, copy


def _read_manifest(tar: tarfile.TarFile) -> Manifest:
    member = tar.next()
    content = tar.extractfile(member) if member and member.name == MANIFEST else None
    if content is None:
        raise tarfile.ReadError
    with content:
        try:
            told = json.loads(content.read(MANIFEST_BYTES))
            manifest = Manifest(**told)
        except (ValueError, TypeError) as error:
            raise tarfile.ReadError from error
    if manifest.format != FORMAT:
        raise CannotCopy(f"This backup is of another kind ({manifest.format}); we read {FORMAT}.")
    return manifest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
