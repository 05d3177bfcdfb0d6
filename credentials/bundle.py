"""Pure. The bundle: every issuer's keys and every status list in one signed file, written and strictly read.

For verifiers without a network (a kiosk, a USB stick). The format is described in ``docs/paper-format.md``.
Whatever breaks a rule raises ``NotTrusted``, which names the rule as directories do.
"""

import json
from binascii import Error as Base64Error
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from issuers import delegations, jose, profiles
from issuers.delegations import Reason, Roots
from issuers.errors import NotTrusted
from issuers.signable import Form

from . import bitstring

NAME = "bundle"
PURPOSES = ("revocation", "suspension", "replacement")
MAX_FILE = 600_000  # characters
MAX_CONTENT = 4_000_000  # bytes of JSON
CLOCKS_APART = 300  # seconds by which a list may be younger than the bundle that it is in
MEMBERS = {"iss", "sub", "iat", "ttl", "version", "delegation", "content"}
ISSUER_MEMBERS = {"did", "slug", "names", "keys", "accredited"}
KEY_MEMBERS = {"kid", "jwk", "nbf", "until", "compromised"}
LIST_MEMBERS = {"number", "issuer", "iat", "exp", *PURPOSES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What the three lists of one number say: who signed them, when, and which places are set in each."""

    number: int
    issuer: str
    issued_at: int
    expires_at: int
    marks: Mapping[str, frozenset[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A bundle that leads back to a pinned root; its age is the reader's to look at."""

    issuers: Sequence[Mapping[str, Any]]
    lists: Mapping[int, Listed]
    directory: delegations.Directory


# -- Writing --------------------------------------------------------------------------------------
def compose(
    *,
    city: str,
    issuers: Sequence[Mapping[str, Any]],
    lists: Iterable[Listed],
    delegation: str,
    version: int,
    issued_at: datetime,
) -> dict[str, Any]:
    """The payload of ``/bundle.jwt``. The same content gives the same bytes."""
    content = {
        "issuers": issuers,
        "lists": [_list_entry(listed) for listed in sorted(lists, key=lambda listed: listed.number)],
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return {
        "iss": city,
        "sub": NAME,
        "iat": int(issued_at.timestamp()),
        "ttl": profiles.DIRECTORY_TTL,
        "version": version,
        "delegation": delegation,
        "content": jose.b64(bitstring.gzipped(text.encode())),
    }


def _list_entry(listed: Listed) -> dict[str, Any]:
    return {
        "number": listed.number,
        "issuer": listed.issuer,
        "iat": listed.issued_at,
        "exp": listed.expires_at,
        **{purpose: gaps(listed.marks[purpose]) for purpose in PURPOSES},
    }


def gaps(indexes: Iterable[int]) -> str:
    """The set places as text: how many clear ones lie before each, in LEB128, in base64url."""
    packed, before = bytearray(), -1
    for index in sorted(indexes):
        gap, before = index - before - 1, index
        while gap > 127:
            packed.append(gap & 127 | 128)
            gap >>= 7
        packed.append(gap)
    return jose.b64(bytes(packed))


# -- Reading --------------------------------------------------------------------------------------
def read(token: str, *, roots: Roots, city: str, after: int = 0, above: int = 0) -> Bundle:
    """The bundle that leads back to a pinned root of this city. Raises NotTrusted.

    ``after`` and ``above`` are the ``seq`` and ``version`` below which it is an older one.
    """
    if len(token) > MAX_FILE:
        raise NotTrusted(Reason.FORM)
    directory = delegations.read_vouched(
        token, form=Form.BUNDLE, name=NAME, roots=roots, city=city, after=after, above=above
    )
    return opened(directory)


def opened(directory: delegations.Directory) -> Bundle:
    """The content of a bundle whose signature was checked. Raises NotTrusted."""
    if set(directory.document) != MEMBERS:
        raise NotTrusted(Reason.MEMBERS)
    issuers, lists = content(directory.document["content"])
    latest = directory.issued_at.timestamp() + CLOCKS_APART
    if any(listed.issued_at > latest for listed in lists.values()):
        raise NotTrusted(Reason.MEMBERS)
    return Bundle(issuers=issuers, lists=lists, directory=directory)


def content(packed: Any) -> tuple[Sequence[Mapping[str, Any]], dict[int, Listed]]:
    """Issuers and lists out of a ``content`` member, whoever wrote it. Raises NotTrusted."""
    try:
        said = delegations.json_object(_unpacked(packed))
    except ValueError:
        raise NotTrusted(Reason.FORM) from None
    try:
        return _parts(said)
    except ValueError:
        raise NotTrusted(Reason.MEMBERS) from None


def _parts(said: Mapping[str, Any]) -> tuple[Sequence[Mapping[str, Any]], dict[int, Listed]]:
    _object(said, {"issuers", "lists"})
    issuers = [_issuer(entry) for entry in _array(said["issuers"])]
    known = {issuer["did"] for issuer in issuers}
    lists: dict[int, Listed] = {}
    last = 0
    for entry in _array(said["lists"]):
        listed = _listed(entry)
        if listed.number <= last or listed.issuer not in known:
            raise ValueError("a list twice, out of order or of nobody")
        lists[listed.number], last = listed, listed.number
    return issuers, lists


def _unpacked(packed: Any) -> str:
    return bitstring.decode(_bytes(packed), at_least=0, max_bytes=MAX_CONTENT).decode()


def _bytes(text: Any) -> bytes:
    """base64url without padding, in the one form that encodes these bytes. Raises ValueError."""
    if not isinstance(text, str):
        raise ValueError("not text")  # noqa: TRY004  # as JSON's readers raise
    try:
        data = jose.unb64(text)
    except Base64Error:
        raise ValueError("not base64url") from None
    if jose.b64(data) != text:
        raise ValueError("not base64url in its one form")
    return data


def places(text: Any) -> frozenset[int]:
    """The set places behind ``gaps``. Raises ValueError for what ``gaps`` would not write."""
    found, index, gap, shift = [], -1, 0, 0
    for byte in _bytes(text):
        gap |= (byte & 127) << shift
        if byte & 128:
            shift += 7
            if shift > 14:
                raise ValueError("a gap longer than any list")
            continue
        if shift and not byte:
            raise ValueError("not the shortest form")
        index, gap, shift = index + gap + 1, 0, 0
        if index >= bitstring.SIZE:
            raise ValueError("a place outside the list")
        found.append(index)
    if shift:
        raise ValueError("cut off")
    return frozenset(found)


def _array(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("not an array")  # noqa: TRY004  # as JSON's readers raise
    return value


def _object(value: Any, members: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, dict) or set(value) != members:
        raise ValueError("another member")
    return value


def _texts(*values: Any) -> None:
    if not all(isinstance(value, str) for value in values):
        raise ValueError("not text")


def _issuer(value: Any) -> Mapping[str, Any]:
    entry = _object(value, ISSUER_MEMBERS)
    names = _object(entry["names"], {"fr", "ar"})
    _texts(entry["did"], entry["slug"], names["fr"], names["ar"])
    for key in _array(entry["keys"]):
        _object(key, KEY_MEMBERS)
        _texts(*_object(key["jwk"], {"crv", "kty", "x", "y"}).values())
        delegations.moment(key["nbf"])
        if key["until"] is not None:
            delegations.moment(key["until"])
        if not isinstance(key["compromised"], bool):
            raise ValueError("not yes or no")  # noqa: TRY004  # as JSON's readers raise
    profiles.check_entries([entry])
    if not isinstance(entry["accredited"], dict):
        raise ValueError("not an object")  # noqa: TRY004  # as JSON's readers raise
    for periods in entry["accredited"].values():
        for period in _array(periods):
            start, end = _array(period)
            _texts(start, end or "")
            date.fromisoformat(start)
            if end is not None:
                date.fromisoformat(end)
    return entry


def _listed(value: Any) -> Listed:
    entry = _object(value, LIST_MEMBERS)
    _texts(entry["issuer"])
    for name in ("iat", "exp"):
        delegations.moment(entry[name])
    return Listed(
        number=delegations.whole(entry["number"]),
        issuer=entry["issuer"],
        issued_at=entry["iat"],
        expires_at=entry["exp"],
        marks={purpose: places(entry[purpose]) for purpose in PURPOSES},
    )
