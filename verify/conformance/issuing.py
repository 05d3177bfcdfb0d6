"""Issues what a conformance suite hands over, with a throw-away key, in the way that the suite names.

Every document is held against the data model and read as linked data first, so that no member stays outside
the signature. What is issued here is answered and forgotten.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credentials import bitstring, dataintegrity, linkeddata
from issuers import jose
from verify.foreign import apart

from . import datamodel, resources, statuslists
from .datamodel import V1, V2, NotConforming
from .throwaway import Signer, signer

DATA_INTEGRITY = "https://w3id.org/security/data-integrity/v2"
ENVELOPE = "application/vc+jwt"


@dataclass(frozen=True, slots=True)
class Suite:
    """How a credential is secured: a cryptosuite, or without one VC-JOSE-COSE; with a status entry or not."""

    name: str
    cryptosuite: str
    algorithm: str
    status: bool = False

    @property
    def signer(self) -> Signer:
        return signer(self.algorithm)


#: The names in ``/vc-api/<suite>/…``.
SUITES = {
    suite.name: suite
    for suite in (
        *(Suite(each.name, each.name, each.algorithm) for each in dataintegrity.CRYPTOSUITES.values()),
        Suite("jose", "", "P-256"),
        Suite("status", "eddsa-rdfc-2022", "Ed25519", status=True),
    )
}


def issue(*, credential: Any, suite: Suite, now: datetime) -> dict[str, Any]:
    """The credential, secured. Raises NotConforming, and LinkedDataError for what no context defines."""
    if not isinstance(credential, dict):
        raise NotConforming("credential", "not an object")
    if "proof" in credential:
        raise NotConforming("proof", "what is issued here has none yet")
    document = _completed(credential, suite=suite, now=now)
    require_conforming(document)
    if not suite.cryptosuite:
        return _enveloped(document, suite.signer)
    return secure(document, cryptosuite=suite.cryptosuite, by=suite.signer, now=now)


def require_conforming(document: Any) -> list[str]:
    """The document is a credential of which nothing gets lost; returns the related resources not known here.

    Raises NotConforming, LinkedDataError.
    """
    datamodel.require_credential(document)
    unknown = resources.require_digests(document)
    linkeddata.check(document, contexts=resources.contexts())
    return unknown


def secure(document: Mapping[str, Any], *, cryptosuite: str, by: Signer, now: datetime) -> dict[str, Any]:
    """The document with one Data Integrity proof, as an object: so the suites of the VC-API want it."""
    proof = dataintegrity.options(cryptosuite=cryptosuite, verification_method=by.method, created=now)
    if not dataintegrity.CRYPTOSUITES[cryptosuite].rdfc:
        proof["@context"] = document["@context"]  # EdDSA and ECDSA cryptosuites, section 3.3.5
    hashed = apart.hash_data(document, proof, contexts=resources.contexts())
    return dataintegrity.signed(document, proof, by.sign(hashed), array=False)


def _completed(credential: dict[str, Any], *, suite: Suite, now: datetime) -> dict[str, Any]:
    """What the issuer adds: in 1.1 the date and the proof's terms, in the status suite its own entry."""
    document = dict(credential)
    contexts = document.get("@context")
    if isinstance(contexts, list) and contexts[:1] == [V1]:
        document.setdefault("issuanceDate", now.strftime("%Y-%m-%dT%H:%M:%SZ"))
        if suite.cryptosuite and DATA_INTEGRITY not in contexts:
            document["@context"] = [*contexts, DATA_INTEGRITY]
    if suite.status and "credentialStatus" not in document:
        document["credentialStatus"] = statuslists.entry(index=secrets.randbelow(bitstring.SIZE))
    return document


def _enveloped(document: Mapping[str, Any], by: Signer) -> dict[str, Any]:
    """An enveloped credential (VCDM 2.0, 4.13.2; VC-JOSE-COSE, 3.1.1)."""
    if datamodel.version_of(document) != V2:
        raise NotConforming("@context", "an envelope holds a credential of the data model 2.0")
    header = {"alg": "ES256", "typ": "vc+jwt", "cty": "vc", "kid": by.method}
    payload = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    signing_input = ".".join(jose.b64(part.encode()) for part in (json.dumps(header), payload))
    token = f"{signing_input}.{jose.b64(by.sign(signing_input.encode()))}"
    return {"@context": [V2], "type": "EnvelopedVerifiableCredential", "id": f"data:{ENVELOPE},{token}"}


def status_list(*, now: datetime) -> dict[str, Any]:
    """The conformance issuer's status list, signed; the same key signs what refers to it."""
    suite = SUITES["status"]
    return secure(statuslists.unsigned(now=now), cryptosuite=suite.cryptosuite, by=suite.signer, now=now)
