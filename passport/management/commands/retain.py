"""``manage.py retain``: says what is over, and with ``--apply`` lets it go."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from issuers import clock
from passport import retention


class Command(BaseCommand):
    """Without ``--apply`` nothing is touched. The sweeper applies the rules by itself."""

    help = "Lists what is kept too long; --apply lets it go, as the sweeper does by itself."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--apply", action="store_true", help="do it, not only say it")

    def handle(self, *args: Any, apply: bool, **options: Any) -> None:
        verb = retention.tend if apply else retention.due
        for name, count in verb(now=clock.now()).items():
            self.stdout.write(f"{count:7}  {name}")
        if not apply:
            self.stdout.write("Nothing was touched. Add --apply to do it.")
