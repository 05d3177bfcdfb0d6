"""did.json through the life of keys: what was signed stays checkable, what is withdrawn vouches for nothing.

The document is read as the public validator of 1EdTech reads it: an address in ``assertionMethod`` is a text
in full, its method stands in ``verificationMethod`` under that text, names its controller and holds a key.
"""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from issuers import keys, multibase, profiles
from issuers.jose import p256_key, thumbprint, unb64
from issuers.models import Issuer, SigningKey
from tests.factories import NOW, key_room, make_issuer, publish_keys

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=30)
ALGORITHMS = ("ES256", "Ed25519")


@pytest.fixture
def issuer(key_room: Path) -> Issuer:
    return make_issuer()


def published(client: Client, issuer: Issuer | None) -> dict[str, Any]:
    address = reverse("issuer-did", args=[issuer.slug]) if issuer else reverse("city-did")
    document: dict[str, Any] = json.loads(client.get(address).content)
    return document


def resolved(document: dict[str, Any], method: str) -> dict[str, Any] | None:
    """The method as a strict reader finds it, if the document lets it assert."""
    assert all(isinstance(each, str) for each in document["assertionMethod"])
    if method not in document["assertionMethod"]:
        return None
    (found,) = (each for each in document["verificationMethod"] if each["id"] == method)
    assert found["controller"] == document["id"] == method.partition("#")[0]
    return dict(found)


def key_of(issuer: Issuer, algorithm: str) -> SigningKey:
    return SigningKey.objects.get(issuer=issuer, algorithm=algorithm, state="active")


def method_of(issuer: Issuer, key: SigningKey) -> str:
    did = profiles.did_for_issuer(base_url="http://localhost:8000", slug=issuer.slug)
    return f"{did}#{key.thumbprint}"


def require_key(method: dict[str, Any], key: SigningKey) -> None:
    """The method holds this very key, in the form of its type."""
    if key.algorithm == "Ed25519":
        assert (method["type"], "publicKeyJwk" in method) == ("Multikey", False)
        assert multibase.decode_key(method["publicKeyMultibase"]) == ("Ed25519", unb64(key.public_jwk["x"]))
    else:
        assert (method["type"], "publicKeyMultibase" in method) == ("JsonWebKey", False)
        jwk = method["publicKeyJwk"]
        assert "d" not in jwk
        p256_key(jwk["x"], jwk["y"])
        assert thumbprint(jwk) == key.thumbprint == method["id"].partition("#")[2]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_is_found_by_its_full_address(client: Client, issuer: Issuer, algorithm: str) -> None:
    key = key_of(issuer, algorithm)
    method = resolved(published(client, issuer), method_of(issuer, key))
    assert method is not None
    require_key(method, key)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_rotation_keeps_the_old_method_and_adds_the_new(
    client: Client, issuer: Issuer, algorithm: str
) -> None:
    seen = [key_of(issuer, algorithm)]
    for turn in range(3):
        now = LATER + timedelta(days=30 * turn)
        successor = keys.prepare_successor(key=seen[-1], by=None, now=now)
        assert resolved(published(client, issuer), method_of(issuer, successor)) is not None
        seen.append(keys.activate(key=successor, by=None, now=now + keys.OVERLAP))
    document = published(client, issuer)
    for key in seen:
        method = resolved(document, method_of(issuer, key))
        assert method is not None
        require_key(method, key)
        assert "revoked" not in method
    assert len({each["id"] for each in document["verificationMethod"]}) == len(seen) + 1
    opening = [method_of(issuer, key) for key in seen[:-1]]
    assert not set(opening) & set(document["authentication"])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_compromised_key_is_dated_and_asserts_nothing_while_its_successor_does(
    client: Client, issuer: Issuer, algorithm: str
) -> None:
    key = key_of(issuer, algorithm)
    keys.mark_compromised(key=key, by=None, now=LATER)
    keys.ensure_issuer_keys(issuer=issuer, now=LATER)
    document = published(client, issuer)
    assert resolved(document, method_of(issuer, key)) is None
    assert method_of(issuer, key) not in document["authentication"]
    (left,) = (each for each in document["verificationMethod"] if each["id"] == method_of(issuer, key))
    assert left["revoked"] == LATER.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert resolved(document, method_of(issuer, key_of(issuer, algorithm))) is not None


def test_a_key_retired_first_and_compromised_later_asserts_nothing(client: Client, issuer: Issuer) -> None:
    first = key_of(issuer, "Ed25519")
    successor = keys.prepare_successor(key=first, by=None, now=NOW)
    keys.activate(key=successor, by=None, now=NOW, at_once=True)
    assert resolved(published(client, issuer), method_of(issuer, first)) is not None
    first.refresh_from_db()
    keys.mark_compromised(key=first, by=None, now=LATER)
    assert resolved(published(client, issuer), method_of(issuer, first)) is None


@pytest.mark.parametrize("state", ["suspended", "closed"])
def test_an_issuer_that_stopped_is_still_resolved(client: Client, key_room: Path, state: str) -> None:
    issuer = make_issuer(state=state)
    key = SigningKey.objects.filter(issuer=issuer, algorithm="ES256").first()
    assert key is not None
    assert resolved(published(client, issuer), method_of(issuer, key)) is not None


def test_the_citys_document_keeps_the_same_rules(client: Client, key_room: Path) -> None:
    publish_keys()
    document = published(client, None)
    assert document["id"] == "did:web:localhost%3A8000"
    assert document["assertionMethod"]
    for method in document["assertionMethod"]:
        assert resolved(document, method) is not None


@pytest.mark.parametrize(
    ("base_url", "did"),
    [
        ("https://passeport.example", "did:web:passeport.example:issuers:ennour"),
        ("https://passeport.example:8443", "did:web:passeport.example%3A8443:issuers:ennour"),
        ("https://casablanca.example/passeport", "did:web:casablanca.example:passeport:issuers:ennour"),
    ],
)
def test_an_issuers_did_leads_back_to_its_document(base_url: str, did: str) -> None:
    """By the method's own rule: colons are slashes, a port is decoded, ``/did.json`` comes last."""
    assert profiles.did_for_issuer(base_url=base_url, slug="ennour") == did
    path = did.removeprefix("did:web:").replace(":", "/").replace("%3A", ":")
    assert f"https://{path}/did.json" == f"{base_url}/issuers/ennour/did.json"
