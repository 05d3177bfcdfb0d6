"""Verifies printed codes and signed files with a bundle alone: no database and no network.

The same eight checks as ``verifier.py``, in the same order. What the bundle cannot know (a holder's wish, the
audit log, a certificate's successor) is not asked; how old its knowledge is decides whether it is enough.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from credentials import bundle as bundles
from credentials import paper
from credentials.bitstring import SIZE
from credentials.bundle import Bundle
from issuers import delegations, jose
from issuers.delegations import Reason as Rule
from issuers.delegations import Roots
from issuers.errors import NotTrusted

from . import gate, shape
from .errors import Malformed
from .gate import Kind, Source
from .report import Issuer, Reason, Report, Stated, Step, Text
from .sheet import Sheet

#: How far this machine's clock may be wrong.
CLOCK_DRIFT = timedelta(minutes=5)
#: From here on what was not revoked then may well have been since; from there on nothing is known.
STALE_AFTER = timedelta(days=7)
UNKNOWN_AFTER = timedelta(days=30)


#: An issuer, or a key of one, as the bundle lists it.
Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed:
    """What a document states, whichever form it has, and the key that it names."""

    stated: Stated
    starts: datetime | None
    ends: datetime | None
    slot: tuple[int, int] | None
    issuer: str | None
    fault: str = ""


class _End(Exception):  # nothing went wrong: there is nothing left to look at
    """The check that was made leaves nothing more to look at."""


class _Sheet(Sheet):
    """One document, looked at until a check leaves nothing more to look at."""

    def end(self, step: Step, reason: Reason, detail: str = "") -> NoReturn:
        self.found(step, reason, detail)
        raise _End


# -- Entrances ------------------------------------------------------------------------------------
def load(token: str, *, roots: Roots, city: str, now: datetime) -> Bundle:
    """The bundle in a file that somebody carried here, if a pinned root of the city stands behind it.

    It may be older than a day: its age is told with each verdict. Raises NotTrusted.
    """
    found = bundles.read(token.strip(), roots=roots, city=city)
    delegations.require_period(found.directory.delegation, now=now)
    if found.directory.issued_at > now + CLOCK_DRIFT:
        raise NotTrusted(Rule.NOT_YET)
    return found


def verify(*, source: str | bytes, bundle: Bundle, base_url: str, now: datetime) -> Report:
    """The report on a printed code or a signed file. Raises Malformed, TooLarge.

    A link or a short code names something that only the city's server has: that is Malformed here.
    """
    what = gate.read_source(source, base_url=base_url)
    if what.kind in (Kind.LINK, Kind.SHORT_CODE):
        raise Malformed("unknown-form")
    sheet = _Sheet(now=now)
    with suppress(_End):
        _examine(sheet, what, bundle, base_url)
    return sheet.report()


# -- The checks, in their order ---------------------------------------------------------------------
def _examine(sheet: _Sheet, what: Source, known: Bundle, base_url: str) -> None:
    match what.kind:
        case Kind.PAPER:
            entry, key, signed = _paper(sheet, what.text, known)
        case Kind.TOKEN:
            entry, key, signed = _token(sheet, what.text, known, base_url)
        case Kind.PROOF:
            sheet.end(Step.READABLE, Reason.FOREIGN_PROOF)
        case _:
            sheet.passed(Step.READABLE, "a JSON credential")
            sheet.end(Step.SIGNATURE, Reason.UNSIGNED)
    sheet.issuer = _named(entry, base_url)
    sheet.passed(Step.SIGNATURE, f"ES256, key {key['kid']}")
    if signed.fault or signed.starts is None or signed.slot is None:
        sheet.end(Step.SHAPE, Reason.CONTRADICTORY, signed.fault)
    sheet.stated = signed.stated
    _authority(sheet, entry, key, signed.starts, signed.stated.theme)
    if signed.issuer not in (None, entry["did"]):
        sheet.end(Step.SHAPE, Reason.CONTRADICTORY, "iss")
    sheet.passed(Step.SHAPE)
    _dates(sheet, signed.starts, signed.ends)
    _status(sheet, entry, *signed.slot, known)
    sheet.subject(named=bool(signed.stated.names))


def _paper(sheet: _Sheet, digits: str, known: Bundle) -> tuple[Entry, Entry, _Signed]:
    try:
        read = paper.parse(paper.cose_of(digits))
    except paper.PaperError as refused:
        sheet.end(Step.READABLE, Reason.MALFORMED, str(refused))
    sheet.passed(Step.READABLE, "SP1, COSE_Sign1")
    candidates = list(_keys(known, kid8=read.kid8))
    if not candidates:
        sheet.end(Step.ISSUER, Reason.UNKNOWN_ISSUER, f"kid {read.kid8}")
    sheet.passed(Step.ISSUER, candidates[0][0]["did"])
    # Two may share 8 bytes, so all are tried.
    signers = [each for each in candidates if _signed_by(each[1], read.signed, read.signature)]
    if not signers:
        sheet.end(Step.SIGNATURE, Reason.TAMPERED, f"ES256, key {read.kid8}")
    return *signers[0], _claimed(read.claim)


def _signed_by(key: Entry, message: bytes, signature: bytes) -> bool:
    public = jose.p256_key(key["jwk"]["x"], key["jwk"]["y"])
    return jose.verify_raw_signature(public, message, signature)


def _claimed(claim: paper.Claim) -> _Signed:
    names = [name for name in (claim.name, claim.second_name) if name and name.strip()]
    starts, ends = _moment(claim.issued_at), _moment(claim.expires_at)
    return _Signed(
        stated=Stated(
            names=tuple(Text(text=name, language=shape.script(name)) for name in names),
            titles=(Text(text=claim.title, language=shape.script(claim.title)),),
            level=claim.level,
            hours=claim.hours,
            valid_from=starts,
            valid_until=ends,
        ),
        starts=starts,
        ends=ends,
        slot=divmod(claim.status, SIZE),
        issuer=claim.issuer,
        fault="exp is no date" if (ends is None) != (claim.expires_at is None) else "",
    )


def _token(sheet: _Sheet, text: str, known: Bundle, base_url: str) -> tuple[Entry, Entry, _Signed]:
    try:
        token = gate.open_token(text)
    except Malformed as refused:
        sheet.end(Step.READABLE, Reason.MALFORMED, refused.fault)
    sheet.passed(Step.READABLE, "compact JWS")
    named = [entry for entry in known.issuers if entry["did"] == token.did]
    if not named:
        sheet.end(Step.ISSUER, Reason.UNKNOWN_ISSUER, "kid")
    [entry] = named
    key = next((each for each in entry["keys"] if jose.thumbprint(each["jwk"]) == token.fragment), None)
    if key is None:
        sheet.end(Step.ISSUER, Reason.UNKNOWN_KEY, "kid")
    sheet.passed(Step.ISSUER, token.did)
    if not _signed_by(key, text.rpartition(".")[0].encode(), token.signature):
        sheet.end(Step.SIGNATURE, Reason.TAMPERED, f"ES256, key {key['kid']}")
    stated = shape.stated(token.payload)
    return (
        entry,
        key,
        _Signed(
            stated=stated,
            starts=stated.valid_from,
            ends=stated.valid_until,
            slot=shape.status_slot(token.payload, base_url=base_url),
            issuer=token.did,
            fault=shape.contradiction(token.payload, did=token.did, base_url=base_url),
        ),
    )


def _keys(known: Bundle, *, kid8: str) -> Iterator[tuple[Entry, Entry]]:
    for entry in known.issuers:
        for key in entry["keys"]:
            if key["kid"] == kid8:
                yield entry, key


def _named(entry: Entry, base_url: str) -> Issuer:
    return Issuer(
        did=entry["did"],
        slug=entry["slug"],
        name_fr=entry["names"]["fr"],
        name_ar=entry["names"]["ar"],
        url=f"{base_url}/issuers/{entry['slug']}",
    )


def _authority(sheet: _Sheet, entry: Entry, key: Entry, at: datetime, theme: str) -> None:
    seconds = int(at.timestamp())
    detail = f"signed {at:%Y-%m-%dT%H:%M:%SZ}, key {key['kid']}"
    if key["compromised"]:
        sheet.end(Step.AUTHORITY, Reason.KEY_WITHDRAWN, detail)
    if seconds < key["nbf"] or (key["until"] is not None and seconds >= key["until"]):
        sheet.end(Step.AUTHORITY, Reason.OUTSIDE_KEY_PERIOD, detail)
    # The paper does not say its theme, so any counts; the city's midnight is within an hour of UTC's.
    periods = entry["accredited"].values() if not theme else [entry["accredited"].get(theme, [])]
    days = {moment.date().isoformat() for moment in (at, at + timedelta(hours=1))}
    held = any(
        start <= day and (end is None or day < end) for some in periods for start, end in some for day in days
    )
    if held:
        sheet.passed(Step.AUTHORITY, f"{detail}, accredited: {theme or 'any theme'}")
    else:
        sheet.found(Step.AUTHORITY, Reason.NOT_ACCREDITED, f"{detail}, no mandate: {theme or 'any theme'}")


def _dates(sheet: _Sheet, starts: datetime, ends: datetime | None) -> None:
    if ends is not None and ends <= sheet.now:
        sheet.found(Step.DATES, Reason.EXPIRED)
    elif starts > sheet.now + CLOCK_DRIFT:
        sheet.found(Step.DATES, Reason.NOT_YET_VALID)
    else:
        sheet.passed(Step.DATES)


def _status(sheet: _Sheet, entry: Entry, number: int, index: int, known: Bundle) -> None:
    listed = known.lists.get(number)
    if listed is None or listed.issuer != entry["did"] or index >= SIZE:
        sheet.found(Step.STATUS, Reason.STATUS_UNKNOWN, f"list {number} is not in the bundle")
        return
    sheet.status_as_of = datetime.fromtimestamp(listed.issued_at, UTC)
    age = sheet.now - min(sheet.status_as_of, known.directory.issued_at)
    detail = f"list {number} as of {sheet.status_as_of:%Y-%m-%dT%H:%M:%SZ}, {max(age.days, 0)} days old"
    marked = [purpose for purpose in bundles.PURPOSES if index in listed.marks[purpose]]
    if "replacement" in marked:
        sheet.found(Step.STATUS, Reason.REPLACED, detail)
    elif "revocation" in marked:
        sheet.found(Step.STATUS, Reason.REVOKED, detail)
    elif "suspension" in marked:
        sheet.found(Step.STATUS, Reason.SUSPENDED, detail)
    elif age > UNKNOWN_AFTER:
        sheet.found(Step.STATUS, Reason.STATUS_UNKNOWN, detail)
    elif age > STALE_AFTER:
        sheet.found(Step.STATUS, Reason.STATUS_STALE, detail)
    else:
        sheet.passed(Step.STATUS, detail)


def _moment(seconds: int | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None
    except (ValueError, OverflowError, OSError):
        return None
