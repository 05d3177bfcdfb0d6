"""Data Integrity proofs against the vectors of the W3C and of 1EdTech's implementation guide."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from credentials import dataintegrity, linkeddata
from issuers import multibase
from tests import standards

pytestmark = standards.needed
VECTORS = standards.FOLDER / "vectors"
EDDSA, ECDSA = VECTORS / "vc-di-eddsa", VECTORS / "vc-di-ecdsa"
INDEX = json.loads((standards.CONTEXTS / "index.json").read_text()) if standards.CONTEXTS.is_dir() else {}
#: The vectors use contexts of examples that no package carries.
KNOWN = {address: standards.CONTEXTS / entry["file"] for address, entry in INDEX.items()}


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def holds(document: dict[str, Any], proof: dict[str, Any], *, previous: Any = ()) -> bool:
    """Whether the proof is that of the key in its verification method's fragment."""
    data = dataintegrity.hash_data(document, proof, previous=previous, contexts=KNOWN)
    algorithm, public = multibase.decode_key(proof["verificationMethod"].partition("#")[2])
    signature = dataintegrity.signature_of(proof)
    try:
        if algorithm == "Ed25519":
            Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
        else:
            key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
            pair = [int.from_bytes(signature[half : half + 32], "big") for half in (0, 32)]
            key.verify(encode_dss_signature(*pair), data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


SIGNED = [
    EDDSA / "eddsa-rdfc-2022",
    EDDSA / "eddsa-jcs-2022",
    EDDSA / "Ed25519Signature2020",
    ECDSA / "ecdsa-rdfc-2019-p256",
    ECDSA / "ecdsa-jcs-2019-p256",
]


def signed_file(folder: Path) -> Path:
    return next(iter(folder.glob("signed*.json")))


@pytest.mark.parametrize("folder", SIGNED, ids=lambda folder: str(folder.name))
def test_the_vectors_hold_and_one_changed_letter_does_not(folder: Path) -> None:
    document = read(signed_file(folder))
    proof = dataintegrity.proofs_of(document)[0]
    assert holds(document, proof)
    assert not holds(document | {"description": document["description"] + "."}, proof)
    assert not holds(document, proof | {"created": "2023-02-24T23:36:39Z"})


@pytest.mark.parametrize("folder", SIGNED, ids=lambda folder: str(folder.name))
def test_the_hashes_are_those_of_the_vector(folder: Path) -> None:
    document = read(signed_file(folder))
    data = dataintegrity.hash_data(document, dataintegrity.proofs_of(document)[0], contexts=KNOWN)
    assert data.hex() == next(iter(folder.glob("combinedHash*.txt"))).read_text().strip()


def test_the_implementation_guides_badge() -> None:
    vector = read(VECTORS / "ob3-guide/ob3-vector.json")
    signed = vector["signed"]
    proof = dataintegrity.proofs_of(signed)[0]
    data = dataintegrity.hash_data(signed, proof)
    assert data[32:].hex() == vector["documentHash"]
    assert data[:32].hex() == vector["proofHash"]
    assert dataintegrity.signature_of(proof).hex() == vector["signatureHex"]
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(vector["publicKeyHex"])).verify(
        bytes.fromhex(vector["signatureHex"]), data
    )


def test_proof_sets_and_chains() -> None:
    for name in ("signedProofSet2.json", "signedProofChain2.json"):
        document = read(EDDSA / "proof-set-chain" / name)
        proofs = dataintegrity.proofs_of(document)
        for proof in proofs:
            assert holds(document, proof, previous=dataintegrity.previous_of(proof, proofs))
    chained = proofs[-1]
    assert not holds(document, chained)


def test_a_previous_proof_that_is_not_there() -> None:
    for name, proofs in (("urn:uuid:1", []), (5, [{"id": "urn:uuid:1"}])):
        with pytest.raises(dataintegrity.DataIntegrityError, match="previousProof"):
            dataintegrity.previous_of({"previousProof": name}, proofs)


@pytest.mark.parametrize(
    ("proof", "what"),
    [
        ({"type": "DataIntegrityProof", "cryptosuite": "eddsa-2022"}, "cryptosuite"),
        ({"type": "DataIntegrityProof", "cryptosuite": ["eddsa-rdfc-2022"]}, "cryptosuite"),
        ({"type": "Ed25519Signature2018"}, "type"),
        ({}, "type"),
    ],
)
def test_what_we_do_not_know_is_named(proof: dict[str, Any], what: str) -> None:
    with pytest.raises(dataintegrity.DataIntegrityError, match=what):
        dataintegrity.suite_of(proof)


@pytest.mark.parametrize("value", [None, "z", "u" * 80, "z2NEpo7TZRRrLZSi2U", 7])
def test_a_signature_has_64_bytes(value: Any) -> None:
    with pytest.raises(dataintegrity.DataIntegrityError, match="proofValue"):
        dataintegrity.signature_of({"proofValue": value})


@pytest.mark.parametrize("given", [None, [], "proof", [{}, "proof"]])
def test_a_document_without_a_proof(given: Any) -> None:
    with pytest.raises(dataintegrity.DataIntegrityError, match="proof"):
        dataintegrity.proofs_of({"proof": given})


def test_jcs_refuses_contexts_that_were_not_signed() -> None:
    document = read(signed_file(EDDSA / "eddsa-jcs-2022"))
    proof = dataintegrity.proofs_of(document)[0] | {"@context": ["https://example.com/other"]}
    with pytest.raises(dataintegrity.DataIntegrityError, match="@context"):
        dataintegrity.hash_data(document, proof, contexts=KNOWN)


def test_a_number_that_json_cannot_carry() -> None:
    proof = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022"}
    with pytest.raises(dataintegrity.DataIntegrityError, match="document"):
        dataintegrity.hash_data({"@context": [], "n": 2**60}, proof)


def test_options_and_the_signed_document() -> None:
    proof = dataintegrity.options(
        cryptosuite="eddsa-rdfc-2022",
        verification_method="did:web:example.org#key",
        created=datetime(2026, 11, 26, 10, 30, tzinfo=UTC),
    )
    assert proof["created"] == "2026-11-26T10:30:00Z"
    signature = hashlib.sha512(b"any").digest()
    one = dataintegrity.signed({"id": "urn:x"}, proof, signature, array=False)
    many = dataintegrity.signed({"id": "urn:x"}, proof, signature, array=True)
    assert many["proof"] == [one["proof"]]
    assert dataintegrity.signature_of(one["proof"]) == signature
    assert linkeddata.FOREIGN.quads < linkeddata.OWN.quads
