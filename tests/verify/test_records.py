"""A record that the city signed: its own eight checks, and the worst of every certificate within."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from credentials import revocation, securing, statuslists
from credentials.models import Achievement, Credential, SecuredDocument
from credentials.people import Person
from issuers import keys, profiles
from issuers.models import SigningKey
from tests.factories import NOW, make_credential
from tests.verify.foreign import signers
from verify import verifier
from verify.report import Outcome, Reason, Report, Verdict

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=5)
CLR = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
Purpose, Algorithm = SigningKey.Purpose, SigningKey.Algorithm


def check(document: Any) -> Report:
    return verifier.verify(source=json.dumps(document), now=SOON, door="api")


@pytest.fixture
def two(achievement: Achievement) -> list[Credential]:
    return [make_credential(achievement, Person(name_latin=name)) for name in ("Salma Tazi", "Omar Bennani")]


def record(*within: Any, **changes: Any) -> dict[str, Any]:
    """A record signed by the city's service key."""
    keys.ensure_city_keys(now=NOW)
    city = profiles.did_for_city(base_url=settings.BASE_URL)
    signer = keys.city_proof_signer(now=NOW)
    document: dict[str, Any] = {
        "@context": [signers.V2, CLR, signers.OB3],
        "id": "urn:uuid:7a3e8d3e-8b5e-4a83-8a55-0d8b9b1d6f01",
        "type": ["VerifiableCredential", "ClrCredential"],
        "name": "Parcours de Salma Tazi",
        "issuer": {"id": city, "type": ["Profile"], "name": "Casablanca"},
        "validFrom": "2026-11-24T10:00:00Z",
        "credentialSubject": {
            "id": "urn:uuid:5a0b3a9e-17b8-46ad-8c9a-6f6f4a9f9f10",
            "type": ["ClrSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "hashed": False,
                    "identityHash": "Salma Tazi",
                    "identityType": "name",
                }
            ],
            "verifiableCredential": list(within),
        },
    }
    return signers.signed(
        document | changes, key=signer._private, method=signer.kid, created="2026-11-24T10:00:01Z"
    )


def files(credentials: list[Credential]) -> list[dict[str, Any]]:
    securing.secure_new(now=SOON, within=None)
    return [json.loads(SecuredDocument.objects.get(credential=each).body) for each in credentials]


def test_a_record_of_valid_certificates_is_valid_and_the_citys(two: list[Credential]) -> None:
    report = check(record(*files(two)))
    assert report.verdict is Verdict.VALID
    assert [each.outcome for each in report.checks] == [Outcome.PASSED] * 8
    assert report.issuer is not None
    assert (report.issuer.did, report.issuer.name_fr) == ("did:web:localhost%3A8000", "Casablanca")
    assert report.stated is not None
    assert [each.text for each in report.stated.titles] == ["Parcours de Salma Tazi"]
    assert report.status_as_of == NOW


def test_it_is_as_good_as_the_worst_within(two: list[Credential]) -> None:
    documents = files(two)
    signed = record(*documents)
    revocation.revoke(credential=two[1], reason="fraud", by=None, now=NOW)
    statuslists.publish_changed(now=SOON)
    report = check(signed)
    assert (report.verdict, report.holds) == (Verdict.REVOKED, False)
    assert any(each.detail == "certificate 2 within" for each in report.checks)
    forged = record(documents[0], documents[1] | {"name": "Docteur"})
    assert check(forged).verdict is Verdict.TAMPERED
    strange = record(documents[0], signers.signed(signers.badge()))
    assert check(strange).verdict is Verdict.UNKNOWN_ISSUER
    assert (
        check(record({"id": "urn:uuid:5a0b3a9e-17b8-46ad-8c9a-6f6f4a9f9f11", "type": "Profile"})).reason
        is Reason.MALFORMED
    )


def test_a_changed_record_and_one_of_another_key(two: list[Credential]) -> None:
    signed = record(*files(two))
    assert check(signed | {"name": "Parcours d'Omar"}).verdict is Verdict.TAMPERED
    fewer = json.loads(json.dumps(signed))
    del fewer["credentialSubject"]["verifiableCredential"][1]
    report = check(fewer)
    assert (report.verdict, report.stated) == (Verdict.TAMPERED, None)
    city = "did:web:localhost%3A8000"
    strange = signers.signed(
        {name: value for name, value in signed.items() if name != "proof"}, method=f"{city}#{'x' * 43}"
    )
    assert check(strange).reason is Reason.UNKNOWN_KEY
    theirs = signers.signed({name: value for name, value in signed.items() if name != "proof"})
    assert check(theirs).reason is Reason.UNKNOWN_KEY
    assert check(signed | {"proof": signed["proof"] * 2}).reason is Reason.MALFORMED


def test_its_key_and_its_parts(two: list[Credential]) -> None:
    documents = files(two)
    assert check(record()).reason is Reason.CONTRADICTORY
    assert check(record(*documents, validFrom="2027-01-01T00:00:00Z")).verdict is Verdict.NOT_YET_VALID
    signed = record(*documents)
    key = SigningKey.objects.get(purpose=Purpose.SERVICE, algorithm=Algorithm.ED25519)
    SigningKey.objects.filter(pk=key.pk).update(not_before=SOON)
    assert check(signed).reason is Reason.OUTSIDE_KEY_PERIOD
    SigningKey.objects.filter(pk=key.pk).update(not_before=NOW - timedelta(days=1))
    keys.mark_compromised(key=key, by=None, now=SOON)
    assert check(signed).reason is Reason.KEY_WITHDRAWN


def test_a_page_shows_it(client: Client, two: list[Credential]) -> None:
    text = json.dumps(record(*files(two)))
    page = client.post("/v", {"text": text}).content.decode()
    assert "Casablanca" in page
    assert "Parcours de Salma Tazi" in page
