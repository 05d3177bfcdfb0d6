"""Status lists as JSON with an embedded proof: the very list that the VC-JWT is, and as current."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.test import Client
from jwt import InvalidTokenError

from credentials import (
    bitstring,
    dataintegrity,
    linkeddata,
    linting,
    listproofs,
    proving,
    revocation,
    statuslists,
)
from credentials.models import Credential, StatusListVersion
from issuers import jose, keys, multibase, orders, publications
from issuers.models import SigningKey
from tests.factories import NOW, key_room, make_achievement, make_credential, make_issuer

__all__ = ["key_room"]

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)
REVOCATION = StatusListVersion.Purpose.REVOCATION


@pytest.fixture
def credential(key_room: Path) -> Credential:
    return make_credential(make_achievement(make_issuer()))


def address(credential: Credential, suffix: str = "") -> str:
    return f"/s/revocation/{credential.status_list_id}{suffix}"


def version_of(credential: Credential) -> StatusListVersion:
    return StatusListVersion.objects.get(status_list=credential.status_list_id, purpose=REVOCATION)


def ed25519(credential: Credential) -> SigningKey:
    return SigningKey.objects.get(issuer=credential.issuer, algorithm="Ed25519", state="active")


def listed(credential: Credential) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(version_of(credential).document)
    return document


def is_proved(document: dict[str, Any], credential: Credential) -> bool:
    """Whether a verifier that has the issuer's did.json alone takes the list."""
    did = publications.issuer_did_document(issuer=credential.issuer)
    proof = document["proof"]
    method = next(m for m in did["verificationMethod"] if m["id"] == proof["verificationMethod"])
    _, public = multibase.decode_key(method["publicKeyMultibase"])
    Ed25519PublicKey.from_public_bytes(public).verify(
        dataintegrity.signature_of(proof), dataintegrity.hash_data(document, proof)
    )
    return method["id"] in did["assertionMethod"]


# -- What it says ---------------------------------------------------------------------------------
def test_it_is_the_list_that_was_signed_as_a_token(credential: Credential) -> None:
    document = listed(credential)
    del document["proof"]
    payload = json.loads(keys.verify_jws(version_of(credential).body, key=credential.key))
    assert document == {name: value for name, value in payload.items() if name not in listproofs.CLAIMS}
    linkeddata.check(document)


def test_whoever_has_did_json_verifies_it(credential: Credential) -> None:
    assert is_proved(listed(credential), credential)


def test_a_revocation_is_in_both_forms(credential: Credential) -> None:
    revocation.revoke(credential=credential, reason="fraud", by=None, now=LATER)
    statuslists.publish_changed(now=LATER)
    document = listed(credential)
    assert is_proved(document, credential)
    packed = jose.unb64(document["credentialSubject"]["encodedList"][1:])
    assert bitstring.is_set(bitstring.decode(packed), credential.status_index)


def test_what_is_said_of_its_life_agrees(credential: Credential, client: Client) -> None:
    answer = client.get(address(credential, ".json"))
    ttl = answer.json()["credentialSubject"]["ttl"]
    assert answer["Cache-Control"] == f"public, max-age={ttl // 1000}"


# -- Keys that end --------------------------------------------------------------------------------
def test_without_a_key_for_proofs_the_token_goes_out_all_the_same(credential: Credential) -> None:
    keys.retire(key=ed25519(credential), by=None, now=NOW)
    revocation.revoke(credential=credential, reason="fraud", by=None, now=LATER)
    statuslists.publish_changed(now=LATER)
    version = version_of(credential)
    assert (version.signed_at, version.document, version.proof_key) == (LATER, "", None)
    keys.ensure_issuer_keys(issuer=credential.issuer, now=LATER)
    assert statuslists.publish_changed(now=LATER) == 3
    assert is_proved(listed(credential), credential)
    assert version_of(credential).body == version.body


def test_a_proof_of_a_withdrawn_key_is_made_anew_and_not_shown_meanwhile(
    credential: Credential, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "PATIENCE", 0.0)
    before = version_of(credential)
    keys.mark_compromised(key=ed25519(credential), by=None, now=LATER)
    assert client.get(address(credential, ".json")).status_code == 202
    assert client.get(address(credential)).status_code == 200
    keys.ensure_issuer_keys(issuer=credential.issuer, now=LATER)
    assert orders.fulfil(now=LATER) == 1
    after = version_of(credential)
    assert (after.body, after.version) == (before.body, before.version)
    assert is_proved(client.get(address(credential, ".json")).json(), credential)
    assert statuslists.publish_changed(now=LATER) == 2
    assert statuslists.publish_changed(now=LATER) == 0


def test_a_list_that_was_edited_is_not_proved(credential: Credential) -> None:
    version = version_of(credential)
    head, body, signature = version.body.split(".")
    StatusListVersion.objects.filter(pk=version.pk).update(
        body=f"{head}.{body[:-4]}AAAA.{signature}", document="", proof_key=None
    )
    with pytest.raises(InvalidTokenError):
        listproofs.prove(version_id=version.pk, now=LATER)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda d, p: p.update(verificationMethod="did:web:elsewhere.example#key"), "a key of the issuer"),
        (lambda d, p: d.update(nickname="x"), "linked data: UndefinedTerm"),
        (lambda d, p: d.update(proof=[]), "one proof"),
        (lambda d, p: d["credentialSubject"].update(type="StatusList2021"), "status list"),
    ],
)
def test_nothing_looser_is_signed(credential: Credential, change: Any, rule: str) -> None:
    document = listed(credential)
    del document["proof"]
    proof = dataintegrity.options(
        cryptosuite=proving.SUITE, verification_method=f"{document['issuer']}#key", created=LATER
    )
    change(document, proof)
    with pytest.raises(linting.LintError) as refusal:
        linting.lint_list_proof(document, proof, issuer_id=credential.issuer_id)
    assert refusal.value.rule == rule


# -- Over HTTP ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "application/vc+jwt"),
        ("*/*", "application/vc+jwt"),
        ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "application/vc+jwt"),
        ("application/ld+json, application/json", "application/ld+json"),
        ("application/json", "application/json"),
        ("application/vc+ld+json", "application/vc+ld+json"),
        ("application/vc", "application/vc"),
        ("application/vc+jwt, application/json;q=0.5", "application/vc+jwt"),
    ],
)
def test_whoever_asks_for_json_gets_it(
    credential: Credential, client: Client, accept: str, content_type: str
) -> None:
    answer = client.get(address(credential), headers={"Accept": accept} if accept else {})
    assert answer["Content-Type"] == content_type
    assert ("jwt" in content_type) == answer.content.startswith(b"eyJ")


def test_the_two_forms_have_marks_of_their_own(credential: Credential, client: Client) -> None:
    token, document = (client.get(address(credential, suffix))["ETag"] for suffix in (".jwt", ".json"))
    assert token != document
    headers = {"Accept": "application/json", "If-None-Match": document}
    assert client.get(address(credential), headers=headers).status_code == 304
    assert client.get(address(credential), headers={"If-None-Match": document}).status_code == 200


@pytest.mark.parametrize("path", ["/s/revocation/9999.json", "/s/other/1.json", "/s/revocation/1.xml"])
def test_there_is_no_other(credential: Credential, client: Client, path: str) -> None:
    assert client.get(path).status_code == 404
