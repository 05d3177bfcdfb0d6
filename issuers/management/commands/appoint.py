"""``manage.py appoint``: gives a person a role, above all the city's first officer and approver."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from issuers import reading, staff
from issuers.errors import IssuersError
from issuers.models import Role


class Command(BaseCommand):
    """An operator's verb: it asks nobody's leave, and the register's history says so."""

    help = "Give a person a role at the city, or at an issuer with --issuer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("passport_number")
        parser.add_argument("role", choices=Role.values)
        parser.add_argument("--issuer", metavar="SLUG", help="without it: a role at the city")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            membership = staff.appoint(
                issuer=reading.issuer(slug=options["issuer"]) if options["issuer"] else None,
                person=reading.person(passport_number=options["passport_number"]),
                role=options["role"],
                now=timezone.now(),
            )
        except IssuersError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{options['passport_number']} is {membership.get_role_display()}.")
