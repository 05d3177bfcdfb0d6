"""A holder says what is wrong; the provider corrects it, or says why not."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from credentials import corrections, issuance, revocation
from credentials.errors import AlreadyAsked, CannotBeCorrected, NationalNumber, NotYours, SayWhat
from credentials.models import Batch, CorrectionRequest, Credential
from credentials.people import Person
from issuers import waiting as rooms
from issuers.models import AuditEvent
from tests.factories import (
    NOW,
    key_room,
    make_achievement,
    make_credential,
    make_issuer,
    make_member,
    sign_in,
)

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db
SALMA = Person(name_latin="Salma Tazi")


@pytest.fixture
def credential(key_room: Any) -> Credential:
    return make_credential(make_achievement(make_issuer()), SALMA)


def ask(credential: Credential, **rest: Any) -> CorrectionRequest:
    asked: dict[str, Any] = {"what": "name", "should_be": "Tazi", "now": NOW} | rest
    return corrections.ask(credential=credential, **asked)


def test_a_wish_waits_in_the_providers_room_and_the_log_has_no_word_of_it(credential: Credential) -> None:
    made = ask(credential, should_be="Salma  Tazi Alaoui")
    assert (made.should_be, made.due_at) == ("Salma Tazi Alaoui", NOW + timedelta(days=10))
    assert rooms.in_room("corrections", [credential.issuer_id]) == 1
    assert rooms.in_room("corrections", [0]) == 0
    assert "Tazi" not in AuditEvent.objects.get(event="correction-asked").detail


def test_one_wish_at_a_time(credential: Credential) -> None:
    ask(credential)
    with pytest.raises(AlreadyAsked):
        ask(credential, what="date")
    with pytest.raises(IntegrityError), transaction.atomic():
        CorrectionRequest.objects.create(credential=credential, what="date", asked_at=NOW, due_at=NOW)


@pytest.mark.parametrize(("what", "text"), [("name", "  "), ("nothing", "x"), ("", "x")])
def test_a_wish_needs_its_words(credential: Credential, what: str, text: str) -> None:
    with pytest.raises(SayWhat):
        ask(credential, what=what, should_be=text)


@pytest.mark.parametrize("text", ["Salma Tazi, CIN BE123456", "bk 45678", "A1234567"])
def test_no_identity_card_number_is_taken(credential: Credential, text: str) -> None:
    with pytest.raises(NationalNumber):
        ask(credential, should_be=text)
    assert ask(credential, should_be="Le 12 mars 2026, niveau B1, 120 heures").pk


def test_what_has_ended_cannot_be_corrected(credential: Credential) -> None:
    revocation.revoke(credential=credential, reason="fraud", by=None, now=NOW)
    with pytest.raises(CannotBeCorrected):
        ask(credential)


def test_the_corrected_certificate_answers_it(credential: Credential) -> None:
    made = ask(credential)
    revocation.replace(
        credential=credential,
        person=Person(name_latin="Salma Tazi Alaoui"),
        reason="corrected",
        by=None,
        idempotency_key="k",
        now=NOW,
    )
    made.refresh_from_db()
    assert made.state == "open"
    issuance.issue_ready(kind=Batch.Kind.INTERACTIVE, now=NOW)
    made.refresh_from_db()
    assert (made.state, made.answered_at) == ("answered", NOW)


def test_an_end_at_the_holders_wish_answers_it(credential: Credential) -> None:
    made = ask(credential, what="revoke", should_be="")
    revocation.revoke(credential=credential, reason="holder-request", by=None, now=NOW)
    made.refresh_from_db()
    assert made.state == "answered"


def test_a_refusal_has_its_reason_and_is_given_once(credential: Credential) -> None:
    made, signer = ask(credential), make_member(credential.issuer, "signer")
    with pytest.raises(SayWhat):
        corrections.decline(request=made, reason=" ", by=signer, now=NOW)
    corrections.decline(request=made, reason="Le nom est celui de la liste.", by=signer, now=NOW)
    with pytest.raises(NotYours):
        corrections.decline(request=made, reason="Encore.", by=signer, now=NOW)
    made.refresh_from_db()
    assert (made.state, made.reason) == ("declined", "Le nom est celui de la liste.")
    assert ask(credential).pk, "she may ask again"


# -- The room -------------------------------------------------------------------------------------
def test_the_room_shows_what_is_late_and_a_signer_declines(client: Client, credential: Credential) -> None:
    made = ask(credential, now=timezone.now() - timedelta(days=11))
    sign_in(client, make_member(credential.issuer, "signer"))
    client.cookies["lang"] = "en"
    page = client.get(reverse("teach-corrections")).content.decode()
    assert "Salma Tazi" in page
    assert "was due on" in page
    assert reverse("teach-replace", args=[credential.pk]) in page
    address = reverse("teach-correction-decline", args=[made.pk])
    again = client.post(address, {"reason": ""})
    assert again.status_code == 422
    assert client.post(address, {"reason": "Vu."}).status_code == 302
    assert client.get(address).status_code == 404
    assert "Nothing is waiting." in client.get(reverse("teach-corrections")).content.decode()


def test_a_trainer_reads_and_does_not_answer_and_another_house_sees_nothing(
    client: Client, credential: Credential
) -> None:
    made = ask(credential)
    sign_in(client, make_member(credential.issuer, "trainer"))
    assert (
        reverse("teach-correction-decline", args=[made.pk])
        not in client.get(reverse("teach-corrections")).content.decode()
    )
    elsewhere = Client()
    sign_in(elsewhere, make_member(make_issuer(), "signer"))
    assert "Salma Tazi" not in elsewhere.get(reverse("teach-corrections")).content.decode()
    assert elsewhere.get(reverse("teach-correction-decline", args=[made.pk])).status_code == 404
