"""Pure. The kinds of things that members of Open Badges 3.0 and CLR 2.0 may be, as parts of a JSON schema.

``strict`` is the form for exchange (Open Badges 3.0, appendix A): a set is an array even when it holds one
thing. Otherwise the compact form of JSON-LD passes as well, and texts may be maps from language to text.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

Schema = dict[str, Any]
#: What a member may be, once it is known whether the strict form is asked for.
Kind = Callable[[bool], Schema]

V2 = "https://www.w3.org/ns/credentials/v2"
V1 = "https://www.w3.org/2018/credentials/v1"
OB_CONTEXT = r"^https://purl\.imsglobal\.org/spec/ob/v3p0/context(-3\.\d\.\d)*\.json$"
CLR_CONTEXT = r"^https://purl\.imsglobal\.org/spec/clr/v2p0/context(-2\.\d\.\d)*\.json$"
_IRI = r"^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+$"
_LANGUAGE = r"^[a-z]{2,4}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$"
_JWS = r"^[a-zA-Z0-9_-]+\.[a-zA-Z0-9_-]*\.[a-zA-Z0-9_-]+$"
_EXTENSION = r"^ext:[a-zA-Z0-9._|-]+"


# -- Kinds ----------------------------------------------------------------------------------------
def fixed(schema: Schema) -> Kind:
    return lambda strict: schema


STRING = fixed({"type": "string"})
IRI = fixed({"type": "string", "pattern": _IRI})
MOMENT = fixed({"type": "string", "format": "date-time"})  # with its zone (xsd:dateTimeStamp)
DAY = fixed({"type": "string", "format": "date"})
NUMBER = fixed({"type": "number"})
BOOLEAN = fixed({"type": "boolean"})
LANGUAGE = fixed({"type": "string", "pattern": _LANGUAGE})
JWS = fixed({"type": "string", "pattern": _JWS})


def TEXT(strict: bool) -> Schema:  # noqa: N802  # a kind like the others
    """Text; in JSON-LD's compact form by language as well."""
    plain: Schema = {"type": "string"}
    by_language = {"propertyNames": {"pattern": r"^@|^[a-z]{2,3}(-[A-Za-z0-9]+)*$"}, "minProperties": 1}
    return plain if strict else {"if": {"type": "object"}, "then": by_language, "else": plain}


def one(name: str) -> Kind:
    """One object of this class."""
    return lambda strict: {"$ref": f"#/$defs/{name}"}


def reference(name: str) -> Kind:
    """An object of this class, or its identifier alone."""
    return lambda strict: {"if": {"type": "object"}, "then": one(name)(strict), "else": IRI(strict)}


def many(kind: Kind) -> Kind:
    """A set: an array that holds something (appendix A)."""

    def made(strict: bool) -> Schema:
        array = {"type": "array", "minItems": 1, "items": kind(strict)}
        return array if strict else {"if": {"type": "array"}, "then": array, "else": kind(strict)}

    return made


def words(strict: bool) -> Schema:
    """One word in the form for exchange; elsewhere several as well (VCDM 2.0, 4.5; Data Integrity, 2.1)."""
    return STRING(strict) if strict else many(STRING)(strict)


def method(strict: bool) -> Schema:
    """The address of a key; elsewhere the key's own description as well (Data Integrity, 2.1)."""
    return STRING(strict) if strict else {"if": {"type": "object"}, "then": {}, "else": STRING(strict)}


def status(strict: bool) -> Schema:
    """One status in the form for exchange; several as VCDM 2.0 (4.10) has them."""
    return one("Identified")(strict) if strict else many(one("Typed"))(strict)


def choice(words: str) -> Kind:
    """One of these words."""
    return fixed({"enum": words.split()})


def open_choice(words: str) -> Kind:
    """One of these words, or one of the issuer's own behind ``ext:``."""
    return fixed({"type": "string", "if": {"pattern": "^ext:"}, "then": {"pattern": _EXTENSION},
                   "else": {"enum": words.split()}})  # fmt: skip


def types(*names: str) -> Kind:
    """The classes: an array with each of these, of which the last may be one of several (``a|b``)."""

    def made(strict: bool) -> Schema:
        array: Schema = {
            "type": "array",
            "items": {"type": "string"},
            "allOf": [{"contains": {"enum": name.split("|")}} for name in names],
        }
        if strict or len(names) > 1:
            return array
        return {"if": {"type": "array"}, "then": array, "else": {"enum": names[0].split("|")}}

    return made


def contexts(*patterns: str) -> Kind:
    """An array that begins with these, in this order."""
    begin = [{"type": "string", "pattern": pattern} for pattern in patterns]
    return fixed({
        "type": "array",
        "minItems": len(begin),
        "prefixItems": begin,
        "items": {"type": ["string", "object"]},
    })  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """What a class must have, what each member is, and whether it may have anything else."""

    required: list[str]
    members: dict[str, Kind]
    closed: bool = False


def texts(names: str) -> dict[str, Kind]:
    """Members that are texts."""
    return dict.fromkeys(names.split(), TEXT)


def cls(required: str, **members: Kind) -> Class:
    """A class by what it must have and what each member is; ``at_`` stands for ``@`` in a name."""
    named = {name.replace("at_", "@"): kind for name, kind in members.items()}
    return Class(required=[name.replace("at_", "@") for name in required.split()], members=named)


def closed(open_class: Class) -> Class:
    """The same class, which may have nothing else."""
    return replace(open_class, closed=True)
