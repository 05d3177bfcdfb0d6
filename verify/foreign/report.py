"""Pure. What was found in a document from elsewhere: one finding a step, by codes that have sentences.

Nothing here says that the city recognises the issuer: a report that holds says "genuine, and signed by" whom.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from verify.report import Outcome, Text, moment


class Standard(StrEnum):
    """What kind of document it is."""

    OB3 = "ob3"  # Open Badges 3.0
    CLR2 = "clr2"  # Comprehensive Learner Record 2.0
    VC2 = "vc2"  # any credential of the Verifiable Credentials Data Model 2.0
    VC1 = "vc1"  # any credential of the data model 1.1
    OB2 = "ob2"  # Open Badges 2.0


class Step(StrEnum):
    """The checks in their order."""

    FORM = "form"
    SCHEMA = "schema"
    PROOF = "proof"
    ISSUER_BINDING = "issuerBinding"
    VALIDITY = "validity"
    STATUS = "status"

    @property
    def number(self) -> int:
        return list(Step).index(self) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How one check ended: ``code`` is a stable word (``wording.py``), ``detail`` for an engineer.

    The detail names members and identifiers of the document, never a person.
    """

    step: Step
    outcome: Outcome
    code: str
    detail: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "number": self.step.number,
            "name": self.step.value,
            "outcome": self.outcome.value,
            "code": self.code,
            "detail": self.detail,
        }


def passed(step: Step, code: str = "passed", detail: str = "") -> Finding:
    """The check found what it should."""
    return Finding(step=step, outcome=Outcome.PASSED, code=code, detail=detail)


def failed(step: Step, code: str, detail: str = "") -> Finding:
    """The check found a fault."""
    return Finding(step=step, outcome=Outcome.FAILED, code=code, detail=detail)


def unknown(step: Step, code: str, detail: str = "") -> Finding:
    """The check could not be made: never good news."""
    return Finding(step=step, outcome=Outcome.UNKNOWN, code=code, detail=detail)


def complete(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding a step, in order: the worst where there are several, and what was not made is unknown."""
    found, rank = list(findings), (Outcome.FAILED, Outcome.UNKNOWN, Outcome.PASSED)
    return tuple(
        min(
            (each for each in found if each.step is step),
            key=lambda each: rank.index(each.outcome),
            default=unknown(step, "not-made"),
        )
        for step in Step
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HashedIdentifier:
    """An identifier of the subject (Open Badges 3.0, IdentityObject): the value, or its salted hash."""

    type: str
    hashed: bool
    value: str
    salt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What the document says was achieved, in its own words."""

    titles: tuple[Text, ...] = ()
    descriptions: tuple[Text, ...] = ()
    criteria: tuple[Text, ...] = ()
    criteria_url: str = ""
    achievement_id: str = ""
    achievement_type: str = ""
    awarded_at: datetime | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    image: str = ""  # an address or a data: URL, as it stands there

    def to_json(self) -> dict[str, Any]:
        return {
            "titles": _texts(self.titles),
            "descriptions": _texts(self.descriptions),
            "criteria": _texts(self.criteria),
            "criteria_url": self.criteria_url,
            "achievement_id": self.achievement_id,
            "achievement_type": self.achievement_type,
            "awarded_at": moment(self.awarded_at),
            "valid_from": moment(self.valid_from),
            "valid_until": moment(self.valid_until),
        }


def _texts(texts: Iterable[Text]) -> list[dict[str, str]]:
    return [{"text": text.text, "language": text.language} for text in texts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endorsed:
    """What was found of one endorsement within: of the credential, its achievement or its issuer.

    ``known`` says that whoever endorses is in this city's register. Words are there only where it holds.
    """

    about: str
    code: str
    holds: bool | None
    endorser_id: str = ""
    endorser_name: str = ""
    known: bool = False
    comment: str = ""
    since: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "about": self.about,
            "code": self.code,
            "holds": self.holds,
            "endorser": {"id": self.endorser_id, "name": self.endorser_name},
            "known": self.known,
            "comment": self.comment,
            "since": moment(self.since),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignReport:
    """The checks made on a document from elsewhere, and what it says.

    ``securing`` names how it is signed (a cryptosuite, ``vc-jwt``, ``jws``, ``hosted``), ``raw`` is what must
    be kept to check it again, and ``inner`` reports on the credentials within a learner record.
    """

    standard: Standard
    securing: str
    document: dict[str, Any]
    raw: str
    issuer_id: str
    issuer_name: str
    findings: tuple[Finding, ...]
    checked_at: datetime
    stated: Stated = field(default_factory=Stated)
    identifiers: tuple[HashedIdentifier, ...] = ()
    subject_id: str = ""
    recipient_names: tuple[str, ...] = ()
    inner: tuple["ForeignReport", ...] = ()
    endorsements: tuple[Endorsed, ...] = ()

    @property
    def id(self) -> str:
        """The credential's own identifier, empty where it has none."""
        found = self.document.get("id")
        return found if isinstance(found, str) else ""

    @property
    def holds(self) -> bool | None:
        """True when every check passed, within too; False when one failed; None when one is not known."""
        held = [each.holds for each in self.inner]
        if False in held or any(found.outcome is Outcome.FAILED for found in self.findings):
            return False
        if None in held or any(found.outcome is Outcome.UNKNOWN for found in self.findings):
            return None
        return True

    @property
    def worst(self) -> Finding | None:
        """The finding that decides: the first that failed, or else the first that is not known."""
        every = [*self.findings, *(each.worst for each in self.inner)]
        found = [each for each in every if each is not None and each.outcome is not Outcome.PASSED]
        return min(found, key=lambda each: each.outcome is Outcome.UNKNOWN, default=None)

    def of_what_is_proved(self) -> "ForeignReport":
        """The report without what it says where nobody is proved to have said it: anybody may have."""
        proving = (Step.PROOF, Step.ISSUER_BINDING)
        if all(each.outcome is Outcome.PASSED for each in self.findings if each.step in proving):
            inner = tuple(each.of_what_is_proved() for each in self.inner)
            return replace(self, inner=inner)
        return replace(self, issuer_name="", stated=Stated(), inner=(), endorsements=())

    def to_json(self) -> dict[str, Any]:
        """The report in codes: what is kept, and what the API gives. Holds no document and no identifier."""
        return {
            "standard": self.standard.value,
            "securing": self.securing,
            "id": self.id,
            "issuer": {"id": self.issuer_id, "name": self.issuer_name},
            "holds": self.holds,
            "checked_at": moment(self.checked_at),
            "findings": [found.to_json() for found in self.findings],
            "credential": self.stated.to_json(),
            "inner": [each.to_json() for each in self.inner],
            "endorsements": [each.to_json() for each in self.endorsements],
        }
