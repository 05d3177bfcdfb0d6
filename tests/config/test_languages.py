"""The language of a page: who decides, how it is switched, and that the switch leads nowhere else."""

import re

import pytest
from django.conf import settings
from django.test import Client

from config.context import LANGUAGES

HEAD = re.compile(r'<html lang="(\w+)" dir="(\w+)">')


def language_of(client: Client, path: str = "/privacy", **headers: str) -> tuple[str, str]:
    found = HEAD.search(client.get(path, headers=headers).content.decode())
    assert found
    return found[1], found[2]


@pytest.mark.parametrize(
    ("asked", "language", "direction"),
    [
        ("", "fr", "ltr"),
        ("fr-MA", "fr", "ltr"),
        ("ar-MA,ar;q=0.9,fr;q=0.8", "ar", "rtl"),
        ("en-GB", "en", "ltr"),
        ("de", "fr", "ltr"),
        ("zgh", "fr", "ltr"),
    ],
)
def test_the_browser_is_heard_and_french_answers_the_others(
    client: Client, asked: str, language: str, direction: str
) -> None:
    assert language_of(client, **{"Accept-Language": asked}) == (language, direction)


def test_the_reader_s_choice_rules_over_the_browser(client: Client) -> None:
    client.get("/lang/ar")
    assert language_of(client, **{"Accept-Language": "fr"}) == ("ar", "rtl")
    client.get("/lang/en")
    assert language_of(client, **{"Accept-Language": "fr"}) == ("en", "ltr")


def test_the_choice_is_kept_for_a_year_out_of_the_reach_of_scripts(client: Client) -> None:
    cookie = client.get("/lang/ar").cookies[settings.LANGUAGE_COOKIE_NAME]
    assert cookie.value == "ar"
    assert cookie["max-age"] == 365 * 24 * 3600
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_a_language_that_we_do_not_speak_changes_nothing(client: Client) -> None:
    answer = client.get("/lang/de?next=/privacy")
    assert answer.headers["Location"] == "/privacy"
    assert settings.LANGUAGE_COOKIE_NAME not in answer.cookies


@pytest.mark.parametrize("here", ["/privacy", "/catalogue?a=06.141.01.53&t=digital", "/v"])
def test_the_switch_leads_back_to_where_the_reader_was(client: Client, here: str) -> None:
    assert client.get("/lang/ar", {"next": here}).headers["Location"] == here


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/\\elsewhere.example/",
        "///elsewhere.example",
        "\\\\elsewhere.example",
        "javascript:alert(1)",
        " //elsewhere.example",
        "/\t/elsewhere.example",
        "elsewhere",
        "",
    ],
)
def test_the_switch_leads_nowhere_else(client: Client, elsewhere: str) -> None:
    assert client.get("/lang/ar", {"next": elsewhere}).headers["Location"] == "/"


@pytest.mark.django_db
def test_every_page_offers_the_three_languages_with_the_way_back(client: Client) -> None:
    text = client.get("/catalogue?t=digital&a=x", headers={"Accept-Language": "ar"}).content.decode()
    for code, label, name in LANGUAGES:
        link = f'lang="{code}" hreflang="{code}" href="/lang/{code}?next=/catalogue%3Ft%3Ddigital%26a%3Dx"'
        assert f'{link} aria-label="{label} {name}"' in text
    assert re.findall(r'aria-label="([^"]+)" aria-current="true"', text) == ["ع العربية"]


def test_the_offered_languages_are_those_of_the_settings() -> None:
    assert [code for code, *_ in LANGUAGES] == [code for code, _ in settings.LANGUAGES]
