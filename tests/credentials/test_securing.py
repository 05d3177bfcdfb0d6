"""Certificates as files: the same credential with a proof, made by the signer alone, once, by sound keys."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.test import Client
from django.urls import reverse
from jwt import InvalidTokenError

from credentials import dataintegrity, linkeddata, linting, ownterms, proving, securing
from credentials.errors import NotYours
from credentials.models import Batch, Credential, SecuredDocument
from credentials.people import Person
from issuers import keys, multibase, orders, publications
from issuers.errors import NoKeyRoom
from issuers.models import SigningKey
from issuers.signable import Form, Signable
from passport.models import Entry
from tests import standards
from tests.factories import (
    NOW,
    award,
    key_room,
    make_achievement,
    make_credential,
    make_issuer,
    make_learner,
)

__all__ = ["key_room"]

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def credential(key_room: Path) -> Credential:
    course = make_achievement(make_issuer(), title_ar="مدخل إلى الحاسوب")
    return make_credential(course, Person(name_latin="Salma Tazi", name_arabic="سلمى التازي"))


def secured(credential: Credential) -> dict[str, Any]:
    """The certificate's file, made as the signer makes it."""
    securing.secure_new(now=LATER, within=None)
    document: dict[str, Any] = json.loads(SecuredDocument.objects.get(credential=credential).body)
    return document


# -- What it says ---------------------------------------------------------------------------------
def test_it_is_the_very_credential_that_was_signed(credential: Credential) -> None:
    document = secured(credential)
    del document["proof"]
    payload = json.loads(keys.verify_jws(credential.jwt, key=credential.key))
    signed = {name: value for name, value in payload.items() if name not in securing.CLAIMS}
    assert document == ownterms.spelled_out(signed)
    assert linkeddata.canonical(document) == linkeddata.canonical(signed)
    assert "سلمى التازي" in json.dumps(document, ensure_ascii=False)


def test_whoever_has_did_json_verifies_it(credential: Credential) -> None:
    document = secured(credential)
    (proof,) = document["proof"]
    did = publications.issuer_did_document(issuer=credential.issuer)
    method = next(m for m in did["verificationMethod"] if m["id"] == proof["verificationMethod"])
    assert method["id"] in did["assertionMethod"]
    algorithm, public = multibase.decode_key(method["publicKeyMultibase"])
    assert algorithm == "Ed25519"
    Ed25519PublicKey.from_public_bytes(public).verify(
        dataintegrity.signature_of(proof), dataintegrity.hash_data(document, proof)
    )


@standards.needed
def test_it_keeps_the_published_schema_in_its_strict_form(credential: Credential) -> None:
    schema = json.loads(
        (standards.SCHEMAS / "ob_v3p0_achievementcredential_schema.strict-arrays.json").read_text()
    )
    jsonschema_rs.validator_for(schema).validate(secured(credential))


# -- Who makes it, and how often ------------------------------------------------------------------
def test_it_is_made_once(credential: Credential) -> None:
    assert securing.secure_new(now=LATER, within=None) == 1
    assert securing.secure_new(now=LATER, within=None) == 0


def test_lately_is_a_matter_of_hours(credential: Credential) -> None:
    assert securing.secure_new(now=NOW + timedelta(days=1)) == 0
    assert securing.secure_new(now=NOW + timedelta(hours=1)) == 1


def test_it_is_ordered_by_whoever_asks_first(credential: Credential, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "PATIENCE", 0.0)
    assert securing.obtain(credential=credential, now=LATER) is None
    assert orders.fulfil(now=LATER) == 1
    found = securing.obtain(credential=credential, now=LATER)
    assert found is not None
    assert json.loads(found)["id"].endswith(credential.pk)


def test_lists_come_first(credential: Credential) -> None:
    people = [Person(name_latin=name) for name in ("Omar Alami", "Hind Alami")]
    award(credential.achievement, *people, kind=Batch.Kind.ROSTER, now=NOW, key="waiting")
    assert securing.secure_new(now=LATER, within=None) == 0


def test_more_than_fits_a_bell_rings_again(credential: Credential, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    monkeypatch.setattr("issuers.doorbell.ring", lambda task, *, queue: rung.append(f"{task} {queue}"))
    assert securing.secure_new(now=LATER, within=None, limit=1) == 1
    assert rung == ["credentials.secure_documents batches"]


def test_the_web_cannot(credential: Credential, settings: Any) -> None:
    settings.KEY_ENCRYPTION_KEY_FILE = ""
    with pytest.raises(NoKeyRoom):
        securing.secure_new(now=LATER)


# -- What is not secured --------------------------------------------------------------------------
def test_a_row_that_was_edited_is_not(credential: Credential, caplog: pytest.LogCaptureFixture) -> None:
    head, body, signature = credential.jwt.split(".")
    Credential.objects.filter(pk=credential.pk).update(jwt=f"{head}.{body[:-4]}AAAA.{signature}")
    assert securing.secure_new(now=LATER, within=None) == 0
    assert "InvalidSignatureError" in caplog.text or "not secured" in caplog.text
    credential.refresh_from_db()
    with pytest.raises(InvalidTokenError):
        securing.unsecured(credential)


def test_an_erased_one_is_not(credential: Credential) -> None:
    Credential.objects.filter(pk=credential.pk).update(erased_at=LATER)
    assert securing.secure_new(now=LATER, within=None) == 0
    credential.refresh_from_db()
    with pytest.raises(NotYours):
        securing.obtain(credential=credential, now=LATER)


def test_what_a_compromised_key_signed_is_not(credential: Credential) -> None:
    keys.mark_compromised(key=credential.key, by=None, now=LATER)
    assert securing.secure_new(now=LATER, within=None) == 0
    credential.key.refresh_from_db()
    with pytest.raises(NotYours):
        securing.obtain(credential=credential, now=LATER)


def test_a_proof_of_a_compromised_key_is_made_anew(credential: Credential) -> None:
    first = secured(credential)
    ed25519 = SigningKey.objects.get(issuer=credential.issuer, algorithm="Ed25519")
    keys.mark_compromised(key=ed25519, by=None, now=LATER)
    assert securing._held(credential.pk) is None
    keys.ensure_issuer_keys(issuer=credential.issuer, now=LATER)
    again = secured(credential)
    assert again["proof"][0]["verificationMethod"] != first["proof"][0]["verificationMethod"]


def test_erased_between_signing_and_keeping(credential: Credential, monkeypatch: pytest.MonkeyPatch) -> None:
    verify = keys.verify_bytes

    def erased_meanwhile(*args: Any, **kwargs: Any) -> bool:
        Credential.objects.filter(pk=credential.pk).update(erased_at=LATER)
        return verify(*args, **kwargs)

    monkeypatch.setattr(keys, "verify_bytes", erased_meanwhile)
    assert securing.secure_new(now=LATER, within=None) == 0
    assert not SecuredDocument.objects.exists()


# -- The linter and the key -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda d, p: p.update(verificationMethod="did:web:elsewhere.example#key"), "a key of the issuer"),
        (lambda d, p: p.update(cryptosuite="eddsa-2022"), "proof"),
        (lambda d, p: p.update(nickname="x"), "linked data: UndefinedTerm"),
        (lambda d, p: d.update(proof=[]), "schema"),
        (lambda d, p: d["credentialSubject"]["achievement"].update(secret=1), "schema"),
    ],
)
def test_nothing_looser_is_signed(credential: Credential, change: Any, rule: str) -> None:
    document = securing.unsecured(credential)
    did = document["issuer"]["id"]
    proof = dataintegrity.options(cryptosuite=proving.SUITE, verification_method=f"{did}#key", created=LATER)
    change(document, proof)
    with pytest.raises(linting.LintError) as refusal:
        linting.lint_proof(document, proof, issuer_id=credential.issuer_id)
    assert refusal.value.rule == rule


def test_the_key_signs_proofs_of_its_owner_alone(credential: Credential) -> None:
    signer = keys.proof_signer(issuer=credential.issuer, now=LATER)
    for signable in (
        Signable(Form.CHECKPOINT, credential.issuer_id, bytes(64)),
        Signable(Form.PROOF, None, bytes(64)),
    ):
        with pytest.raises(ValueError, match=r"proofs|another issuer"):
            signer.proof(signable)
    with pytest.raises(ValueError, match="proofs"):
        keys.signer(issuer=credential.issuer, now=LATER).proof(
            Signable(Form.PROOF, credential.issuer_id, bytes(64))
        )


# -- Over HTTP ------------------------------------------------------------------------------------
def test_whoever_has_the_link_has_the_file(client: Client, credential: Credential) -> None:
    secured(credential)
    answer = client.get(reverse("credential-json", args=[credential.pk]))
    assert answer["Content-Type"] == "application/vc+ld+json"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Cache-Control"] == "no-store"
    assert answer.json()["proof"][0]["cryptosuite"] == "eddsa-rdfc-2022"


def test_a_private_one_is_its_holders(client: Client, credential: Credential) -> None:
    secured(credential)
    Credential.objects.filter(pk=credential.pk).update(visibility=Credential.Visibility.PRIVATE)
    assert client.get(reverse("credential-json", args=[credential.pk])).status_code == 404
    learner = make_learner()
    Entry.objects.create(learner=learner, credential=credential, how=Entry.How.CONFIRMED, filed_at=NOW)
    client.force_login(learner)
    assert client.get(reverse("me-json", args=[credential.pk])).status_code == 200


def test_it_is_said_that_it_is_being_prepared(
    client: Client, credential: Credential, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "PATIENCE", 0.0)
    answer = client.get(reverse("credential-json", args=[credential.pk]))
    assert (answer.status_code, answer["Retry-After"]) == (202, "2")
