"""Multibase and Multikey: text that begins with z, there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuers import multibase


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"", ""), (b"\0\0\x01", "112"), (b"Hello World!", "2NEpo7TZRRrLZSi2U"), (bytes(3), "111")],
)
def test_base58_keeps_leading_zeros(data: bytes, text: str) -> None:
    assert multibase.base58(data) == text


@given(st.binary(min_size=1, max_size=64))
def test_what_was_written_is_read(data: bytes) -> None:
    assert multibase.decode(multibase.encode(data)) == data


@pytest.mark.parametrize("text", [None, "", "z", "uAQID", "z0OIl", "z" + "1" * 200, b"z2", "Z2NE"])
def test_what_is_no_multibase_is_refused(text: object) -> None:
    with pytest.raises(multibase.NotMultibase):
        multibase.decode(text)


def test_a_multikey_says_its_algorithm() -> None:
    text = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
    algorithm, public = multibase.decode_key(text)
    assert (algorithm, len(public)) == ("Ed25519", 32)
    assert multibase.encode_key(algorithm, public) == text


@pytest.mark.parametrize("data", [b"\xed\x01" + bytes(31), b"\xed\x02" + bytes(32), b"\x80\x24" + bytes(32)])
def test_other_keys_are_refused(data: bytes) -> None:
    with pytest.raises(multibase.NotMultibase):
        multibase.decode_key(multibase.encode(data))
