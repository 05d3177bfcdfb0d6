"""The template of a class list: it reads back as what it says, and its examples are nobody."""

from collections.abc import Callable
from datetime import date

import pytest

from credentials import people, roster_template, rosters
from credentials.people import Person
from credentials.rosters import RosterError
from tests.gallery.rosters import make

LANGUAGES = ("fr", "ar", "en")
FORMS = {"csv": roster_template.as_csv, "xlsx": roster_template.as_xlsx}
FIELDS = ["name_latin", "name_arabic", "phone", "email", "passport", "language", "awarded_on"]
FIRST_FREE_ROW = 4


def sheet_of(language: str) -> bytes:
    return make.parts_of(roster_template.as_xlsx(language))["xl/worksheets/sheet1.xml"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_template_as_it_is_has_examples_and_nobody(form: Callable[[str], bytes], language: str) -> None:
    with pytest.raises(RosterError) as refused:
        rosters.read(form(language), filename="liste")
    assert refused.value.code == "only-examples"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_written_below_the_examples_is_read_under_the_right_columns(language: str) -> None:
    data = roster_template.as_csv(language)
    separator = "," if language == "en" else ";"
    typed = separator.join(["Salma Tazi", "سلمى التازي", "683000001", "", "", "arabe", "5/3/26"])
    sheet = rosters.read(data + typed.encode() + b"\r\n", filename="liste.csv")
    assert [column.field for column in sheet.columns] == FIELDS
    assert (sheet.separator, sheet.encoding, sheet.examples) == (separator, "utf-8", (2, 3))
    assert [row.number for row in sheet.rows] == [FIRST_FREE_ROW]
    row = rosters.check(sheet.rows[0].cells, number=4, default_day=None, default_language="fr")
    assert row.awarded_on == date(2026, 3, 5)
    assert row.person == Person(
        name_latin="Salma Tazi",
        name_arabic="سلمى التازي",
        address_kind="phone",
        address="+212683000001",
        language="ar",
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_typed_into_the_workbook_is_read_under_the_right_columns(language: str) -> None:
    parts = make.parts_of(roster_template.as_xlsx(language))
    name = "xl/worksheets/sheet1.xml"
    typed = "".join(
        f'<c r="{column}4" t="inlineStr"><is><t>{text}</t></is></c>'
        for column, text in {"A": "Salma Tazi", "C": "0683000001", "G": "05/03/2026"}.items()
    )
    row = f'<row r="4">{typed}</row></sheetData>'.encode()
    parts[name] = parts[name].replace(b"</sheetData>", row)
    sheet = rosters.read(make.archive(parts), filename="liste.xlsx")
    assert [column.field for column in sheet.columns] == FIELDS
    assert sheet.unread == ()
    assert sheet.rows[0].cells["phone"] == "0683000001"
    assert (sheet.rows[0].number, sheet.examples) == (FIRST_FREE_ROW, (2, 3))


def test_a_name_written_over_an_example_is_a_person() -> None:
    data = roster_template.as_csv("fr").decode("utf-8-sig")
    changed = data.replace("Omar Bennani (exemple)", "Hajar Alami")
    sheet = rosters.read(changed.encode(), filename="liste.csv")
    assert ([row.number for row in sheet.rows], sheet.examples) == ([3], (2,))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_examples_are_right_but_for_their_mark(language: str) -> None:
    text = roster_template.as_csv(language).decode("utf-8-sig")
    for mark in (" (exemple)", " (example)", " (مثال)"):
        text = text.replace(mark, "")
    sheet = rosters.read(text.encode(), filename="liste.csv")
    checked = [
        rosters.check(row.cells, number=row.number, default_day=date(2026, 3, 5), default_language="fr")
        for row in sheet.rows
    ]
    assert [row.problems for row in checked] == [(), ()]
    assert {row.person.address_kind for row in checked if row.person} == {"phone", "passport"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_spreadsheet_opens_the_csv_in_the_right_letters(language: str) -> None:
    assert roster_template.as_csv(language).startswith(b"\xef\xbb\xbf")


def test_phones_and_passport_numbers_are_columns_of_text() -> None:
    parts = make.parts_of(roster_template.as_xlsx("fr"))
    sheet = parts["xl/worksheets/sheet1.xml"]
    styles = parts["xl/styles.xml"].partition(b"<cellXfs")[2].partition(b"</cellXfs>")[0].split(b"<xf ")[1:]
    for column in (b"3", b"5"):
        described = sheet.partition(b'<col min="' + column + b'"')[2].partition(b"/>")[0]
        style = int(described.partition(b'style="')[2].partition(b'"')[0])
        assert b'numFmtId="49"' in styles[style]  # 49 is text (ECMA-376, 18.8.30)


def test_the_arabic_template_runs_from_right_to_left_and_the_others_do_not() -> None:
    assert {language: b'rightToLeft="1"' in sheet_of(language) for language in LANGUAGES} == {
        "fr": False,
        "ar": True,
        "en": False,
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_languages_on_offer_are_understood(language: str) -> None:
    source = sheet_of(language).decode().partition("<formula1>")[2].partition("</formula1>")[0]
    offered = source.replace("&quot;", "").strip('"').split(",")
    read = {
        rosters.check(
            {"name": "Salma", "language": word}, number=2, default_day=date(2026, 3, 5), default_language="fr"
        ).person
        for word in offered
    }
    assert {person.language for person in read if person} == set(people.LANGUAGES)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_template_has_the_same_bytes_every_time(form: Callable[[str], bytes]) -> None:
    assert form("ar") == form("ar")
