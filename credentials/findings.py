"""What is wrong with the rows of a list, in words: for programs, for the command line."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from . import slips
from .ledger import Row
from .models import Award

WRONG = (Award.State.FAILED.value, Award.State.DUPLICATE.value)
#: So many are named at once; who wants more asks for the rows, page by page.
MANY = 1000


def wrong(rows: Iterable[Row | Award], *, most: int | None = MANY) -> list[dict[str, Any]]:
    """Every slip of these rows, one after the other: row, line, field, code, sentence and what was typed."""
    return list(islice(_slips(rows), most))


def count(rows: Iterable[Row]) -> dict[str, int]:
    """How many rows would be issued, are wrong, repeat others."""
    counted = dict.fromkeys((Award.State.PENDING.value, *WRONG), 0)
    for row in rows:
        counted[row.state] += 1
    return counted


def told(problem: dict[str, Any]) -> dict[str, Any]:
    """One slip as a row keeps it, with its sentence; ``same_as`` is the line that it repeats."""
    said = {
        "field": problem["field"],
        "code": problem["code"],
        "detail": str(slips.sentence(problem["code"], problem)),
        "value": problem.get("value", ""),
    }
    if "row" in problem:
        said["same_as"] = problem["row"]
    if "credential" in problem:
        said["credential"] = problem["credential"]
    return said


def _slips(rows: Iterable[Row | Award]) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(rows, start=1):
        place = {"row": row.row if isinstance(row, Award) else number, "line": row.line}
        for problem in row.problems if row.state in WRONG else ():
            yield place | told(problem)
