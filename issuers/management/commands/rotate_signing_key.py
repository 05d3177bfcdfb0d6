"""``manage.py rotate_signing_key``: a planned change of keys by hand, or at once where it cannot wait."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from issuers import reading, rotation
from issuers.errors import IssuersError
from issuers.keys import CITY_KEYS, Algorithm, Purpose


class Command(BaseCommand):
    """Runs where the signer runs, since it makes keys."""

    help = (
        "Prepare the successor of an issuer's keys; it signs a week later, when every cache knows it. "
        "Asked again then, or with --now, it signs at once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        owner = parser.add_mutually_exclusive_group(required=True)
        owner.add_argument("slug", nargs="?", help="the issuer's short name")
        owner.add_argument(
            "--city", choices=[purpose.value for purpose in CITY_KEYS], help="a key of the city"
        )
        parser.add_argument("--algorithm", choices=Algorithm.values, default="", help="without it: each")
        parser.add_argument(
            "--now", action="store_true", help="do not wait: some verifiers refuse it for up to a day"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["slug"]
        try:
            successors = rotation.rotate(
                issuer=reading.issuer(slug=slug) if slug else None,
                purpose=options["city"] or Purpose.ISSUER,
                algorithm=options["algorithm"],
                now=timezone.now(),
                at_once=options["now"],
            )
        except IssuersError as error:
            raise CommandError(str(error)) from error
        for key in successors:
            self.stdout.write(f"{key.algorithm} {key.thumbprint}: {key.get_state_display()}")
