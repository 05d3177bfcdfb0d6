"""Tokens of others: every algorithm and form that we take, every rule that they keep, and nothing besides."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from issuers.jose import b64, unb64
from tests import standards
from verify.foreign.fetching import NO_FETCH
from verify.foreign.proofs import NotAuthorised, ProofError, verify_token

from . import signers
from .signers import ED25519, OTHER, P256, badge, claims, hosts, token

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
WEAK = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  # refused
P384 = ec.generate_private_key(ec.SECP384R1())
DID = "did:web:ailleurs.example"
PAGE = "https://ailleurs.example/.well-known/did.json"
KID = f"{DID}#key-1"


def listing(*keys: Any, **changes: Any) -> Any:
    return hosts({PAGE: signers.controller(DID, *keys, **changes)})


def code(text: str, fetch: Any = NO_FETCH) -> str:
    with pytest.raises(ProofError) as refused:
        verify_token(text, fetch=fetch)
    return refused.value.code


# -- What we take ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("key", "alg"),
    [(RSA, "RS256"), (P256, "ES256"), (P384, "ES384"), (ED25519, "EdDSA"), (ED25519, "Ed25519")],
    ids=["RS256", "ES256", "ES384", "EdDSA", "Ed25519"],
)
def test_every_algorithm(key: Any, alg: str) -> None:
    text = token(claims(badge(DID)), key=key, alg=alg, kid=KID)
    found = verify_token(text, fetch=listing(key))
    assert (found.suite, found.controller, found.method_id) == ("vc-jwt", DID, KID)
    assert found.credential == badge(DID)
    start, _, signature = text.rpartition(".")
    bent = bytearray(unb64(signature))
    bent[-1] ^= 1
    assert code(f"{start}.{b64(bytes(bent))}", listing(key)) == "proof-tampered"


@pytest.mark.parametrize("typ", [None, "JWT", "vc+jwt", "application/vc+jwt"])
def test_every_type(typ: str | None) -> None:
    text = token(claims(badge(DID)), key=P256, alg="ES256", kid=KID, typ=typ)
    assert verify_token(text, fetch=listing(P256)).controller == DID


def test_keys_that_are_their_own_names() -> None:
    for key, alg in ((P256, "ES256"), (ED25519, "EdDSA")):
        did_key, did_jwk = signers.did_key(key), signers.did_jwk(key)
        for did, name in ((did_key, signers.method_of(did_key)), (did_jwk, f"{did_jwk}#0")):
            text = token(claims(badge(did)), key=key, alg=alg, kid=name)
            assert verify_token(text, fetch=NO_FETCH).controller == did


def test_a_key_at_an_https_address() -> None:
    name = "https://ailleurs.example/k/1"
    text = token(claims(badge("https://ailleurs.example/issuer")), key=RSA, alg="RS256", kid=name)
    found = verify_token(text, fetch=hosts({name: signers.jwk(RSA)}))
    assert found.controller == "https://ailleurs.example"


def test_a_key_that_the_token_brings_counts_if_its_issuer_lists_it() -> None:
    text = token(claims(badge(DID)), key=P256, alg="ES256", jwk=signers.jwk(P256))
    assert verify_token(text, fetch=listing(ED25519, P256)).method_id == f"{DID}#key-2"
    assert code(text, listing(ED25519)) == "method-not-found"
    assert code(text) == "method-unreachable"


def test_a_kid_that_is_relative_to_the_issuer() -> None:
    for kid in ("key-1", "#key-1"):
        text = token(claims(badge(DID)), key=P256, alg="ES256", kid=kid)
        assert verify_token(text, fetch=listing(P256)).method_id == KID


def test_a_credential_of_model_1() -> None:
    credential = {
        "@context": ["https://www.w3.org/2018/credentials/v1"],
        "type": ["VerifiableCredential"],
        "credentialSubject": {"degree": "x"},
    }
    payload = {
        "iss": DID,
        "jti": "urn:uuid:1",
        "sub": "did:example:learner",
        "nbf": 1714644000,
        "exp": 1900000000,
        "vc": credential,
    }
    found = verify_token(token(payload, key=P256, alg="ES256", kid=KID), fetch=listing(P256)).credential
    assert found == credential | {
        "issuer": DID,
        "id": "urn:uuid:1",
        "credentialSubject": {"degree": "x", "id": "did:example:learner"},
        "issuanceDate": "2024-05-02T10:00:00Z",
        "expirationDate": "2030-03-17T17:46:40Z",
    }
    for changes in (
        {"issuer": "did:web:somebody.else"},
        {"issuer": {"id": "did:web:somebody.else"}},
        {"id": "urn:uuid:2"},
        {"credentialSubject": {"id": "did:example:other"}},
        {"issuanceDate": "2024-05-03T10:00:00Z"},
        {"expirationDate": "never"},
        {"@context": [signers.V2]},
        {"@context": "x"},
    ):
        bent = payload | {"vc": credential | changes}
        assert code(token(bent, key=P256, alg="ES256", kid=KID), listing(P256)) == "token-claim"


# -- What we do not take --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"alg": "none"}, "token-alg"),
        ({"alg": None}, "token-alg"),
        ({"alg": ["ES256"]}, "token-alg"),
        ({"alg": "HS256"}, "token-alg"),
        ({"alg": "PS256"}, "token-alg"),
        ({"alg": "EdDSA"}, "token-alg"),
        ({"alg": "RS256"}, "token-alg"),
        ({"typ": "jwt"}, "token-type"),
        ({"typ": 5}, "token-type"),
        ({"cty": "vp"}, "token-type"),
        ({"crit": ["b64"], "b64": False}, "token-header"),
        ({"jku": "https://somebody.else"}, "token-header"),
        ({"x5c": []}, "token-header"),
        ({"kid": None}, "token-key"),
        ({"kid": 5}, "token-key"),
        ({"kid": None, "jwk": "x"}, "token-key"),
        ({"kid": None, "jwk": {"kty": "oct", "k": "AA"}}, "method-private-key"),
        ({"kid": None, "jwk": signers.jwk(P256) | {"d": "AA"}}, "method-private-key"),
        ({"kid": None, "jwk": signers.jwk(WEAK)}, "method-weak-key"),
        ({"kid": None, "jwk": {"kty": "EC"}}, "method-key"),
        ({"kid": "http://ailleurs.example/k"}, "method-not-found"),
        ({"kid": f"{DID}#key-2"}, "method-not-found"),
    ],
)
def test_headers(header: dict[str, Any], expected: str) -> None:
    members = {"alg": "ES256", "kid": KID} | header
    assert code(token(claims(badge(DID)), key=P256, **members), listing(P256)) == expected


def test_a_weak_key() -> None:
    text = token(claims(badge(DID)), key=WEAK, alg="RS256", kid=KID)
    assert code(text, listing(WEAK)) == "method-weak-key"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": None},
        {"iss": "did:web:somebody.else"},
        {"jti": None},
        {"jti": "urn:uuid:2"},
        {"sub": None},
        {"sub": "urn:uuid:2"},
        {"nbf": None},
        {"nbf": 1714644001},
        {"nbf": "1714644000"},
        {"nbf": True},
        {"nbf": 10**15},
        {"exp": 1900000000},
        {"validUntil": "2030-03-17T17:46:40Z"},
        {"validUntil": "2030-03-17T17:46:40Z", "exp": 1900000001},
        {"vp": {}},
        {"vc": {}},
        {"vc": "oops"},
    ],
)
def test_claims_that_contradict_the_badge(changes: dict[str, Any]) -> None:
    text = token(claims(badge(DID), **changes), key=P256, alg="ES256", kid=KID)
    assert code(text, listing(P256)) == "token-claim"


def test_claims_of_a_badge_that_ends() -> None:
    ends = {"validUntil": "2030-03-17T17:46:40.25Z", "exp": 1900000000}
    found = verify_token(
        token(claims(badge(DID), **ends), key=P256, alg="ES256", kid=KID), fetch=listing(P256)
    )
    assert found.expires is not None
    assert found.expires.year == 2030


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c.d", "a.b.c", "e30.e30.e30", "eyJ.e30.AA", "x" * 600_000])
def test_what_is_no_token(text: str) -> None:
    assert code(text) in {"token-form", "token-alg", "too-complex"}


def test_forms_that_mean_the_same_are_one() -> None:
    whole = token(claims(badge(DID)), key=P256, alg="ES256", kid=KID)
    first, second, third = whole.split(".")
    for bent in (f"{first}.{second}.{third}=", f"{first}.{second}.{third}\n", f"{first} .{second}.{third}"):
        assert code(bent, listing(P256)) == "token-form"
    twice = b64(b'{"alg":"ES256","alg":"none"}')
    assert code(f"{twice}.{second}.{third}") == "token-form"
    assert code(f"{b64(bytes([255]))}.{second}.{third}") == "token-form"
    large = b64(json.dumps({"alg": "ES256", "kid": "x" * 9000}).encode())
    assert code(f"{large}.{second}.{third}") == "token-form"


def test_a_key_that_stands_for_something_else() -> None:
    text = token(claims(badge(DID)), key=P256, alg="ES256", kid=KID)
    with pytest.raises(NotAuthorised) as refused:
        verify_token(text, fetch=listing(P256, assertionMethod=[]))
    assert refused.value.secured.controller == DID
    revoked = signers.controller(DID, P256)
    revoked["verificationMethod"][0]["revoked"] = "2020-01-01T00:00:00Z"
    assert code(text, hosts({PAGE: revoked})) == "method-revoked"


def test_somebody_elses_key() -> None:
    text = token(claims(badge(DID)), key=OTHER, alg="EdDSA", kid=KID)
    assert code(text, listing(ED25519)) == "proof-tampered"


# -- Vectors --------------------------------------------------------------------------------------
JOSE = standards.FOLDER / "vectors/vc-jose-cose"
ISSUER = "https://example.issuer/vc-jose-cose"


@standards.needed
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("credential-jose-minimal", ""),
        ("credential-issuer-match-signed", ""),
        ("credential-jose-unknown-extensions", ""),
        ("credential-jose-bad-media-type", "token-type"),
        ("credential-jose-bad-signature", "proof-tampered"),
        ("credential-jose-vc-vp-claims", "token-claim"),
    ],
)
def test_the_inputs_of_the_working_groups_suite(name: str, expected: str) -> None:
    text = (JOSE / f"{name}.txt").read_text().strip()
    fetch = hosts({ISSUER: _controller(JOSE)})
    if expected:
        assert code(text, fetch) == expected
    else:
        found = verify_token(text, fetch=fetch)
        assert found.controller == found.credential["issuer"] == ISSUER


def _controller(folder: Path) -> dict[str, Any]:
    """The suite's keys as their controller would publish them, named by the kid of the tokens."""
    read = [json.loads(path.read_text()) for path in sorted(folder.glob("vm-*.json"))]
    methods = [
        {
            "id": f"{ISSUER}#{each['publicKeyJwk']['kid']}",
            "type": each["type"],
            "controller": ISSUER,
            "publicKeyJwk": each["publicKeyJwk"],
        }
        for each in read
        if each["controller"] == ISSUER
    ]
    return {
        "id": ISSUER,
        "verificationMethod": methods,
        "assertionMethod": [each["id"] for each in methods],
    }
