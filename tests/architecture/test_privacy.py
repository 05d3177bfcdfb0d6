"""docs/privacy.md names every field that tells something of a person, and no national number is taken."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from credentials import people
from credentials.corrections import NATIONAL_NUMBER
from credentials.people import Person

PAGE = Path(__file__).resolve().parents[2] / "docs" / "privacy.md"
#: Fields that may hold words or bytes and tell nothing of a person, by model: each is a decision.
NOTHING_PERSONAL = {
    "credentials.Achievement": "*",  # of a course
    "credentials.Endpoint": "*",  # of a provider's program
    "credentials.EndorsementList": "*",
    "credentials.Delivery": "*",  # events carry ids and codes
    "credentials.StatusList": "*",
    "credentials.StatusListVersion": "*",
    "credentials.PrintOrder": "*",
    "credentials.Chunk": "*",
    "credentials.Filing": "*",
    "credentials.SmsDay": "*",  # keyed hashes and counts, for a month
    "passport.Pathway": "*",  # of the city
    "passport.Step": "*",
    "passport.Erasure": "*",  # names nobody: tests/passport/test_erasing.py
    "verify.VerificationCount": "*",
}
#: Field names that are the same everywhere and never personal: ids, states, moments of the machine.
MACHINE = {
    *("id", "state", "kind", "attempts", "lease_token", "last_error", "error_code", "error_field"),
    *("idempotency_key", "file_name", "dedupe", "held_because", "channel", "status", "visibility", "reason"),
    *("act", "what", "credential_id", "cti", "sha256", "short_code", "outcome", "password"),
}
WORDS = (models.CharField, models.TextField, models.BinaryField, models.JSONField, models.UUIDField)


def told() -> dict[str, set[str]]:
    """Table → its fields, as the page names them."""
    found: dict[str, set[str]] = {}
    for line in PAGE.read_text().splitlines():
        cells = line.split("|")
        if len(cells) > 4 and (tables := re.findall(r"`(\w+\.\w+)`", cells[1])):
            for table in tables:
                found[table] = set(re.findall(r"`(\w+)`", cells[2]))
    return found


def holding() -> list[type[models.Model]]:
    """Every table of the rooms in which people are."""
    return [
        model
        for app in ("credentials", "passport", "verify")
        for model in apps.get_app_config(app).get_models()
    ]


def test_every_table_with_words_in_it_is_named_or_decided_upon() -> None:
    unknown = []
    pages = told()
    for model in holding():
        label = model._meta.label
        if NOTHING_PERSONAL.get(label) == "*":
            continue
        fields = [field for field in model._meta.concrete_fields if isinstance(field, WORDS)]
        missing = {field.name for field in fields} - MACHINE - pages.get(label, set())
        unknown += [f"{label}.{name}" for name in sorted(missing)]
    assert unknown == [], "name them in docs/privacy.md, or decide here that they are not personal"


def test_every_link_to_a_learner_is_named() -> None:
    pages = told()
    learner = apps.get_model("passport", "Learner")
    unknown = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_app_config("passport").get_models()
        for field in model._meta.concrete_fields
        if field.related_model is learner
        and field.name not in pages.get(model._meta.label, set())
        and model._meta.label not in pages
    ]
    assert unknown == []


def test_the_page_names_nothing_that_there_is_not() -> None:
    for label, fields in told().items():
        there = {field.name for field in apps.get_model(label)._meta.get_fields()}
        of_its_row = {"receipt", "name", "content", "finding"} if label.startswith("verify.") else set()
        assert fields - of_its_row <= there, label


def test_no_field_is_made_for_a_national_number() -> None:
    names = {f.name for model in apps.get_models() for f in model._meta.get_fields()}
    assert not [name for name in names if re.search(r"(^|_)(cin|cnie|idcs|massar|national)(_|$)", name)]


@pytest.mark.parametrize("name", ["Salma Tazi BE123456", "AB123456", "سلمى التازي ١٢٣٤٥٦"])
def test_a_name_with_a_number_in_it_is_refused(name: str) -> None:
    field = "name_arabic" if name.startswith("س") else "name_latin"
    with pytest.raises(people.Slip) as refusal:
        people.clean(Person(**{"name_latin": "", "name_arabic": "", field: name}))
    assert refusal.value.field == field


def test_what_looks_like_an_identity_card_is_known_by_its_form() -> None:
    assert NATIONAL_NUMBER.search("BE123456")
    assert not NATIONAL_NUMBER.search("Niveau B1, 120 heures, 2026-11-26")
