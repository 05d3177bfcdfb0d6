"""Pure. What a verification found: numbered checks, and the verdict, which is the worst of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

#: How far our clock and that of whoever signed may differ.
LEEWAY = timedelta(minutes=2)


class Verdict(StrEnum):
    """The answer in one word."""

    VALID = "valid"
    NOT_YET_VALID = "not-yet-valid"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REPLACED = "replaced"
    REVOKED = "revoked"
    UNKNOWN_ISSUER = "unknown-issuer"
    TAMPERED = "tampered"
    NOT_CHECKABLE = "not-checkable"


class Outcome(StrEnum):
    """How one check ended; unknown is never good news."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why the verdict is what it is, from the worst to the best: the first one found decides."""

    MALFORMED = "malformed"
    FOREIGN_PROOF = "foreign-proof"
    UNSIGNED = "unsigned"
    UNKNOWN_ISSUER = "unknown-issuer"
    UNKNOWN_KEY = "unknown-key"
    TAMPERED = "tampered"
    KEY_WITHDRAWN = "key-withdrawn"
    OUTSIDE_KEY_PERIOD = "outside-key-period"
    CONTRADICTORY = "contradictory"
    REPLACED = "replaced"
    REVOKED = "revoked"
    NOT_ACCREDITED = "not-accredited"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    ERASED = "erased"
    STATUS_UNKNOWN = "status-unknown"
    STATUS_STALE = "status-stale"
    LOGGED_BEFORE = "logged-before"
    VALID = "valid"

    @property
    def verdict(self) -> Verdict:
        return VERDICTS.get(self) or Verdict(self.value)

    @property
    def shows_claim(self) -> bool:
        """Whether what the document says may be shown: only when a recognised issuer signed it."""
        return self not in _SHOWS_NOTHING


VERDICTS = {
    Reason.MALFORMED: Verdict.NOT_CHECKABLE,
    Reason.FOREIGN_PROOF: Verdict.NOT_CHECKABLE,
    Reason.UNSIGNED: Verdict.NOT_CHECKABLE,
    Reason.UNKNOWN_KEY: Verdict.UNKNOWN_ISSUER,
    Reason.KEY_WITHDRAWN: Verdict.UNKNOWN_ISSUER,
    Reason.OUTSIDE_KEY_PERIOD: Verdict.UNKNOWN_ISSUER,
    Reason.CONTRADICTORY: Verdict.NOT_CHECKABLE,
    Reason.NOT_ACCREDITED: Verdict.UNKNOWN_ISSUER,
    Reason.ERASED: Verdict.NOT_CHECKABLE,
    Reason.STATUS_UNKNOWN: Verdict.NOT_CHECKABLE,
    Reason.STATUS_STALE: Verdict.NOT_CHECKABLE,
    Reason.LOGGED_BEFORE: Verdict.VALID,
}
_SHOWS_NOTHING = {
    Reason.MALFORMED,
    Reason.FOREIGN_PROOF,
    Reason.UNSIGNED,
    Reason.UNKNOWN_ISSUER,
    Reason.UNKNOWN_KEY,
    Reason.TAMPERED,
    Reason.KEY_WITHDRAWN,
    Reason.OUTSIDE_KEY_PERIOD,
    Reason.CONTRADICTORY,
    Reason.ERASED,
}
_RANK = {reason: rank for rank, reason in enumerate(Reason)}


class Step(StrEnum):
    """The checks in their order (the number of each is its place here)."""

    READABLE = "readable"
    ISSUER = "issuer"
    SIGNATURE = "signature"
    AUTHORITY = "authority"
    SHAPE = "shape"
    DATES = "dates"
    STATUS = "status"
    SUBJECT = "subject"

    @property
    def number(self) -> int:
        return list(Step).index(self) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check: ``sentence`` for an employer, ``detail`` for an engineer (never personal data).

    ``made`` is false when an earlier check left nothing to look at; its outcome is unknown then.
    """

    step: Step
    outcome: Outcome
    sentence: str
    detail: str = ""
    made: bool = True

    @property
    def number(self) -> int:
        return self.step.number

    def to_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "name": self.step.value,
            "outcome": self.outcome.value,
            "sentence": self.sentence,
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """The issuer as the city's register names it."""

    did: str
    slug: str
    name_fr: str
    name_ar: str
    url: str
    since: date | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.did,
            "name_fr": self.name_fr,
            "name_ar": self.name_ar,
            "url": self.url,
            "accredited_since": self.since.isoformat() if self.since else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text of the signed document and the language it is written in."""

    text: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What the signed document itself states, all that an employer compares with the paper."""

    id: str = ""
    names: tuple[Text, ...] = ()
    titles: tuple[Text, ...] = ()
    criteria: tuple[Text, ...] = ()
    level: str = ""
    hours: int | None = None
    assessed: bool | None = None
    result: str = ""
    theme: str = ""
    awarded_on: date | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    achievement_url: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "names": [{"text": name.text, "language": name.language} for name in self.names],
            "titles": [{"text": title.text, "language": title.language} for title in self.titles],
            "criteria": [{"text": text.text, "language": text.language} for text in self.criteria],
            "level": self.level,
            "hours": self.hours,
            "assessed": self.assessed,
            "result": self.result,
            "theme": self.theme,
            "awarded_on": self.awarded_on.isoformat() if self.awarded_on else None,
            "valid_from": moment(self.valid_from),
            "valid_until": moment(self.valid_until),
            "achievement": self.achievement_url,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSeen:
    """A signed status list on which a verdict rests."""

    purpose: str
    number: int
    version: int
    signed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The checks made and what follows from them.

    ``concealed`` says that the holder keeps the certificate private, so that the verdict is all there is;
    ``files`` that whoever has the link may have the PDF and the signed file; ``foreign`` is what was found in
    a document of elsewhere (``verify/foreign/report.py``, as JSON with sentences).
    """

    reason: Reason
    headline: str
    sentence: str
    checks: tuple[Check, ...]
    checked_at: datetime
    issuer: Issuer | None = None
    stated: Stated | None = None
    status_as_of: datetime | None = None
    successor_url: str = ""
    concealed: bool = False
    short_code: str = ""
    files: bool = False
    lists: tuple[ListSeen, ...] = ()
    foreign: dict[str, Any] | None = None

    @property
    def verdict(self) -> Verdict:
        return self.reason.verdict

    @property
    def holds(self) -> bool | None:
        """True when valid, False when a check failed, None when something could not be found out."""
        if self.verdict is Verdict.VALID:
            return True
        return False if any(check.outcome is Outcome.FAILED for check in self.checks) else None

    def conceal(self) -> "Report":
        """The verdict alone, for a certificate whose holder keeps it private."""
        return replace(
            self,
            issuer=None,
            stated=None,
            short_code="",
            files=False,
            concealed=True,
            lists=(),
            checks=tuple(replace(check, detail="") for check in self.checks),
        )

    def to_json(self) -> dict[str, Any]:
        """The report as the API gives it."""
        return {
            "verdict": self.verdict.value,
            "reason": self.reason.value,
            "headline": self.headline,
            "sentence": self.sentence,
            "checked_at": moment(self.checked_at),
            "status_as_of": moment(self.status_as_of),
            "checks": [check.to_json() for check in self.checks],
            "issuer": self.issuer.to_json() if self.issuer else None,
            "credential": self.stated.to_json() if self.stated else None,
            "successor": self.successor_url or None,
            "concealed": self.concealed,
            "foreign": self.foreign,
        }


def worst(reasons: Iterable[Reason]) -> Reason:
    """The reason that decides: the worst of those found, or valid if there is none."""
    return min(reasons, key=_RANK.__getitem__, default=Reason.VALID)


def worst_report(reports: Sequence[Report | None]) -> int:
    """The exit status for reports: 0 all valid, 1 one does not hold, 2 one could not be decided or made."""
    held = [report.holds if report else None for report in reports]
    return 1 if False in held else 2 if None in held else 0


def moment(value: datetime | None) -> str | None:
    """A moment in UTC with whole seconds, as documents have it."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else None
