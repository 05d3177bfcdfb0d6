"""Puts a Data Integrity proof to a document of ours: linted, signed, the signature looked at once more."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from issuers import keys
from issuers.models import Issuer
from issuers.signable import Signable

from . import dataintegrity

SUITE = "eddsa-rdfc-2022"
#: What the proof covers of the document, once a linter has passed both. Raises LintError.
Lint = Callable[[dict[str, Any]], Signable]


def signer_of(issuer: Issuer | None, *, now: datetime) -> keys.Signer:
    """The key for proofs of a provider, or of the city. Raises NoKeyRoom, NoActiveKey, SealBroken."""
    return keys.proof_signer(issuer=issuer, now=now) if issuer else keys.city_proof_signer(now=now)


def proved(
    document: dict[str, Any], *, signer: keys.Signer, lint: Lint, now: datetime, array: bool
) -> dict[str, Any]:
    """The document with its proof (eddsa-rdfc-2022), ``array`` as ``dataintegrity.signed`` has it.

    Whoever stores it asks ``signer.require_active`` in that transaction. Raises what ``lint`` raises, and
    SelfCheckFailed.
    """
    proof = dataintegrity.options(cryptosuite=SUITE, verification_method=signer.kid, created=now)
    signable = lint(proof)
    signature = keys.signed_bytes(signable, by=signer)
    return dataintegrity.signed(document, proof, signature, array=array)
