"""``manage.py register_issuer``: enters an issuer that two persons of the city stand for, in one go."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from issuers import reading, registry
from issuers.errors import IssuersError
from issuers.models import IssuerKind, Theme


class Command(BaseCommand):
    """The signing worker makes the keys a moment later."""

    help = (
        "Enter an issuer and its mandates. Two persons of the city answer for it: an officer and an approver."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="short name in addresses, for ever: small letters, digits, dashes")
        parser.add_argument("--name-fr", required=True)
        parser.add_argument("--name-ar", required=True)
        parser.add_argument("--kind", required=True, choices=IssuerKind.values)
        parser.add_argument("--arrondissement", required=True, metavar="CODE", help="such as 06.141.01.53")
        parser.add_argument("--email", default="")
        parser.add_argument(
            "--theme", action="append", default=[], choices=Theme.values, help="may be given several times"
        )
        parser.add_argument("--from", type=date.fromisoformat, dest="starts_on", metavar="YYYY-MM-DD")
        parser.add_argument("--proposed-by", required=True, metavar="PASSPORT", help="an officer's number")
        parser.add_argument("--approved-by", required=True, metavar="PASSPORT", help="an approver's number")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            issuer = registry.register(
                slug=options["slug"],
                name_fr=options["name_fr"],
                name_ar=options["name_ar"],
                kind=options["kind"],
                arrondissement=reading.arrondissement(code=options["arrondissement"]),
                email=options["email"],
                themes=options["theme"],
                starts_on=options["starts_on"] or timezone.localdate(now),
                proposed_by=reading.person(passport_number=options["proposed_by"]),
                approved_by=reading.person(passport_number=options["approved_by"]),
                now=now,
            )
        except IssuersError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{issuer.slug} is in the register. The signing worker makes its keys.")
