"""Pure. Data Integrity proofs (W3C, with EdDSA and ECDSA cryptosuites): what is hashed, how it is written.

A proof covers two hashes, one of its own options and one of the document; here both are made, for whoever
signs and whoever verifies. Keys are elsewhere.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import rfc8785

from issuers import multibase

from . import linkeddata
from .linkeddata import Contexts

SIGNATURE = 64  # bytes, Ed25519 and P-256 alike
TYPE = "DataIntegrityProof"


class DataIntegrityError(ValueError):
    """The proof cannot be made or read; ``what`` names its member."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True, slots=True)
class Cryptosuite:
    """A way of securing: its name in the proof, its keys' algorithm, RDFC-1.0 or JCS (RFC 8785)."""

    name: str
    algorithm: str
    rdfc: bool


CRYPTOSUITES = {
    suite.name: suite
    for suite in (
        Cryptosuite("eddsa-rdfc-2022", "Ed25519", rdfc=True),
        Cryptosuite("eddsa-jcs-2022", "Ed25519", rdfc=False),
        Cryptosuite("ecdsa-rdfc-2019", "P-256", rdfc=True),
        Cryptosuite("ecdsa-jcs-2019", "P-256", rdfc=False),
    )
}
#: The suite that says its name in the proof's type (Ed25519 Signature 2020): the same bytes are hashed.
ED25519_2020 = Cryptosuite("Ed25519Signature2020", "Ed25519", rdfc=True)


def suite_of(proof: Mapping[str, Any]) -> Cryptosuite:
    """How this proof secures. Raises DataIntegrityError for what we do not know."""
    if proof.get("type") == ED25519_2020.name:
        return ED25519_2020
    if proof.get("type") != TYPE:
        raise DataIntegrityError("type")
    name = proof.get("cryptosuite")
    suite = CRYPTOSUITES.get(name) if isinstance(name, str) else None
    if suite is None:
        raise DataIntegrityError("cryptosuite")
    return suite


def options(*, cryptosuite: str, verification_method: str, created: datetime) -> dict[str, Any]:
    """The proof of an assertion before it is signed (Data Integrity, section 4.2)."""
    return {
        "type": TYPE,
        "cryptosuite": cryptosuite,
        "created": created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "verificationMethod": verification_method,
        "proofPurpose": "assertionMethod",
    }


def hash_data(
    document: Mapping[str, Any],
    proof: Mapping[str, Any],
    *,
    previous: Sequence[Mapping[str, Any]] = (),
    bounds: linkeddata.Bounds = linkeddata.FOREIGN,
    contexts: Contexts | None = None,
) -> bytes:
    """The 64 bytes that are signed: SHA-256 of the proof's options, then of the unsecured document.

    EdDSA cryptosuites, sections 3.2 and 3.3; ECDSA, 3.2 and 3.3 (P-256). ``previous`` are the proofs that
    this one names by ``previousProof`` and covers too (Data Integrity, 4.3). Raises DataIntegrityError and
    what ``linkeddata.canonical`` raises.
    """
    suite = suite_of(proof)
    configuration = {name: value for name, value in proof.items() if name not in ("proofValue", "jws")}
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    if previous:
        unsecured["proof"] = [dict(each) for each in previous]
    if suite.rdfc:
        configuration["@context"] = document.get("@context", [])
        return b"".join(
            hashlib.sha256(linkeddata.canonical(each, bounds=bounds, contexts=contexts).encode()).digest()
            for each in (configuration, unsecured)
        )
    if "@context" in proof:
        _require_beginning(document.get("@context"), proof["@context"])
        unsecured["@context"] = proof["@context"]
    return _sha256_jcs(configuration) + _sha256_jcs(unsecured)


def _require_beginning(given: Any, signed: Any) -> None:
    """The document's contexts begin with those that were signed (EdDSA cryptosuites, section 3.3.2)."""
    have = given if isinstance(given, list) else [given]
    want = signed if isinstance(signed, list) else [signed]
    if have[: len(want)] != want:
        raise DataIntegrityError("@context")


def _sha256_jcs(value: Mapping[str, Any]) -> bytes:
    try:
        return hashlib.sha256(rfc8785.dumps(json.loads(json.dumps(value)))).digest()
    except (rfc8785.CanonicalizationError, ValueError) as error:
        raise DataIntegrityError("document") from error


def signed(
    document: Mapping[str, Any], proof: Mapping[str, Any], signature: bytes, *, array: bool
) -> dict[str, Any]:
    """The document with its proof; Open Badges 3.0 wants an array of proofs, the VC-API suites one object."""
    whole = {**proof, "proofValue": multibase.encode(signature)}
    return {**document, "proof": [whole] if array else whole}


def signature_of(proof: Mapping[str, Any]) -> bytes:
    """The signature that a proof carries. Raises DataIntegrityError."""
    try:
        signature = multibase.decode(proof.get("proofValue"))
    except multibase.NotMultibase as error:
        raise DataIntegrityError("proofValue") from error
    if len(signature) != SIGNATURE:
        raise DataIntegrityError("proofValue")
    return signature


def proofs_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The document's proofs as a list. Raises DataIntegrityError when there is none or it is no object."""
    given = document.get("proof")
    proofs = [proof for proof in (given if isinstance(given, list) else [given]) if isinstance(proof, dict)]
    if not proofs or (isinstance(given, list) and len(proofs) < len(given)):
        raise DataIntegrityError("proof")
    return proofs


def previous_of(proof: Mapping[str, Any], among: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The proofs that this one names (``previousProof``). Raises DataIntegrityError."""
    if "previousProof" not in proof:
        return []
    named = proof["previousProof"]
    ids = named if isinstance(named, list) else [named]
    found = []
    for wanted in ids:
        match = [each for each in among if isinstance(wanted, str) and each.get("id") == wanted]
        if not match:
            raise DataIntegrityError("previousProof")
        found += match
    return found
