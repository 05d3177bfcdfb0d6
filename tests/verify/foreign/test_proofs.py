"""Embedded proofs of others: the W3C's and 1EdTech's vectors, and every way in which one may not hold."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests import standards
from verify.foreign.fetching import NO_FETCH
from verify.foreign.proofs import NotAuthorised, ProofError, verify_document

from . import signers

VECTORS = standards.FOLDER / "vectors"
EDDSA, ECDSA = VECTORS / "vc-di-eddsa", VECTORS / "vc-di-ecdsa"
INDEX = json.loads((standards.CONTEXTS / "index.json").read_text()) if standards.CONTEXTS.is_dir() else {}
KNOWN = {address: standards.CONTEXTS / entry["file"] for address, entry in INDEX.items()}
SIGNED = {
    "eddsa-rdfc-2022": EDDSA / "eddsa-rdfc-2022",
    "eddsa-jcs-2022": EDDSA / "eddsa-jcs-2022",
    "Ed25519Signature2020": EDDSA / "Ed25519Signature2020",
    "ecdsa-rdfc-2019": ECDSA / "ecdsa-rdfc-2019-p256",
    "ecdsa-jcs-2019": ECDSA / "ecdsa-jcs-2019-p256",
}
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def vector(suite: str) -> dict[str, Any]:
    return read(next(iter(SIGNED[suite].glob("signed*.json"))))


def code(document: dict[str, Any], **given: Any) -> str:
    """Why the document is refused."""
    with pytest.raises(ProofError) as refused:
        verify_document(document, **({"fetch": NO_FETCH} | given))
    return refused.value.code


# -- Vectors --------------------------------------------------------------------------------------
@standards.needed
@pytest.mark.parametrize("suite", SIGNED)
def test_the_vectors_of_every_suite(suite: str) -> None:
    document = vector(suite)
    (found,) = verify_document(document, fetch=NO_FETCH, contexts=KNOWN)
    assert found.suite == suite
    assert found.method_id == document["proof"]["verificationMethod"]
    assert found.method_id.startswith(f"{found.controller}#")
    assert "proof" not in found.credential
    changed = document | {"description": document["description"] + " "}
    assert code(changed, contexts=KNOWN) == "proof-tampered"


@standards.needed
@pytest.mark.parametrize("name", ["signedProofSet2.json", "signedProofChain2.json"])
def test_sets_and_chains(name: str) -> None:
    document = read(EDDSA / "proof-set-chain" / name)
    found = verify_document(document, fetch=NO_FETCH, contexts=KNOWN)
    assert len(found) == len(document["proof"])
    last = document["proof"][-1]
    broken = document | {"proof": [*document["proof"][:-1], last | {"created": "2023-02-24T23:36:39Z"}]}
    assert code(broken, contexts=KNOWN) == "proof-tampered"


@standards.needed
@pytest.mark.parametrize(
    "path", sorted((VECTORS / "data-integrity-previous-proof").glob("*.json")), ids=lambda path: path.stem
)
def test_previous_proofs(path: Path) -> None:
    document = read(path)
    if "Ok-" in path.name:
        assert len(verify_document(document, fetch=NO_FETCH, contexts=KNOWN)) == 2
    else:
        assert code(document, contexts=KNOWN) == "proof-previous"


@standards.needed
def test_the_implementation_guides_badge_once_its_issuer_lists_the_key() -> None:
    document = read(VECTORS / "ob3-guide/ob3-vector.json")["signed"]
    name = document["proof"]["verificationMethod"]
    issuer, _, key = name.partition("#")
    listed = {
        "id": issuer,
        "verificationMethod": [
            {"id": name, "type": "Multikey", "controller": issuer, "publicKeyMultibase": key}
        ],
        "assertionMethod": [name],
    }
    (found,) = verify_document(document, fetch=signers.hosts({issuer: listed}))
    assert found.controller == document["issuer"]["id"]
    assert code(document) == "method-unreachable"  # a key in the fragment vouches for nobody


# -- Faults ---------------------------------------------------------------------------------------
def test_a_badge_and_what_is_known_of_its_proof() -> None:
    (found,) = verify_document(signers.signed(signers.badge()), fetch=NO_FETCH, now=NOW)
    assert (found.suite, found.controller) == ("eddsa-rdfc-2022", signers.DID)
    assert found.created == datetime(2024, 5, 2, 10, 0, 1, tzinfo=UTC)
    assert found.credential == signers.badge()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"proofPurpose": "authentication"}, "proof-purpose"),
        ({"proofPurpose": None}, "proof-purpose"),
        ({"created": "2024-05-02T10:00:01"}, "proof-dates"),
        ({"created": "2024-05-02"}, "proof-dates"),
        ({"expires": "2025-01-01T00:00:00Z"}, "proof-expired"),
        ({"method": "https://ailleurs.example/keys/1"}, "method-unreachable"),
        ({"method": "did:example:123#key-1"}, "method-unsupported"),
        ({"method": "did:web:ailleurs.example"}, "method-url"),
        ({"method": "http://ailleurs.example/key#1"}, "method-url"),
        ({"method": f"{signers.DID}#key-1"}, "method-not-found"),
        ({"method": signers.method_of(signers.did_key(signers.P256))}, "proof-key"),
        ({"method": signers.method_of(signers.did_key(signers.OTHER))}, "proof-tampered"),
    ],
)
def test_what_a_proof_may_have_wrong(changes: dict[str, Any], expected: str) -> None:
    document = signers.signed(signers.badge(), **changes)
    assert code(document, now=NOW) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"proofValue": "z2NEpo7TZRRrLZSi2U"}, "proof-value"),
        ({"proofValue": "u" * 86}, "proof-value"),
        ({"proofValue": None}, "proof-value"),
        ({"cryptosuite": "bbs-2023"}, "proof-suite"),
        ({"type": "Ed25519Signature2018"}, "proof-suite"),
        ({"verificationMethod": {"id": "did:key:z"}}, "method-url"),
        ({"previousProof": "urn:uuid:1"}, "proof-previous"),
        ({"created": "2024-05-02T10:00:02Z"}, "proof-tampered"),
    ],
)
def test_what_was_changed_after_signing(changes: dict[str, Any], expected: str) -> None:
    document = signers.signed(signers.badge())
    document["proof"][0].update(changes)
    assert code(document) == expected


def test_one_letter_of_any_signed_member() -> None:
    document = signers.signed(signers.badge())
    text = json.dumps(document, ensure_ascii=False)
    for old, new in (
        ("الترجمة", "الترجمه"),
        ("Ailleurs", "ailleurs"),
        ("2024-05-02T10:00:00", "2024-05-02T10:00:10"),
    ):
        changed = json.loads(text.replace(old, new, 1))
        assert changed != document
        assert code(changed) == "proof-tampered"


def test_a_document_without_a_proof() -> None:
    for given in (None, [], "z", [{}, "z"]):
        assert code(signers.badge(proof=given)) == "proof-missing"
    assert code(signers.badge()) == "proof-missing"
    assert code(signers.badge(proof=[{}] * 9)) == "too-complex"


def test_linked_data_that_is_none() -> None:
    document = signers.signed(signers.badge())
    assert code(document | {"favouriteColour": "blue"}) == "term-undefined"
    assert code(document | {"id": "badge-1"}) == "id-relative"
    assert code(document | {"@context": [*document["@context"], "https://ailleurs.example/context"]}) == (
        "context-unknown"
    )
    assert code(document | {"@context": [{"@version": 7}]}) == "not-linked-data"
    many = [{"id": f"urn:uuid:{n}", "type": ["Evidence"], "name": "x"} for n in range(1500)]
    assert code(document | {"evidence": many}) == "too-complex"


def test_jcs_contexts_that_were_not_signed() -> None:
    given: dict[str, Any] = {"suite": "eddsa-jcs-2022", "@context": [signers.V2, signers.OB3]}
    document = signers.signed(signers.badge(), **given)
    assert verify_document(document, fetch=NO_FETCH)
    assert code(document | {"@context": [signers.V2]}) == "proof-context"
    assert code(document | {"n": 2**60}) == "proof-document"


def test_a_proof_of_a_kind_that_we_do_not_know_beside_one_that_we_know() -> None:
    document = signers.signed(signers.badge())
    document["proof"].append({"type": "DataIntegrityProof", "cryptosuite": "bbs-2023"})
    assert len(verify_document(document, fetch=NO_FETCH)) == 1
    document["proof"].append(document["proof"][0] | {"created": "2024-05-02T10:00:02Z"})
    assert code(document) == "proof-tampered"


# -- The key's standing ---------------------------------------------------------------------------
DID = "did:web:ailleurs.example"
PAGE = "https://ailleurs.example/.well-known/did.json"


def standing(**changes: Any) -> tuple[str, Any]:
    """The code, and who is named as signer all the same."""
    document = signers.signed(signers.badge(DID), method=f"{DID}#key-1")
    listed = signers.controller(DID, signers.ED25519)
    listed["verificationMethod"][0].update(changes.pop("method", {}))
    with pytest.raises(NotAuthorised) as refused:
        verify_document(document, fetch=signers.hosts({PAGE: listed | changes}), now=NOW)
    return refused.value.code, refused.value.secured.controller


def test_a_key_that_stands_for_something_else() -> None:
    assert standing(assertionMethod=[], authentication=[f"{DID}#key-1"]) == ("method-not-authorised", DID)


def test_a_key_that_was_revoked_or_has_expired() -> None:
    past, future = "2025-01-01T00:00:00Z", "2030-01-01T00:00:00Z"
    assert standing(method={"revoked": past}) == ("method-revoked", DID)
    assert standing(method={"expires": past}) == ("method-expired", DID)
    document = signers.signed(signers.badge(DID), method=f"{DID}#key-1")
    listed = signers.controller(DID, signers.ED25519)
    listed["verificationMethod"][0] |= {"revoked": future, "expires": future}
    assert verify_document(document, fetch=signers.hosts({PAGE: listed}), now=NOW)
    assert code(document, fetch=signers.hosts({PAGE: listed})) == "method-revoked"  # without a clock: any


def test_another_purpose_when_asked_for() -> None:
    document = signers.signed(signers.badge(), proofPurpose="authentication")
    (found,) = verify_document(document, fetch=NO_FETCH, purpose="authentication")
    assert found.purpose == "authentication"


def test_whoever_hashes_can_be_named() -> None:
    """The bytes come from whom they are asked, so a process that can be stopped may make them."""
    document = signers.signed(signers.badge())
    asked = []

    def hashing(*given: Any, **named: Any) -> bytes:
        asked.append(named)
        return bytes(64)

    assert code(document, hashing=hashing) == "proof-tampered"
    assert asked
