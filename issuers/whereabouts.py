"""Notices that a database is not the one that ran here last: restored from a backup, copied or moved.

A restored database has forgotten what was given out after its backup. Run on, it would give a second person a
status slot that somebody holds already. So the database remembers where it lives, and whoever starts the
product compares. PostgreSQL tells by itself (its cluster, its timeline, the ids of its tables: a dump that is
read back gets others); SQLite has a token in the database and in a file beside it, renewed at every start.
"""

import os
import secrets
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction

from .models import Whereabouts

#: What no database's place is ever called: it was just restored, and nobody has looked after it yet.
RESTORED = "restored"
TABLE = Whereabouts._meta.db_table


def moved() -> bool:
    """Whether the database says that it lives elsewhere; one that was never told where it lives does not."""
    held = Whereabouts.objects.filter(pk=1).values_list("place", flat=True).first()
    return bool(held) and held not in _here()


def settle(*, restored_at: datetime | None = None) -> None:
    """Tell the database that it lives here, from now on; with ``restored_at`` that it was looked after."""
    place = _new_place()
    fields = {"place": place} | ({"restored_at": restored_at} if restored_at else {})
    Whereabouts.objects.update_or_create(pk=1, defaults=fields)
    transaction.on_commit(lambda: _settled(place))


def unsettle() -> None:
    """Say of a database that was just filled from a backup that nobody has looked after it yet."""
    Whereabouts.objects.update_or_create(pk=1, defaults={"place": RESTORED})


def _here() -> tuple[str, ...]:
    """The names that this place goes by."""
    if connection.vendor == "postgresql":
        return (_postgresql_place(),)
    mark = _mark()
    return tuple(mark.read_text().split()) if mark is not None and mark.is_file() else ()


def _new_place() -> str:
    if connection.vendor == "postgresql":
        return _postgresql_place()
    place, mark = secrets.token_urlsafe(16), _mark()
    if mark is not None:
        # The name that was good is so until the database has the new one: dying in between is no restore.
        _write(mark, "\n".join((place, *_here())))
    return place


def _settled(place: str) -> None:
    mark = None if connection.vendor == "postgresql" else _mark()
    if mark is not None:
        _write(mark, place)


def _postgresql_place() -> str:
    """Cluster, database, timeline and table: a dump changes the table's id, a recovery the timeline."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT system_identifier FROM pg_control_system()), pg_database.oid,"
            " left(pg_walfile_name(pg_current_wal_insert_lsn()), 8), %s::regclass::oid"
            " FROM pg_database WHERE datname = current_database()",
            [TABLE],
        )
        return "/".join(str(part) for part in cursor.fetchone())


def _mark() -> Path | None:
    """The file beside a SQLite database that says which database lived here last."""
    name = str(connection.settings_dict["NAME"])
    return None if ":memory:" in name else Path(f"{name}.mark")


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.new")
    with draft.open("w") as file:
        draft.chmod(0o600)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
