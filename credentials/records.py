"""Pure. Composes and lints the record of a passport: Comprehensive Learner Record 2.0 (1EdTech), unsigned.

A record holds certificates whole, each with its own proof, and says how they belong together. It vouches for
nothing that a certificate in it does not say: what its issuer adds is that all of them lay in one passport.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from issuers.signable import Form, Signable

from . import dataintegrity, linkeddata, openbadges, ownterms
from .linting import LintError, check_text

CLR_CONTEXT: Final = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
TYPES: Final = ["VerifiableCredential", "ClrCredential"]
MOST: Final = 200  # certificates; the signer works on so many for about four seconds
#: Bytes of compact JSON; a certificate with its proof has about 4,500.
LARGEST: Final = 4_000_000
#: Rises when a record would say something else of the same passport.
FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFacts:
    """A step of a pathway: what it asks for, and the achievements in the record that do it."""

    place: int
    name: str
    done_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathwayFacts:
    """A pathway of the city that something in the record is a part of."""

    url: str
    version: str
    title_fr: str
    title_ar: str
    about_fr: str
    about_ar: str
    steps: tuple[StepFacts, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFacts:
    """What a record says but for its certificates; achievements are named by their ids.

    ``replaced`` are pairs of an older version of a course and the newer one that took its place.
    """

    issuer: Mapping[str, Any]
    name: str
    language: str
    name_latin: str
    name_arabic: str
    pathways: tuple[PathwayFacts, ...] = ()
    replaced: tuple[tuple[str, str], ...] = ()

    def digest(self, *certificates: object) -> str:
        """A hash of all that is said, with these names of the certificates, in their order."""
        said = json.dumps([FORMAT, asdict(self), certificates], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()


def compose(
    facts: RecordFacts,
    *,
    number: UUID,
    subject: UUID,
    valid_from: datetime,
    certificates: Iterable[Mapping[str, Any]],
) -> dict[str, Any]:
    """The ClrCredential without its proof (CLR 2.0, ClrCredential and ClrSubject).

    It is always ``partial``: the learner decides what is in it, and whether she left something out is hers
    to say. It does not expire and has no status: it says what was so on a day, and each certificate in it
    has its own dates and its own status.
    """
    names = [name for name in (facts.name_latin, facts.name_arabic) if name]
    about: dict[str, Any] = {
        "id": f"urn:uuid:{subject}",
        "type": ["ClrSubject"],
        "verifiableCredential": [dict(each) for each in certificates],
    }
    if names:
        about["identifier"] = [
            {"type": "IdentityObject", "hashed": False, "identityHash": name, "identityType": "name"}
            for name in names
        ]
    if facts.pathways:
        about["achievement"] = [each for pathway in facts.pathways for each in _achievements(pathway, facts)]
    if associations := list(_associations(facts)):
        about["association"] = associations
    return {
        "@context": [
            openbadges.VC_CONTEXT,
            CLR_CONTEXT,
            openbadges.OB_CONTEXT,
        ],
        "id": f"urn:uuid:{number}",
        "type": TYPES,
        "name": facts.name,
        "issuer": dict(facts.issuer),
        "validFrom": openbadges.moment(valid_from),
        "partial": True,
        "credentialSubject": about,
    }


def _achievements(pathway: PathwayFacts, facts: RecordFacts) -> Iterable[dict[str, Any]]:
    """The pathway and its steps, done or not: nothing in the record says that she has achieved them."""
    arabic = facts.language == "ar" or not pathway.title_fr
    yield ownterms.by_full_names(
        {
            "id": pathway.url,
            "type": ["Achievement"],
            "achievementType": "LearningProgram",
            "name": pathway.title_ar if arabic else pathway.title_fr,
            "names": {"fr": pathway.title_fr, "ar": pathway.title_ar},
            "description": pathway.about_ar if arabic else pathway.about_fr,
            "criteria": {"narrative": pathway.about_ar if arabic else pathway.about_fr},
            "creator": {"id": facts.issuer["id"], "type": ["Profile"], "name": facts.issuer["name"]},
            "version": pathway.version,
        }
    )
    for step in pathway.steps:
        yield {
            "id": _step(pathway, step),
            "type": ["Achievement"],
            "achievementType": "ext:PathwayStep",
            "name": step.name,
            "description": step.name,
            "criteria": {"narrative": step.name},
        }


def _associations(facts: RecordFacts) -> Iterable[dict[str, Any]]:
    """A step is a child of its pathway, what does it a part of the step; an old version was replaced."""
    for pathway in facts.pathways:
        for step in pathway.steps:
            yield _association("isChildOf", _step(pathway, step), pathway.url)
            for achievement in step.done_by:
                yield _association("isPartOf", achievement, _step(pathway, step))
    for older, newer in facts.replaced:
        yield _association("replacedBy", older, newer)


def _association(kind: str, source: str, target: str) -> dict[str, Any]:
    return {"type": "Association", "associationType": kind, "sourceId": source, "targetId": target}


def _step(pathway: PathwayFacts, step: StepFacts) -> str:
    return f"{pathway.url}#step-{step.place}"


# -- What may be signed -----------------------------------------------------------------------------
def lint_record(document: dict[str, Any], proof: dict[str, Any], *, city: str) -> Signable:
    """What a Data Integrity proof of this record covers, as bytes to be signed. Raises LintError.

    The certificates in it were linted before they were signed; here they must be whole, different from each
    other and not too many. Associations name achievements that are in it.
    """
    about = document["credentialSubject"]
    certificates = about["verifiableCredential"]
    if document["type"] != TYPES or document["issuer"]["id"] != city or "proof" in document:
        raise LintError("an unsigned record of the city", "type")
    if proof.get("verificationMethod", "").partition("#")[0] != city:
        raise LintError("a key of the issuer", "proof/verificationMethod")
    if not 0 < len(certificates) <= MOST:
        raise LintError("number of certificates", str(len(certificates)))
    if not all(each.get("proof") for each in certificates):
        raise LintError("certificates with their proofs", "credentialSubject/verifiableCredential")
    if len({each["id"] for each in certificates}) < len(certificates):
        raise LintError("each certificate once", "credentialSubject/verifiableCredential")
    _check_associations(about)
    check_text({**document, "credentialSubject": {**about, "verifiableCredential": []}}, "")
    if len(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()) > LARGEST:
        raise LintError("document too long", "")
    try:
        return Signable(Form.PROOF, None, dataintegrity.hash_data(document, proof, bounds=linkeddata.OWN))
    except linkeddata.LinkedDataError as error:
        raise LintError(f"linked data: {type(error).__name__}", error.where) from error
    except dataintegrity.DataIntegrityError as error:
        raise LintError("proof", error.what) from error


def _check_associations(about: Mapping[str, Any]) -> None:
    there = {each["id"] for each in about.get("achievement", ())}
    there |= {each["credentialSubject"]["achievement"]["id"] for each in about["verifiableCredential"]}
    for each in about.get("association", ()):
        if not {each["sourceId"], each["targetId"]} <= there or each["sourceId"] == each["targetId"]:
            raise LintError("associations of what is there", "credentialSubject/association")
