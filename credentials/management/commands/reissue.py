"""``manage.py reissue KID``: signs anew what a withdrawn key signed; asked again it says how far that is."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from credentials import reissue
from issuers import reading
from issuers.errors import IssuersError
from issuers.models import SigningKey


class Command(BaseCommand):
    """Orders the successors; the workers and the sweeper issue them."""

    help = "Give every living certificate of a withdrawn key a successor under the issuer's new key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kid", help="the key's thumbprint, or its short name on paper (16 hex digits)")
        parser.add_argument("--by", metavar="PASSPORT", help="who orders it, for the history")
        parser.add_argument("--status", action="store_true", help="order nothing, say how far it is")

    def handle(self, *args: Any, **options: Any) -> None:
        now, key = timezone.now(), _key(options["kid"])
        try:
            by = reading.person(passport_number=options["by"]) if options["by"] else None
            if not options["status"]:
                ordered = reissue.order(key=key, by=by, now=now)
                self.stdout.write(f"Ordered: {ordered.ordered}.")
                for theme, number in sorted(ordered.without_mandate.items()):
                    self.stdout.write(f"Left, as the provider has no mandate for {theme} now: {number}.")
        except IssuersError as error:
            raise CommandError(f"{error} A key must be withdrawn first: manage.py revoke_key.") from error
        found = reissue.standing(key=key, now=now)
        self.stdout.write(
            f"Replaced: {found.replaced}. Being signed: {found.waiting}. Not ordered: {found.not_ordered}."
        )


def _key(kid: str) -> SigningKey:
    """The one key of this name. Raises CommandError."""
    named = SigningKey.objects.filter(thumbprint=kid) | SigningKey.objects.filter(kid8=kid.lower())
    found = list(named[:2])
    if len(found) != 1:
        raise CommandError(
            "There is no key of this name." if not found else "Two keys have this name: use the long one."
        )
    return found[0]
