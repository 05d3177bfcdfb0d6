"""Writes many rows at once: by COPY where the database is PostgreSQL, by bulk inserts elsewhere."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connection, models
from psycopg import sql
from psycopg.types.json import Jsonb

BULK = 100  # rows an INSERT: SQLite takes 32,766 values in one statement

#: PostgreSQL's own names of the types that Django's columns have, where they differ.
_NAMES = {"character varying": "varchar", "bigint": "int8", "integer": "int4", "smallint": "int2"}


def insert(model: type[models.Model], *, fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert ``rows``, each with the values of ``fields`` (names of columns); the others get their defaults.

    Values are what the columns hold: ``None``, text, whole numbers, bytes, aware moments, UUIDs, JSON-ready
    data for a JSON field. Takes part in the present transaction. Raises IntegrityError.
    """
    if connection.vendor == "postgresql":
        _copy(model, tuple(fields), rows)
        return
    model._default_manager.bulk_create(
        [model(**dict(zip(fields, row, strict=True))) for row in rows], batch_size=BULK
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    """The statement, the type of each column, which of them are JSON, and whose defaults are to be added."""

    statement: sql.Composed
    types: list[str]
    json: frozenset[int]
    defaults: tuple[Any, ...]


def _copy(model: type[models.Model], fields: tuple[str, ...], rows: Iterable[Sequence[Any]]) -> None:
    plan = _plan(model, fields)
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(plan.statement) as copy:
        copy.set_types(plan.types)
        for row in rows:
            if plan.defaults:
                row = [*row, *(default() for default in plan.defaults)]  # noqa: PLW2901  # the same row, whole
            if plan.json:
                row = [Jsonb(v) if n in plan.json and v is not None else v for n, v in enumerate(row)]  # noqa: PLW2901  # as above
            copy.write_row(row)


@lru_cache(maxsize=64)
def _plan(model: type[models.Model], fields: tuple[str, ...]) -> _Plan:
    named = {field.attname: field for field in model._meta.concrete_fields}
    others = [
        field
        for name, field in named.items()
        if name not in fields and not isinstance(field, models.AutoField) and not field.null
    ]
    columns = [*(named[name] for name in fields), *others]
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join([sql.Identifier(str(field.column)) for field in columns]),
    )
    types = [(field.db_type(connection) or "").partition("(")[0] for field in columns]
    return _Plan(
        statement,
        [_NAMES.get(name, name) for name in types],
        frozenset(n for n, field in enumerate(columns) if isinstance(field, models.JSONField)),
        tuple(field.get_default for field in others),
    )
