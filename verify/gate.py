"""Pure. The strict parser before any cryptography: what came in, and whether it may be looked at at all.

It refuses what JWT libraries let pass: unknown headers, keys in the token, duplicate members, encodings
that differ and mean the same (RFC 7515; RFC 8725, sections 2 and 3). It raises ``Malformed`` and nothing
else, whatever the bytes.
"""

import json
import math
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import unquote, urlsplit

from credentials.paper import MAX_DIGITS, MIN_DIGITS, read_short_code

from . import carriers
from .errors import Malformed, TooLarge

MAX_TOKEN = 16 * 1024
MAX_HEADER = 2 * 1024
MAX_DOCUMENT = 512 * 1024
MAX_UPLOAD = 10 * 1024 * 1024
MAX_DEPTH = 20
MAX_KID = 300
SAFE_INTEGER = 2**53 - 1  # beyond it, JSON readers disagree (RFC 8259, section 6)

#: Algorithms and the length of their signatures. The key decides which of them counts, never the token.
ALGORITHMS = {"ES256": 64}
HEADER_MEMBERS = {"alg", "typ", "kid", "cty"}
TYPES = ("JWT", "vc+jwt", "application/vc+jwt")
DID_URL = re.compile(r"did:[a-z0-9]+:[A-Za-z0-9._:%-]+#[A-Za-z0-9._:%-]+")
SEGMENT = re.compile(r"[A-Za-z0-9_-]+")
DATA_URL = "data:application/vc+jwt,"
#: Digits with anything before them: a scanner that types mangles ``:`` and ``/``, never digits.
PAPER_TEXT = re.compile(rf"(?:.{{0,400}}[^0-9])?([0-9]{{{MIN_DIGITS},{MAX_DIGITS}}})")
CREDENTIAL_PATH = re.compile(r"/c/([A-Za-z0-9_-]{1,40})(?:\.(?:jwt|pdf|json|png|svg))?")


class Kind(StrEnum):
    """What came in."""

    TOKEN = "token"  # noqa: S105  # a VC-JWT; a word, not a secret
    PAPER = "paper"  # the digits of a printed code
    SHORT_CODE = "short-code"
    LINK = "link"  # to a certificate of ours
    PROOF = "proof"  # a JSON credential with a proof inside, or one that its own address confirms
    ELSEWHERE = "elsewhere"  # a link to another site, where the entrance follows any
    UNSIGNED = "unsigned"  # a JSON credential without any proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What came in: the token, the digits, the code, the credential's id, the link, the JSON document."""

    kind: Kind
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A compact JWS whose form is right; nothing in it is verified yet."""

    text: str
    alg: str
    kid: str
    payload: dict[str, Any]
    signature: bytes

    @property
    def did(self) -> str:
        return self.kid.partition("#")[0]

    @property
    def fragment(self) -> str:
        return self.kid.partition("#")[2]


# -- What is it? ----------------------------------------------------------------------------------
def read_source(data: bytes | str, *, base_url: str, links: bool = False) -> Source:
    """Tell what came in by its content; with ``links`` it may lie elsewhere. Raises Malformed, TooLarge."""
    if len(data) > MAX_UPLOAD:
        raise TooLarge("upload-too-large")
    if isinstance(data, str):
        return _text(data, base_url=base_url, links=links)
    if carriers.is_png(data):
        baked = carriers.from_png(data, keywords=carriers.PNG_KEYWORDS)
        return _text(baked, base_url=base_url, inside=True, links=links)
    if carriers.is_pdf(data):
        return _text(carriers.from_pdf(data), base_url=base_url, inside=True)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Malformed("unknown-form") from None
    return _text(text, base_url=base_url, links=links)


def _text(text: str, *, base_url: str, inside: bool = False, links: bool = False) -> Source:
    """``inside`` says that a picture or PDF carried the text: only a signed document counts there, or the
    address of one that lies elsewhere (Open Badges 2.0, baking).
    """
    text = text.strip().lstrip("\ufeff")
    if not text:
        raise Malformed("empty")
    if carriers.is_svg(text) and not inside:
        baked = carriers.from_svg(text, elements=carriers.SVG_ELEMENTS)
        return _text(baked, base_url=base_url, inside=True, links=links)
    if len(text) > MAX_DOCUMENT:
        raise TooLarge("document-too-large")
    if text[0] == "{":
        return _document(text, base_url=base_url)
    if text.startswith("eyJ") or (len(text) > 60 and text.count(".") == 2 and not set(text) & set("/ #")):
        # Mail programs break long lines; no other space is forgiven.
        return Source(kind=Kind.TOKEN, text=re.sub(r"[\r\n]+[\t ]*", "", text))
    if inside and not (links and text.startswith("https://")):
        raise Malformed("unknown-form")
    return _typed(text, base_url=base_url, links=links)


def _typed(text: str, *, base_url: str, links: bool) -> Source:
    """What people type, scan or copy from an address bar."""
    if len(text) > 4 * MAX_DIGITS:
        raise Malformed("unknown-form")
    compact = "".join(text.split())
    if paper := PAPER_TEXT.fullmatch(unquote(compact)):
        return Source(kind=Kind.PAPER, text=paper[1])
    if len(text) <= 40 and (code := read_short_code(text)):
        return Source(kind=Kind.SHORT_CODE, text=code)
    try:
        parts = urlsplit(compact if "://" in compact[:9] else f"//{compact}")
    except ValueError:
        raise Malformed("unknown-form") from None
    home = urlsplit(base_url)
    if parts.netloc.lower() != home.netloc.lower():
        if links and parts.scheme == "https":
            return Source(kind=Kind.ELSEWHERE, text=compact)
        raise Malformed("foreign-link" if parts.scheme in ("http", "https") else "unknown-form")
    if found := CREDENTIAL_PATH.fullmatch(parts.path.removeprefix(home.path)):
        return Source(kind=Kind.LINK, text=found[1])
    raise Malformed("unknown-form")


def _document(text: str, *, base_url: str) -> Source:
    """A JSON document: an enveloped token, or a credential with or without a proof of its own."""
    document = strict_json(text)
    for wrapper in ("credential", "verifiableCredential"):
        if set(document) == {wrapper}:
            inner = document[wrapper]
            if isinstance(inner, str):
                return _text(inner, base_url=base_url)
            if not isinstance(inner, dict):
                raise Malformed("unknown-form")
            document, text = inner, json.dumps(inner, ensure_ascii=False)
    types = document.get("type")
    types = types if isinstance(types, list) else [types]
    if "EnvelopedVerifiableCredential" in types:
        address = document.get("id")
        if not isinstance(address, str) or not address.startswith(DATA_URL):
            raise Malformed("envelope")
        return Source(kind=Kind.TOKEN, text=address.removeprefix(DATA_URL))
    if not any(isinstance(kind, str) and kind.endswith(("Credential", "Assertion")) for kind in types):
        raise Malformed("unknown-form")
    if "proof" in document or "Assertion" in types:
        return Source(kind=Kind.PROOF, text=text)
    return Source(kind=Kind.UNSIGNED)


# -- The token ------------------------------------------------------------------------------------
def open_token(text: str) -> Token:
    """The parts of a compact JWS whose form keeps every rule. Raises Malformed, TooLarge."""
    if len(text) > MAX_TOKEN:
        raise TooLarge("token-too-large")
    segments = text.split(".")
    if len(segments) != 3:
        raise Malformed("not-three-segments")
    first, second, third = segments
    if len(first) > MAX_HEADER:
        raise Malformed("header-too-large")
    alg, kid = _header(strict_json(_utf8(decoded(first))))
    payload = strict_json(_utf8(decoded(second)))
    signature = decoded(third)
    if len(signature) != ALGORITHMS[alg]:
        raise Malformed("signature-length")
    return Token(text=text, alg=alg, kid=kid, payload=payload, signature=signature)


def names_in_token(text: str) -> tuple[str, ...]:
    """Whom a token names as key and issuer, as far as that can be read: never raises, never believed."""
    found: list[Any] = []
    for segment, members in zip(text.split("."), (("kid",), ("iss", "issuer", "vc")), strict=False):
        try:
            value = json.loads(urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
        except (ValueError, RecursionError):
            continue
        found += [value.get(member) for member in members] if isinstance(value, dict) else []
    named = [each.get("issuer", each.get("id")) if isinstance(each, dict) else each for each in found]
    named = [each.get("id") if isinstance(each, dict) else each for each in named]
    return tuple(each for each in named if isinstance(each, str))


def _header(header: dict[str, Any]) -> tuple[str, str]:
    """The algorithm and the key's name, if the header holds what it may and nothing else."""
    if not set(header) <= HEADER_MEMBERS:
        # jwk, jku, x5u and x5c would let the token bring its own key; crit and b64 change what is signed.
        raise Malformed("header-member")
    alg, kid = header.get("alg"), header.get("kid")
    if not isinstance(alg, str) or alg not in ALGORITHMS:
        raise Malformed("alg")
    if "typ" in header and not (isinstance(header["typ"], str) and header["typ"] in TYPES):
        raise Malformed("typ")
    if "cty" in header and header["cty"] != "vc":
        raise Malformed("cty")
    if not isinstance(kid, str) or len(kid) > MAX_KID or not DID_URL.fullmatch(kid):
        raise Malformed("kid")
    return alg, kid


def decoded(segment: str) -> bytes:
    """base64url without padding, in the one form that encodes these bytes (RFC 4648, section 3.5)."""
    if not SEGMENT.fullmatch(segment) or len(segment) % 4 == 1:
        raise Malformed("base64url")
    data = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    if urlsafe_b64encode(data).rstrip(b"=").decode() != segment:
        raise Malformed("base64url")
    return data


def _utf8(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Malformed("utf-8") from None


# -- JSON -----------------------------------------------------------------------------------------
def strict_json(text: str) -> dict[str, Any]:
    """A JSON object that every reader understands alike (RFC 7493). Raises Malformed."""
    try:
        value = json.loads(
            text,
            object_pairs_hook=_members,
            parse_constant=_no_constant,
            parse_int=_integer,
            parse_float=_decimal,
        )
    except RecursionError:
        raise Malformed("json-depth") from None
    except ValueError:
        raise Malformed("json") from None
    if not isinstance(value, dict):
        raise Malformed("json-not-an-object")
    _walk(value, 1)
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Malformed("json-duplicate-member")
    return members


def _no_constant(name: str) -> Any:
    raise Malformed("json-not-a-number")


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > SAFE_INTEGER:
        raise Malformed("json-number-range")
    return int(digits)


def _decimal(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise Malformed("json-number-range")
    return value


def _walk(value: Any, depth: int) -> None:
    """Refuse what lies too deep, and text that is no Unicode."""
    if isinstance(value, str):
        if not value.isascii():
            _check_unicode(value)
    elif isinstance(value, dict | list):
        if depth > MAX_DEPTH:
            raise Malformed("json-depth")
        if isinstance(value, dict):
            for name in value:
                _walk(name, depth)
        for item in value.values() if isinstance(value, dict) else value:
            _walk(item, depth + 1)


def _check_unicode(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Malformed("json-lone-surrogate") from None
