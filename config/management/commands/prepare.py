"""``manage.py prepare``: brings the database to this code's state, or says in a sentence why it cannot.

Its last word is what the database holds: ``empty``, ``demo`` (the demo city) or ``city`` (a real one). On a
machine that is its own root, that root's delegation is made or renewed before anything starts.
"""

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from issuers import localroot, trust, whereabouts
from issuers.errors import IssuersError, NotTrusted
from issuers.models import City, Issuer
from passport.models import Learner


class Command(BaseCommand):
    """Migrates; refuses a database that is newer than the code, signed under another address, or restored."""

    help = "Brings the database to this code's state, or says in a sentence why it cannot."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            connection.ensure_connection()
            loader = MigrationLoader(connection, ignore_no_migrations=True)
        except DatabaseError as error:
            raise CommandError(f"The database does not open: {str(error).strip().splitlines()[0]}") from error
        ours = {"passport", "verify", "credentials", "issuers"}
        unknown = sorted(
            f"{app}.{name}"
            for app, name in loader.applied_migrations
            if app in ours and (app, name) not in loader.disk_migrations
        )
        if unknown:
            raise CommandError(
                f"The database is newer than this code (it knows {unknown[-1]}). Start the newer release."
            )
        try:
            call_command("migrate", verbosity=0, interactive=False)
            call_command("createcachetable", verbosity=0)
            city = City.objects.filter(pk=1).first()
            empty = not (city or Issuer.objects.exists() or Learner.objects.exists())
        except DatabaseError as error:
            raise CommandError(
                f"The database is broken or not ours: {str(error).strip().splitlines()[0]}"
            ) from error
        if city and city.base_url and city.base_url != settings.BASE_URL:
            raise CommandError(
                f"Certificates here were signed under {city.base_url}. Start with BASE_URL={city.base_url}, "
                f"not {settings.BASE_URL}."
            )
        if whereabouts.moved():
            raise CommandError(
                "This database was restored from a backup, or copied. Run manage.py after_restore first, so "
                "that nothing that was given out since is given out again."
            )
        try:
            localroot.delegate(now=timezone.now())
            trust.roots()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        except NotTrusted as error:
            raise CommandError(
                f"A delegation here is not of this machine's root ({error.reason})."
            ) from error
        except IssuersError as error:
            raise CommandError(str(error)) from error
        whereabouts.settle()
        self.stdout.write("empty" if empty else "demo" if city and city.census.get("demo") else "city")
