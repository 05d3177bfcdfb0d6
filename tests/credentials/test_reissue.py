"""Bulk re-issue after a key was withdrawn: the same content, a new key, once each, and links that lead on."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from credentials import issuance, letters, reissue, revocation, statuslists
from credentials.models import Achievement, Award, Batch, Credential, Message, StatusChange
from credentials.people import Person
from credentials.signals import credential_status_changed
from issuers import keys, registry
from issuers.errors import WrongState
from issuers.jose import unb64
from issuers.models import SigningKey
from passport import filing
from passport.models import Address, Entry
from tests.factories import (
    NOW,
    award,
    city_approver,
    city_officer,
    key_room,
    make_achievement,
    make_credential,
    make_issuer,
    make_learner,
    publish_keys,
)
from verify import verifier
from verify.report import Verdict

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
ROSTER, REISSUE = Batch.Kind.ROSTER, Batch.Kind.REISSUE


@pytest.fixture
def course(key_room: Path) -> Achievement:
    return make_achievement(make_issuer())


def people(number: int) -> list[Person]:
    return [
        Person(
            name_latin=f"Salma {chr(65 + n // 26)}{chr(97 + n % 26)}",
            address_kind="phone",
            address=f"+2126{n:08d}",
        )
        for n in range(number)
    ]


def withdraw(issuer: Any) -> SigningKey:
    """The issuer's key is withdrawn, a fresh one made and published."""
    key = SigningKey.objects.get(issuer=issuer, algorithm="ES256", state="active")
    keys.mark_compromised(key=key, by=city_officer(), now=LATER)
    publish_keys(now=LATER)
    return key


def issue_anew(key: SigningKey) -> reissue.Ordered:
    """Order, sign, publish."""
    ordered = reissue.order(key=key, by=None, now=LATER)
    issuance.issue_ready(kind=REISSUE, now=LATER)
    statuslists.publish_changed(now=LATER)
    return ordered


def said(credential: Credential) -> dict[str, Any]:
    """What the document says apart from which document it is."""
    document: dict[str, Any] = json.loads(unb64(credential.jwt.split(".")[1]))
    for name in ("id", "jti", "sub", "nbf", "validFrom", "credentialStatus"):
        document.pop(name)
    document["credentialSubject"].pop("id")
    return document


def test_every_living_certificate_gets_one_successor_that_says_the_same(course: Achievement) -> None:
    award(course, *people(30), kind=ROSTER, session="A")
    award(course, *people(10), kind=ROSTER, session="B")
    issuance.issue_ready(kind=ROSTER, now=NOW)
    old = {credential.pk: credential for credential in Credential.objects.all()}
    key = withdraw(course.issuer)
    assert issue_anew(key) == reissue.Ordered(ordered=40, without_mandate={})
    for credential in Credential.objects.filter(pk__in=old).select_related("replaced_by"):
        new = credential.replaced_by
        assert credential.status == "replaced"
        assert new is not None
        assert (new.status, new.key_id == key.pk) == ("active", False)
        assert said(new) == said(old[credential.pk])
        assert (new.session, new.person_hash) == (credential.session, credential.person_hash)
        assert verifier.verify_stored(credential=new, now=LATER).verdict is Verdict.VALID
    assert Credential.objects.count() == 80
    changes = StatusChange.objects.all()
    assert {(change.act, change.reason) for change in changes} == {("replace", "key-compromised")}
    assert changes.count() == 40


def test_asking_again_orders_nothing_twice(course: Achievement) -> None:
    award(course, *people(5), kind=ROSTER)
    issuance.issue_ready(kind=ROSTER, now=NOW)
    key = withdraw(course.issuer)
    assert reissue.order(key=key, by=None, now=LATER).ordered == 5
    assert reissue.order(key=key, by=None, now=LATER).ordered == 0
    assert reissue.standing(key=key, now=LATER) == reissue.Standing(waiting=5, not_ordered=0, replaced=0)
    issuance.issue_ready(kind=REISSUE, now=LATER)
    assert reissue.order(key=key, by=None, now=LATER).ordered == 0
    assert reissue.standing(key=key, now=LATER) == reissue.Standing(waiting=0, not_ordered=0, replaced=5)


def test_two_who_order_at_once_give_one_successor(course: Achievement) -> None:
    award(course, *people(3), kind=ROSTER)
    issuance.issue_ready(kind=ROSTER, now=NOW)
    key = withdraw(course.issuer)
    ids = list(Credential.objects.values_list("pk", flat=True))
    assert reissue._open(key, course, "", ids, by=None, now=LATER) == 3
    first = Batch.objects.get(kind=REISSUE)
    Award.objects.filter(batch=first).update(
        replaces=None
    )  # as the second saw it, before the first committed
    assert reissue._open(key, course, "", ids, by=None, now=LATER) == 3
    for row in Award.objects.filter(batch=first):
        twin = Award.objects.exclude(batch=first).get(row=row.row, replaces__isnull=False)
        Award.objects.filter(pk=row.pk).update(replaces=twin.replaces)
    issuance.issue_ready(kind=REISSUE, now=LATER)
    assert Credential.objects.filter(status="active").count() == 3
    assert Credential.objects.filter(status="replaced").count() == 3
    assert set(
        Award.objects.filter(batch__kind=REISSUE, state="failed").values_list("error_code", flat=True)
    ) <= {"predecessor-ended"}
    assert Award.objects.filter(batch__kind=REISSUE, state__in=("failed", "duplicate")).count() == 3


def test_what_ended_is_left_and_what_is_paused_stays_paused(course: Achievement) -> None:
    officer = city_officer()
    revoked, paused, private = (make_credential(course, person) for person in people(3))
    short = make_achievement(course.issuer, valid_months=1)
    expired = make_credential(short, people(4)[3])
    Credential.objects.filter(pk=expired.pk).update(valid_until=LATER)
    erased = make_credential(course, people(5)[4])
    Credential.objects.filter(pk=erased.pk).update(erased_at=NOW)
    revocation.revoke(credential=revoked, reason="fraud", by=officer, now=NOW)
    revocation.suspend(credential=paused, reason="under-review", by=officer, now=NOW)
    Credential.objects.filter(pk=private.pk).update(visibility="private")
    assert issue_anew(withdraw(course.issuer)).ordered == 2
    paused.refresh_from_db()
    private.refresh_from_db()
    assert paused.replaced_by is not None
    assert private.replaced_by is not None
    assert paused.replaced_by.status == "suspended"
    verdict = verifier.verify_stored(credential=paused.replaced_by, now=LATER).verdict
    assert verdict is Verdict.SUSPENDED
    assert (private.replaced_by.status, private.replaced_by.visibility) == ("active", "private")
    for credential, status in ((revoked, "revoked"), (expired, "active"), (erased, "active")):
        credential.refresh_from_db()
        assert (credential.status, credential.replaced_by) == (status, None)


def test_what_is_revoked_before_its_successor_is_signed_gets_none(course: Achievement) -> None:
    kept, revoked = (make_credential(course, person) for person in people(2))
    key = withdraw(course.issuer)
    assert reissue.order(key=key, by=None, now=LATER).ordered == 2
    revocation.revoke(credential=revoked, reason="fraud", by=city_officer(), now=LATER)
    issuance.issue_ready(kind=REISSUE, now=LATER)
    revoked.refresh_from_db()
    kept.refresh_from_db()
    assert (revoked.status, revoked.replaced_by) == ("revoked", None)
    assert kept.status == "replaced"
    row = Award.objects.get(replaces=revoked)
    assert (row.state, row.error_code) == ("failed", "predecessor-ended")
    assert not Credential.objects.filter(award=row).exists()


def test_a_provider_without_a_mandate_is_named_and_its_certificates_stay(course: Achievement) -> None:
    credential = make_credential(course)
    registry.close_issuer(issuer=course.issuer, reason="Fin d’activité", by=city_approver(), now=LATER)
    ordered = issue_anew(withdraw(course.issuer))
    assert ordered == reissue.Ordered(ordered=0, without_mandate={"digital": 1})
    credential.refresh_from_db()
    assert credential.status == "active"


def test_a_key_that_was_not_withdrawn_is_left_alone(course: Achievement) -> None:
    make_credential(course)
    key = SigningKey.objects.get(issuer=course.issuer, algorithm="ES256")
    with pytest.raises(WrongState):
        reissue.order(key=key, by=None, now=LATER)
    assert not Batch.objects.filter(kind=REISSUE).exists()


def test_the_successor_goes_into_the_same_passport_and_the_person_is_told(course: Achievement) -> None:
    learner = make_learner()
    Address.objects.create(
        learner=learner, kind="phone", value="+212612345678", verified_at=NOW, added_at=NOW, primary=True
    )
    person = Person(
        name_latin=learner.name_latin,
        name_arabic=learner.name_arabic,
        address_kind="phone",
        address="+212612345678",
    )
    credential = make_credential(course, person)
    filing.consider_unfiled(now=NOW)
    Address.objects.all().delete()  # the number is somebody else's by now: the succession alone leads
    issue_anew(withdraw(course.issuer))
    filing.consider_unfiled(now=LATER)
    credential.refresh_from_db()
    assert set(Entry.objects.values_list("credential", "learner")) == {
        (credential.pk, learner.pk),
        (credential.replaced_by_id, learner.pk),
    }
    message = Message.objects.get(credential=credential.replaced_by_id)
    assert message.kind == "renewed"
    letter = letters.about(message)
    assert letter.subject != letter.text
    assert "/me/" in letter.text


def test_the_old_link_leads_to_the_new_certificate(course: Achievement, client: Any) -> None:
    credential = make_credential(course)
    issue_anew(withdraw(course.issuer))
    credential.refresh_from_db()
    report = verifier.verify_stored(credential=credential, now=LATER)
    assert (report.holds, report.stated) == (False, None)
    assert report.successor_url.endswith(f"/c/{credential.replaced_by_id}")
    page = client.get(f"/c/{credential.pk}").content.decode()
    assert f"/c/{credential.replaced_by_id}" in page


# -- The command ----------------------------------------------------------------------------------
def test_the_command_orders_and_says_how_far_it_is(
    course: Achievement, capsys: pytest.CaptureFixture[str]
) -> None:
    award(course, *people(4), kind=ROSTER)
    issuance.issue_ready(kind=ROSTER, now=NOW)
    key = withdraw(course.issuer)
    call_command("reissue", key.kid8)
    assert capsys.readouterr().out == "Ordered: 4.\nReplaced: 0. Being signed: 4. Not ordered: 0.\n"
    issuance.issue_ready(kind=REISSUE, now=LATER)
    call_command("reissue", key.thumbprint, "--status")
    assert capsys.readouterr().out == "Replaced: 4. Being signed: 0. Not ordered: 0.\n"


def test_the_command_refuses_what_it_does_not_know(course: Achievement) -> None:
    with pytest.raises(CommandError, match="no key"):
        call_command("reissue", "0123456789abcdef")
    key = SigningKey.objects.get(issuer=course.issuer, algorithm="ES256")
    with pytest.raises(CommandError, match="revoke_key"):
        call_command("reissue", key.kid8)
    twin = make_issuer()
    SigningKey.objects.filter(issuer=twin, algorithm="ES256").update(kid8=key.kid8)
    with pytest.raises(CommandError, match="Two keys"):
        call_command("reissue", key.kid8)


def test_what_was_ordered_a_moment_ago_is_not_ordered_again(course: Achievement) -> None:
    award(course, *people(2), kind=ROSTER)
    issuance.issue_ready(kind=ROSTER, now=NOW)
    key = withdraw(course.issuer)
    ids = list(Credential.objects.values_list("pk", flat=True))
    assert reissue._open(key, course, "", ids, by=None, now=LATER) == 2
    assert reissue._open(key, course, "", ids, by=None, now=LATER) == 0
    assert Batch.objects.filter(kind=REISSUE).count() == 1


def test_the_passport_hears_of_every_certificate_that_was_replaced(
    course: Achievement, django_capture_on_commit_callbacks: Any
) -> None:
    award(course, *people(3), kind=ROSTER)
    issuance.issue_ready(kind=ROSTER, now=NOW)
    heard: list[str] = []

    def hear(credential_id: str, **_: Any) -> None:
        heard.append(credential_id)

    credential_status_changed.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            issue_anew(withdraw(course.issuer))
    finally:
        credential_status_changed.disconnect(hear)
    assert sorted(heard) == sorted(Credential.objects.filter(status="replaced").values_list("pk", flat=True))
    assert len(heard) == 3
