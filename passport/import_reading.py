"""Pure. What of a report on a document from elsewhere is kept, and where the document stands by it.

Texts are cut and freed of control characters: strangers wrote them, and pages show them.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import unquote

from credentials import frameworks
from verify.foreign.report import Finding, ForeignReport, Step
from verify.report import Outcome, Text

#: Until one of these fails, the document is what its issuer signed; and only then is it kept.
SIGNED = (Step.FORM, Step.SCHEMA, Step.PROOF, Step.ISSUER_BINDING)
MAX_TITLE, MAX_NAME, MAX_TEXT, MAX_DETAIL = 200, 200, 2000, 120
MAX_TEXTS, MAX_SKILLS, MAX_INNER = 6, 30, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """The columns of what is kept."""

    key: str
    standard: str
    securing: str
    issuer_id: str
    issuer_name: str
    titles: list[dict[str, str]]
    skills: list[dict[str, str]]
    happened_on: date | None
    valid_from: datetime | None
    valid_until: datetime | None
    report: dict[str, Any]


def read(report: ForeignReport) -> Read:
    """What is kept of this report, besides the document itself."""
    stated = report.stated
    happened = stated.awarded_at or stated.valid_from
    return Read(
        key=key_of(report),
        standard=report.standard.value,
        securing=clean(report.securing, 40),
        issuer_id=clean(report.issuer_id, 2000),
        issuer_name=clean(report.issuer_name, MAX_NAME),
        titles=_texts(stated.titles, MAX_TITLE),
        skills=_skills(report),
        happened_on=happened.astimezone(UTC).date() if happened else None,
        valid_from=stated.valid_from,
        valid_until=stated.valid_until,
        report={
            "findings": [_finding(found) for found in report.findings],
            "descriptions": _texts(stated.descriptions, MAX_TEXT),
            "criteria": _texts(stated.criteria, MAX_TEXT),
            "kind": clean(stated.achievement_type, 60),
            "inner": [
                {
                    "titles": _texts(each.stated.titles, MAX_TITLE),
                    "holds": each.holds,
                    "finding": each.worst.code if each.worst else "",
                }
                for each in report.inner[:MAX_INNER]
            ],
        },
    )


def key_of(report: ForeignReport) -> str:
    """By what a document is known again: its issuer's id and its own (Open Badges 3.0, section 10).

    Both are compared percent-decoded and trimmed. One without an id is known by its bytes.
    """
    own = report.id or f"sha256:{hashlib.sha256(report.raw.encode(errors='replace')).hexdigest()}"
    both = "\n".join(unquote(each).strip() for each in (report.issuer_id, own))
    return hashlib.sha256(both.encode(errors="replace")).hexdigest()


def is_newer(found: Read, *, than: datetime | None) -> bool:
    """Whether this version of a document takes the place of one that is valid from ``than``."""
    return found.valid_from is not None and (than is None or found.valid_from > than)


# -- Where it stands ------------------------------------------------------------------------------
def not_signed(report: ForeignReport) -> Finding | None:
    """The finding by which this is not surely what its issuer signed: one that failed before one unknown."""
    found = [
        each
        for each in _every(report)
        if each.step in SIGNED
        and each.outcome is not Outcome.PASSED
        # A schema that we do not have says nothing against the signature.
        and (each.outcome is Outcome.FAILED or each.step is not Step.SCHEMA)
    ]
    return min(found, key=lambda each: each.outcome is Outcome.UNKNOWN, default=None)


def standing(report: ForeignReport) -> str:
    """``Import.Standing``: the worst that was found; revoked is told before expired."""
    failed = [each for each in _every(report) if each.outcome is Outcome.FAILED]
    if any(each.step in SIGNED for each in failed):
        return "broken"
    ended = [each.code for each in failed if each.step is Step.STATUS]
    for word in ("revoked", "suspended"):
        if any(word in code for code in ended):
            return word
    dates = {each.code for each in failed if each.step is Step.VALIDITY}
    for word in ("expired", "not-yet-valid"):
        if word in dates:
            return word
    return "genuine" if report.holds else "unchecked"


def _every(report: ForeignReport) -> Iterator[Finding]:
    yield from report.findings
    for inner in report.inner:
        yield from _every(inner)


# -- Texts ----------------------------------------------------------------------------------------
def clean(text: str, most: int) -> str:
    """The text without control characters and lone surrogates, cut where it is too long."""
    kept = "".join(
        " " if char in "\n\r\t" else char for char in text[: 4 * most] if char in "\n\r\t" or _is_text(char)
    )
    kept = " ".join(kept.split())
    return kept if len(kept) <= most else f"{kept[: most - 1].rstrip()}…"


def _is_text(char: str) -> bool:
    return unicodedata.category(char) not in ("Cc", "Cs", "Cn")


def _texts(texts: Iterable[Text], most: int) -> list[dict[str, str]]:
    found = [{"text": clean(each.text, most), "language": clean(each.language, 20)} for each in texts]
    return [each for each in found if each["text"]][:MAX_TEXTS]


def _finding(found: Finding) -> dict[str, str]:
    return {
        "step": found.step.value,
        "outcome": found.outcome.value,
        "code": found.code,
        "detail": clean(found.detail, MAX_DETAIL),
    }


# -- Skills ---------------------------------------------------------------------------------------
def _skills(report: ForeignReport) -> list[dict[str, str]]:
    """The ESCO skills that we know among what the achievements are aligned to."""
    known = frameworks.skills()
    named = dict.fromkeys(uri for uri in _aligned(report) if uri in known)
    return [frameworks.as_stored(uri) for uri in list(named)[:MAX_SKILLS]]


def _aligned(report: ForeignReport) -> Iterator[str]:
    for subject in _objects(report.document.get("credentialSubject")):
        for achievement in _objects(subject.get("achievement")):
            for alignment in _objects(achievement.get("alignment")):
                target = alignment.get("targetUrl")
                if isinstance(target, str):
                    yield target
    for inner in report.inner:
        yield from _aligned(inner)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)]
