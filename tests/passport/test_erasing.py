"""A learner erases certificates, or closes her passport; the receipt names nobody."""

import hashlib
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from credentials.models import Award, Credential, Filing
from credentials.people import Person
from issuers.models import AuditEvent, Membership
from passport import accounts, consents, erasing, filing, looks
from passport.errors import NothingNamed, NotYourPassport, StillStaff
from passport.models import Address, Consent, Declaration, Entry, Erasure, Learner, Look
from tests.credentials.test_erasing import everything
from tests.factories import (
    NOW,
    key_room,
    make_achievement,
    make_credential,
    make_issuer,
    make_learner,
    make_member,
    sign_in,
)

from .test_acting import opened

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db
PHONE = "+212683000001"


def certificate(learner: Learner) -> Credential:
    """One of hers, in her passport."""
    person = Person(
        name_latin=learner.name_latin, name_arabic=learner.name_arabic, address_kind="phone", address=PHONE
    )
    made = make_credential(make_achievement(make_issuer()), person)
    filing.consider_unfiled(now=NOW)
    return made


@pytest.fixture
def fatima(key_room: Any) -> Learner:
    learner = make_learner(name_latin="Fatima-Zahra El Idrissi", birth_year=1990, gender="f")
    accounts.prove(learner=learner, kind="phone", value=PHONE, now=NOW)
    accounts.prove(learner=learner, kind="email", value="fatima@example.org", now=NOW)
    consents.give(learner=learner, purpose="passport", language="ar", now=NOW)
    Declaration.objects.create(
        learner=learner, kind="work", title="Couture chez Idrissi", began_on=NOW.date(), made_at=NOW
    )
    looks.note(learner=learner, act=Look.Act.SHOWN, now=NOW)
    return learner


def test_what_she_chose_is_erased_and_the_rest_stays(fatima: Learner) -> None:
    gone, kept = certificate(fatima), certificate(fatima)
    made = erasing.erase_certificates(learner=fatima, ids=[gone.pk], now=NOW)
    assert [e.credential_id for e in Entry.objects.all()] == [kept.pk]
    _receipt, said = erasing.receipt(receipt_id=made.pk)
    assert [each["id"] for each in said["certificates"]] == [gone.pk]
    assert "Idrissi" not in made.said
    assert made.sha256 == hashlib.sha256(made.said.encode()).hexdigest()
    assert made.sha256 in AuditEvent.objects.get(event="erasure").detail
    filing.consider(credential_ids=[gone.pk], now=NOW)
    filing.address_proven(learner=fatima, kind="phone", value=PHONE, now=NOW)
    assert Entry.objects.count() == 1, "nothing files it again"


def test_only_her_own_and_only_once(fatima: Learner) -> None:
    mine = certificate(fatima)
    stranger = make_learner(name_latin="Omar Alaoui", name_arabic="")
    with pytest.raises(NotYourPassport):
        erasing.erase_certificates(learner=stranger, ids=[mine.pk], now=NOW)
    with pytest.raises(NothingNamed):
        erasing.erase_certificates(learner=fatima, ids=[], now=NOW)
    erasing.erase_certificates(learner=fatima, ids=[mine.pk], now=NOW)
    with pytest.raises(NotYourPassport):
        erasing.erase_certificates(learner=fatima, ids=[mine.pk], now=NOW)


def test_a_closed_passport_leaves_no_trace_of_her_in_any_table(fatima: Learner) -> None:
    held = certificate(fatima)
    batch = held.award.batch
    Award.objects.create(
        batch=batch,
        row=2,
        state="failed",
        error_code="x",
        name_latin=fatima.name_latin,
        name_arabic=fatima.name_arabic,
        address_kind="phone",
        address=PHONE,
        typed={"name_latin": fatima.name_latin},
        awarded_on=held.awarded_on,
    )
    number = fatima.passport_number
    made = erasing.close(learner=fatima, certificates=True, by=fatima, now=NOW)
    said = everything()
    traces = ("Idrissi", "الإدريسي", PHONE, "fatima@example.org", number)
    assert not [trace for trace in traces if trace in said]
    assert not Learner.objects.filter(pk=fatima.pk).exists()
    assert not Address.objects.exists()
    _receipt, record = erasing.receipt(receipt_id=made.pk)
    (consent,) = record["consents"]
    assert (consent["purpose"], consent["language"]) == ("passport", "ar")
    with pytest.raises(NotYourPassport):
        erasing.close(learner=fatima, certificates=True, by=fatima, now=NOW)


def test_certificates_that_stay_come_back_to_whoever_proves_the_address(fatima: Learner) -> None:
    held = certificate(fatima)
    made = erasing.close(learner=fatima, certificates=False, by=fatima, now=NOW)
    held.refresh_from_db()
    assert held.erased_at is None
    assert held.filing.outcome == Filing.Outcome.UNCLAIMED
    assert erasing.receipt(receipt_id=made.pk)[1]["certificates_left_with_providers"] == 1
    again = make_learner()
    accounts.prove(learner=again, kind="phone", value=PHONE, now=NOW)
    assert Entry.objects.get().learner == again


def test_staff_leave_first_and_a_former_colleague_keeps_her_acts_without_her_name(fatima: Learner) -> None:
    issuer = make_issuer()
    make_member(issuer, "signer", fatima)
    with pytest.raises(StillStaff):
        erasing.close(learner=fatima, certificates=True, by=fatima, now=NOW)
    course = make_achievement(issuer)
    batch = make_credential(course, Person(name_latin="Omar Alaoui"), requested_by=fatima).award.batch
    Membership.objects.filter(person=fatima).delete()
    erasing.close(learner=fatima, certificates=True, by=fatima, now=NOW)
    batch.refresh_from_db()
    left = Learner.objects.get(is_active=False)
    assert batch.requested_by == left
    assert (left.name, left.is_active, left.birth_year, left.gender) == ("", False, None, "")
    assert left.passport_number != fatima.passport_number
    for model in (Address, Consent, Declaration, Look):
        assert not model.objects.filter(learner=left).exists()
    with pytest.raises(NotYourPassport):
        erasing.close(learner=left, certificates=True, by=left, now=NOW)


def test_a_shared_phone_still_opens_the_others_passport(fatima: Learner) -> None:
    sister = make_learner(name_latin="Salma El Idrissi")
    accounts.prove(learner=sister, kind="phone", value=PHONE, now=NOW)
    erasing.close(learner=fatima, certificates=True, by=fatima, now=NOW)
    assert accounts.passports_of(kind="phone", value=PHONE) == [sister]


# -- The pages ------------------------------------------------------------------------------------
def test_she_erases_one_in_two_steps_and_keeps_the_receipt(client: Client, fatima: Learner) -> None:
    gone = certificate(fatima)
    client.force_login(fatima)
    client.cookies["lang"] = "en"
    page = client.get(reverse("me-erase")).content.decode()
    assert gone.pk in page
    assert "checked" not in page
    assert client.post(reverse("me-erase"), {"step": "choose"}).status_code == 422
    sure = client.post(reverse("me-erase"), {"step": "choose", "chosen": gone.pk}).content.decode()
    assert "Erase for good?" in sure
    assert Entry.objects.exists()
    kept = client.post(reverse("me-erase"), {"step": "edit", "chosen": gone.pk}).content.decode()
    assert "checked" in kept, "what was chosen is not lost"
    answer = client.post(reverse("me-erase"), {"step": "sure", "chosen": gone.pk}, follow=True)
    made = Erasure.objects.get()
    assert made.sha256 in answer.content.decode()
    text = Client().get(reverse("erasure-receipt-file", args=[made.pk])).content.decode()
    assert made.said in text
    assert "Idrissi" not in text + answer.content.decode()
    assert Client().get(reverse("erasure-receipt", args=["x" * 22])).status_code == 404
    twice = client.post(reverse("me-erase"), {"step": "sure", "chosen": gone.pk})
    assert twice["Location"] == reverse("erasure-receipt", args=[made.pk]), "a second tap loses no receipt"


def test_somebody_elses_certificate_is_not_erased(client: Client, fatima: Learner) -> None:
    mine = certificate(fatima)
    client.force_login(make_learner(name_latin="Omar Alaoui", name_arabic=""))
    assert client.post(reverse("me-erase"), {"step": "sure", "chosen": mine.pk}).status_code == 404
    mine.refresh_from_db()
    assert mine.erased_at is None


def test_she_closes_it_in_two_steps_and_is_signed_out(client: Client, fatima: Learner) -> None:
    certificate(fatima)
    client.force_login(fatima)
    client.cookies["lang"] = "en"
    page = client.get(reverse("me-close")).content.decode()
    assert "checked" not in page
    assert client.post(reverse("me-close"), {"step": "choose"}).status_code == 422
    sure = client.post(reverse("me-close"), {"step": "choose", "chosen": "erase"}).content.decode()
    assert "Close it for good?" in sure
    assert Learner.objects.filter(pk=fatima.pk).exists()
    answer = client.post(reverse("me-close"), {"step": "sure", "chosen": "erase"}, follow=True)
    assert "Your passport is closed" in answer.content.decode()
    assert not Learner.objects.filter(pk=fatima.pk).exists()
    assert client.get(reverse("me")).status_code == 302


def test_staff_are_told_to_leave_first(client: Client, fatima: Learner) -> None:
    make_member(make_issuer(), "clerk", fatima)
    client.force_login(fatima)
    answer = client.post(reverse("me-close"), {"step": "sure", "chosen": "leave"})
    assert answer.status_code in (302, 409)
    assert Learner.objects.filter(pk=fatima.pk).exists()


@pytest.mark.parametrize("page", ["me-erase", "me-close"])
def test_nobody_erases_while_acting_for_her(client: Client, fatima: Learner, page: str) -> None:
    house = make_issuer()
    clerk = make_member(house, "clerk")
    sign_in(client, clerk)
    opened(client, clerk, fatima)
    assert client.get(reverse("me-data")).status_code == 200
    assert client.get(reverse(page)).status_code == 403
    assert client.post(reverse(page), {"step": "sure", "chosen": "erase"}).status_code == 403
