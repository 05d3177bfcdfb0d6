"""Pure. What the W3C's data models 2.0 and 1.1 ask of any credential, as two JSON schemas."""

from typing import Any

from .shapes import IRI, V1, V2

_URL = IRI(True)
_WORDS = {"type": "string"}
_TYPE: dict[str, Any] = {
    "if": {"type": "array"},
    "then": {"type": "array", "minItems": 1, "items": _WORDS},
    "else": {"type": "string", "minLength": 1},
}
#: A text with its language and direction (VCDM 2.0, 11.1).
_VALUE = {
    "type": "object",
    "required": ["@value"],
    "properties": {"@value": _WORDS, "@language": _WORDS, "@direction": {"enum": ["ltr", "rtl"]}},
    "additionalProperties": False,
}
_ONE_TEXT = {"if": {"type": "object"}, "then": _VALUE, "else": _WORDS}
_TEXT = {
    "if": {"type": "array"},
    "then": {"type": "array", "minItems": 1, "items": _ONE_TEXT},
    "else": _ONE_TEXT,
}


def _some(item: dict[str, Any]) -> dict[str, Any]:
    """One of these or an array of them."""
    return {"if": {"type": "array"}, "then": {"type": "array", "minItems": 1, "items": item}, "else": item}


def _object(*required: str) -> dict[str, Any]:
    properties = {"id": _URL, "type": _TYPE}
    return _some({"type": "object", "required": list(required), "properties": properties})


_SUBJECT = _some({"type": "object", "minProperties": 1, "properties": {"id": _URL}})
_ISSUER = {
    "if": {"type": "object"},
    "then": {
        "type": "object",
        "required": ["id"],
        "properties": {"id": _URL, "name": _TEXT, "description": _TEXT},
    },
    "else": _URL,
}
_RESOURCE = {
    "type": "object",
    "required": ["id"],
    "anyOf": [{"required": ["digestSRI"]}, {"required": ["digestMultibase"]}],
    "properties": {"id": _URL, "digestSRI": {"type": ["string", "array"]}, "digestMultibase": _WORDS},
}


def _contexts(first: str) -> dict[str, Any]:
    return {
        "type": "array",
        "minItems": 1,
        "prefixItems": [{"const": first}],
        "items": {"if": {"type": "string"}, "then": _URL, "else": {"type": "object"}},
    }


def _types() -> dict[str, Any]:
    return {
        "if": {"type": "array"},
        "then": {"type": "array", "items": _WORDS, "contains": {"const": "VerifiableCredential"}},
        "else": {"const": "VerifiableCredential"},
    }


#: VCDM 2.0, section 4.
VC2: dict[str, Any] = {
    "type": "object",
    "required": ["@context", "type", "credentialSubject", "issuer"],
    "properties": {
        "@context": _contexts(V2),
        "id": _URL,
        "type": _types(),
        "name": _TEXT,
        "description": _TEXT,
        "issuer": _ISSUER,
        "credentialSubject": _SUBJECT,
        "validFrom": {"type": "string", "format": "date-time"},
        "validUntil": {"type": "string", "format": "date-time"},
        "credentialStatus": _object("type"),
        "credentialSchema": _object("id", "type"),
        "refreshService": _object("type"),
        "termsOfUse": _object("type"),
        "evidence": _object("type"),
        "relatedResource": _some(_RESOURCE),
    },
}
#: A moment of VCDM 1.1 (xsd:dateTime) may leave its zone out.
_MOMENT = {"type": "string", "pattern": r"^-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$"}
#: VCDM 1.1, section 4.
VC1: dict[str, Any] = {
    "type": "object",
    "required": ["@context", "type", "credentialSubject", "issuer", "issuanceDate"],
    "properties": {
        "@context": _contexts(V1),
        "id": _URL,
        "type": _types(),
        "issuer": _ISSUER,
        "credentialSubject": _SUBJECT,
        "issuanceDate": _MOMENT,
        "expirationDate": _MOMENT,
        "credentialStatus": _object("id", "type"),
        "credentialSchema": _object("id", "type"),
        "refreshService": _object("id", "type"),
        "termsOfUse": _object("type"),
        "evidence": _object("type"),
    },
}
