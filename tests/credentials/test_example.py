"""The class of the documentation is a list: most rows are right, one has a slip, one is a repeat."""

from datetime import date
from pathlib import Path

from credentials import rosters

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "class.csv"


def test_the_class_of_the_documentation_shows_what_a_list_may_be() -> None:
    sheet = rosters.read(EXAMPLE.read_bytes(), filename=EXAMPLE.name)
    checked = [
        rosters.check(row.cells, number=row.number, default_day=date(2026, 11, 24), default_language="fr")
        for row in sheet.rows
    ]
    assert {row.number: row.problems[0].code for row in checked if row.problems} == {3: "phone-one-missing"}
    right = [row.person for row in checked if row.person]
    assert len(right) - len(set(right)) == 1
    assert not sheet.ignored
