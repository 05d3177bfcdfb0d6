"""``manage.py verify FILE…``: checks certificates in any form; exit status 0 valid, 1 invalid, 2 unknown.

With ``--bundle FILE`` it asks neither the database nor the network.
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
from verify import gate, offline, verifier
from verify.errors import VerifyError
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
        reports = [self._report(name, examine, as_json=options["json"]) for name in options["files"]]
        status = worst_report(reports)
        if status:
            sys.exit(status)

    def _report(self, name: str, examine: Callable[[bytes], Report], *, as_json: bool) -> Report | None:
        try:
            data = _bytes(name)
        except OSError as error:
            raise CommandError(f"{name}: {error.strerror}", returncode=2) from None
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
        bundle = offline.load(file.read_text(), roots=trust.roots(), city=trust.city(), now=now)
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file}: {error}", returncode=2) from None
    except NotTrusted as refused:
        raise CommandError(f"{file}: {MEANS[Rule(refused.reason)]}", returncode=2) from None
    return partial(_examined, bundle=bundle, now=now)


def _examined(data: bytes, *, bundle: Bundle, now: datetime) -> Report:
    return offline.verify(source=data, bundle=bundle, base_url=settings.BASE_URL, now=now)


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
