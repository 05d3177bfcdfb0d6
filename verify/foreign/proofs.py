"""Checks embedded Data Integrity proofs of others, and that the key may make such statements.

Every proof whose suite we know must hold, and at least one must be there. What is signed is hashed where it
can be stopped (``apart.py``): how much work a graph causes is its author's choice.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from credentials import dataintegrity, linkeddata
from credentials.dataintegrity import DataIntegrityError
from credentials.linkeddata import Contexts, LinkedDataError

from . import apart, stamps
from .fetching import Fetch
from .secured import ASSERTION, NotAuthorised, ProofError, Secured, find, require_authorised
from .tokens import SUITE as VC_JWT
from .tokens import credential_of, verify_token

#: The bytes that a proof signs; as ``dataintegrity.hash_data``.
Hashing = Callable[..., bytes]
MAX_PROOFS = 8

__all__ = [
    "VC_JWT",
    "NotAuthorised",
    "ProofError",
    "Secured",
    "credential_of",
    "unreadable",
    "verify_document",
    "verify_token",
]


def verify_document(
    document: Mapping[str, Any],
    *,
    fetch: Fetch,
    contexts: Contexts | None = None,
    purpose: str = ASSERTION,
    now: datetime | None = None,
    hashing: Hashing = apart.hash_data,
) -> list[Secured]:
    """What the document's proofs prove, in their order; sets and chains (Data Integrity 1.0, 4.3 and 4.5).

    ``now`` refuses proofs and methods that have expired. Raises ProofError for the first one that does not
    hold, NotAuthorised where only its key's purpose does not.
    """
    try:
        proofs = dataintegrity.proofs_of(document)
    except DataIntegrityError:
        raise ProofError("proof-missing", "proof") from None
    if len(proofs) > MAX_PROOFS:
        raise ProofError("too-complex", "proofs")
    known = [proof for proof in proofs if _is_known(proof)]
    if not known:
        raise ProofError("proof-suite", _suite_name(proofs[0]))
    for proof in known:  # what costs nothing comes first
        _require_form(proof, proofs, purpose)
    hashed = partial(hashing, document, contexts=contexts)
    found = [_proved(document, proof, proofs, fetch=fetch, purpose=purpose, hashed=hashed) for proof in known]
    for secured in found:
        require_authorised(secured, now=now)
    return found


def _is_known(proof: Mapping[str, Any]) -> bool:
    try:
        dataintegrity.suite_of(proof)
    except DataIntegrityError:
        return False
    return True


def _suite_name(proof: Mapping[str, Any]) -> str:
    return str(proof.get("cryptosuite", proof.get("type", "")))[:80]


def _require_form(proof: dict[str, Any], among: list[dict[str, Any]], purpose: str) -> None:
    if proof.get("proofPurpose") != purpose:
        raise ProofError("proof-purpose", str(proof.get("proofPurpose", ""))[:80])
    for member in ("created", "expires"):
        _moment(proof, member)
    try:
        dataintegrity.signature_of(proof)
        dataintegrity.previous_of(proof, among)
    except DataIntegrityError as error:
        code = "proof-previous" if error.what == "previousProof" else "proof-value"
        raise ProofError(code, error.what) from None


def _proved(
    document: Mapping[str, Any],
    proof: dict[str, Any],
    among: list[dict[str, Any]],
    *,
    fetch: Fetch,
    purpose: str,
    hashed: Hashing,
) -> Secured:
    suite = dataintegrity.suite_of(proof)
    signature = dataintegrity.signature_of(proof)
    previous = dataintegrity.previous_of(proof, among)
    method = find(proof.get("verificationMethod"), fetch=fetch)
    if method.algorithm != suite.algorithm:
        raise ProofError("proof-key", f"{suite.name}, {method.algorithm}")
    data = _hash_data(hashed, proof, previous)
    if not method.public.checks(signature, data):
        raise ProofError("proof-tampered", suite.name)
    return Secured(
        suite=suite.name,
        method=method,
        created=_moment(proof, "created"),
        expires=_moment(proof, "expires"),
        purpose=purpose,
        credential={name: value for name, value in document.items() if name != "proof"},
        proof=proof,
    )


def _hash_data(hashed: Hashing, proof: Mapping[str, Any], previous: list[Mapping[str, Any]]) -> bytes:
    try:
        return hashed(proof, previous=previous)
    except DataIntegrityError as error:
        raise ProofError("proof-context" if error.what == "@context" else "proof-document") from None
    except LinkedDataError as error:
        raise unreadable(error) from None


def unreadable(error: LinkedDataError) -> ProofError:
    """Why the document cannot be read as linked data, in a code of ours."""
    codes: dict[type[LinkedDataError], str] = {
        linkeddata.UnknownContext: "context-unknown",
        linkeddata.UndefinedTerm: "term-undefined",
        linkeddata.RelativeIdentifier: "id-relative",
        linkeddata.TooComplex: "too-complex",
        apart.TooSlow: "too-slow",
    }
    return ProofError(codes.get(type(error), "not-linked-data"), error.where[:200])


def _moment(proof: Mapping[str, Any], member: str) -> datetime | None:
    """A dateTimeStamp, which has a zone, where there is one (Data Integrity 1.0, section 2.1)."""
    if member not in proof:
        return None
    moment = stamps.read(proof[member])
    if moment is None:
        raise ProofError("proof-dates", member)
    return moment
