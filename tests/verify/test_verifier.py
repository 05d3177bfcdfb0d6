"""The verdicts: each state of a certificate, a key, an issuer and a list, in every form of the document."""

import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from credentials import issuance, paper, reading, revocation, statuslists
from credentials.models import LIST_SIZE, Achievement, Credential, StatusListVersion
from credentials.people import Person
from issuers import jose, keys, publications, registry
from issuers.models import SigningKey
from issuers.signable import Form, Signable
from tests.factories import (
    NOW,
    city_approver,
    city_officer,
    make_achievement,
    make_credential,
    make_issuer,
)
from verify import resolver, verifier
from verify.errors import Malformed, NotKnown, TooLarge
from verify.models import VerificationCount
from verify.report import Outcome, Reason, Report, Step, Verdict

from .test_gate import mutated
from .tokens import DID, high_s, token

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=5)
Form_ = Callable[[Credential], str]


def check(source: str | bytes, now: datetime = SOON) -> Report:
    return verifier.verify(source=source, now=now, door="api")


def outcomes(report: Report) -> dict[Step, Outcome]:
    return {each.step: each.outcome for each in report.checks}


def payload_of(credential: Credential) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(jose.unb64(credential.jwt.split(".")[1]))
    return document


def signed(credential: Credential, document: dict[str, Any], form: Form = Form.CREDENTIAL) -> str:
    """This document, signed by the credential's issuer as it stands: what no linter would let through."""
    signer = keys.signer(issuer=credential.issuer, now=NOW)
    return signer.jws(Signable(form, credential.issuer_id, json.dumps(document).encode()))


def on_paper(credential: Credential, **changes: Any) -> str:
    """The digits of a paper claim that differs from the credential's in these members."""
    claim = paper.parse(bytes(credential.paper)).claim
    members = {name: getattr(claim, name) for name in claim.__dataclass_fields__} | changes
    signer = keys.signer(issuer=credential.issuer, now=NOW)
    body = paper.payload(paper.Claim(**members))
    return paper.digits(signer.cose(Signable(Form.PAPER, credential.issuer_id, body)))


def jwt(credential: Credential) -> str:
    return credential.jwt


def envelope(credential: Credential) -> str:
    return json.dumps(
        {"type": "EnvelopedVerifiableCredential", "id": f"data:application/vc+jwt,{credential.jwt}"}
    )


def link(credential: Credential) -> str:
    return f"http://localhost:8000/c/{credential.pk}"


def short_code(credential: Credential) -> str:
    return paper.group_code(credential.short_code).lower()


FORMS = [jwt, envelope, link, short_code, reading.qr_text]
every_form = pytest.mark.parametrize("form", FORMS, ids=["jwt", "envelope", "link", "short-code", "paper"])


# -- Valid ----------------------------------------------------------------------------------------
@every_form
def test_a_genuine_and_current_certificate_is_valid_in_every_form(
    credential: Credential, form: Form_
) -> None:
    report = check(form(credential))
    assert report.verdict is Verdict.VALID
    assert report.holds is True
    assert [each.number for each in report.checks] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert set(outcomes(report).values()) == {Outcome.PASSED}
    assert report.status_as_of == NOW
    assert report.stated is not None
    assert [name.text for name in report.stated.names] == [
        "Fatima-Zahra El Idrissi",
        "فاطمة الزهراء الإدريسي",
    ]
    assert [name.language for name in report.stated.names] == ["fr", "ar"]
    assert report.stated.titles[0].text == "Premiers pas avec le smartphone"
    assert (report.stated.hours, report.stated.level) == (12, "CNC 1")


def test_the_report_shows_every_signed_field(credential: Credential) -> None:
    stated = check(credential.jwt).to_json()["credential"]
    assert stated == {
        "id": f"http://localhost:8000/c/{credential.pk}",
        "names": [
            {"text": "Fatima-Zahra El Idrissi", "language": "fr"},
            {"text": "فاطمة الزهراء الإدريسي", "language": "ar"},
        ],
        "titles": [
            {"text": "Premiers pas avec le smartphone", "language": "fr"},
            {"text": "الخطوات الأولى في استعمال الهاتف الذكي", "language": "ar"},
        ],
        "criteria": [
            {"text": "Sait appeler, envoyer une photo et installer une application.", "language": "fr"},
            {"text": "يستطيع الاتصال وإرسال صورة وتثبيت تطبيق.", "language": "ar"},
        ],
        "level": "CNC 1",
        "hours": 12,
        "assessed": True,
        "result": "",
        "theme": "digital",
        "awarded_on": "2026-11-24",
        "valid_from": "2026-11-24T10:00:00Z",
        "valid_until": None,
        "achievement": f"http://localhost:8000/a/{credential.achievement_id}",
    }


def test_the_issuer_is_named_from_the_register_and_not_from_the_document(credential: Credential) -> None:
    document = payload_of(credential)
    document["issuer"]["name"] = "Université de Harvard"
    report = check(signed(credential, document))
    assert report.verdict is Verdict.VALID
    assert report.issuer is not None
    assert report.issuer.name_fr == "Médiathèque Ennour de Sidi Moumen"
    assert "Harvard" not in json.dumps(report.to_json())


def test_a_stored_certificate_is_checked_afresh(credential: Credential) -> None:
    assert verifier.verify_stored(credential=credential, now=SOON).verdict is Verdict.VALID
    credential.jwt = credential.jwt[:-8] + "AAAAAAAA"
    assert verifier.verify_stored(credential=credential, now=SOON).verdict is Verdict.TAMPERED


# -- Status ---------------------------------------------------------------------------------------
@every_form
def test_a_revoked_certificate_is_revoked_in_every_form(credential: Credential, form: Form_) -> None:
    revocation.revoke(credential=credential, reason="issued-in-error", by=None, now=NOW)
    statuslists.publish_changed(now=SOON)
    report = check(form(credential))
    assert (report.verdict, report.holds) == (Verdict.REVOKED, False)
    assert outcomes(report)[Step.STATUS] is Outcome.FAILED
    assert report.stated is not None


@every_form
def test_a_suspended_certificate_is_suspended_and_a_reinstated_one_valid(
    credential: Credential, form: Form_
) -> None:
    revocation.suspend(credential=credential, reason="under-review", by=None, now=NOW)
    statuslists.publish_changed(now=SOON)
    assert check(form(credential)).verdict is Verdict.SUSPENDED
    revocation.reinstate(credential=credential, reason="review-closed", by=None, now=NOW)
    statuslists.publish_changed(now=SOON)
    assert check(form(credential)).verdict is Verdict.VALID


@every_form
def test_a_replaced_certificate_leads_to_its_successor(credential: Credential, form: Form_) -> None:
    revocation.replace(
        credential=credential,
        person=Person(name_latin="Fatima Zahra Idrissi"),
        reason="corrected",
        by=None,
        idempotency_key="again",
        now=NOW,
    )
    issuance.issue_ready(kind="interactive", now=NOW)
    statuslists.publish_changed(now=SOON)
    credential.refresh_from_db()
    report = check(form(credential))
    assert (report.verdict, report.holds) == (Verdict.REPLACED, False)
    assert report.successor_url == f"http://localhost:8000/c/{credential.replaced_by_id}"
    assert check(report.successor_url).verdict is Verdict.VALID


@pytest.mark.parametrize("variant", [high_s, lambda compact: f"\n{compact[:80]}\n{compact[80:]}"])
def test_other_bytes_of_a_revoked_certificate_are_revoked_too(
    credential: Credential, variant: Callable[[str], str]
) -> None:
    revocation.revoke(credential=credential, reason="fraud", by=None, now=NOW)
    statuslists.publish_changed(now=SOON)
    assert check(variant(credential.jwt)).verdict is Verdict.REVOKED


def test_a_change_shows_once_the_lists_are_published_and_not_before(credential: Credential) -> None:
    revocation.revoke(credential=credential, reason="fraud", by=None, now=NOW)
    assert check(credential.jwt).verdict is Verdict.VALID
    statuslists.publish_changed(now=SOON)
    assert check(credential.jwt).verdict is Verdict.REVOKED


@pytest.mark.parametrize("purpose", StatusListVersion.Purpose.values)
def test_without_a_published_list_the_status_is_unknown_and_never_green(
    credential: Credential, purpose: str
) -> None:
    StatusListVersion.objects.filter(purpose=purpose).delete()
    report = check(credential.jwt)
    assert (report.verdict, report.reason) == (Verdict.NOT_CHECKABLE, Reason.STATUS_UNKNOWN)
    assert report.holds is None
    assert report.stated is not None


def test_a_list_past_its_time_leaves_the_status_open(credential: Credential) -> None:
    report = check(credential.jwt, NOW + statuslists.VALID_FOR)
    assert (report.verdict, report.reason) == (Verdict.NOT_CHECKABLE, Reason.STATUS_STALE)
    assert check(credential.jwt, NOW + statuslists.VALID_FOR - timedelta(seconds=1)).verdict is Verdict.VALID


def test_a_bit_that_is_set_in_an_old_list_still_speaks(credential: Credential) -> None:
    revocation.revoke(credential=credential, reason="fraud", by=None, now=NOW)
    statuslists.publish_changed(now=NOW)
    assert check(credential.jwt, NOW + timedelta(days=30)).verdict is Verdict.REVOKED


def test_a_neighbour_in_the_list_is_not_touched(achievement: Achievement) -> None:
    one = make_credential(achievement)
    other = make_credential(achievement, Person(name_latin="Omar Bennani"))
    revocation.revoke(credential=one, reason="fraud", by=None, now=NOW)
    statuslists.publish_changed(now=SOON)
    assert check(other.jwt).verdict is Verdict.VALID


# -- Dates ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("form", [jwt, reading.qr_text], ids=["jwt", "paper"])
def test_a_certificate_expires_with_the_second_that_it_names(achievement: Achievement, form: Form_) -> None:
    credential = make_credential(make_achievement(achievement.issuer, valid_months=24))
    assert credential.valid_until is not None
    last = credential.valid_until - timedelta(seconds=1)
    statuslists.publish_changed(now=last)
    assert check(form(credential), last).verdict is Verdict.VALID
    assert check(form(credential), credential.valid_until).verdict is Verdict.EXPIRED


def test_revoked_is_worse_than_expired(achievement: Achievement) -> None:
    credential = make_credential(make_achievement(achievement.issuer, valid_months=1))
    revocation.revoke(credential=credential, reason="fraud", by=None, now=NOW)
    statuslists.publish_changed(now=SOON)
    report = check(credential.jwt, NOW + timedelta(days=400))
    assert report.verdict is Verdict.REVOKED
    assert outcomes(report)[Step.DATES] is Outcome.FAILED


@pytest.mark.parametrize("form", [jwt, reading.qr_text], ids=["jwt", "paper"])
def test_a_certificate_dated_ahead_is_not_valid_yet(credential: Credential, form: Form_) -> None:
    assert check(form(credential), NOW - timedelta(minutes=10)).verdict is Verdict.NOT_YET_VALID
    assert check(form(credential), NOW - timedelta(minutes=1)).verdict is Verdict.VALID


# -- Keys and signatures --------------------------------------------------------------------------
def test_a_changed_document_is_tampered_and_shows_nothing_of_itself(credential: Credential) -> None:
    document = payload_of(credential)
    document["credentialSubject"]["identifier"][0]["identityHash"] = "Somebody Else"
    first, _, third = credential.jwt.split(".")
    report = check(f"{first}.{jose.b64(json.dumps(document).encode())}.{third}")
    assert (report.verdict, report.holds) == (Verdict.TAMPERED, False)
    assert (report.stated, report.issuer, report.short_code) == (None, None, "")
    assert "Somebody Else" not in json.dumps(report.to_json())
    assert [each.step for each in report.checks if each.made] == [Step.READABLE, Step.ISSUER, Step.SIGNATURE]
    assert outcomes(report)[Step.STATUS] is Outcome.UNKNOWN


def test_an_unknown_issuer_is_unknown_and_shows_nothing_of_the_claim(credential: Credential) -> None:
    report = check(token())
    assert (report.verdict, report.holds) == (Verdict.UNKNOWN_ISSUER, None)
    assert (report.stated, report.issuer) == (None, None)
    assert "Inventée" not in json.dumps(report.to_json(), ensure_ascii=False)


def test_an_issuer_of_elsewhere_costs_no_query(db: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert resolver.key_of(did=DID, fragment="x" * 43, algorithm="ES256") is None
        assert not resolver.is_registered(did=DID)


def test_a_stored_certificate_is_checked_with_few_queries(
    credential: Credential, django_assert_max_num_queries: Any
) -> None:
    stored = reading.by_id(credential.pk)
    with django_assert_max_num_queries(3):  # the key with its issuer, the mandates, the lists
        verifier.verify_stored(credential=stored, now=SOON)


def test_a_key_that_the_register_does_not_know_is_not_the_issuers(credential: Credential) -> None:
    header = json.loads(jose.unb64(credential.jwt.split(".")[0]))
    kid = header["kid"].partition("#")[0] + "#" + jose.thumbprint(jose.jwk_of(_other_key().public_key()))
    forged = token(header=header | {"kid": kid}, body=payload_of(credential), key=_other_key())
    report = check(forged)
    assert (report.verdict, report.reason) == (Verdict.UNKNOWN_ISSUER, Reason.UNKNOWN_KEY)
    assert report.stated is None


def test_a_signature_by_another_key_under_a_known_name_is_tampered(credential: Credential) -> None:
    header = json.loads(jose.unb64(credential.jwt.split(".")[0]))
    assert (
        check(token(header=header, body=payload_of(credential), key=_other_key())).verdict is Verdict.TAMPERED
    )


def _other_key() -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.derive_private_key(1234567, ec.SECP256R1())


def test_zero_signatures_are_refused(credential: Credential) -> None:
    signed_part = credential.jwt.rpartition(".")[0]
    assert check(f"{signed_part}.{jose.b64(bytes(64))}").verdict is Verdict.TAMPERED


def test_the_ed25519_key_of_an_issuer_does_not_pass_for_es256(credential: Credential) -> None:
    other = SigningKey.objects.get(issuer=credential.issuer, algorithm=SigningKey.Algorithm.ED25519)
    header = json.loads(jose.unb64(credential.jwt.split(".")[0]))
    kid = header["kid"].partition("#")[0] + "#" + other.thumbprint
    assert check(token(header=header | {"kid": kid})).reason is Reason.UNKNOWN_KEY


def test_a_retired_key_still_vouches_for_what_it_signed(credential: Credential) -> None:
    keys.retire(key=credential.key, by=None, now=SOON)
    assert check(credential.jwt).verdict is Verdict.VALID
    assert check(reading.qr_text(credential)).verdict is Verdict.VALID


def test_a_retired_key_does_not_vouch_for_what_is_dated_later(credential: Credential) -> None:
    later = payload_of(credential) | {"validFrom": "2026-11-24T10:05:00Z", "nbf": int(SOON.timestamp())}
    compact, digits = signed(credential, later), on_paper(credential, issued_at=int(SOON.timestamp()))
    keys.retire(key=credential.key, by=None, now=SOON - keys.LATE)
    for source in (compact, digits):
        report = check(source, SOON + timedelta(hours=1))
        assert (report.verdict, report.reason) == (Verdict.UNKNOWN_ISSUER, Reason.OUTSIDE_KEY_PERIOD)
        assert (report.stated, report.holds) == (None, False)


def test_a_date_before_the_key_was_made_does_not_count(credential: Credential) -> None:
    past = payload_of(credential) | {
        "validFrom": "2025-11-24T10:00:00Z",
        "nbf": int((NOW - timedelta(days=365)).timestamp()),
    }
    assert check(signed(credential, past)).reason is Reason.OUTSIDE_KEY_PERIOD


@pytest.mark.parametrize("form", [jwt, link, reading.qr_text], ids=["jwt", "link", "paper"])
def test_nothing_under_a_withdrawn_key_counts_whatever_its_date(credential: Credential, form: Form_) -> None:
    keys.mark_compromised(key=credential.key, by=None, now=SOON)
    report = check(form(credential), SOON + timedelta(days=1))
    assert (report.verdict, report.reason) == (Verdict.UNKNOWN_ISSUER, Reason.KEY_WITHDRAWN)
    assert (report.stated, report.holds) == (None, False)


def test_mutated_certificates_are_never_valid(credential: Credential) -> None:
    source = random.Random(20261124)
    for _ in range(300):
        changed = mutated(source, credential.jwt)
        try:
            report = check(changed)
        except Malformed:
            continue
        assert report.verdict is not Verdict.VALID or "".join(changed.split()) == credential.jwt


def test_a_printed_code_with_one_bit_flipped_is_never_valid(credential: Credential) -> None:
    cose = bytes(credential.paper)
    for at in range(len(cose)):
        flipped = bytearray(cose)
        flipped[at] ^= 1 << (at % 8)
        assert check(paper.digits(bytes(flipped))).verdict is not Verdict.VALID


# -- Accreditation --------------------------------------------------------------------------------
def test_a_later_suspension_of_the_issuer_voids_nothing_older(credential: Credential) -> None:
    registry.suspend_issuer(issuer=credential.issuer, reason="Contrôle", by=city_officer(), now=SOON)
    for form in FORMS:
        assert check(form(credential)).verdict is Verdict.VALID


def test_a_closed_issuer_keeps_its_name_and_its_certificates(credential: Credential) -> None:
    registry.close_issuer(issuer=credential.issuer, reason="Fin", by=city_approver(), now=SOON)
    statuslists.publish_changed(now=NOW + timedelta(days=300))
    report = check(credential.jwt, NOW + timedelta(days=300))
    assert report.verdict is Verdict.VALID
    assert report.issuer is not None


def test_a_theme_without_a_mandate_is_told(credential: Credential) -> None:
    document = payload_of(credential)
    document["credentialSubject"]["achievement"]["fieldOfStudy"] = "health"
    report = check(signed(credential, document))
    assert (report.verdict, report.reason) == (Verdict.UNKNOWN_ISSUER, Reason.NOT_ACCREDITED)
    assert report.holds is False
    assert report.stated is not None  # the issuer did sign it


def test_a_proposed_issuer_is_nobody_yet(credential: Credential) -> None:
    make_issuer(slug="coming", state="proposed")
    did = "did:web:localhost%3A8000:issuers:coming"
    header = json.loads(jose.unb64(credential.jwt.split(".")[0]))
    report = check(token(header=header | {"kid": f"{did}#{credential.key.thumbprint}"}))
    assert report.reason is Reason.UNKNOWN_ISSUER


# -- Shape ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"iss": "did:web:elsewhere.example"}, "iss"),
        ({"jti": "urn:uuid:0"}, "jti"),
        ({"sub": "urn:uuid:0"}, "sub"),
        ({"nbf": 1}, "nbf"),
        ({"nbf": True}, "nbf"),
        ({"exp": 1_900_000_000}, "exp"),
        ({"validUntil": "2030-01-01T00:00:00Z"}, "exp"),
        ({"exp": 5, "validUntil": "2030-01-01T00:00:00Z"}, "exp"),
        ({"issuer": "did:web:elsewhere.example"}, "issuer is the signer"),
        ({"issuer": None}, "issuer is the signer"),
        ({"id": "https://elsewhere.example/c/1", "jti": "https://elsewhere.example/c/1"}, "id"),
        ({"type": ["VerifiableCredential"]}, "type"),
        ({"type": {"a": 1}}, "type"),
        ({"@context": []}, "@context"),
        ({"validFrom": "2026-11-24T10:00:00"}, "nbf"),
        ({"validFrom": 7}, "nbf"),
        ({"vc": {}}, "vc"),
        ({"credentialSubject": []}, "sub"),
        ({"credentialStatus": None}, "credentialStatus"),
        ({"credentialStatus": [1]}, "credentialStatus"),
    ],
)
def test_a_signed_document_that_contradicts_itself_is_not_believed(
    credential: Credential, changes: dict[str, Any], rule: str
) -> None:
    report = check(signed(credential, payload_of(credential) | changes))
    assert (report.verdict, report.reason) == (Verdict.NOT_CHECKABLE, Reason.CONTRADICTORY)
    assert report.holds is False
    assert (report.stated, next(c.detail for c in report.checks if c.step is Step.SHAPE)) == (None, rule)


def test_one_issuer_cannot_sign_for_another(credential: Credential) -> None:
    other = make_issuer()
    document = payload_of(make_credential(make_achievement(other)))
    assert check(signed(credential, document)).reason is Reason.CONTRADICTORY


def test_a_slot_that_belongs_to_another_certificate_is_not_believed(achievement: Achievement) -> None:
    one = make_credential(achievement)
    other = make_credential(achievement, Person(name_latin="Omar Bennani"))
    borrowed = payload_of(one) | {"credentialStatus": payload_of(other)["credentialStatus"]}
    assert check(signed(one, borrowed)).reason is Reason.CONTRADICTORY
    status = other.status_list_id * LIST_SIZE + other.status_index
    assert check(on_paper(one, status=status)).reason is Reason.CONTRADICTORY


def test_a_certificate_that_names_nobody_is_not_believed(credential: Credential) -> None:
    document = payload_of(credential)
    document["credentialSubject"]["identifier"] = []
    assert check(signed(credential, document)).reason is Reason.CONTRADICTORY


def test_the_issuers_other_documents_are_no_certificates(credential: Credential) -> None:
    listed = StatusListVersion.objects.filter(purpose="revocation").get().body
    assert check(listed).reason is Reason.CONTRADICTORY
    directory = publications.read(name="keys")
    assert directory is not None
    assert check(directory.body).reason is Reason.MALFORMED


# -- Paper ----------------------------------------------------------------------------------------
def test_a_code_under_a_key_that_nobody_has_is_from_an_unknown_issuer(credential: Credential) -> None:
    cose = bytes(credential.paper).replace(bytes.fromhex(credential.key.kid8), bytes(8))
    report = check(paper.digits(cose))
    assert (report.verdict, report.stated) == (Verdict.UNKNOWN_ISSUER, None)


def test_every_key_of_a_shared_short_name_is_tried(credential: Credential) -> None:
    other = make_issuer()
    SigningKey.objects.filter(issuer=other, algorithm="ES256").update(kid8=credential.key.kid8)
    report = check(reading.qr_text(credential))
    assert report.verdict is Verdict.VALID
    assert report.issuer is not None
    assert report.issuer.slug == credential.issuer.slug


def test_a_code_whose_certificate_is_not_stored_here_still_verifies(credential: Credential) -> None:
    report = check(on_paper(credential, cti=bytes(16)))
    assert report.verdict is Verdict.VALID
    assert report.stated is not None
    assert report.stated.id == ""


def test_a_code_that_names_another_issuer_is_not_believed(credential: Credential) -> None:
    assert check(on_paper(credential, issuer="did:web:elsewhere.example")).reason is Reason.CONTRADICTORY


@pytest.mark.parametrize("digits", ["1" * 400, "9" * 1500, "25" + "0" * 300])
def test_digits_that_are_no_code_of_ours_are_not_readable(db: None, digits: str) -> None:
    report = check(digits)
    assert (report.verdict, report.reason, report.holds) == (
        Verdict.NOT_CHECKABLE,
        Reason.MALFORMED,
        False,
    )


# -- Visibility -----------------------------------------------------------------------------------
@pytest.mark.parametrize("form", [link, short_code])
def test_a_private_certificate_gives_the_verdict_alone_to_whoever_has_the_link(
    credential: Credential, form: Form_
) -> None:
    Credential.objects.update(visibility=Credential.Visibility.PRIVATE)
    report = check(form(credential))
    assert report.verdict is Verdict.VALID
    assert report.concealed
    written = json.dumps(report.to_json(), ensure_ascii=False)
    for secret in ("Fatima", "فاطمة", "smartphone", "Ennour", credential.issuer.slug, credential.short_code):
        assert secret not in written


@pytest.mark.parametrize("form", [jwt, reading.qr_text])
def test_whoever_has_the_document_of_a_private_certificate_sees_what_it_says(
    credential: Credential, form: Form_
) -> None:
    Credential.objects.update(visibility=Credential.Visibility.PRIVATE)
    report = check(form(credential))
    assert report.stated is not None
    assert report.stated.names
    assert not report.files


def test_an_erased_certificate_says_so_and_its_copies_still_verify(credential: Credential) -> None:
    compact, code = credential.jwt, reading.qr_text(credential)
    Credential.objects.update(
        erased_at=NOW, jwt="", paper=b"", name_latin="", name_arabic="", address="", address_kind=""
    )
    report = check(link(credential))
    assert (report.verdict, report.reason, report.stated) == (Verdict.NOT_CHECKABLE, Reason.ERASED, None)
    assert check(compact).verdict is Verdict.VALID
    assert check(code).verdict is Verdict.VALID
    assert not check(compact).files


# -- What cannot be checked -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("document", "reason", "holds"),
    [
        (
            {"type": ["VerifiableCredential"], "proof": {"type": "DataIntegrityProof"}},
            Reason.FOREIGN_PROOF,
            None,
        ),
        ({"type": ["VerifiableCredential"]}, Reason.UNSIGNED, False),
    ],
)
def test_documents_of_another_kind_are_not_checkable(
    db: None, document: dict[str, Any], reason: Reason, holds: bool | None
) -> None:
    report = check(json.dumps(document))
    assert (report.verdict.value == "not-checkable", report.reason, report.holds) == (True, reason, holds)


@pytest.mark.parametrize("code", ["BZF3-G3DK-P8FZ", "http://localhost:8000/c/AAAAAAAAAAAAAAAAAAAAAA"])
def test_a_code_or_link_without_a_certificate_is_not_known(db: None, code: str) -> None:
    with pytest.raises(NotKnown):
        check(code)


def test_a_token_of_ours_above_16_kilobytes_is_too_large(db: None) -> None:
    kid = "did:web:localhost%3A8000:issuers:somebody#x"
    with pytest.raises(TooLarge):
        check(token(header={"alg": "ES256", "kid": kid}, body={"x": "x" * 20_000}))


# -- Counts ---------------------------------------------------------------------------------------
def test_verdicts_are_counted_by_day_and_door_and_nothing_else_is_kept(credential: Credential) -> None:
    for _ in range(3):
        check(credential.jwt)
    check(token())
    verifier.verify(source=credential.jwt, now=SOON, door="command")
    verifier.verify_stored(credential=credential, now=SOON)
    rows = set(VerificationCount.objects.values_list("on", "door", "verdict", "times"))
    day = SOON.date()
    assert rows == {
        (day, "api", "valid", 3),
        (day, "api", "unknown-issuer", 1),
        (day, "command", "valid", 1),
    }
    assert {field.name for field in VerificationCount._meta.get_fields()} == {
        "id",
        "on",
        "door",
        "verdict",
        "times",
    }
