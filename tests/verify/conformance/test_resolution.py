"""DID resolution in both forms that are asked for, each error with its word, its status and its shape."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from issuers import multibase
from issuers.jose import b64, jwk_of
from tests.factories import key_room, make_issuer
from verify.conformance import resolving
from verify.conformance.throwaway import signer
from verify.foreign.fetching import NO_FETCH

from .conftest import Suite

pytestmark = [
    pytest.mark.urls("tests.verify.conformance.urls"),
    pytest.mark.django_db,
    pytest.mark.usefixtures("suite"),
]
__all__ = ["key_room"]
KEY = "did:key:z6MktKwz7Ge1Yxzr4JHavN33wiwa8y81QdcMRLXQsrH9T53b"
METHOD = f"{KEY}#z6MktKwz7Ge1Yxzr4JHavN33wiwa8y81QdcMRLXQsrH9T53b"
NS = "https://www.w3.org/ns/did#"


@dataclass(frozen=True)
class Answered:
    """What the resolver answered."""

    status: int
    content_type: str
    body: Any


def resolved(did: str, accept: str = "application/did-resolution", **options: str) -> Answered:
    path = f"/1.0/identifiers/{did}".replace("#", "%23").replace("?", "%3F")
    answer = Client().get(path, options, secure=True, headers={"accept": accept})
    return Answered(answer.status_code, answer["Content-Type"], json.loads(answer.content))


def of_2022(did: str, **options: str) -> tuple[int, dict[str, Any]]:
    answer = resolved(did, resolving.OF_2022, **options)
    return answer.status, answer.body


@pytest.mark.parametrize("did", [KEY, KEY.replace(":", "%3A")], ids=["as it is", "percent-encoded"])
def test_a_did_resolves_to_a_document_of_its_own_id(did: str) -> None:
    answer = resolved(did)
    assert answer.status == 200
    body = answer.body
    assert body["didDocument"]["id"] == KEY
    assert body["didDocument"]["assertionMethod"] == [METHOD]
    assert body["didResolutionMetadata"]["contentType"] in answer.content_type
    assert body["didDocumentMetadata"] == {}


def test_did_jwk_resolves_to_its_one_key() -> None:
    public = jwk_of(signer("P-256")._key.public_key())
    did = f"did:jwk:{b64(json.dumps(public).encode())}"
    document = resolved(did).body["didDocument"]
    assert document["verificationMethod"][0]["publicKeyJwk"] == public
    assert document["assertionMethod"] == [f"{did}#0"]


@pytest.mark.usefixtures("key_room")
def test_our_own_did_web_resolves_without_a_network_and_an_unknown_issuer_is_not_found() -> None:
    issuer = make_issuer()
    did = f"did:web:passport.example:issuers:{issuer.slug}"
    assert resolved(did).body["didDocument"]["id"] == did
    assert resolved("did:web:passport.example").body["didDocument"]["id"] == "did:web:passport.example"
    answer = resolved("did:web:passport.example:issuers:nobody")
    assert answer.status == 404
    assert answer.body["didResolutionMetadata"]["error"]["type"] == f"{NS}NOT_FOUND"


def test_a_port_survives_a_server_that_decodes_the_path_and_nothing_is_decoded_twice(settings: Any) -> None:
    settings.BASE_URL, settings.HOST = "https://passport.example:8443", "passport.example:8443"
    want = "did:web:passport.example%3A8443"
    for sent in ("did:web:passport.example%3A8443", "did%3Aweb%3Apassport.example%253A8443"):
        assert resolved(sent).body["didDocument"]["id"] == want


@pytest.mark.parametrize(
    ("did", "status", "error"),
    [
        ("not-a-did", 400, "INVALID_DID"),
        ("did:example", 400, "INVALID_DID"),
        ("did:key:@", 400, "INVALID_DID"),
        ("did:key:zTjsVPtY", 400, "INVALID_DID"),
        ("did:jwk:e30", 400, "INVALID_DID"),
        ("did:unsupported:123456789abcdefghi", 501, "METHOD_NOT_SUPPORTED"),
    ],
)
def test_each_error_has_its_status_and_an_empty_result(did: str, status: int, error: str) -> None:
    answer = resolved(did)
    assert answer.status == status
    body = answer.body
    assert body["didDocument"] is None
    assert body["didResolutionMetadata"]["error"]["type"] == f"{NS}{error}"
    assert body["didDocumentMetadata"] == {}


@pytest.mark.parametrize("accept", ["application/did", "application/did+json", "application/did+ld+json"])
def test_who_asks_for_a_document_gets_the_document_alone(accept: str) -> None:
    answer = resolved(KEY, accept)
    assert (answer.status, answer.content_type) == (200, accept)
    assert answer.body["id"] == KEY
    assert resolved(METHOD, accept).body["id"] == METHOD
    assert resolved("did:unsupported:1", accept).status == 501


def test_another_representation_is_not_acceptable() -> None:
    answer = resolved(KEY, "application/x-unsupported-did-representation-99999")
    assert answer.status == 406
    assert answer.body["didResolutionMetadata"]["error"]["type"] == f"{NS}REPRESENTATION_NOT_SUPPORTED"


def test_a_did_url_is_dereferenced_to_what_its_fragment_names() -> None:
    answer = resolved(METHOD, resolving.DEREFERENCING)
    assert answer.status == 200
    assert answer.body["contentStream"]["id"] == METHOD
    assert answer.body["contentMetadata"] == {}
    missing = resolved(f"{KEY}#nobody", resolving.DEREFERENCING)
    assert (missing.status, missing.body["contentStream"]) == (404, None)
    assert resolved(f"{KEY}/path", resolving.DEREFERENCING).status == 400


# -- did:key as of 2022 -------------------------------------------------------------------------------
def test_the_form_of_2022_says_errors_by_a_word_and_always_has_a_document() -> None:
    status, body = of_2022(KEY)
    assert (status, body["didDocument"]["id"]) == (200, KEY)
    assert {"@context", "didDocumentMetadata", "didResolutionMetadata"} < set(body)
    for did, error in (
        (KEY.replace("did:", "notDid:"), "invalidDid"),
        (KEY.replace("key", "experimental"), "methodNotSupported"),
        (KEY.replace("key:", "key:-4:"), "invalidDid"),
        (KEY.replace(":z", ":"), "invalidDid"),
        ("did:key:@", "invalidDid"),
        ("did:key:zTjsVPtY", "invalidPublicKeyLength"),
    ):
        status, body = of_2022(did)
        assert (status, body["didResolutionMetadata"]["error"]) == (400, error), did
        assert body["didDocument"] == {}


def test_the_form_of_2022_dereferences_and_knows_forms_of_keys() -> None:
    status, body = of_2022(METHOD)
    assert (status, body["didDocument"]["controller"]) == (200, KEY)
    status, body = of_2022(f"{KEY}/^bar^/?query=`#z6Mk")
    assert (status, body["didDereferencingMetadata"]["error"]) == (400, "invalidDidUrl")
    status, body = of_2022(KEY, publicKeyFormat="unknown")
    assert (status, body["didResolutionMetadata"]["error"]) == (400, "unsupportedPublicKeyType")
    old = {"publicKeyFormat": "Ed25519VerificationKey2018", "enableExperimentalPublicKeyTypes": "false"}
    status, body = of_2022(METHOD, **old)
    assert (status, body["didDereferencingMetadata"]["error"]) == (400, "invalidPublicKeyType")


def test_a_foreign_did_web_that_nobody_answers_is_an_error_and_no_document() -> None:
    answer = resolving.answer(
        did="did:web:elsewhere.example", accept="application/did-resolution", options={}, fetch=NO_FETCH
    )
    assert (answer.status, answer.body["didDocument"]) == (500, None)


def test_every_throw_away_key_is_the_did_key_that_it_says() -> None:
    for name in ("eddsa-rdfc-2022", "jose"):
        did = Suite(name).issuer
        method = resolved(did).body["didDocument"]["verificationMethod"][0]
        assert method["publicKeyMultibase"] == did.removeprefix("did:key:")
        multibase.decode_key(method["publicKeyMultibase"])
