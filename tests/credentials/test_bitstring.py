"""Status bits: packed as the specification says, expanded within bounds, given out in a keyed order."""

import gzip
import itertools
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credentials import bitstring


def test_index_zero_is_the_left_most_bit() -> None:
    bits = gzip.decompress(bitstring.encode([0, 9]))
    assert len(bits) == 16_384
    assert bits[:2] == bytes([0b1000_0000, 0b0100_0000])


def test_the_same_bits_give_the_same_bytes() -> None:
    assert bitstring.encode([5, 77]) == bitstring.encode([77, 5])


@given(st.sets(st.integers(0, bitstring.SIZE - 1), max_size=40))
def test_what_was_set_is_set_and_nothing_else(indexes: set[int]) -> None:
    bits = bitstring.decode(bitstring.encode(indexes))
    assert sum(byte.bit_count() for byte in bits) == len(indexes)
    assert all(bitstring.is_set(bits, index) for index in indexes)


def test_a_list_that_would_inflate_beyond_the_limit_is_refused() -> None:
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    data = bomb.compress(bytes(32 * 1024 * 1024)) + bomb.flush()
    with pytest.raises(bitstring.BitstringError):
        bitstring.decode(data)


@pytest.mark.parametrize(
    "data",
    [b"", b"nonsense", gzip.compress(b"\0" * 100, mtime=0), bitstring.encode([]) + b"x"],
    ids=["empty", "nonsense", "too short", "something after it"],
)
def test_what_is_not_a_list_is_refused(data: bytes) -> None:
    with pytest.raises(bitstring.BitstringError):
        bitstring.decode(data)


@pytest.mark.parametrize("index", [-1, bitstring.SIZE])
def test_an_index_outside_the_list_is_refused(index: int) -> None:
    with pytest.raises(bitstring.BitstringError):
        bitstring.is_set(bytes(bitstring.SIZE // 8), index)
    with pytest.raises(bitstring.BitstringError):
        bitstring.encode([index])


def test_slots_are_a_bijection_that_looks_random() -> None:
    key = bytes(range(16))
    slots = [bitstring.slot(key, number) for number in range(bitstring.SIZE)]
    assert len(set(slots)) == bitstring.SIZE
    neighbours = sum(abs(a - b) == 1 for a, b in itertools.pairwise(slots))
    assert neighbours < 20
    assert slots[:100] != [bitstring.slot(bytes(16), number) for number in range(100)]
