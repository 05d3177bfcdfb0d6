"""Pure. Whether a document is a verifiable credential or presentation of the W3C's data model, 2.0 or 1.1.

Rules of the model alone: what a proof covers, and whether it holds, is looked at elsewhere. Each refusal
names the member that is wrong.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

V1, V2 = "https://www.w3.org/2018/credentials/v1", "https://www.w3.org/ns/credentials/v2"
BASES = (V2, V1)
CREDENTIAL, PRESENTATION = "VerifiableCredential", "VerifiablePresentation"
ENVELOPED, ENVELOPED_PRESENTATION = "EnvelopedVerifiableCredential", "EnvelopedVerifiablePresentation"
#: RFC 3986 in outline: a scheme, then nothing that no URL holds.
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
#: XML Schema 1.1, part 2: 3.4.28 dateTimeStamp; in 1.1 of the model the zone may be missing (dateTime).
_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)?"
)
#: Members whose value is an object, or several, each of a declared type (VCDM 2.0, 4.10 to 5.6).
TYPED = ("credentialStatus", "credentialSchema", "refreshService", "termsOfUse", "evidence")
_LANGUAGE_VALUE = {"@value", "@language", "@direction"}


class NotConforming(ValueError):
    """The document breaks a rule of the data model; ``where`` names the member, ``why`` the rule."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where, self.why = where, why


def require_credential(document: Any) -> None:
    """The document is a credential (VCDM 2.0, section 4; 1.1, section 4). Raises NotConforming."""
    base = _require_base(document)
    _require_types(document, CREDENTIAL)
    _require_url(document, "id", needed=False)
    _require_party(document.get("issuer"), "issuer")
    _require_subjects(document.get("credentialSubject"))
    _require_period(document, base)
    for member in TYPED:
        for each in _objects(document, member):
            if not _words(each.get("type")):
                raise NotConforming(f"{member}.type", "missing")
            _require_url(each, "id", needed=member == "credentialSchema", under=member)
    if base == V2:
        for member in ("name", "description"):
            _require_text(document.get(member), member)
        _require_resources(document)


def require_presentation(document: Any) -> None:
    """The document is a presentation (VCDM 2.0, 4.13; 1.1, 4.10). Raises NotConforming."""
    _require_base(document)
    _require_types(document, PRESENTATION)
    _require_url(document, "id", needed=False)
    if "holder" in document:
        _require_party(document["holder"], "holder")
    for _ in _objects(document, "verifiableCredential"):
        pass  # that each is an object is the rule; what it says is looked at by whoever verifies it


def credentials_of(presentation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The credentials in a presentation. Raises NotConforming when one is no object."""
    return list(_objects(presentation, "verifiableCredential"))


def enveloped(document: Mapping[str, Any], kind: str) -> tuple[str, str]:
    """Media type and content of an enveloped credential or presentation (VCDM 2.0, 4.13.2 and 4.13.3).

    Raises NotConforming when it is none: no base context, another type, no data: URL.
    """
    given = document.get("@context")
    contexts = given if isinstance(given, list) else [given]
    if V2 not in contexts:
        raise NotConforming("@context", "the base context is missing")
    if kind not in _words(document.get("type")):
        raise NotConforming("type", f"not {kind}")
    address = document.get("id")
    if not isinstance(address, str) or not address.startswith("data:") or "," not in address:
        raise NotConforming("id", "not a data: URL")
    head, _, content = address.removeprefix("data:").partition(",")
    return head.partition(";")[0].lower(), content


def is_enveloped(document: Any, kind: str) -> bool:
    """Whether the document says that it is an envelope of this kind."""
    return isinstance(document, dict) and kind in _words(document.get("type"))


def issuer_of(document: Mapping[str, Any]) -> str:
    """The issuer's (or a holder's) identifier, or nothing."""
    party = document.get("issuer", document.get("holder"))
    found = party.get("id") if isinstance(party, dict) else party
    return found if isinstance(found, str) else ""


def moment_of(value: Any) -> datetime | None:
    """The moment that a dateTimeStamp names, or ``None``."""
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    try:
        return datetime.fromisoformat(f"{value[:19]}{found[8] or 'Z'}")
    except ValueError:
        return None


def version_of(document: Mapping[str, Any]) -> str:
    """The base context of a document that was found to conform."""
    return str(document["@context"][0])


# -- Rules ----------------------------------------------------------------------------------------
def _require_base(document: Any) -> str:
    if not isinstance(document, dict):
        raise NotConforming("document", "not an object")
    contexts = document.get("@context")
    if not isinstance(contexts, list) or not contexts:
        raise NotConforming("@context", "not a list")
    for each in contexts:
        if not (isinstance(each, dict) or (isinstance(each, str) and _URL.fullmatch(each))):
            raise NotConforming("@context", "an item is neither a URL nor an object")
    if contexts[0] not in BASES:
        raise NotConforming("@context", "does not begin with the base context")
    return str(contexts[0])


def _require_types(document: Mapping[str, Any], kind: str) -> None:
    if kind not in _words(document.get("type")):
        raise NotConforming("type", f"does not hold {kind}")


def _words(value: Any) -> list[str]:
    """One or more non-empty strings; nothing when the value is anything else."""
    words = value if isinstance(value, list) else [value]
    return words if words and all(isinstance(word, str) and word for word in words) else []


def _require_url(document: Mapping[str, Any], member: str, *, needed: bool, under: str = "") -> None:
    where = f"{under}.{member}".lstrip(".")
    if member not in document:
        if needed:
            raise NotConforming(where, "missing")
        return
    value = document[member]
    if not isinstance(value, str) or not _URL.fullmatch(value):
        raise NotConforming(where, "not a URL")


def _require_party(value: Any, member: str) -> None:
    """A URL, or an object whose id is one (VCDM 2.0, 4.7 and 4.13)."""
    if isinstance(value, dict):
        _require_url(value, "id", needed=True, under=member)
        for text in ("name", "description"):
            _require_text(value.get(text), f"{member}.{text}")
    elif not isinstance(value, str) or not _URL.fullmatch(value):
        raise NotConforming(member, "neither a URL nor an object with one")


def _require_subjects(value: Any) -> None:
    subjects = value if isinstance(value, list) else [value]
    if not subjects:
        raise NotConforming("credentialSubject", "empty")
    for subject in subjects:
        if not isinstance(subject, dict) or not subject:
            raise NotConforming("credentialSubject", "not an object with a claim")
        _require_url(subject, "id", needed=False, under="credentialSubject")


def _require_period(document: Mapping[str, Any], base: str) -> None:
    """Moments are moments, and the first is not after the last (VCDM 2.0, 4.9; 1.1, 4.6)."""
    start, end = ("validFrom", "validUntil") if base == V2 else ("issuanceDate", "expirationDate")
    for member in (start, end):
        if member in document and moment_of(document[member]) is None:
            raise NotConforming(member, "not a date and time")
        if base == V2 and member in document and not re.search(r"(Z|[+-]\d\d:\d\d)$", document[member]):
            raise NotConforming(member, "without a time zone")
    if base == V1 and start not in document:
        raise NotConforming(start, "missing")
    first, last = moment_of(document.get(start)), moment_of(document.get(end))
    if first and last and first > last:
        raise NotConforming(end, f"before {start}")


def _objects(document: Mapping[str, Any], member: str) -> Iterator[dict[str, Any]]:
    if member not in document:
        return
    value = document[member]
    for each in value if isinstance(value, list) else [value]:
        if not isinstance(each, dict):
            raise NotConforming(member, "not an object")
        yield each


def _require_text(value: Any, member: str) -> None:
    """A string, or language value objects and nothing else in them (VCDM 2.0, 11.1)."""
    if value is None or isinstance(value, str):
        return
    for each in value if isinstance(value, list) else [value]:
        if not isinstance(each, dict) or not isinstance(each.get("@value"), str):
            raise NotConforming(member, "neither a string nor a language value")
        if set(each) - _LANGUAGE_VALUE:
            raise NotConforming(member, "a language value with other members")


def _require_resources(document: Mapping[str, Any]) -> None:
    """Each related resource is named once and has a digest (VCDM 2.0, 5.3)."""
    seen = set()
    for each in _objects(document, "relatedResource"):
        _require_url(each, "id", needed=True, under="relatedResource")
        if each["id"] in seen:
            raise NotConforming("relatedResource.id", "named twice")
        seen.add(each["id"])
        if not any(isinstance(each.get(member), str) for member in ("digestSRI", "digestMultibase")):
            raise NotConforming("relatedResource", "without a digest")
