"""Class lists: read in every encoding and separator, refused with a reason, every row checked to the end."""

import ast
import csv
import io
import random
import re
import zipfile
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.utils import translation
from hypothesis import example, given, settings
from hypothesis import strategies as st

from credentials import days, headings, people, rosters, sheets, slips
from credentials.people import Person, Slip
from credentials.rosters import Problem, RosterError
from tests.gallery.rosters import make

GALLERY = Path(make.__file__).parent
BROKEN = sorted(path for path in GALLERY.iterdir() if path.suffix not in (".py", "") and path.is_file())
DAY = date(2026, 3, 5)
WORDS = {
    "utf-8": "[A-ZÀ-Ö][a-zà-öø-ÿ]{1,9}|[ء-غف-ي]{2,9}",
    "windows-1252": "[A-Z][a-zàâçèéêëîïôùûü]{1,5}[ÉÈÀa-z]{1,3}",
    "windows-1256": "[ء-غف-ي]{2,9}|[A-Z][a-zàâçèéêëîïôùûü]{1,8}",
}
WORDS |= {"utf-8-sig": WORDS["utf-8"], "utf-16": WORDS["utf-8"]}


def check(cells: Mapping[str, str], *, day: date | None = DAY, language: str = "fr") -> rosters.Checked:
    return rosters.check(cells, number=2, default_day=day, default_language=language)


def codes(cells: Mapping[str, str], **defaults: Any) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in check(cells, **defaults).problems]


def read(text: str | bytes, *, filename: str = "liste.csv") -> rosters.Sheet:
    return rosters.read(text.encode() if isinstance(text, str) else text, filename=filename)


def refusal(text: str | bytes, *, filename: str = "liste.csv") -> RosterError:
    with pytest.raises(RosterError) as refused:
        read(text, filename=filename)
    return refused.value


def names_of(sheet: rosters.Sheet) -> list[Person | None]:
    return [check(row.cells).person for row in sheet.rows]


def workbook(fill: Callable[[xlsxwriter.Workbook], None]) -> bytes:
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True}) as book:
        fill(book)
    return data.getvalue()


def quoted(rows: list[list[str]], separator: str) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue()


# -- Files that are no list


@pytest.mark.parametrize("path", BROKEN, ids=[path.name for path in BROKEN])
def test_a_broken_file_is_refused_for_the_fault_that_it_is_named_for(path: Path) -> None:
    refused = refusal(path.read_bytes(), filename=path.name)
    assert refused.code == path.name.split(".")[0]
    for language in ("en", "fr", "ar"):
        with translation.override(language):
            text = str(slips.sentence(refused.code, refused.params))
        assert "…" not in text
        assert "%(" not in text


def test_the_gallery_is_as_its_maker_makes_it() -> None:
    made = dict([*make.other_files(), *make.workbooks(), *make.lists()])
    assert {path.name for path in BROKEN} == set(made)
    assert len(BROKEN) >= 60
    plain = {name: data for name, data in made.items() if name.endswith(".csv")}
    assert {name: (GALLERY / name).read_bytes() for name in plain} == plain


def test_a_file_of_more_than_ten_megabytes_is_refused() -> None:
    refused = refusal(b"Nom\n" + b"Ali\n" * (10 * 1024 * 1024 // 4))
    assert (refused.code, refused.params) == ("too-large", {"limit": 10})


def test_a_refusal_says_what_the_header_has() -> None:
    assert refusal("Produit;Prix\nTable;12\n").params["found"] == ("Produit", "Prix")


def test_a_refusal_says_in_which_row() -> None:
    assert refusal("Nom\nAli\n" + "A" * 501 + "\n").params["row"] == 3
    assert refusal('Nom\nAli\n"Omar\n').params["row"] == 3


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
@example(b"PK\x03\x04")
@example(b"Nom\n\xef\xbb\xbf")
@example(b"sep=,\n")
@example("Nom\n\ue000".encode())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        sheet = read(data)
    except RosterError as error:
        assert error.code in slips.SENTENCES
        return
    for row in sheet.rows:
        check(row.cells)


def whole_files() -> list[tuple[str, bytes]]:
    text = "Nom complet;Téléphone;الاسم\nAïcha Bennani;0683000001;عائشة\n"
    latin = "Nom complet;Téléphone\nAïcha Bennani;0683000001\n"
    return [
        ("a.csv", text.encode("utf-8-sig")),
        ("a.csv", text.encode("utf-16")),
        ("a.csv", latin.encode("cp1252")),
        ("a.csv", text.encode("cp1256")),
        ("a.xlsx", make.LIST),
        ("a.xlsx", make.archive(make.PARTS, method=zipfile.ZIP_STORED)),
    ]


@settings(max_examples=300)
@given(st.sampled_from(whole_files()), st.randoms(use_true_random=False), st.integers(1, 6))
def test_a_file_with_bytes_changed_is_read_or_refused(
    file: tuple[str, bytes], chance: random.Random, changes: int
) -> None:
    data = bytearray(file[1])
    for _ in range(changes):
        place = chance.randrange(len(data))
        change = chance.randrange(3)
        if change == 0:
            data[place] = chance.randrange(256)
        elif change == 1:
            del data[place : place + chance.randint(1, 20)]
        else:
            data[place:place] = chance.randbytes(chance.randint(1, 20))
    try:
        read(bytes(data), filename=file[0])
    except RosterError as error:
        assert error.code in slips.SENTENCES


@settings(max_examples=300)
@given(
    st.sampled_from([name for name in make.PARTS if name.startswith("xl/")]),
    st.randoms(use_true_random=False),
    st.sampled_from(
        [b"", b"9999999", b"-1", b"<c>", b'<c r="A0"><v>1</v></c>', b"&#0;", b't="s" ', b"</row>"]
    ),
)
def test_a_workbook_with_a_part_changed_is_read_or_refused(
    name: str, chance: random.Random, inserted: bytes
) -> None:
    part = bytearray(make.PARTS[name])
    place = chance.randrange(len(part))
    part[place : place + chance.randrange(4)] = inserted
    try:
        read(make.archive(make.PARTS | {name: bytes(part)}), filename="a.xlsx")
    except RosterError as error:
        assert error.code in slips.SENTENCES


# -- Files that are


@settings(max_examples=200)
@given(
    st.data(),
    st.sampled_from(sorted(WORDS)),
    st.sampled_from([";", ",", "\t"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_what_was_written_is_read_in_every_encoding_and_separator(
    data: st.DataObject, encoding: str, separator: str, line_end: str
) -> None:
    word = st.from_regex(WORDS[encoding], fullmatch=True)
    name = st.lists(word, min_size=1, max_size=3).map(" ".join) | st.tuples(word, word).map(", ".join)
    phone = st.integers(500_000_000, 899_999_999)
    people_typed = data.draw(st.lists(st.tuples(name, phone), min_size=1, max_size=8))
    rows = [["Nom complet", "Téléphone", "Remarque"]]
    rows += [[typed, f"0{number}", f"a{separator}b"] for typed, number in people_typed]
    text = quoted(rows, separator).replace("\r\n", line_end)
    sheet = read(text.encode(encoding))
    assert [(row.cells["name"], row.cells["phone"]) for row in sheet.rows] == [
        (typed, f"0{number}") for typed, number in people_typed
    ]
    assert sheet.separator == separator
    assert sheet.ignored == ("Remarque",)


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[A-Z][a-zéï]{1,9}( [ء-غف-ي]{2,9})?", fullmatch=True),
            st.integers(500_000_000, 899_999_999),
        ),
        min_size=1,
        max_size=8,
    ),
    st.booleans(),
)
def test_what_was_written_is_read_from_a_workbook(typed: list[tuple[str, int]], as_number: bool) -> None:
    rows = [[name, number if as_number else f"0{number}"] for name, number in typed]
    sheet = read(make.workbook(["Nom complet", "Téléphone"], *rows), filename="liste.xlsx")
    assert [row.cells["name"] for row in sheet.rows] == [name for name, _ in typed]
    assert [people.phone(row.cells["phone"]) for row in sheet.rows] == [f"+212{n}" for _, n in typed]


@pytest.mark.parametrize(
    ("encoding", "named", "guessed"),
    [
        ("utf-8", "utf-8", False),
        ("utf-8-sig", "utf-8", False),
        ("utf-16", "utf-16", False),
        ("cp1256", "windows-1256", True),
    ],
)
def test_the_encoding_is_found_and_a_guess_is_called_one(encoding: str, named: str, guessed: bool) -> None:
    sheet = read("الاسم;الهاتف\nسلمى التازي;0683000001\n".encode(encoding))
    assert (sheet.encoding, sheet.guessed) == (named, guessed)
    assert sheet.rows[0].cells["name"] == "سلمى التازي"


def test_french_capitals_are_not_taken_for_arabic() -> None:
    sheet = read("NOM ET PRÉNOM;TÉLÉPHONE\nÉLODIE À PÉRÈS;0683000001\n".encode("cp1252"))
    assert (sheet.encoding, sheet.rows[0].cells["name"]) == ("windows-1252", "ÉLODIE À PÉRÈS")


def test_arabic_names_under_a_french_header_are_not_taken_for_french() -> None:
    sheet = read("Nom;Tel\nسلمى;0683000001\n".encode("cp1256"))
    assert (sheet.encoding, sheet.rows[0].cells["name"]) == ("windows-1256", "سلمى")


def test_the_line_of_excel_that_names_the_separator_is_obeyed() -> None:
    sheet = read('sep=|\nNom|Tel\n"A, B; C"|0683000001\n')
    assert (sheet.separator, sheet.header_row) == ("|", 2)
    assert sheet.rows[0].number == 3


def test_rows_keep_the_numbers_that_a_person_sees() -> None:
    sheet = read('Liste du 5 mars\n\nNom;Tel\n\nAli;1\n"Sal\nma";2\n;;\nOmar;3\n')
    assert sheet.header_row == 3
    assert [row.number for row in sheet.rows] == [5, 6, 9]


def test_rows_of_a_workbook_keep_the_numbers_of_the_sheet() -> None:
    rows: list[list[object]] = [[], ["", "Nom"], [], ["", "Ali"], ["", ""], ["", "Omar"]]
    sheet = read(make.workbook(*rows), filename="liste.xlsx")
    assert (sheet.header_row, [row.number for row in sheet.rows]) == (2, [4, 6])


def test_a_header_repeated_on_each_page_or_in_another_language_is_no_person() -> None:
    sheet = read("Nom;Tel\nالاسم;الهاتف\nAli;\nNom;Tel\nOmar;\n")
    assert [row.cells["name"] for row in sheet.rows] == ["Ali", "Omar"]


def test_rows_with_nothing_but_their_number_are_passed_over() -> None:
    assert [row.number for row in read("No;Nom\n1;Ali\n2;\n3;Omar\n").rows] == [2, 4]


def test_columns_that_are_not_read_are_named() -> None:
    sheet = read("CIN;Nom;;Date de naissance\nA1;Ali;x;2010\n")
    assert sheet.ignored == ("CIN", "C", "Date de naissance")
    assert [(column.header, column.field) for column in sheet.columns] == [("Nom", "name")]


def test_a_second_phone_column_is_named_as_not_read() -> None:
    sheet = read("Nom;Téléphone 1;Téléphone 2\nAli;0683000001;0683000002\n")
    assert (sheet.ignored, sheet.rows[0].cells["phone"]) == (("Téléphone 2",), "0683000001")


def test_an_unquoted_separator_in_a_cell_is_a_problem_of_its_row() -> None:
    sheet = read("Nom,Tel\nTazi, Salma,0683000001\nAli,0683000002,\n")
    assert ("extra", "cells-extra") in codes(sheet.rows[0].cells)
    assert codes(sheet.rows[1].cells) == []


def test_a_comment_beside_a_workbook_is_no_problem_but_named() -> None:
    sheet = read(make.workbook(["Nom"], ["Ali", "", "absent"]), filename="liste.xlsx")
    assert (codes(sheet.rows[0].cells), sheet.ignored) == ([], ("C",))


def test_first_and_last_names_are_put_together() -> None:
    sheet = read("Nom;Prénom;Tel\nTAZI;Salma;\n")
    assert names_of(sheet) == [Person(name_latin="Salma TAZI")]


def test_first_and_last_names_in_both_scripts_are_put_together() -> None:
    sheet = read("Prénom;Nom;الاسم الشخصي;الاسم العائلي\nSalma;Tazi;سلمى;التازي\n")
    assert names_of(sheet) == [Person(name_latin="Salma Tazi", name_arabic="سلمى التازي")]


def test_a_name_goes_where_its_letters_belong() -> None:
    sheet = read("Nom complet\nSalma Tazi\nسلمى التازي\nSalma Tazi / سلمى التازي\nسلمى التازي - Salma Tazi\n")
    both = Person(name_latin="Salma Tazi", name_arabic="سلمى التازي")
    assert names_of(sheet) == [
        Person(name_latin="Salma Tazi"),
        Person(name_arabic="سلمى التازي"),
        both,
        both,
    ]


def test_a_french_and_an_arabic_name_column_say_their_script() -> None:
    sheet = read("Nom;الاسم\nSalma;سلمى\n")
    assert [column.field for column in sheet.columns] == ["name_latin", "name_arabic"]


@pytest.mark.parametrize("sign", "=+-@")
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_text_like_a_formula_stays_text_and_is_no_name(sign: str, kind: str) -> None:
    text = f'{sign}cmd|"/c calc"!A'
    if kind == "csv":
        sheet = read(quoted([["Nom"], [text]], ","))
    else:
        sheet = read(workbook(lambda book: _write_text(book, ["Nom", text])), filename="liste.xlsx")
    assert sheet.rows[0].cells["name"] == text
    assert codes(sheet.rows[0].cells) == [("name", "name-formula")]


def _write_text(book: xlsxwriter.Workbook, cells: list[str]) -> None:
    sheet = book.add_worksheet()
    for number, cell in enumerate(cells):
        sheet.write_string(number, 0, cell)


def test_a_formula_of_a_workbook_gives_the_text_that_was_last_seen() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.write_string(0, 0, "Nom")
        sheet.write_formula(1, 0, '=HYPERLINK("https://evil.example","x")', None, "Salma Tazi")

    assert read(workbook(fill), filename="a.xlsx").rows[0].cells == {"name": "Salma Tazi"}


def test_days_numbers_and_shared_texts_of_a_workbook_are_read_as_text() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Nom", "Tel", "Date"])
        sheet.write_row(1, 0, ["Salma", 683000001])
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_datetime(1, 2, datetime(2026, 3, 5), day)  # noqa: DTZ001 - spreadsheets know no zone
        sheet.write_row(2, 0, ["Salma", "+212 683-000-001", 46086])

    checked = [check(row.cells) for row in read(workbook(fill), filename="a.xlsx").rows]
    assert {(row.awarded_on, row.person) for row in checked} == {
        (DAY, Person(name_latin="Salma", address_kind="phone", address="+212683000001"))
    }


def test_the_sheet_with_the_list_is_found_and_other_lists_are_named() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        book.add_worksheet("Notes").write_column(0, 0, ["Bonjour,", "voici la liste."])
        book.add_worksheet("Groupe 1").write_column(0, 0, ["Nom", "Ali"])
        book.add_worksheet("Groupe 2").write_column(0, 0, ["Nom", "Omar"])
        hidden = book.add_worksheet("Caché")
        hidden.write_column(0, 0, ["Nom", "Personne"])
        hidden.hide()

    sheet = read(workbook(fill), filename="a.xlsx")
    assert (sheet.title, sheet.unread) == ("Groupe 1", ("Groupe 2",))


def test_borders_drawn_to_the_end_of_the_sheet_are_no_rows() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.write_column(0, 0, ["Nom", "Ali"])
        sheet.write_blank(1_048_575, 3, None, book.add_format({"border": 1}))

    assert len(read(workbook(fill), filename="a.xlsx").rows) == 1


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_ten_thousand_rows_are_read_and_checked(kind: str) -> None:
    rows = [
        [f"Salma {chr(97 + n % 26)}", "سلمى", f"06{n:08d}", f"a{n}@example.org", "05/03/2026"]
        for n in range(10_000)
    ]
    header = ["Nom", "الاسم", "GSM", "E-mail", "Date"]
    data = quoted([header, *rows], ";").encode() if kind == "csv" else make.workbook(header, *rows)
    sheet = read(data, filename=f"a.{kind}")
    checked = [check(row.cells) for row in sheet.rows]
    assert len(checked) == 10_000
    assert not any(row.problems for row in checked)


# -- What headings mean


@pytest.mark.parametrize(
    ("heading", "meant"),
    [
        ("Nom complet", ("name", "full", "")),
        ("NOM ET PRÉNOM", ("name", "full", "")),
        ("Nom", ("name", "any", "")),
        ("Prénom de l’apprenant(e)", ("name", "first", "")),
        ("Nom de famille", ("name", "last", "")),
        ("Nom en arabe", ("name", "any", "arabic")),
        ("Participants", ("name", "full", "")),
        ("الاِسْم الكامِل", ("name", "full", "")),
        ("الاسم والنسب", ("name", "full", "")),
        ("الاسم الشخصي", ("name", "first", "")),
        ("الاسم العائلي", ("name", "last", "")),
        ("الاسم بالحروف اللاتينية", ("name", "any", "latin")),
        ("Nom / الاسم", ("name", "any", "")),
        ("name_latin", ("name", "any", "latin")),
        ("nameArabic", ("name", "any", "arabic")),
        ("N° de téléphone", ("phone", "", "")),
        ("Tél.", ("phone", "", "")),
        ("رقم الهاتف", ("phone", "", "")),
        ("Phone number", ("phone", "", "")),
        ("Adresse e-mail", ("email", "", "")),
        ("البريد الإلكتروني", ("email", "", "")),
        ("N° de passeport", ("passport", "", "")),
        ("رقم جواز المتعلّم", ("passport", "", "")),
        ("Langue", ("language", "", "")),
        ("اللغة", ("language", "", "")),
        ("Date d’obtention", ("awarded_on", "", "")),
        ("تاريخ الحصول", ("awarded_on", "", "")),
        ("awarded_on", ("awarded_on", "", "")),
    ],
)
def test_a_heading_is_understood(heading: str, meant: tuple[str, str, str]) -> None:
    understood = headings.understand(heading)
    assert understood
    assert (understood.field, understood.part, understood.script) == meant


@pytest.mark.parametrize(
    "heading",
    [
        "",
        "N°",
        "N° participant",
        "CIN",
        "Date de naissance",
        "Adresse",
        "Nom du formateur",
        "Téléphone du tuteur",
        "اسم المؤطر",
        "Phone / البريد الإلكتروني",
        "Signature",
        "Имя",
        "12",
    ],
)
def test_a_heading_of_something_else_is_not_understood(heading: str) -> None:
    assert headings.understand(heading) is None


# -- Days


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-05",
        "05/03/2026",
        "5/3/2026",
        "5.3.26",
        "05-03-2026",
        "2026/03/05",
        "5 mars 2026",
        "jeudi 5 mars 2026",
        "5-mars-26",
        "March 5, 2026",
        "5th March 2026",
        "٥ مارس ٢٠٢٦",
        "٠٥/٠٣/٢٠٢٦",
        "\u200f5\u200f/3\u200f/2026",
        "الخميس 5 مارس 2026م",
        "5 آذار 2026",
        "46086",
        "46086.75",
        "2026-03-05 00:00:00",
        "2026-03-05T23:30:00+01:00",
        "05/03/2026 14:30",
    ],
)
def test_a_day_is_read_as_people_and_spreadsheets_write_it(written: str) -> None:
    assert days.read(written) == DAY


@pytest.mark.parametrize(
    ("names", "month"),
    [
        ("janv. janvier January يناير جانفي", 1),
        ("févr. février Feb فبراير شباط", 2),
        ("mars March مارس", 3),
        ("avr. avril April أبريل إبريل نيسان", 4),
        ("mai May ماي مايو أيار", 5),
        ("juin June يونيو حزيران", 6),
        ("juil. juillet July يوليوز يوليو تموز", 7),
        ("août aout August غشت أغسطس آب", 8),
        ("sept. septembre September شتنبر سبتمبر أيلول", 9),
        ("oct. octobre October أكتوبر", 10),
        ("nov. novembre November نونبر نوفمبر", 11),
        ("déc. décembre December دجنبر ديسمبر", 12),
    ],
)
def test_months_are_known_in_french_english_and_the_arabic_of_each_shore(names: str, month: int) -> None:
    assert {days.read(f"1 {name} 2026") for name in names.split()} == {date(2026, month, 1)}


def test_the_months_of_two_words_are_known() -> None:
    read_days = [days.read(f"1 {name} 2026").month for name in ("كانون الثاني", "تشرين الأول", "كانون الأول")]
    assert read_days == [1, 10, 12]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("31/02/2026", "date-impossible"),
        ("03/25/2026", "date-impossible"),
        ("2026-13-01", "date-impossible"),
        ("1/1/1900", "date-impossible"),
        ("mars 2026", "date-unreadable"),
        ("hier", "date-unreadable"),
        ("5/3", "date-unreadable"),
        ("5/3/206", "date-unreadable"),
        ("20260305", "date-unreadable"),
        ("99999", "date-unreadable"),
    ],
)
def test_a_day_that_is_none_is_a_slip(written: str, code: str) -> None:
    with pytest.raises(Slip) as refused:
        days.read(written)
    assert (refused.value.code, refused.value.field) == (code, "awarded_on")


@given(st.dates(date(1950, 1, 1), date(2100, 12, 31)), st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y"]))
def test_any_day_is_read_back(day: date, form: str) -> None:
    assert days.read(day.strftime(form)) == day


@given(st.text(max_size=30))
def test_any_text_is_a_day_or_a_slip(text: str) -> None:
    try:
        assert days.read(text).year >= 1950
    except Slip as slip:
        assert slip.code in slips.SENTENCES


# -- One row


def test_a_row_becomes_a_person_and_a_day() -> None:
    row = check(
        {
            "name_latin": " Salma  Tazi",
            "name_arabic": "سلمى التازي",
            "phone": "06 83 00 00 01",
            "language": "العربية",
            "awarded_on": "5 mars 2026",
        },
        day=None,
    )
    assert row.problems == ()
    assert row.awarded_on == DAY
    assert row.person == Person(
        name_latin="Salma Tazi",
        name_arabic="سلمى التازي",
        address_kind="phone",
        address="+212683000001",
        language="ar",
    )


def test_every_problem_of_a_row_is_told_at_once() -> None:
    row = check(
        {
            "name": "R2D2",
            "phone": "061234567",
            "email": "salma@",
            "passport": "1",
            "language": "tlh",
            "awarded_on": "31/02/2026",
        }
    )
    assert row.problems == (
        Problem("name", "name-signs", "R2D2"),
        Problem("passport", "passport", "1"),
        Problem("phone", "phone-one-missing", "061234567"),
        Problem("email", "email", "salma@"),
        Problem("language", "language-unknown", "tlh"),
        Problem("awarded_on", "date-impossible", "31/02/2026"),
    )
    assert row.person is None
    assert row.awarded_on is None


def test_a_wrong_day_leaves_the_person_as_she_is() -> None:
    row = check({"name": "Salma", "awarded_on": "hier"})
    assert row.person == Person(name_latin="Salma")


@pytest.mark.parametrize(
    ("cells", "field"),
    [({"name": ""}, "name"), ({"name_latin": "", "name": ""}, "name_latin"), ({"phone": ""}, "name_latin")],
)
def test_a_missing_name_is_told_where_the_list_has_names(cells: dict[str, str], field: str) -> None:
    assert codes(cells) == [(field, "name-missing")]


def test_a_name_in_the_wrong_column_is_told_there() -> None:
    assert codes({"name_latin": "سلمى", "name_arabic": "Salma"}) == [
        ("name_latin", "name-not-latin"),
        ("name_arabic", "name-not-arabic"),
    ]


@pytest.mark.parametrize("name", ["Salma سلمى Tazi", "Salmaسلمى"])
def test_scripts_that_alternate_in_a_name_are_a_problem(name: str) -> None:
    assert codes({"name": name}) == [("name", "name-mixed")]


def test_two_names_that_differ_are_a_problem_and_one_twice_is_none() -> None:
    assert codes({"name": "Salma", "name_latin": "Omar"}) == [("name", "name-two")]
    assert codes({"name": "Salma", "name_latin": "Salma"}) == []


def test_of_several_addresses_passport_goes_before_phone_before_email() -> None:
    number = "10000000" + people.check_digits("10000000")
    cells = {"name": "Salma", "email": "a@example.org", "phone": "0683000001", "passport": number}
    used = []
    for kind in ("passport", "phone", "email"):
        person = check(cells).person
        assert person
        used.append(person.address_kind)
        del cells[kind]
    assert used == ["passport", "phone", "email"]


@pytest.mark.parametrize("nothing", ["", " ", "-", "—", "/", "néant", "N/A", "لا يوجد"])
def test_a_sign_for_nothing_is_nothing(nothing: str) -> None:
    assert check({"name": "Salma", "phone": nothing}).person == Person(name_latin="Salma")


@pytest.mark.parametrize(
    ("written", "language"),
    [
        ("FR", "fr"),
        ("Français", "fr"),
        ("الفرنسية", "fr"),
        ("arabe", "ar"),
        ("العربية", "ar"),
        ("English", "en"),
        ("anglais", "en"),
        ("", "ar"),
    ],
)
def test_a_language_is_read_by_its_code_or_name(written: str, language: str) -> None:
    person = check({"name": "Salma", "language": written}, language="ar").person
    assert person
    assert person.language == language


def test_without_a_day_the_day_of_the_list_holds_and_without_that_it_is_missing() -> None:
    assert check({"name": "Salma"}).awarded_on == DAY
    assert codes({"name": "Salma"}, day=None) == [("awarded_on", "date-missing")]


@given(
    st.dictionaries(
        st.sampled_from(rosters.FIELDS), st.text(st.characters(exclude_categories=()), max_size=40)
    )
)
def test_any_row_is_a_person_or_has_problems(cells: dict[str, str]) -> None:
    row = check(cells)
    assert (row.person is None) <= bool(row.problems)
    assert {problem.code for problem in row.problems} <= set(slips.SENTENCES)
    if row.person:
        assert people.clean(row.person) == row.person


# -- Sentences

CODE = re.compile(r"[a-z]+(-[a-z]+)*")
ELSEWHERE = {
    "duplicate-in-file",
    "already-issued",
    "waiting-elsewhere",
    "date-future",
    "date-expired",
    "qr-too-dense",
    "outside-mandate",
    "issuer-suspended",
    "lint",
    "quarantined",
    "predecessor-ended",
}


def raised_codes() -> set[str]:
    """Every code written in a call that makes a slip, a problem or a refusal, or handed to one."""
    found = set()
    makers = {"Slip", "Problem", "RosterError", "_slips_of_a_name", "_kind_of_ole"}
    for module in (people, days, sheets, rosters):
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        spots: list[ast.AST] = []
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in makers:
                spots += node.args
            if isinstance(node, ast.FunctionDef) and node.name in makers:
                spots += [
                    part.value for part in ast.walk(node) if isinstance(part, ast.Return) and part.value
                ]
        for spot in spots:
            found |= {
                str(part.value)
                for part in ast.walk(spot)
                if isinstance(part, ast.Constant) and CODE.fullmatch(str(part.value))
            }
    return found - set(rosters.FIELDS) | (found & set(slips.SENTENCES))


def test_every_code_has_a_sentence_and_every_sentence_a_code() -> None:
    assert raised_codes() | ELSEWHERE == set(slips.SENTENCES)


@pytest.mark.parametrize("code", sorted(slips.SENTENCES))
def test_a_sentence_reads_as_one(code: str) -> None:
    text = str(slips.sentence(code, {"row": 12_345, "limit": 10_000, "found": ("Produit", "Prix")}))
    assert text[0].isupper()
    assert text.endswith(".")
    assert "%(" not in text


def test_a_sentence_is_said_in_the_language_of_its_reader() -> None:
    sentence = slips.sentence("phone")
    said = set()
    for language in ("en", "fr", "ar"):
        with translation.override(language):
            said.add(str(sentence))
    assert len(said) == 3


def test_what_follows_a_colon_in_a_code_is_for_engineers() -> None:
    assert str(slips.sentence("lint:schema")) == str(slips.sentence("lint"))


def test_row_numbers_are_written_as_beside_the_row_and_limits_as_numbers() -> None:
    with translation.override("en"):
        text = str(slips.sentence("cell-too-long", {"row": 12_345, "limit": 10_000}))
    assert "12345" in text
    assert "10,000" in text
