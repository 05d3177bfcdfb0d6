"""Verifies certificates in any form we know: eight checks in their order, one report, the worst decides.

1 it can be read (the gate) · 2 the register knows issuer and key · 3 the signature matches · 4 the key and
the accreditation held at the time · 5 its parts say the same · 6 dates · 7 status · 8 whom it names.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.urls import reverse
from jwt import InvalidTokenError

from credentials import paper, reading
from credentials.errors import NotYours
from credentials.models import LIST_SIZE, Credential
from issuers import keys
from issuers.models import SigningKey

from . import counting, embedded, endorsed, gate, logged, records, resolver, shape
from .elsewhere import verify_elsewhere
from .errors import Malformed, NotKnown, TooLarge
from .foreign.apart import TooSlow
from .foreign.fetching import NO_FETCH, Fetch
from .gate import Kind, Source
from .report import LEEWAY, Issuer, ListSeen, Reason, Report, Stated, Step, Text
from .sheet import Sheet, only_read

Algorithm = SigningKey.Algorithm


# -- Entrances ------------------------------------------------------------------------------------
def verify(*, source: str | bytes | Source, now: datetime, door: str, fetch: Fetch = NO_FETCH) -> Report:
    """The report on whatever this is, counted under ``door``.

    What does not speak in the name of this city is examined as a document of elsewhere, for which others are
    asked by ``fetch``. A link or a short code of a private certificate gives the verdict alone. Raises
    Malformed, TooLarge and NotKnown when there is nothing to report on.
    """
    what = source if isinstance(source, Source) else gate.read_source(source, base_url=settings.BASE_URL)
    match what.kind:
        case Kind.TOKEN:
            report = _verify_any_token(what.text, now=now, fetch=fetch)
        case Kind.PAPER:
            report = _verify_paper(what.text, now=now)
        case Kind.LINK | Kind.SHORT_CODE:
            report = _verify_found(what, now=now)
        case Kind.PROOF:
            report = _verify_document(what.text, now=now, fetch=fetch)
        case Kind.ELSEWHERE:
            report = verify_elsewhere(what.text, now=now, fetch=fetch)
        case Kind.UNSIGNED:
            report = _unsigned(now=now)
    counting.count(verdict=report.verdict, door=door, now=now)
    return report


def verify_stored(*, credential: Credential, now: datetime) -> Report:
    """The report on a credential of ours, the stored document's signature checked afresh. Not counted."""
    if credential.erased_at or not credential.jwt:
        return only_read(Reason.ERASED, now=now)
    return _verify_token(credential.jwt, now=now, stored=credential)


def _verify_found(what: Source, *, now: datetime) -> Report:
    """What whoever has the link or the short code may see."""
    find = reading.by_id if what.kind is Kind.LINK else reading.by_short_code
    try:
        credential = find(what.text)
    except NotYours:
        raise NotKnown from None
    report = verify_stored(credential=credential, now=now)
    return report.conceal() if credential.visibility == Credential.Visibility.PRIVATE else report


# -- The table on which a document is examined ----------------------------------------------------
class _Examination(Sheet):
    """One document, with what the register and the store know of it."""

    def __init__(self, *, now: datetime) -> None:
        super().__init__(now=now)
        self.lists: tuple[ListSeen, ...] = ()
        self.stored: Credential | None = None

    def authority(
        self,
        signer: resolver.ResolvedKey,
        *,
        signed_at: datetime,
        theme: str,
        logged: Callable[[datetime], bool],
        proven_at: datetime | None = None,
    ) -> bool:
        """4: key and accreditation held when it was signed; false when the signature counts for nothing.

        ``logged`` says whether the audit log shows that it was signed before that moment; ``proven_at`` is
        when the proof of a file was made, where that was later.
        """
        made_at = proven_at or signed_at
        detail = f"signed {_stamp(made_at)}, key {signer.key.kid8} {signer.key.state}"
        if signer.compromised_at is not None and not logged(signer.compromised_at):
            # Whoever has the key writes any date, so no date counts.
            self.found(Step.AUTHORITY, Reason.KEY_WITHDRAWN, detail)
            return False
        if not signer.counts_at(made_at):
            self.found(Step.AUTHORITY, Reason.OUTSIDE_KEY_PERIOD, detail)
            return False
        if not resolver.was_accredited(issuer=signer.issuer, theme=theme, at=signed_at):
            self.found(Step.AUTHORITY, Reason.NOT_ACCREDITED, f"{detail}, no mandate: {theme or 'any theme'}")
        elif signer.compromised_at is not None:
            self.found(Step.AUTHORITY, Reason.LOGGED_BEFORE, f"{detail} {_stamp(signer.compromised_at)}")
        else:
            self.passed(Step.AUTHORITY, f"{detail}, accredited: {theme or 'any theme'}")
        return True

    def dates(self, *, starts: datetime, ends: datetime | None) -> None:
        """6: it has begun and not ended."""
        detail = f"from {_stamp(starts)} until {_stamp(ends) if ends else 'ever'}"
        if ends is not None and ends <= self.now:
            self.found(Step.DATES, Reason.EXPIRED, detail)
        elif starts > self.now + LEEWAY:
            self.found(Step.DATES, Reason.NOT_YET_VALID, detail)
        else:
            self.passed(Step.DATES, detail)

    def status(self, signer: resolver.ResolvedKey, *, number: int, index: int) -> None:
        """7: what the issuer's newest published lists say."""
        standing = resolver.standing(number=number, index=index, issuer=signer.issuer, now=self.now)
        if standing is None:
            self.found(Step.STATUS, Reason.STATUS_UNKNOWN, f"list {number} is not published")
            return
        self.status_as_of, self.lists = standing.as_of, standing.lists
        detail = f"list {number} as of {_stamp(standing.as_of)}"
        if standing.replaced:
            self.found(Step.STATUS, Reason.REPLACED, detail)
        elif standing.revoked:
            self.found(Step.STATUS, Reason.REVOKED, detail)
        elif standing.suspended:
            self.found(Step.STATUS, Reason.SUSPENDED, detail)
        elif standing.stale:
            # A bit that is set in an old list still speaks; one that is not set says nothing any more.
            self.found(Step.STATUS, Reason.STATUS_STALE, detail)
        else:
            self.passed(Step.STATUS, detail)

    def report(self) -> Report:
        """What follows from the checks, with what only the store knows."""
        report = super().report()
        shows = report.reason.shows_claim
        stored = self.stored if shows else None
        leads_on = report.reason in (Reason.REPLACED, Reason.KEY_WITHDRAWN)
        successor = self.stored.replaced_by_id if self.stored and leads_on else None
        return replace(
            report,
            successor_url=settings.BASE_URL + reverse("credential", args=[successor]) if successor else "",
            short_code=stored.short_code if stored else "",
            files=bool(stored and _is_open(stored)),
            lists=self.lists if shows else (),
        )


def _unsigned(*, now: datetime) -> Report:
    exam = _Examination(now=now)
    exam.passed(Step.READABLE, "a JSON credential")
    exam.found(Step.SIGNATURE, Reason.UNSIGNED, "neither a proof nor a JWS")
    return exam.report()


def _registered(signer: resolver.ResolvedKey) -> Issuer:
    """The issuer in the register's words, whatever the document calls it."""
    issuer = signer.issuer
    return Issuer(
        did=signer.did,
        slug=issuer.slug,
        name_fr=issuer.name_fr,
        name_ar=issuer.name_ar,
        url=settings.BASE_URL + reverse("issuer", args=[issuer.slug]),
        since=resolver.accredited_since(issuer),
    )


def _is_of(stored: Credential, signer: resolver.ResolvedKey, slot: tuple[int, int]) -> bool:
    """Whether a document signed by this issuer with this status slot is this stored credential."""
    return (stored.issuer_id, stored.status_list_id, stored.status_index) == (signer.issuer.pk, *slot)


def _is_open(stored: Credential) -> bool:
    """Whether whoever has the link may see the certificate and have its files."""
    return stored.visibility != Credential.Visibility.PRIVATE and stored.erased_at is None


def _stamp(value: datetime) -> str:
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


# -- A VC-JWT -------------------------------------------------------------------------------------
def _verify_any_token(text: str, *, now: datetime, fetch: Fetch) -> Report:
    """A token of ours by the strict rules alone; one of elsewhere by those of elsewhere."""
    names = gate.names_in_token(text)
    if not names or any(embedded.is_ours(name, base_url=settings.BASE_URL) for name in names):
        return _verify_token(text, now=now)
    return verify_elsewhere(text, now=now, fetch=fetch)


def _verify_token(text: str, *, now: datetime, stored: Credential | None = None) -> Report:
    exam = _Examination(now=now)
    try:
        token = gate.open_token(text)
    except TooLarge:
        raise
    except Malformed as refused:
        return only_read(now=now, detail=refused.fault)
    exam.passed(Step.READABLE, "compact JWS")
    signer = resolver.key_of(did=token.did, fragment=token.fragment, algorithm=token.alg)
    if signer is None:
        known = resolver.is_registered(did=token.did)
        exam.found(Step.ISSUER, Reason.UNKNOWN_KEY if known else Reason.UNKNOWN_ISSUER, "kid")
        return exam.report()
    exam.issuer = _registered(signer)
    exam.passed(Step.ISSUER, signer.did)
    try:
        keys.verify_jws(token.text, key=signer.key)
    except InvalidTokenError:
        exam.found(Step.SIGNATURE, Reason.TAMPERED, f"{signer.key.algorithm}, key {signer.key.kid8}")
        return exam.report()
    exam.passed(Step.SIGNATURE, f"{signer.key.algorithm}, key {signer.key.kid8}")
    in_log = partial(_logged_token, token.text)
    _examine_claims(exam, token.payload, signer, stored, known=in_log)
    return exam.report()


def _examine_claims(
    exam: _Examination,
    payload: dict[str, Any],
    signer: resolver.ResolvedKey,
    stored: Credential | None,
    *,
    known: Callable[[str, datetime], bool],
    proven_at: datetime | None = None,
) -> None:
    """5 to 8 of a credential whose signature matches, however it is secured."""
    broken = shape.contradiction(payload, did=signer.did, base_url=settings.BASE_URL)
    starts = shape.read_moment(payload.get("validFrom"))
    slot = shape.status_slot(payload, base_url=settings.BASE_URL)
    if broken or starts is None or slot is None:
        # It cannot be said which part is right, so none is used: neither its dates nor its slot.
        exam.found(Step.SHAPE, Reason.CONTRADICTORY, broken)
        return
    exam.stated = shape.stated(payload)
    credential_id = shape.credential_id(payload, base_url=settings.BASE_URL)
    # A copy in another form (a wallet's, a re-encoded one) is the same: its id tells, not its bytes.
    exam.stored = stored or resolver.stored(credential_id=credential_id)
    is_known = partial(known, credential_id)
    theme = exam.stated.theme
    if not exam.authority(signer, signed_at=starts, theme=theme, logged=is_known, proven_at=proven_at):
        return
    if exam.stored and not _is_of(exam.stored, signer, slot):
        exam.found(Step.SHAPE, Reason.CONTRADICTORY, "not what was issued under this id")
        return
    exam.passed(Step.SHAPE)
    exam.dates(starts=starts, ends=exam.stated.valid_until)
    exam.status(signer, number=slot[0], index=slot[1])
    exam.subject(named=bool(exam.stated.names))


def _logged_token(text: str, credential_id: str, before: datetime) -> bool:
    return logged.token(text, credential_id=credential_id, before=before)


# -- A file with a proof inside -------------------------------------------------------------------
def _verify_document(text: str, *, now: datetime, fetch: Fetch) -> Report:
    """A file of ours by the strict rules and the register alone; one of elsewhere by those of elsewhere."""
    document = gate.strict_json(text)
    if not embedded.speaks_for_us(document, base_url=settings.BASE_URL):
        return verify_elsewhere(text, now=now, fetch=fetch)
    if records.is_record(document):
        return records.verify(document, now=now, verify_one=partial(_verify_within, now=now))
    if endorsed.is_endorsement(document):
        return only_read(now=now, detail="endorsement")
    exam = _Examination(now=now)
    try:
        opened = embedded.open_document(document)
    except Malformed as refused:
        return only_read(now=now, detail=refused.fault)
    exam.passed(Step.READABLE, opened.proof["cryptosuite"])
    signer = resolver.key_of(did=opened.did, fragment=opened.fragment, algorithm=Algorithm.ED25519)
    if signer is None:
        known = resolver.is_registered(did=opened.did)
        exam.found(Step.ISSUER, Reason.UNKNOWN_KEY if known else Reason.UNKNOWN_ISSUER, "verificationMethod")
        return exam.report()
    exam.issuer = _registered(signer)
    exam.passed(Step.ISSUER, signer.did)
    detail = f"{opened.proof['cryptosuite']}, key {signer.key.kid8}"
    try:
        is_signed = embedded.is_signed(opened, key=signer.key)
    except TooSlow:
        return only_read(now=now, detail="time")
    if not is_signed:
        exam.found(Step.SIGNATURE, Reason.TAMPERED, detail)
        return exam.report()
    exam.passed(Step.SIGNATURE, detail)
    # The log holds tokens: a file alone does not show that it was there before its key was withdrawn.
    _examine_claims(
        exam, opened.payload, signer, None, known=lambda name, before: False, proven_at=opened.created
    )
    return exam.report()


def _verify_within(text: str, *, now: datetime) -> Report:
    """A certificate within a record: one of ours; what else may lie there is not ours to vouch for."""
    try:
        return _verify_document(
            gate.read_source(text, base_url=settings.BASE_URL).text, now=now, fetch=NO_FETCH
        )
    except Malformed as refused:
        return only_read(now=now, detail=refused.fault)


# -- A paper claim --------------------------------------------------------------------------------
def _verify_paper(digits: str, *, now: datetime) -> Report:
    exam = _Examination(now=now)
    try:
        read = paper.parse(paper.cose_of(digits))
    except paper.PaperError as refused:
        return only_read(now=now, detail=str(refused))
    exam.passed(Step.READABLE, "SP1, COSE_Sign1")
    candidates = resolver.keys_of_paper(kid8=read.kid8)
    if not candidates:
        exam.found(Step.ISSUER, Reason.UNKNOWN_ISSUER, f"kid {read.kid8}")
        return exam.report()
    signer = next(
        (each for each in candidates if keys.verify_raw(read.signed, read.signature, key=each.key)), None
    )
    exam.passed(Step.ISSUER, (signer or candidates[0]).did)
    if signer is None:
        exam.found(Step.SIGNATURE, Reason.TAMPERED, f"ES256, key {read.kid8}")
        return exam.report()
    exam.issuer = _registered(signer)
    exam.passed(Step.SIGNATURE, f"ES256, key {read.kid8}")
    _examine_paper(exam, read.claim, signer)
    return exam.report()


def _examine_paper(exam: _Examination, claim: paper.Claim, signer: resolver.ResolvedKey) -> None:
    exam.stored = reading.by_cti(claim.cti)
    exam.stated = _stated_on_paper(claim, exam.stored)
    starts, ends = exam.stated.valid_from, exam.stated.valid_until
    slot = divmod(claim.status, LIST_SIZE)
    if starts is None or (ends is None) != (claim.expires_at is None):
        exam.found(Step.SHAPE, Reason.CONTRADICTORY, "iat or exp is no date")
        return
    theme = exam.stored.achievement.theme if exam.stored else ""  # the paper does not say it
    known = partial(_logged_claim, claim, exam.stored)
    if not exam.authority(signer, signed_at=starts, theme=theme, logged=known):
        return
    if claim.issuer is not None and claim.issuer != signer.did:
        exam.found(Step.SHAPE, Reason.CONTRADICTORY, "iss")
        return
    if exam.stored and not _is_of(exam.stored, signer, slot):
        exam.found(Step.SHAPE, Reason.CONTRADICTORY, "not what was issued under this cti")
        return
    exam.passed(Step.SHAPE, "bound to a stored credential" if exam.stored else "cti not in this store")
    exam.dates(starts=starts, ends=ends)
    exam.status(signer, number=slot[0], index=slot[1])
    exam.subject(named=bool(claim.name.strip()))


def _logged_claim(claim: paper.Claim, stored: Credential | None, before: datetime) -> bool:
    return logged.claim(claim, stored=stored, before=before)


def _stated_on_paper(claim: paper.Claim, stored: Credential | None) -> Stated:
    names = [name for name in (claim.name, claim.second_name) if name]
    return Stated(
        id=f"{settings.BASE_URL}/c/{stored.pk}" if stored and _is_open(stored) else "",
        names=tuple(Text(text=name, language=shape.script(name)) for name in names),
        titles=(Text(text=claim.title, language=shape.script(claim.title)),),
        level=claim.level,
        hours=claim.hours,
        valid_from=_moment(claim.issued_at),
        valid_until=_moment(claim.expires_at) if claim.expires_at is not None else None,
    )


def _moment(seconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
