"""``manage.py after_restore``: makes a database that was restored from a backup safe to run on."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.restoring import ClockBehind, after_restore

TO_DO_AGAIN = """\
What happened after that is not in this database. Before you start workers and web, do again:
  - signing keys that were ended (revoke_key), issuers and mandates that were suspended;
  - certificates that were revoked, suspended or replaced;
  - lists that were stopped: they go on;
  - people and programs that lost their role or key, addresses that were taken off;
  - what people asked to have erased.
Lists that were handed in after that are to be handed in again: their certificates are out and verify, but no
passport has them. Start with passport-prepare.
"""


class Command(BaseCommand):
    """Says how far back the database goes, and what people must do again."""

    help = (
        "Run once after a database was restored from a backup, before anything else is started: no status "
        "slot is given out twice, no published version goes back."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = after_restore(now=timezone.now())
        except ClockBehind as error:
            raise CommandError(str(error)) from error
        if done.newest is None:
            self.stdout.write("The database is empty. It may be started.")
            return
        self.stdout.write(
            f"The newest thing that this database knows is of {done.newest:%Y-%m-%d %H:%M:%S} UTC.\n"
            f"Closed: {done.lists_closed} status lists. Renewed: ids of {done.ids_renewed} undecided rows. "
            f"Ended: {done.signed_out} sessions, {done.codes_dropped} codes.\n"
            f"To be signed: {done.rows_waiting} rows in {done.batches_waiting} lists.\n"
        )
        self.stdout.write(TO_DO_AGAIN)
