"""Corrections: a holder says what is wrong on a certificate; its provider replaces it, or says why not."""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from issuers import audit
from issuers import waiting as rooms
from issuers.models import Issuer

from .errors import AlreadyAsked, CannotBeCorrected, NationalNumber, NotYours, SayWhat
from .models import CorrectionRequest, Credential
from .people import tidy

What, State = CorrectionRequest.What, CorrectionRequest.State
#: Within which a provider answers (law 09-08, article 8: ten clear days).
ANSWERED_WITHIN = timedelta(days=10)
#: A number of a Moroccan identity card: one or two letters, five to seven digits.
NATIONAL_NUMBER = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{1,2}[ -]?\d{5,7}(?!\d)")
LIVING = (Credential.Status.ACTIVE, Credential.Status.SUSPENDED)


@transaction.atomic
def ask(*, credential: Credential, what: str, should_be: str, now: datetime) -> CorrectionRequest:
    """Tell the provider what is wrong. One wish at a time about a certificate.

    Raises SayWhat, NationalNumber, CannotBeCorrected, AlreadyAsked.
    """
    text = tidy(should_be)[:300]
    if what not in What.values or (what != What.REVOKE and not text):
        raise SayWhat(field="should_be")
    if NATIONAL_NUMBER.search(text):
        raise NationalNumber(field="should_be")
    held = Credential.objects.select_for_update().get(pk=credential.pk)
    if held.status not in LIVING or held.erased_at:
        raise CannotBeCorrected
    try:
        with transaction.atomic():
            made = CorrectionRequest.objects.create(
                credential=held, what=what, should_be=text, asked_at=now, due_at=now + ANSWERED_WITHIN
            )
    except IntegrityError:
        raise AlreadyAsked from None
    audit.append(event="correction-asked", now=now, issuer=held.issuer, about=held.pk, what=what)
    return made


@transaction.atomic
def decline(*, request: CorrectionRequest, reason: str, by: Any, now: datetime) -> None:
    """The provider says no, and why. Raises SayWhat without a reason, NotYours if it was answered."""
    text = tidy(reason)[:300]
    if not text:
        raise SayWhat(field="reason")
    mine = CorrectionRequest.objects.filter(pk=request.pk, state=State.OPEN)
    if not mine.update(state=State.DECLINED, reason=text, answered_at=now, answered_by=by):
        raise NotYours
    audit.append(
        event="correction-declined",
        now=now,
        issuer=request.credential.issuer,
        by=by,
        about=request.credential_id,
        what=request.what,
    )


def settle(*, ids: Collection[str], by_id: int | None, now: datetime) -> int:
    """These certificates were replaced or revoked: whatever was wished about them is done."""
    return CorrectionRequest.objects.filter(credential__in=ids, state=State.OPEN).update(
        state=State.ANSWERED, answered_at=now, answered_by=by_id
    )


# -- The provider's room --------------------------------------------------------------------------
def waiting(*, issuers: Sequence[Issuer]) -> QuerySet[CorrectionRequest]:
    """What these providers have still to answer, the most urgent first."""
    open_ones = CorrectionRequest.objects.filter(state=State.OPEN, credential__issuer__in=issuers)
    related = open_ones.select_related("credential__achievement", "credential__issuer")
    return related.defer("credential__jwt", "credential__paper")


def request_of(*, issuers: Sequence[Issuer], request_id: str) -> CorrectionRequest:
    """One that waits for one of these providers. Raises NotYours, also when it was answered meanwhile."""
    found = waiting(issuers=issuers).filter(pk=request_id).first()
    if found is None:
        raise NotYours
    return found


@rooms.counts("corrections")
def _how_many(issuers: Iterable[int] | None) -> int:
    found = CorrectionRequest.objects.filter(state=State.OPEN)
    return (found if issuers is None else found.filter(credential__issuer__in=list(issuers))).count()
