"""Slips of paper with a one-time code: printed for people without a phone, used once, never kept as such."""

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac

from issuers import audit

from . import paper, sessions
from .errors import NothingToPrint, SeatTaken, SessionClosed, SlipEarly, SlipExpired, SlipUnknown, SlipUsed
from .models import Award, Batch, Credential, Enrolment, Filing, PaperSlip, Session

HOLDS = timedelta(days=180)
_WHOLE = re.compile(r"[A-Za-z0-9_-]{22}")
RELATED = ("enrolment__session__achievement__issuer", "enrolment__award", "credential__achievement__issuer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """One slip as it is put on paper."""

    name_latin: str
    name_arabic: str
    code: str
    short: str

    @property
    def link(self) -> str:
        return f"{settings.BASE_URL}/slip/{self.code}"


@transaction.atomic
def of_session(*, session: Session, by: Any, now: datetime) -> list[Printed]:
    """A slip for everybody there who has no address and no passport; printing again gives the same ones.

    Raises SessionClosed for one that was called off, NothingToPrint.
    """
    if session.state == Session.State.CANCELLED:
        raise SessionClosed
    seats = Enrolment.objects.filter(session=session, address_kind="", forgotten_at__isnull=True)
    seats = seats.exclude(award__credential__filing__outcome=Filing.Outcome.FILED).order_by("seat")
    return _printed([(seat, {"enrolment": seat}) for seat in seats], session.issuer, session.pk, by, now)


@transaction.atomic
def of_batch(*, batch: Batch, by: Any, now: datetime) -> list[Printed]:
    """A slip for every certificate of a list that is in nobody's passport yet. Raises NothingToPrint."""
    unclaimed = Credential.objects.filter(
        award__batch=batch, award__enrolment__isnull=True, erased_at__isnull=True
    ).exclude(filing__outcome=Filing.Outcome.FILED)
    people = [(each, {"credential": each}) for each in unclaimed.order_by("award__row")]
    return _printed(people, batch.issuer, batch.pk, by, now)


def _printed(
    people: Iterable[tuple[Enrolment | Credential, dict[str, Any]]],
    issuer: Any,
    about: str,
    by: Any,
    now: datetime,
) -> list[Printed]:
    printed = []
    for person, what in people:
        slip = PaperSlip.objects.filter(**what).first() or PaperSlip(**what, made_by=by, made_at=now)
        if slip.used_at:
            continue
        code = _code(slip)
        slip.digest, slip.short_digest = _digest(code), _digest(_short(code))
        slip.expires_at = now + HOLDS
        slip.save()
        printed.append(
            Printed(
                name_latin=person.name_latin,
                name_arabic=person.name_arabic,
                code=code,
                short=paper.group_code(_short(code)),
            )
        )
    if not printed:
        raise NothingToPrint
    audit.append(event="slips-printed", now=now, issuer=issuer, by=by, about=about, slips=len(printed))
    return printed


def _code(slip: PaperSlip) -> str:
    raw = salted_hmac("credentials.paperslips", slip.pk, algorithm="sha256").digest()[:16]
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _short(code: str) -> str:
    """Its first 60 bits as they are typed."""
    raw = salted_hmac("credentials.paperslips.short", code, algorithm="sha256").digest()
    return paper.short_code(raw[:16])


def _digest(code: str) -> str:
    return salted_hmac("credentials.paperslips.kept", code, algorithm="sha256").hexdigest()


# -- Using one --------------------------------------------------------------------------------------
def find(*, text: str) -> PaperSlip:
    """The slip with this code, scanned or typed. Raises SlipUnknown."""
    text = text.strip()
    found = None
    if _WHOLE.fullmatch(text):
        found = PaperSlip.objects.select_related(*RELATED).filter(digest=_digest(text)).first()
    elif short := paper.read_short_code(text):
        found = PaperSlip.objects.select_related(*RELATED).filter(short_digest=_digest(short)).first()
    if found is None:
        raise SlipUnknown
    return found


def is_whole(text: str) -> bool:
    """Whether this could be the code of the picture: 128 bits."""
    return _WHOLE.fullmatch(text) is not None


@transaction.atomic
def use(*, slip: PaperSlip, passport_number: str, language: str, by: Any, now: datetime) -> Credential | None:
    """Give its seat to this passport; of a slip whose certificate is there, that certificate.

    Using it twice for one passport is once.
    Raises SlipUsed, SlipExpired, SlipEarly, SeatTaken, SessionClosed.
    """
    held = PaperSlip.objects.select_for_update(of=("self",)).select_related(*RELATED).get(pk=slip.pk)
    if held.used_at and held.used_by != passport_number:
        raise SlipUsed
    if not held.used_at and held.expires_at <= now:
        raise SlipExpired
    credential = _certificate(held)
    if held.used_at:
        return credential
    if credential is None and held.enrolment is not None:
        _seat(held.enrolment, passport_number, language)
    held.used_at, held.used_by = now, passport_number
    held.save(update_fields=["used_at", "used_by"])
    issuer = credential.issuer if credential else held.enrolment.session.issuer if held.enrolment else None
    audit.append(event="slip-used", now=now, issuer=issuer, by=by, about=held.pk)
    return credential


def _certificate(slip: PaperSlip) -> Credential | None:
    if slip.credential is not None:
        return slip.credential
    award = slip.enrolment.award if slip.enrolment else None
    if award is None or award.address:
        return None
    found = Credential.objects.select_related("issuer", "achievement").filter(award=award).first()
    if found is None and award.state == Award.State.PENDING:
        raise SlipEarly
    return found


def _seat(seat: Enrolment, passport_number: str, language: str) -> None:
    sessions.locked(seat.session)
    seat.address_kind, seat.address, seat.language = "passport", passport_number, language
    seat.how = Enrolment.How.SLIP
    try:
        with transaction.atomic():
            seat.save(update_fields=["address_kind", "address", "language", "how"])
    except IntegrityError as error:
        raise SeatTaken from error
