"""Pure. Whether a document is a verifiable credential or presentation of the W3C's data model, 2.0 or 1.1.

Rules of the model alone: what a proof covers, and whether it holds, is looked at elsewhere. Each refusal
names the member that is wrong. A credential is held against the rules for those of others.
"""

import re
from collections.abc import Mapping
from typing import Any

from verify.foreign import schemas

V1, V2 = "https://www.w3.org/2018/credentials/v1", "https://www.w3.org/ns/credentials/v2"
PRESENTATION = "VerifiablePresentation"
ENVELOPED, ENVELOPED_PRESENTATION = "EnvelopedVerifiableCredential", "EnvelopedVerifiablePresentation"
#: RFC 3986 in outline: a scheme, then nothing that no URL holds.
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")


class NotConforming(ValueError):
    """The document breaks a rule of the data model; ``where`` names the member, ``why`` the rule."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where, self.why = where, why


# -- Credentials ------------------------------------------------------------------------------------
def require_credential(document: Any) -> None:
    """The document is a credential (VCDM 2.0, section 4; 1.1, section 4). Raises NotConforming."""
    _require_base(document)
    for fault in schemas.faults(document, root=schemas.root_of(document)):
        raise NotConforming(fault.where, fault.code)


# -- Presentations ----------------------------------------------------------------------------------
def require_presentation(document: Any) -> None:
    """The document is a presentation (VCDM 2.0, 4.13; 1.1, 4.10). Raises NotConforming."""
    _require_base(document)
    if PRESENTATION not in _words(document.get("type")):
        raise NotConforming("type", f"does not hold {PRESENTATION}")
    if "id" in document and not _is_url(document["id"]):
        raise NotConforming("id", "not a URL")
    holder = document.get("holder")
    named = holder.get("id") if isinstance(holder, dict) else holder
    if "holder" in document and not _is_url(named):
        raise NotConforming("holder", "neither a URL nor an object with one")
    credentials_of(document)


def credentials_of(presentation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The credentials in a presentation. Raises NotConforming when one is no object."""
    given = presentation.get("verifiableCredential", [])
    credentials = given if isinstance(given, list) else [given]
    if not all(isinstance(each, dict) for each in credentials):
        raise NotConforming("verifiableCredential", "not an object")
    return credentials


# -- Envelopes --------------------------------------------------------------------------------------
def is_enveloped(document: Any, kind: str) -> bool:
    """Whether the document says that it is an envelope of this kind."""
    return isinstance(document, dict) and kind in _words(document.get("type"))


def enveloped(document: Mapping[str, Any], kind: str) -> tuple[str, str]:
    """Media type and content of an enveloped credential or presentation (VCDM 2.0, 4.13.2 and 4.13.3).

    Raises NotConforming when it is none: no base context, another type, no data: URL.
    """
    given = document.get("@context")
    if V2 not in (given if isinstance(given, list) else [given]):
        raise NotConforming("@context", "the base context is missing")
    if kind not in _words(document.get("type")):
        raise NotConforming("type", f"not {kind}")
    address = document.get("id")
    if not isinstance(address, str) or not address.startswith("data:") or "," not in address:
        raise NotConforming("id", "not a data: URL")
    head, _, content = address.removeprefix("data:").partition(",")
    return head.partition(";")[0].lower(), content


# -- Both -------------------------------------------------------------------------------------------
def issuer_of(document: Mapping[str, Any]) -> str:
    """The issuer's (or a holder's) identifier, or nothing."""
    party = document.get("issuer", document.get("holder"))
    found = party.get("id") if isinstance(party, dict) else party
    return found if isinstance(found, str) else ""


def version_of(document: Mapping[str, Any]) -> str:
    """The base context of a document that was found to conform."""
    return str(document["@context"][0])


def _require_base(document: Any) -> None:
    if not isinstance(document, dict):
        raise NotConforming("document", "not an object")
    contexts = document.get("@context")
    if not isinstance(contexts, list) or not contexts:
        raise NotConforming("@context", "not a list")
    if not all(isinstance(each, dict) or _is_url(each) for each in contexts):
        raise NotConforming("@context", "an item is neither a URL nor an object")
    if contexts[0] not in (V2, V1):
        raise NotConforming("@context", "does not begin with the base context")


def _words(value: Any) -> list[str]:
    """One or more non-empty strings; nothing when the value is anything else."""
    words = value if isinstance(value, list) else [value]
    return words if words and all(isinstance(word, str) and word for word in words) else []


def _is_url(value: Any) -> bool:
    return isinstance(value, str) and _URL.fullmatch(value) is not None
