"""``manage.py audit``: verify the audit log, show it, prove a certificate's place, print its checkpoint."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from credentials import evidence, statuslists
from credentials.models import Credential
from issuers import audit, auditing, notes
from issuers.models import AuditEvent, SigningKey


class Command(BaseCommand):
    """Exit status 1 when something is wrong, or is not in the log. Only ``adopt`` writes."""

    help = "Verify, show and prove the audit log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        verify = acts.add_parser("verify", help="re-compute everything and name what was tampered with")
        verify.add_argument(
            "--against",
            action="append",
            default=[],
            metavar="FILE",
            help="a checkpoint kept elsewhere (a witness's mail, an old /.well-known/audit-checkpoint)",
        )
        verify.add_argument("--json", action="store_true", help="one JSON object")
        show = acts.add_parser("show", help="the newest events, the last one last")
        show.add_argument("--last", type=int, default=20, metavar="N", help="how many (default 20)")
        show.add_argument("--about", default="", metavar="ID", help="of a list, a certificate or a key alone")
        prove = acts.add_parser("prove", help="that a certificate is in the log: two inclusion proofs, JSON")
        prove.add_argument("credential_id", metavar="CREDENTIAL_ID")
        acts.add_parser("checkpoint", help="the newest checkpoint as it is published")
        acts.add_parser("key", help="the log's public keys, as witnesses configure them")

        acts.add_parser("adopt", help="log the certificates that an earlier release issued without the log")

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        getattr(self, f"_{act}")(**options)

    def _verify(self, *, against: list[str], **options: Any) -> None:
        kept = [_kept(name) for name in against]
        result = auditing.verify(now=timezone.now(), against=[*kept, *statuslists.checkpoints()])
        if options["json"]:
            told = {
                "events": result.events,
                "checkpoints": result.checkpoints,
                "root": result.root.hex(),
                "findings": [
                    {"code": finding.code, "where": finding.where, "sentence": finding.sentence}
                    for finding in result.findings
                ],
            }
            self.stdout.write(json.dumps(told))
        else:
            self.stdout.write(f"{result.events} events, {result.checkpoints} checkpoints")
            for finding in result.findings:
                self.stdout.write(f"x {finding.code}: {finding.where}. {finding.sentence}")
        if result.findings:
            raise SystemExit(1)
        if not options["json"]:
            self.stdout.write("The log is whole.")

    def _show(self, *, last: int, about: str, **options: Any) -> None:
        events = AuditEvent.objects.select_related("leaf", "issuer")
        if about:
            events = events.filter(about=about)
        for event in reversed(events.order_by("-id")[:last]):
            self.stdout.write(" ".join(_line(event)))

    def _prove(self, *, credential_id: str, **options: Any) -> None:
        credential = Credential.objects.select_related("key").filter(pk=credential_id).first()
        if credential is None:
            raise CommandError("There is no certificate with this id.")
        found = evidence.prove(credential)
        if found is None:
            raise CommandError("The log does not show this certificate as it is stored, or not yet.")
        self.stdout.write(json.dumps(found.to_json(), ensure_ascii=False, indent=2))

    def _checkpoint(self, **options: Any) -> None:
        note = audit.newest_note()
        if not note:
            raise CommandError("Nothing is sealed yet.")
        self.stdout.write(note, ending="")

    def _adopt(self, **options: Any) -> None:
        self.stdout.write(f"{evidence.adopt(now=timezone.now())} certificates adopted")

    def _key(self, **options: Any) -> None:
        origin = notes.origin(settings.BASE_URL)
        for key in SigningKey.objects.filter(purpose=SigningKey.Purpose.AUDIT):
            self.stdout.write(notes.verifier_key(origin, audit.public_bytes(key.public_jwk)))


def _kept(name: str) -> str:
    """The checkpoint in a file: the file itself, or the last part of a mail that was saved."""
    try:
        text = Path(name).read_text(encoding="utf-8").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{name}: {getattr(error, 'strerror', '') or 'not text'}") from None
    start = text.find(f"{notes.origin(settings.BASE_URL)}\n")
    return text[max(start, 0) :].rstrip("\n") + "\n"


def _line(event: AuditEvent) -> Iterator[str]:
    leaf = getattr(event, "leaf", None)
    yield str(leaf.number) if leaf else "-"
    yield f"{event.at:%Y-%m-%dT%H:%M:%SZ}"
    yield event.event
    yield event.issuer.slug if event.issuer else "-"
    yield event.by or "-"
    yield event.detail
