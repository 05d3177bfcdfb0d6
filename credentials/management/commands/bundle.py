"""``manage.py bundle FILE``: writes the published bundle for a machine without a network."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from credentials import bundling
from issuers.errors import IssuersError


class Command(BaseCommand):
    """The file is what ``/bundle.jwt`` hands out; who reads it checks it against the city's roots."""

    help = "Write all keys and status lists into one signed file, for a kiosk or a USB stick."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            published = bundling.wanted(now=timezone.now())
        except IssuersError as error:
            raise CommandError(str(error)) from error
        if published is None:
            raise CommandError("There is no bundle yet, and the signing worker did not make one in time.")
        try:
            file.write_text(published.body)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        self.stdout.write(
            f"{file}: of {published.signed_at:%Y-%m-%d %H:%M} UTC, {len(published.body):,} bytes."
        )
