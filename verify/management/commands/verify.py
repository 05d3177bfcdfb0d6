"""``manage.py verify FILE…``: checks certificates in any form, and receipts; 0 valid, 1 not, 2 unknown."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from verify import bench_receipts, gate, verifier
from verify.errors import ReceiptRefused, VerifyError
from verify.report import Report, worst_report

MARKS = {"passed": "+", "failed": "x", "unknown": "?"}


class Command(BaseCommand):
    """Prints one report a file; ``-`` reads standard input."""

    help = "Verify certificates in any form (JWT, JSON, PNG, SVG, PDF, QR text). 0 valid, 1 not, 2 unknown."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help="a file, or - for standard input")
        parser.add_argument("--json", action="store_true", help="one JSON report a line")

    def handle(self, *args: Any, **options: Any) -> None:
        statuses = [self._status(name, as_json=options["json"]) for name in options["files"]]
        status = 1 if 1 in statuses else max(statuses)
        if status:
            sys.exit(status)

    def _status(self, name: str, *, as_json: bool) -> int:
        try:
            data = _bytes(name)
        except OSError as error:
            raise CommandError(f"{name}: {error.strerror}", returncode=2) from None
        text = data[: gate.MAX_DOCUMENT].decode(errors="replace")
        if bench_receipts.is_receipt(text):
            return self._receipt(name, text, as_json=as_json)
        return worst_report([self._report(name, data, as_json=as_json)])

    def _receipt(self, name: str, text: str, *, as_json: bool) -> int:
        try:
            receipt = bench_receipts.read(text, now=timezone.now())
        except ReceiptRefused as refused:
            self.stderr.write(f"{name}: {refused.message} ({refused.fault})")
            return 1
        if as_json:
            said = {"file": name, "receipt": receipt.signed_at.isoformat(), "counts": receipt.counts}
            self.stdout.write(json.dumps(said))
        else:
            counts = ", ".join(f"{number} {outcome}" for outcome, number in receipt.counts.items())
            moment = f"{receipt.signed_at:%Y-%m-%d %H:%M} UTC"
            self.stdout.write(f"{name}: a receipt of this city of {moment}: {counts}")
        return 0

    def _report(self, name: str, data: bytes, *, as_json: bool) -> Report | None:
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
