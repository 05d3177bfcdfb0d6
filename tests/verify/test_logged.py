"""After a key was withdrawn: what the city's log shows to be older stands, and nothing else does."""

from datetime import timedelta

import pytest

from credentials import issuance, reading, revocation, statuslists
from credentials.models import Achievement, Batch, Credential
from credentials.people import Person
from issuers import keys, sealing
from tests.factories import NOW, award, make_achievement, make_credential
from verify.report import Outcome, Reason, Step, Verdict
from verify.wording import FACES

from .test_verifier import Form_, check, every_form, on_paper, outcomes, payload_of, signed

STOLEN = NOW + timedelta(hours=1)
AFTER = NOW + timedelta(hours=2)


@pytest.fixture
def logged(credential: Credential) -> Credential:
    """A certificate whose chunk was sealed before its key is withdrawn."""
    sealing.seal(now=NOW)
    return credential


def withdraw(credential: Credential) -> None:
    keys.mark_compromised(key=credential.key, by=None, now=STOLEN)


@every_form
def test_what_was_logged_before_is_valid_and_says_why(logged: Credential, form: Form_) -> None:
    withdraw(logged)
    report = check(form(logged), AFTER)
    assert (report.verdict, report.reason, report.holds) == (Verdict.VALID, Reason.LOGGED_BEFORE, True)
    assert outcomes(report)[Step.AUTHORITY] is Outcome.PASSED
    assert report.sentence == str(FACES[Reason.LOGGED_BEFORE].sentence)
    assert report.stated is not None


@every_form
def test_what_was_logged_after_counts_for_nothing(credential: Credential, form: Form_) -> None:
    withdraw(credential)
    sealing.seal(now=AFTER)
    report = check(form(credential), AFTER)
    assert (report.verdict, report.reason) == (Verdict.UNKNOWN_ISSUER, Reason.KEY_WITHDRAWN)
    assert report.stated is None


def test_what_the_thief_signs_under_a_logged_id_counts_for_nothing(logged: Credential) -> None:
    document = payload_of(logged)
    document["credentialSubject"]["identifier"][0]["identityHash"] = "Omar Voleur"
    forged = [
        signed(logged, document),
        on_paper(logged, name="Omar Voleur"),
        on_paper(logged, second_name="Omar Voleur"),
        on_paper(logged, title="Doctorat"),
        on_paper(logged, hours=900),
        on_paper(logged, expires_at=2**33),
        on_paper(logged, cti=bytes(16)),
    ]
    withdraw(logged)
    for each in forged:
        assert check(each, AFTER).reason is Reason.KEY_WITHDRAWN


def test_a_later_change_of_mind_shows_all_the_same(logged: Credential) -> None:
    withdraw(logged)
    keys.ensure_issuer_keys(issuer=logged.issuer, now=STOLEN)
    revocation.revoke(credential=logged, reason="fraud", by=None, now=AFTER)
    statuslists.publish_changed(now=AFTER)
    assert check(logged.jwt, AFTER).reason is Reason.REVOKED


def test_a_certificate_that_ends_still_says_until_when(achievement: Achievement) -> None:
    credential = make_credential(make_achievement(achievement.issuer, valid_months=24))
    sealing.seal(now=NOW)
    withdraw(credential)
    assert check(reading.qr_text(credential), AFTER).reason is Reason.LOGGED_BEFORE
    assert check(credential.jwt, AFTER + timedelta(days=900)).reason is Reason.EXPIRED


def test_a_row_that_was_changed_since_proves_nothing(logged: Credential) -> None:
    shown, digits = logged.jwt, reading.qr_text(logged)
    withdraw(logged)
    Credential.objects.filter(pk=logged.pk).update(jwt=f"{shown[:40]}A{shown[41:]}")
    assert check(digits, AFTER).reason is Reason.KEY_WITHDRAWN
    assert check(shown, AFTER).reason is Reason.LOGGED_BEFORE


def test_of_an_erased_certificate_the_file_still_stands_and_the_paper_cannot_be_told(
    logged: Credential,
) -> None:
    shown, digits = logged.jwt, reading.qr_text(logged)
    withdraw(logged)
    Credential.objects.filter(pk=logged.pk).update(jwt="", paper=b"", erased_at=AFTER)
    assert check(shown, AFTER).reason is Reason.LOGGED_BEFORE
    assert check(digits, AFTER).reason is Reason.KEY_WITHDRAWN


def test_what_was_stored_in_time_and_sealed_too_late_counts_for_nothing(
    achievement: Achievement, credential: Credential
) -> None:
    sealing.seal(now=NOW)
    award(achievement, Person(name_latin="Omar Voleur"))
    issuance.issue_ready(kind=Batch.Kind.INTERACTIVE, now=NOW + timedelta(minutes=1))
    statuslists.publish_changed(now=NOW)
    late = Credential.objects.get(name_latin="Omar Voleur")
    withdraw(credential)
    sealing.seal(now=AFTER)
    assert check(late.jwt, AFTER).reason is Reason.KEY_WITHDRAWN
    assert check(credential.jwt, AFTER).reason is Reason.LOGGED_BEFORE
