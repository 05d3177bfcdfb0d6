"""Verifies what a conformance suite hands over, and says what was checked, what failed and what to mind.

Whether the key belongs to the issuer (``issuerBinding``) is a check of its own here and yields a warning:
the W3C's own vectors are signed by keys of others. For people it decides (``verify/foreign/examining.py``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from credentials import linkeddata
from credentials.linkeddata import LinkedDataError
from verify.foreign import apart, proofs, schemas, status
from verify.foreign.fetching import Fetch
from verify.foreign.proofs import ProofError, Secured
from verify.report import Outcome

from . import datamodel, envelopes, issuing, resources
from .datamodel import ENVELOPED, ENVELOPED_PRESENTATION, NotConforming

AUTHENTICATION = "authentication"
_MODEL = "https://www.w3.org/TR/vc-data-model#"
MALFORMED, PARSING = f"{_MODEL}MALFORMED_VALUE_ERROR", f"{_MODEL}PARSING_ERROR"
CRYPTOGRAPHIC, RANGE = f"{_MODEL}CRYPTOGRAPHIC_SECURITY_ERROR", f"{_MODEL}RANGE_ERROR"
STATUS = "https://www.w3.org/ns/credentials/status-list#STATUS_VERIFICATION_ERROR"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, or to be minded: its type (RFC 9457), which check found it, and what."""

    type: str
    check: str
    detail: str

    def to_json(self) -> dict[str, str]:
        return {
            "type": self.type,
            "title": self.type.rpartition("#")[2],
            "detail": f"{self.check}: {self.detail}",
        }


@dataclass(slots=True)
class Checked:
    """What was checked; ``verified`` when nothing failed."""

    checks: list[str] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    errors: list[Problem] = field(default_factory=list)

    @property
    def verified(self) -> bool:
        return not self.errors

    def to_json(self) -> dict[str, Any]:
        """As VC-API's verifiers answer."""
        wrong = [problem.to_json() for problem in self.errors]
        return {
            "verified": self.verified,
            "checks": self.checks,
            "warnings": [problem.to_json() for problem in self.warnings],
            "errors": [problem["detail"] for problem in wrong],
            "problemDetails": wrong,
        }


def credential(*, given: Any, fetch: Fetch, now: datetime) -> Checked:
    """The checks of a credential, embedded proof or envelope."""
    found = Checked()
    _run(found, lambda: _credential(given, found, fetch=fetch, now=now))
    return found


def presentation(*, given: Any, challenge: str, domain: str, fetch: Fetch, now: datetime) -> Checked:
    """The checks of a presentation and of every credential in it.

    ``challenge`` and ``domain``, where they are not empty, must be those that the holder signed.
    """
    found = Checked()
    _run(
        found,
        lambda: _presentation(given, found, challenge=challenge, domain=domain, fetch=fetch, now=now),
    )
    return found


def _run(found: Checked, checks: Any) -> None:
    """Make the checks until one fails; what fails is said by its type."""
    try:
        checks()
    except NotConforming as error:
        kind = PARSING if error.where == "document" else MALFORMED
        found.errors.append(Problem(kind, "model", str(error)))
    except LinkedDataError as error:
        refused = proofs.unreadable(error)
        found.errors.append(Problem(PARSING, "linkedData", f"{refused.code} {refused.detail}".strip()))
    except ProofError as error:
        found.errors.append(Problem(CRYPTOGRAPHIC, "proof", f"{error.code} {error.detail}".strip()))


# -- Credentials ------------------------------------------------------------------------------------
def _credential(given: Any, found: Checked, *, fetch: Fetch, now: datetime) -> None:
    if datamodel.is_enveloped(given, ENVELOPED):
        document, secured = envelopes.credential(given, fetch=fetch, warn=_warner(found))
        _mind(issuing.require_conforming(document), found)
        proven = [secured]
    else:
        _mind(issuing.require_conforming(given), found)
        document = given
        proven = _embedded(given, fetch=fetch, now=now)
    found.checks.append("proof")
    _bind(document, proven, found)
    _in_time(document, found, now=now)
    _standing(document, found, fetch=fetch, now=now)


def _embedded(
    document: Mapping[str, Any], *, fetch: Fetch, now: datetime, purpose: str = "assertionMethod"
) -> list[Secured]:
    return proofs.verify_document(
        document,
        fetch=fetch,
        contexts=resources.contexts(),
        purpose=purpose,
        now=now,
        hashing=apart.hash_data,
    )


def _mind(unknown: list[str], found: Checked) -> None:
    for address in unknown:
        found.warnings.append(Problem(MALFORMED, "relatedResource", f"not known here: {address}"))


def _warner(found: Checked) -> Any:
    return lambda detail: found.warnings.append(Problem(MALFORMED, "envelope", detail))


def _bind(document: Mapping[str, Any], proven: list[Secured], found: Checked) -> None:
    found.checks.append("issuerBinding")
    whose = datamodel.issuer_of(document)
    if whose and whose not in {secured.controller for secured in proven}:
        found.warnings.append(Problem(CRYPTOGRAPHIC, "issuerBinding", f"no proof is by {whose}"))


def _in_time(document: Mapping[str, Any], found: Checked, *, now: datetime) -> None:
    """The credential counts now (VCDM 2.0, 4.9; 1.1, 4.6)."""
    found.checks.append("validity")
    first = schemas.moment(document.get("validFrom", document.get("issuanceDate")))
    last = schemas.moment(document.get("validUntil", document.get("expirationDate")))
    if first is not None and now < first:
        found.errors.append(Problem(RANGE, "validity", "not valid yet"))
    if last is not None and now >= last:
        found.errors.append(Problem(RANGE, "validity", "expired"))


def _standing(document: Mapping[str, Any], found: Checked, *, fetch: Fetch, now: datetime) -> None:
    """What the status lists say; a status that cannot be read is a warning and never a pass."""
    if "credentialStatus" not in document:
        return
    found.checks.append("status")
    prove = status.proving(fetch=fetch, now=now)
    finding = status.check(document, fetch=fetch, prove=prove, now=now)
    if finding.outcome is not Outcome.PASSED:
        problem = Problem(STATUS, "status", f"{finding.code} {finding.detail}".strip())
        (found.errors if finding.outcome is Outcome.FAILED else found.warnings).append(problem)


# -- Presentations ----------------------------------------------------------------------------------
def _presentation(
    given: Any, found: Checked, *, challenge: str, domain: str, fetch: Fetch, now: datetime
) -> None:
    if datamodel.is_enveloped(given, ENVELOPED_PRESENTATION):
        document, secured = envelopes.presentation(
            given, challenge=challenge, domain=domain, fetch=fetch, warn=_warner(found)
        )
        datamodel.require_presentation(document)
        proven = [secured]
    else:
        document = given
        datamodel.require_presentation(document)
        linkeddata.check(document, contexts=resources.contexts())
        proven = _embedded(document, fetch=fetch, now=now, purpose=AUTHENTICATION)
        for each in proven:
            _require_meant(each.proof, challenge=challenge, domain=domain)
    found.checks.append("proof")
    _bind(document, proven, found)
    for shown in datamodel.credentials_of(document):
        inner = credential(given=shown, fetch=fetch, now=now)
        found.checks += [f"verifiableCredential.{check}" for check in inner.checks]
        found.warnings += inner.warnings
        found.errors += inner.errors


def _require_meant(proof: Mapping[str, Any], *, challenge: str, domain: str) -> None:
    """The holder signed for this verifier and this moment (Data Integrity 1.0, 4.4). Raises ProofError."""
    if challenge and proof.get("challenge") != challenge:
        raise ProofError("proof-challenge", "challenge")
    stated = proof.get("domain")
    if domain and domain not in (stated if isinstance(stated, list) else [stated]):
        raise ProofError("proof-domain", "domain")
