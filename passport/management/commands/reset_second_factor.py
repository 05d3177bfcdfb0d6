"""``manage.py reset_second_factor``: for a member of staff who has lost her phone or her key."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from issuers import reading
from issuers.errors import IssuersError
from passport import secondfactors


class Command(BaseCommand):
    """An operator's verb for which two people stand, by name, in the register's history."""

    help = "Take away all second factors of a person who has lost them, and end her sessions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("passport_number")
        parser.add_argument("--asked-by", required=True, metavar="PASSPORT_NUMBER")
        parser.add_argument("--confirmed-by", required=True, metavar="PASSPORT_NUMBER")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            number = secondfactors.reset(
                learner=reading.person(passport_number=options["passport_number"]),
                asked_by=reading.person(passport_number=options["asked_by"]),
                confirmed_by=reading.person(passport_number=options["confirmed_by"]),
                now=timezone.now(),
            )
        except IssuersError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{options['passport_number']}: {number} taken away. She sets up another when she next signs in."
        )
