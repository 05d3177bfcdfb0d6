"""Pure. What the city's root says of its directory key, and the way from a pinned root to a directory.

The bytes are described in ``docs/paper-format.md``. Whoever holds the public roots and the city's DID reads
a directory with ``read_directory`` and nothing else; whatever breaks a rule raises ``NotTrusted``, which
names the rule. Nothing is believed of a document before the signature above it was checked.
"""

import json
import re
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from . import jose
from .errors import BadDelegationRequest, NotTrusted
from .signable import Form, Signable, header

#: A year, and some weeks in which people find a day for it.
LONGEST = timedelta(days=400)
#: How far the clocks of two machines of ours may lie apart, one of them never online.
CLOCKS_APART = timedelta(days=1)
#: How far from today a requested period may begin.
BEGINS_WITHIN = timedelta(days=92)
MOST_ROOTS = 2  # one in use, one in the safe
MOST_BYTES = 4096  # of a delegation, a request or a set of roots
SAFE_INTEGER = 2**53 - 1  # beyond it, JSON readers disagree (RFC 8259, section 6)

MEMBERS = {"iss", "sub", "jwk", "nbf", "exp", "seq"}
JWK_MEMBERS = {"crv", "kty", "x", "y"}
CITY = re.compile(r"did:web:[A-Za-z0-9.-]+(?:%3A[0-9]+)?(?::[A-Za-z0-9._%-]+)*")
FORMAT = "delegation-request"

Jwk = Mapping[str, str]
#: Thumbprint → public JWK.
Roots = Mapping[str, Jwk]


class Reason(StrEnum):
    """The rule that a delegation, or a directory under it, breaks."""

    FORM = "form"
    HEADER = "header"
    ROOT = "root"
    SIGNATURE = "signature"
    MEMBERS = "members"
    CITY = "city"
    KEY = "key"
    PERIOD = "period"
    OLDER = "older"
    NOT_YET = "not-yet"
    EXPIRED = "expired"
    DIRECTORY_KEY = "directory-key"
    NAME = "name"
    OUTSIDE = "outside"
    ROW = "row"


#: What each means, for the operator.
MEANS = {
    Reason.FORM: "it is not a compact JWS as we write them",
    Reason.HEADER: "its header says something else than alg ES256, its type and one key",
    Reason.ROOT: "its root is none of the pinned ones",
    Reason.SIGNATURE: "its signature does not match",
    Reason.MEMBERS: "a member is missing, foreign or of another kind",
    Reason.CITY: "it speaks of another city",
    Reason.KEY: "the key is not a public P-256 key under its own name",
    Reason.PERIOD: f"its period is none, or longer than {LONGEST.days} days",
    Reason.OLDER: "a newer one was seen before",
    Reason.NOT_YET: "its period has not begun",
    Reason.EXPIRED: "its period is over",
    Reason.DIRECTORY_KEY: "it is signed by another key than its delegation names",
    Reason.NAME: "it is the document of another address",
    Reason.OUTSIDE: "it was signed outside its delegation's period",
    Reason.ROW: "its row in the database says something else than it does",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """The root's word: this key signs the city's directories from then until then."""

    body: str
    root: str
    city: str
    jwk: Jwk
    seq: int
    not_before: datetime
    not_after: datetime

    @property
    def thumbprint(self) -> str:
        return jose.thumbprint(self.jwk)

    @property
    def kid(self) -> str:
        return f"{self.city}#{self.thumbprint}"

    def holds(self, *, at: datetime) -> bool:
        return self.not_before <= at < self.not_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """A directory, or a bundle of all there is, that leads back to a pinned root; its age is the reader's."""

    document: Mapping[str, Any]
    delegation: Delegation
    version: int
    issued_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the machine online asks of the one that is not; ``after`` is the highest ``seq`` installed."""

    city: str
    jwk: Jwk
    not_before: datetime
    not_after: datetime
    after: int

    @property
    def thumbprint(self) -> str:
        return jose.thumbprint(self.jwk)


# -- Roots ----------------------------------------------------------------------------------------
def read_roots(text: str) -> dict[str, Jwk]:
    """The pinned roots out of a JWK set of one or two public P-256 keys. Raises ValueError."""
    document = json_object(text)
    listed = document.get("keys")
    if set(document) != {"keys"} or not isinstance(listed, list) or not 1 <= len(listed) <= MOST_ROOTS:
        raise ValueError(f"a JWK set of one to {MOST_ROOTS} keys is needed")
    roots: dict[str, Jwk] = {}
    for entry in listed:
        if not isinstance(entry, dict) or not JWK_MEMBERS <= set(entry) <= JWK_MEMBERS | {"kid", "alg"}:
            raise ValueError("each must be a public key alone")
        jwk = _sound({name: entry[name] for name in sorted(JWK_MEMBERS)})
        thumbprint = jose.thumbprint(jwk)
        if entry.get("kid", thumbprint) != thumbprint or entry.get("alg", "ES256") != "ES256":
            raise ValueError("a key under a wrong name")
        roots[thumbprint] = jwk
    if len(roots) != len(listed):
        raise ValueError("the same key twice")
    return roots


def roots_set(roots: Roots) -> dict[str, list[dict[str, str]]]:
    """The JWK set that ``read_roots`` reads, and that a verifier pins."""
    return {"keys": [{**jwk, "alg": "ES256", "kid": name} for name, jwk in roots.items()]}


# -- Requests -------------------------------------------------------------------------------------
def request_text(request: Request) -> str:
    """The request as JSON that a person can read."""
    document = {
        "format": FORMAT,
        "city": request.city,
        "jwk": dict(request.jwk),
        "nbf": int(request.not_before.timestamp()),
        "exp": int(request.not_after.timestamp()),
        "after": request.after,
    }
    return json.dumps(document, indent=2) + "\n"


def read_request(text: str) -> Request:
    """The request behind this text. Raises BadDelegationRequest."""
    try:
        return _request(json_object(text))
    except ValueError:
        raise BadDelegationRequest from None


def _request(document: dict[str, Any]) -> Request:
    if set(document) != {"format", "city", "jwk", "nbf", "exp", "after"} or document["format"] != FORMAT:
        raise ValueError("another form")
    _check_city(document["city"])
    return Request(
        city=document["city"],
        jwk=_sound(document["jwk"]),
        not_before=moment(document["nbf"]),
        not_after=moment(document["exp"]),
        after=whole(document["after"]),
    )


# -- Writing --------------------------------------------------------------------------------------
def lint_delegation(*, request: Request, now: datetime) -> Signable:
    """What a root may sign of a request. Raises BadDelegationRequest.

    ``seq`` is the moment of signing in seconds, so it rises whichever root signs, without a count that
    anybody has to keep; it is one higher than what was installed if a clock stood still.
    """
    if not request.not_before < request.not_after <= request.not_before + LONGEST:
        raise BadDelegationRequest
    if abs(request.not_before - now) > BEGINS_WITHIN or request.not_after <= now:
        raise BadDelegationRequest
    seq = max(int(now.timestamp()), request.after + 1)
    if seq > (now + CLOCKS_APART).timestamp():
        raise BadDelegationRequest  # a number from the future would shut out all that come before it
    payload = {
        "iss": request.city,
        "sub": f"{request.city}#{request.thumbprint}",
        "jwk": dict(request.jwk),
        "nbf": int(request.not_before.timestamp()),
        "exp": int(request.not_after.timestamp()),
        "seq": seq,
    }
    try:
        _check_city(request.city)
        _sound(request.jwk)
    except ValueError:
        raise BadDelegationRequest from None
    return Signable(Form.DELEGATION, None, json.dumps(payload, separators=(",", ":")).encode())


# -- Reading --------------------------------------------------------------------------------------
def read_delegation(token: str, *, roots: Roots, city: str, after: int = 0) -> Delegation:
    """The delegation that a pinned root signed for this city, newer than ``after``. Raises NotTrusted.

    Its period is the reader's to look at: ``require_period``.
    """
    jws = Jws(token, Form.DELEGATION, limit=MOST_BYTES)
    root = roots.get(jws.kid)
    if root is None:
        raise NotTrusted(Reason.ROOT)
    payload = jws.payload(root)
    if set(payload) != MEMBERS:
        raise NotTrusted(Reason.MEMBERS)
    if payload["iss"] != city:
        raise NotTrusted(Reason.CITY)
    try:
        jwk = _sound(payload["jwk"])
    except ValueError:
        raise NotTrusted(Reason.KEY) from None
    if payload["sub"] != f"{city}#{jose.thumbprint(jwk)}":
        raise NotTrusted(Reason.KEY)
    try:
        not_before, not_after, seq = moment(payload["nbf"]), moment(payload["exp"]), whole(payload["seq"])
    except ValueError:
        raise NotTrusted(Reason.MEMBERS) from None
    if not not_before < not_after <= not_before + LONGEST:
        raise NotTrusted(Reason.PERIOD)
    if seq <= after:
        raise NotTrusted(Reason.OLDER)
    return Delegation(
        body=token,
        root=jws.kid,
        city=city,
        jwk=jwk,
        seq=seq,
        not_before=not_before,
        not_after=not_after,
    )


def require_period(delegation: Delegation, *, now: datetime) -> None:
    """Raises NotTrusted before the delegation's period and after it."""
    if now < delegation.not_before:
        raise NotTrusted(Reason.NOT_YET)
    if now >= delegation.not_after:
        raise NotTrusted(Reason.EXPIRED)


def read_directory(
    token: str, *, name: str, roots: Roots, city: str, after: int = 0, above: int = 0
) -> Directory:
    """The directory ``keys`` or ``k/<kid8>`` that leads back to a pinned root. Raises NotTrusted.

    ``after`` and ``above`` are the ``seq`` and ``version`` below which it is an older one. Whether delegation
    and directory are still in their time is the reader's to look at: ``require_period``, ``require_fresh``.
    """
    directory = read_vouched(
        token, form=Form.KEY_DIRECTORY, name=name, roots=roots, city=city, after=after, above=above
    )
    if not isinstance(directory.document.get("issuers"), list):
        raise NotTrusted(Reason.MEMBERS)
    return directory


def read_vouched(
    token: str,
    *,
    form: Form,
    name: str,
    roots: Roots,
    city: str,
    after: int = 0,
    above: int = 0,
    unpack: Callable[[bytes], bytes] = bytes,
) -> Directory:
    """Whatever a directory key signed under this form and name, as ``read_directory``; the rest of it is
    the caller's to look at. ``unpack`` gives the JSON that was signed, or ValueError. Raises NotTrusted."""
    jws = Jws(token, form, unpack=unpack)
    document = jws.unverified()
    # The delegation lies inside, unverified until the root's signature on it is; then it names the key.
    inside = document.get("delegation")
    if not isinstance(inside, str):
        raise NotTrusted(Reason.MEMBERS)
    delegation = read_delegation(inside, roots=roots, city=city, after=max(0, after - 1))
    if jws.kid != delegation.kid:
        raise NotTrusted(Reason.DIRECTORY_KEY)
    jws.require_signature(delegation.jwk)
    if document.get("iss") != city:
        raise NotTrusted(Reason.CITY)
    if document.get("sub") != name:
        raise NotTrusted(Reason.NAME)
    try:
        version, issued_at = whole(document.get("version")), moment(document.get("iat"))
        whole(document.get("ttl"))
    except ValueError:
        raise NotTrusted(Reason.MEMBERS) from None
    if not delegation.holds(at=issued_at):
        raise NotTrusted(Reason.OUTSIDE)
    if version < above:
        raise NotTrusted(Reason.OLDER)
    return Directory(document=document, delegation=delegation, version=version, issued_at=issued_at)


def require_fresh(directory: Directory, *, now: datetime) -> None:
    """Raises NotTrusted once delegation or directory has run out, and before they count."""
    require_period(directory.delegation, now=now)
    if now < directory.issued_at:
        raise NotTrusted(Reason.NOT_YET)
    if now >= directory.issued_at + timedelta(seconds=directory.document["ttl"]):
        raise NotTrusted(Reason.EXPIRED)


class Jws:
    """A compact JWS taken apart as strictly as it is written; its payload opens to a key alone."""

    __slots__ = ("_body", "_signature", "_signed", "_unpack", "kid")

    def __init__(
        self, token: str, form: Form, *, limit: int = 0, unpack: Callable[[bytes], bytes] = bytes
    ) -> None:
        segments = token.split(".")
        if len(segments) != 3 or not token.isascii() or (limit and len(token) > limit):
            raise NotTrusted(Reason.FORM)
        try:
            first, self._body, self._signature = (_segment(segment) for segment in segments)
            named = json_object(first.decode())
        except ValueError:
            raise NotTrusted(Reason.FORM) from None
        kid = named.get("kid")
        if not isinstance(kid, str) or named != header(form, kid):
            raise NotTrusted(Reason.HEADER)
        self.kid = kid
        self._unpack = unpack
        self._signed = token.rpartition(".")[0].encode()

    def payload(self, jwk: Jwk) -> dict[str, Any]:
        """What this key signed. Raises NotTrusted."""
        self.require_signature(jwk)
        return self.unverified()

    def require_signature(self, jwk: Jwk) -> None:
        """Raises NotTrusted unless this key signed it."""
        key = jose.p256_key(jwk["x"], jwk["y"])
        if not jose.verify_raw_signature(key, self._signed, self._signature):
            raise NotTrusted(Reason.SIGNATURE)

    def unverified(self) -> dict[str, Any]:
        """What it says, whoever wrote it. Raises NotTrusted."""
        try:
            return json_object(self._unpack(self._body).decode())
        except ValueError:
            raise NotTrusted(Reason.FORM) from None


# -- Parts ----------------------------------------------------------------------------------------
def _segment(text: str) -> bytes:
    """base64url in the one form that encodes these bytes (RFC 4648, section 3.5). Raises ValueError."""
    try:
        data = jose.unb64(text)
    except Base64Error:
        raise ValueError("not base64url") from None
    if not text or jose.b64(data) != text:
        raise ValueError("not base64url in its one form")
    return data


def json_object(text: str) -> dict[str, Any]:
    """A JSON object with each member once. Raises ValueError."""
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004  # callers catch what JSON raises
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice")
    return members


def _no_constant(name: str) -> Any:
    raise ValueError("not a number")


def whole(value: Any) -> int:
    """A whole number that every JSON reader reads alike. Raises ValueError."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= SAFE_INTEGER:
        raise ValueError("not a whole number")
    return value


def moment(value: Any) -> datetime:
    """Seconds since 1970 as a moment. Raises ValueError."""
    try:
        return datetime.fromtimestamp(whole(value), tz=UTC)
    except (OverflowError, OSError):
        raise ValueError("not a moment") from None


def _check_city(value: Any) -> None:
    if not isinstance(value, str) or len(value) > 300 or not CITY.fullmatch(value):
        raise ValueError("not a city's did:web")


def _sound(jwk: Any) -> Jwk:
    """The JWK if it is the public half of a P-256 key and nothing else. Raises ValueError."""
    if not isinstance(jwk, Mapping) or set(jwk) != JWK_MEMBERS or (jwk["kty"], jwk["crv"]) != ("EC", "P-256"):
        raise ValueError("not a public P-256 key alone")
    for name in ("x", "y"):
        if not isinstance(jwk[name], str) or len(_segment(jwk[name])) != 32:
            raise ValueError("not a coordinate")
    jose.p256_key(jwk["x"], jwk["y"])
    return {name: jwk[name] for name in sorted(JWK_MEMBERS)}
