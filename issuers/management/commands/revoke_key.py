"""``manage.py revoke_key``: withdraws a key that somebody else may hold, in the name of two persons."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from issuers import reading, withdrawals
from issuers.errors import IssuersError


class Command(BaseCommand):
    """The signing worker makes the successor and signs directory and lists anew, a moment later."""

    help = (
        "Withdraw a compromised key: nothing under it counts any more. Two persons of the city stand for it; "
        "one may act --alone fifteen minutes after proposing it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kid", help="thumbprint, short name, or did…#thumbprint")
        parser.add_argument(
            "--by", required=True, metavar="PASSPORT", help="an officer's or approver's number"
        )
        parser.add_argument("--reason", default="", help="one sentence, for the register's history")
        second = parser.add_mutually_exclusive_group()
        second.add_argument("--seconded-by", metavar="PASSPORT", help="an approver's number: another person")
        second.add_argument("--alone", action="store_true", help="the second person has not answered")

    def handle(self, *args: Any, **options: Any) -> None:
        number = options["seconded_by"]
        try:
            done = withdrawals.revoke(
                key=withdrawals.key_named(name=options["kid"]),
                reason=options["reason"],
                by=reading.person(passport_number=options["by"]),
                seconded_by=reading.person(passport_number=number) if number else None,
                alone=options["alone"],
                now=timezone.now(),
            )
        except IssuersError as error:
            raise CommandError(str(error)) from error
        if done.confirmed_at:
            self.stdout.write(f"{done.key} is withdrawn. The signing worker makes its successor.")
            return
        moment = timezone.localtime(done.alone_from)
        self.stdout.write(
            f"Proposed. {done.key} still signs: a second person confirms it with --seconded-by, "
            f"or you repeat it with --alone from {moment:%H:%M} on."
        )
