"""Accepts awards: checks who, what and whether it may be, and writes the batch that workers will take."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache, partial
from typing import Any

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from issuers import reading as register
from issuers.models import City, Issuer, Mandate
from issuers.registry import require_mandate

from . import facts, holding, ledger, linting, openbadges, paper, people, qr, slips
from .errors import BadAward, BaseUrlChanged, DuplicateAward, KeyReused, QrTooDense
from .models import LIST_SIZE, Achievement, Award, Batch, Credential
from .people import Person, tidy


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The batch that holds the awards; ``created`` is false when the same request came before."""

    batch: Batch
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would be signed, before it is: the document, and how dense its printed code is."""

    document: dict[str, Any]
    qr_version: int
    valid_until: datetime | None


def clean_person(person: Person) -> Person:
    """The person with names tidied and the address in its one form. Raises BadAward naming the field."""
    try:
        return people.clean(person)
    except people.Slip as slip:
        raise _bad(slip) from slip


def clean_phone(text: str) -> str:
    """A phone typed in any Moroccan or international form, as E.164. Raises BadAward."""
    try:
        return people.phone(text)
    except people.Slip as slip:
        raise _bad(slip) from slip


def clean_email(text: str) -> str:
    """A lower-case e-mail address. Raises BadAward."""
    try:
        return people.email(text)
    except people.Slip as slip:
        raise _bad(slip) from slip


def _bad(slip: people.Slip) -> BadAward:
    return BadAward(slips.sentence(slip.code), field=slip.field)


def person_hash(person: Person) -> str:
    """Address and name together as one keyed hash, so that siblings with one phone stay two people."""
    names = [" ".join(name.casefold().split()) for name in (person.name_latin, person.name_arabic)]
    value = json.dumps([person.address_kind, person.address, *names], ensure_ascii=False)
    return salted_hmac("credentials.person", value, algorithm="sha256").hexdigest()


def valid_until(achievement: Achievement, awarded_on: date) -> datetime | None:
    """The last second of the last day of validity, or ``None`` if it does not expire."""
    if not achievement.valid_months:
        return None
    last = awarded_on + relativedelta(months=achievement.valid_months)
    return datetime.combine(last, time(23, 59, 59), tzinfo=UTC)


@transaction.atomic
def accept(
    *,
    issuer: Issuer,
    achievement: Achievement,
    awarded_on: date,
    people: Sequence[Person],
    kind: Batch.Kind,
    requested_by: Any,
    idempotency_key: str,
    now: datetime,
    session: str = "",
    replaces: Credential | None = None,
    reason: str = "",
    note: str = "",
    notify: bool = True,
) -> Accepted:
    """Write the batch, its rows, chunks and status slots in one transaction, then ring the workers.

    What is unusual waits for a second person instead (``holding``).

    Asking again with the same ``idempotency_key`` and content gives the same batch. Raises BadAward
    (with the field), DuplicateAward, QrTooDense, IssuerSuspended, OutsideMandate.
    """
    cleaned = [clean_person(person) for person in people]
    session = tidy(session)
    asked = _request_hash(achievement, awarded_on, session, cleaned, replaces)
    opened_before = partial(asked_before, issuer=issuer, idempotency_key=idempotency_key, request_hash=asked)
    if before := opened_before():
        return before
    mandate = check_award(issuer=issuer, achievement=achievement, awarded_on=awarded_on, now=now)
    if not cleaned:
        raise BadAward(_("There is nobody in this list."), field="people")
    hashes = [person_hash(person) for person in cleaned]
    if kind == Batch.Kind.INTERACTIVE:
        try:
            _refuse_duplicate(achievement, awarded_on, session, hashes, replaces)
        except DuplicateAward:
            # The same request, a moment ago: what waits or was issued is what it asks for.
            if before := opened_before():
                return before
            raise
        check_density(achievement=achievement, person=cleaned[0], now=now)
    accepted = open_batch(
        Batch(
            issuer=issuer,
            achievement=achievement,
            kind=kind,
            awarded_on=awarded_on,
            session=session,
            requested_by=requested_by,
            idempotency_key=idempotency_key,
            request_hash=asked,
            row_count=len(cleaned),
            accepted_at=now,
            notify=notify,
        )
    )
    if accepted.created:
        rows = [
            ledger.Row(
                line=line,
                person=person,
                awarded_on=awarded_on,
                person_hash=hashed,
                replaces_id=replaces.pk if replaces else None,
                result=replaces.award.result if replaces else "",
            )
            for line, (person, hashed) in enumerate(zip(cleaned, hashes, strict=True), start=1)
        ]
        ledger.write_rows(batch=accepted.batch, rows=rows, reason=reason, note=note)
        holding.admit(batch=accepted.batch, pending=list(range(1, len(rows) + 1)), mandate=mandate, now=now)
    return accepted


def open_batch(batch: Batch) -> Accepted:
    """Insert the batch, or find the one that its idempotency key opened. Raises KeyReused for another."""
    try:
        with transaction.atomic():
            batch.save(force_insert=True)
    except IntegrityError:  # the same key, accepted by another request a moment ago
        held = Batch.objects.get(issuer=batch.issuer, idempotency_key=batch.idempotency_key)
        return repeated(held, batch.request_hash)
    return Accepted(batch=batch, created=True)


def check_award(*, issuer: Issuer, achievement: Achievement, awarded_on: date, now: datetime) -> Mandate:
    """The mandate under which this issuer may award this on that day.

    Raises BadAward, IssuerSuspended, OutsideMandate.
    """
    if achievement.issuer_id != issuer.pk or achievement.state != Achievement.State.PUBLISHED:
        raise BadAward(_("This course is not open for awards. Choose another."), field="achievement")
    if awarded_on > timezone.localdate(now):
        raise BadAward(_("The date of the award lies in the future."), field="awarded_on")
    ends = valid_until(achievement, awarded_on)
    if ends and ends <= now:
        raise BadAward(_("With this date the certificate would already have expired."), field="awarded_on")
    mandate = require_mandate(issuer=issuer, theme=achievement.theme, on=timezone.localdate(now), now=now)
    require_base_url()
    return mandate


def require_base_url(*, of: City | None = None, write: bool = False) -> None:
    """The address that is signed into documents is the one of the first issue. Raises BaseUrlChanged.

    ``of`` is the city, if it was read just now; ``write`` is for the signer, which notes the address at the
    first issue.
    """
    signed = of.base_url if of else City.objects.values_list("base_url", flat=True).get(pk=1)
    if write and not signed:
        City.objects.filter(pk=1, base_url="").update(base_url=settings.BASE_URL)
        signed = City.objects.values_list("base_url", flat=True).get(pk=1)
    if signed and signed != settings.BASE_URL:
        raise BaseUrlChanged


def preview(
    *,
    achievement: Achievement,
    person: Person,
    awarded_on: date,
    now: datetime,
    replaces: Credential | None = None,
) -> Preview:
    """The document as it would be signed, with a specimen's slot and subject; checks all that accept does."""
    cleaned = clean_person(person)
    check_award(issuer=achievement.issuer, achievement=achievement, awarded_on=awarded_on, now=now)
    _refuse_duplicate(
        achievement, awarded_on, replaces.session if replaces else "", [person_hash(cleaned)], replaces
    )
    version = check_density(achievement=achievement, person=cleaned, now=now)
    ends = valid_until(achievement, awarded_on)
    profile = register.profile_of(achievement.issuer)
    document = openbadges.compose(
        openbadges.CredentialFacts(
            base_url=settings.BASE_URL,
            id="specimen",
            issuer=profile,
            subject=openbadges.SubjectFacts(
                id=uuid.UUID(int=0, version=4), name_latin=cleaned.name_latin, name_arabic=cleaned.name_arabic
            ),
            achievement=facts.achievement_document(achievement, profile=profile),
            awarded_on=awarded_on,
            valid_from=now,
            valid_until=ends,
            slot=openbadges.StatusSlot(list_number=1, index=0),
        )
    )
    linting.lint_credential(document, issuer_id=achievement.issuer_id)
    return Preview(document=document, qr_version=version, valid_until=ends)


def check_density(*, achievement: Achievement, person: Person, now: datetime) -> int:
    """The QR version that this certificate's paper claim would have. Raises QrTooDense above 13."""
    claim = facts.paper_claim(
        achievement=achievement,
        name_latin=person.name_latin,
        name_arabic=person.name_arabic,
        status=32_767 * LIST_SIZE,
        issued_at=int(now.timestamp()),
        expires_at=2**31 if achievement.valid_months else None,
        cti=b"\xff" * 16,
    )
    field = "name_latin" if person.name_latin else "name_arabic"
    if not paper.fits(claim, prefix=facts.link_prefix()):
        raise QrTooDense(field=field)
    try:
        return _qr_version(settings.BASE_URL, len(paper.payload(claim)) + paper.OVERHEAD)
    except qr.TooDense as error:
        raise QrTooDense(field=field) from error


@lru_cache(maxsize=512)
def _qr_version(base_url: str, length: int) -> int:
    """The version for a claim of so many bytes, which fix how many digits there are. Raises qr.TooDense."""
    return qr.qr_version(paper.qr_text(base_url=base_url, cose=b"\xff" * length))


def _request_hash(
    achievement: Achievement,
    awarded_on: date,
    session: str,
    people: list[Person],
    replaces: Credential | None,
) -> str:
    asked = [achievement.pk, awarded_on.isoformat(), session, replaces.pk if replaces else ""]
    data = json.dumps([asked, [asdict(person) for person in people]], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(data.encode()).hexdigest()


def asked_before(*, issuer: Issuer, idempotency_key: str, request_hash: str) -> Accepted | None:
    """The batch that this request opened before, if it did. Raises KeyReused when it was another request."""
    existing = Batch.objects.filter(issuer=issuer, idempotency_key=idempotency_key).first()
    return repeated(existing, request_hash) if existing else None


def repeated(batch: Batch, asked: str) -> Accepted:
    """The batch that this request opened before. Raises KeyReused when it was another request."""
    if batch.request_hash != asked:
        raise KeyReused(field="idempotency_key")
    return Accepted(batch=batch, created=False)


def _refuse_duplicate(
    achievement: Achievement, awarded_on: date, session: str, hashes: list[str], replaces: Credential | None
) -> None:
    same = {"person_hash__in": hashes}
    living = Credential.objects.filter(
        achievement=achievement,
        awarded_on=awarded_on,
        session=session,
        status__in=("active", "suspended"),
        **same,
    )
    if replaces:
        living = living.exclude(pk=replaces.pk)
    waiting = Award.objects.filter(
        batch__achievement=achievement,
        batch__awarded_on=awarded_on,
        batch__session=session,
        batch__state__in=(Batch.State.ACCEPTED, Batch.State.HELD),
        state=Award.State.PENDING,
        **same,
    )
    if living.exists() or waiting.exists():
        raise DuplicateAward(field="name_latin")
