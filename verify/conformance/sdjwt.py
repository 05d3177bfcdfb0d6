"""Pure. Selective disclosure for JWTs (RFC 9901): members hidden behind digests, and put back."""

import hashlib
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from issuers.jose import b64, unb64

ALGORITHM = "sha-256"
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_RESERVED = ("_sd", "...", "_sd_alg")


class NotDisclosable(ValueError):
    """A path that leads nowhere, or a token whose disclosures do not fit it."""


def hide(document: Mapping[str, Any], paths: Iterable[str]) -> tuple[dict[str, Any], list[str]]:
    """The payload with what the paths name behind digests, and the disclosures (sections 4.2.1 to 4.2.4).

    A path is ``member.member[0]``. Raises NotDisclosable.
    """
    payload: dict[str, Any] = json.loads(json.dumps(document))
    disclosures = []
    # From the inside out: what is hidden within something hidden goes first.
    for path in sorted(paths, key=lambda path: -len(_steps(path))):
        *way, last = _steps(path)
        place: Any = payload
        try:
            for step in way:
                place = place[step]
            value = place[last]
        except (KeyError, IndexError, TypeError):
            raise NotDisclosable(path) from None
        named = [last] if isinstance(last, str) else []
        disclosure = b64(json.dumps([b64(secrets.token_bytes(16)), *named, value]).encode())
        disclosures.append(disclosure)
        if isinstance(last, str):
            del place[last]
            place.setdefault("_sd", []).append(_digest(disclosure))
            place["_sd"].sort()  # the order must not tell which is which
        else:
            place[last] = {"...": _digest(disclosure)}
    return payload | {"_sd_alg": ALGORITHM}, disclosures


def _steps(path: str) -> list[str | int]:
    found = [int(number) if number else name for name, number in _STEP.findall(path)]
    if not found:
        raise NotDisclosable(path)
    return found


def _digest(disclosure: str) -> str:
    return b64(hashlib.sha256(disclosure.encode()).digest())


def put_back(payload: Mapping[str, Any], disclosures: Iterable[str]) -> dict[str, Any]:
    """The document that the disclosures make of the payload (section 7.1). Raises NotDisclosable.

    Each disclosure must be referred to once, and none may write over a member that is there.
    """
    if payload.get("_sd_alg", ALGORITHM) != ALGORITHM:
        raise NotDisclosable("_sd_alg")
    known: dict[str, list[Any]] = {}
    for disclosure in disclosures:
        try:
            values = json.loads(unb64(disclosure))
        except ValueError:
            raise NotDisclosable("disclosure") from None
        if not isinstance(values, list) or len(values) not in (2, 3) or _digest(disclosure) in known:
            raise NotDisclosable("disclosure")
        known[_digest(disclosure)] = values
    used: set[str] = set()
    found = _opened({name: value for name, value in payload.items() if name != "_sd_alg"}, known, used)
    if used != set(known):
        raise NotDisclosable("a disclosure that nothing refers to")
    return dict(found)


def _opened(value: Any, known: Mapping[str, list[Any]], used: set[str]) -> Any:
    if isinstance(value, list):
        return [each for item in value for each in _items(item, known, used)]
    if not isinstance(value, dict):
        return value
    found = {name: _opened(inner, known, used) for name, inner in value.items() if name != "_sd"}
    for digest in value.get("_sd", []):
        values = _taken(digest, 3, known, used)
        if values is None:
            continue
        _salt, name, inner = values
        if not isinstance(name, str) or name in _RESERVED or name in found:
            raise NotDisclosable("a member's name")
        found[name] = _opened(inner, known, used)
    return found


def _items(item: Any, known: Mapping[str, list[Any]], used: set[str]) -> list[Any]:
    if not isinstance(item, dict) or "..." not in item:
        return [_opened(item, known, used)]
    if set(item) != {"..."}:
        raise NotDisclosable("an item's place")
    values = _taken(item["..."], 2, known, used)
    return [] if values is None else [_opened(values[1], known, used)]


def _taken(digest: Any, length: int, known: Mapping[str, list[Any]], used: set[str]) -> list[Any] | None:
    """The disclosure behind a digest; ``None`` when it was not disclosed, which is the holder's right."""
    if not isinstance(digest, str) or digest not in known:
        return None
    if digest in used or len(known[digest]) != length:
        raise NotDisclosable("a digest")
    used.add(digest)
    return known[digest]
