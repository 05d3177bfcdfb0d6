"""Formulas in names: they come in and go out as text, and no spreadsheet on the way reckons with them."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import xlsxwriter
from django.utils import timezone, translation

from credentials import batches, listings, rosters, teaching
from credentials.models import Achievement, Award, Batch
from tests.factories import key_room_open, make_achievement, make_issuer, make_member

pytestmark = pytest.mark.django_db
#: What spreadsheets take for the beginning of a formula, with doubles and blanks that some of them overlook.
PREFIXES = ("=", "+", "-", "@", "\t=", "\r=", "＝", "＋", "－", "＠", "−", " =")
CALL = 'HYPERLINK("https://evil.example","Salma")'


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Achievement]:
    with key_room_open(tmp_path):
        yield make_achievement(make_issuer(now=timezone.now()))


def as_csv(names: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([["Nom complet", "Téléphone"], *([name, ""] for name in names)])
    return text.getvalue().encode()


def as_xlsx(names: list[str]) -> bytes:
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for row, name in enumerate(["Nom complet", *names]):
            sheet.write_string(row, 0, name)
    return data.getvalue()


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(("name", "make"), [("l.csv", as_csv), ("l.xlsx", as_xlsx)])
def test_twelve_beginnings_of_a_formula_come_back_as_the_text_they_were(
    course: Achievement, name: str, make: Callable[[list[str]], bytes], language: str
) -> None:
    names = [prefix + CALL for prefix in PREFIXES]
    data = make(names)
    batch = _draft(course, data, name)
    typed = [teaching.name_as_typed(row) for row in batches.rows(batch=batch)]
    assert [text.strip() for text in typed] == [text.strip() for text in names]
    assert set(batch.awards.values_list("state", flat=True)) == {Award.State.FAILED}  # nobody is called so
    with translation.override(language):
        told = listings.as_csv(batch=batch).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(told), delimiter="," if language == "en" else ";"))[1:]
    cells = [row[1] for row in rows]
    assert len(cells) == len(PREFIXES)
    assert all(cell.startswith("'") for cell in cells)
    assert [cell.removeprefix("'") for cell in cells] == typed


def test_a_formula_in_any_other_cell_of_the_result_is_none(course: Achievement) -> None:
    batch = _draft(course, as_csv([f"Salma{prefix}" for prefix in PREFIXES]), "l.csv")
    told = listings.as_csv(batch=batch).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(told), delimiter=";"):
        assert not [cell for cell in row if cell.lstrip().startswith(listings.FORMULA)]


def _draft(course: Achievement, data: bytes, name: str) -> Batch:
    issuer = course.issuer
    return batches.draft(
        issuer=issuer,
        achievement=course,
        awarded_on=timezone.localdate(),
        sheet=rosters.read(data, filename=name),
        data=data,
        file_name=name,
        language="fr",
        by=make_member(issuer, "trainer"),
        now=timezone.now(),
    ).batch
