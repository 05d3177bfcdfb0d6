"""``manage.py verify FILE…``: checks certificates in any form, and receipts; 0 valid, 1 not, 2 unknown.

With ``--bundle FILE`` it asks neither the database nor the network, and reads certificates alone.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from credentials.bundle import Bundle
from issuers import trust
from issuers.delegations import MEANS
from issuers.delegations import Reason as Rule
from issuers.errors import NotTrusted
from verify import bench_receipts, gate, standalone, verifier
from verify.errors import ReceiptRefused, VerifyError
from verify.report import Report, worst_report

MARKS = {"passed": "+", "failed": "x", "unknown": "?"}


class Command(BaseCommand):
    """Prints one report a file; ``-`` reads standard input."""

    help = "Verify certificates in any form (JWT, JSON, PNG, SVG, PDF, QR text). 0 valid, 1 not, 2 unknown."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help="a file, or - for standard input")
        parser.add_argument("--json", action="store_true", help="one JSON report a line")
        parser.add_argument(
            "--bundle",
            type=Path,
            metavar="FILE",
            help="a saved /bundle.jwt: codes and signed files are checked with it alone",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        examine = _with_bundle(options["bundle"]) if options["bundle"] else _with_database
        statuses = [self._status(name, examine, as_json=options["json"]) for name in options["files"]]
        status = 1 if 1 in statuses else max(statuses)
        if status:
            sys.exit(status)

    def _status(self, name: str, examine: Callable[[bytes], Report], *, as_json: bool) -> int:
        try:
            data = _bytes(name)
        except OSError as error:
            raise CommandError(f"{name}: {error.strerror}", returncode=2) from None
        text = data[: gate.MAX_DOCUMENT].decode(errors="replace")
        if examine is _with_database and bench_receipts.is_receipt(text):
            return self._receipt(name, text, as_json=as_json)
        return worst_report([self._report(name, data, examine, as_json=as_json)])

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

    def _report(
        self, name: str, data: bytes, examine: Callable[[bytes], Report], *, as_json: bool
    ) -> Report | None:
        try:
            report = examine(data)
        except VerifyError as refused:
            self.stderr.write(f"{name}: {refused.message}")
            return None
        if as_json:
            self.stdout.write(json.dumps({"file": name} | report.to_json(), ensure_ascii=False))
        else:
            self.stdout.write("\n".join(_lines(name, report)))
        return report


def _with_database(data: bytes) -> Report:
    return verifier.verify(source=data, now=timezone.now(), door="command")


def _with_bundle(file: Path) -> Callable[[bytes], Report]:
    now = timezone.now()
    try:
        bundle = standalone.load(file.read_text(), roots=trust.roots(), city=trust.city(), now=now)
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file}: {error}", returncode=2) from None
    except NotTrusted as refused:
        raise CommandError(f"{file}: {MEANS[Rule(refused.reason)]}", returncode=2) from None
    return partial(_examined, bundle=bundle, now=now)


def _examined(data: bytes, *, bundle: Bundle, now: datetime) -> Report:
    return standalone.verify(source=data, bundle=bundle, base_url=settings.BASE_URL, now=now)


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
