"""Accepts awards: checks who, what and whether it may be, and writes the batch that workers will take."""

import hashlib
import json
import re
import secrets
import unicodedata
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

import phonenumbers
from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from issuers import cose, doorbell
from issuers.models import City, Issuer
from issuers.registry import require_mandate

from . import bitstring, facts, linting, openbadges, paper, qr
from .errors import BadAward, BaseUrlChanged, DuplicateAward, QrTooDense
from .models import LIST_SIZE, Achievement, AddressKind, Award, Batch, Chunk, Credential, StatusList

CHUNK_ROWS = 200
NAME_LIMIT = 80
ARABIC = re.compile(r"[\u0600-\u06ff\u0750-\u077f]")
LATIN = re.compile(r"[A-Za-zÀ-ɏ]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """To whom: names in one or both scripts, and an address if there is one."""

    name_latin: str = ""
    name_arabic: str = ""
    address_kind: str = ""
    address: str = ""
    language: str = "fr"


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


def tidy(text: str) -> str:
    """NFC, without control characters, runs of space as one space."""
    kept = "".join(
        c
        for c in unicodedata.normalize("NFC", text)
        if unicodedata.category(c) not in ("Cc", "Cf") or c == "\u200c"
    )
    return " ".join(kept.split())


def clean_phone(text: str) -> str:
    """A phone typed in any Moroccan or international form, as E.164. Raises BadAward."""
    try:
        number = phonenumbers.parse(text, "MA")
    except phonenumbers.NumberParseException as error:
        raise BadAward(_("This is not a phone number. Example: 06 12 34 56 78."), field="address") from error
    if not phonenumbers.is_possible_number(number):
        raise BadAward(
            _("This phone number has too few or too many digits. Example: 06 12 34 56 78."), field="address"
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def clean_email(text: str) -> str:
    """A lower-case e-mail address. Raises BadAward."""
    value = text.strip().lower()
    try:
        validate_email(value)
    except ValidationError as error:
        raise BadAward(
            _("This is not an e-mail address. Example: name@example.org."), field="address"
        ) from error
    return value


def clean_passport_number(text: str) -> str:
    """Ten digits that check (ISO/IEC 7064 MOD 97-10). Raises BadAward."""
    digits = "".join(str(int(c)) for c in text if c.isdecimal())
    if len(digits) != 10 or f"{98 - int(digits[:8]) * 100 % 97:02d}" != digits[8:]:
        raise BadAward(
            _("This passport number has a slip: check its ten digits on the card."), field="address"
        )
    return digits


def clean_person(person: Person) -> Person:
    """The person with names tidied and the address in its one form. Raises BadAward naming the field."""
    latin, arabic = tidy(person.name_latin), tidy(person.name_arabic)
    if not latin and not arabic:
        raise BadAward(_("Type the person's name, in Latin or in Arabic letters."), field="name_latin")
    for name, field in ((latin, "name_latin"), (arabic, "name_arabic")):
        if len(name) > NAME_LIMIT:
            raise BadAward(_("This name is longer than 80 characters. Shorten it."), field=field)
        if any(c.isdigit() or c in "<>{}@|\\" for c in name):
            raise BadAward(_("A name has letters only. Remove digits and signs."), field=field)
    if latin and not LATIN.search(latin):
        raise BadAward(_("Write this name in Latin letters, or leave it empty."), field="name_latin")
    if arabic and not ARABIC.search(arabic):
        raise BadAward(_("Write this name in Arabic letters, or leave it empty."), field="name_arabic")
    kind, address = person.address_kind, person.address.strip()
    if kind not in AddressKind.values or bool(kind) != bool(address):
        raise BadAward(_("Give a phone, an e-mail or a passport number, or none at all."), field="address")
    cleaners = {"phone": clean_phone, "email": clean_email, "passport": clean_passport_number}
    return replace(
        person,
        name_latin=latin,
        name_arabic=arabic,
        address=cleaners[kind](address) if kind else "",
        language=person.language if person.language in ("fr", "ar", "en") else "fr",
    )


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

    Asking again with the same ``idempotency_key`` and content gives the same batch. Raises BadAward
    (with the field), DuplicateAward, QrTooDense, IssuerSuspended, OutsideMandate.
    """
    cleaned = [clean_person(person) for person in people]
    asked = _request_hash(achievement, awarded_on, session, cleaned, replaces)
    existing = Batch.objects.filter(issuer=issuer, idempotency_key=idempotency_key).first()
    if existing:
        return _repeated(existing, asked)
    check_award(issuer=issuer, achievement=achievement, awarded_on=awarded_on, now=now)
    if not cleaned:
        raise BadAward(_("There is nobody in this list."), field="people")
    hashes = [person_hash(person) for person in cleaned]
    if kind == Batch.Kind.INTERACTIVE:
        _refuse_duplicate(achievement, awarded_on, session, hashes, replaces)
        check_density(achievement=achievement, person=cleaned[0], now=now)
    try:
        with transaction.atomic():
            batch = Batch.objects.create(
                issuer=issuer,
                achievement=achievement,
                kind=kind,
                awarded_on=awarded_on,
                session=tidy(session),
                requested_by=requested_by,
                idempotency_key=idempotency_key,
                request_hash=asked,
                row_count=len(cleaned),
                accepted_at=now,
                notify=notify,
            )
    except IntegrityError:  # the same key, accepted by another request a moment ago
        return _repeated(Batch.objects.get(issuer=issuer, idempotency_key=idempotency_key), asked)
    Chunk.objects.bulk_create(
        Chunk(
            batch=batch,
            kind=kind,
            first_row=first,
            last_row=min(first + CHUNK_ROWS - 1, len(cleaned)),
            not_before=Now(),  # the queue runs on the database's clock, business dates on the caller's
        )
        for first in range(1, len(cleaned) + 1, CHUNK_ROWS)
    )
    slots = _take_slots(issuer=issuer, count=len(cleaned))
    Award.objects.bulk_create(
        [
            Award(
                batch=batch,
                row=row,
                name_latin=person.name_latin,
                name_arabic=person.name_arabic,
                address_kind=person.address_kind,
                address=person.address,
                language=person.language,
                replaces=replaces,
                reason=reason,
                note=note,
                subject_id=uuid.UUID(bytes=secrets.token_bytes(16), version=4),
                status_list=slot[0],
                status_index=slot[1],
                person_hash=hashed,
            )
            for row, (person, hashed, slot) in enumerate(zip(cleaned, hashes, slots, strict=True), start=1)
        ],
        batch_size=500,
    )
    ring(kind)
    return Accepted(batch=batch, created=True)


def ring(kind: str) -> None:
    """Wake the workers of this kind of batch, once the transaction is committed."""
    interactive = kind == Batch.Kind.INTERACTIVE
    doorbell.ring(
        "credentials.issue_interactive" if interactive else "credentials.issue_batches",
        queue="interactive" if interactive else "batches",
    )


def check_award(*, issuer: Issuer, achievement: Achievement, awarded_on: date, now: datetime) -> None:
    """Whether this issuer may award this on that day. Raises BadAward, IssuerSuspended, OutsideMandate."""
    if achievement.issuer_id != issuer.pk or achievement.state != Achievement.State.PUBLISHED:
        raise BadAward(_("This course is not open for awards. Choose another."), field="achievement")
    if awarded_on > timezone.localdate(now):
        raise BadAward(_("The date of the award lies in the future."), field="awarded_on")
    ends = valid_until(achievement, awarded_on)
    if ends and ends <= now:
        raise BadAward(_("With this date the certificate would already have expired."), field="awarded_on")
    require_mandate(issuer=issuer, theme=achievement.theme, on=timezone.localdate(now), now=now)
    require_base_url()


def require_base_url() -> None:
    """The address that is signed into documents is the one of the first issue. Raises BaseUrlChanged."""
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
    document = openbadges.compose(
        facts.credential_facts(
            achievement=achievement,
            credential_id="specimen",
            subject=openbadges.SubjectFacts(
                id=uuid.UUID(int=0, version=4), name_latin=cleaned.name_latin, name_arabic=cleaned.name_arabic
            ),
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
    try:
        signable = linting.lint_paper(claim, issuer_id=achievement.issuer_id, prefix=facts.link_prefix())
    except linting.LintError as error:
        raise QrTooDense(field="name_latin") from error
    specimen = cose.sealed(cose.protected_header("ff" * 8), signable.payload, b"\xff" * 64)
    try:
        return qr.qr_version(paper.qr_text(base_url=settings.BASE_URL, cose=specimen))
    except qr.TooDense as error:
        raise QrTooDense(field="name_latin") from error


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


def _repeated(batch: Batch, asked: str) -> Accepted:
    if batch.request_hash != asked:
        raise BadAward(
            _("This request number was used for another award. Start again."), field="idempotency_key"
        )
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
        state=Award.State.PENDING,
        **same,
    )
    if living.exists() or waiting.exists():
        raise DuplicateAward(field="name_latin")


def _take_slots(*, issuer: Issuer, count: int) -> list[tuple[StatusList, int]]:
    """``count`` fresh slots of the issuer's newest lists; the counter moves once, by compare-and-set."""
    slots: list[tuple[StatusList, int]] = []
    while len(slots) < count:
        status_list = (
            StatusList.objects.filter(issuer=issuer, next_index__lt=LIST_SIZE).order_by("number").first()
        )
        if status_list is None:
            status_list = StatusList.objects.create(issuer=issuer, permutation_key=secrets.token_bytes(16))
            doorbell.ring("credentials.publish_lists", queue="upkeep")  # before anybody asks for it
        first = status_list.next_index
        taken = min(count - len(slots), LIST_SIZE - first)
        won = StatusList.objects.filter(pk=status_list.pk, next_index=first).update(
            next_index=F("next_index") + taken
        )
        if won:
            key = bytes(status_list.permutation_key)
            slots += [(status_list, bitstring.slot(key, number)) for number in range(first, first + taken)]
    return slots
