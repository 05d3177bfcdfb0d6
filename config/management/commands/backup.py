"""``manage.py backup``: writes the database into one file, or checks that such a file can be restored."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config import backups
from config.dumping import CannotCopy


class Command(BaseCommand):
    """The key-encryption key is not in it, and must not lie beside it."""

    help = (
        "Write the database into one file (mode 0600); with --verify bring one back into a scratch database."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--verify", action="store_true", help="check FILE instead of writing it")

    def handle(self, *args: Any, file: Path, verify: bool, **options: Any) -> None:
        try:
            made = backups.verify(file=file) if verify else backups.backup(file=file, now=timezone.now())
        except CannotCopy as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{file}: of {made.made_at}, {made.size:,} bytes, "
            f"{made.rows.get('credentials_credential', 0):,} certificates, SHA-256 {made.sha256}."
        )
        if verify:
            self.stdout.write("It was brought back into a database of its own, and nothing is missing.")
