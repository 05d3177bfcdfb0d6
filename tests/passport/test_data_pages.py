"""My data: consents, who looked, everything in one archive, what is to be corrected."""

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from credentials import corrections
from credentials.models import CorrectionRequest, Credential
from credentials.people import Person
from passport import accounts, codes, consents, exporting, filing, looks
from passport.models import Code, Consent, Entry, Learner, Look, Opening
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


@pytest.fixture
def fatima(key_room: Any, client: Client) -> Learner:
    learner = make_learner()
    accounts.prove(learner=learner, kind="phone", value=PHONE, now=NOW)
    person = Person(
        name_latin=learner.name_latin, name_arabic=learner.name_arabic, address_kind="phone", address=PHONE
    )
    make_credential(make_achievement(make_issuer()), person)
    filing.consider_unfiled(now=NOW)
    client.force_login(learner)
    client.cookies["lang"] = "en"
    return learner


def text(client: Client, name: str, *args: Any) -> str:
    return client.get(reverse(name, args=args)).content.decode()


# -- Consents -------------------------------------------------------------------------------------
def test_nothing_is_agreed_to_in_advance_and_each_purpose_has_its_own_button(
    client: Client, fatima: Learner
) -> None:
    page = text(client, "me-data")
    assert "checked" not in page
    for purpose, (_version, words) in consents.TEXTS.items():
        assert reverse("me-consent", args=[purpose]) in page
        assert str(words).split(".")[0][:40] in page.replace("&#x27;", "'")


def test_one_tap_gives_one_tap_takes_back_and_the_history_stays(client: Client, fatima: Learner) -> None:
    address = reverse("me-consent", args=["messages"])
    client.post(address, {"act": "give"})
    given = Consent.objects.get()
    assert (given.purpose, given.language, given.channel, given.by) == ("messages", "en", "self", None)
    client.post(address, {"act": "withdraw"})
    given.refresh_from_db()
    assert given.withdrawn_at is not None
    assert "From " in text(client, "me-data")
    assert client.post(reverse("me-consent", args=["revocation"]), {"act": "give"}).status_code == 404


def test_the_consent_without_which_there_is_no_passport_leads_to_closing_it(
    client: Client, fatima: Learner
) -> None:
    consents.give(learner=fatima, purpose="passport", language="fr", now=NOW)
    answer = client.post(reverse("me-consent", args=["passport"]), {"act": "withdraw"})
    assert answer["Location"] == reverse("me-close")
    assert consents.holds(learner=fatima, purpose="passport"), "the page asks first"


def test_opening_a_passport_records_that_consent_alone_in_its_language(key_room: Any) -> None:
    now = timezone.now()
    code = Code.objects.create(
        kind="phone",
        value="+212683009911",
        place="x",
        digest=codes._digest("y", "123456"),
        sent_at=now,
        expires_at=now + timedelta(minutes=10),
        proved_at=now,
    )
    learner = accounts.open_passport(
        code=code, name_latin="Zineb Sebti", name_arabic="", language="ar", now=now
    )
    (given,) = Consent.objects.filter(learner=learner)
    assert (given.purpose, given.language, given.given_at) == ("passport", "ar", now)


def test_a_clerk_records_a_consent_as_hers_at_the_desk(fatima: Learner) -> None:
    clerk, client = make_member(make_issuer(with_keys=False), "clerk"), Client()
    sign_in(client, clerk)
    opened(client, clerk, fatima)
    client.post(reverse("me-consent", args=["showing"]), {"act": "give"})
    given = Consent.objects.get()
    assert (given.channel, given.by) == ("desk", clerk)
    assert given.house is not None
    assert clerk.name_latin in text(client, "me-data")


# -- Who looked -----------------------------------------------------------------------------------
def test_she_reads_who_looked_by_month_and_how_often_pages_were_opened(
    client: Client, fatima: Learner
) -> None:
    assert "Nobody. Only you" in text(client, "me-looks")
    clerk, house = make_learner(name_latin="Samira Clerk", name_arabic=""), make_issuer(with_keys=False)
    looks.note(learner=fatima, act=Look.Act.DESK_OPENED, by=clerk, house=house, now=NOW)
    looks.note(learner=fatima, act=Look.Act.DESK_ACTED, by=clerk, house=house, now=NOW - timedelta(days=40))
    Opening.objects.create(credential=Credential.objects.get(), on=NOW.date(), times=3)
    page = text(client, "me-looks")
    assert page.count('<ol class="history">') == 2
    assert "Samira Clerk" in page
    assert house.name_fr in page or house.name_ar in page
    assert "3 times" in page


# -- Everything in one archive --------------------------------------------------------------------
def unpacked(client: Client) -> dict[str, bytes]:
    answer: Any = client.post(reverse("me-export"))
    assert answer["Content-Type"] == "application/zip"
    assert answer["Cache-Control"] == "no-store"
    parcel = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert parcel.testzip() is None
    return {name: parcel.read(name) for name in parcel.namelist()}


def test_the_archive_holds_everything_of_hers_and_names_nobody_else(client: Client, fatima: Learner) -> None:
    held = Credential.objects.get()
    clerk, house = make_learner(name_latin="Samira Clerk", name_arabic=""), make_issuer(with_keys=False)
    looks.note(learner=fatima, act=Look.Act.DESK_OPENED, by=clerk, house=house, now=NOW)
    consents.give(
        learner=fatima, purpose="showing", language="fr", channel="desk", by=clerk, house=house, now=NOW
    )
    corrections.ask(credential=held, what="name", should_be="El Fassi", now=NOW)
    files = unpacked(client)
    told = json.loads(files["passport.json"])
    assert told["format"] == exporting.FORMAT
    assert told["passport"]["name_arabic"] == fatima.name_arabic
    assert told["addresses"][0]["value"] == PHONE
    assert files[told["certificates"][0]["file"]].decode() == held.jwt
    assert told["looks"][0]["desk"] == house.slug
    assert told["consents"][0]["recorded_by"] == "another person"
    assert told["corrections"][0]["should_be"] == "El Fassi"
    page = files["passport.html"].decode()
    assert 'lang="fr"' in page
    assert "Premiers pas avec le smartphone" in page
    assert not any(b"Samira" in data for data in files.values())


def test_the_page_to_read_is_in_her_own_language(client: Client, fatima: Learner) -> None:
    Learner.objects.update(language="ar")
    page = unpacked(client)["passport.html"].decode()
    assert 'lang="ar" dir="rtl"' in page
    assert "جواز المتعلّم" in page


# -- Correct --------------------------------------------------------------------------------------
def test_she_says_what_is_wrong_and_reads_what_became_of_it(client: Client, fatima: Learner) -> None:
    held = Credential.objects.get()
    address = reverse("me-correct", args=[held.pk])
    assert address in text(client, "me-entry", held.pk)
    again = client.post(address, {"what": "name", "should_be": "CIN BE123456"})
    assert again.status_code == 422
    assert "BE123456" in again.content.decode(), "what was typed is not lost"
    assert client.post(address, {"should_be": "x"}).status_code == 422
    assert client.post(address, {"what": "name", "should_be": "El Fassi"}).status_code == 302
    assert client.post(address, {"what": "date", "should_be": "Mars"}).status_code == 409
    assert "Waiting for the provider" in text(client, "me-corrections")
    CorrectionRequest.objects.update(due_at=timezone.now() - timedelta(days=1))
    assert "Late" in text(client, "me-corrections")
    signer = make_member(held.issuer, "signer")
    corrections.decline(
        request=CorrectionRequest.objects.get(), reason="Conforme.", by=signer, now=timezone.now()
    )
    page = text(client, "me-corrections")
    assert "Conforme." in page
    assert "Declined" in page
    assert signer.name_latin not in page


def test_nobody_asks_about_somebody_elses_certificate(fatima: Learner) -> None:
    stranger = Client()
    stranger.force_login(make_learner(name_latin="Omar Alaoui", name_arabic=""))
    address = reverse("me-correct", args=[Entry.objects.get().credential_id])
    assert stranger.post(address, {"what": "name", "should_be": "x"}).status_code == 404


@pytest.mark.parametrize("language", ["fr", "ar", "en"])
@pytest.mark.parametrize(
    "page", ["me-data", "me-looks", "me-export", "me-corrections", "me-erase", "me-close"]
)
def test_every_page_is_there_in_every_language(
    client: Client, fatima: Learner, page: str, language: str
) -> None:
    client.cookies["lang"] = language
    answer = client.get(reverse(page))
    assert answer.status_code == 200
    assert f'lang="{language}' in answer.content.decode()
    assert len(answer.content) < 60_000
