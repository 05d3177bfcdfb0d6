"""From an accepted award to a stored certificate: once, whole, and checkable by a stranger."""

from datetime import date, datetime, timedelta
from typing import Any

import cbor2
import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from django.db import IntegrityError, transaction

from credentials import awards, facts, issuance, outbox, paper, qr, queue, reading, succession
from credentials.errors import BadAward, BaseUrlChanged, DuplicateAward
from credentials.models import Award, Batch, Chunk, Credential, LocalMessage, Message, StatusChange
from credentials.people import Person
from issuers import keys, publications, registry
from issuers.errors import IssuerSuspended, NoKeyRoom, OutsideMandate
from issuers.models import City, SigningKey
from tests.factories import (
    NOW,
    award,
    city_officer,
    key_room,
    make_achievement,
    make_credential,
    make_issuer,
)

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db
INTERACTIVE, ROSTER = Batch.Kind.INTERACTIVE, Batch.Kind.ROSTER


@pytest.fixture
def achievement(key_room: Any) -> Any:
    return make_achievement(make_issuer())


def test_an_award_becomes_a_certificate_that_a_stranger_checks_from_did_json_alone(achievement: Any) -> None:
    credential = make_credential(achievement)
    header = jwt.get_unverified_header(credential.jwt)
    document = publications.issuer_did_document(issuer=credential.issuer)
    method = next(m for m in document["verificationMethod"] if m["id"] == header["kid"])
    key = jwt.PyJWK(method["publicKeyJwk"]).key
    payload = jwt.decode(
        credential.jwt, key, algorithms=["ES256"], options={"verify_exp": False, "verify_nbf": False}
    )
    assert header == {"typ": "JWT", "alg": "ES256", "kid": header["kid"]}
    assert payload["credentialSubject"]["identifier"][0]["identityHash"] == "Fatima-Zahra El Idrissi"
    assert payload["issuer"]["id"] == document["id"]
    assert header["kid"] in document["assertionMethod"]


def test_the_printed_code_is_checked_with_cbor2_and_cryptography_alone(achievement: Any) -> None:
    credential = make_credential(achievement)
    number = int(reading.qr_text(credential).split("#")[1])
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    protected, _unprotected, payload, signature = cbor2.loads(raw[1:]).value
    jwk = credential.key.public_jwk
    key = jwt.PyJWK(jwk | {"alg": "ES256"}).key
    assert isinstance(key, ec.EllipticCurvePublicKey)
    der = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    key.verify(der, cbor2.dumps(["Signature1", protected, b"", payload]), ec.ECDSA(hashes.SHA256()))
    claims = cbor2.loads(payload)
    assert claims[7] == bytes(credential.cti)
    assert claims[-65537][1] == "Fatima-Zahra El Idrissi"
    assert qr.qr_version(reading.qr_text(credential)) <= 13


def test_the_claim_is_bound_to_the_signed_file(achievement: Any) -> None:
    import hashlib

    credential = make_credential(achievement)
    digest = hashlib.sha256(credential.jwt.rpartition(".")[0].encode()).digest()
    assert bytes(credential.sha256) == digest
    assert paper.parse(bytes(credential.paper)).claim.cti == digest[:16]
    assert credential.short_code == paper.short_code(digest[:16])


def test_the_base_url_is_written_at_the_first_issue_and_another_one_stops_awards(
    achievement: Any, settings: Any
) -> None:
    make_credential(achievement)
    assert City.objects.get(pk=1).base_url == settings.BASE_URL
    settings.BASE_URL = "https://elsewhere.example"
    with pytest.raises(BaseUrlChanged):
        award(achievement, Person(name_latin="Salma Tazi"))


def test_asking_twice_gives_one_batch(achievement: Any) -> None:
    first = award(achievement, key="same")
    assert award(achievement, key="same").pk == first.pk
    assert Award.objects.count() == 1


def test_the_same_key_for_another_award_is_refused(achievement: Any) -> None:
    award(achievement, key="same")
    with pytest.raises(BadAward):
        award(achievement, Person(name_latin="Salma Tazi"), key="same")


def test_the_same_person_gets_the_same_certificate_once(achievement: Any) -> None:
    make_credential(achievement)
    with pytest.raises(DuplicateAward):
        award(achievement)


def test_siblings_with_one_phone_both_get_theirs(achievement: Any) -> None:
    make_credential(
        achievement, Person(name_latin="Hajar Tazi", address_kind="phone", address="0683 00 00 01")
    )
    make_credential(
        achievement, Person(name_latin="Omar Tazi", address_kind="phone", address="+212683000001")
    )
    assert set(Credential.objects.values_list("address", flat=True)) == {"+212683000001"}


def test_a_renewal_on_another_day_passes(achievement: Any) -> None:
    make_credential(achievement, awarded_on=date(2026, 1, 5))
    assert make_credential(achievement).pk


@pytest.mark.parametrize(
    ("person", "field"),
    [
        (Person(), "name_latin"),
        (Person(name_latin="x" * 81), "name_latin"),
        (Person(name_latin="R2D2"), "name_latin"),
        (Person(name_latin="فاطمة"), "name_latin"),
        (Person(name_arabic="Fatima"), "name_arabic"),
        (Person(name_latin="Ali", address_kind="phone", address="12"), "address"),
        (Person(name_latin="Ali", address_kind="phone", address="not a phone"), "address"),
        (Person(name_latin="Ali", address_kind="email", address="a@"), "address"),
        (Person(name_latin="Ali", address_kind="passport", address="1234567890"), "address"),
        (Person(name_latin="Ali", address_kind="pigeon", address="roof"), "address"),
        (Person(name_latin="Ali", address_kind="phone"), "address"),
    ],
)
def test_a_bad_award_names_its_field(achievement: Any, person: Person, field: str) -> None:
    with pytest.raises(BadAward) as refused:
        award(achievement, person)
    assert refused.value.field == field
    assert Batch.objects.count() == 0


@pytest.mark.parametrize(
    "typed", ["0683000001", "06 83 00 00 01", "+212 683-000-001", "00212683000001", "٠٦٨٣٠٠٠٠٠١"]
)
def test_a_phone_is_read_in_every_moroccan_form(typed: str) -> None:
    assert awards.clean_phone(typed) == "+212683000001"


def test_an_award_of_tomorrow_is_refused(achievement: Any) -> None:
    with pytest.raises(BadAward) as refused:
        award(achievement, awarded_on=NOW.date() + timedelta(days=1))
    assert refused.value.field == "awarded_on"


def test_an_award_that_would_have_expired_is_refused(key_room: Any) -> None:
    achievement = make_achievement(make_issuer(), valid_months=12)
    with pytest.raises(BadAward):
        award(achievement, awarded_on=date(2025, 10, 1))


def test_outside_its_themes_a_provider_awards_nothing(key_room: Any) -> None:
    with pytest.raises(OutsideMandate):
        award(make_achievement(make_issuer(themes=("health",))))


def test_a_suspended_provider_awards_nothing(key_room: Any) -> None:
    with pytest.raises(IssuerSuspended):
        award(make_achievement(make_issuer(state="suspended")))


def test_a_suspension_between_acceptance_and_signing_stops_the_signature(achievement: Any) -> None:
    batch = award(achievement)
    registry.suspend_issuer(issuer=achievement.issuer, reason="Contrôle", by=city_officer(), now=NOW)
    assert issuance.issue_ready(kind=INTERACTIVE, now=NOW) == 0
    row = batch.awards.get()
    assert (row.state, row.error_code) == (Award.State.FAILED, "IssuerSuspended")


def test_a_process_without_the_key_encryption_key_signs_nothing(achievement: Any, settings: Any) -> None:
    award(achievement)
    settings.KEY_ENCRYPTION_KEY_FILE = ""
    with pytest.raises(NoKeyRoom):
        issuance.issue_ready(kind=INTERACTIVE, now=NOW)
    assert Chunk.objects.get().attempts == 0


def test_a_chunk_is_taken_once(achievement: Any) -> None:
    award(achievement)
    assert queue.take(kind=INTERACTIVE) is not None
    assert queue.take(kind=INTERACTIVE) is None


def test_a_worker_that_lost_its_lease_stores_nothing(achievement: Any) -> None:
    award(achievement)
    lost = queue.take(kind=INTERACTIVE)
    assert lost is not None
    Chunk.objects.update(lease_until=NOW - timedelta(days=3650))
    later = queue.take(kind=INTERACTIVE)
    assert later is not None
    assert issuance.issue_chunk(lost, now=NOW) == 0
    assert issuance.issue_chunk(later, now=NOW) == 1
    assert issuance.issue_chunk(later, now=NOW) == 0
    assert Credential.objects.count() == 1


def test_rows_that_repeat_each_other_are_issued_once(achievement: Any) -> None:
    twins = [Person(name_latin="Salma Tazi")] * 2
    batch = award(achievement, *twins, Person(name_latin="Omar Tazi"), kind=ROSTER)
    assert issuance.issue_ready(kind=ROSTER, now=NOW) == 2
    assert list(batch.awards.values_list("state", flat=True)) == ["issued", "duplicate", "issued"]
    assert Batch.objects.get().state == Batch.State.COMPLETE


def test_a_row_that_cannot_be_signed_does_not_hold_its_neighbours(achievement: Any) -> None:
    batch = award(
        achievement, *[Person(name_latin=f"Salma {n}") for n in ("Tazi", "Alaoui", "Naciri")], kind=ROSTER
    )
    Award.objects.filter(batch=batch, row=2).update(name_latin="a\u0007b")
    assert issuance.issue_ready(kind=ROSTER, now=NOW) == 2
    row = batch.awards.get(row=2)
    assert row.state == Award.State.FAILED
    assert row.error_code.startswith("lint:")


def test_the_database_refuses_a_second_living_certificate(achievement: Any) -> None:
    credential = make_credential(achievement)
    copied = {f.attname: getattr(credential, f.attname) for f in Credential._meta.concrete_fields}
    other = make_credential(achievement, Person(name_latin="Omar Tazi"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Credential.objects.filter(pk=other.pk).update(person_hash=copied["person_hash"])


def test_slots_of_one_list_are_all_different(achievement: Any) -> None:
    names = [f"Salma {chr(65 + n // 26)}{chr(97 + n % 26)}" for n in range(60)]
    award(achievement, *[Person(name_latin=name) for name in names], kind=ROSTER)
    issuance.issue_ready(kind=ROSTER, now=NOW)
    slots = set(Credential.objects.values_list("status_list_id", "status_index"))
    assert len(slots) == 60
    indexes = sorted(index for _, index in slots)
    assert max(indexes) - min(indexes) > 10_000


def test_the_certificate_bears_a_moment_within_its_keys_period(achievement: Any) -> None:
    credential = make_credential(achievement)
    key = SigningKey.objects.get(pk=credential.key_id)
    assert credential.valid_from >= key.not_before.replace(microsecond=0)


def test_a_message_tells_the_person_once_and_says_nothing_personal(achievement: Any, settings: Any) -> None:
    credential = make_credential(
        achievement, Person(name_latin="Omar Tazi", address_kind="phone", address="0683000001", language="ar")
    )
    assert outbox.deliver_due(now=NOW) == 1
    assert outbox.deliver_due(now=NOW) == 0
    message = LocalMessage.objects.get()
    assert message.to == "+212683000001"
    assert "Tazi" not in message.body
    assert credential.pk not in message.body
    assert f"{settings.BASE_URL}/me/" in message.body


def test_a_gateway_that_fails_is_tried_again_later(achievement: Any, settings: Any) -> None:
    settings.SMS_BACKEND = "tests.credentials.test_issuance.BrokenGateway"
    make_credential(achievement, Person(name_latin="Omar Tazi", address_kind="phone", address="0683000001"))
    assert outbox.deliver_due(now=NOW) == 0
    assert outbox.deliver_due(now=NOW) == 0
    message = Message.objects.get()
    assert (message.state, message.attempts, message.last_error) == ("pending", 1, "ConnectionError")
    settings.SMS_BACKEND = "credentials.messengers.LocalSmsBackend"
    assert outbox.deliver_due(now=NOW + timedelta(minutes=5)) == 1


class BrokenGateway:
    """A gateway that is down."""

    def send(self, *, to: str, text: str, reference: str) -> None:
        raise ConnectionError


def test_a_second_script_that_does_not_fit_the_code_is_left_out_of_it_alone(key_room: Any) -> None:
    long = "محمد عبد الرحمن بن عبد السلام الإدريسي الحسني العلوي المراكشي"
    latin = "Mohammed Abderrahmane Ben Abdesslam El Idrissi El Hassani El Alaoui"
    achievement = make_achievement(
        make_issuer(), title_fr="Français professionnel pour l’accueil et le conseil – B1"
    )
    credential = make_credential(achievement, Person(name_latin=latin, name_arabic=long))
    claim = paper.parse(bytes(credential.paper)).claim
    assert claim.name == latin
    assert claim.second_name is None
    assert credential.name_arabic == long
    assert facts.link_prefix() > 20


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_validity_ends_with_its_last_day(key_room: Any) -> None:
    achievement = make_achievement(make_issuer(), valid_months=36)
    credential = make_credential(achievement, awarded_on=date(2026, 11, 20))
    assert credential.valid_until == moment("2029-11-20T23:59:59+00:00")


# -- What is never stored -------------------------------------------------------------------------
@pytest.mark.parametrize("form", ["jws", "cose"])
def test_a_signature_that_does_not_verify_is_not_stored(
    achievement: Any, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    sign = getattr(keys.Signer, form)

    def faulty(self: keys.Signer, signable: Any) -> Any:
        """As a broken key store would sign: one bit is wrong."""
        signed = sign(self, signable)
        if isinstance(signed, bytes):
            return signed[:-1] + bytes([signed[-1] ^ 1])
        return signed[:-4] + ("AAAA" if signed[-4:] != "AAAA" else "BBBB")

    monkeypatch.setattr(keys.Signer, form, faulty)
    batch = award(achievement)
    assert issuance.issue_ready(kind=INTERACTIVE, now=NOW) == 0
    chunk = Chunk.objects.get()
    assert (chunk.attempts, chunk.last_error) == (1, "SelfCheckFailed")
    assert batch.awards.get().state == Award.State.PENDING
    assert not Credential.objects.exists()


def test_what_was_signed_is_not_stored_once_the_lease_is_lost(
    achievement: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = issuance.Signing.run

    def overtaken(self: issuance.Signing, *given: Any) -> Any:
        signed = run(self, *given)
        Chunk.objects.update(lease_token="another")
        return signed

    monkeypatch.setattr(issuance.Signing, "run", overtaken)
    batch = award(achievement)
    taken = queue.take(kind=INTERACTIVE)
    assert taken is not None
    assert issuance.issue_chunk(taken, now=NOW) == 0
    assert batch.awards.get().state == Award.State.PENDING
    assert not Credential.objects.exists()


def test_a_certificate_never_says_a_moment_before_its_key(achievement: Any) -> None:
    award(achievement)
    begins = NOW + timedelta(milliseconds=500)
    SigningKey.objects.filter(issuer=achievement.issuer).update(not_before=begins)
    assert issuance.issue_ready(kind=INTERACTIVE, now=NOW + timedelta(seconds=5)) == 1
    assert Credential.objects.get().valid_from == NOW + timedelta(seconds=1)


def test_a_chunk_without_slots_is_not_signed(achievement: Any) -> None:
    batch = award(achievement)
    chunk = Chunk(batch=batch, kind=batch.kind, first_row=1, last_row=1, status_list=None)
    with pytest.raises(ValueError, match="without slots"):
        issuance.Signing(chunk, now=NOW)


def test_a_row_that_replaces_nothing_ends_no_other(achievement: Any) -> None:
    batch = award(achievement)
    rows = list(batch.awards.all())
    assert succession.step_aside(rows) == {}
    rows[0].state = Award.State.ISSUED
    succession.lead_on(rows=rows, before={}, batch=batch, now=NOW)
    assert not StatusChange.objects.exists()


def test_a_row_that_replaces_and_one_that_does_not_are_issued_together(key_room: Any) -> None:
    course = make_achievement(make_issuer())
    old = make_credential(course, Person(name_latin="Salma Tazi"))
    Credential.objects.filter(pk=old.pk).update(visibility="private")
    batch = award(
        course, Person(name_latin="Salma Tazy"), Person(name_latin="Omar Tazi"), kind=Batch.Kind.ROSTER
    )
    batch.awards.filter(row=1).update(replaces=old, reason="corrected")
    assert issuance.issue_ready(kind=Batch.Kind.ROSTER, now=NOW) == 2
    old.refresh_from_db()
    assert old.status == "replaced"
    shown = dict(Credential.objects.filter(award__batch=batch).values_list("name_latin", "visibility"))
    assert shown == {"Salma Tazy": "private", "Omar Tazi": "link"}
