"""Pure. The structure of a foreign credential: does it have what its standard demands, in the form demanded?

The rules are ours, written from Open Badges 3.0 (appendix B), CLR 2.0 and the W3C's data models; tests hold
them against the published JSON schemas. Each fault is named by the member that it is found at.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jsonschema_rs

from . import classes, shapes, shapes_vc
from .report import Finding, Step, failed, passed, unknown

#: Class of the document → the class of our rules for it; the first that a document has decides.
_ROOTS = {
    "ClrCredential": "ClrCredential",
    "OpenBadgeCredential": "AchievementCredential",
    "AchievementCredential": "AchievementCredential",
    "EndorsementCredential": "EndorsementCredential",
}
#: Published schema → the class that it describes (Open Badges 3.0, 8.3; CLR 2.0).
PUBLISHED = {
    f"https://purl.imsglobal.org/spec/{family}/schema/json/{name}_{kind.lower()}_schema.json": kind
    for family, name in (("ob/v3p0", "ob_v3p0"), ("clr/v2p0", "clr_v2p0"))
    for kind in ("AchievementCredential", "EndorsementCredential", "ClrCredential")
    if (name, kind) != ("ob_v3p0", "ClrCredential")
}
_VALIDATOR = "1EdTechJsonSchemaValidator2019"
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_MATCHES_HASH = re.compile(r"sha256\$[0-9a-fA-F]{64}|md5\$[0-9a-fA-F]{32}")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong and at which member, as a JSON pointer."""

    code: str
    where: str = ""


def check(document: Mapping[str, Any]) -> Finding:
    """Whether the document keeps every rule of its standard, and of the published schema that it names.

    A schema that we do not know leaves the finding unknown.
    """
    root = root_of(document)
    for fault in faults(document, root=root):
        return failed(Step.SCHEMA, fault.code, fault.where)
    for declared in _listed(document.get("credentialSchema")):
        named = PUBLISHED.get(declared["id"]) if _VALIDATOR in _listed(declared["type"]) else None
        if named is None:
            return unknown(Step.SCHEMA, "schema-not-known", str(declared["id"])[:200])
        if named != root:
            for fault in faults(document, root=named):
                return failed(Step.SCHEMA, fault.code, fault.where)
    return passed(Step.SCHEMA, detail=root or "VerifiableCredential")


def root_of(document: Mapping[str, Any]) -> str | None:
    """The class of Open Badges or CLR that the document says it is of; none for any other credential."""
    types = _listed(document.get("type"))
    return next((root for name, root in _ROOTS.items() if name in types), None)


def faults(document: Mapping[str, Any], *, root: str | None, strict: bool = False) -> Iterator[Fault]:
    """Every fault of the document as a credential of this class, the plainest first."""
    if root is not None:
        yield from _empty(document, "", strict=strict)
    validator = _validator(root, strict, is_v1(document))
    for error in validator.iter_errors(dict(document)):
        yield named(error)
    yield from _across(document)
    if root is not None:
        yield from _of_badges(document)


def is_v1(document: Mapping[str, Any]) -> bool:
    """Whether the document is one of VCDM 1.1."""
    return _listed(document.get("@context"))[:1] == [shapes.V1]


@cache
def _validator(root: str | None, strict: bool, v1: bool) -> jsonschema_rs.Draft202012Validator:
    if root is None:
        rules = shapes_vc.VC1 if v1 else shapes_vc.VC2
    else:
        rules = classes.schema(root, strict=strict, version=shapes.V1 if v1 else shapes.V2)
    return jsonschema_rs.Draft202012Validator(rules, validate_formats=True)


def named(error: jsonschema_rs.ValidationError) -> Fault:
    """The fault by what was violated, and by the member that lacks, exceeds or breaks it."""
    kind, path = error.kind.as_dict(), [str(part) for part in error.instance_path]
    name = error.kind.name
    if name == "required":
        return _fault("missing", [*path, kind["property"]])
    if name == "additionalProperties":
        return _fault("unknown", [*path, kind["unexpected"][0]])
    if name in ("minItems", "minProperties", "minLength") and not error.instance:
        return _fault("empty", path)
    return _fault("form", path)


def _fault(what: str, path: list[str]) -> Fault:
    member = next((part for part in reversed(path) if not part.isdecimal()), "").lstrip("@")
    # A stranger named the member: what is no plain name is not repeated.
    return Fault(f"schema-{what}-{member if _PLAIN.fullmatch(member) else 'member'}", _pointer(path))


def _pointer(path: list[str]) -> str:
    return ("/" + "/".join(path))[:200]


def _empty(value: Any, where: str, *, strict: bool) -> Iterator[Fault]:
    """Nothing is null, no set is empty: both are left out (Open Badges 3.0, appendix A)."""
    waiting: list[tuple[Any, str]] = [(value, where)]
    while waiting:
        part, at = waiting.pop()
        items: Any = part.items() if isinstance(part, dict) else enumerate(part)
        for name, item in items:
            path = f"{at}/{name}"
            if name == "@context" and not at:
                continue
            if item is None or item == []:
                yield _fault("null" if item is None else "empty", path.strip("/").split("/"))
            elif isinstance(item, dict | list):
                waiting.append((item, path))


def _across(document: Mapping[str, Any]) -> Iterator[Fault]:
    """What no schema of one member says: the end is not before the beginning; resources differ."""
    begins = moment(document.get("validFrom", document.get("issuanceDate")))
    ends = moment(document.get("validUntil", document.get("expirationDate")))
    if begins and ends and ends < begins:
        yield Fault("schema-order-validUntil", "/validUntil")
    ids = [each.get("id") for each in _listed(document.get("relatedResource")) if isinstance(each, dict)]
    if len(ids) > len({str(each) for each in ids}):
        yield Fault("schema-twice-relatedResource", "/relatedResource")


def _of_badges(document: Mapping[str, Any]) -> Iterator[Fault]:
    """What the text of Open Badges 3.0 says besides its schemas (appendix B)."""
    subject = document.get("credentialSubject")
    if not isinstance(subject, dict):
        return
    if "achievement" in subject and isinstance(subject["achievement"], dict):
        if not {"id", "identifier"} & subject.keys():
            yield Fault("schema-missing-identifier", "/credentialSubject/identifier")
        criteria = subject["achievement"].get("criteria")
        if isinstance(criteria, dict) and not {"id", "narrative"} & criteria.keys():
            yield Fault("schema-missing-criteria", "/credentialSubject/achievement/criteria")
    for number, identity in enumerate(_listed(subject.get("identifier"))):
        if isinstance(identity, dict) and identity.get("hashed") is True:
            written = identity.get("identityHash")
            if not isinstance(written, str) or not _MATCHES_HASH.fullmatch(written):
                yield Fault(
                    "schema-form-identityHash", f"/credentialSubject/identifier/{number}/identityHash"
                )


def moment(text: object) -> datetime | None:
    """A moment of a document, in UTC where it names no zone; none when it is no moment."""
    if not isinstance(text, str):
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _listed(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]
