"""The gate: what is broken in any one place goes no further, and nothing breaks the gate."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from issuers.jose import b64
from tests.gallery import make
from verify import gate
from verify.errors import Malformed, TooLarge
from verify.gate import Kind

from .tokens import BASE, HEADER, KID, high_s, payload, token, token_of

GALLERY = Path(make.__file__).parent
BROKEN = sorted(path for path in GALLERY.iterdir() if path.suffix not in (".py", "") and path.is_file())
VECTOR = json.loads((Path(__file__).parent / "sp1_vector.json").read_text())
WHOLE = token()


def pass_gate(data: bytes | str) -> None:
    """Everything that the gate does before any cryptography."""
    source = gate.read_source(data, base_url=BASE)
    if source.kind is Kind.TOKEN:
        gate.open_token(source.text)


@pytest.mark.parametrize("path", BROKEN, ids=[path.name for path in BROKEN])
def test_a_broken_file_is_refused_for_the_fault_that_it_is_named_for(path: Path) -> None:
    with pytest.raises(Malformed) as refused:
        pass_gate(path.read_bytes())
    assert refused.value.fault == path.name.split(".")[0]


def test_the_gallery_is_as_its_maker_makes_it() -> None:
    made = dict([*make.headers(), *make.encodings(), *make.documents()])
    assert {path.name for path in BROKEN if path.suffix == ".jwt"} == {f"{name}.jwt" for name in made}
    for name, text in made.items():
        assert (GALLERY / f"{name}.jwt").read_text() == text
    assert len(BROKEN) >= 60


def test_a_whole_token_passes() -> None:
    opened = gate.open_token(WHOLE)
    assert (opened.alg, opened.kid, opened.payload) == ("ES256", KID, payload())
    assert opened.did + "#" + opened.fragment == KID


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "ES256", "kid": KID},
        HEADER | {"typ": "vc+jwt"},
        HEADER | {"typ": "application/vc+jwt"},
        HEADER | {"typ": "vc+jwt", "cty": "vc"},
    ],
)
def test_the_headers_of_both_specifications_pass(header: dict[str, str]) -> None:
    assert gate.open_token(token(header=header)).kid == KID


def test_the_other_signature_of_the_same_key_passes_as_the_id_tells_certificates_apart() -> None:
    assert gate.open_token(high_s(WHOLE)).payload == payload()


def test_a_token_that_a_mail_program_broke_into_lines_is_joined() -> None:
    wrapped = "\r\n ".join(WHOLE[i : i + 76] for i in range(0, len(WHOLE), 76))
    assert gate.read_source(f"\n{wrapped}\n", base_url=BASE).text == WHOLE


# -- What is it? ----------------------------------------------------------------------------------
DIGITS = VECTOR["url"].partition("#")[2]


@pytest.mark.parametrize(
    "text",
    [
        VECTOR["url"],
        DIGITS,
        f"  {DIGITS}\n",
        f"https://elsewhere.example/v%23{DIGITS}",
        f"https://elsewhere.example/v/{DIGITS}",
        f"https;--elsewhere.example-v#{DIGITS}",
    ],
    ids=["link", "digits", "spaces", "mangled", "path", "keyboard-scanner"],
)
def test_a_printed_code_is_known_whatever_stands_before_its_digits(text: str) -> None:
    source = gate.read_source(text, base_url=BASE)
    assert (source.kind, source.text) == (Kind.PAPER, DIGITS)


@pytest.mark.parametrize("text", ["BZF3-G3DK-P8FZ", "bzf3 g3dk p8fz", "BZF3G3DKP8FZ", " BZF3–G3DK–P8FZ "])
def test_a_short_code_is_known_however_it_is_typed(text: str) -> None:
    source = gate.read_source(text, base_url=BASE)
    assert (source.kind, source.text) == (Kind.SHORT_CODE, "BZF3G3DKP8FZ")


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    assert gate.read_source("oOiI-lL00-1111", base_url=BASE).text == "001111001111"


@pytest.mark.parametrize("ending", ["", ".jwt", ".pdf", ".json", "?x=1", "#top"])
@pytest.mark.parametrize("start", ["http://localhost:8000", "HTTP://LOCALHOST:8000", "localhost:8000"])
def test_a_link_of_ours_is_known(start: str, ending: str) -> None:
    source = gate.read_source(f"{start}/c/AbC_-123{ending}", base_url=BASE)
    assert (source.kind, source.text) == (Kind.LINK, "AbC_-123")


@pytest.mark.parametrize("path", ["", "/", "/me/", "/c/", "/c/a/b", "/c/" + "a" * 41, "/a/AbC_-123"])
def test_a_link_of_ours_to_something_else_is_no_certificate(path: str) -> None:
    with pytest.raises(Malformed) as refused:
        gate.read_source(f"{BASE}{path}", base_url=BASE)
    assert refused.value.fault == "unknown-form"


def test_an_enveloped_credential_is_its_token() -> None:
    document = {
        "@context": "https://www.w3.org/ns/credentials/v2",
        "id": f"data:application/vc+jwt,{WHOLE}",
        "type": "EnvelopedVerifiableCredential",
    }
    for data in (
        document,
        {"credential": document},
        {"verifiableCredential": document},
        {"credential": WHOLE},
    ):
        assert gate.read_source(json.dumps(data), base_url=BASE).text == WHOLE


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ({"type": ["VerifiableCredential"], "proof": {}}, Kind.PROOF),
        ({"type": ["VerifiableCredential", "OpenBadgeCredential"]}, Kind.UNSIGNED),
        ({"type": "Assertion"}, Kind.PROOF),  # Open Badges 2.0: its own address confirms it
    ],
)
def test_a_json_credential_is_told_by_its_proof(document: dict[str, object], kind: Kind) -> None:
    assert gate.read_source(json.dumps(document), base_url=BASE).kind is kind


@pytest.mark.parametrize(
    "carrier",
    [
        make.png(make.itxt(WHOLE)),
        make.svg(f'<openbadges:credential verify="{WHOLE}"></openbadges:credential>').encode(),
        make.svg(
            "<openbadges:credential><![CDATA["
            + json.dumps({"type": "EnvelopedVerifiableCredential", "id": f"data:application/vc+jwt,{WHOLE}"})
            + "]]></openbadges:credential>"
        ).encode(),
        make.pdf(certificate_jwt=WHOLE),
        b"\xef\xbb\xbf" + WHOLE.encode(),
    ],
    ids=["png", "svg-attribute", "svg-content", "pdf", "text-with-mark"],
)
def test_what_carries_a_certificate_gives_it_up(carrier: bytes) -> None:
    assert gate.read_source(carrier, base_url=BASE).text == WHOLE


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ("z" * (4 * 1500 + 1), "unknown-form"),
        (json.dumps({"credential": ["eyJ"]}), "unknown-form"),
        (make.png(make.chunk(b"iTXt", b"openbadgecredential\0\0\0no end")), "png-broken"),
        (make.png(make.chunk(b"iTXt", b"openbadgecredential\0\0\0\0\0\xff")), "utf-8"),
        (make.png(make.itxt("A" * (512 * 1024 + 1))), "document-too-large"),
        (
            make.svg("<text>words</text><openbadges:credential> </openbadges:credential>"),
            "image-without-credential",
        ),
    ],
    ids=["long-text", "list", "itxt-without-end", "itxt-in-latin", "itxt-too-large", "svg-blank"],
)
def test_what_cannot_be_read_is_refused_by_its_fault(data: bytes | str, fault: str) -> None:
    with pytest.raises(Malformed) as refused:
        pass_gate(data)
    assert refused.value.fault == fault


def test_files_above_their_limit_are_refused_as_too_large() -> None:
    for data in (
        b"A" * (gate.MAX_UPLOAD + 1),
        make.png(make.itxt(WHOLE)) + bytes(2**21),
        make.pdf(certificate_jwt=WHOLE) + bytes(2**21),
        make.svg("<g/>" * 2**20).encode(),
        b"{" + b" " * gate.MAX_DOCUMENT + b"}",
    ):
        with pytest.raises(TooLarge):
            pass_gate(data)


def fault_of(data: bytes | str) -> str:
    """The fault for which it is refused, or nothing."""
    try:
        pass_gate(data)
    except Malformed as refused:
        return refused.fault
    return ""


def kid_of(length: int) -> str:
    return token(header=HEADER | {"kid": "did:web:a#" + "k" * (length - 10)})


@pytest.mark.parametrize(
    ("made", "limit", "fault"),
    [
        (
            lambda size: WHOLE.rpartition(".")[0] + "." + "A" * (size - len(WHOLE.rpartition(".")[0]) - 1),
            16_384,
            "token-too-large",
        ),
        (lambda size: "eyJ" + "A" * (size - 3) + ".AAAA.AAAA", 2048, "header-too-large"),
        (lambda size: "{" + " " * (size - 2) + "}", 524_288, "document-too-large"),
        (lambda size: b"\xff" * size, 10_485_760, "upload-too-large"),
        (kid_of, 300, "kid"),
        (lambda size: token(body=payload(x=size)), 9_007_199_254_740_991, "json-number-range"),
        (lambda size: token(body=payload(x=-size)), 9_007_199_254_740_991, "json-number-range"),
        (lambda size: token_of(json.dumps(HEADER), '{"x":' * size + "1" + "}" * size), 20, "json-depth"),
    ],
    ids=["token", "header", "document", "upload", "kid", "number", "minus", "depth"],
)
def test_each_limit_lets_pass_what_is_as_large_and_nothing_larger(
    made: Callable[[int], bytes | str], limit: int, fault: str
) -> None:
    assert fault_of(made(limit)) != fault
    assert fault_of(made(limit + 1)) == fault


# -- Nothing breaks it ----------------------------------------------------------------------------
def mutated(source: random.Random, text: str) -> str:
    """The text with a few characters changed, dropped, doubled or moved."""
    letters = list(text)
    for _ in range(source.randint(1, 4)):
        at = source.randrange(len(letters))
        act = source.randrange(4)
        if act == 0:
            letters[at] = source.choice('AZaz09-_.=+/ \n\x00é{}"#%')
        elif act == 1:
            del letters[at]
        elif act == 2:
            letters.insert(at, letters[at])
        else:
            other = source.randrange(len(letters))
            letters[at], letters[other] = letters[other], letters[at]
    return "".join(letters)


@settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(min_value=0, max_value=2**63))
def test_a_mutated_token_is_refused_or_read_and_breaks_nothing(seed: int) -> None:
    try:
        pass_gate(mutated(random.Random(seed), WHOLE))
    except Malformed as refused:
        assert refused.fault


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=400))
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    for start in (b"", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7\n", b"<svg", b"{", b"eyJ"):
        try:
            pass_gate(start + data)
        except Malformed as refused:
            assert refused.fault


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=300))
def test_any_text_is_refused_or_read(text: str) -> None:
    for start in ("", "http://", "//[", "{", "<svg", "eyJ"):
        try:
            pass_gate(start + text)
        except Malformed as refused:
            assert refused.fault


@settings(max_examples=500, deadline=None)
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_json_is_read_as_it_was_written_or_refused(value: object) -> None:
    written = json.dumps({"x": value})
    try:
        assert gate.strict_json(written) == json.loads(written)
    except Malformed as refused:
        assert refused.fault.startswith("json")


# -- Who is named, and links to elsewhere ----------------------------------------------------------
def test_whom_a_token_names_is_read_without_belief() -> None:
    def names(header: object, payload: object) -> tuple[str, ...]:
        return gate.names_in_token(
            ".".join(b64(json.dumps(each).encode()) for each in (header, payload)) + ".x"
        )

    assert names({"kid": "did:a#1"}, {"iss": "did:b", "issuer": {"id": "did:c"}}) == (
        "did:a#1",
        "did:b",
        "did:c",
    )
    assert names({"kid": 5}, {"issuer": "did:c", "vc": {"issuer": {"id": "did:d"}}}) == ("did:c", "did:d")
    assert names([], "x") == ()
    for text in ("", "a", "e30", "%%%.e30.x", "4pyT.4pyT.x", b64(b"[" * 5_000) + ".e30.x"):
        assert gate.names_in_token(text) == ()


def test_a_link_to_elsewhere_is_taken_where_it_is_followed() -> None:
    link = "https://elsewhere.example/badges/1.json"
    for data in (link, link.encode(), f" {link}\n"):
        found = gate.read_source(data, base_url=BASE, links=True)
        assert (found.kind, found.text) == (Kind.ELSEWHERE, link)
    for refused in ("http://elsewhere.example/1", "elsewhere.example/1"):
        with pytest.raises(Malformed):
            gate.read_source(refused, base_url=BASE, links=True)
    with pytest.raises(Malformed) as asked_nobody:
        gate.read_source(link, base_url=BASE)
    assert asked_nobody.value.fault == "foreign-link"


def test_a_documents_own_text_is_kept_and_taken_out_of_what_wraps_it() -> None:
    inner = '{"type": ["VerifiableCredential"], "proof": {}, "name": "مبادئ"}'
    assert gate.read_source(f" {inner}", base_url=BASE).text == inner
    wrapped = gate.read_source(f'{{"credential": {inner}}}', base_url=BASE)
    assert json.loads(wrapped.text) == json.loads(inner)
