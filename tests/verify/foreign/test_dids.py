"""DIDs of others are resolved, and a method counts for what its controller's document says of it."""

import json
from typing import Any

import pytest

from issuers.jose import b64
from verify.foreign import dids
from verify.foreign.dids import MethodError, resolve
from verify.foreign.fetching import NO_FETCH, Bounded, FetchError

from . import signers
from .signers import ED25519, P256, hosts

HOST = "https://ailleurs.example"


def code(url: str, pages: dict[str, Any] | None = None) -> str:
    with pytest.raises(MethodError) as refused:
        dids.method(url, fetch=hosts(pages or {}))
    return refused.value.code


@pytest.mark.parametrize("key", [ED25519, P256], ids=["Ed25519", "P-256"])
def test_a_did_key_is_its_own_document(key: Any) -> None:
    did = signers.did_key(key)
    document = resolve(did, fetch=NO_FETCH).document
    assert document
    assert document["id"] == did
    assert document["assertionMethod"] == document["authentication"] == [signers.method_of(did)]
    found = dids.method(signers.method_of(did), fetch=NO_FETCH)
    assert (found.controller, found.public.key) == (did, key.public_key())


@pytest.mark.parametrize("key", [ED25519, P256], ids=["Ed25519", "P-256"])
def test_a_did_jwk_is_its_own_document(key: Any) -> None:
    did = signers.did_jwk(key)
    document = resolve(did, fetch=NO_FETCH).document
    assert document
    assert document["verificationMethod"][0]["publicKeyJwk"] == signers.jwk(key)
    assert dids.method(f"{did}#0", fetch=NO_FETCH).public.key == key.public_key()


def test_a_did_jwk_for_encryption_signs_nothing() -> None:
    did = "did:jwk:" + b64(json.dumps(signers.jwk(P256) | {"use": "enc"}).encode())
    assert dids.method(f"{did}#0", fetch=NO_FETCH).relations == frozenset()


@pytest.mark.parametrize(
    ("did", "address"),
    [
        ("did:web:ailleurs.example", "https://ailleurs.example/.well-known/did.json"),
        ("did:web:ailleurs.example:a:b", "https://ailleurs.example/a/b/did.json"),
        ("did:web:ailleurs.example%3A8443", "https://ailleurs.example:8443/.well-known/did.json"),
        ("did:web:ailleurs.example%3A8443:a%20b", "https://ailleurs.example:8443/a%20b/did.json"),
    ],
)
def test_where_a_did_web_lies(did: str, address: str) -> None:
    document = signers.controller(did, ED25519)
    assert dids.web_address(did) == address
    assert resolve(did, fetch=hosts({address: document})).document == document


@pytest.mark.parametrize(
    ("did", "error"),
    [
        ("", "INVALID_DID"),
        ("did:key", "INVALID_DID"),
        ("did:key:", "INVALID_DID"),
        ("did:key:z6Mk", "INVALID_DID"),
        (signers.DID + "x", "INVALID_DID"),
        ("did:key:u7QHoChVGqEFxy_yqC", "INVALID_DID"),
        ("did:jwk:e30", "INVALID_DID"),
        ("did:jwk:e31", "INVALID_DID"),
        ("did:jwk:" + "%" * 5, "INVALID_DID"),
        ("did:jwk:" + b64(b"\xff\xfe"), "INVALID_DID"),
        ("did:jwk:" + b64(json.dumps(signers.jwk(ED25519) | {"d": "AA"}).encode()), "INVALID_DID"),
        ("did:web:ailleurs.example:", "INVALID_DID"),
        ("did:web:ailleurs.example::a", "INVALID_DID"),
        ("did:web:ailleurs.example:..:a", "INVALID_DID"),
        ("did:web:ailleurs.example:a%2Fb", "INVALID_DID"),
        ("did:web:somebody%40ailleurs.example", "INVALID_DID"),
        ("did:web:ailleurs.example%2Fkeys", "INVALID_DID"),
        ("did:web:" + "a" * 2100, "INVALID_DID"),
        ("did:example:123", "METHOD_NOT_SUPPORTED"),
        ("did:web:nowhere.example", "NOT_FOUND"),
    ],
)
def test_what_cannot_be_resolved(did: str, error: str) -> None:
    found = resolve(did, fetch=hosts({}))
    assert (found.document, found.error) == (None, error)


@pytest.mark.parametrize("page", [b"{", b"[]", b"\xff", {"id": "did:web:somebody.else"}, {}])
def test_a_did_document_that_is_none(page: Any) -> None:
    address = f"{HOST}/.well-known/did.json"
    assert resolve("did:web:ailleurs.example", fetch=hosts({address: page})).error == "INVALID_DID_DOCUMENT"


def test_why_nothing_came_is_kept() -> None:
    found = resolve("did:web:ailleurs.example", fetch=NO_FETCH)
    assert (found.error, found.metadata) == ("INTERNAL_ERROR", {"cause": "refused"})


# -- Methods --------------------------------------------------------------------------------------
DID = "did:web:ailleurs.example"
PAGE = f"{HOST}/.well-known/did.json"


def test_a_method_embedded_in_a_relation_and_one_with_a_relative_name() -> None:
    document = signers.controller(DID, ED25519)
    method = document.pop("verificationMethod")[0] | {"id": "#key-1"}
    for listed in (
        {"assertionMethod": [method]},
        {"verificationMethod": [method], "assertionMethod": ["#key-1"]},
        {"verificationMethod": method, "assertionMethod": f"{DID}#key-1"},
    ):
        found = dids.method(f"{DID}#key-1", fetch=hosts({PAGE: {"id": DID} | listed}))
        assert found.relations == {"assertionMethod"}
        assert found.public.key == ED25519.public_key()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"id": f"{DID}#key-2"}, "method-not-found"),
        ({"controller": "did:web:somebody.else"}, "method-document"),
        ({"type": "RsaVerificationKey2018"}, "method-key"),
        ({"type": None}, "method-key"),
        ({"publicKeyJwk": {"kty": "OKP", "crv": "Ed25519", "x": "AA"}}, "method-key"),
        ({"publicKeyJwk": {"kty": "OKP", "crv": "X25519", "x": "AA"}}, "method-key"),
        ({"publicKeyJwk": {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}}, "method-key"),
        ({"publicKeyJwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}}, "method-key"),
        ({"publicKeyJwk": {"kty": "RSA", "n": "_" * 171, "e": "AQAB"}}, "method-weak-key"),
        ({"publicKeyJwk": {"kty": "RSA", "n": "_" * 342, "e": "_" * 43}}, "method-key"),
        ({"publicKeyJwk": signers.jwk(ED25519) | {"d": "AA"}}, "method-private-key"),
        ({"publicKeyJwk": "text"}, "method-key"),
        ({"publicKeyMultibase": signers.multikey(P256)}, "method-key"),
        ({"secretKeyMultibase": "z"}, "method-private-key"),
        ({"revoked": "yesterday"}, "method-document"),
        ({"id": 7}, "method-document"),
    ],
)
def test_a_method_that_cannot_be_used(changes: dict[str, Any], expected: str) -> None:
    document = signers.controller(DID, ED25519)
    document["verificationMethod"][0].update(changes)
    assert code(f"{DID}#key-1", {PAGE: document}) == expected


def test_two_methods_of_one_name_and_too_many() -> None:
    document = signers.controller(DID, ED25519)
    twice = document | {"verificationMethod": document["verificationMethod"] * 2}
    assert dids.method(f"{DID}#key-1", fetch=hosts({PAGE: twice})).controller == DID
    second = document["verificationMethod"][0] | {"publicKeyJwk": signers.jwk(P256)}
    differing = document | {"verificationMethod": [*document["verificationMethod"], second]}
    assert code(f"{DID}#key-1", {PAGE: differing}) == "method-document"
    many = signers.controller(DID, *[ED25519] * 101)
    assert code(f"{DID}#key-1", {PAGE: many}) == "method-document"


def test_the_methods_that_can_be_read() -> None:
    document = signers.controller(DID, ED25519, P256)
    document["verificationMethod"][0]["type"] = "Unknown2030"
    assert list(dids.methods(document, base=DID)) == [f"{DID}#key-2"]


# -- Keys at an https address ---------------------------------------------------------------------
def test_a_bare_key_belongs_to_its_origin() -> None:
    found = dids.method(f"{HOST}/k/1", fetch=hosts({f"{HOST}/k/1": signers.jwk(P256)}))
    assert (found.controller, found.relations) == (HOST, frozenset({"assertionMethod"}))


def test_a_key_document_counts_if_its_controller_lists_it() -> None:
    name, issuer = f"{HOST}/k/1", f"{HOST}/issuer"
    key = {
        "id": name,
        "type": "Multikey",
        "controller": issuer,
        "publicKeyMultibase": signers.multikey(ED25519),
    }
    listing = {"id": issuer, "assertionMethod": [name]}
    found = dids.method(name, fetch=hosts({name: key, issuer: listing}))
    assert (found.controller, found.relations) == (issuer, frozenset({"assertionMethod"}))
    assert code(name, {name: key, issuer: {"id": issuer, "assertionMethod": []}}) == "method-not-found"
    assert code(name, {name: key}) == "method-unreachable"
    assert code(name, {name: key | {"id": f"{HOST}/k/2"}, issuer: listing}) == "method-document"
    assert code(name, {name: key | {"controller": "urn:x"}, issuer: listing}) == "method-url"


def test_a_controllers_document_at_an_https_address() -> None:
    issuer = f"{HOST}/issuer"
    document = signers.controller(issuer, ED25519)
    assert dids.method(f"{issuer}#key-1", fetch=hosts({issuer: document})).controller == issuer
    assert code(f"{issuer}#key-1", {issuer: document | {"id": HOST}}) == "method-document"
    assert code(issuer, {issuer: document}) == "method-document"
    assert code(f"{issuer}#key-1", {issuer: b"<html>"}) == "method-document"


# -- How much is asked ----------------------------------------------------------------------------
def test_one_documents_budget() -> None:
    asked: list[str] = []
    time = [0.0]

    def fetch(url: str) -> Any:
        asked.append(url)
        return hosts({f"{HOST}/1": b"1"})(url)

    bounded = Bounded(fetch, addresses=2, seconds=5, clock=lambda: time[0])
    assert bounded(f"{HOST}/1") is bounded(f"{HOST}/1")
    for _again in range(2):
        with pytest.raises(FetchError, match="not-found"):
            bounded(f"{HOST}/2")
    with pytest.raises(FetchError, match="budget"):
        bounded(f"{HOST}/3")
    assert asked == [f"{HOST}/1", f"{HOST}/2"]
    late = Bounded(fetch, seconds=5, clock=lambda: time[0])
    time[0] = 5.0
    with pytest.raises(FetchError, match="budget"):
        late(f"{HOST}/1")
