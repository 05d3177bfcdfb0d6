"""Erasing: whom a certificate names goes, the fact that it was signed stays; copies given away still verify.

What stays is what proves nothing about anybody: id, slot, dates, achievement, key and hash. The random
subject goes too, since with it the hash could be tried against a list of names.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Q, QuerySet

from issuers import audit

from . import endorsing_certificates
from .models import (
    Award,
    Batch,
    CorrectionRequest,
    Credential,
    Enrolment,
    Message,
    PaperSlip,
    PrintPart,
    SecuredDocument,
    StatusChange,
)

#: How the ``person_hash`` of whoever was erased begins; the rest is the certificate's id, so that it is one.
GONE = "erased-"
#: For so long a print that was being made meanwhile is looked for.
LOOKS_BACK = timedelta(days=2)
NOBODY = {"name_latin": "", "name_arabic": "", "address_kind": "", "address": ""}
#: Rows that nothing was issued from, and that nobody works on.
ENDED = (Award.State.FAILED, Award.State.DUPLICATE, Award.State.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What stays of a certificate that was erased."""

    id: str
    achievement_id: str
    issuer: str
    awarded_on: date
    sha256: str
    slot: tuple[int, int]


@transaction.atomic
def erase(*, ids: Sequence[str], by: Any, now: datetime) -> list[Erased]:
    """Erase these certificates, and those that they replaced or that replaced them: one person's all.

    Whatever is just being signed in their place is not stored afterwards: whoever stores locks them too.
    What was erased before is left. The reader of the log finds one event for each, with no name in it.
    """
    held = [each for each in _lock(ids) if each.erased_at is None]
    for each in held:
        _forget(each, now=now)
        audit.append(event="certificate-erased", now=now, issuer=each.issuer, by=by, about=each.pk)
    gone = [each.pk for each in held]
    endorsing_certificates.end(ids=gone, by=by, now=now)
    _forget_beside(gone)
    _cut_prints(gone, issuers={each.issuer_id for each in held})
    return [
        Erased(
            id=each.pk,
            achievement_id=each.achievement_id,
            issuer=each.issuer.slug,
            awarded_on=each.awarded_on,
            sha256=bytes(each.sha256).hex(),
            slot=(each.status_list_id, each.status_index),
        )
        for each in held
    ]


def _lock(ids: Sequence[str]) -> list[Credential]:
    """These with all that they replaced and that replaced them, locked until the transaction ends."""
    wanted: set[str] = set(ids)
    while True:
        rows = Credential.objects.filter(pk__in=wanted).select_for_update(of=("self",)).order_by("pk")
        held = list(rows.select_related("issuer"))
        kin = Q(pk__in=[each.replaced_by_id for each in held if each.replaced_by_id])
        kin |= Q(replaced_by__in=[each.pk for each in held])
        more = set(Credential.objects.filter(kin).values_list("pk", flat=True)) - wanted
        if not more:
            return held
        wanted |= more


def _forget(credential: Credential, *, now: datetime) -> None:
    nobody = NOBODY | {"person_hash": GONE + credential.pk, "subject_id": uuid4()}
    Credential.objects.filter(pk=credential.pk).update(jwt="", paper=b"", erased_at=now, **nobody)
    Award.objects.filter(pk=credential.award_id).update(typed=None, problems=[], note="", result="", **nobody)
    Enrolment.objects.filter(award=credential.award_id).update(result="", days=[], forgotten_at=now, **NOBODY)


def _forget_beside(ids: Sequence[str]) -> None:
    """What else names the person: its file, rows that were to replace it, slips, messages, notes, wishes."""
    SecuredDocument.objects.filter(credential__in=ids).delete()
    PaperSlip.objects.filter(credential__in=ids).delete()
    forget_rows(Award.objects.filter(replaces__in=ids, state__in=(*ENDED, Award.State.PENDING)))
    Message.objects.filter(credential__in=ids, state=Message.State.PENDING).delete()
    Message.objects.filter(credential__in=ids).update(to="")
    StatusChange.objects.filter(credential__in=ids).exclude(note="").update(note="")
    CorrectionRequest.objects.filter(credential__in=ids).delete()
    # The hash of what was asked for one person alone could be tried against a list of names.
    Batch.objects.filter(awards__credential__in=ids, row_count=1).update(request_hash="")


def forget_seats(seats: QuerySet[Enrolment], *, now: datetime) -> int:
    """Seats of sessions that name nobody any more; returns how many there were."""
    return seats.update(result="", outcome="", days=[], forgotten_at=now, **NOBODY)


def forget_rows(rows: Iterable[Award]) -> int:
    """These rows name nobody any more, and nothing is issued from them; returns how many there were."""
    count = 0
    for row in rows:
        nobody = NOBODY | {"person_hash": f"{GONE}row-{row.pk}", "subject_id": uuid4()}
        state = Award.State.CANCELLED if row.state == Award.State.PENDING else row.state
        Award.objects.filter(pk=row.pk, state=row.state).update(
            state=state, typed=None, problems=[], note="", result="", **nobody
        )
        Batch.objects.filter(pk=row.batch_id, row_count=1).update(request_hash="")
        count += 1
    return count


def _cut_prints(ids: Sequence[str], *, issuers: set[int]) -> int:
    """Take these certificates out of what lies ready for a print shop; returns from how many portions."""
    gone, cut = set(ids), 0
    made = PrintPart.objects.filter(order__issuer__in=issuers, made_at__isnull=False)
    for pk, credentials in list(made.values_list("pk", "credentials")):
        if not gone.intersection(credentials):
            continue
        part = PrintPart.objects.select_for_update().get(pk=pk)
        data, start, kept, files = bytes(part.data or b""), 0, [], []
        for name, length, inside in part.files:
            named = bool(gone.intersection(inside))
            kept.append(b"" if named else data[start : start + length])
            # A sheet of others too is made again without her, when it is fetched; a page's name is hers.
            files.append(["" if named and len(inside) == 1 else name, 0 if named else length, inside])
            start += length
        PrintPart.objects.filter(pk=pk).update(data=b"".join(kept), files=files)
        cut += 1
    return cut


def tend(*, now: datetime) -> int:
    """Finish what went on while somebody was erased: rows to replace her, pages for a print shop."""
    left = Award.objects.filter(replaces__erased_at__isnull=False, state__in=ENDED)
    count = forget_rows(left.exclude(person_hash__startswith=GONE))
    late = Credential.objects.filter(erased_at__gt=now - LOOKS_BACK).values_list("pk", "issuer_id")
    ids = dict(late)
    if ids:
        with transaction.atomic():
            count += _cut_prints(list(ids), issuers=set(ids.values()))
    return count
