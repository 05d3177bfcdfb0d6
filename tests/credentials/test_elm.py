"""A certificate for European systems: the eleven elements, both scripts, unsigned and saying so."""

import json
from base64 import b64decode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from jwt import InvalidTokenError

from credentials import elm, europass, results, securing
from credentials.errors import NotYours
from credentials.models import Credential
from credentials.people import Person
from issuers import keys
from passport.models import Entry
from tests.factories import NOW, key_room, make_achievement, make_credential, make_issuer, make_learner

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db

SKILL = "http://data.europa.eu/esco/skill/5fd5c985-eaaa-47aa-8314-62359c54505a"
COURSE: dict[str, Any] = {
    "cefr_level": "A2",
    "skills": [{"uri": SKILL, "label_fr": "créer du contenu numérique"}],
    "digcomp": [{"code": "2.1", "level": "Basic"}],
    "identity_check": "supervised_id",
    "prerequisites_fr": "Savoir lire",
}


@pytest.fixture
def credential(key_room: Path) -> Credential:
    course = make_achievement(make_issuer(), **COURSE)
    return make_credential(course, Person(name_latin="Salma Tazi", name_arabic="سلمى التازي"))


def exported(credential: Credential) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(europass.exported(credential=credential))
    return document


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """Every object of the document."""
    if isinstance(value, list):
        for each in value:
            yield from parts(each)
    elif isinstance(value, dict):
        yield value
        for each in value.values():
            yield from parts(each)


# -- The eleven elements (2022/C 243/02) ----------------------------------------------------------
def test_it_says_all_eleven_elements(credential: Credential) -> None:
    document, course = exported(credential), credential.achievement
    person, issuer = document["credentialSubject"], document["issuer"]
    claim = person["hasClaim"]
    specification, proven = claim["specifiedBy"], claim["provenBy"]
    outcome = specification["learningOutcome"]
    assert person["fullName"] == {"fr": "Salma Tazi"}
    assert [each["notation"] for each in person["identifier"]] == ["سلمى التازي"]
    assert claim["title"] == {"fr": course.title_fr, "ar": course.title_ar}
    assert issuer["location"]["address"]["countryCode"]["id"].endswith("/country/MAR")
    assert claim["awardedBy"]["awardingBody"] == issuer
    assert issuer["legalName"] == {"fr": course.issuer.name_fr, "ar": course.issuer.name_ar}
    assert document["issued"][:10] == credential.awarded_on.isoformat()
    assert outcome["additionalNote"]["noteLiteral"] == {"fr": course.criteria_fr, "ar": course.criteria_ar}
    assert [each["id"] for each in outcome["relatedESCOSkill"]] == [SKILL]
    assert {each["prefLabel"]["fr"] for each in outcome["relatedSkill"]} == {
        "DigComp 3.0 2.1 (Basic)",
        "CEFR A2",
    }
    assert specification["volumeOfLearning"] == "PT12H"
    assert [note["noteLiteral"] for note in specification["additionalNote"]] == [{"fr": "CNC 1"}]
    assert proven["specifiedBy"]["dcType"]["id"] == course.assessment_uri
    assert specification["mode"]["id"] == course.mode_uri
    assert issuer["accreditation"]["accreditingAgent"]["legalName"]["fr"] == "Casablanca"
    assert specification["entryRequirement"]["noteLiteral"] == {"fr": "Savoir lire"}
    assert set(proven["additionalNote"]["noteLiteral"]) == {"fr", "ar"}


def test_what_was_attended_is_proved_by_no_assessment(key_room: Path) -> None:
    course = make_achievement(make_issuer(), kind="CertificateOfCompletion", assessment="attendance")
    claim = exported(make_credential(course))["credentialSubject"]["hasClaim"]
    assert "provenBy" not in claim


@pytest.mark.parametrize(("result", "grade"), [("14.5", {"fr": "14.5"}), ("", elm.PASSED)])
def test_the_grade_is_the_one_that_was_signed(credential: Credential, result: str, grade: elm.Texts) -> None:
    document = securing.unsecured(credential)
    if result:
        document["credentialSubject"]["result"] = results.stated(result, achievement_url="https://a.example")
    words = elm.Words(issuer={}, city={}, assessment={}, mode={}, identity={})
    proven = elm.european(document, words=words, picture=b"")["credentialSubject"]["hasClaim"]["provenBy"]
    assert proven["grade"]["noteLiteral"] == grade


def test_its_end_is_said(key_room: Path) -> None:
    ending = exported(make_credential(make_achievement(make_issuer(), valid_months=12)))
    endless = exported(make_credential(make_achievement(make_issuer())))
    assert ending["validUntil"] > ending["validFrom"]
    assert "validUntil" not in endless


# -- Its form -------------------------------------------------------------------------------------
def test_it_is_not_signed_says_so_and_leads_to_what_is(credential: Credential) -> None:
    document = exported(credential)
    assert "proof" not in document
    assert document["@context"] == elm.CONTEXTS
    claim = document["credentialSubject"]["hasClaim"]
    signed = f"http://localhost:8000/c/{credential.pk}.json"
    note = claim["additionalNote"]["noteLiteral"]
    assert note["fr"].startswith("Copie non signée")
    assert signed in note["fr"]
    assert signed in note["ar"]
    assert claim["supplementaryDocument"]["contentURL"] == signed
    assert document["id"] != json.loads(_signed(credential))["id"]


def test_each_term_of_a_list_names_its_list_and_each_name_means_one_thing(credential: Credential) -> None:
    document = exported(credential)
    known: dict[str, dict[str, Any]] = {}
    for part in parts(document):
        if part.get("type") == "Concept":
            assert part["inScheme"]["type"] == "ConceptScheme"
            assert part["prefLabel"]
        if "id" in part and "type" in part:
            assert known.setdefault(part["id"], part) == part
    assert all(value not in ("", [], {}, None) for part in parts(document) for value in part.values())


def test_its_picture_is_the_badge(credential: Credential) -> None:
    shown = exported(credential)["displayParameter"]["individualDisplay"]["displayDetail"]["image"]
    assert b64decode(shown["content"]).startswith(b"\x89PNG")


def test_a_course_in_arabic_alone_is_said_in_arabic(key_room: Path) -> None:
    course = make_achievement(make_issuer(), title_fr="", description_fr="", criteria_fr="")
    document = exported(make_credential(course, Person(name_arabic="سلمى التازي")))
    assert document["credentialSubject"]["fullName"] == {"ar": "سلمى التازي"}
    assert document["credentialSubject"]["hasClaim"]["title"] == {"ar": course.title_ar}
    assert document["displayParameter"]["primaryLanguage"]["id"].endswith("/ARA")


# -- Who has it -----------------------------------------------------------------------------------
def test_whoever_has_the_link_has_the_file(client: Client, credential: Credential) -> None:
    answer = client.get(reverse("credential-elm", args=[credential.pk]))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/ld+json")
    assert answer["Cache-Control"] == "no-store"
    assert answer.json() == exported(credential)


def test_a_private_one_is_its_holders(client: Client, credential: Credential) -> None:
    Credential.objects.filter(pk=credential.pk).update(visibility=Credential.Visibility.PRIVATE)
    assert client.get(reverse("credential-elm", args=[credential.pk])).status_code == 404
    learner = make_learner()
    Entry.objects.create(learner=learner, credential=credential, how=Entry.How.CONFIRMED, filed_at=NOW)
    client.force_login(learner)
    assert client.get(reverse("me-elm", args=[credential.pk])).status_code == 200


def test_there_is_none_of_what_counts_no_more_or_was_edited(credential: Credential) -> None:
    head, body, signature = credential.jwt.split(".")
    Credential.objects.filter(pk=credential.pk).update(jwt=f"{head}.{body[:-4]}AAAA.{signature}")
    credential.refresh_from_db()
    with pytest.raises(InvalidTokenError):
        europass.exported(credential=credential)
    keys.mark_compromised(key=credential.key, by=None, now=NOW + timedelta(minutes=1))
    credential.key.refresh_from_db()
    with pytest.raises(NotYours):
        europass.exported(credential=credential)


def _signed(credential: Credential) -> bytes:
    return keys.verify_jws(credential.jwt, key=credential.key)
