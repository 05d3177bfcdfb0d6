"""What certificates leave in the audit log: one event a chunk, proofs, and checkpoints in status lists."""

import hashlib
import json
from base64 import b64decode, urlsafe_b64decode
from datetime import timedelta
from typing import Any

import jwt
import orjson
import pytest
from django.test import Client
from pyld import jsonld

from credentials import batches, bitstring, evidence, issuance, linting, openbadges, revocation, statuslists
from credentials.models import Batch, Credential
from credentials.people import Person
from issuers import audit, keys, merkle, notes, sealing
from issuers.models import AuditCheckpoint, AuditEvent, SigningKey
from tests.factories import NOW, award, key_room, make_achievement, make_credential, make_issuer, make_member
from tests.standards import CONTEXTS, needed
from tests.triggers import audit_log_open

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def achievement(key_room: Any) -> Any:
    keys.ensure_city_keys(now=NOW - timedelta(days=1))
    return make_achievement(make_issuer())


def people(count: int) -> list[Person]:
    return [Person(name_latin=f"Salma Numéro {chr(65 + turn)}") for turn in range(count)]


def chunk_events() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(event=evidence.CHUNK_ISSUED))


# -- What is written ------------------------------------------------------------------------------
def test_a_chunk_leaves_one_event_with_the_root_over_its_certificates(achievement: Any) -> None:
    batch = award(achievement, *people(5), kind=Batch.Kind.ROSTER)
    issuance.issue_ready(kind=Batch.Kind.ROSTER, now=NOW)
    [event] = chunk_events()
    issued = Credential.objects.filter(award__batch=batch).order_by("award__row")
    leaves = [
        json.dumps(
            [
                one.pk,
                hashlib.sha256(one.jwt.rpartition(".")[0].encode()).hexdigest(),
                *(one.status_list_id, one.status_index, one.key.thumbprint),
            ],
            separators=(",", ":"),
        ).encode()
        for one in issued
    ]
    assert audit.detail_of(event) == {
        "batch": batch.pk,
        "first": 1,
        "last": 5,
        "rows": "1-5",
        "count": 5,
        "key": SigningKey.objects.get(issuer=achievement.issuer, algorithm="ES256").thumbprint,
        "root": merkle.root(map(merkle.leaf_hash, leaves)).hex(),
    }
    assert (event.about, event.issuer, event.at) == (batch.pk, achievement.issuer, NOW)


def test_a_chunk_that_issues_nothing_leaves_no_event(achievement: Any) -> None:
    award(achievement)
    issuance.issue_ready(kind=Batch.Kind.INTERACTIVE, now=NOW)
    award(achievement, kind=Batch.Kind.ROSTER)
    assert issuance.issue_ready(kind=Batch.Kind.ROSTER, now=NOW) == 0
    assert len(chunk_events()) == 1


def test_no_name_address_or_note_is_in_the_log(achievement: Any) -> None:
    trainer = make_member(achievement.issuer, "trainer")
    credential = make_credential(
        achievement,
        Person(name_latin="Zineb Secret", address_kind="email", address="zineb@example.org"),
        requested_by=trainer,
    )
    revocation.revoke(credential=credential, reason="fraud", by=trainer, now=NOW, note="Zineb a menti")
    logged = " ".join(f"{event.detail} {event.about} {event.by}" for event in AuditEvent.objects.all())
    for word in ("Zineb", "zineb", "menti", trainer.name_latin):
        assert word not in logged
    assert f"learner/{trainer.pk}" in logged


def test_each_act_upon_a_list_and_a_certificate_is_logged(achievement: Any) -> None:
    credential = make_credential(achievement)
    revocation.suspend(credential=credential, reason="under-review", by=None, now=NOW)
    revocation.reinstate(credential=credential, reason="review-closed", by=None, now=NOW)
    revocation.replace(
        credential=credential, person=people(1)[0], reason="corrected", by=None, idempotency_key="r", now=NOW
    )
    issuance.issue_ready(kind=Batch.Kind.INTERACTIVE, now=NOW)
    batch = award(achievement, *people(2), kind=Batch.Kind.ROSTER)
    batches.cancel(batch=batch, by=None, now=NOW)
    acts = [
        audit.detail_of(event)["act"] for event in audit.events_about(credential.pk, event="status-changed")
    ]
    assert acts == ["suspend", "reinstate"]
    replaced = audit.detail_of(audit.events_about(credential.pk, event="certificates-replaced")[0])
    assert (replaced["count"], replaced["reasons"]) == (1, ["corrected"])
    successor = Credential.objects.get(pk=credential.pk).replaced_by_id
    pair = orjson.dumps((credential.pk, successor))
    assert replaced["root"] == merkle.root([merkle.leaf_hash(pair)]).hex()
    written = set(AuditEvent.objects.values_list("event", flat=True))
    assert {"batch-accepted", "batch-cancelled", "key-made", "issuer-approved", "mandate-approved"} <= written


# -- Proofs ---------------------------------------------------------------------------------------
def test_a_certificate_is_proved_by_two_small_proofs_that_anybody_can_check(achievement: Any) -> None:
    award(achievement, *people(11), kind=Batch.Kind.ROSTER)
    issuance.issue_ready(kind=Batch.Kind.ROSTER, now=NOW)
    sealing.seal(now=NOW)
    make_credential(achievement)
    sealing.seal(now=NOW + HOUR)
    credential = Credential.objects.get(award__row=7)
    found = evidence.prove(credential)
    assert found is not None
    told = found.to_json()

    def climb(part: dict[str, Any]) -> bytes | None:
        return merkle.root_by_inclusion(
            leaf=hashlib.sha256(b"\0" + part["leaf"].encode()).digest(),
            index=part["index"],
            size=part["size"],
            path=[b64decode(step) for step in part["path"]],
        )

    inner, outer = climb(told["certificate"]), climb(told["event"])
    assert inner is not None
    assert json.loads(told["certificate"]["leaf"])[0] == credential.pk
    assert json.loads(json.loads(told["event"]["leaf"])["detail"])["root"] == inner.hex()
    assert outer == notes.read(told["checkpoint"]).head.root


def test_a_row_that_was_mended_later_is_proved_by_its_own_event(achievement: Any) -> None:
    batch = award(achievement, *people(3), kind=Batch.Kind.ROSTER)
    batch.awards.filter(row=2).update(state="failed", error_code="quarantined")
    issuance.issue_ready(kind=Batch.Kind.ROSTER, now=NOW)
    batches.retry(batch=batch, now=NOW)
    issuance.issue_ready(kind=Batch.Kind.ROSTER, now=NOW)
    sealing.seal(now=NOW)
    assert [audit.detail_of(event)["rows"] for event in chunk_events()] == ["1 3", "2"]
    for credential in Credential.objects.all():
        assert evidence.prove(credential) is not None


def test_what_is_not_sealed_yet_is_not_proved(achievement: Any) -> None:
    credential = make_credential(achievement)
    assert evidence.prove(credential) is None
    sealing.seal(now=NOW)
    assert evidence.prove(credential) is not None


def test_a_certificate_without_an_event_is_not_proved(achievement: Any) -> None:
    credential = make_credential(achievement)
    batch = award(achievement, *people(2), kind=Batch.Kind.ROSTER)
    credential.award.batch_id = batch.pk
    credential.award.row = 9
    credential.award.save()
    sealing.seal(now=NOW)
    assert evidence.prove(credential) is None


@pytest.mark.parametrize("change", [{"sha256": bytes(32)}, {"status_index": 1}])
def test_a_certificate_whose_row_was_changed_is_not_proved(achievement: Any, change: dict[str, Any]) -> None:
    credential = make_credential(achievement)
    sealing.seal(now=NOW)
    Credential.objects.filter(pk=credential.pk).update(**change)
    credential.refresh_from_db()
    assert evidence.prove(credential) is None


def test_what_was_sealed_before_a_moment_was_logged_before_it(achievement: Any) -> None:
    before = make_credential(achievement)
    sealing.seal(now=NOW)
    after = make_credential(achievement, *people(1))
    sealing.seal(now=NOW + 2 * HOUR)
    assert evidence.was_logged_before(before, NOW + HOUR)
    assert not evidence.was_logged_before(before, NOW)
    assert not evidence.was_logged_before(after, NOW + HOUR)
    assert evidence.was_logged_before(after, NOW + 3 * HOUR)


def test_a_forged_checkpoint_proves_nothing(achievement: Any) -> None:
    credential = make_credential(achievement)
    sealing.seal(now=NOW)
    with audit_log_open():
        AuditCheckpoint.objects.update(body=audit.newest_note().replace("localhost", "localhosT"))
    assert evidence.prove(credential) is None


@pytest.mark.parametrize(
    ("numbers", "text"), [([], ""), ([4], "4"), ([1, 2, 3], "1-3"), ([1, 3, 4, 9], "1 3-4 9")]
)
def test_rows_are_told_as_runs(numbers: list[int], text: str) -> None:
    assert evidence.spans(numbers) == text
    assert [n for first, last in evidence.within(text) for n in range(first, last + 1)] == numbers


# -- In status lists ------------------------------------------------------------------------------
def signed_list(credential: Credential) -> dict[str, Any]:
    version = statuslists.read(number=credential.status_list_id, purpose="revocation")
    assert version is not None
    key = jwt.PyJWK.from_dict(dict(credential.key.public_jwk) | {"alg": "ES256"})
    return dict(jwt.decode(version.body, key, algorithms=["ES256"], options={"verify_exp": False}))


def test_a_list_signed_after_a_checkpoint_carries_it(achievement: Any) -> None:
    credential = make_credential(achievement)
    assert "auditCheckpoint" not in signed_list(credential)
    sealing.seal(now=NOW)
    revocation.revoke(credential=credential, reason="fraud", by=None, now=NOW)
    statuslists.publish_changed(now=NOW)
    document = signed_list(credential)
    assert document["auditCheckpoint"] == audit.newest_note()
    # A verifier that knows nothing of it reads the list as any other.
    encoded = document["credentialSubject"]["encodedList"][1:]
    bits = bitstring.decode(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    assert bitstring.is_set(bits, credential.status_index)


def from_disk(url: str, _options: Any = None) -> dict[str, Any]:
    """The published contexts; whatever asks for another one fails."""
    file = json.loads((CONTEXTS / "index.json").read_text())[url]["file"]
    document = json.loads((CONTEXTS / file).read_text())
    return {
        "documentUrl": url,
        "document": document,
        "contextUrl": None,
        "contentType": "application/ld+json",
    }


@needed
def test_the_checkpoint_in_a_list_is_linked_data_without_a_foreign_context(achievement: Any) -> None:
    credential = make_credential(achievement)
    sealing.seal(now=NOW)
    revocation.revoke(credential=credential, reason="fraud", by=None, now=NOW)
    statuslists.publish_changed(now=NOW)
    document = signed_list(credential)
    claims = {name: document.pop(name) for name in ("iss", "sub", "iat", "exp", "version")}
    assert claims["version"] > 1_700_000_000  # it follows the clock
    [expanded] = jsonld.expand(document, {"documentLoader": from_disk})
    assert expanded["https://c2sp.org/tlog-checkpoint"] == [{"@value": audit.newest_note()}]


def list_document(**changes: Any) -> dict[str, Any]:
    document = openbadges.status_list(
        base_url="http://localhost:8000",
        number=1,
        purpose="revocation",
        issuer_id="did:web:x",
        packed=bitstring.encode([]),
        version=1,
        valid_from=NOW,
        valid_until=NOW + HOUR,
        ttl_seconds=300,
        checkpoint=notes.signed(
            notes.Head(origin="x/audit", size=1, root=bytes(32)), public=bytes(32), signature=bytes(64)
        ),
    )
    return document | changes


def test_a_list_with_something_else_for_a_checkpoint_is_not_signed() -> None:
    linting.lint_status_list(list_document(), issuer_id=1)
    for changes in (
        {"auditCheckpoint": "trust me"},
        {"@context": [openbadges.VC_CONTEXT]},
        {"@context": [openbadges.VC_CONTEXT, openbadges.CHECKPOINT_CONTEXT | {"other": "https://x.example"}]},
    ):
        with pytest.raises(linting.LintError):
            linting.lint_status_list(list_document(**changes), issuer_id=1)


# -- Published ------------------------------------------------------------------------------------
def test_the_checkpoint_is_published_for_everybody(achievement: Any, client: Client) -> None:
    early = client.get("/.well-known/audit-checkpoint")
    assert (early.status_code, early["Retry-After"]) == (503, "2")
    sealing.seal(now=NOW)
    response = client.get("/.well-known/audit-checkpoint")
    assert response.content.decode() == audit.newest_note()
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Access-Control-Allow-Origin"] == early["Access-Control-Allow-Origin"] == "*"
    assert response["Cache-Control"] == "public, max-age=60"
    again = client.get("/.well-known/audit-checkpoint", headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304
