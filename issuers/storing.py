"""Writes many rows at once, by COPY or one prepared INSERT; skips numbers; knows a database that is away."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain, islice
from typing import Any

from django.db import Error, InterfaceError, OperationalError, connection, models
from psycopg import sql
from psycopg.types.json import Jsonb

#: PostgreSQL's own names of the types that Django's columns have, where they differ.
_NAMES = {"character varying": "varchar", "bigint": "int8", "integer": "int4", "smallint": "int2"}

#: What SQLite says when it is the disk, another process or the machine (sqlite.org/rescode.html).
_SQLITE_IN_NEED = frozenset(
    (
        *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_FULL),
        *(sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOMEM),
    )
)


def out_of_reach(error: BaseException) -> bool:
    """Whether the database could not do this for reasons of its own: away, full, locked, restarting.

    PostgreSQL's driver has a class for these. SQLite's puts a missing table in the same class, so that its
    code is looked at.
    """
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        # The lower eight bits are the primary code; Python's own errors have none.
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE_IN_NEED
    return isinstance(error, (OperationalError, InterfaceError))


def code_of(error: Error) -> str:
    """The database's own name for what happened, for a log; nothing of what was asked."""
    cause = error.__cause__
    return str(getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None) or "none")


def insert(model: type[models.Model], *, fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert ``rows``, each with the values of ``fields`` (names of columns); the others get their defaults.

    Values are what the columns hold: ``None``, text, whole numbers, bytes, aware moments, UUIDs, JSON-ready
    data for a JSON field. Takes part in the present transaction. Raises IntegrityError.
    """
    plan = _plan(model, tuple(fields))
    whole = ([*row, *(default() for default in plan.defaults)] for row in rows)
    few = list(islice(whole, 2))
    if len(few) < 2 or connection.vendor != "postgresql":  # one row has nothing to gain from COPY
        _execute(plan, chain(few, whole))
    else:
        _copy(plan, chain(few, whole))


def commit_lightly() -> None:
    """This transaction's end need not wait for the disk.

    For what is done again from what is there, should a power cut take it: PostgreSQL loses the last moments
    whole, never a part of them.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")


def skip_numbers(model: type[models.Model], *, by: int) -> None:
    """Leave out the next ``by`` numbers that the database would give to rows of this model."""
    table, key = model._meta.db_table, model._meta.auto_field
    if key is None:
        raise TypeError(f"the database does not number {table}")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT setval(sequence, nextval(sequence) + %s)"
                " FROM (SELECT pg_get_serial_sequence(%s, %s)::regclass AS sequence) AS its",
                [by - 1, f'"{table}"', key.column],
            )
        else:
            cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s WHERE name = %s", [by, table])
            if not cursor.rowcount:  # nothing was ever numbered
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, by])


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where the rows go: table, columns, what a value becomes on its way (if anything), further defaults."""

    table: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    becomes: tuple[tuple[int, Callable[[Any], Any]], ...]
    defaults: tuple[Callable[[], Any], ...]


def _copy(plan: _Plan, rows: Iterable[list[Any]]) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(plan.table), sql.SQL(", ").join([sql.Identifier(name) for name in plan.columns])
    )
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(plan.types)
        for row in rows:
            copy.write_row(_ready(plan, row))


def _execute(plan: _Plan, rows: Iterable[list[Any]]) -> None:
    name = connection.ops.quote_name
    columns, marks = ", ".join(map(name, plan.columns)), ", ".join(["%s"] * len(plan.columns))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {name(plan.table)} ({columns}) VALUES ({marks})",  # noqa: S608  # our own names
            [_ready(plan, row) for row in rows],
        )


def _ready(plan: _Plan, row: list[Any]) -> list[Any]:
    for place, become in plan.becomes:
        row[place] = become(row[place])
    return row


@lru_cache(maxsize=64)
def _plan(model: type[models.Model], fields: tuple[str, ...]) -> _Plan:
    named = {field.attname: field for field in model._meta.concrete_fields}
    others = [
        field
        for name, field in named.items()
        if name not in fields and not isinstance(field, models.AutoField) and not field.null
    ]
    columns = [*(named[name] for name in fields), *others]
    types = [(field.db_type(connection) or "").partition("(")[0] for field in columns]
    changed = [(place, _becoming(field)) for place, field in enumerate(columns)]
    return _Plan(
        model._meta.db_table,
        tuple(str(field.column) for field in columns),
        tuple(_NAMES.get(name, name) for name in types),
        tuple((place, become) for place, become in changed if become is not None),
        tuple(field.get_default for field in others),
    )


def _becoming(field: "models.Field[Any, Any]") -> Callable[[Any], Any] | None:
    """What makes of a value what the driver takes; most are taken as they are."""
    if connection.vendor == "postgresql":
        return _as_json if isinstance(field, models.JSONField) else None
    kinds = (models.DateTimeField, models.DateField, models.UUIDField, models.JSONField)
    return partial(field.get_db_prep_save, connection=connection) if isinstance(field, kinds) else None


def _as_json(value: Any) -> Jsonb | None:
    return None if value is None else Jsonb(value)
