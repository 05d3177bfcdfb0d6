"""Pure. The strict parser before any cryptography: what is not exactly a certificate goes no further.

Every refusal is a Malformed with the rule that was broken; nothing here trusts, fetches or verifies.
"""

import json
import math
import re
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from enum import Enum
from io import BytesIO
from typing import Any

from pypdf import PdfReader

from credentials import paper

from .errors import Malformed, TooLarge

MAX_JWT = 16 * 1024
MAX_HEADER = 2 * 1024
MAX_IMAGE = 2 * 1024 * 1024
MAX_UPLOAD = 10 * 1024 * 1024
MAX_DEPTH = 20
MAX_KID = 300

ALGORITHMS = frozenset({"ES256"})
TYPES = frozenset({None, "JWT", "vc+jwt", "application/vc+jwt"})
HEADER_MEMBERS = frozenset({"alg", "typ", "kid", "cty"})
SEGMENT = re.compile(r"[A-Za-z0-9_-]+\Z")
LINK = re.compile(r"https?://[^\s/]+/v(?:#|%23|/)([0-9]+)\Z", re.ASCII)
PAGE = re.compile(r"https?://[^\s/]+/c/([A-Za-z0-9_-]{22})(?:\.jwt|\.pdf)?\Z", re.ASCII)
ENVELOPE = "data:application/vc+jwt,"
PNG = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"openbadgecredential"


class Kind(Enum):
    """What somebody handed us."""

    JWT = "jwt"
    PAPER = "paper"
    SHORT_CODE = "short-code"
    PAGE = "page"
    UNSECURED = "unsecured"


@dataclass(frozen=True, slots=True)
class Source:
    """What was read: a compact JWS, the COSE bytes of a paper claim, a short code, or a credential's id."""

    kind: Kind
    text: str = ""
    cose: bytes = b""


@dataclass(frozen=True, slots=True)
class Token:
    """A compact JWS taken apart; nothing of it is verified."""

    compact: str
    algorithm: str
    kid: str
    payload: dict[str, Any]

    @property
    def signed(self) -> bytes:
        return self.compact.rpartition(".")[0].encode()

    @property
    def signature(self) -> bytes:
        return _decoded(self.compact.rpartition(".")[2])


def read_source(data: bytes | str) -> Source:
    """Tell what was handed over, in any form that we know. Raises Malformed, TooLarge."""
    raw = data if isinstance(data, bytes) else data.encode("utf-8", "replace")
    if len(raw) > MAX_UPLOAD:
        raise TooLarge
    if raw.startswith(PNG):
        return _token_source(_from_png(raw))
    if raw.startswith(b"%PDF-"):
        return _token_source(_from_pdf(raw))
    if len(raw) > MAX_IMAGE:
        raise TooLarge
    try:
        text = raw.decode("utf-8").removeprefix("\ufeff").strip()
    except UnicodeDecodeError:
        raise Malformed("not text, PNG or PDF") from None
    return _from_text(text)


def _from_text(text: str) -> Source:
    if not text:
        raise Malformed("nothing to check")
    link = LINK.match(text)
    digits = link.group(1) if link else text
    if digits.isascii() and digits.isdigit():
        try:
            return Source(Kind.PAPER, cose=paper.cose_of(digits))
        except paper.PaperError as error:
            raise Malformed(str(error)) from error
    page = PAGE.match(text)
    if page:
        return Source(Kind.PAGE, text=page.group(1))
    code = paper.read_short_code(text)
    if code:
        return Source(Kind.SHORT_CODE, text=code)
    if text.startswith(("<svg", "<?xml")):
        return _token_source(_from_svg(text))
    if text.startswith(("{", "[", '"')):
        return _from_json(text)
    return _token_source(text)


def _token_source(text: str) -> Source:
    if len(text) > MAX_JWT:
        raise TooLarge
    return Source(Kind.JWT, text=text)


def _from_json(text: str) -> Source:
    value = _json(text)
    if isinstance(value, str):
        return _from_text(value.strip()) if value.strip()[:1] not in ('"', "") else _fail("a string of a string")
    if not isinstance(value, dict):
        raise Malformed("not a JSON object")
    envelope = value.get("id")
    if isinstance(envelope, str) and envelope.startswith(ENVELOPE):
        return _token_source(envelope.removeprefix(ENVELOPE))
    for name in ("credential", "verifiableCredential", "jwt"):
        inner = value.get(name)
        if isinstance(inner, str):
            return _token_source(inner.strip())
        if isinstance(inner, dict) and str(inner.get("id", "")).startswith(ENVELOPE):
            return _token_source(str(inner["id"]).removeprefix(ENVELOPE))
    if "@context" in value or "proof" in value:
        return Source(Kind.UNSECURED, text=text)
    raise Malformed("no credential in this JSON")


def _fail(fault: str) -> Source:
    raise Malformed(fault)


# -- Compact JWS ------------------------------------------------------------------------------------
def parse_token(text: str) -> Token:
    """Take a compact JWS apart, strictly (RFC 7515, RFC 8725; VC-JOSE-COSE 1.0, section 3.1).

    Raises Malformed for padding or other non-canonical base64url, duplicate members, an algorithm that is
    not on the list, key material or critical extensions in the header, and anything that is no JSON object.
    """
    if len(text) > MAX_JWT:
        raise TooLarge
    parts = text.split(".")
    if len(parts) != 3 or not all(SEGMENT.match(part) for part in parts):
        raise Malformed("not three base64url segments")
    if len(parts[0]) > MAX_HEADER:
        raise Malformed("header too long")
    header = _object(parts[0])
    _check_header(header)
    if len(_decoded(parts[2])) != 64:
        raise Malformed("signature is not 64 bytes")
    return Token(compact=text, algorithm=header["alg"], kid=header["kid"], payload=_object(parts[1]))


def _check_header(header: dict[str, Any]) -> None:
    unknown = set(header) - HEADER_MEMBERS
    if unknown:
        raise Malformed(f"header member not allowed: {sorted(unknown)[0][:20]}")
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise Malformed("algorithm not allowed")
    kind = header.get("typ")
    if kind is not None and not isinstance(kind, str):
        raise Malformed("typ is not text")
    if kind not in TYPES:
        raise Malformed("typ not allowed")
    if header.get("cty", "vc") != "vc":
        raise Malformed("cty not allowed")
    kid = header.get("kid")
    if not isinstance(kid, str) or len(kid) > MAX_KID or not kid.startswith("did:") or kid.count("#") != 1:
        raise Malformed("kid is not a DID URL")


def _decoded(segment: str) -> bytes:
    try:
        raw = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except ValueError:
        raise Malformed("not base64url") from None
    if urlsafe_b64encode(raw).rstrip(b"=").decode() != segment:
        raise Malformed("not canonical base64url")
    return raw


def _object(segment: str) -> dict[str, Any]:
    try:
        text = _decoded(segment).decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("not UTF-8") from None
    value = _json(text)
    if not isinstance(value, dict):
        raise Malformed("not a JSON object")
    return value


def _json(text: str) -> Any:
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except Malformed:
        raise
    except (ValueError, RecursionError):
        raise Malformed("not JSON") from None
    _check_value(value, 0)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Malformed("a member stands twice")
    return members


def _no_constant(name: str) -> Any:
    raise Malformed(f"{name} is not JSON")


def _check_value(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise Malformed("nested too deep")
    if isinstance(value, dict):
        for name, inner in value.items():
            _check_value(name, depth + 1)
            _check_value(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check_value(inner, depth + 1)
    elif isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise Malformed("a lone surrogate")
    elif isinstance(value, int) and not isinstance(value, bool):
        if abs(value) > 2**53 - 1:
            raise Malformed("a number beyond 2^53")
    elif isinstance(value, float) and not math.isfinite(value):
        raise Malformed("a number that is not finite")


# -- Carriers ---------------------------------------------------------------------------------------
def _from_png(data: bytes) -> str:
    """The credential in a baked PNG: one uncompressed iTXt (Open Badges 3.0, section 5.3.1). No pixel is read."""
    if len(data) > MAX_IMAGE:
        raise TooLarge
    position, found = len(PNG), []
    while position + 12 <= len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        kind, body = data[position + 4 : position + 8], data[position + 8 : position + 8 + length]
        if len(body) != length or position + 12 + length > len(data):
            raise Malformed("a PNG chunk is cut off")
        crc = int.from_bytes(data[position + 8 + length : position + 12 + length], "big")
        if kind == b"iTXt" and body.startswith(KEYWORD + b"\0"):
            if zlib.crc32(kind + body) != crc:
                raise Malformed("a PNG chunk is damaged")
            rest = body[len(KEYWORD) + 1 :]
            if rest[:2] != b"\0\0" or rest[2:].count(b"\0") < 2:
                raise Malformed("the PNG's credential is compressed or broken")
            found.append(rest[2:].split(b"\0", 2)[2])
        position += 12 + length
        if kind == b"IEND":
            break
    if len(found) != 1:
        raise Malformed("no credential in this picture" if not found else "two credentials in this picture")
    return _ascii(found[0])


def _from_svg(text: str) -> str:
    """The JWS in a baked SVG (Open Badges 3.0, section 5.3.2), by its attribute; no XML is interpreted."""
    found = re.findall(r'<openbadges:credential\b[^>]{0,400}?\bverify="([A-Za-z0-9._-]{1,16384})"', text[:MAX_IMAGE])
    if len(found) != 1:
        raise Malformed("no credential in this picture" if not found else "two credentials in this picture")
    return str(found[0])


def _from_pdf(data: bytes) -> str:
    """The VC-JWT that our PDFs carry as an attachment. Whatever else the PDF shows is trusted in nothing."""
    if len(data) > MAX_IMAGE:
        raise TooLarge
    try:
        reader = PdfReader(BytesIO(data), strict=False)
        attached = reader.attachments.get("certificate.jwt", [])
        contents = [bytes(content) for content in attached]
    except Exception:  # noqa: BLE001  # a hostile PDF may break its reader in any way; all of them mean this
        raise Malformed("not a PDF that can be read") from None
    if len(contents) != 1:
        raise Malformed("no certificate inside this PDF")
    return _ascii(contents[0])


def _ascii(data: bytes) -> str:
    if len(data) > MAX_JWT:
        raise TooLarge
    try:
        return data.decode("ascii").strip()
    except UnicodeDecodeError:
        raise Malformed("the credential is not a compact JWS") from None
