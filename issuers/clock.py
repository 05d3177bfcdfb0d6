"""The moment that workers and the sweeper write down: the database's, one clock for all machines.

A worker whose own clock is wrong would date certificates wrongly, find mandates ended that run, and refuse
rows that were accepted. The web dates what it accepts by its own clock: whoever accepts looks at it.
"""

from datetime import datetime

from django.db import connection
from django.utils import timezone


def now() -> datetime:
    """The database's clock; SQLite has none but this machine's. Raises django.db.Error where it is away."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment
