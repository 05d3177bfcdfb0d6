"""The databases under test, as the harness holds them: crashed, filled up, dumped and restored; and read."""

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from config.launch import CannotStart, sqlite_url
from tests import services

SETTINGS = ("max_wal_size=96MB", "min_wal_size=32MB", "shared_buffers=64MB")
FULL = 64 * 1024  # bytes that are left when a disk is full
Row = dict[str, Any]
#: What reading raises while a database is away.
Away = (psycopg.Error, sqlite3.Error)


# -- Reading --------------------------------------------------------------------------------------
class Books:
    """One connection that reads tables of either kind, without the product's code."""

    def __init__(self, url: str) -> None:
        self._sqlite: sqlite3.Connection | None = None
        self._postgresql: psycopg.Connection[Any] | None = None
        if url.startswith("sqlite"):
            self._sqlite = sqlite3.connect(urlsplit(url).path.removeprefix("/"), timeout=10)
        else:
            self._postgresql = psycopg.connect(url, autocommit=True, connect_timeout=2)

    def rows(self, query: str) -> list[Row]:
        """What a SELECT finds, as column → value."""
        cursor: Any
        if self._sqlite is not None:
            cursor = self._sqlite.execute(query)
        else:
            assert self._postgresql is not None
            cursor = self._postgresql.execute(query.encode())
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def value(self, query: str) -> Any:
        """The one value that a SELECT finds."""
        return next(iter(self.rows(query)[0].values()))

    def close(self) -> None:
        """Let go."""
        for connection in (self._sqlite, self._postgresql):
            if connection is not None:
                connection.close()


def rows(url: str, query: str) -> list[Row]:
    """What one SELECT finds."""
    with closing(Books(url)) as books:
        return books.rows(query)


def change(url: str, statements: Sequence[str]) -> None:
    """Carry these statements out, as somebody at the database's own console would."""
    connection: Any
    if url.startswith("sqlite"):
        connection = sqlite3.connect(urlsplit(url).path.removeprefix("/"), timeout=20)
    else:
        connection = psycopg.connect(url)
    with closing(connection):
        for statement in statements:
            connection.execute(statement)
        connection.commit()


# -- Holding --------------------------------------------------------------------------------------
class Database(Protocol):
    """What the harness does to a database."""

    kind: str
    url: str

    def dump(self, path: Path) -> None:
        """Write all of it to a file. Raises one of ``Away``, CalledProcessError."""

    def restore(self, path: Path) -> str:
        """The URL of a fresh database with what was dumped."""

    def fill(self) -> None:
        """Leave no room on its disk."""

    def free(self) -> None:
        """Give the room back."""


class _OnDisk:
    """A disk that may be filled up, if it is a small one of its own."""

    def __init__(self, disk: Path) -> None:
        self.disk = disk

    def fill(self) -> None:
        with (self.disk / "filler").open("wb") as filler:
            while (free := shutil.disk_usage(self.disk).free) > FULL:
                with suppress(OSError):
                    os.posix_fallocate(filler.fileno(), filler.tell(), max(1, free - FULL))
                    filler.seek(0, os.SEEK_END)
                    continue
                return

    def free(self) -> None:
        (self.disk / "filler").unlink(missing_ok=True)


class PostgreSQL(_OnDisk):
    """A cluster of our own, durable as a city's is."""

    kind = "postgresql"

    def __init__(self, disk: Path) -> None:
        super().__init__(disk)
        home = disk / "pg"
        home.mkdir()
        disk.chmod(0o755)
        self.cluster = services.make_cluster(home)
        self.url = self.cluster.url

    def serve(self) -> "subprocess.Popen[bytes]":
        """Start the server; it answers a moment later."""
        return self.cluster.serve(*SETTINGS)

    def wait(self, *, seconds: float = 60.0) -> None:
        """Return when it answers. Raises CannotStart."""
        deadline = time.monotonic() + seconds
        while not self.cluster.answers():
            if time.monotonic() > deadline:
                raise CannotStart("PostgreSQL does not answer.")
            time.sleep(0.05)

    def dump(self, path: Path) -> None:
        self._run("pg_dump", "--format=custom", f"--file={path}", self.url)

    def restore(self, path: Path) -> str:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE restored"))
        url = f"{self.url.rsplit('/', 1)[0]}/restored"
        self._run("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={url}", str(path))
        return url

    def _run(self, program: str, *arguments: str) -> None:
        command: Sequence[str] = [str(self.cluster.programs / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, env={"PATH": os.defpath, "LC_ALL": "C"})


class Sqlite(_OnDisk):
    """One file."""

    kind = "sqlite"

    def __init__(self, disk: Path) -> None:
        super().__init__(disk)
        self.file = disk / "passport.sqlite3"
        self.url = sqlite_url(self.file)

    def dump(self, path: Path) -> None:
        with closing(sqlite3.connect(self.file, timeout=20)) as here, closing(sqlite3.connect(path)) as there:
            here.backup(there)

    def restore(self, path: Path) -> str:
        restored = self.disk / "restored.sqlite3"
        shutil.copyfile(path, restored)
        return sqlite_url(restored)
