"""``manage.py verify FILE…``: checks certificates in any form; exit status 0 valid, 1 invalid, 2 unknown."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from verify import gate, verifier
from verify.errors import VerifyError
from verify.report import Report, worst_report

MARKS = {"passed": "+", "failed": "x", "unknown": "?"}


class Command(BaseCommand):
    """Prints one report a file; ``-`` reads standard input."""

    help = "Verify certificates in any form (JWT, JSON, PNG, SVG, PDF, QR text). 0 valid, 1 not, 2 unknown."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help="a file, or - for standard input")
        parser.add_argument("--json", action="store_true", help="one JSON report a line")

    def handle(self, *args: Any, **options: Any) -> None:
        reports = [self._report(name, as_json=options["json"]) for name in options["files"]]
        status = worst_report(reports)
        if status:
            sys.exit(status)

    def _report(self, name: str, *, as_json: bool) -> Report | None:
        try:
            data = _bytes(name)
        except OSError as error:
            raise CommandError(f"{name}: {error.strerror}", returncode=2) from None
        try:
            report = verifier.verify(source=data, now=timezone.now(), door="command")
        except VerifyError as refused:
            self.stderr.write(f"{name}: {refused.message}")
            return None
        if as_json:
            self.stdout.write(json.dumps({"file": name} | report.to_json(), ensure_ascii=False))
        else:
            self.stdout.write("\n".join(_lines(name, report)))
        return report


def _bytes(name: str) -> bytes:
    """The file's content, never more than a byte above the limit."""
    if name == "-":
        return sys.stdin.buffer.read(gate.MAX_UPLOAD + 1)
    with Path(name).open("rb") as file:
        return file.read(gate.MAX_UPLOAD + 1)


def _lines(name: str, report: Report) -> list[str]:
    lines = [f"{name}: {report.verdict}", f"  {report.headline}. {report.sentence}"]
    if report.stated:
        texts = (*report.stated.names[:1], *report.stated.titles[:1])
        lines.append("  " + ", ".join(text.text for text in texts))
    if report.issuer:
        lines.append(f"  {report.issuer.name_fr}, {report.issuer.did}")
    for check in report.checks:
        detail = f" ({check.detail})" if check.detail else ""
        lines.append(f"  {MARKS[check.outcome]} {check.number} {check.sentence}{detail}")
    if report.successor_url:
        lines.append(f"  > {report.successor_url}")
    return lines
