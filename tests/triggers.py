"""Opens the insert-only tables of the audit log, as somebody does who owns the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

TABLES = ("issuers_auditevent", "issuers_auditleaf", "issuers_auditcheckpoint")


@contextmanager
def audit_log_open() -> Iterator[None]:
    """For the length of the block the triggers are away."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what waits to be checked is checked before
            cursor.execute("SET session_replication_role = replica")
            again = ["SET session_replication_role = DEFAULT", "SET CONSTRAINTS ALL DEFERRED"]
        else:
            cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'issuers_audit%%'"
            )
            found = cursor.fetchall()
            for name, _ in found:
                cursor.execute(f"DROP TRIGGER {name}")
            again = [sql for _, sql in found]
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for statement in again:
                cursor.execute(statement)


@contextmanager
def as_owner() -> Iterator[Any]:
    """A cursor past triggers, foreign keys and checks; for tests that commit."""
    with audit_log_open(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA foreign_keys = OFF")
            cursor.execute("PRAGMA ignore_check_constraints = ON")
        yield cursor
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA foreign_keys = ON")
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
