"""``manage.py demo_signins``: prints who signs in to the demo, and where the codes appear."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, no_translations

from passport.demo.desks import card_to_try
from passport.demo.signins import sign_ins


class Command(BaseCommand):
    """A table for whoever has just started the demo."""

    help = "Prints who signs in to the demo, and where the codes appear."

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        found = sign_ins()
        if not found:
            self.stdout.write("There are no demo sign-ins here.")
            return
        rows = [("Role", "Name", "Sign-in", "Second step")]
        rows += [(row.role, row.name, row.address, "yes" if row.second_step else "no") for row in found]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.stdout.write(f"  {'  '.join(cells)}".rstrip())
        if card := card_to_try():
            self.stdout.write(
                f"\n  {card.name} has a paper card: {settings.BASE_URL}/accounts/card"
                f"\n  Her passport number is {card.number}, her PIN {card.pin}."
            )
        staff = next(row.address for row in found if row.second_step)
        self.stdout.write(
            f"\n  Codes arrive at {settings.BASE_URL}/outbox/, where staff find that of the second step too."
            f"\n  The second step on the command line: DEMO=1 .venv/bin/python manage.py totp {staff}"
        )
