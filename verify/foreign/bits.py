"""Pure. The bits of a foreign status list: unpacked within bounds, read at an index."""

import re
from base64 import urlsafe_b64decode
from typing import Any

from credentials import bitstring
from credentials.bitstring import BitstringError

MOST_BITS = 32  # of one status; the statement of a message needs no more
_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")


class ListError(ValueError):
    """The list cannot be read: ``code`` is status-list-encoding, status-list-length or status-index."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


def index_of(value: Any) -> int | None:
    """The place of a status: digits in a text (Bitstring Status List, 2.1); older entries have a number."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    return int(value) if isinstance(value, str) and _INDEX.fullmatch(value) else None


def expanded(packed: Any, *, multibase: bool, size: int) -> bytes:
    """The bits of ``encodedList``: GZIP in base64url, behind a ``u`` where multibase is asked for.

    Raises ListError, too where there are fewer places than hide one among many (section 3.2, step 11).
    """
    if not isinstance(packed, str) or (multibase and not packed.startswith("u")):
        raise ListError("status-list-encoding", "multibase")
    text = packed[1:] if multibase else packed.rstrip("=")
    if not _BASE64URL.fullmatch(text) or len(text) % 4 == 1:
        raise ListError("status-list-encoding", "base64url")
    try:
        bits = bitstring.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)), at_least=0)
    except BitstringError:
        raise ListError("status-list-encoding", "gzip") from None
    if len(bits) * 8 // size < bitstring.SIZE:
        raise ListError("status-list-length", str(len(bits) * 8))
    return bits


def value_at(bits: bytes, index: int, size: int) -> int:
    """The status at this index, its left-most bit the greatest. Raises ListError."""
    if (index + 1) * size > len(bits) * 8:
        raise ListError("status-index", str(index))
    places = range(index * size, (index + 1) * size)
    return int("".join("1" if bitstring.is_set(bits, place) else "0" for place in places), 2)
