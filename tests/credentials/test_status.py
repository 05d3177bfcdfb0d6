"""A change of mind: what each act does to a certificate, to its lists, and to the link people hold."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from credentials import bitstring, issuance, revocation, statuslists
from credentials.errors import BadAward, WrongStatus
from credentials.models import Batch, Credential, StatusChange, StatusListVersion
from credentials.people import Person
from issuers import keys
from tests.factories import NOW, key_room, make_achievement, make_credential, make_issuer

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db
Purpose = StatusListVersion.Purpose


@pytest.fixture
def credential(key_room: Any) -> Credential:
    return make_credential(make_achievement(make_issuer()))


def bits(credential: Credential) -> dict[str, bool]:
    """What the published lists say of this certificate, read from their signed form."""
    found = {}
    for purpose in Purpose:
        version = statuslists.read(number=credential.status_list_id, purpose=purpose)
        assert version is not None
        document = json.loads(keys.verify_jws(version.body, key=credential.key))
        encoded = document["credentialSubject"]["encodedList"]
        packed = base64.urlsafe_b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4))
        assert document["credentialSubject"]["statusPurpose"] == purpose
        found[purpose.value] = bitstring.is_set(bitstring.decode(packed), credential.status_index)
    return found


def test_a_fresh_certificate_has_no_bit_set(credential: Credential) -> None:
    assert bits(credential) == {"revocation": False, "suspension": False, "replacement": False}


def test_revoking_sets_the_revocation_bit(credential: Credential) -> None:
    revocation.revoke(credential=credential, reason="issued-in-error", by=None, now=NOW)
    assert statuslists.publish_changed(now=NOW) == 3
    assert bits(credential) == {"revocation": True, "suspension": False, "replacement": False}


def test_suspending_and_reinstating_leave_no_trace_in_the_lists(credential: Credential) -> None:
    revocation.suspend(credential=credential, reason="under-review", by=None, now=NOW)
    statuslists.publish_changed(now=NOW)
    assert bits(credential)["suspension"]
    revocation.reinstate(credential=credential, reason="review-closed", by=None, now=NOW)
    statuslists.publish_changed(now=NOW)
    assert not any(bits(credential).values())
    assert list(credential.status_changes.values_list("act", flat=True)) == ["suspend", "reinstate"]


def test_replacing_sets_two_bits_and_leads_on(credential: Credential) -> None:
    batch = revocation.replace(
        credential=credential,
        person=Person(name_latin="Fatima Zahra El Idrissi"),
        reason="corrected",
        by=None,
        idempotency_key="mend",
        now=NOW,
    )
    issuance.issue_ready(kind=Batch.Kind.INTERACTIVE, now=NOW)
    statuslists.publish_changed(now=NOW)
    credential.refresh_from_db()
    assert credential.status == Credential.Status.REPLACED
    assert credential.replaced_by is not None
    assert credential.replaced_by.award.batch_id == batch.pk
    assert bits(credential) == {"revocation": True, "suspension": False, "replacement": True}
    assert not any(bits(credential.replaced_by).values())
    assert StatusChange.objects.get().act == StatusChange.Act.REPLACE


def test_a_replacement_may_bear_the_same_name_and_day(credential: Credential) -> None:
    revocation.replace(
        credential=credential,
        person=Person(name_latin=credential.name_latin, name_arabic=credential.name_arabic),
        reason="corrected",
        by=None,
        idempotency_key="mend",
        now=NOW,
    )
    assert issuance.issue_ready(kind=Batch.Kind.INTERACTIVE, now=NOW) == 1


@pytest.mark.parametrize(
    ("before", "act"),
    [("revoke", "revoke"), ("revoke", "suspend"), ("revoke", "reinstate"), ("", "reinstate")],
)
def test_an_act_that_does_not_fit_the_status_is_refused(
    credential: Credential, before: str, act: str
) -> None:
    reasons = {"revoke": "fraud", "suspend": "under-review", "reinstate": "review-closed"}
    if before:
        revocation.revoke(credential=credential, reason="fraud", by=None, now=NOW)
    with pytest.raises(WrongStatus):
        getattr(revocation, act)(credential=credential, reason=reasons[act], by=None, now=NOW)


def test_a_reason_that_does_not_fit_the_act_is_refused(credential: Credential) -> None:
    with pytest.raises(BadAward):
        revocation.suspend(credential=credential, reason="issued-in-error", by=None, now=NOW)


def test_lists_are_signed_anew_only_when_changed_or_stale(credential: Credential) -> None:
    assert statuslists.publish_changed(now=NOW) == 0
    assert statuslists.publish_changed(now=NOW + statuslists.SIGN_ANEW_AFTER + timedelta(seconds=1)) == 3
    versions = set(StatusListVersion.objects.values_list("version", flat=True))
    assert versions == {int((NOW + statuslists.SIGN_ANEW_AFTER).timestamp()) + 1}


def test_a_change_that_commits_while_a_list_is_signed_is_published_the_next_time(
    credential: Credential,
) -> None:
    # The list was composed from the bits before the change, and stored after it: its count of changes tells.
    before = StatusListVersion.objects.get(status_list=credential.status_list_id, purpose=Purpose.REVOCATION)
    revocation.revoke(credential=credential, reason="fraud", by=None, now=NOW)
    StatusListVersion.objects.filter(pk=before.pk).update(signed_at=NOW + timedelta(minutes=1))
    statuslists.publish_changed(now=NOW + timedelta(minutes=2))
    assert bits(credential)["revocation"]
