"""``manage.py totp EMAIL``: prints the second factor's code of a demo account."""

from argparse import ArgumentParser
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from passport import secondfactors


class Command(BaseCommand):
    """In a demo alone: elsewhere a second factor is nobody's but its owner's."""

    help = "Prints the present second-factor code of a demo account."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Codes are shown in a demo alone: DEMO is off.")
        authenticator = Authenticator.objects.filter(
            type=Authenticator.Type.TOTP,
            user__addresses__kind="email",
            user__addresses__value=options["email"].strip().lower(),
        ).first()
        if authenticator is None:
            raise CommandError(f"Nobody with a second factor signs in as {options['email']}.")
        self.stdout.write(secondfactors.current_code(authenticator))
