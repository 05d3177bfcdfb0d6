"""Documents that other libraries issue with keys of their own, in our verifier; not with one bit changed."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from openbadgeslib.ob3 import (
    Achievement,
    Issuer,
    OB3LdpSigner,
    OB3Signer,
    OpenBadgeCredential,
    build_did_document,
    did_jwk_from_jwk,
)

from verify.foreign.fetching import NO_FETCH, Fetched, FetchError
from verify.foreign.proofs import ProofError, Secured, verify_document, verify_token

from . import flips
from .node import Node

ARABIC = "التواصل المهني بالفرنسية"
ISSUER = "did:web:elsewhere.example:school"
SUITES = ("eddsa-rdfc-2022", "ecdsa-rdfc-2019", "Ed25519Signature2020")
ALGORITHMS: dict[str, Callable[[], Any]] = {
    "RS256": lambda: rsa.generate_private_key(65_537, 2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": Ed25519PrivateKey.generate,
}
NOW = datetime.now(UTC).replace(microsecond=0)


# -- npm @digitalbazaar/vc ------------------------------------------------------------------------
def badge(model: int = 2) -> dict[str, Any]:
    """An Open Badge that nobody has signed yet, on this version of the data model."""
    since = NOW.isoformat().replace("+00:00", "Z")
    versions: dict[int, dict[str, Any]] = {
        1: {"@context": ["https://www.w3.org/2018/credentials/v1"], "issuanceDate": since},
        2: {"@context": ["https://www.w3.org/ns/credentials/v2"], "validFrom": since},
    }
    return versions[model] | {
        "@context": [
            *versions[model]["@context"],
            f"https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.{3 if model == 2 else 1}.json",
        ],
        "id": "urn:uuid:5f0cd3c2-5a1b-4b0e-9f63-0f8d7f1f2c11",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": ARABIC,
        "issuer": {"type": ["Profile"], "name": "مدرسة الأطلس"},
        "credentialSubject": {
            "id": "did:example:learner",
            "type": ["AchievementSubject"],
            "achievement": {
                "id": "https://elsewhere.example/courses/7",
                "type": ["Achievement"],
                "name": ARABIC,
                "description": "Communiquer au travail.",
                "criteria": {"narrative": "يتواصل مع الزبائن."},
            },
        },
    }


@pytest.fixture(scope="module")
def issued(node: Node) -> dict[tuple[str, int], dict[str, Any]]:
    """What the library issues, by suite and data model."""
    return {
        (suite, model): node.ask("issue", credential=badge(model), suite=suite)
        for suite in SUITES
        for model in (1, 2)
    }


@pytest.mark.parametrize("model", [1, 2])
@pytest.mark.parametrize("suite", SUITES)
def test_a_proof_made_elsewhere_holds(
    suite: str, model: int, issued: dict[tuple[str, int], dict[str, Any]]
) -> None:
    document = issued[suite, model]
    (secured,) = verify_document(document, fetch=NO_FETCH)
    assert secured.suite == suite
    assert secured.controller == document["issuer"]["id"] == secured.credential["issuer"]["id"]
    assert secured.credential["credentialSubject"]["achievement"]["name"] == ARABIC


@pytest.mark.parametrize("place", flips.PLACES)
@pytest.mark.parametrize("suite", SUITES)
def test_with_one_bit_changed_it_does_not(
    suite: str, place: str, issued: dict[tuple[str, int], dict[str, Any]]
) -> None:
    changed = flips.document(json.dumps(issued[suite, 2], ensure_ascii=False).encode(), place)
    with pytest.raises(ProofError) as refusal:
        verify_document(changed, fetch=NO_FETCH)
    assert refusal.value.code == "proof-tampered"


# -- PyPI openbadgeslib ---------------------------------------------------------------------------
def credential(issuer: str) -> OpenBadgeCredential:
    """An Open Badge as that library models it."""
    return OpenBadgeCredential(
        issuer=Issuer(id=issuer, name="مدرسة الأطلس"),
        recipient_id="mailto:learner@elsewhere.example",
        achievement=Achievement(
            id="https://elsewhere.example/courses/7",
            name=ARABIC,
            description="Communiquer au travail.",
            criteria_narrative="يتواصل مع الزبائن.",
        ),
        issuance_date=NOW - timedelta(minutes=5),
    )


def pem(key: Any) -> bytes:
    return bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@pytest.fixture(scope="module")
def embedded() -> dict[str, Any]:
    """A document with an embedded proof by a did:key."""
    signer = OB3LdpSigner(pem(Ed25519PrivateKey.generate()))
    document: dict[str, Any] = signer.sign(credential(signer.verification_method.partition("#")[0]))
    return document


def test_an_embedded_proof_by_openbadgeslib_holds(embedded: dict[str, Any]) -> None:
    (secured,) = verify_document(embedded, fetch=NO_FETCH)
    assert (secured.suite, secured.controller) == ("eddsa-rdfc-2022", embedded["issuer"]["id"])
    assert secured.credential["name"] == ARABIC


@pytest.mark.parametrize("place", flips.PLACES)
def test_and_not_with_one_bit_changed(place: str, embedded: dict[str, Any]) -> None:
    changed = flips.document(json.dumps(embedded, ensure_ascii=False).encode(), place)
    with pytest.raises(ProofError) as refusal:
        verify_document(changed, fetch=NO_FETCH)
    assert refusal.value.code == "proof-tampered"


@pytest.fixture(scope="module", params=ALGORITHMS)
def token(request: pytest.FixtureRequest) -> tuple[str, str, str]:
    """Algorithm, issuer and a token whose header brings the issuer's key."""
    signer = OB3Signer(pem(ALGORITHMS[request.param]()), algorithm=request.param)
    issuer = did_jwk_from_jwk(signer._public_jwk())
    return request.param, issuer, signer.sign(credential(issuer))


def test_a_token_by_openbadgeslib_holds(token: tuple[str, str, str]) -> None:
    _, issuer, jws = token
    secured = verify_token(jws, fetch=NO_FETCH)
    assert (secured.suite, secured.controller) == ("vc-jwt", issuer)
    assert secured.credential["name"] == ARABIC


@pytest.mark.parametrize("place", flips.PLACES)
def test_and_no_token_with_one_bit_changed(place: str, token: tuple[str, str, str]) -> None:
    changed = flips.token(token[2], place)
    with pytest.raises(ProofError) as refusal:
        verify_token(changed, fetch=NO_FETCH)
    assert refusal.value.code in ("proof-tampered", "token-claim")


def test_a_did_document_by_openbadgeslib_is_understood() -> None:
    signer = OB3Signer(pem(ALGORITHMS["ES256"]()), algorithm="ES256")
    document = build_did_document(ISSUER, [("badge-1", signer._public_jwk())])
    asked: list[str] = []

    def fetch(url: str) -> Fetched:
        asked.append(url)
        if url != "https://elsewhere.example/school/did.json":
            raise FetchError("not-found")
        return Fetched(url=url, content_type="application/json", body=json.dumps(document).encode())

    secured: Secured = verify_token(signer.sign(credential(ISSUER)), fetch=fetch)
    assert secured.method_id == f"{ISSUER}#badge-1"
    assert set(asked) == {"https://elsewhere.example/school/did.json"}
