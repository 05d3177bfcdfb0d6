"""Erasing, by the learner's own word: chosen certificates, or the whole passport; each with a receipt."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import CASCADE, ProtectedError, Q

from credentials import endorsing_certificates, erasing
from credentials.models import Award, Enrolment, LocalMessage
from issuers import audit
from issuers.models import Membership

from . import names
from .errors import NothingNamed, NotYourPassport, StillStaff
from .models import Address, Code, Consent, Entry, Erasure, Filing, Learner, Opening, Proposal, Record
from .numbers import new_passport_number

Kind = Erasure.Kind


@transaction.atomic
def erase_certificates(*, learner: Learner, ids: Sequence[str], now: datetime) -> Erasure:
    """Erase these certificates of hers, with all that they replaced; the receipt says which.

    Raises NothingNamed, and NotYourPassport if one of them is not hers (any more).
    """
    _lock(learner)
    mine = set(
        Entry.objects.filter(learner=learner, credential__in=ids).values_list("credential_id", flat=True)
    )
    if not ids:
        raise NothingNamed
    if mine != set(ids):
        raise NotYourPassport
    gone = erasing.erase(ids=sorted(mine), by=learner, now=now)
    _let_go([each.id for each in gone])
    return _receipt(Kind.CERTIFICATES, gone=gone, now=now)


@transaction.atomic
def close(
    *,
    learner: Learner,
    certificates: bool,
    now: datetime,
    kind: Kind = Kind.PASSPORT,
    by: Learner | None = None,
) -> Erasure:
    """Erase the whole passport: names, addresses, everything in it; the receipt names nobody.

    Without ``certificates`` these stay with their providers, and come back to whoever proves the address and
    bears the name. Raises StillStaff for whoever works for a provider or the city, NotYourPassport when it
    was closed a moment ago.
    """
    held = _lock(learner)
    if Membership.objects.filter(person=held).exists():
        raise StillStaff
    entries = list(Entry.objects.filter(learner=held).values_list("credential_id", flat=True))
    gone = erasing.erase(ids=entries, by=by, now=now) if certificates and entries else []
    if certificates:
        _forget_rows_of(held, now=now)
    else:
        Filing.objects.filter(credential__in=entries).update(outcome=Filing.Outcome.UNCLAIMED)
        endorsing_certificates.ask_anew(ids=entries)
    _let_go([each.id for each in gone])
    consents = [
        {
            "purpose": each.purpose,
            "text": each.text_version,
            "language": each.language,
            "channel": each.channel,
            "given": _second(each.given_at),
            "withdrawn": _second(each.withdrawn_at) if each.withdrawn_at else None,
        }
        for each in Consent.objects.filter(learner=held)
    ]
    _forget_addresses(held)
    receipt = _receipt(kind, gone=gone, kept=0 if certificates else len(entries), consents=consents, now=now)
    _remove(held)
    return receipt


def _lock(learner: Learner) -> Learner:
    """Her row, for this transaction alone: a second act waits, and finds what this one has left."""
    held = Learner.objects.select_for_update().filter(pk=learner.pk, is_active=True).first()
    if held is None:
        raise NotYourPassport
    return held


def _let_go(ids: Sequence[str]) -> None:
    """No passport and no record holds them, nobody is asked about them, nobody counts who opens them."""
    Record.objects.filter(credentials__in=ids).delete()
    for model in (Entry, Proposal, Opening):
        model.objects.filter(credential__in=ids).delete()


def _forget_rows_of(learner: Learner, *, now: datetime) -> None:
    """Seats, and rows of lists, of which nothing was issued and that were hers: her address, her name."""
    reached = Q()
    for kind, value in Address.objects.filter(learner=learner).values_list("kind", "value"):
        reached |= Q(address_kind=kind, address=value)
    reached |= Q(address_kind="passport", address=learner.passport_number)
    seats = Enrolment.objects.filter(reached, award__isnull=True)
    hers = [seat.pk for seat in seats if seat.address_kind == "passport" or _names(seat, learner)]
    erasing.forget_seats(Enrolment.objects.filter(pk__in=hers), now=now)
    rows = Award.objects.filter(reached, state__in=erasing.ENDED)
    erasing.forget_rows(row for row in rows if _names(row, learner))


def _names(row: Award | Enrolment, learner: Learner) -> bool:
    return names.match(
        latin=(row.name_latin, learner.name_latin), arabic=(row.name_arabic, learner.name_arabic)
    )


def _forget_addresses(learner: Learner) -> None:
    """Codes on their way, and what the demo's outbox received, unless somebody else has this address too."""
    for address in Address.objects.filter(learner=learner):
        if (
            not Address.objects.filter(kind=address.kind, value=address.value)
            .exclude(learner=learner)
            .exists()
        ):
            Code.objects.filter(kind=address.kind, value=address.value).delete()
            LocalMessage.objects.filter(to=address.value).delete()


def _remove(learner: Learner) -> None:
    """Her row; or what is personal in it, where acts of a former colleague must keep their author."""
    try:
        with transaction.atomic():
            Learner.objects.get(pk=learner.pk).delete()
    except ProtectedError:
        _empty(learner)


def _empty(learner: Learner) -> None:
    """All that hangs on her row, and every field in it that tells something of her."""
    for related in Learner._meta.related_objects:
        if related.on_delete is CASCADE and related.related_model is not None:
            related.related_model._default_manager.filter(**{related.field.name: learner.pk}).delete()
    Learner.objects.filter(pk=learner.pk).update(
        passport_number=new_passport_number(),
        name_latin="",
        name_arabic="",
        arrondissement=None,
        birth_year=None,
        gender="",
        is_active=False,
        last_login=None,
    )


# -- The receipt ----------------------------------------------------------------------------------
def _receipt(
    kind: Kind,
    *,
    gone: Sequence[erasing.Erased],
    now: datetime,
    kept: int = 0,
    consents: Sequence[dict[str, Any]] = (),
) -> Erasure:
    made = Erasure(kind=kind.value, at=now)
    made.said = audit.canonical(
        {
            "receipt": made.pk,
            "erased": kind.value,
            "at": _second(now),
            "certificates": [
                asdict(each) | {"awarded_on": each.awarded_on.isoformat(), "slot": list(each.slot)}
                for each in gone
            ],
            "certificates_left_with_providers": kept,
            "consents": list(consents),
        }
    )
    made.sha256 = hashlib.sha256(made.said.encode()).hexdigest()
    made.save(force_insert=True)
    audit.append(
        event="erasure", now=now, about=made.pk, kind=kind.value, certificates=len(gone), sha256=made.sha256
    )
    return made


def _second(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def receipt(*, receipt_id: str) -> tuple[Erasure, dict[str, Any]]:
    """A receipt and what it says. Raises NotYourPassport when there is none."""
    found = Erasure.objects.filter(pk=receipt_id).first()
    if found is None:
        raise NotYourPassport
    said: dict[str, Any] = json.loads(found.said)
    return found, said
