"""The endpoints as the suites of the W3C drive them: what is issued, what verifies, what is refused."""

import base64
import copy
import gzip
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from credentials import dataintegrity, linkeddata
from issuers.jose import b64
from verify.conformance.throwaway import signer

from .conftest import BASE, V1, V2, Suite

pytestmark = pytest.mark.urls("tests.verify.conformance.urls")
Suites = Callable[[str], Suite]
EMBEDDED = ("eddsa-rdfc-2022", "eddsa-jcs-2022", "ecdsa-rdfc-2019", "ecdsa-jcs-2019")


def problems(answer: Any) -> str:
    return " ".join(problem["detail"] for problem in answer.json()["problemDetails"])


# -- What is issued ---------------------------------------------------------------------------------
@pytest.mark.parametrize("name", EMBEDDED)
def test_what_a_suite_issues_verifies_and_one_changed_word_does_not(suite: Suites, name: str) -> None:
    asked = suite(name)
    issued = asked.issued(id="urn:uuid:86294362-4254-4f36-854f-3952fe42555d")
    assert isinstance(issued["proof"], dict)  # an object: the suites of the VC-API want no array
    assert (issued["proof"]["type"], issued["proof"]["cryptosuite"]) == ("DataIntegrityProof", name)
    answer = asked.verify(issued)
    assert (answer.status_code, answer.json()["verified"]) == (200, True)
    assert answer.json()["checks"] == ["proof", "issuerBinding", "validity"]
    assert answer.json()["warnings"] == []
    issued["credentialSubject"]["name"] = "سلمى التازى"
    answer = asked.verify(issued)
    assert (answer.status_code, answer.json()["verified"]) == (400, False)
    assert "proof-tampered" in problems(answer)
    assert answer.json()["problemDetails"][0]["title"] == "CRYPTOGRAPHIC_SECURITY_ERROR"


def test_a_jcs_proof_carries_the_contexts_that_it_signed(suite: Suites) -> None:
    assert suite("eddsa-jcs-2022").issued()["proof"]["@context"] == [V2]
    assert "@context" not in suite("eddsa-rdfc-2022").issued()["proof"]


def test_an_envelope_verifies_and_needs_its_context_type_and_address(suite: Suites) -> None:
    asked = suite("jose")
    issued = asked.issued()
    assert issued["type"] == "EnvelopedVerifiableCredential"
    assert issued["id"].startswith("data:application/vc+jwt,")
    assert asked.verify(issued).status_code == 200
    for member, value in (
        ("@context", []),
        ("@context", "https://www.w3.org/ns/credentials/examples/v2"),
        ("id", issued["id"].partition(",")[2]),
        ("type", "VerifiableCredential"),
        ("type", None),
        ("id", issued["id"][:-4] + "AAAA"),
    ):
        assert asked.verify(issued | {member: value}).status_code == 400, (member, value)


def test_a_credential_of_the_older_model_gets_its_date_and_the_terms_of_its_proof(suite: Suites) -> None:
    asked = suite("eddsa-rdfc-2022")
    issued = asked.issued(**{"@context": [V1], "credentialSubject": {"id": "did:example:subject"}})
    assert issued["@context"] == [V1, "https://w3id.org/security/data-integrity/v2"]
    assert "issuanceDate" in issued
    assert asked.verify(issued).status_code == 200
    answer = suite("jose").issue(issued | {"proof": None})
    assert answer.status_code == 400


def test_what_ended_in_the_past_is_issued_and_does_not_verify(suite: Suites) -> None:
    asked = suite("eddsa-rdfc-2022")
    answer = asked.verify(asked.issued(validUntil="2020-01-01T00:00:00Z"))
    assert (answer.status_code, problems(answer)) == (400, "validity: expired")
    answer = asked.verify(asked.issued(validFrom="4023-02-26T01:02:58.447Z"))
    assert (answer.status_code, problems(answer)) == (400, "validity: not valid yet")


@pytest.mark.parametrize(
    ("where", "changes"),
    [
        ("@context", {"@context": None}),
        ("@context", {"@context": 4}),
        ("@context", {"@context": {"foo": True}}),
        ("@context", {"@context": [V2, 123192875]}),
        ("@context", {"@context": ["https://www.w3.org/ns/credentials/examples/v2", V2]}),
        ("context-unknown", {"@context": [V2, "https://example.com"]}),
        ("@context", {"@context": [V2, "https ://not-a-url/contexts/example/v1"]}),
        ("type", {"type": None}),
        ("type", {"type": []}),
        ("type", {"type": 4}),
        ("type", {"type": ["AlumniCredential"]}),
        ("UndefinedTerm", {"type": ["VerifiableCredential", "NobodyDefinedThis"]}),
        ("UndefinedTerm", {"credentialSubject": {"id": "did:example:s", "nobodyDefinedThis": 1}}),
        ("issuer", {"issuer": None}),
        ("issuer", {"issuer": 4}),
        ("issuer", {"issuer": []}),
        ("issuer", {"issuer": {"id": None}}),
        ("issuer", {"issuer": {"id": "not-a-url"}}),
        ("name", {"issuer": {"id": "did:example:i", "name": {"@value": "a", "url": "b"}}}),
        ("name", {"name": {"@value": "a", "@language": "en", "url": "https://a.example"}}),
        ("credentialSubject", {"credentialSubject": None}),
        ("credentialSubject", {"credentialSubject": True}),
        ("credentialSubject", {"credentialSubject": 4}),
        ("credentialSubject", {"credentialSubject": []}),
        ("credentialSubject", {"credentialSubject": {}}),
        ("credentialSubject", {"credentialSubject": [{"id": "did:example:s"}, {}]}),
        ("credentialSubject", {"credentialSubject": "did:example:1234"}),
        ("id", {"credentialSubject": {"id": ["did:example:a", "did:example:b"]}}),
        ("id", {"id": ["urn:uuid:1", "urn:uuid:2"]}),
        ("id", {"id": "no url"}),
        ("credentialStatus", {"credentialStatus": {"id": "urn:uuid:1"}}),
        ("termsOfUse", {"termsOfUse": {"id": "urn:uuid:1"}}),
        ("evidence", {"evidence": [{"id": "urn:uuid:1"}]}),
        ("refreshService", {"refreshService": {"id": "urn:uuid:1"}}),
        ("credentialSchema", {"credentialSchema": {"id": "urn:uuid:1"}}),
        ("credentialSchema", {"credentialSchema": {"type": "JsonSchema"}}),
        ("validFrom", {"validFrom": "2024-01-01"}),
        ("validUntil", {"validUntil": "2024-01-01T00:00:00"}),
        ("order", {"validFrom": "2031-01-01T00:00:00Z", "validUntil": "2030-01-01T00:00:00Z"}),
        ("proof", {"proof": {"type": "DataIntegrityProof"}}),
        ("NotLinkedData", {"@context": [V2, {"VerifiableCredential": "https://example.org/#Bad"}]}),
    ],
)
def test_what_the_data_model_forbids_is_not_issued(
    suite: Suites, where: str, changes: dict[str, Any]
) -> None:
    asked = suite("eddsa-rdfc-2022")
    answer = asked.issue(asked.asked() | changes)
    if all(value is None for value in changes.values()):
        answer = asked.issue(asked.asked(**changes))
    assert answer.status_code == 400
    assert where.lower().removeprefix("context-") in problems(answer).lower()


def test_a_body_without_its_member_or_that_is_no_json_is_refused(suite: Suites) -> None:
    asked = suite("eddsa-rdfc-2022")
    assert asked.post("credentials/issue", {"verifiableCredential": asked.asked()}).status_code == 400
    for path in ("credentials/issue", "credentials/verify", "presentations/verify"):
        for body in ("[]", "{", '{"a": 1, "a": 2}', "null", '"text"'):
            assert asked.post(path, body).status_code == 400, (path, body)
        assert asked.post(path, '{"a": "' + "x" * 600_000 + '"}').status_code == 400


# -- What verifies ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "change",
    [
        lambda vc: vc.pop("proof"),
        lambda vc: vc.update(proof=None),
        lambda vc: vc.update(proof="text"),
        lambda vc: vc.update(proof=[]),
        lambda vc: vc.pop("issuer"),
        lambda vc: vc.pop("type"),
        lambda vc: vc.pop("@context"),
        lambda vc: vc.pop("credentialSubject"),
        lambda vc: vc["proof"].pop("type"),
        lambda vc: vc["proof"].pop("created"),
        lambda vc: vc["proof"].pop("cryptosuite"),
        lambda vc: vc["proof"].pop("verificationMethod"),
        lambda vc: vc["proof"].pop("proofPurpose"),
        lambda vc: vc["proof"].pop("proofValue"),
        lambda vc: vc["proof"].update(proofValue=None),
        lambda vc: vc["proof"].update(proofValue=vc["proof"]["proofValue"][1:]),
        lambda vc: vc["proof"].update(type="UnknownProof"),
        lambda vc: vc["proof"].update(proofPurpose="authentication"),
        lambda vc: vc["proof"].update(previousProof="urn:uuid:nobody"),
        lambda vc: vc["proof"].update(created="yesterday"),
        lambda vc: vc["type"].append("UndefinedType"),
        lambda vc: vc["credentialSubject"].update(undefinedTerm="would be dropped"),
    ],
)
def test_what_is_wrong_in_one_way_does_not_verify(
    suite: Suites, change: Callable[[dict[str, Any]], Any]
) -> None:
    asked = suite("eddsa-rdfc-2022")
    issued = asked.issued()
    assert asked.verify(copy.deepcopy(issued)).status_code == 200
    change(issued)
    answer = asked.verify(issued)
    assert (answer.status_code, answer.json()["verified"]) == (400, False)
    assert answer.json()["problemDetails"]
    assert answer.json()["errors"]


def test_a_proof_by_a_key_of_others_verifies_with_a_warning(suite: Suites) -> None:
    asked = suite("eddsa-rdfc-2022")
    answer = asked.verify(asked.issued(issuer="https://vc.example/issuers/5678"))
    assert answer.status_code == 200
    assert [warning["detail"] for warning in answer.json()["warnings"]] == [
        "issuerBinding: no proof is by https://vc.example/issuers/5678"
    ]


def test_a_chain_of_proofs_signs_the_proof_before_it(suite: Suites) -> None:
    asked, now = suite("eddsa-rdfc-2022"), timezone.now()
    by, document = signer("Ed25519"), asked.asked()
    options = dataintegrity.options(cryptosuite=asked.name, verification_method=by.method, created=now)
    first_options = options | {"id": "urn:uuid:26329423-bec9-4b2e-88cb-a7c7d9dc4544"}
    first = dataintegrity.signed(
        document, first_options, by.sign(dataintegrity.hash_data(document, first_options)), array=False
    )["proof"]
    second_options = options | {"previousProof": first["id"]}
    second_data = dataintegrity.hash_data(document, second_options, previous=[first])
    second = dataintegrity.signed(document, second_options, by.sign(second_data), array=False)["proof"]
    assert asked.verify(document | {"proof": [first, second]}).status_code == 200
    alone = dataintegrity.hash_data(document, second_options)
    loose = dataintegrity.signed(document, second_options, by.sign(alone), array=False)["proof"]
    assert asked.verify(document | {"proof": [first, loose]}).status_code == 400
    assert asked.verify(document | {"proof": [second]}).status_code == 400


# -- Related resources --------------------------------------------------------------------------------
def test_a_related_resource_counts_by_its_digest_and_an_unknown_one_is_minded(suite: Suites) -> None:
    asked = suite("eddsa-rdfc-2022")
    known = linkeddata.CONTEXTS[V2].read_bytes()
    digest = base64.b64encode(hashlib.sha384(known).digest()).decode()
    right = {"id": V2, "digestSRI": f"sha384-{digest}"}
    assert asked.verify(asked.issued(relatedResource=right)).json()["warnings"] == []
    multihash = b"\x12\x20" + hashlib.sha256(known).digest()
    assert asked.issued(relatedResource=[{"id": V2, "digestMultibase": f"u{b64(multihash)}"}])
    for wrong in (
        {"id": V2, "digestSRI": f"sha384-{digest[:-4]}AAAA"},
        {"id": V2, "digestMultibase": "uM4RgWQc3RUDtjJCSgTJtTfvpZ7SPEg_LNO0ESlovQC0"},
        {"id": V2},
        {"digestSRI": f"sha384-{digest}"},
        [right, right],
        [V2],
    ):
        assert asked.issue(asked.asked(relatedResource=wrong)).status_code == 400, wrong
    elsewhere = {"id": "https://elsewhere.example/a", "digestSRI": f"sha384-{digest}"}
    answer = asked.verify(asked.issued(relatedResource=elsewhere))
    assert answer.status_code == 200
    assert "not known here" in answer.json()["warnings"][0]["detail"]


# -- Status -------------------------------------------------------------------------------------------
def test_the_status_suite_gives_each_its_place_in_a_list_that_verifies(suite: Suites) -> None:
    asked = suite("status")
    issued = asked.issued()
    entry = issued["credentialStatus"]
    assert entry["type"] == "BitstringStatusListEntry"
    assert isinstance(entry["statusListIndex"], str)
    assert not {"statusSize", "statusMessage"} & set(entry)
    assert entry["statusListCredential"] == f"{BASE}/vc-api/status/lists/revocation"
    assert entry["id"] != entry["statusListCredential"]
    answer = asked.verify(issued)
    assert answer.status_code == 200
    assert "status" in answer.json()["checks"]
    assert answer.json()["warnings"] == []
    listed = Client().get("/vc-api/status/lists/revocation", secure=True)
    document = listed.json()
    assert document["type"] == ["VerifiableCredential", "BitstringStatusListCredential"]
    assert asked.verify(document).status_code == 200
    packed = document["credentialSubject"]["encodedList"]
    assert packed[0] == "u"
    bits = gzip.decompress(base64.urlsafe_b64decode(packed[1:] + "=="))
    assert len(bits) * 8 == 131_072
    assert listed["Cache-Control"] == "public, max-age=300"
    assert document["credentialSubject"]["ttl"] == 300_000
    as_credential = Client().get(
        "/vc-api/status/lists/revocation", secure=True, headers={"accept": "application/vc"}
    )
    assert as_credential["Content-Type"] == "application/vc"


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("status-purpose", {"statusPurpose": "suspension"}),
        ("status-index", {"statusListIndex": "131072"}),
        ("status-entry", {"statusListIndex": "-1"}),
    ],
)
def test_an_entry_that_does_not_fit_its_list_does_not_verify(
    suite: Suites, code: str, changes: dict[str, str]
) -> None:
    asked = suite("status")
    entry = asked.issued()["credentialStatus"] | changes
    answer = asked.verify(asked.issued(credentialStatus=entry))
    assert (answer.status_code, problems(answer).split()[:2]) == (400, ["status:", code])


def test_a_kind_of_status_that_nobody_knows_is_a_warning_and_no_pass(suite: Suites) -> None:
    asked = suite("eddsa-rdfc-2022")
    answer = asked.verify(
        asked.issued(credentialStatus={"id": "urn:uuid:1", "type": "https://a.example/UnknownStatus"})
    )
    assert answer.status_code == 200
    assert "status-type" in answer.json()["warnings"][0]["detail"]


# -- Presentations --------------------------------------------------------------------------------------
def presented(credentials: list[Any], **proof: Any) -> dict[str, Any]:
    """A presentation, signed by the throw-away key as its holder."""
    by = signer("Ed25519")
    document = {
        "@context": [V2],
        "type": ["VerifiablePresentation"],
        "holder": by.did,
        "verifiableCredential": credentials,
    }
    options = dataintegrity.options(
        cryptosuite="eddsa-rdfc-2022", verification_method=by.method, created=timezone.now()
    )
    options |= {"proofPurpose": "authentication"} | proof
    hashed = dataintegrity.hash_data(document, options)
    return dataintegrity.signed(document, options, by.sign(hashed), array=False)


def test_a_presentation_verifies_for_its_challenge_and_domain_alone(suite: Suites) -> None:
    asked = suite("eddsa-rdfc-2022")
    shown = presented([asked.issued(), suite("jose").issued()], challenge="c1", domain="a.example")
    assert asked.present(shown, challenge="c1", domain="a.example").status_code == 200
    for options in ({"challenge": "c2"}, {"domain": "b.example"}):
        assert asked.present(shown, **options).status_code == 400
    assert asked.present(presented([]), challenge="c1").status_code == 400
    assert asked.present(presented([], proofPurpose="assertionMethod")).status_code == 400


def test_a_presentation_of_something_broken_does_not_verify(suite: Suites) -> None:
    asked = suite("eddsa-rdfc-2022")
    issued = asked.issued()
    issued["credentialSubject"]["name"] = "Autre"
    answer = asked.present(presented([issued]))
    assert (answer.status_code, "proof-tampered" in problems(answer)) == (400, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"@context": None},
        {"@context": ["https://www.w3.org/ns/credentials/examples/v2", V2]},
        {"type": None},
        {"type": ["VerifiableCredential"]},
        {"holder": {"name": "nobody"}},
        {"verifiableCredential": ["text"]},
        {"id": 4},
        {"proof": None},
    ],
)
def test_what_is_no_presentation_is_refused(suite: Suites, changes: dict[str, Any]) -> None:
    whole = presented([]) | changes
    shown = {name: value for name, value in whole.items() if value is not None}
    assert suite("eddsa-rdfc-2022").present(shown).status_code == 400


def jws(header: dict[str, Any], payload: dict[str, Any]) -> str:
    signed = ".".join(b64(json.dumps(part).encode()) for part in (header, payload))
    return f"{signed}.{b64(signer('Ed25519').sign(signed.encode()))}"


def test_an_enveloped_presentation_verifies_for_its_nonce_and_audience_alone(suite: Suites) -> None:
    asked, by = suite("jose"), signer("Ed25519")
    document = {
        "@context": [V2],
        "type": ["VerifiablePresentation"],
        "holder": by.did,
        "verifiableCredential": [asked.issued()],
    }
    header = {"alg": "EdDSA", "kid": by.method, "typ": "vp+jwt", "cty": "vp"}
    claims = {"iss": by.did, "nonce": "n1", "aud": "a.example"}
    envelope = {"@context": [V2], "type": "EnvelopedVerifiablePresentation"}

    def status(token: str, media: str = "application/vp+jwt", **options: str) -> int:
        answer = asked.present(envelope | {"id": f"data:{media},{token}"}, **options)
        return int(answer.status_code)

    token = jws(header, document | claims)
    assert status(token, challenge="n1", domain="a.example") == 200
    assert status(token, challenge="n2") == status(token, domain="b.example") == 400
    assert status(token, "text/plain") == status(token[:-4] + "AAAA") == 400
    older = jws(header | {"typ": "JWT"}, claims | {"vp": document})
    answer = asked.present(envelope | {"id": f"data:application/jwt,{older}"}, challenge="n1")
    assert answer.status_code == 200
    assert "older form" in answer.json()["warnings"][0]["detail"]
    assert status(jws(header, document | {"iss": "did:example:somebody-else"})) == 400


def test_a_proof_that_has_expired_does_not_verify(suite: Suites) -> None:
    asked, by = suite("eddsa-rdfc-2022"), signer("Ed25519")
    document, ended = asked.asked(), timezone.now() - timedelta(days=1)
    options = dataintegrity.options(cryptosuite=asked.name, verification_method=by.method, created=ended)
    options["expires"] = ended.strftime("%Y-%m-%dT%H:%M:%SZ")
    hashed = dataintegrity.hash_data(document, options)
    answer = asked.verify(dataintegrity.signed(document, options, by.sign(hashed), array=False))
    assert (answer.status_code, "proof-expired" in problems(answer)) == (400, True)
