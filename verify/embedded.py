"""A certificate of ours as a file with an embedded proof: its strict form, and whether this key signed it.

As with tokens, what speaks in the name of a provider of the register is read by one narrow rule: one proof,
eddsa-rdfc-2022, by a key of the register. Documents of elsewhere are read in ``verify/foreign``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credentials import dataintegrity, proving
from credentials.dataintegrity import DataIntegrityError
from credentials.linkeddata import FOREIGN, Bounds, LinkedDataError
from issuers import keys, profiles
from issuers.models import SigningKey

from . import gate, shape
from .errors import Malformed
from .foreign import apart

MEMBERS = frozenset({"type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """A document whose form is right; nothing in it is verified yet."""

    document: dict[str, Any]
    proof: dict[str, Any]
    created: datetime
    signature: bytes

    @property
    def did(self) -> str:
        return str(self.proof["verificationMethod"]).partition("#")[0]

    @property
    def fragment(self) -> str:
        return str(self.proof["verificationMethod"]).partition("#")[2]

    @property
    def payload(self) -> dict[str, Any]:
        """The credential with the claims that a token repeats, so that one set of rules reads both."""
        payload = {name: value for name, value in self.document.items() if name != "proof"}
        subject = payload.get("credentialSubject")
        claims = {
            "iss": shape.issuer_id(payload),
            "jti": payload.get("id"),
            "sub": subject.get("id") if isinstance(subject, dict) else None,
        }
        for name, member in (("nbf", "validFrom"), ("exp", "validUntil")):
            if moment := shape.read_moment(payload.get(member)):
                claims[name] = int(moment.timestamp())
        return {**payload, **claims}


def is_ours(did: str, *, base_url: str) -> bool:
    """Whether this is the city's DID or one under it: for such, nobody else is asked."""
    city = profiles.did_for_city(base_url=base_url)
    return did == city or did.startswith((f"{city}:", f"{city}#"))


def speaks_for_us(document: Mapping[str, Any], *, base_url: str) -> bool:
    """Whether the document names an issuer or a key of this city, wherever it does."""
    given = document.get("proof")
    proofs = given if isinstance(given, list) else [given]
    named = [each.get("verificationMethod") for each in proofs if isinstance(each, dict)]
    return any(
        isinstance(name, str) and is_ours(name, base_url=base_url)
        for name in (shape.issuer_id(dict(document)), *named)
    )


def open_document(document: dict[str, Any]) -> Embedded:
    """The document in the one form in which we make it. Raises Malformed."""
    given = document.get("proof")
    proofs = given if isinstance(given, list) else [given]
    if len(proofs) != 1 or not isinstance(proofs[0], dict) or set(proofs[0]) != MEMBERS:
        raise Malformed("proof")
    proof = proofs[0]
    if (proof["type"], proof["cryptosuite"]) != (dataintegrity.TYPE, proving.SUITE):
        raise Malformed("cryptosuite")
    if proof["proofPurpose"] != "assertionMethod":
        raise Malformed("proof-purpose")
    name, created = proof["verificationMethod"], shape.read_moment(proof["created"])
    if not isinstance(name, str) or len(name) > gate.MAX_KID or not gate.DID_URL.fullmatch(name):
        raise Malformed("verification-method")
    if created is None:
        raise Malformed("created")
    try:
        signature = dataintegrity.signature_of(proof)
    except DataIntegrityError:
        raise Malformed("proof-value") from None
    return Embedded(document=document, proof=proof, created=created, signature=signature)


def is_signed(opened: Embedded, *, key: SigningKey, bounds: Bounds = FOREIGN) -> bool:
    """Whether the key signed exactly this document. What is no linked data of ours was never signed by us.

    Raises TooSlow where the time did not suffice.
    """
    try:
        data = apart.hash_data(opened.document, opened.proof, bounds=bounds)
    except apart.TooSlow:
        raise
    except (LinkedDataError, DataIntegrityError):
        return False
    return keys.verify_bytes(data, opened.signature, key=key)
