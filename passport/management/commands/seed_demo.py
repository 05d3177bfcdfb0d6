"""``manage.py seed_demo``: fills an empty database with the demo city, Casablanca with invented people.

With ``--year`` a whole year of 35,000 certificates is added; Ctrl-C stops it, another run goes on.
"""

import time
from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, OutputWrapper
from django.db import DatabaseError
from django.utils import timezone

from credentials.errors import CredentialsError
from issuers.errors import IssuersError, NoKeyRoom
from passport.demo import seed, year

LEAST = 100


def moment(text: str) -> datetime:
    """An ISO 8601 moment; without an offset it is the city's time."""
    value = datetime.fromisoformat(text)
    return value if value.tzinfo else timezone.make_aware(value)


def number_of_certificates(text: str) -> int:
    """Enough of them to make a year."""
    value = int(text)
    if value < LEAST:
        raise ArgumentTypeError(f"A year has at least {LEAST} certificates.")
    return value


class Meter:
    """Says a line a month: how many certificates were issued, and how many a second."""

    def __init__(self, out: OutputWrapper) -> None:
        self._out, self._month, self._before, self._since = out, "", 0, time.perf_counter()

    def __call__(self, now: datetime, issued: int) -> None:
        month = f"{now:%Y-%m}"
        if self._month and month != self._month:
            self.line(issued)
        self._month = month

    def line(self, issued: int) -> None:
        fresh, clock = issued - self._before, time.perf_counter()
        if fresh:
            self._out.write(f"{self._month}  {fresh:6,}  {fresh / (clock - self._since):6.0f} a second")
            self._out.flush()
        self._before, self._since = issued, clock


class Command(BaseCommand):
    """The city: all or nothing, and a database that is not empty stays as it is. Its year: day by day."""

    help = "Fills an empty database with the demo city; with --year, adds a year of 35,000 certificates."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="say nothing if the database is not empty"
        )
        parser.add_argument("--now", type=moment, metavar="ISO", help="tell the story as of this moment")
        parser.add_argument(
            "--year",
            action="store_true",
            help="then live the year before that moment: minutes, with the product stopped; "
            "Ctrl-C stops it, and another run goes on",
        )
        parser.add_argument(
            "--certificates",
            type=number_of_certificates,
            default=year.CERTIFICATES,
            metavar="N",
            help=f"how many the year has ({year.CERTIFICATES} unless told otherwise)",
        )
        parser.add_argument("--seed", type=int, default=year.DICE, metavar="N", help="for another year")

    def handle(self, *args: Any, **options: Any) -> None:
        now = options["now"] or timezone.now()
        if now > timezone.now():
            raise CommandError("The moment that --now names lies in the future.")
        try:
            self._city(now=now, options=options)
            if options["year"]:
                self._year(now=now, options=options)
        except seed.NotEmpty as refusal:
            if options["if_empty"]:
                return
            raise CommandError("The database is not empty, so the demo city was not added.") from refusal
        except NoKeyRoom as refusal:
            raise CommandError(
                "To sign the demo city, let KEY_ENCRYPTION_KEY_FILE name a file with 32 bytes in base64."
            ) from refusal
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        except year.TooEarly as refusal:
            raise CommandError("The year would begin before the demo city taught anything.") from refusal
        except (IssuersError, CredentialsError, seed.NotIssued, DatabaseError) as error:
            raise CommandError(f"The demo city was not made: {str(error) or type(error).__name__}") from error

    def _city(self, *, now: datetime, options: dict[str, Any]) -> None:
        try:
            made = seed.seed(now=now)
        except seed.HereAlready:
            if not options["if_empty"] and not options["year"]:
                self.stdout.write("The demo city is here already.")
            return
        self.stdout.write(f"The demo city is ready: {made} certificates.")

    def _year(self, *, now: datetime, options: dict[str, Any]) -> None:
        note = year.begun()
        if note and not note["whole"]:
            self.stdout.write(f"Going on with the year of {note['certificates']:,} certificates, as begun.")
        meter = Meter(self.stdout)
        started = time.perf_counter()
        try:
            issued = year.live(
                now=now, certificates=options["certificates"], dice=options["seed"], watch=meter
            )
        except year.HereAlready:
            if not options["if_empty"]:
                self.stdout.write("The year is here already.")
            return
        except KeyboardInterrupt:
            raise CommandError("Stopped. Run the same command again and the year goes on.") from None
        meter.line(issued)
        self.stdout.write(f"The year is ready, after {time.perf_counter() - started:.0f} seconds:")
        for what, number in year.figures():
            self.stdout.write(f"  {number:7,}  {what}")
