"""Steps of the bench inside the product's own Python: awards through the real queue, PDF, signing."""

import json
import os
import secrets
import statistics
import sys
import time
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import transaction
from django.utils import timezone

from credentials import awards, issuance, reading
from credentials.models import Achievement, Award, Batch, Credential
from verify import verifier
from verify.report import Verdict

AWARDS = 20
ROWS = 1000
PATIENCE = 20.0


def person() -> awards.Person:
    """Somebody new each time."""
    letters = "".join(chr(97 + byte % 26) for byte in secrets.token_bytes(8))
    return awards.Person(name_latin=f"Salma {letters.title()}", name_arabic="سلمى التازي")


def accepted(achievement: Achievement, *, rows: int, kind: Batch.Kind) -> Batch:
    """A batch as the web accepts it."""
    now = timezone.now()
    return awards.accept(
        issuer=achievement.issuer,
        achievement=achievement,
        awarded_on=timezone.localdate(now),
        people=[person() for _ in range(rows)],
        kind=kind,
        requested_by=None,
        idempotency_key=secrets.token_hex(8),
        now=now,
        notify=False,
    ).batch


def some_achievement() -> Achievement:
    """A course of the demo that may be awarded today."""
    return (
        Achievement.objects.select_related("issuer")
        .filter(state="published", issuer__slug="ennour")[:1]
        .get()
    )


def one_by_one() -> dict[str, Any]:
    """Seconds from accepting one award to its verdict being valid, through broker, worker and lists."""
    achievement, seconds = some_achievement(), []
    for _ in range(AWARDS):
        started = time.perf_counter()
        row = accepted(achievement, rows=1, kind=Batch.Kind.INTERACTIVE).awards.get()
        while True:
            credential = Credential.objects.filter(pk=row.credential_id).first()
            if (
                credential
                and verifier.verify_stored(
                    credential=reading.by_id(credential.pk), now=timezone.now()
                ).verdict
                is Verdict.VALID
            ):
                break
            if time.perf_counter() - started > PATIENCE:
                raise SystemExit("an award did not become verifiable in time")
            time.sleep(0.005)
        seconds.append(time.perf_counter() - started)
        time.sleep(0.05)
    return {"seconds": seconds}


def ids() -> dict[str, Any]:
    """Certificates whose pages are valid."""
    found = Credential.objects.filter(status="active", valid_until__isnull=True)
    return {"ids": list(found.values_list("pk", flat=True)[:64])}


def pdf() -> dict[str, Any]:
    """CPU milliseconds a PDF, after the first, which loads the fonts."""
    credentials = [reading.by_id(pk) for pk in ids()["ids"][:21]]
    spent = []
    for credential in credentials:
        before = time.process_time()
        reading.pdf(credential)
        spent.append((time.process_time() - before) * 1000)
    return {"milliseconds": statistics.median(spent[1:])}


def roster() -> dict[str, Any]:
    """A thousand rows issued by this one process, beside composing, linting and signing them alone."""
    achievement = some_achievement()
    with transaction.atomic():  # held back until measured: no other worker sees it before
        batch = accepted(achievement, rows=ROWS, kind=Batch.Kind.ROSTER)
        rows = list(Award.objects.filter(batch=batch).order_by("row"))
        signing = issuance.Signing(batch, now=timezone.now())
        started = time.perf_counter()
        for row in rows:
            signing.sign(row)
        alone = time.perf_counter() - started
        started = time.perf_counter()
        issued = issuance.issue_ready(kind=Batch.Kind.ROSTER, now=timezone.now())
        whole = time.perf_counter() - started
    return {"issued_per_second": issued / whole, "signed_per_second": len(rows) / alone}


if __name__ == "__main__":
    act = {"awards": one_by_one, "ids": ids, "pdf": pdf, "roster": roster}[sys.argv[1]]
    sys.stdout.write(json.dumps(act()))
