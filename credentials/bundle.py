"""Pure. The bundle: every issuer's keys and every status list in one signed file, written and strictly read.

For verifiers without a network (a kiosk, a USB stick). The format is described in ``docs/paper-format.md``.
Whatever breaks a rule raises ``NotTrusted``, which names the rule as directories do.
"""

from binascii import Error as Base64Error
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from issuers import delegations, jose, profiles
from issuers.delegations import Reason, Roots
from issuers.errors import NotTrusted
from issuers.signable import Form

from . import bitstring

NAME = "bundle"
POINT = 33  # bytes
PURPOSES = ("revocation", "suspension", "replacement")
MAX_FILE = 600_000  # characters
MAX_CONTENT = 4_000_000  # bytes of JSON
CLOCKS_APART = 300  # seconds by which a list may be younger than the bundle that it is in
MEMBERS = {"iss", "sub", "iat", "ttl", "version", "delegation", "issuers", "lists"}
ISSUER_MEMBERS = {"did", "slug", "names", "keys", "accredited"}
AS_LISTED = ("nbf", "until", "compromised")  # of a key, as the directory has it
KEY_MEMBERS = {"point", *AS_LISTED}
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
    """What ``/bundle.jwt`` says, before it is ``packed``; ``issuers`` are entries of the directory."""
    return {
        "iss": city,
        "sub": NAME,
        "iat": int(issued_at.timestamp()),
        "ttl": profiles.DIRECTORY_TTL,
        "version": version,
        "delegation": delegation,
        "issuers": [_issuer_entry(issuer) for issuer in issuers],
        "lists": [_list_entry(listed) for listed in sorted(lists, key=lambda listed: listed.number)],
    }


def packed(text: bytes) -> bytes:
    """The JSON of a bundle as it is signed. The same text gives the same bytes."""
    return bitstring.gzipped(text)


def _issuer_entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of the directory without what a reader computes: names of keys, half of their points."""
    keys = [{"point": point(key["jwk"]), **{name: key[name] for name in AS_LISTED}} for key in entry["keys"]]
    return {**entry, "keys": keys}


def point(jwk: Mapping[str, str]) -> str:
    """A public key as a compressed point (SEC 1, section 2.3.3), 33 bytes in base64url."""
    return jose.b64(bytes([2 + jose.unb64(jwk["y"])[-1] % 2]) + jose.unb64(jwk["x"]))


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
        token,
        form=Form.BUNDLE,
        name=NAME,
        roots=roots,
        city=city,
        after=after,
        above=above,
        unpack=unpacked,
    )
    return opened(directory)


def opened(directory: delegations.Directory) -> Bundle:
    """The content of a bundle whose signature was checked. Raises NotTrusted."""
    issuers, lists = parts(directory.document)
    latest = directory.issued_at.timestamp() + CLOCKS_APART
    if any(listed.issued_at > latest for listed in lists.values()):
        raise NotTrusted(Reason.MEMBERS)
    return Bundle(issuers=issuers, lists=lists, directory=directory)


def parts(document: Mapping[str, Any]) -> tuple[Sequence[Mapping[str, Any]], dict[int, Listed]]:
    """Issuers as the directory lists them, and the lists; whoever wrote the bundle. Raises NotTrusted."""
    try:
        return _parts(document)
    except ValueError:
        raise NotTrusted(Reason.MEMBERS) from None


def _parts(said: Mapping[str, Any]) -> tuple[Sequence[Mapping[str, Any]], dict[int, Listed]]:
    _object(said, MEMBERS)
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


def unpacked(body: bytes) -> bytes:
    """The JSON behind ``packed``, whoever wrote it. Raises ValueError."""
    return bitstring.decode(body, at_least=0, max_bytes=MAX_CONTENT)


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
    keys = [_key(key) for key in _array(entry["keys"])]
    if not isinstance(entry["accredited"], dict):
        raise ValueError("not an object")  # noqa: TRY004  # as JSON's readers raise
    for periods in entry["accredited"].values():
        for period in _array(periods):
            start, end = _array(period)
            _texts(start, end or "")
            date.fromisoformat(start)
            if end is not None:
                date.fromisoformat(end)
    return {**entry, "keys": keys}


def _key(value: Any) -> Mapping[str, Any]:
    """The key as the directory lists it."""
    key = _object(value, KEY_MEMBERS)
    delegations.moment(key["nbf"])
    if key["until"] is not None:
        delegations.moment(key["until"])
    if not isinstance(key["compromised"], bool):
        raise ValueError("not yes or no")  # noqa: TRY004  # as JSON's readers raise
    jwk = jwk_at(key["point"])
    rest = {name: key[name] for name in AS_LISTED}
    return {"kid": jose.kid8(jose.thumbprint(jwk)), "jwk": jwk, **rest}


def jwk_at(text: Any) -> dict[str, str]:
    """The public key behind ``point``. Raises ValueError for what ``point`` would not write."""
    encoded = _bytes(text)
    if len(encoded) != POINT:
        raise ValueError("not a compressed point")
    return jose.jwk_of(ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), encoded))


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
