"""``manage.py import_roster FILE``: a list from the command line; exit status 0 all, 1 some, 2 nobody."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from credentials import batches, findings, holding, intake, rosters
from credentials.errors import CredentialsError, NobodyToIssue
from credentials.models import Award, Batch
from credentials.people import LANGUAGES
from issuers import reading
from issuers.errors import IssuersError

ALL, SOME, NOBODY = range(3)
Slips = Sequence[dict[str, Any]]


class Command(BaseCommand):
    """The same file for the same course, day and group is one list, however often it is imported."""

    help = (
        "Order a list of people (CSV or XLSX) to be issued. Prints the rows that are wrong. "
        "0: every row accepted, 1: some are wrong and the others accepted, 2: nothing accepted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="the list; - for standard input")
        parser.add_argument("--issuer", required=True, metavar="SLUG")
        parser.add_argument(
            "--achievement", required=True, metavar="CODE", help="the provider's code, or an id"
        )
        parser.add_argument("--date", required=True, type=date.fromisoformat, metavar="YYYY-MM-DD")
        parser.add_argument("--session", default="", metavar="NAME", help="of the group")
        parser.add_argument(
            "--language", default="fr", choices=LANGUAGES, help="of messages; a row may say its own"
        )
        parser.add_argument("--by", default="", metavar="PASSPORT", help="who orders it: a passport number")
        parser.add_argument("--no-messages", action="store_true", help="tell nobody by SMS or e-mail")
        parser.add_argument("--dry-run", action="store_true", help="check everything, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            status = self._import(_bytes(options["file"]), options)
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}", returncode=NOBODY) from None
        except (CredentialsError, IssuersError) as refusal:
            if isinstance(refusal, NobodyToIssue):
                self._table(findings.wrong(refusal.rows, most=None))
            raise CommandError(str(refusal.message), returncode=NOBODY) from None
        if status:
            sys.exit(status)

    def _import(self, data: bytes, options: dict[str, Any]) -> int:
        now = timezone.now()
        issuer = reading.issuer(slug=options["issuer"])
        by = reading.person(passport_number=options["by"]) if options["by"] else None
        course = intake.course(issuer=issuer, name=options["achievement"])
        terms = intake.Terms(
            achievement=course.pk,
            awarded_on=options["date"],
            session=options["session"],
            language=options["language"],
            notify=not options["no_messages"],
        )
        sheet = intake.read(data, filename=options["file"])
        rows = intake.check(((row.number, row.cells) for row in sheet.rows), terms=terms)
        if options["dry_run"]:
            return self._look(intake.look(issuer=issuer, terms=terms, rows=rows, now=now))
        opened = intake.import_file(
            issuer=issuer,
            achievement=course,
            terms=terms,
            rows=rows,
            data=data,
            file_name=Path(options["file"]).name,
            by=by,
            now=now,
        )
        return self._kept(opened.batch, created=opened.created)

    def _look(self, look: intake.Look) -> int:
        counts = findings.count(look.rows)
        self._table(findings.wrong(look.rows, most=None))
        right, wrong = counts.pop(Award.State.PENDING.value), sum(counts.values())
        self.stdout.write(f"{right} of {right + wrong} rows would be issued. Nothing was written.")
        return _status(right=right, wrong=wrong)

    def _kept(self, batch: Batch, *, created: bool) -> int:
        progress = batches.progress(batch=batch, now=timezone.now())
        self._table(findings.wrong(batch.awards.filter(state__in=findings.WRONG).order_by("row"), most=None))
        wrong = progress.failed + progress.duplicate
        if not created:
            self.stdout.write("This file was imported before. This is its list as it stands.")
        self.stdout.write(f"List {batch.pk}: {progress.total - wrong} of {progress.total} rows accepted.")
        if held := holding.said(batch):
            self.stdout.write(held)
        return _status(right=progress.total - wrong, wrong=wrong)

    def _table(self, slips: Slips) -> None:
        """Line, field, sentence, in columns."""
        if not slips:
            return
        lines = [("Line", "Field", "")]
        lines += [(str(slip["line"]), slip["field"], slip["detail"]) for slip in slips]
        line, field = (max(len(row[place]) for row in lines) for place in (0, 1))
        for row in lines:
            self.stdout.write(f"{row[0]:>{line}}  {row[1]:<{field}}  {row[2]}".rstrip())


def _status(*, right: int, wrong: int) -> int:
    return NOBODY if not right else SOME if wrong else ALL


def _bytes(name: str) -> bytes:
    """The file's content, never more than a byte above the limit."""
    if name == "-":
        return sys.stdin.buffer.read(rosters.MAX_BYTES + 1)
    with Path(name).open("rb") as file:
        return file.read(rosters.MAX_BYTES + 1)
