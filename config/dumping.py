"""Copies a whole database into a file and back: through PostgreSQL's own programs, by SQLite's online backup.

What opens a door for some hours (sessions, sign-in codes) is left out: whoever steals a copy comes in
nowhere with it. So is what is forgotten within the hour: benches.
"""

import os
import secrets
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from credentials.models import PrintOrder, PrintPart
from passport.models import Code
from verify.models import Bench, BenchItem

#: Their tables are copied without their rows; a restore drops these anyway.
LEFT_OUT = (
    *(model._meta.db_table for model in (Session, Code, PrintPart, PrintOrder, BenchItem, Bench)),
    str(getattr(cache, "_table", "")),
)
_APPLIED = "SELECT app, name FROM django_migrations"


class CannotCopy(Exception):
    """The copy or its way back failed; the message is the one sentence that the operator sees."""


class Found(NamedTuple):
    """What a database holds: rows by table, and the migrations that made it."""

    rows: dict[str, int]
    applied: set[tuple[str, str]]


def vendor() -> str:
    """What kind of database this is, as a manifest names it."""
    return str(connection.vendor)


def dump(into: Path) -> Found:
    """Copy this database, as it is at one moment, into a file; returns what it holds. Raises CannotCopy."""
    return _dump_postgresql(into) if vendor() == "postgresql" else _dump_sqlite(into)


def look(source: Path) -> Found:
    """What a copy holds once it is a database again, one made for this and dropped. Raises CannotCopy."""
    return _look_postgresql(source) if vendor() == "postgresql" else _look_sqlite(source)


@contextmanager
def in_place_of_ours(source: Path) -> Iterator[None]:
    """Put a copy where this process's database is; if the block fails, what was there comes back.

    Raises CannotCopy, also while anybody else is connected.
    """
    connection.close()
    with _in_place_postgresql(source) if vendor() == "postgresql" else _in_place_sqlite(source):
        try:
            yield
        finally:
            connection.close()


# -- PostgreSQL -----------------------------------------------------------------------------------
def _dump_postgresql(into: Path) -> Found:
    with psycopg.connect(_conninfo()) as session:
        # What is counted and what is copied are the same moment.
        session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        snapshot = _one(session, "SELECT pg_export_snapshot()")
        _run(
            "pg_dump",
            *("--format=custom", f"--snapshot={snapshot}", "--exclude-schema=replaced_*"),
            *(f"--exclude-table-data=public.{table}" for table in LEFT_OUT),
            f"--file={into}",
        )
        return _found_postgresql(session)


def _look_postgresql(source: Path) -> Found:
    name = f"passport_look_{secrets.token_hex(4)}"
    with psycopg.connect(_conninfo(), autocommit=True) as session:
        try:
            session.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege as error:
            raise CannotCopy(
                "To look into a backup, this role must be allowed to make a database: ALTER ROLE … CREATEDB."
            ) from error
        try:
            _run("pg_restore", *_RESTORE, str(source), database=name)
            with psycopg.connect(_conninfo(dbname=name)) as looking:
                return _found_postgresql(looking)
        finally:
            session.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def _in_place_postgresql(source: Path) -> Iterator[None]:
    old = sql.Identifier(f"replaced_{secrets.token_hex(4)}")
    with psycopg.connect(_conninfo(), autocommit=True) as session:
        others = _one(
            session,
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
        )
        if others:
            raise CannotCopy(f"{others} others are connected. Stop web, workers and sweeper first.")
        with session.transaction():
            session.execute(sql.SQL("ALTER SCHEMA public RENAME TO {}").format(old))
            # As PostgreSQL itself makes it.
            session.execute("CREATE SCHEMA public AUTHORIZATION pg_database_owner")
            session.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
        try:
            _run("pg_restore", *_RESTORE, str(source))
            yield
        except BaseException:
            connection.close()
            with session.transaction():
                session.execute("DROP SCHEMA public CASCADE")
                session.execute(sql.SQL("ALTER SCHEMA {} RENAME TO public").format(old))
            raise
        session.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(old))


#: Whoever restores owns what comes; who may read it stays as it was.
_RESTORE = ("--no-owner", "--exit-on-error", f"--jobs={min(4, os.cpu_count() or 1)}")


def _run(program: str, *arguments: str, database: str = "") -> None:
    found = shutil.which(program)
    if found is None:
        raise CannotCopy(
            f"{program} is missing. Install PostgreSQL's client programs, not older than the server "
            "(on Debian or Ubuntu: apt install postgresql-client)."
        )
    conninfo = _conninfo(dbname=database) if database else _conninfo()
    parts = {name: str(value) for name, value in conninfo_to_dict(conninfo).items()}
    password = {"PGPASSWORD": parts.pop("password")} if "password" in parts else {}
    done = subprocess.run(
        [found, "--no-password", f"--dbname={make_conninfo(**parts)}", *arguments],
        env=os.environ | password,  # what stands on a command line is seen by everybody
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "error" in line] or done.stderr.splitlines()
        raise CannotCopy(f"{program} failed: {said[0] if said else done.returncode}")


def _conninfo(**other: str) -> str:
    """How libpq is told of this database."""
    known = {default.keyword.decode() for default in psycopg.pq.Conninfo.get_defaults()}
    params = {name: value for name, value in connection.get_connection_params().items() if name in known}
    return make_conninfo(**params | other)


def _found_postgresql(session: "psycopg.Connection[Any]") -> Found:
    tables = session.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY 1"
    ).fetchall()
    rows = {
        table: int(_one(session, sql.SQL("SELECT count(*) FROM public.{}").format(sql.Identifier(table))))
        for (table,) in tables
        if table not in LEFT_OUT
    }
    return Found(rows, {(app, name) for app, name in session.execute(_APPLIED).fetchall()})


def _one(session: "psycopg.Connection[Any]", query: Any) -> Any:
    row = session.execute(query).fetchone()
    return row[0] if row else None


# -- SQLite ---------------------------------------------------------------------------------------
def _dump_sqlite(into: Path) -> Found:
    connection.ensure_connection()
    with closing(sqlite3.connect(into)) as copy:
        connection.connection.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        there = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for table in there.intersection(LEFT_OUT):
            copy.execute(f'DELETE FROM "{table}"')  # noqa: S608  # our own names
        copy.commit()
        copy.execute("VACUUM")  # else what was deleted would still be in the file
        return _found_sqlite(copy)


def _look_sqlite(source: Path) -> Found:
    try:
        with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as copy:
            return _found_sqlite(copy)
    except sqlite3.DatabaseError as error:
        raise CannotCopy(f"The copy is broken: {error}") from error


@contextmanager
def _in_place_sqlite(source: Path) -> Iterator[None]:
    ours = Path(str(connection.settings_dict["NAME"]))
    _require_alone(ours)
    fresh, old = ours.with_name(f"{ours.name}.restoring"), ours.with_name(f"{ours.name}.replaced")
    shutil.copyfile(source, fresh)
    fresh.chmod(0o600)
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    if ours.exists():
        ours.rename(old)
    fresh.rename(ours)
    try:
        yield
    except BaseException:
        connection.close()
        for leftover in (ours, Path(f"{ours}-wal"), Path(f"{ours}-shm")):
            leftover.unlink(missing_ok=True)
        if old.exists():
            old.rename(ours)
        raise
    old.unlink(missing_ok=True)


def _require_alone(database: Path) -> None:
    """Nobody else has the file open; what its log held is in it, and the log is gone. Raises CannotCopy."""
    if not database.exists():
        return
    try:
        with closing(sqlite3.connect(database, timeout=1)) as session:
            session.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        raise CannotCopy("Others have the database open. Stop web, workers and sweeper first.") from error


def _found_sqlite(session: sqlite3.Connection) -> Found:
    broken = session.execute("PRAGMA integrity_check").fetchone()[0]
    if broken != "ok" or session.execute("PRAGMA foreign_key_check").fetchone():
        raise CannotCopy(f"The copy is broken: {broken}")
    tables = session.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_' ORDER BY 1"
    ).fetchall()
    rows = {
        table: int(session.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])  # noqa: S608  # as above
        for (table,) in tables
        if table not in LEFT_OUT
    }
    return Found(rows, {(app, name) for app, name in session.execute(_APPLIED).fetchall()})
