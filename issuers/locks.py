"""Locks on a key: many may store what it signed, one may end it, and whoever comes first is served first.

Row locks starve whoever ends a key: each new share lock overtakes the one that waits. PostgreSQL's advisory
locks queue fairly. On SQLite a transaction is IMMEDIATE and excludes every other writer already.
"""

from django.db import connection, transaction

#: The first of the two numbers that name an advisory lock; no other lock of the product begins with it.
KEYS = 0x6B6579
INT4 = 2**31  # two keys that share a number wait for each other, and nothing worse


def share(*, key_id: int) -> None:
    """Until the end of this transaction nobody ends the key; waits for whoever is ending it.

    Look at the key's state afterwards, in a statement of its own: a look before the lock sees the past.
    """
    _lock("pg_advisory_xact_lock_shared", key_id)


def hold(*, key_id: int) -> None:
    """Until the end of this transaction nobody stores what the key signed; waits for those who do."""
    _lock("pg_advisory_xact_lock", key_id)


def _lock(function: str, key_id: int) -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A key is locked for a transaction, and there is none.")
    if connection.vendor == "postgresql":  # pragma: no branch  # elsewhere there is one writer at a time
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s, %s)", [KEYS, key_id % INT4])
