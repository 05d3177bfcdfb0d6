"""Pure. Bitstring Status List 1.0: bits packed, expanded within bounds; slots given out in a keyed order."""

import hashlib
import re
import zlib
from collections.abc import Iterable

SIZE = 131_072
MAX_BYTES = 8 * 1024 * 1024
_NOT_CLEAR = re.compile(rb"[^\0]", re.DOTALL)
_HALF = 9  # the permutation works on 18 bits and walks until it lands below SIZE (17 bits)


class BitstringError(ValueError):
    """The compressed list is no list, too short or too long (STATUS_LIST_LENGTH_ERROR)."""


def encode(indexes: Iterable[int], *, size: int = SIZE) -> bytes:
    """GZIP (RFC 1952) of ``size`` bits, those at ``indexes`` set; index 0 is the left-most bit (section 2.2).

    The same bits give the same bytes: the time in the header is zero.
    """
    bits = bytearray(size // 8)
    for index in indexes:
        if not 0 <= index < size:
            raise BitstringError("an index lies outside the list")
        bits[index >> 3] |= 0x80 >> (index & 7)
    return gzipped(bytes(bits))


def gzipped(data: bytes) -> bytes:
    """GZIP of these bytes; the same bytes give the same stream, since the time in its header is zero."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def decode(data: bytes, *, at_least: int = SIZE, max_bytes: int = MAX_BYTES) -> bytes:
    """The bits of a GZIP stream, never inflating more than ``max_bytes``.

    Raises BitstringError when it is not one GZIP stream or holds fewer than ``at_least`` bits.
    """
    inflater = zlib.decompressobj(31)
    try:
        bits = inflater.decompress(data, max_bytes)
    except zlib.error as error:
        raise BitstringError("not GZIP") from error
    if inflater.unconsumed_tail or not inflater.eof or inflater.unused_data:
        raise BitstringError("not one whole GZIP stream within the limit")
    if len(bits) * 8 < at_least:
        raise BitstringError("shorter than the minimum length")
    return bits


def set_places(bits: bytes) -> list[int]:
    """The indexes that are set, rising."""
    return [
        (found.start() << 3) + place
        for found in _NOT_CLEAR.finditer(bits)
        for place in range(8)
        if found[0][0] & (0x80 >> place)
    ]


def is_set(bits: bytes, index: int) -> bool:
    """Whether the bit at ``index`` is set. Raises BitstringError outside the list (RANGE_ERROR)."""
    if not 0 <= index < len(bits) * 8:
        raise BitstringError("the index lies outside the list")
    return bool(bits[index >> 3] & (0x80 >> (index & 7)))


def slot(key: bytes, number: int) -> int:
    """The position of the ``number``-th slot of a list: a bijection of 0 … SIZE-1 that looks random.

    A Feistel network over 18 bits, walked until the result is in range, so that no lock and no table is
    needed and neighbours in a class are strangers in the list.
    """
    if not 0 <= number < SIZE:
        raise BitstringError("the slot lies outside the list")
    value = number
    while True:
        left, right = value >> _HALF, value & (2**_HALF - 1)
        for turn in range(6):
            mixed = hashlib.blake2b(bytes([turn, right >> 8, right & 255]), key=key, digest_size=2).digest()
            left, right = right, left ^ (int.from_bytes(mixed, "big") & (2**_HALF - 1))
        value = left << _HALF | right
        if value < SIZE:
            return int(value)
