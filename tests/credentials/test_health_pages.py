"""The health pages, over HTTP: a provider sees its own, the city all of it, in three languages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from config.templatetags import faces
from credentials import issuance
from credentials.models import Achievement, Award, Batch, Chunk, Credential, Message, StatusListVersion
from credentials.people import Person
from issuers import publications
from issuers.models import Publication, Role
from passport.models import Learner
from tests.factories import (
    award,
    key_room_open,
    make_achievement,
    make_issuer,
    make_learner,
    make_member,
    publish_keys,
    sign_in,
)

pytestmark = pytest.mark.django_db

TEACH, CITY = "/teach/health", "/city/health"


@dataclass
class House:
    """A provider with a trainer and an owner, its course, and a course of another provider."""

    ours: Achievement
    theirs: Achievement
    trainer: Learner
    owner: Learner


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    now = timezone.now()
    with key_room_open(tmp_path):
        ours = make_achievement(make_issuer(now=now), title_fr="Notre cours")
        theirs = make_achievement(
            make_issuer(now=now, name_fr="Maison de jeunes Al Wahda"), title_fr="Un autre cours"
        )
        yield House(
            ours=ours,
            theirs=theirs,
            trainer=make_member(ours.issuer, Role.TRAINER),
            owner=make_member(ours.issuer, Role.OWNER),
        )


def accept(achievement: Achievement, count: int = 1, *, waited: timedelta = timedelta()) -> Batch:
    """A list that waits since so long."""
    now = timezone.now()
    names = [f"Omar {chr(65 + n // 26)}{chr(97 + n % 26)}zi" for n in range(count)]
    who = [Person(name_latin=name, address_kind="phone", address="0683000001") for name in names]
    batch = award(achievement, *who, kind=Batch.Kind.ROSTER, now=now - waited)
    Chunk.objects.filter(batch=batch).update(not_before=now - waited)
    return batch


def issue(achievement: Achievement, count: int = 1) -> Batch:
    batch = accept(achievement, count)
    issuance.issue_ready(kind=Batch.Kind.ROSTER, now=timezone.now())
    return batch


def fail(batch: Batch, *, row: int = 1, code: str = "phone") -> None:
    Award.objects.filter(batch=batch, row=row).update(state="failed", error_code=code)


def page(client: Client, person: Any, path: str = TEACH, language: str = "en") -> str:
    sign_in(client, person)
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200
    return str(answer.content.decode())


def text_of(html: str) -> str:
    """What a reader sees, without the table for screen readers."""
    seen = re.sub(r'<table class="sr">.*?</table>', " ", html, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", seen).split())


def an_officer() -> Learner:
    return make_member(None, Role.OFFICER)


# -- Doors ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", [Role.TRAINER, Role.SIGNER, Role.OWNER])
def test_a_provider_s_staff_come_in_and_find_the_door_in_their_rooms(
    client: Client, house: House, role: str
) -> None:
    html = page(client, make_member(house.ours.issuer, role))
    assert f'href="{TEACH}" aria-current="page"' in html


@pytest.mark.parametrize("role", [Role.OFFICER, Role.APPROVER, Role.AUDITOR])
def test_the_city_s_staff_come_in_and_find_the_door_in_their_rooms(
    client: Client, house: House, role: str
) -> None:
    person = make_member(None, role)
    assert f'href="{CITY}" aria-current="page"' in page(client, person, CITY)
    for other in ("city-home", "city-people"):
        assert f'href="{CITY}"' in page(client, person, reverse(other))


def test_a_provider_s_staff_do_not_see_the_city_s_page(client: Client, house: House) -> None:
    sign_in(client, house.owner)
    assert client.get(CITY).status_code == 403


def test_the_city_s_staff_and_learners_do_not_see_a_provider_s_page(client: Client, house: House) -> None:
    for person in (an_officer(), make_learner()):
        sign_in(client, person)
        assert client.get(TEACH).status_code == 403


@pytest.mark.parametrize("path", [TEACH, CITY])
def test_whoever_has_not_signed_in_is_asked_to(client: Client, db: None, path: str) -> None:
    assert client.get(path)["Location"].startswith(reverse("account_login"))


# -- Whose ----------------------------------------------------------------------------------------
def test_a_provider_sees_its_own_alone(client: Client, house: House) -> None:
    fail(issue(house.theirs, 3))
    accept(house.theirs, 2)
    text = text_of(page(client, house.trainer))
    assert "Un autre cours" not in text
    assert "Al Wahda" not in text
    assert "No row has failed in the last seven days." in text


def test_the_city_sees_each_provider_with_the_troubled_one_first(client: Client, house: House) -> None:
    issue(house.ours, 2)
    accept(house.theirs, waited=timedelta(minutes=20))
    html = page(client, an_officer(), CITY)
    table = html[html.index('id="providers"') :]
    assert table.index("Al Wahda") < table.index("Ennour")
    assert "Standing still" in table


def test_the_city_does_not_list_providers_that_are_not_yet_or_no_more(client: Client, house: House) -> None:
    make_issuer(with_keys=False, state="proposed", name_fr="École à venir", now=timezone.now())
    make_issuer(with_keys=False, state="closed", name_fr="École fermée", now=timezone.now())
    html = page(client, an_officer(), CITY)
    assert "École à venir" not in html
    assert "École fermée" not in html


# -- What it says ---------------------------------------------------------------------------------
def test_figures_are_written_as_the_reader_s_language_writes_them(client: Client, house: House) -> None:
    batch = accept(house.ours, 3)
    Award.objects.bulk_create(
        Award(batch=batch, row=row, name_latin="Omar Tazi", awarded_on=batch.awarded_on, person_hash=str(row))
        for row in range(4, 1253)
    )
    for language, written in {"fr": "1\u202f252", "ar": "1.252", "en": "1,252"}.items():
        assert f'<b class="num">{written}</b>' in page(client, house.trainer, language=language)


def test_a_quiet_queue_says_so(client: Client, house: House) -> None:
    issue(house.ours)
    text = text_of(page(client, house.trainer))
    assert "Nothing is waiting to be signed." in text


def test_a_queue_that_moves_says_how_long_the_oldest_has_waited(client: Client, house: House) -> None:
    accept(house.ours, waited=timedelta(seconds=40))
    text = text_of(page(client, house.trainer))
    assert "Certificates are being signed." in text
    assert re.search(r"The oldest: 4\d seconds", text)


def test_a_queue_that_stands_still_says_what_to_do(client: Client, house: House) -> None:
    accept(house.ours, waited=timedelta(minutes=5))
    teach, city = page(client, house.trainer), page(client, an_officer(), CITY)
    assert 'class="note off"' in teach
    assert "tell the city's learning office" in teach.replace("&#x27;", "'")
    assert "Tell whoever runs the servers" in city


def test_reasons_are_sentences_and_those_that_read_alike_are_one(client: Client, house: House) -> None:
    batch = issue(house.ours, 4)
    fail(batch, row=1, code="lint:name")
    fail(batch, row=2, code="lint:dates")
    fail(batch, row=3)
    html = page(client, house.trainer)
    assert html.count("it would break a rule of the format") == 1
    assert "This is not a phone number." in html
    rows = re.findall(r'<td class="n" data-l="Rows today"><span class="num">(\d+)', html)
    assert rows == ["2", "1"]


def test_a_list_is_a_link_for_those_who_may_open_it_and_words_for_an_owner(
    client: Client, house: House
) -> None:
    batch = issue(house.ours, 2)
    fail(batch)
    address = reverse("teach-list", args=[batch.pk])
    assert f'href="{address}"' in page(client, house.trainer)
    owner_s = page(client, house.owner)
    assert "Notre cours" in owner_s or "الخطوات" in owner_s
    assert address not in owner_s


def test_a_single_award_leads_to_its_own_page(client: Client, house: House) -> None:
    batch = award(house.ours, now=timezone.now())
    assert f'href="{reverse("teach-batch", args=[batch.pk])}"' in page(client, house.trainer)


def test_messages_that_did_not_arrive_are_told_with_a_word_and_a_shape(client: Client, house: House) -> None:
    issue(house.ours, 3)
    ids = list(Message.objects.values_list("pk", flat=True))
    Message.objects.filter(pk=ids[0]).update(state="bounced")
    Message.objects.filter(pk=ids[1]).update(state="failed")
    html = page(client, house.trainer)
    assert re.search(r'<b class="num">2</b><span>Messages that did not arrive', html)
    assert re.search(r'<span class="tag age"><svg class="icon".*?</svg>\s*Some did not arrive', html, re.S)


def test_a_list_of_bits_that_is_overdue_is_told(client: Client, house: House) -> None:
    credential = Credential.objects.get(award__batch=issue(house.ours))
    now = timezone.now()
    for purpose in StatusListVersion.Purpose.values:
        StatusListVersion.objects.create(
            status_list_id=credential.status_list_id,
            purpose=purpose,
            version=1,
            body="",
            bits=b"",
            changes=0,
            etag="",
            signed_at=now,
            stale_at=now - timedelta(hours=1),
        )
    assert "Overdue for more than ten minutes:" in page(client, house.trainer)


# -- How it says it -------------------------------------------------------------------------------
def test_fourteen_days_are_bars_and_a_table_with_the_same_figures(client: Client, house: House) -> None:
    issue(house.ours, 6)
    html = page(client, house.trainer)
    bars = re.findall(r'<rect class="bar" y="2" width="(\d+)" height="12"/></svg><b class="num">(\d+)', html)
    table = html[html.index('<table class="sr">') :]
    cells = re.findall(r'<th scope="row">[^<]+</th><td>(\d+)</td>', table[: table.index("</table>")])
    assert bars[0] == ("100", "6")
    assert bars[1:] == [("0", "0")] * 13
    assert cells == [number for _, number in bars]


@pytest.mark.parametrize(
    ("language", "title"),
    [("fr", "Suivi de la délivrance"), ("ar", "متابعة الإصدار"), ("en", "How issuing runs")],
)
@pytest.mark.parametrize("path", [TEACH, CITY])
def test_the_page_speaks_the_reader_s_language(
    client: Client, house: House, path: str, language: str, title: str
) -> None:
    html = page(client, house.trainer if path == TEACH else an_officer(), path, language)
    assert f"<h1>{title}</h1>" in html


@pytest.mark.parametrize(
    ("seconds", "fr", "ar", "en"),
    [
        (1, "1\xa0seconde", "ثانية", "1 second"),
        (45, "45\xa0secondes", "45 ثانية", "45 seconds"),
        (180, "3 minutes", "3 دقائق", "3 minutes"),
        (7200, "2\xa0heures", "ساعتان", "2 hours"),
        (400_000, "5\xa0jours", "5 أيام", "5 days"),
    ],
)
def test_a_length_of_time_is_rounded_to_one_unit(seconds: int, fr: str, ar: str, en: str) -> None:
    for language, written in (("fr", fr), ("ar", ar), ("en", en)):
        with translation.override(language):
            assert faces.duration(seconds) == written


def test_a_day_among_its_neighbours_is_short() -> None:
    from datetime import date

    for language, written in (("fr", "mar. 24 nov."), ("ar", "الثلاثاء 24 نونبر"), ("en", "Tue 24 Nov")):
        with translation.override(language):
            assert faces.short_day(date(2026, 11, 24)) == written


# -- The chain of trust ---------------------------------------------------------------------------
def test_the_city_reads_how_long_its_root_has_delegated_and_providers_do_not(
    client: Client, house: House
) -> None:
    publish_keys(now=timezone.now())
    html = page(client, an_officer(), CITY)
    assert "The city's published keys" in html
    assert "365 days left" in html or "364 days left" in html
    assert "Not vouched for" not in html
    assert "Something is due" not in html
    assert "published keys" not in page(client, house.trainer)


def test_what_is_not_published_is_said(client: Client, house: House) -> None:
    publish_keys(now=timezone.now())
    Publication.objects.all().delete()
    html = page(client, an_officer(), CITY)
    assert "Not vouched for" in html
    assert "The key directory has not been published yet." in html


def test_a_delegation_of_which_fifty_days_are_left_is_due(client: Client, house: House) -> None:
    now = timezone.now()
    publish_keys(now=now - timedelta(days=315))
    publications.tend(now=now)
    html = page(client, an_officer(), CITY)
    assert "Something is due" in html
    assert "It is time for the yearly act." in html
    assert "Not vouched for" not in html
