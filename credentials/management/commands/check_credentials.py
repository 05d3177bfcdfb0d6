"""``manage.py check_credentials``: re-checks everything ever issued; exit status 1 if anything is wrong."""

import json
import time
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from credentials import rechecking


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("a day or a moment, such as 2026-11-24") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class Command(BaseCommand):
    """Prints what is wrong, certificate by certificate."""

    help = "Re-check every certificate, its paper, its slot, its lists and its place in the audit log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since", type=_moment, help="leave out lists that were complete before this day (UTC)"
        )
        parser.add_argument(
            "--json", action="store_true", help="one JSON object a line, the last one a summary"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tally, wrong, began = rechecking.Tally(), 0, time.monotonic()
        for fault in rechecking.recheck(now=timezone.now(), since=options["since"], tally=tally):
            wrong += 1
            if options["json"]:
                self.stdout.write(json.dumps({"subject": fault.subject, "wrong": fault.codes}))
            else:
                self.stdout.write(f"{fault.subject:<40} {', '.join(fault.codes)}")
        seconds = time.monotonic() - began
        if options["json"]:
            told = {
                "checked": tally.checked,
                "erased": tally.erased,
                "wrong": wrong,
                "seconds": round(seconds, 3),
            }
            self.stdout.write(json.dumps(told))
        else:
            self.stdout.write(
                f"{tally.checked} certificates ({tally.erased} erased), {wrong} wrong, {seconds:.1f} s"
            )
        if wrong:
            raise SystemExit(1)
