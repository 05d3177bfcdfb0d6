"""The paper claim, held against the published vector and against broken copies of it."""

import json
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from credentials import linting, paper, qr
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


def test_the_example_of_the_documents_is_right() -> None:
    text = (Path(__file__).parents[2] / "docs" / "paper-format.md").read_text()
    assert "begins `5fde380db3b21ff…` is printed `BZF3-G3DK-P8FZ`" in text
    assert (
        paper.group_code(paper.short_code(bytes.fromhex("5fde380db3b21fff" + "00" * 8))) == "BZF3-G3DK-P8FZ"
    )
    assert "p = 27: 300;  p = 56: 272" in text
    assert (paper.max_cose(27), paper.max_cose(56)) == (300, 272)


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


# -- The room that paper has ----------------------------------------------------------------------
HOSTS = {
    "16 characters": "v.skills.example",
    "45 characters": "passeport-des-apprentissages.casablanca.city.ma"[:45],
}


def link(host: str) -> str:
    return f"https://{host}"


def prefix(host: str) -> int:
    return len(link(host)) + len("/v#")


def version(host: str, length: int) -> int:
    """The version of the densest code that a message of so many bytes can need there."""
    return qr.qr_version(paper.qr_text(base_url=link(host), cose=b"\xff" * length))


def claim(**changes: Any) -> paper.Claim:
    details: dict[str, Any] = {
        "name": "Fatima-Zahra El Idrissi",
        "second_name": "فاطمة الزهراء الإدريسي",
        "title": "Accueil et relation client – niveau 2",
        "level": "CNC 3",
        "hours": 120,
        "status": 32_767 * 131_072 + 131_071,
        "issued_at": 1795167000,
        "expires_at": 2**32 - 1,
        "cti": b"\xff" * 16,
    }
    return paper.Claim(**details | changes)


@pytest.mark.parametrize("host", HOSTS.values(), ids=list(HOSTS))
def test_the_budget_is_what_a_code_of_version_13_holds_behind_the_host(host: str) -> None:
    assert len(host) in (16, 45)
    room = paper.max_cose(prefix(host))
    assert version(host, room) <= 13
    if room < paper.MAX_COSE:
        with pytest.raises(qr.TooDense):
            version(host, room + 1)


def test_a_longer_host_leaves_less_room() -> None:
    rooms = [paper.max_cose(prefix("x" * length)) for length in (16, 45, 100)]
    assert rooms[0] == paper.MAX_COSE == 300
    assert rooms == sorted(rooms, reverse=True)
    assert rooms[1] >= 256  # version 12 of a short host


@pytest.mark.parametrize("name", ["A", "x" * 40, "x" * 90])
def test_the_envelope_costs_what_it_is_counted_for(name: str) -> None:
    body = paper.payload(claim(name=name))
    assert len(body) < 256
    message = cose.sealed(cose.protected_header("09f897ff9b594c10"), body, bytes(64))
    assert len(message) == len(body) + paper.OVERHEAD


#: As in Casablanca: short, compound, of noble descent, of somebody from abroad, in Arabic letters alone.
NAMES = [
    ("Salma Tazi", "سلمى التازي"),
    ("Fatima-Zahra El Idrissi", "فاطمة الزهراء الإدريسي"),
    ("Abdelkrim Benabdellah", "عبد الكريم بنعبد الله"),
    ("Mohammed Abderrahmane Ait Ouahmane", "محمد عبد الرحمن أيت واحمان"),
    ("Lalla Oum Keltoum Bent Moulay Abdelaziz Alaoui", "لالة أم كلثوم بنت مولاي عبد العزيز العلوي"),
    ("Marie-Thérèse Nkurunziza-Ouédraogo", ""),
    ("", "عبد الصمد بن الحاج محمد الشرقاوي"),
]
TITLES = [
    "Couture – initiation",
    "Accueil et relation client – niveau 2",
    "Premiers pas avec le smartphone et Internet",
    "Français professionnel pour l’accueil et le conseil – B1",
    "الخطوات الأولى في استعمال الهاتف الذكي",
]


def population(host: str) -> list[tuple[paper.Claim, paper.Claim]]:
    """Every name with every title, as wished and as it fits."""
    wished = [
        claim(name=latin or arabic, second_name=arabic if latin else None, title=title, expires_at=None)
        for latin, arabic in NAMES
        for title in TITLES
    ]
    return [(each, paper.fitted(each, prefix=prefix(host))) for each in wished]


@pytest.mark.parametrize(
    ("host", "counted", "without_second", "shortened"),
    [
        (HOSTS["16 characters"], {11: 8, 12: 16, 13: 11}, 4, 0),
        (HOSTS["45 characters"], {11: 1, 12: 11, 13: 23}, 8, 0),
    ],
    ids=list(HOSTS),
)
def test_a_citys_names_and_titles_fit_the_printed_code(
    host: str, counted: dict[int, int], without_second: int, shortened: int
) -> None:
    found = population(host)
    lengths = [len(paper.payload(fits)) + paper.OVERHEAD for _, fits in found]
    assert Counter(version(host, length) for length in lengths) == counted
    assert sum(wish.second_name != fits.second_name for wish, fits in found) == without_second
    assert sum(wish.title != fits.title for wish, fits in found) == shortened
    for wish, fits in found:
        assert fits.name == wish.name
        linting.lint_paper(fits, issuer_id=1, prefix=prefix(host))


def test_first_the_name_in_the_second_script_gives_way_then_the_end_of_the_title() -> None:
    long = "Français professionnel pour l’accueil, le conseil et la vente dans tous les commerces"
    long += " de proximité et les services de la ville – B1"
    room = prefix(HOSTS["16 characters"])
    noble = claim(name=NAMES[4][0], second_name=NAMES[4][1], title=TITLES[3])
    assert paper.fitted(noble, prefix=room) == claim(name=NAMES[4][0], second_name=None, title=TITLES[3])
    both = paper.fitted(claim(name=NAMES[4][0], second_name=NAMES[4][1], title=long), prefix=room)
    assert both.second_name is None
    assert long.startswith(both.title[:-1] + " ")
    assert both.title.endswith(" tous les commerces de proximité et…")
    assert paper.fits(both, prefix=room)
    assert paper.is_title(both.title, long)


def test_what_fits_is_left_as_it_is() -> None:
    whole = claim()
    assert paper.fitted(whole, prefix=27) is whole


def test_a_name_that_leaves_no_room_for_a_title_does_not_fit() -> None:
    assert not paper.fits(paper.fitted(claim(name="x" * 150), prefix=27), prefix=27)


@given(st.text(min_size=1, max_size=120), st.integers(0, 300))
def test_a_shortened_title_begins_as_the_title_and_keeps_to_its_room(title: str, room: int) -> None:
    short = paper.shortened(title, room)
    if short != title:
        assert short.endswith(paper.ELLIPSIS)
        assert title.startswith(short[:-1])
        least = paper.shortened(title, 0)
        assert len(short.encode()) <= max(room, len(least.encode()))


def test_a_letter_keeps_its_marks_where_a_title_is_cut() -> None:
    title = "ا" * 23 + "بَّ" * 20
    for room in range(40, 100):
        cut = paper.shortened(title, room)
        rest = title[len(cut) - 1 :]
        assert cut == title or not unicodedata.combining(rest[0]) or len(cut) == paper.MIN_TITLE + 1


@pytest.mark.parametrize(
    ("printed", "fits"),
    [
        ("Couture – initiation au métier", True),
        ("Couture – initiation au…", True),
        ("Couture – initiation", False),
        ("Couture…", False),
        ("…", False),
        ("Couture – initiation en…", False),
        ("Couture – initiation au métier…", False),
    ],
)
def test_a_shortened_title_is_known_again(printed: str, fits: bool) -> None:
    assert paper.is_title(printed, "Couture – initiation au métier") is fits


# -- What a verifier may expect of every field -----------------------------------------------------
def changed(**members: Any) -> bytes:
    """The vector's message with these members of its claims, or of the private claim by ``p1``, ``p2`` …"""
    tag = cbor2.loads(COSE)
    protected, unprotected, body, signature = tag.value
    claims = cbor2.loads(body)
    private = dict(claims[-65537])
    for name, value in members.items():
        place, key = (private, int(name[1:])) if name[0] == "p" else (claims, int(name[1:]))
        if value is None:
            place.pop(key, None)
        else:
            place[key] = value
    claims = dict(claims) | {-65537: private}
    return cbor2.dumps(
        cbor2.CBORTag(18, [protected, unprotected, cbor2.dumps(claims, canonical=True), signature]),
        canonical=True,
    )


@pytest.mark.parametrize(
    "members",
    [
        {"c6": None},
        {"c6": -1},
        {"c6": 2**40},
        {"c6": True},
        {"c6": 1.5},
        {"c4": "2030"},
        {"c7": b"x" * 15},
        {"c7": "x" * 16},
        {"c1": 5},
        {"p1": None},
        {"p1": 5},
        {"p1": "x" * 401},
        {"p2": None},
        {"p3": b"B1"},
        {"p4": 2**16},
        {"p4": None},
        {"p5": 2**32},
        {"p5": -1},
        {"p6": 6},
    ],
)
def test_a_field_outside_its_limits_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(paper.PaperError):
        paper.parse(changed(**members))


def test_keys_that_a_later_version_may_bring_are_passed_over() -> None:
    assert paper.parse(changed(p7="later", c8=1)).claim == paper.parse(COSE).claim


@pytest.mark.parametrize(
    "changes", [{"hours": 2**16}, {"hours": -1}, {"status": 2**32}, {"issued_at": -1}, {"expires_at": 2**40}]
)
def test_a_number_that_no_reader_takes_is_not_signed(changes: dict[str, Any]) -> None:
    with pytest.raises(linting.LintError):
        linting.lint_paper(claim(second_name=None, **changes), issuer_id=1, prefix=27)


@pytest.mark.parametrize("algorithm", [-7, -9])
def test_both_names_of_es256_are_read_and_no_other(algorithm: int) -> None:
    def under(header: dict[int, Any]) -> bytes:
        tag = cbor2.loads(COSE)
        protected = cbor2.dumps(header, canonical=True)
        return cbor2.dumps(cbor2.CBORTag(18, [protected, *tag.value[1:]]), canonical=True)

    kid = bytes.fromhex(VECTOR["kid_hex"])
    assert paper.parse(under({1: algorithm, 4: kid})).kid8 == VECTOR["kid_hex"]
    for header in ({1: -8, 4: kid}, {1: algorithm}, {1: algorithm, 4: kid[:7]}, {1: algorithm, 4: kid, 3: 0}):
        with pytest.raises(paper.PaperError):
            paper.parse(under(header))
