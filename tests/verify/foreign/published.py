"""Whole documents and mutated copies made from a published JSON schema, to hold our own rules against it."""

import json
from collections.abc import Iterator
from typing import Any

from tests.standards import SCHEMAS

#: What a text that must keep a pattern may be.
_PATTERNS = {
    "context(-3": "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    "context(-2": "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json",
    "a-zA-Z0-9_-]+\\.": "e30.e30.e30",
    "a-z]{2,4}": "fr",
}
_FORMATS = {"date-time": "2026-11-24T10:00:00Z", "date": "1990-02-03"}
_DEEPEST = 7

Path = tuple[str | int, ...]


def load(name: str) -> dict[str, Any]:
    """A published schema by its file's name."""
    schema: dict[str, Any] = json.loads((SCHEMAS / name).read_text())
    return schema


def whole(schema: dict[str, Any]) -> Any:
    """A document with every member that the schema knows, as deep as is reasonable."""
    return _made(schema, schema, 0)


def _made(part: dict[str, Any], root: dict[str, Any], depth: int) -> Any:
    if "$ref" in part:
        return _made(root["$defs"][part["$ref"].rpartition("/")[2]], root, depth)
    if "enum" in part:
        return part["enum"][0]
    for several in ("oneOf", "anyOf"):
        if several in part:
            return _made(_chosen(part[several]), root, depth)
    if "allOf" in part:
        return [name for each in part["allOf"] for name in _made(each, root, depth)]
    if part.get("type") == "array":
        return _array(part, root, depth)
    if part.get("type") == "object" or "properties" in part:
        required = part.get("required", [])
        return {
            name: _made(member, root, depth + 1)
            for name, member in part.get("properties", {}).items()
            if name in required or (depth < _DEEPEST and not (depth > 2 and "endorsement" in name.lower()))
            if name != "parentOrg" or depth < 4
        }
    return _plain(part)


def _chosen(options: list[dict[str, Any]]) -> dict[str, Any]:
    """The array, else the object of a class, else the text."""
    for wanted in ("allOf", "array", "$ref", "string"):
        for option in options:
            if wanted in option or option.get("type") == wanted:
                return option
    return options[0]


def _array(part: dict[str, Any], root: dict[str, Any], depth: int) -> Any:
    items = part.get("items", {})
    if isinstance(items, list):
        return [_made(item, root, depth) for item in items]
    if "contains" in part:
        return [part["contains"]["enum"][0]]
    return [_made(items, root, depth)]


def _plain(part: dict[str, Any]) -> Any:
    if part.get("type") == "boolean":
        return False
    if part.get("type") == "number":
        return 1.5
    if "format" in part:
        return _FORMATS[part["format"]]
    return next(
        (text for mark, text in _PATTERNS.items() if mark in part.get("pattern", "")), "https://example.org/x"
    )


def mutations(document: Any) -> Iterator[tuple[str, Any]]:
    """The document changed at one member, with what was done: dropped, replaced, wrapped, added to.

    It is the same object each time, changed until the next is asked for.
    """
    for path in list(_paths(document, ())):
        holder, name = _at(document, path[:-1]), path[-1]
        value = holder[name]
        where = "/".join(map(str, path))
        for what, other in _others(value):
            if other != value:
                holder[name] = other
                yield f"{what} {where}", document
        if isinstance(holder, dict):
            del holder[name]
            yield f"dropped {where}", document
        holder[name] = value


def _others(value: Any) -> Iterator[tuple[str, Any]]:
    yield from {"null": None, "number": 7, "words": "no such thing", "none": [], "bare": {}}.items()
    yield "wrapped", [value]
    if isinstance(value, list):
        yield "unwrapped", value[0]
        yield "reversed", [*reversed(value)]
    if isinstance(value, dict):
        yield "added", {**value, "noSuchMember": "x"}


def _paths(value: Any, path: Path) -> Iterator[Path]:
    if path:
        yield path
    items: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, item in items:
        yield from _paths(item, (*path, name))


def _at(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value
