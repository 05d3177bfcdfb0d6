"""Pure. What Open Badges 2.0 asks of an assertion, its badge class and its issuer, and what they say."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import SplitResult, urlsplit

import jsonschema_rs

from . import reading, schemas, stamps
from .report import HashedIdentifier, Stated
from .schemas import Fault
from .shapes import IRI

CONTEXT = "https://w3id.org/openbadges/v2"
HOSTED = ("HostedBadge", "hosted")
SIGNED = ("SignedBadge", "signed")
#: Recipient types by their names in Open Badges 3.0, which is how a report names identifiers.
_TYPES = {"email": "emailAddress", "telephone": "phoneNumber", "url": "identifier", "id": "identifier"}
_URL, _WORDS = IRI(True), {"type": "string", "minLength": 1}
_SOME = {"if": {"type": "array"}, "then": {"type": "array", "minItems": 1, "items": _WORDS}, "else": _WORDS}


def _type(*names: str) -> dict[str, Any]:
    return {
        "if": {"type": "array"},
        "then": {"contains": {"enum": list(names)}},
        "else": {"enum": list(names)},
    }


def _linked(*required: str, **properties: Any) -> dict[str, Any]:
    """An address, or the object itself."""
    made = {"type": "object", "required": list(required), "properties": properties}
    return {"if": {"type": "object"}, "then": made, "else": _URL}


_RULES: dict[str, dict[str, Any]] = {
    "Assertion": {
        "type": "object",
        "required": ["@context", "type", "id", "recipient", "badge", "verification", "issuedOn"],
        "properties": {
            "@context": {
                "if": {"type": "array"},
                "then": {"contains": {"const": CONTEXT}},
                "else": {"const": CONTEXT},
            },
            "type": _type("Assertion"),
            "id": _URL,
            "recipient": {
                "type": "object",
                "required": ["type", "hashed", "identity"],
                "properties": {
                    "type": _WORDS,
                    "hashed": {"type": "boolean"},
                    "identity": _WORDS,
                    "salt": {"type": "string"},
                },
                "if": {"properties": {"hashed": {"const": True}}},
                "then": {
                    "properties": {
                        "identity": {"pattern": r"^(sha256\$[0-9a-fA-F]{64}|md5\$[0-9a-fA-F]{32})$"}
                    }
                },
            },
            "badge": _linked(),
            "verification": {
                "type": "object",
                "required": ["type"],
                "properties": {"type": _type(*HOSTED, *SIGNED), "creator": _URL},
            },
            "issuedOn": {"type": "string", "format": "date-time"},
            "expires": {"type": "string", "format": "date-time"},
            "revoked": {"type": "boolean"},
        },
    },
    "BadgeClass": {
        "type": "object",
        "required": ["type", "id", "name", "description", "image", "criteria", "issuer"],
        "properties": {
            "type": _type("BadgeClass"),
            "id": _URL,
            "name": _WORDS,
            "description": _WORDS,
            "image": _linked(),
            "criteria": _linked(id=_URL, narrative=_WORDS),
            "issuer": _linked("id", id=_URL),
        },
    },
    "Profile": {
        "type": "object",
        "required": ["type", "id", "name", "url", "email"],
        "properties": {
            "type": _type("Issuer", "Profile"),
            "id": _URL,
            "name": _WORDS,
            "url": _URL,
            "revocationList": _URL,
            "verification": {
                "type": "object",
                "properties": {"startsWith": _SOME, "allowedOrigins": _SOME},
            },
        },
    },
}


@cache
def _validator(name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_RULES[name], validate_formats=True)


def faults(name: str, document: Mapping[str, Any]) -> Iterator[Fault]:
    """Every fault of an Assertion, a BadgeClass or a Profile."""
    for error in _validator(name).iter_errors(dict(document)):
        yield schemas.named(error)


def is_assertion(document: Mapping[str, Any]) -> bool:
    """Whether this is an assertion of Open Badges 2, and no credential."""
    return "Assertion" in reading.listed(document.get("type"))


def stated(assertion: Mapping[str, Any], badge: Mapping[str, Any]) -> Stated:
    """What was achieved, in the badge's own words."""
    language = reading.text(badge.get("@language"))
    criteria = badge.get("criteria")
    image = badge.get("image")
    return Stated(
        titles=reading.texts(badge.get("name"), language),
        descriptions=reading.texts(badge.get("description"), language),
        criteria=reading.texts(reading.member(criteria, "narrative"), language),
        criteria_url=reading.text(criteria) or reading.text(reading.member(criteria, "id")),
        achievement_id=reading.text(badge.get("id")),
        achievement_type="Badge",
        awarded_at=moment(assertion, "issuedOn"),
        valid_from=moment(assertion, "issuedOn"),
        valid_until=moment(assertion, "expires"),
        image=reading.text(image) or reading.text(reading.member(image, "id")),
    )


def recipient(assertion: Mapping[str, Any]) -> tuple[HashedIdentifier, ...]:
    """By what the assertion names its recipient."""
    given = assertion.get("recipient")
    kind, value = (reading.text(reading.member(given, name)) for name in ("type", "identity"))
    if not kind or not value:
        return ()
    hashed = reading.member(given, "hashed") is not False
    salt = reading.text(reading.member(given, "salt"))
    return (
        HashedIdentifier(type=_TYPES.get(kind, kind)[:40], hashed=hashed, value=value[:300], salt=salt[:300]),
    )


def moment(assertion: Mapping[str, Any], member: str) -> datetime | None:
    """A date of the assertion in UTC, or none."""
    return stamps.read(assertion.get(member))


# -- Where an issuer's assertions may lie ---------------------------------------------------------
def in_scope(address: str, profile: Mapping[str, Any]) -> bool:
    """Whether the issuer hosts assertions at this address (Open Badges 2.0, hosted verification).

    By ``startsWith`` or ``allowedOrigins`` of its profile; else where the profile itself lies.
    """
    place = _split(address)
    declared = profile.get("verification")
    starts = reading.listed(reading.member(declared, "startsWith"))
    if starts:
        return any(_is_under(place, _split(each)) for each in starts if isinstance(each, str))
    origins = reading.listed(reading.member(declared, "allowedOrigins"))
    if origins:
        return bool(place.netloc) and place.netloc.lower() in [
            each.lower() for each in origins if isinstance(each, str)
        ]
    home = _split(reading.text(profile.get("id")))
    return bool(home.netloc) and _origin(place) == _origin(home)


def _split(address: str) -> SplitResult:
    """The parts of an address, all of them empty where it is none."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def _is_under(place: SplitResult, above: SplitResult) -> bool:
    """Host for host, so that ``https://a.example`` does not begin ``https://a.example.other``."""
    return bool(above.netloc) and _origin(place) == _origin(above) and place.path.startswith(above.path)


def _origin(place: SplitResult) -> tuple[str, str]:
    return place.scheme, place.netloc.lower()
