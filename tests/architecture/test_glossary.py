"""French and Arabic use the city's own words, as ``docs/glossary.csv`` has them.

Where an English sentence holds a term of the glossary, its translation holds the glossary's word, in whatever
form the sentence asks for: a word counts by its beginning in French, and by its letters without vowels in
Arabic, where ``ROOTS`` gives the root of those whose forms begin differently.
"""

import csv
import re
import unicodedata
from functools import cache
from pathlib import Path

import pytest

from .test_translations import catalogue

GLOSSARY = Path(__file__).resolve().parents[2] / "docs" / "glossary.csv"
#: (language, term) → what one of the translation's words must hold, where the word's beginning is not enough.
ROOTS = {
    ("fr", "valid"): "val",
    ("fr", "share"): "partag",
    ("fr", "trainer"): "format",
    ("fr", "object"): "oppos",
    ("fr", "log in"): "connect",
    ("ar", "revoked"): "لغ",
    ("ar", "suspended"): "قف|وقوف",
    ("ar", "holder"): "صاحب|اصحاب",
    ("ar", "purpose"): "غرض",
    ("ar", "issuer"): "جه",
    ("ar", "expired"): "نتهت|منتهي",
    ("ar", "issue"): "صدر|اصدار|منح",
    ("ar", "share"): "شارك",
    ("ar", "valid"): "صالح|صلاحي|ساري",
    ("ar", "not valid"): "صالح|صلاحي",
    ("ar", "youth house"): "دور? شباب|دار الشباب",
    ("ar", "language"): "لغ",
    ("ar", "learner"): "متعل",
}
#: English words that are a term's letters and not its meaning: what the sentence is about instead.
OTHER_MEANINGS = {
    "A row is an object of fields and their texts.": "an object of JSON",
    "Two keys share this short name. Give the whole thumbprint.": "to have in common",
    "Hidden from my passport": "by herself, not for a small count",
    "It is hidden. You find it again under Settings.": "by herself, not for a small count",
    "Certificate hidden or shown again": "by herself, not for a small count",
    "What you have hidden, what you declare yourself, certificates that do not hold. Your phone and your "
    "e-mail are never in it.": "by herself, not for a small count",
    "It holds certificates that hold and that you have not hidden.": "by herself, not for a small count",
    "School, work, a library circle, a family to care for: you say it, nobody else vouches for it, and "
    "everybody sees that.": "a circle of readers, wherever it meets",
    "Not simply valid": "what asks for a second look",
    "hidden": "by herself, not for a small count",
    "Open Badges 2.0": "a standard's name",
    "Open Badges 3.0": "a standard's name",
    "Comprehensive Learner Record 2.0": "a standard's name",
}
BRACKETS = re.compile(r"\s*\([^)]*\)")
MARKS = re.compile("[\u064b-\u0652\u0670]")


@cache
def terms() -> list[dict[str, str]]:
    """The glossary, long terms first: “certificate of attendance” is no “certificate”."""
    with GLOSSARY.open(encoding="utf-8", newline="") as lines:
        return sorted(csv.DictReader(lines), key=lambda row: -len(row["en"]))


def plain(text: str) -> str:
    """Lower case, one apostrophe, Arabic without vowels and with one alif."""
    text = MARKS.sub("", text.lower().replace("’", "'"))
    return re.sub("[أإآ]", "ا", unicodedata.normalize("NFC", text))


def beginnings(language: str, word: str) -> list[str]:
    """What a sentence must hold of a word of the glossary, whatever its ending."""
    words = plain(BRACKETS.sub("", word)).split()
    if language == "fr":
        return [one[: max(4, len(one) - 3)] for one in words if len(one) > 3] or words
    bare = [re.sub("^ال", "", one) for one in words]
    return [one[: max(3, len(one) - 2)] for one in bare]


def said_in(text: str, term: str, language: str, word: str) -> bool:
    """Whether a translation holds the glossary's word for this term."""
    text = plain(text)
    if root := ROOTS.get((language, term)):
        return re.search(root, text) is not None
    return all(part in text for part in beginnings(language, word))


def terms_of(english: str) -> list[dict[str, str]]:
    """The terms that stand in an English sentence, each place counting once, for its longest term."""
    rest = re.sub(r"%\(\w+\)s", " ", english.lower())
    found = []
    for row in terms():
        pattern = re.compile(rf"\b{re.escape(BRACKETS.sub('', row['en']))}s?\b")
        if pattern.search(rest):
            rest = pattern.sub(" ", rest)
            found.append(row)
    return found


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_every_term_is_said_in_the_citys_word(language: str) -> None:
    strange = []
    for message in catalogue(language):
        english = message.id if isinstance(message.id, str) else message.id[0]
        if not english or english in OTHER_MEANINGS:
            continue
        said = message.string if isinstance(message.string, str) else " ".join(message.string or ())
        strange += [
            f"{row['en']} → {row[language]}: {english[:90]} → {said[:120]}"
            for row in terms_of(english)
            if not said_in(said, row["en"], language, row[language])
        ]
    assert not strange, "\n".join(strange)


def test_every_exception_and_every_root_is_still_needed() -> None:
    known = {m.id if isinstance(m.id, str) else m.id[0] for m in catalogue("fr") if m.id}
    assert sorted(set(OTHER_MEANINGS) - known) == []
    assert {term for _language, term in ROOTS} <= {row["en"].split(" (")[0] for row in terms()}


def test_a_word_from_elsewhere_is_noticed() -> None:
    assert [row["en"] for row in terms_of("A certificate of attendance")] == ["certificate of attendance"]
    assert said_in("Vos certificats", "certificate", "fr", "certificat")
    assert not said_in("Vos attestations", "certificate", "fr", "certificat")
    assert said_in("شهاداتك", "certificate", "ar", "شهادة")
    assert not said_in("سجل التدقيق", "audit log", "ar", "سجل التتبّع")
