"""The verifier under attack: no forgery holds, whatever it is made of, and nothing breaks but in our words.

``tests/verify/attacks.py`` has the forgeries by name; the mutations are hypothesis's. A token that only looks
different is the same certificate, since its id tells, not its bytes.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as house
from django.db import transaction
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from credentials import paper, reading, revocation, statuslists
from credentials.models import Credential, StatusListVersion
from credentials.people import Person
from issuers import publications
from issuers.jose import b64, unb64
from issuers.models import SigningKey
from tests.factories import NOW, city_officer, make_achievement, make_credential, make_issuer, publish_keys
from verify import gate, verifier
from verify.errors import VerifyError
from verify.report import Report, Verdict

from .attacks import Loot, every
from .tokens import KID, high_s, payload, token

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=5)
#: Mutated tokens a run of the tests; `make test` runs them on two databases.
MUTANTS = 10_400


@pytest.fixture
def loot(credential: Credential) -> Loot:
    """What anybody may have of the certificate, of another provider's, and of what the city publishes."""
    other = make_achievement(make_issuer())
    publish_keys()
    stranger = make_credential(other, Person(name_latin="Omar Tazi"))
    directory = publications.read(name=publications.DIRECTORY)
    assert directory is not None
    ed25519 = SigningKey.objects.get(issuer=credential.issuer, algorithm="Ed25519")
    kid = json.loads(unb64(credential.jwt.split(".")[0]))["kid"]
    return Loot(
        jwt=credential.jwt,
        digits=reading.qr_text(credential).partition("#")[2],
        jwk=credential.key.public_jwk,
        ed25519_kid=f"{kid.partition('#')[0]}#{ed25519.thumbprint}",
        stranger_jwt=stranger.jwt,
        list_jwt=StatusListVersion.objects.get(status_list=credential.status_list, purpose="revocation").body,
        directory_jwt=directory.body,
    )


def check(source: str | bytes) -> Report | None:
    """The report, or nothing where there is none; any other exception is a hole."""
    try:
        return verifier.verify(source=source, now=SOON, door="api")
    except VerifyError:
        return None


def same_document(source: str | bytes, genuine: str) -> bool:
    """Whether the gate reads the very document that was issued, however it was wrapped."""
    try:
        return gate.read_source(source, base_url=house.BASE_URL).text == genuine
    except VerifyError:
        return False


# -- By name --------------------------------------------------------------------------------------
def test_no_forgery_holds(loot: Loot) -> None:
    forgeries = dict(every(loot))
    held = [name for name, source in forgeries.items() if (report := check(source)) and report.holds]
    assert held == []
    assert len(forgeries) == sum(1 for _ in every(loot))  # no name stands for two
    assert len(forgeries) >= 150


def test_what_was_stolen_is_genuine(loot: Loot) -> None:
    for source in (loot.jwt, loot.digits, loot.stranger_jwt):
        report = check(source)
        assert report is not None
        assert report.verdict is Verdict.VALID


def test_a_forgery_shows_nothing_of_what_it_says(loot: Loot) -> None:
    for name, source in every(loot):
        if (report := check(source)) and report.verdict in (Verdict.TAMPERED, Verdict.UNKNOWN_ISSUER):
            assert (report.stated, report.issuer) == (None, None), name


@pytest.mark.parametrize(
    "spelling", [high_s, lambda jwt: f"{jwt[:70]}\r\n {jwt[70:]}"], ids=["high-s", "broken-lines"]
)
def test_a_revoked_certificate_stays_revoked_however_it_is_spelt(
    credential: Credential, spelling: Callable[[str], str]
) -> None:
    revocation.revoke(credential=credential, reason="fraud", by=city_officer(), now=NOW)
    statuslists.publish_changed(now=NOW)
    report = check(spelling(credential.jwt))
    assert report is not None
    assert report.verdict is Verdict.REVOKED
    assert report.stated is not None
    assert report.stated.id.endswith(credential.pk)


# -- Nobody is asked ------------------------------------------------------------------------------
_connections: list[tuple[str, Any]] | None = None


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    if _connections is not None and event in ("socket.connect", "socket.getaddrinfo", "urllib.Request"):
        address = arguments[1] if event == "socket.connect" else arguments[0]
        if isinstance(address, str) and address.startswith("/"):
            return  # a database's own socket
        _connections.append((event, address))


sys.addaudithook(_listen)


@contextmanager
def connections() -> Iterator[list[tuple[str, Any]]]:
    """What this process asks of others within the block; the database's socket aside."""
    global _connections  # noqa: PLW0603  # an audit hook cannot be taken off again
    found: list[tuple[str, Any]] = []
    _connections = found
    try:
        yield found
    finally:
        _connections = None


def test_nothing_is_fetched_for_a_document_whose_signature_does_not_hold(loot: Loot) -> None:
    elsewhere = {
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://evil.example/context"],
        "credentialStatus": {
            "id": "https://evil.example/list#1",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": "1",
            "statusListCredential": "https://evil.example/list",
        },
        "credentialSchema": {"id": "https://evil.example/schema", "type": "1EdTechJsonSchemaValidator2019"},
        "issuer": {"id": "did:web:evil.example", "type": ["Profile"], "image": "https://evil.example/logo"},
    }
    body = loot.body | elsewhere
    evil = {"alg": "ES256", "typ": "JWT", "kid": f"did:web:evil.example#{KID.partition('#')[2]}"}
    sources = [
        token(body=payload(**elsewhere)),
        token(header=evil, body=body),
        token(header=loot.header, body=body),
        json.dumps(body),
        json.dumps(
            body | {"proof": {"type": "DataIntegrityProof", "verificationMethod": "did:web:evil.example#k"}}
        ),
        *(source for _, source in every(loot)),
    ]
    with connections() as asked:
        for source in sources:
            check(source)
    assert asked == []


# -- By chance ------------------------------------------------------------------------------------
LETTERS = st.sampled_from('ABCXYZabcxyz0189-_.=+/ \t\x00é{}"#%~')
Edit = Callable[[str], str]


@st.composite
def edits(draw: st.DrawFn, letters: st.SearchStrategy[str] = LETTERS) -> Edit:
    """A few letters changed, dropped, doubled or moved, or a piece cut out and put elsewhere."""
    acts = draw(
        st.lists(
            st.tuples(st.sampled_from("cdimx"), st.floats(0, 1), st.floats(0, 1), letters),
            min_size=1,
            max_size=4,
        )
    )

    def edit(text: str) -> str:
        for act, here, there, letter in acts:
            if not text:
                break
            at, other = sorted((int(here * (len(text) - 1)), int(there * (len(text) - 1))))
            match act:
                case "c":
                    text = text[:at] + letter + text[at + 1 :]
                case "d":
                    text = text[:at] + text[at + 1 :]
                case "i":
                    text = text[:at] + letter + text[at:]
                case "m":
                    text = text[:at] + text[at + 1 : other + 1] + text[at] + text[other + 1 :]
                case "x":
                    text = text[:at] + text[other:] + text[at:other]
        return text

    return edit


def chances(share: float) -> Callable[[Any], Any]:
    """So many of the run's mutations."""
    return settings(
        max_examples=int(MUTANTS * share),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def must_not_hold(mutant: str, genuine: str) -> None:
    """Check it in a transaction that is taken back: ten thousand counts would weigh on the table."""
    if same_document(mutant, genuine):
        return
    with transaction.atomic():
        report = check(mutant)
        transaction.set_rollback(True)
    assert report is None or not report.holds


@chances(0.4)
@given(edit=edits())
def test_edited_tokens(loot: Loot, edit: Edit) -> None:
    genuine = loot.jwt
    must_not_hold(edit(genuine), genuine)


@chances(0.2)
@given(edit=edits(), part=st.sampled_from([0, 1]))
def test_tokens_edited_beneath_their_encoding(loot: Loot, edit: Edit, part: int) -> None:
    genuine = loot.jwt
    segments = genuine.split(".")
    changed = edit(unb64(segments[part]).decode())
    segments[part] = b64(changed.encode(errors="surrogatepass"))
    must_not_hold(".".join(segments), genuine)


@chances(0.15)
@given(bits=st.sets(st.integers(0, 511), min_size=1, max_size=6))
def test_signatures_with_other_bits(loot: Loot, bits: set[int]) -> None:
    genuine = loot.jwt
    signed, _, third = genuine.rpartition(".")
    number = int.from_bytes(unb64(third), "big")
    for bit in bits:
        number ^= 1 << bit
    must_not_hold(f"{signed}.{b64(number.to_bytes(64, 'big'))}", genuine)


@chances(0.15)
@given(edit=edits(st.sampled_from("0123456789")))
def test_edited_digits(loot: Loot, edit: Edit) -> None:
    must_not_hold(edit(loot.digits), loot.digits)


@chances(0.1)
@given(bits=st.sets(st.integers(0, 1600), min_size=1, max_size=3))
def test_papers_with_other_bits(loot: Loot, bits: set[int]) -> None:
    message = bytearray(paper.cose_of(loot.digits))
    for bit in bits:
        message[bit // 8 % len(message)] ^= 1 << bit % 8
    mutant = paper.digits(bytes(message))
    assume(mutant != loot.digits)
    must_not_hold(mutant, loot.digits)
