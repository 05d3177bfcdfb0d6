"""Steps of the bench about records, in the product's own Python: what it costs to sign a whole passport."""

import itertools
import statistics
import time
from datetime import timedelta
from typing import Any

from django.utils import timezone

from credentials import awards, issuance, securing
from credentials.models import Achievement, Batch, Credential, SecuredDocument
from credentials.people import Person
from issuers.models import Issuer
from passport import records, sharing
from passport.models import Entry, Learner, Record

CERTIFICATES = 50
AGAIN = 20
PATIENCE = 30.0
PERSON = Person(name_latin="Salma Tazi", name_arabic="سلمى التازي")


def passport() -> dict[str, Any]:
    """A passport of fifty certificates behind a link, and CPU and seconds of signing it whole."""
    now = timezone.now()
    learner = Learner.objects.create_user(
        name_latin=PERSON.name_latin, name_arabic=PERSON.name_arabic, joined_at=now
    )
    held = [_certificate(course, days) for days, course in zip(range(CERTIFICATES), _courses(), strict=False)]
    Entry.objects.bulk_create(
        Entry(learner=learner, credential=each, how=Entry.How.DESK, filed_at=now) for each in held
    )
    proofs = sorted(_proof(each) for each in held)
    SecuredDocument.objects.filter(credential__in=held).delete()  # the worker may have made some already
    without_files = _spent(learner)
    Record.objects.filter(learner=learner).delete()
    with_files = _spent(learner)
    kept = Record.objects.get(learner=learner)
    before = time.process_time()
    for _ in range(AGAIN):
        if records.obtain(learner=learner, now=now) != kept.body:
            raise SystemExit("a record that was made is made again")
    again = (time.process_time() - before) / AGAIN * 1000
    link = sharing.make(
        learner=learner,
        keys=[f"{sharing.CERTIFICATE}:{each.pk}" for each in held],
        detail=sharing.Detail(),
        days=1,
        title="",
        language="fr",
        now=now,
    )
    return {
        "without files": without_files,
        "with files": with_files,
        "again": again,
        "proof": statistics.median(proofs) * 1000,
        "bytes": len(kept.body.encode()),
        "link": sharing.link_of(link),
    }


def _courses() -> Any:
    """Every course that may be awarded, again and again."""
    courses = Achievement.objects.filter(state="published", issuer__state=Issuer.State.ACTIVE)
    return itertools.cycle(courses.select_related("issuer"))


def _certificate(course: Achievement, days: int) -> Credential:
    now = timezone.now()
    batch = awards.accept(
        issuer=course.issuer,
        achievement=course,
        awarded_on=timezone.localdate(now) - timedelta(days=days),
        people=[PERSON],
        kind=Batch.Kind.INTERACTIVE,
        requested_by=None,
        idempotency_key=f"record-{days}-{now.timestamp()}",
        now=now,
        notify=False,
    ).batch
    until = time.perf_counter() + PATIENCE
    while time.perf_counter() < until:
        issuance.issue_ready(kind=Batch.Kind.INTERACTIVE, now=timezone.now())
        if made := Credential.objects.filter(award__batch=batch).first():
            return made
        time.sleep(0.01)  # the worker has taken it
    raise SystemExit("an award was not signed in time")


def _proof(credential: Credential) -> float:
    """CPU seconds of one file on demand: composed, linted, canonicalised, signed, verified, stored."""
    SecuredDocument.objects.filter(credential=credential).delete()
    before = time.process_time()
    securing._make(credential.pk, timezone.now())
    return time.process_time() - before


def _spent(learner: Learner) -> dict[str, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    records._make(str(learner.pk), timezone.now())
    return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
