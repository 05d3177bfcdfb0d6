"""``manage.py restore``: brings a backup back, and makes it safe to run on."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config import backups
from config.dumping import CannotCopy
from config.restoring import ClockBehind, told


class Command(BaseCommand):
    """Stop web, workers and sweeper first."""

    help = "Bring a backup back: checks it, replaces the database, migrates, runs after_restore."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--replace", action="store_true", help="though the database holds something")

    def handle(self, *args: Any, file: Path, replace: bool, **options: Any) -> None:
        try:
            made, done = backups.restore(file=file, replace=replace, now=timezone.now())
        except (CannotCopy, ClockBehind) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Restored: the backup of {made.made_at}.")
        self.stdout.write(told(done))
