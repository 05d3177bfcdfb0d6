"""``manage.py verify FILE…``: verifies credentials, images, PDFs and code texts from the shell."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from verify import counting, gate, verifier
from verify.errors import VerifyError
from verify.report import as_json
from verify.words import CHECKS, OUTCOMES, VERDICTS


class Command(BaseCommand):
    """Exit status: 0 all valid, 1 one is not, 2 one cannot be told."""

    help = "Verifies credentials, images, PDFs and code texts; - reads standard input. Exit 0 valid, 1 not, 2 unknown."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--json", action="store_true", help="the report as JSON, one a line")

    def handle(self, *args: Any, files: list[str], json: bool, **options: Any) -> None:
        worst = 0
        for name in files:
            code = self._verify(name, as_lines=json)
            worst = 1 if 1 in (worst, code) else max(worst, code)
        raise SystemExit(worst)

    def _verify(self, name: str, *, as_lines: bool) -> int:
        try:
            data = sys.stdin.buffer.read(gate.MAX_UPLOAD + 1) if name == "-" else Path(name).read_bytes()
        except OSError as error:
            raise CommandError(f"{name}: {error.strerror}") from error
        now = timezone.now()
        try:
            report = verifier.verify(source=data, now=now)
        except VerifyError as error:
            self.stderr.write(f"{name}: {error.message}")
            return 2
        counting.count(report, door="command", now=now)
        if as_lines:
            self.stdout.write(json.dumps({"file": name} | as_json(report), ensure_ascii=False))
            return report.exit_code
        _, _, heading, sentence = VERDICTS[report.verdict]
        self.stdout.write(f"{name}: {heading}. {sentence}")
        if report.issuer:
            signed = report.signed
            said = [signed.name_latin or signed.name_arabic, signed.title_fr or signed.title_ar, report.issuer.name_fr]
            self.stdout.write("  " + " · ".join(said))
        for check in report.checks:
            label, outcome = CHECKS[check.name], OUTCOMES[check.outcome.value]
            self.stdout.write(f"  {check.number}. {label}: {outcome}" + (f" ({check.detail})" if check.detail else ""))
        return report.exit_code
