"""French and Arabic say everything that the product says, with every placeholder and every plural."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

LOCALE = Path(__file__).resolve().parents[2] / "config" / "locale"
PLACEHOLDER = re.compile(r"%\(\w+\)s|</?(?:bdi|b)\b[^>]*>")
PLURALS = {"fr": 2, "ar": 6}


def catalogue(language: str) -> Catalog:
    """The language's catalogue."""
    with (LOCALE / language / "LC_MESSAGES" / "django.po").open("rb") as lines:
        return read_po(lines, locale=language)


def test_both_languages_have_the_same_sentences() -> None:
    french, arabic = ({str(m.id) for m in catalogue(language)} for language in PLURALS)
    assert french == arabic
    assert len(french) > 500


@pytest.mark.parametrize("language", PLURALS)
def test_nothing_is_left_in_english(language: str) -> None:
    for message in catalogue(language):
        if message.id:
            strings = message.string if isinstance(message.string, tuple) else (message.string,)
            assert all(strings), message.id
            assert not message.fuzzy, message.id


@pytest.mark.parametrize("language", PLURALS)
def test_a_count_has_every_form_of_the_language(language: str) -> None:
    for message in catalogue(language):
        if isinstance(message.id, tuple):
            assert len(message.string or ()) == PLURALS[language], message.id


@pytest.mark.parametrize("language", PLURALS)
def test_a_sentence_keeps_its_placeholders(language: str) -> None:
    for message in catalogue(language):
        if message.id and isinstance(message.id, str):
            assert sorted(PLACEHOLDER.findall(message.id)) == sorted(PLACEHOLDER.findall(str(message.string)))


@pytest.mark.parametrize("language", PLURALS)
def test_nothing_boasts_of_success(language: str) -> None:
    boast = re.compile(r"avec succès|successfully", re.IGNORECASE)
    assert not [m.id for m in catalogue(language) if boast.search(f"{m.id} {m.string}")]
