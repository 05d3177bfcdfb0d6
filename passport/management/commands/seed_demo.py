"""``manage.py seed_demo``: fills an empty database with the demo city, Casablanca with invented people."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from credentials.errors import CredentialsError
from issuers.errors import IssuersError, NoKeyRoom
from passport.demo import seed


def moment(text: str) -> datetime:
    """An ISO 8601 moment; without an offset it is the city's time."""
    value = datetime.fromisoformat(text)
    return value if value.tzinfo else timezone.make_aware(value)


class Command(BaseCommand):
    """All or nothing: a database that is not empty stays as it is."""

    help = "Fills an empty database with the demo city."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="say nothing if the database is not empty"
        )
        parser.add_argument("--now", type=moment, metavar="ISO", help="tell the story as of this moment")

    def handle(self, *args: Any, **options: Any) -> None:
        now = options["now"] or timezone.now()
        if now > timezone.now():
            raise CommandError("The moment that --now names lies in the future.")
        try:
            made = seed.seed(now=now)
        except seed.HereAlready:
            if not options["if_empty"]:
                self.stdout.write("The demo city is here already.")
            return
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
        except (IssuersError, CredentialsError, seed.NotIssued, DatabaseError) as error:
            raise CommandError(f"The demo city was not made: {str(error) or type(error).__name__}") from error
        self.stdout.write(f"The demo city is ready: {made} certificates.")
