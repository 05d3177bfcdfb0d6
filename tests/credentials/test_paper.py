"""The paper claim, held against the published vector and against broken copies of it."""

import json
from pathlib import Path

import cbor2
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from credentials import paper
from issuers import cose

VECTOR = json.loads((Path(__file__).parents[1] / "verify/sp1_vector.json").read_text())
COSE = bytes.fromhex(VECTOR["cose_hex"])
DIGITS = VECTOR["url"].split("#")[1]


def holds(message: paper.Paper) -> bool:
    """Whether the vector's key made this signature."""
    import base64

    def number(text: str) -> int:
        return int.from_bytes(base64.urlsafe_b64decode(text + "=="), "big")

    key = ec.EllipticCurvePublicNumbers(
        number(VECTOR["jwk"]["x"]), number(VECTOR["jwk"]["y"]), ec.SECP256R1()
    ).public_key()
    r, s = int.from_bytes(message.signature[:32], "big"), int.from_bytes(message.signature[32:], "big")
    try:
        key.verify(encode_dss_signature(r, s), message.signed, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def test_the_vector_is_read_and_its_signature_holds() -> None:
    message = paper.parse(paper.cose_of(DIGITS))
    assert holds(message)
    assert message.kid8 == VECTOR["kid_hex"]
    assert message.claim.name == "Fatima-Zahra El Idrissi"
    assert message.claim.second_name == "فاطمة الزهراء الإدريسي"
    assert message.claim.status == 487783


def test_the_vector_is_composed_byte_for_byte() -> None:
    message = paper.parse(COSE)
    body = paper.payload(message.claim)
    again = cose.sealed(cose.protected_header(message.kid8), body, message.signature)
    assert again == COSE
    assert paper.digits(again) == DIGITS


def test_the_short_code_is_the_first_sixty_bits_in_crockford_base32() -> None:
    assert paper.group_code(paper.short_code(bytes.fromhex(VECTOR["cti_hex"]))) == "QYY7-06V7-CGZZ"


@pytest.mark.parametrize("typed", ["BZF3-G3DK-P8FZ", "bzf3 g3dk p8fz", "BZF3G3DKP8FZ"])
def test_a_short_code_is_read_as_people_type_it(typed: str) -> None:
    assert paper.read_short_code(typed) == "BZF3G3DKP8FZ"


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    assert paper.read_short_code("OIL0-1111-1111") == "011011111111"


def test_no_flipped_byte_survives() -> None:
    for position in range(len(COSE)):
        for mask in (0x01, 0x80):
            broken = bytearray(COSE)
            broken[position] ^= mask
            try:
                message = paper.parse(bytes(broken))
            except paper.PaperError:
                continue
            assert not holds(message), position


@pytest.mark.parametrize(
    ("fault", "broken"),
    [
        ("trailing bytes", COSE + b"\x00"),
        ("no tag", COSE[1:]),
        ("an indefinite array", b"\xd2\x9f" + COSE[2:] + b"\xff"),
        ("an unprotected header", COSE[:16] + b"\xa1\x01\x26" + COSE[17:]),
        ("a short signature", COSE[:-65] + b"\x3f" + COSE[-63:]),
        ("another tag", b"\xd1" + COSE[1:]),
        ("nothing", b""),
        ("deep nesting", b"\x81" * 200 + b"\x00"),
    ],
)
def test_a_claim_that_breaks_a_rule_is_refused(fault: str, broken: bytes) -> None:
    with pytest.raises(paper.PaperError):
        paper.parse(broken)


def test_a_duplicate_key_is_refused() -> None:
    header = b"\xa2\x01\x26\x01\x26"
    message = cbor2.dumps(cbor2.CBORTag(18, [header, {}, b"\xa0", bytes(64)]))
    with pytest.raises(paper.PaperError):
        paper.parse(message)


@pytest.mark.parametrize(
    "text", ["", "1" * 99, "1" * 1501, "0" + "1" * 200, "１" * 200, "12a" * 50, "9" * 300]
)
def test_digits_outside_the_format_are_refused(text: str) -> None:
    with pytest.raises(paper.PaperError):
        paper.cose_of(text)
