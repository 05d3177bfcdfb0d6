"""``manage.py rewrap_keys``: seals every signing key anew, under another key-encryption key."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from issuers import keyroom, keys
from issuers.errors import IssuersError

WHERE = "a file's path, token or token:LABEL; without it: the one of the settings"


class Command(BaseCommand):
    """While it runs, and until the signing processes hold the new one, nothing is signed; all of it waits."""

    help = "Seal every signing key anew under another key-encryption key: all of them, or none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="old", metavar="KEK", help=WHERE)
        parser.add_argument("--to", dest="new", metavar="KEK", help=WHERE)

    def handle(self, *args: Any, **options: Any) -> None:
        old, new = options["old"], options["new"]
        if not old and not new:
            raise CommandError("Say where the old key-encryption key is (--from), or the new one (--to).")
        try:
            count = keys.rewrap(
                old=keyroom.enter_named(old) if old else keyroom.enter(),
                new=keyroom.enter_named(new) if new else keyroom.enter(),
            )
        except IssuersError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{count} keys sealed anew.")
