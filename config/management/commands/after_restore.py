"""``manage.py after_restore``: makes a database that was restored from a backup safe to run on."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.restoring import ClockBehind, after_restore, told


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
        self.stdout.write(told(done))
