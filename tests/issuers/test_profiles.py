"""What the world is told about issuers, held against the specifications' own contexts and schemas."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from jsonschema_rs import validator_for
from pyld import jsonld

from issuers import jose, profiles
from tests import standards

BASE = "https://passeport.casablanca.ma"
WHEN = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)
P256 = jose.jwk_of(ec.derive_private_key(7, ec.SECP256R1()).public_key())
ED25519 = jose.jwk_of(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key())


def key(jwk: dict[str, str] = P256, state: str = "active", **fields: Any) -> profiles.PublicKey:
    thumbprint = jose.thumbprint(jwk)
    return profiles.PublicKey(
        thumbprint=thumbprint,
        kid8=jose.kid8(thumbprint),
        algorithm="ES256" if jwk["kty"] == "EC" else "Ed25519",
        jwk=jwk,
        state=state,
        not_before=WHEN,
        **fields,
    )


def expanded(document: dict[str, Any]) -> Any:
    """The document with every term resolved, from contexts on disk; an undefined term is an error."""

    files = json.loads((standards.CONTEXTS / "index.json").read_text())

    def load(url: str, options: dict[str, Any]) -> dict[str, Any]:
        text = (standards.CONTEXTS / files[url]["file"]).read_text()
        return {"contextUrl": None, "documentUrl": url, "document": json.loads(text)}

    contexts = document["@context"]
    lax = {**document, "@context": [{"@vocab": "urn:undefined-term:"}, *contexts]}
    result = jsonld.expand(lax, {"documentLoader": load, "base": "urn:rel:/"})
    assert "urn:undefined-term:" not in json.dumps(result)
    assert "urn:rel:" not in json.dumps(result)
    return result


# -- Names ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("base_url", "did"),
    [
        ("https://passeport.casablanca.ma", "did:web:passeport.casablanca.ma"),
        ("http://localhost:8000", "did:web:localhost%3A8000"),
        ("https://casablanca.ma/passeport", "did:web:casablanca.ma:passeport"),
    ],
)
def test_the_citys_did_names_its_address(base_url: str, did: str) -> None:
    assert profiles.did_for_city(base_url=base_url) == did
    assert profiles.did_for_issuer(base_url=base_url, slug="ennour") == f"{did}:issuers:ennour"


def test_a_multikey_is_that_of_the_specification() -> None:
    # The Ed25519 key of the did:key method's first example, as JWK and as Multikey.
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "Lm_M42cB3HkUiODQsXRcweM6TByfzEHGO9ND274JcOY"}
    assert profiles.multibase(jwk) == "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"


# -- The DID document -----------------------------------------------------------------------------
def test_a_did_document_holds_both_kinds_of_key() -> None:
    did = profiles.did_for_issuer(base_url=BASE, slug="ennour")
    document = profiles.did_document(did=did, keys=[key(P256), key(ED25519)])
    jwk_method, multikey_method = document["verificationMethod"]
    assert document["id"] == did
    assert jwk_method["type"] == "JsonWebKey"
    assert jwk_method["id"] == f"{did}#{jose.thumbprint(P256)}"
    assert jwk_method["controller"] == multikey_method["controller"] == did
    assert jwk_method["publicKeyJwk"] == P256 | {"alg": "ES256", "kid": jose.thumbprint(P256)}
    assert multikey_method["type"] == "Multikey"
    assert multikey_method["publicKeyMultibase"].startswith("z6Mk")
    assert document["assertionMethod"] == document["authentication"]
    assert document["assertionMethod"] == [jwk_method["id"], multikey_method["id"]]


@standards.needed
def test_a_did_document_uses_defined_terms_alone() -> None:
    did = profiles.did_for_issuer(base_url=BASE, slug="ennour")
    compromised = key(ED25519, state="compromised", compromised_at=WHEN)
    expanded(profiles.did_document(did=did, keys=[key(P256), compromised]))


def test_a_retired_key_goes_on_vouching_and_opens_nothing_new() -> None:
    document = profiles.did_document(did="did:web:x", keys=[key(state="retired", not_after=WHEN)])
    assert len(document["verificationMethod"]) == len(document["assertionMethod"]) == 1
    assert document["authentication"] == []
    assert "revoked" not in document["verificationMethod"][0]


def test_a_compromised_key_is_dated_and_vouches_for_nothing() -> None:
    document = profiles.did_document(did="did:web:x", keys=[key(state="compromised", compromised_at=WHEN)])
    assert document["assertionMethod"] == document["authentication"] == []
    assert document["verificationMethod"][0]["revoked"] == "2026-01-05T08:30:00Z"


def test_a_pending_key_is_announced_before_it_signs() -> None:
    document = profiles.did_document(did="did:web:x", keys=[key(state="pending")])
    assert len(document["assertionMethod"]) == 1


# -- The profile ----------------------------------------------------------------------------------
def ennour() -> dict[str, Any]:
    return profiles.issuer_profile(
        base_url=BASE,
        slug="ennour",
        name="Médiathèque Ennour de Sidi Moumen",
        locality="Casablanca",
        region="Casablanca-Settat",
        city_name="Casablanca",
    )


@standards.needed
def test_a_profile_keeps_the_open_badges_schema() -> None:
    schema = json.loads((standards.SCHEMAS / "ob_v3p0_profile_schema.json").read_text())
    assert validator_for(schema).is_valid(ennour())


@standards.needed
def test_a_profile_uses_defined_terms_alone() -> None:
    expanded(profiles.profile_document(ennour()))


def test_a_profile_names_the_city_as_the_house_above() -> None:
    profile = ennour()
    assert profile["id"] == "did:web:passeport.casablanca.ma:issuers:ennour"
    assert profile["url"] == f"{BASE}/issuers/ennour"
    assert profile["address"]["addressCountryCode"] == "MA"
    assert profile["parentOrg"]["id"] == "did:web:passeport.casablanca.ma"


# -- The directory --------------------------------------------------------------------------------
def listed(*keys: profiles.PublicKey) -> profiles.PublicIssuer:
    return profiles.PublicIssuer(
        slug="ennour",
        name_fr="Médiathèque Ennour de Sidi Moumen",
        name_ar="الخزانة الوسائطية النور بسيدي مومن",
        keys=keys,
        accredited={
            "digital": [(date(2025, 9, 1), None)],
            "languages": [(date(2025, 9, 1), date(2026, 9, 1))],
        },
    )


def directory_of(*issuers: profiles.PublicIssuer, **rest: Any) -> dict[str, Any]:
    return profiles.key_directory(base_url=BASE, name="keys", issuers=issuers, delegation="a.b.c", **rest)


def test_the_directory_says_who_may_be_believed_for_what_and_when() -> None:
    assert directory_of(listed(key()), version=7, issued_at=WHEN) == {
        "iss": "did:web:passeport.casablanca.ma",
        "sub": "keys",
        "iat": int(WHEN.timestamp()),
        "ttl": 86_400,
        "version": 7,
        "issuers": [
            {
                "did": "did:web:passeport.casablanca.ma:issuers:ennour",
                "slug": "ennour",
                "names": {
                    "fr": "Médiathèque Ennour de Sidi Moumen",
                    "ar": "الخزانة الوسائطية النور بسيدي مومن",
                },
                "keys": [
                    {
                        "kid": jose.kid8(jose.thumbprint(P256)),
                        "jwk": P256,
                        "nbf": int(WHEN.timestamp()),
                        "until": None,
                        "compromised": False,
                    }
                ],
                "accredited": {
                    "digital": [["2025-09-01", None]],
                    "languages": [["2025-09-01", "2026-09-01"]],
                },
            }
        ],
        "delegation": "a.b.c",
    }


def test_the_directory_lists_keys_that_sign_paper_alone() -> None:
    directory = directory_of(listed(key(P256), key(ED25519)))
    assert [each["jwk"]["crv"] for each in directory["issuers"][0]["keys"]] == ["P-256"]


def test_the_directory_dates_ended_keys() -> None:
    ended = key(state="compromised", not_after=WHEN, compromised_at=WHEN)
    told = directory_of(listed(ended))["issuers"][0]["keys"][0]
    assert (told["until"], told["compromised"]) == (int(WHEN.timestamp()), True)
