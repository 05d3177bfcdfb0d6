"""The picture of skills: what certificates show now, what they showed, and apart what is declared."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from credentials import frameworks, revocation
from credentials.models import Credential
from credentials.people import Person
from passport import accounts, declaring, filing, months, skills
from passport.models import Entry, Learner
from tests.factories import (
    NOW,
    key_room,
    make_achievement,
    make_credential,
    make_issuer,
    make_learner,
    sign_in,
)

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db
ESCO = "http://data.europa.eu/esco/skill/"
SPOKEN_FRENCH = {"uri": ESCO + "bfb5f0b8-0ea0-4e44-a48d-7d876f966758", "label_fr": "échanger"}
FIRST_AID = {"uri": ESCO + "1d21f6ad-340f-45da-a0a3-4e83867f47a6", "label_fr": "secours"}
SEWING = ESCO + "0d207bf2-b0dd-4a36-933f-d2cd3da2933d"
FRENCH = {"theme": "languages", "skills": [SPOKEN_FRENCH]}


@pytest.fixture
def fatima(key_room: Any) -> Learner:
    learner = make_learner()
    accounts.prove(learner=learner, kind="phone", value="+212683000001", now=NOW)
    return learner


@pytest.fixture
def holds(fatima: Learner) -> Any:
    issuer = make_issuer(themes=("digital", "languages", "health"))

    def given(**course: Any) -> Credential:
        person = Person(name_latin=fatima.name_latin, address_kind="phone", address="+212683000001")
        made = make_credential(make_achievement(issuer, **course), person)
        filing.consider_unfiled(now=NOW)
        return made

    return given


def test_the_frameworks_are_whole_in_three_languages() -> None:
    areas = frameworks.digcomp_areas()
    assert [len(area.competences) for area in areas] == [3, 6, 4, 4, 4]
    assert list(frameworks.cefr()) == ["A1", "A2", "B1", "B2", "C1", "C2"]
    assert len(frameworks.digcomp_levels()) == 4
    terms = [*areas, *frameworks.skills().values(), *frameworks.languages().values()]
    assert len(terms) > 40
    assert all(term.en and term.fr and term.ar for term in terms)


def test_the_highest_level_that_holds_counts(fatima: Learner, holds: Any) -> None:
    holds(**FRENCH, cefr_level="A1")
    holds(**FRENCH, cefr_level="B1")
    line = skills.of(learner=fatima, now=NOW).languages[0]
    assert (line.term.code, line.step, line.of, len(line.shown)) == ("fr", 3, 6, 2)
    assert line.level is not None
    assert line.level.code == "B1"


def test_what_has_expired_holds_up_no_level_and_is_shown_as_past(fatima: Learner, holds: Any) -> None:
    holds(**FRENCH, cefr_level="A1")
    holds(**FRENCH, cefr_level="B1", valid_months=1)
    later = NOW + timedelta(days=60)
    line = skills.of(learner=fatima, now=later).languages[0]
    assert (line.step, line.expired) == (1, False)
    assert [each.expired for each in line.shown] == [True, False]


def test_an_expired_skill_stays_readable(fatima: Learner, holds: Any) -> None:
    holds(**FRENCH, cefr_level="B1", valid_months=1)
    line = skills.of(learner=fatima, now=NOW + timedelta(days=60)).languages[0]
    assert (line.step, line.expired) == (3, True)


def test_attendance_proves_no_level(fatima: Learner, holds: Any) -> None:
    holds(**FRENCH, cefr_level="B1", kind="CertificateOfCompletion", assessment="attendance")
    line = skills.of(learner=fatima, now=NOW).languages[0]
    assert (line.step, line.of, line.level) == (0, 0, None)


def test_neither_revoked_nor_hidden_certificates_count(fatima: Learner, holds: Any) -> None:
    revoked, hidden = holds(**FRENCH, cefr_level="A1"), holds(theme="health", skills=[FIRST_AID])
    revocation.revoke(credential=revoked, reason="issued-in-error", by=None, now=NOW)
    Entry.objects.filter(credential=hidden).update(hidden_at=NOW)
    assert skills.of(learner=fatima, now=NOW).tiles == []


def test_digital_competences_stand_in_their_area(fatima: Learner, holds: Any) -> None:
    holds(digcomp=[{"code": "2.1", "level": "basic"}, {"code": "5.1", "level": "advanced"}])
    areas = skills.of(learner=fatima, now=NOW).areas
    assert [area.step for area in areas] == [0, 1, 0, 0, 3]
    assert [len(area.competences) + len(area.others) for area in areas] == [3, 6, 4, 4, 4]


def test_other_skills_stand_by_theme_once_with_all_that_shows_them(fatima: Learner, holds: Any) -> None:
    holds(theme="health", skills=[FIRST_AID])
    holds(theme="health", skills=[FIRST_AID, {"uri": "https://skills.example/1", "label_fr": "bander"}])
    (group,) = skills.of(learner=fatima, now=NOW).themes
    assert {line.term.fr: len(line.shown) for line in group.lines} == {
        "bander": 1,
        "porter les premiers secours": 2,
    }


def test_what_she_declares_stands_apart(fatima: Learner, holds: Any) -> None:
    declaring.declare(
        learner=fatima, kind="work", title="Couture", began=months.read("2012"), skills=[SEWING], now=NOW
    )
    picture = skills.of(learner=fatima, now=NOW)
    assert picture.tiles == []
    assert [one.term.fr for one in picture.declared] == ["coudre des articles textiles"]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("fr", "Niveau B1, intermédiaire : marche 3 sur 6."),
        ("ar", "المستوى B1، متوسط: الدرجة 3 من 6."),
        ("en", "Level B1, intermediate: step 3 of 6."),
    ],
)
def test_the_picture_is_read_aloud_as_sentences(
    client: Client, fatima: Learner, holds: Any, language: str, sentence: str
) -> None:
    credential = holds(**FRENCH, cefr_level="B1")
    sign_in(client, fatima)
    client.cookies["lang"] = language
    page = client.get(reverse("me-skills")).content.decode()
    assert sentence in page
    assert reverse("me-entry", args=[credential.pk]) in page
    assert page.count("<svg") == page.count('aria-hidden="true"')


def test_without_skills_there_is_a_way_on(client: Client, fatima: Learner) -> None:
    sign_in(client, fatima)
    page = client.get(reverse("me-skills")).content.decode()
    assert reverse("me-declare") in page
    assert "Pas encore de compétence" in page
