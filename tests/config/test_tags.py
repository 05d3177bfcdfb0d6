"""Dates, numbers, names and form fields as every page shows them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.template import engines
from django.utils import translation

from config.templatetags import faces
from issuers.models import Theme
from verify.offline import SEALS
from verify.wording import BROWSER_FACES, FACES

ROOT = Path(__file__).resolve().parents[2]
PARTS = ROOT / "config" / "templates" / "parts"
LATE = datetime(2026, 8, 31, 23, 30, tzinfo=UTC)


@pytest.fixture(params=["fr", "ar", "en"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    with translation.override(request.param):
        yield request.param


def render(source: str, **context: Any) -> str:
    return str(engines["django"].from_string(source).render(context))


# -- Dates and numbers ----------------------------------------------------------------------------
def test_a_day_is_written_as_each_language_writes_it(language: str) -> None:
    written = {"fr": "7 septembre 2026", "ar": "7 شتنبر 2026", "en": "7 September 2026"}
    assert faces.day(date(2026, 9, 7)) == written[language]


def test_the_first_of_a_month_has_its_ending_in_french_alone(language: str) -> None:
    written = {"fr": "1er mai 2026", "ar": "1 ماي 2026", "en": "1 May 2026"}
    assert faces.day(date(2026, 5, 1)) == written[language]
    months = {"fr": "mai 2026", "ar": "ماي 2026", "en": "May 2026"}
    assert faces.month(date(2026, 5, 1)) == months[language]


def test_arabic_months_are_the_moroccan_ones() -> None:
    with translation.override("ar"):
        months = [faces.month(date(2026, number, 15)).split()[0] for number in range(1, 13)]
    moroccan = "يناير فبراير مارس أبريل ماي يونيو يوليوز غشت شتنبر أكتوبر نونبر دجنبر"
    assert months == moroccan.split()


def test_dates_carry_no_direction_marks(language: str) -> None:
    written = faces.day(date(2026, 9, 7)) + faces.month(date(2026, 9, 7)) + faces.moment(LATE)
    assert not re.search("[\u200e\u200f\u061c]", written)


def test_the_day_of_a_moment_is_its_day_in_utc_as_documents_have_it() -> None:
    with translation.override("en"):
        assert faces.day(LATE) == "31 August 2026"


def test_a_moment_is_told_on_the_city_s_clock(language: str) -> None:
    written = {
        "fr": "1er septembre 2026 à 00:30",
        "ar": "1 شتنبر 2026، 00:30",
        "en": "1 September 2026, 00:30",
    }
    assert faces.moment(LATE) == written[language]


def test_nothing_is_written_for_no_date(language: str) -> None:
    assert faces.day(None) == faces.month(None) == faces.moment(None) == ""


def test_thousands_are_parted_as_each_language_parts_them(language: str) -> None:
    written = {"fr": "1\u202f250\u202f000", "ar": "1.250.000", "en": "1,250,000"}
    assert faces.thousands(1_250_000) == written[language]
    assert faces.thousands(999) == "999"


def test_codes_and_passport_numbers_are_grouped() -> None:
    assert faces.grouped("BZF3G3DKP8FZ") == "BZF3-G3DK-P8FZ"
    assert faces.grouped("") == ""
    assert faces.spaced("4821903657") == "4821 9036 57"


def test_a_level_climbs_eight_steps() -> None:
    assert faces.level_steps(3) == [True] * 3 + [False] * 5


# -- Names ----------------------------------------------------------------------------------------
@dataclass
class Person:
    name_latin: str = ""
    name_arabic: str = ""


def test_both_names_stand_isolated_the_reader_s_script_first(language: str) -> None:
    latin = '<bdi lang="fr" dir="ltr">Amina Benali</bdi>'
    arabic = '<bdi lang="ar" dir="rtl">أمينة بنعلي</bdi>'
    pair = [arabic, latin] if language == "ar" else [latin, arabic]
    assert faces.names(Person("Amina Benali", "أمينة بنعلي")) == " ".join(pair)


def test_a_missing_name_leaves_no_trace() -> None:
    assert faces.names(Person(name_arabic="أمينة")) == '<bdi lang="ar" dir="rtl">أمينة</bdi>'
    assert faces.names(Person()) == ""


def test_a_name_is_text_and_never_markup() -> None:
    assert "<img" not in faces.names(Person('<img src="x">'))


# -- Form fields ----------------------------------------------------------------------------------
class Everything(forms.Form):
    """One field of each kind."""

    name = forms.CharField(help_text="As on paper")
    plain = forms.CharField(required=False)
    email = forms.EmailField()
    role = forms.ChoiceField(choices=[("a", "A"), ("b", "B")])
    kind = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect, help_text="One")
    many = forms.MultipleChoiceField(choices=[("a", "A")], widget=forms.CheckboxSelectMultiple)
    agreed = forms.BooleanField(help_text="Read it first")
    note = forms.CharField(widget=forms.Textarea(attrs={"class": "tall"}))
    file = forms.FileField()
    token = forms.CharField(widget=forms.HiddenInput)


FIELD = '{% include "parts/field.html" with field=form.NAME %}'


def shown(name: str, data: dict[str, str] | None = None) -> str:
    with translation.override("en"):
        return render(FIELD.replace("NAME", name), form=Everything(data))


VISIBLE = [name for name in Everything.base_fields if name != "token"]


@pytest.mark.parametrize("name", VISIBLE)
def test_a_field_has_its_label(name: str) -> None:
    html = shown(name)
    if f'for="id_{name}"' not in html:
        assert "<legend" in html or re.search(r"<label class=\"pick\"><input[^>]*><span>", html)


@pytest.mark.parametrize("name", [name for name in VISIBLE if name != "plain"])
def test_what_is_wrong_with_a_field_stands_under_it_and_is_tied_to_it(name: str) -> None:
    html = shown(name, {})
    assert html.count(f'id="id_{name}-error"') == 1
    assert re.search(rf'aria-describedby="id_{name}-error[ "]', html)
    assert 'aria-invalid="true"' in html
    assert '<p class="err"><svg' in html


@pytest.mark.parametrize("name", ["name", "kind", "agreed"])
def test_help_is_tied_to_its_field(name: str) -> None:
    assert f'aria-describedby="id_{name}-help"' in shown(name)
    assert f'id="id_{name}-help"' in shown(name)
    assert f'aria-describedby="id_{name}-error id_{name}-help"' in shown(name, {})


def test_a_field_without_help_or_error_describes_nothing() -> None:
    assert "aria-describedby" not in shown("plain")
    assert "aria-describedby" not in shown("many")


def test_only_a_field_that_may_stay_empty_says_so() -> None:
    assert "(optional)" in shown("plain")
    assert "(optional)" not in shown("name")


def test_addresses_are_typed_from_left_to_right() -> None:
    assert 'dir="ltr"' in shown("email")
    assert "dir=" not in shown("name")


def test_a_widget_keeps_its_own_class() -> None:
    assert 'class="in tall"' in shown("note")
    assert 'class="in"' in shown("file")


def test_a_hidden_field_shows_nothing() -> None:
    assert re.fullmatch(r'<input type="hidden"[^>]*>', shown("token").strip())


# -- Icons and tiles ------------------------------------------------------------------------------
def test_every_icon_that_a_page_names_is_drawn() -> None:
    asked = set(Theme.values)
    for path in ROOT.glob("*/templates/**/*.html"):
        asked |= set(re.findall(r'parts/icon\.html" with name="([^"]+)"', path.read_text()))
    assert asked <= set(re.findall(r'name == "([^"]+)"', (PARTS / "icon.html").read_text()))


def test_every_verdict_has_a_tile_and_no_two_look_alike() -> None:
    named = {face.seal for face in (*FACES.values(), *BROWSER_FACES)}
    assert named <= set(SEALS)
    tiles = {seal: render('{% include "parts/seal.html" %}', seal=seal) for seal in SEALS}
    assert len(set(tiles.values())) == len(SEALS)
    undrawn = render('{% include "parts/seal.html" %}', seal="no such verdict")
    assert undrawn not in tiles.values()


def test_two_broken_tiles_on_a_page_do_not_share_their_cuts() -> None:
    html = render(
        '{% include "parts/seal.html" with seal_id="a" %}{% include "parts/seal.html" with seal_id="b" %}',
        seal="broken",
    )
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids)) == 4
