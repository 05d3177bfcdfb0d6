"""Messages in words and within budgets: mails as text and HTML, texts that fit, who is told what waits."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import translation

from credentials import budgets, deadletters, delivering, letters, outbox, smstext
from credentials.errors import AlreadyClaimed, SentJustNow
from credentials.models import Batch, Credential, Filing, LocalMessage, Message, SmsDay
from credentials.people import Person
from issuers.models import Issuer, Mandate, Role
from passport import filing
from passport.models import Address, Learner, Proposal
from tests.factories import (
    NOW,
    award,
    city_approver,
    key_room,
    make_achievement,
    make_credential,
    make_issuer,
    make_learner,
    make_member,
    sign_in,
)

__all__ = ["key_room"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("key_room")]
PHONE = "+212683000077"


@pytest.fixture
def issuer() -> Issuer:
    return make_issuer()


def told(issuer: Issuer, *, address: str = PHONE, kind: str = "phone", **rest: Any) -> Credential:
    person = Person(name_latin="Salma Tazi", address_kind=kind, address=address)
    return make_credential(make_achievement(issuer), person, **rest)


def prove(person: Learner, kind: str, value: str) -> None:
    Address.objects.create(learner=person, kind=kind, value=value, verified_at=NOW, added_at=NOW)


# -- In words -------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["fr", "ar", "en"])
def test_every_text_message_fits(issuer: Issuer, language: str, settings: Any) -> None:
    settings.BASE_URL = "https://passeport.casablanca.ma"
    credential = told(issuer)
    batch = credential.award.batch
    with translation.override(language):
        about = [letters.about(Message(kind=kind, credential=credential)) for kind in ("issued", "status")]
        about += [
            letters.about(Message(kind="renewed", credential=credential)),
            letters.about(Message(kind="held", batch=batch)),
            letters.of_code("123456"),
        ]
    for letter in about:
        size = smstext.size(letter.short)
        assert size.parts == 1, letter.short
        assert size.gsm is (language != "ar"), letter.short
        assert credential.achievement.title_fr not in letter.short
        assert credential.issuer.name_fr not in letter.short


def test_letters_are_counted_as_phones_do() -> None:
    assert smstext.size("a" * 160).parts == 1
    assert smstext.size("a" * 161).parts == 2
    assert smstext.size("€" * 80) == smstext.Size(gsm=True, places=160, parts=1)
    assert smstext.size("ش" * 70).parts == 1
    assert smstext.size("ش" * 71).parts == 2
    assert smstext.size("’").gsm is False


def test_a_mail_goes_as_text_and_as_html_in_the_persons_language(issuer: Issuer, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    told(issuer, address="salma@example.org", kind="email")
    Message.objects.update(language="ar")
    outbox.deliver_due(now=NOW)
    letter: Any = mail.outbox[0]
    html = str(letter.alternatives[0][0])
    assert letter.alternatives[0][1] == "text/html"
    assert 'dir="rtl"' in html
    assert f'href="{settings.BASE_URL}/me/"' in html
    assert "<img" not in html
    assert "Tazi" not in html + letter.body


def test_names_in_a_mail_are_no_markup() -> None:
    letter = letters.Letter(subject="<b>", says="<script>", link="https://x.example/?a=1&b=2", action="→")
    assert "<script>" not in letter.html
    assert "<script>" in letter.text


# -- Budgets --------------------------------------------------------------------------------------
def test_what_is_over_the_days_budget_of_a_number_waits_until_the_morning(
    issuer: Issuer, settings: Any
) -> None:
    settings.SMS_PER_NUMBER_A_DAY = 1
    told(issuer)
    told(issuer)
    assert outbox.deliver_due(now=NOW) == 1
    waiting = Message.objects.get(state="pending")
    assert (waiting.last_error, waiting.attempts) == (budgets.OVER_TODAY, 0)
    assert waiting.not_before == budgets.next_morning(NOW)
    assert outbox.waiting_for_room(issuers=[issuer]) == 1
    assert outbox.deliver_due(now=waiting.not_before) == 1


@pytest.mark.parametrize("name", ["SMS_PER_PROVIDER_A_DAY", "SMS_PER_CITY_A_DAY"])
def test_a_provider_and_the_city_have_a_budget_too(issuer: Issuer, settings: Any, name: str) -> None:
    setattr(settings, name, 1)
    told(issuer)
    told(issuer, address="+212683000078")
    assert outbox.deliver_due(now=NOW) == 1
    assert Message.objects.filter(state="pending", last_error=budgets.OVER_TODAY).count() == 1


def test_over_the_months_budget_is_said_with_a_way_on(issuer: Issuer, settings: Any) -> None:
    settings.SMS_PER_NUMBER_A_MONTH = 1
    told(issuer)
    outbox.deliver_due(now=NOW)
    later = NOW + timedelta(days=20)
    told(issuer, now=later)
    outbox.deliver_due(now=later)
    lost = outbox.undelivered(issuers=[issuer]).get()
    with translation.override("fr"):
        assert "imprimez" in deadletters.why(lost)
    told(issuer, now=NOW + timedelta(days=31))
    assert outbox.deliver_due(now=NOW + timedelta(days=31)) == 1


class Down:
    """A gateway that is away."""

    def send(self, *, to: str, text: str, reference: str) -> None:
        raise ConnectionError


def test_what_the_gateway_did_not_take_is_not_counted(issuer: Issuer, settings: Any) -> None:
    settings.SMS_BACKEND = f"{__name__}.Down"
    told(issuer)
    assert outbox.deliver_due(now=NOW) == 0
    assert set(SmsDay.objects.values_list("sent", flat=True)) == {0}
    assert budgets.forget(now=NOW + timedelta(days=60)) == 3


# -- What waits -----------------------------------------------------------------------------------
def held(issuer: Issuer, *, by: Learner, cap: int = 10_000) -> Batch:
    Mandate.objects.filter(issuer=issuer).update(daily_cap=cap)
    people = [Person(name_latin=f"Salma {chr(65 + n // 26)}{chr(97 + n % 26)}") for n in range(201)]
    return award(make_achievement(issuer), *people, kind=Batch.Kind.ROSTER, requested_by=by)


def test_a_held_list_is_told_to_those_who_may_release_it(issuer: Issuer) -> None:
    signer, owner = make_member(issuer, Role.SIGNER), make_member(issuer, Role.OWNER)
    prove(signer, "email", "signer@example.org")
    prove(owner, "phone", PHONE)
    batch = held(issuer, by=signer)
    message = Message.objects.get(batch=batch)
    assert (message.kind, message.channel, message.to) == ("held", "sms", PHONE)
    outbox.deliver_due(now=NOW)
    assert "/teach/held/" in LocalMessage.objects.get().body


def test_above_the_cap_the_citys_approver_is_told(issuer: Issuer) -> None:
    trainer, approver = make_member(issuer, Role.TRAINER), city_approver()
    prove(make_member(issuer, Role.SIGNER), "email", "signer@example.org")
    prove(approver, "email", "approver@example.org")
    batch = held(issuer, by=trainer, cap=100)
    assert batch.held_because == "above-cap"
    assert [m.to for m in Message.objects.filter(batch=batch)] == ["approver@example.org"]
    outbox.deliver_due(now=NOW)
    assert "/city/held/" in mail.outbox[0].body


def test_a_lost_message_about_a_list_stands_on_the_page(client: Client, issuer: Issuer) -> None:
    signer, owner = make_member(issuer, Role.SIGNER), make_member(issuer, Role.OWNER)
    prove(owner, "email", "owner@example.org")
    held(issuer, by=signer)
    Message.objects.update(state="failed")
    sign_in(client, owner)
    assert "owner@example.org" not in client.get(reverse("teach-messages")).content.decode()
    client.post(reverse("teach-messages-act"), {"kind": "messages", "act": "let-go"})
    assert not outbox.undelivered(issuers=[issuer]).exists()


# -- Told again -----------------------------------------------------------------------------------
def test_a_person_is_told_again_but_not_at_once(issuer: Issuer) -> None:
    credential = told(issuer)
    signer = make_member(issuer, Role.SIGNER)
    delivering.tell_again(credential=credential, address=PHONE, by=signer, now=NOW)
    with pytest.raises(SentJustNow):
        delivering.tell_again(credential=credential, address=PHONE, by=signer, now=NOW)
    assert outbox.deliver_due(now=NOW) == 1


def test_a_better_address_leads_into_the_right_passport(issuer: Issuer) -> None:
    wrong, right = make_learner(name_latin="Omar Alaoui"), make_learner(name_latin="Salma Tazi")
    prove(wrong, "phone", PHONE)
    prove(right, "email", "salma@example.org")
    credential = told(issuer)
    filing.consider_unfiled(now=NOW)
    assert Proposal.objects.filter(learner=wrong).exists()
    signer = make_member(issuer, Role.SIGNER)
    before = credential.jwt
    delivering.tell_again(credential=credential, address="salma@example.org", by=signer, now=NOW)
    filing.consider_unfiled(now=NOW)
    credential.refresh_from_db()
    assert (credential.address, credential.jwt) == ("salma@example.org", before)
    assert Filing.objects.get(credential=credential).outcome == "filed"
    with pytest.raises(AlreadyClaimed):
        delivering.tell_again(credential=credential, address=PHONE, by=signer, now=NOW + timedelta(days=2))


def test_the_list_narrows_to_what_did_not_arrive(client: Client, issuer: Issuer) -> None:
    lost, fine = told(issuer), told(issuer, address="+212683000078")
    Message.objects.filter(credential=lost).update(state="bounced")
    Message.objects.filter(credential=fine).update(state="delivered")
    Credential.objects.filter(pk=fine.pk).update(name_latin="Hajar Naciri")
    sign_in(client, make_member(issuer, Role.TRAINER))
    page = client.get(reverse("teach-certificates"), {"only": "not-delivered"}).content.decode()
    assert "Salma Tazi" in page
    assert "Hajar Naciri" not in page
    one = client.get(reverse("teach-certificate", args=[lost.pk])).content.decode()
    assert reverse("teach-tell", args=[lost.pk]) in one


def test_a_wrong_address_is_said_at_its_field(client: Client, issuer: Issuer) -> None:
    credential = told(issuer)
    sign_in(client, make_member(issuer, Role.TRAINER))
    page = reverse("teach-tell", args=[credential.pk])
    answer = client.post(page, {"address": "0612"})
    assert answer.status_code == 422
    assert 'value="0612"' in answer.content.decode()
    assert client.post(page, {"address": "0612345678"}).status_code == 302


def test_several_are_revoked_with_one_reason_after_being_asked(client: Client, issuer: Issuer) -> None:
    found = [told(issuer), told(issuer, address="+212683000078")]
    foreign = told(make_issuer())
    sign_in(client, make_member(issuer, Role.SIGNER))
    ids = [one.pk for one in (*found, foreign)]
    page = reverse("teach-revoke-chosen")
    typed = {"certificate": ids, "reason": "issued-in-error", "note": ""}
    assert "Salma Tazi" in client.post(page, {"certificate": ids}).content.decode()
    assert client.post(page, typed | {"step": "look"}).status_code == 200
    assert set(Credential.objects.values_list("status", flat=True)) == {"active"}
    assert client.post(page, typed | {"step": "sure"}).status_code == 302
    assert Credential.objects.filter(pk__in=ids, status="revoked").count() == 2
    foreign.refresh_from_db()
    assert foreign.status == "active"


def test_several_are_told_again(client: Client, issuer: Issuer) -> None:
    found = [told(issuer), told(issuer, address="+212683000078")]
    sign_in(client, make_member(issuer, Role.TRAINER))
    client.post(reverse("teach-tell-chosen"), {"certificate": [one.pk for one in found]})
    assert Message.objects.filter(dedupe__startswith="again").count() == 2
