"""Pure. The one thing that the key room signs: a document that a linter has passed.

Only the linters (``credentials/linting.py``, ``credentials/records.py``, ``issuers/publications.py`` for the
key directory, ``issuers/delegations.py`` for what the root signs, ``verify/bench_receipts.py``) make one; an
architecture test holds that. So the type checker forbids signing what was not linted.
"""

from dataclasses import dataclass
from enum import Enum
from typing import final


class SelfCheckFailed(Exception):
    """What was just signed does not verify: a fault of this machine. Nothing of it is stored."""


class Form(Enum):
    """What is to be signed, and with which JOSE ``typ``; a paper claim (COSE) and a checkpoint have none."""

    CREDENTIAL = "JWT"  # Open Badges 3.0, section 8.2.1: typ, if present, is JWT
    STATUS_LIST = "vc+jwt"  # VC-JOSE-COSE, section 3.1.1
    KEY_DIRECTORY = "keys+jwt"
    BUNDLE = "bundle+jose"  # packed, so no JWT
    RECEIPT = "receipt+jwt"  # what a bench has checked
    DELEGATION = "delegation+jwt"  # the offline root alone signs these
    PAPER = ""
    PROOF = "proof"  # never a header: the two hashes that a Data Integrity proof covers
    CHECKPOINT = "checkpoint"  # never a header: the text itself is signed, byte for byte


#: The media type of what is signed, where it is not JSON (RFC 6713).
CONTENT = {Form.BUNDLE: "gzip"}


def header(form: Form, kid: str) -> dict[str, str]:
    """The whole header of a JWS of this form: ``cty`` (RFC 7515, section 4.1.10) where it is not JSON."""
    content = {"cty": CONTENT[form]} if form in CONTENT else {}
    return {"typ": form.value, **content, "alg": "ES256", "kid": kid}


@final
@dataclass(frozen=True, slots=True)
class Signable:
    """Bytes that were linted: JSON for a JWS, CBOR for a COSE_Sign1, two hashes for a proof, a checkpoint."""

    form: Form
    issuer_id: int | None
    payload: bytes
