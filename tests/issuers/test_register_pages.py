"""The public register over HTTP: pages for people, documents for programs."""

import json
from datetime import date
from pathlib import Path

import jwt
import pytest
from django.test import Client

from issuers import registry
from issuers.models import SigningKey
from tests.factories import (
    NOW,
    city_approver,
    city_officer,
    make_arrondissement,
    make_issuer,
    publish_keys,
)

pytestmark = pytest.mark.django_db
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def page(client: Client, path: str, language: str = "en") -> str:
    response = client.get(path, headers=HTML | {"Accept-Language": language})
    assert response.status_code == 200
    return response.content.decode()


# -- Pages ----------------------------------------------------------------------------------------
def test_the_list_groups_issuers_by_district(client: Client) -> None:
    make_issuer(slug="ennour", with_keys=False)
    make_issuer(
        slug="al-amal",
        with_keys=False,
        name_fr="Bibliothèque Al Amal",
        arrondissement=make_arrondissement("06.141.01.13"),
    )
    text = page(client, "/issuers/", "fr")
    parts = ["Anfa", "Bibliothèque Al Amal", "Sidi Moumen", "Médiathèque Ennour"]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_the_list_shows_neither_proposed_nor_closed_issuers_and_marks_suspended_ones(
    client: Client,
) -> None:
    for state in ("proposed", "closed", "suspended"):
        make_issuer(slug=state, state=state, with_keys=False, name_fr=f"Maison {state}")
    text = page(client, "/issuers/")
    assert "/issuers/suspended" in text
    assert "/issuers/closed" not in text
    assert "/issuers/proposed" not in text
    assert 'class="tag age"' in text


def test_an_issuers_page_says_what_it_may_award_and_since_when(client: Client) -> None:
    make_issuer(slug="ennour", with_keys=False, themes=["digital"], starts_on=date(2025, 9, 1))
    text = page(client, "/issuers/ennour")
    assert "Médiathèque Ennour de Sidi Moumen" in text
    assert "Digital skills" in text
    assert "Accredited since 1 September 2025" in text
    assert 'class="tag ok"' in text


def test_a_reader_of_arabic_reads_the_arabic_name_first(client: Client) -> None:
    make_issuer(slug="ennour", with_keys=False)
    text = page(client, "/issuers/ennour", "ar")
    assert "<h1><bdi>الخزانة الوسائطية النور بسيدي مومن</bdi></h1>" in text
    assert 'dir="rtl"' in text


def test_a_suspended_issuers_page_says_that_old_certificates_stay_valid(client: Client) -> None:
    make_issuer(slug="ennour", state="suspended", with_keys=False)
    text = page(client, "/issuers/ennour")
    assert "What it awarded before stays valid." in text
    assert 'class="tag age"' in text


def test_a_closed_issuer_keeps_its_page(client: Client) -> None:
    make_issuer(slug="ennour", state="closed", with_keys=False)
    assert "Closed: it awards nothing any more." in page(client, "/issuers/ennour")


def test_mandates_that_do_not_stand_today_are_told_apart(client: Client) -> None:
    issuer = make_issuer(slug="ennour", with_keys=False, themes=["digital"])
    for theme, start, end in (
        ("health", date(2050, 1, 1), None),
        ("trades", date(2024, 1, 1), date(2024, 6, 1)),
        ("financial", date(2024, 1, 1), None),
    ):
        mandate = registry.propose_mandate(
            issuer=issuer, theme=theme, starts_on=start, ends_on=end, by=city_officer(), now=NOW
        )
        registry.approve_mandate(mandate=mandate, by=city_approver(), now=NOW)
    registry.suspend_mandate(mandate=mandate, reason="Contrôle", by=city_officer(), now=NOW)
    text = page(client, "/issuers/ennour")
    assert text.index("Digital skills") < text.index("Coming")
    for word in ("Coming", "Ended", "Suspended"):
        assert word in text
    assert "Contrôle" not in text


@pytest.mark.parametrize(
    "path",
    [
        "/issuers/nobody",
        "/issuers/nobody.json",
        "/issuers/nobody/did.json",
        "/issuers/new",
        "/issuers/new.json",
        "/issuers/new/did.json",
        "/k/0123456789abcdef",
    ],
)
def test_an_unknown_or_proposed_issuer_is_not_there(client: Client, path: str) -> None:
    make_issuer(slug="new", state="proposed")
    assert client.get(path).status_code == 404


def test_these_pages_only_read(client: Client) -> None:
    for path in ("/issuers/", "/keys.jwt", "/.well-known/did.json"):
        assert client.post(path).status_code == 405


# -- Documents ------------------------------------------------------------------------------------
@pytest.mark.parametrize("accept", ["application/json", "application/ld+json"])
def test_a_program_gets_the_profile_at_the_same_address(client: Client, accept: str) -> None:
    make_issuer(slug="ennour", with_keys=False)
    response = client.get("/issuers/ennour", headers={"Accept": accept})
    assert response["Content-Type"] == "application/ld+json"
    assert "Accept" in response["Vary"]
    assert response.json()["id"] == "did:web:localhost%3A8000:issuers:ennour"
    assert response.json() == client.get("/issuers/ennour.json").json()


def test_did_json_names_itself_and_opens_to_every_origin(client: Client, key_room: Path) -> None:
    make_issuer(slug="ennour")
    response = client.get("/issuers/ennour/did.json")
    assert response.json()["id"] == "did:web:localhost%3A8000:issuers:ennour"
    assert len(response.json()["verificationMethod"]) == 2
    assert response["Content-Type"] == "application/did+json"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Cache-Control"] == "public, max-age=300"


def test_did_json_does_not_depend_on_the_host_asked(client: Client, key_room: Path) -> None:
    make_issuer(slug="ennour")
    plain = client.get("/issuers/ennour/did.json").content
    for header in ({"X-Forwarded-Host": "evil.example"}, {"Forwarded": "host=evil.example"}):
        assert client.get("/issuers/ennour/did.json", headers=header).content == plain
    assert client.get("/issuers/ennour/did.json", headers={"Host": "evil.example"}).status_code == 400


def test_the_city_has_a_did_document_of_its_own(client: Client, key_room: Path) -> None:
    make_issuer(slug="ennour")
    publish_keys()
    document = client.get("/.well-known/did.json").json()
    assert document["id"] == "did:web:localhost%3A8000"
    assert len(document["assertionMethod"]) == 4  # directory, two of service, audit log


def test_no_document_holds_a_private_part(client: Client, key_room: Path) -> None:
    make_issuer(slug="ennour")
    publish_keys()
    for path in ("/issuers/ennour/did.json", "/.well-known/did.json"):
        for method in client.get(path).json()["verificationMethod"]:
            assert set(method.get("publicKeyJwk", {})) <= {"alg", "crv", "kid", "kty", "x", "y"}


@pytest.mark.parametrize("path", ["/issuers/ennour.json", "/issuers/ennour/did.json", "/keys.jwt"])
def test_an_unchanged_document_is_not_sent_twice(client: Client, key_room: Path, path: str) -> None:
    make_issuer(slug="ennour")
    publish_keys()
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert again["Access-Control-Allow-Origin"] == "*"


# -- Signed documents -----------------------------------------------------------------------------
def test_the_directory_is_handed_out_as_it_was_signed(client: Client, key_room: Path) -> None:
    make_issuer(slug="ennour")
    publish_keys()
    response = client.get("/keys.jwt")
    assert response["Content-Type"] == "application/jwt"
    kid = jwt.get_unverified_header(response.content)["kid"]
    methods = client.get("/.well-known/did.json").json()["verificationMethod"]
    key = jwt.PyJWK.from_dict(next(each["publicKeyJwk"] for each in methods if each["id"] == kid))
    payload = json.loads(jwt.api_jws.decode(response.content, key, algorithms=["ES256"]))
    assert [issuer["slug"] for issuer in payload["issuers"]] == ["ennour"]


def test_a_single_key_is_found_by_the_name_on_paper(client: Client, key_room: Path) -> None:
    issuer = make_issuer(slug="ennour")
    publish_keys()
    kid8 = SigningKey.objects.get(issuer=issuer, algorithm="ES256").kid8
    response = client.get(f"/k/{kid8}")
    payload = jwt.decode(response.content, options={"verify_signature": False})
    assert payload["issuers"][0]["keys"][0]["kid"] == kid8


def test_what_is_not_signed_yet_says_when_to_come_again(client: Client, key_room: Path) -> None:
    issuer = make_issuer()
    kid8 = SigningKey.objects.get(issuer=issuer, algorithm="ES256").kid8
    for path in ("/keys.jwt", f"/k/{kid8}"):
        response = client.get(path)
        assert (response.status_code, response["Retry-After"]) == (202, "2")
