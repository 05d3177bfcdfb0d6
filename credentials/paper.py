"""Pure. The SP1 paper claim: a signed CWT small enough for a printed QR code, and its strict reader.

The format is described byte by byte in ``docs/paper-format.md``: CBOR (RFC 8949, deterministic), CWT
claims (RFC 8392), COSE_Sign1 (RFC 9052) with ES256, carried as decimal digits in a URL fragment.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from io import BytesIO
from math import log2
from typing import Any
from unicodedata import combining

import cbor2

from issuers.cose import ALG_ES256, ALG_ESP256, TAG_SIGN1, to_be_signed

FORMAT_VERSION = 0x01
PRIVATE_CLAIM = -65537
OVERHEAD = 85  # bytes of a COSE_Sign1 message around a payload below 256: tag, headers, lengths, signature
MAX_COSE = 300
#: A title is cut rather than a certificate refused, but never to less: the reader is to know the course.
MIN_TITLE = 24
MAX_HOURS, MAX_STATUS, MAX_MOMENT = 2**16, 2**32, 2**40
QR_BITS = 2672  # data bits of a QR code of version 13 at level M (ISO/IEC 18004, table 7)
MAX_DIGITS = 1500
MIN_DIGITS = 100
MAX_DEPTH = 8
ELLIPSIS = "…"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class PaperError(ValueError):
    """The digits or bytes are not an SP1 claim; the message names the rule that they break."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the paper says. ``status`` is list number × 131,072 + bit; times are seconds since 1970, UTC."""

    name: str
    title: str
    level: str
    hours: int
    status: int
    issued_at: int
    cti: bytes
    expires_at: int | None = None
    second_name: str | None = None
    issuer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A claim as read from paper, with what is needed to check its signature."""

    claim: Claim
    kid8: str
    signed: bytes
    signature: bytes


def max_cose(prefix: int) -> int:
    """How many bytes of COSE fit a version 13-M code behind a link prefix of ``prefix`` characters.

    One byte-mode segment (4 + 16 + 8 bits a character) and one numeric segment (4 + 12 + 10 bits for three
    digits). The number is below 2 × 256 to the power of the bytes: its first byte is the format version.
    """
    digits_room = (QR_BITS - (20 + 8 * prefix) - 16) * 3 // 10
    return min(int((digits_room * log2(10) - 1) // 8), MAX_COSE)


def fits(claim: Claim, *, prefix: int) -> bool:
    """Whether the signed claim fits a version 13-M code behind a link prefix of so many characters."""
    return len(payload(claim)) + OVERHEAD <= max_cose(prefix)


def fitted(claim: Claim, *, prefix: int) -> Claim:
    """The claim as it fits: where it must, without the name in the second script, then with a shorter title.

    It comes back too long still where nothing but the name could give way.
    """
    if fits(claim, prefix=prefix):
        return claim
    first = replace(claim, second_name=None)
    if fits(first, prefix=prefix):
        return first
    over = len(payload(first)) + OVERHEAD - max_cose(prefix)
    return replace(first, title=shortened(claim.title, len(claim.title.encode()) - over))


def shortened(title: str, room: int) -> str:
    """The title's beginning and an ellipsis in so many bytes of UTF-8, cut between words where it can be.

    Never less than ``MIN_TITLE`` characters before the ellipsis, whatever the room.
    """
    end = len(title.encode()[: max(0, room - len(ELLIPSIS.encode()))].decode(errors="ignore"))
    end = max(end, MIN_TITLE)
    if end >= len(title):
        return title
    space = title.rfind(" ", MIN_TITLE, end + 1)
    if space < 0:
        while end > MIN_TITLE and combining(title[end]):  # a letter keeps its marks
            end -= 1
        space = end
    return title[:space].rstrip(" ,;:·–-(«/") + ELLIPSIS


def is_title(printed: str, title: str) -> bool:
    """Whether the title on paper is this one, or this one shortened."""
    start = printed.removesuffix(ELLIPSIS)
    return printed == title or (
        start != printed and len(start) >= MIN_TITLE // 2 and title.startswith(start) and start != title
    )


def payload(claim: Claim) -> bytes:
    """The CWT claims of ``claim`` in deterministic CBOR (RFC 8949, 4.2.1)."""
    private: dict[int, object] = {
        1: claim.name,
        2: claim.title,
        3: claim.level,
        4: claim.hours,
        5: claim.status,
    }
    if claim.second_name:
        private[6] = claim.second_name
    claims: dict[int, object] = {6: claim.issued_at, 7: claim.cti, PRIVATE_CLAIM: private}
    if claim.issuer:
        claims[1] = claim.issuer
    if claim.expires_at is not None:
        claims[4] = claim.expires_at
    return cbor2.dumps(claims, canonical=True)


def digits(cose: bytes) -> str:
    """The decimal digits that the QR code carries."""
    return str(int.from_bytes(bytes([FORMAT_VERSION]) + cose, "big"))


def qr_text(*, base_url: str, cose: bytes) -> str:
    """The whole text of the QR code: a link that never sends the claim to a server."""
    return f"{base_url}/v#{digits(cose)}"


def short_code(cti: bytes) -> str:
    """The first 60 bits of ``cti`` as 12 characters of Crockford's base32."""
    number = int.from_bytes(cti[:8], "big") >> 4
    return "".join(CROCKFORD[(number >> shift) & 31] for shift in range(55, -1, -5))


def group_code(code: str) -> str:
    """The short code as it is printed: ``BZF3-G3DK-P8FZ``."""
    return "-".join((code[:4], code[4:8], code[8:]))


def read_short_code(text: str) -> str | None:
    """The 12 characters of a short code as people type it, or ``None``."""
    table = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": "", "–": "", "\u00a0": ""})
    code = text.strip().upper().translate(table)
    return code if len(code) == 12 and all(c in CROCKFORD for c in code) else None


def cose_of(text: str) -> bytes:
    """The COSE bytes behind the digits of a QR code.

    Raises PaperError when it is not 100 to 1500 ASCII digits or not of format version 1.
    """
    if (
        not (MIN_DIGITS <= len(text) <= MAX_DIGITS)
        or not (text.isascii() and text.isdigit())
        or text[0] == "0"
    ):
        raise PaperError("not 100 to 1500 decimal digits")
    number = int(text)
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    if raw[0] != FORMAT_VERSION:
        raise PaperError("not format version 1")
    return raw[1:]


def parse(cose: bytes) -> Paper:
    """Read a COSE_Sign1 paper claim strictly; nothing is verified yet.

    Raises PaperError for a wrong tag, indefinite lengths, a non-canonical encoding, duplicate keys,
    trailing bytes, an unprotected header, another algorithm, or claims of the wrong type.
    """
    message = _decoded(cose)
    if not isinstance(message, cbor2.CBORTag) or message.tag != TAG_SIGN1:
        raise PaperError("tag 18 (COSE_Sign1) is required")
    parts = message.value
    if not isinstance(parts, list | tuple) or len(parts) != 4:
        raise PaperError("not four parts")
    protected, unprotected, body, signature = parts
    if not (isinstance(protected, bytes) and isinstance(body, bytes) and isinstance(signature, bytes)):
        raise PaperError("a part has the wrong type")
    if unprotected or not _is_map(unprotected):
        raise PaperError("the unprotected header must be empty")
    if len(signature) != 64:
        raise PaperError("the signature is not 64 bytes")
    return Paper(
        claim=_claim(_decoded(body)),
        kid8=_kid8(protected),
        signed=to_be_signed(protected, body),
        signature=signature,
    )


@lru_cache(maxsize=256)  # the header of a key is the same on all its papers
def _kid8(protected: bytes) -> str:
    header = _decoded(protected)
    if not _is_map(header) or set(header) != {1, 4} or header[1] not in (ALG_ES256, ALG_ESP256):
        raise PaperError("the protected header is not ES256 with a key id")
    if not isinstance(header[4], bytes) or len(header[4]) != 8:
        raise PaperError("the key id is not 8 bytes")
    return header[4].hex()


def _is_map(value: object) -> bool:
    return isinstance(value, dict) or (hasattr(value, "keys") and hasattr(value, "__getitem__"))


def _decoded(data: bytes) -> Any:
    """One CBOR item that is encoded in the only way allowed; equal bytes when encoded again."""
    stream = BytesIO(data)
    try:
        item = cbor2.CBORDecoder(stream).decode()
        again = cbor2.dumps(item, canonical=True)
    except Exception as error:
        raise PaperError("not CBOR") from error
    if stream.tell() != len(data):
        raise PaperError("trailing bytes")
    if _depth(item) > MAX_DEPTH:
        raise PaperError("nested too deep")
    # Duplicate keys, indefinite lengths and longer-than-needed integers all change when re-encoded.
    if again != data:
        raise PaperError("not deterministic CBOR")
    return item


def _depth(item: Any) -> int:
    if isinstance(item, cbor2.CBORTag):
        return 1 + _depth(item.value)
    if _is_map(item):
        return 1 + max((_depth(value) for value in item.values()), default=0)
    if isinstance(item, list | tuple):
        return 1 + max((_depth(value) for value in item), default=0)
    return 0


def _claim(claims: Any) -> Claim:
    if not _is_map(claims):
        raise PaperError("the claims are not a map")
    private = claims.get(PRIVATE_CLAIM)
    if not _is_map(private):
        raise PaperError("the private claim is missing")

    def text(source: Any, key: int, *, needed: bool = True) -> str | None:
        value = source.get(key)
        if value is None and not needed:
            return None
        if not isinstance(value, str) or len(value) > 400:
            raise PaperError(f"claim {key} is not text")
        return value

    def whole(source: Any, key: int, *, needed: bool = True, limit: int = MAX_MOMENT) -> int | None:
        value = source.get(key)
        if value is None and not needed:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < limit:
            raise PaperError(f"claim {key} is not a whole number")
        return value

    cti = claims.get(7)
    if not isinstance(cti, bytes) or len(cti) != 16:
        raise PaperError("cti is not 16 bytes")
    return Claim(
        name=text(private, 1) or "",
        title=text(private, 2) or "",
        level=text(private, 3) or "",
        hours=whole(private, 4, limit=MAX_HOURS) or 0,
        status=whole(private, 5, limit=MAX_STATUS) or 0,
        issued_at=whole(claims, 6) or 0,
        cti=cti,
        expires_at=whole(claims, 4, needed=False),
        second_name=text(private, 6, needed=False),
        issuer=text(claims, 1, needed=False),
    )
