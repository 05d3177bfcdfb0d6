"""The W3C's own vectors, handed to the endpoints as a suite would: they verify, and broken ones do not."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.standards import FOLDER, needed

from .conftest import Suite

pytestmark = [pytest.mark.urls("tests.verify.conformance.urls"), needed]
VECTORS = FOLDER / "vectors"
SIGNED = (
    "vc-di-eddsa/eddsa-rdfc-2022/signedDataInt.json",
    "vc-di-eddsa/eddsa-jcs-2022/signedJCS.json",
    "vc-di-eddsa/Ed25519Signature2020/signedEdSig.json",
    "vc-di-eddsa/proof-set-chain/signedProofSet2.json",
    "vc-di-eddsa/proof-set-chain/signedProofChain2.json",
    "vc-di-ecdsa/ecdsa-rdfc-2019-p256/signedECDSAP256.json",
    "vc-di-ecdsa/ecdsa-jcs-2019-p256/signedJCSECDSAP256.json",
)


@pytest.mark.parametrize("name", SIGNED)
def test_a_vector_verifies_with_a_warning_that_its_key_is_not_its_issuers(
    suite: Callable[[str], Suite], name: str
) -> None:
    document: dict[str, Any] = json.loads((VECTORS / name).read_text())
    asked = suite("eddsa-rdfc-2022")
    answer = asked.verify(document)
    assert (answer.status_code, answer.json()["verified"]) == (200, True)
    assert [each["detail"].partition(":")[0] for each in answer.json()["warnings"]] == ["issuerBinding"]
    document["credentialSubject"]["alumniOf"] = "Another School"
    answer = asked.verify(document)
    assert (answer.status_code, answer.json()["verified"]) == (400, False)


@pytest.mark.parametrize(
    "name", sorted(path.name for path in (VECTORS / "data-integrity-previous-proof").glob("*.json"))
)
def test_a_chain_ends_as_its_name_says(suite: Callable[[str], Suite], name: str) -> None:
    document = json.loads((VECTORS / "data-integrity-previous-proof" / name).read_text())
    answer = suite("eddsa-rdfc-2022").verify(document)
    assert answer.status_code == (400 if "Fail" in name else 200), answer.json()
