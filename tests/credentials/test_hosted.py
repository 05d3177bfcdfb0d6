"""Achievements and profiles as documents of their own: valid, in each language, open to caches and sites."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from django.test import Client
from django.urls import reverse

from credentials import linkeddata
from credentials.models import Achievement, Credential
from issuers import jose
from tests import standards
from tests.factories import key_room, make_achievement, make_city, make_credential, make_issuer

__all__ = ["key_room"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def course(key_room: Path) -> Achievement:
    return make_achievement(make_issuer(), cefr_level="A2")


def served(client: Client, path: str, accept: str = "") -> dict[str, Any]:
    answer = client.get(path, headers={"Accept": accept} if accept else {})
    assert answer.status_code == 200, path
    document: dict[str, Any] = json.loads(answer.content)
    return document


def address(course: Achievement, suffix: str = "") -> str:
    return f"/a/{course.pk}{suffix}"


# -- What they say --------------------------------------------------------------------------------
@pytest.mark.parametrize("suffix", [".json", ".fr.json", ".ar.json"])
def test_every_member_is_a_defined_term(client: Client, course: Achievement, suffix: str) -> None:
    linkeddata.check(served(client, address(course, suffix)))


@standards.needed
@pytest.mark.parametrize("suffix", [".json", ".ar.json"])
def test_it_keeps_the_published_schema_of_an_achievement(
    client: Client, course: Achievement, suffix: str
) -> None:
    path = standards.SCHEMAS / "ob_v3p0_achievementcredential_schema.strict-arrays.json"
    whole = json.loads(path.read_text())
    schema = {"$schema": whole["$schema"], "$defs": whole["$defs"], "$ref": "#/$defs/Achievement"}
    jsonschema_rs.validator_for(schema).validate(served(client, address(course, suffix)))


def test_it_says_what_certificates_say_of_it(client: Client, course: Achievement) -> None:
    signed = json.loads(_payload(make_credential(course)))["credentialSubject"]["achievement"]
    hosted = served(client, address(course, ".json"))
    assert hosted["criteria"].pop("id") == signed["id"]
    assert hosted["image"].pop("caption") == course.title_fr
    assert {name: hosted[name] for name in signed} == signed


def test_each_language_has_a_document_and_leads_to_the_other(client: Client, course: Achievement) -> None:
    french, arabic = (served(client, address(course, suffix)) for suffix in (".json", ".ar.json"))
    assert french == served(client, address(course, ".fr.json"))
    assert (french["inLanguage"], french["name"]) == ("fr", course.title_fr)
    assert (arabic["inLanguage"], arabic["name"]) == ("ar", course.title_ar)
    assert arabic["criteria"]["narrative"] == course.criteria_ar
    assert arabic["creator"]["name"] == course.issuer.name_ar
    for one, other in ((french, arabic), (arabic, french)):
        (related,) = one["related"]
        assert (related["id"], related["inLanguage"]) == (other["id"], other["inLanguage"])


def test_the_addresses_under_related_lead_to_those_documents(client: Client, course: Achievement) -> None:
    for suffix in (".json", ".ar.json"):
        document = served(client, address(course, suffix))
        path = document["id"].removeprefix("http://localhost:8000")
        assert served(client, path, "application/ld+json") == document


def test_a_course_of_one_language_has_one_document(client: Client, key_room: Path) -> None:
    course = make_achievement(make_issuer(), title_fr="", description_fr="", criteria_fr="")
    document = served(client, address(course, ".json"))
    assert (document["inLanguage"], document["related"]) == ("ar", [])
    assert client.get(address(course, ".fr.json")).status_code == 404
    assert client.get(address(course, "?lang=fr")).status_code == 404


# -- How they are handed out ----------------------------------------------------------------------
def test_people_see_the_page_in_the_language_of_the_address(client: Client, course: Achievement) -> None:
    answer = client.get(address(course, "?lang=ar"), headers={"Accept": "text/html", "Accept-Language": "fr"})
    assert '<html lang="ar" dir="rtl"' in answer.content.decode()
    assert answer["Content-Language"] == "ar"
    assert course.title_ar in answer.content.decode()
    assert client.get(address(course), headers={"Accept-Language": "fr"})["Content-Language"] == "fr"


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "text/html; charset=utf-8"),
        ("text/html", "text/html; charset=utf-8"),
        ("*/*", "text/html; charset=utf-8"),
        ("application/json", "application/json"),
        ("application/ld+json, application/json", "application/ld+json"),
    ],
)
def test_the_address_gives_what_is_asked_for(
    client: Client, course: Achievement, accept: str, content_type: str
) -> None:
    answer = client.get(address(course), headers={"Accept": accept} if accept else {})
    assert answer["Content-Type"] == content_type
    assert "Accept" in {part.strip() for part in answer["Vary"].split(",")}


@pytest.mark.parametrize("kind", ["achievement", "language", "issuer", "city"])
def test_documents_are_kept_by_caches_and_read_from_any_origin(
    client: Client, course: Achievement, kind: str
) -> None:
    path = {
        "achievement": address(course, ".json"),
        "language": address(course, ".ar.json"),
        "issuer": reverse("issuer-json", args=[course.issuer.slug]),
        "city": reverse("city-json"),
    }[kind]
    answer = client.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/ld+json")
    assert answer["Cache-Control"] == "public, max-age=300"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "Content-Language" not in answer
    again = client.get(path, headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    course.issuer.name_fr = "Un autre nom"
    course.issuer.save()
    changed = client.get(path, headers={"If-None-Match": answer["ETag"]})
    assert changed.status_code == (200 if kind in ("achievement", "issuer") else 304)


def test_what_is_not_published_is_not_there(client: Client, key_room: Path) -> None:
    course = make_achievement(make_issuer(), state="draft")
    for suffix in ("", ".json", ".ar.json"):
        assert client.get(address(course, suffix)).status_code == 404


@pytest.mark.parametrize("suffix", [".xx.json", ".xml", ".fr", "?lang=xx"])
def test_there_is_no_other(client: Client, course: Achievement, suffix: str) -> None:
    assert client.get(address(course, suffix)).status_code == 404


# -- Profiles -------------------------------------------------------------------------------------
@standards.needed
def test_the_profiles_are_valid_and_the_issuers_names_the_citys(client: Client, course: Achievement) -> None:
    make_city()
    schema = json.loads((standards.SCHEMAS / "ob_v3p0_profile_schema.json").read_text())
    issuer = served(client, reverse("issuer-json", args=[course.issuer.slug]))
    city = served(client, reverse("city-json"))
    for profile in (issuer, city):
        linkeddata.check(profile)
        jsonschema_rs.validator_for(schema).validate(profile)
    assert issuer["parentOrg"]["id"] == city["id"]
    signed = json.loads(_payload(make_credential(course)))
    assert {name: issuer[name] for name in signed["issuer"]} == signed["issuer"]


def _payload(credential: Credential) -> str:
    return jose.unb64(credential.jwt.split(".")[1]).decode()
