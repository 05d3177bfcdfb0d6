"""``manage.py demo_signins``: prints who signs in to the demo, and where the codes appear."""

from typing import Any

from django.core.management.base import BaseCommand

from passport.demo.signins import sign_ins


class Command(BaseCommand):
    """A table for whoever has just started the demo."""

    help = "Prints who signs in to the demo, and where the codes appear."

    def handle(self, *args: Any, **options: Any) -> None:
        rows = [("Role", "Name", "Sign-in", "Codes appear at")]
        rows += [(row.role, row.name, row.address, row.codes) for row in sign_ins()]
        if len(rows) == 1:
            self.stdout.write("There are no demo sign-ins here.")
            return
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.stdout.write(f"  {'  '.join(cells)}".rstrip())
