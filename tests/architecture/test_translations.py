"""French and Arabic say everything that the product says, with every placeholder and every plural."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

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


# -- What the sources say -------------------------------------------------------------------------
APPS = ("config", "passport", "verify", "credentials", "issuers")
ROOT = LOCALE.parents[1]
WORDS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}


def said(source: str) -> Iterator[str]:
    """The sentences that this Python marks for translation; of a plural its singular."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        first = node.args[0] if node.args else None
        if name in WORDS and isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value


def said_in_template(path: Path) -> Iterator[str]:
    """The sentences of a template, as Django's own extraction finds them."""
    python = templatize(path.read_text(), origin=str(path))
    for call in re.finditer(r"""\bn?gettext\(\s*u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""", python):
        yield str(ast.literal_eval(call[1]))


def test_every_sentence_of_the_sources_is_in_the_catalogues_and_no_other() -> None:
    sources: set[str] = set()
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            if "migrations" not in path.parts:
                sources.update(said(path.read_text()))
        for path in (ROOT / app).rglob("templates/**/*.html"):
            sources.update(said_in_template(path))
    known = {m.id[0] if isinstance(m.id, tuple) else m.id for m in catalogue("fr") if m.id}
    assert sorted(sources - known) == []
    assert sorted(known - sources) == []
