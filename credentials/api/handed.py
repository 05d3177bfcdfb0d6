"""Reads a list that a program hands over, as JSON, as a file, or as a form with one: terms and rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from credentials import batches, intake, rosters
from credentials.intake import Terms

from . import wire
from .serializers import TermsSerializer

TERMS = frozenset(TermsSerializer().fields)
#: So many faults of form are named at once.
MANY = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """A list with all its rows checked; ``sheet`` is there when it came as a file."""

    terms: Terms
    rows: list[rosters.Checked]
    dry_run: bool
    sheet: rosters.Sheet | None = None
    file_name: str = ""


def read(request: Request) -> Handed:
    """The list in whatever form it came. Raises ValidationError, ListRefused."""
    query = request.query_params.dict()
    data: Any = request.data  # bytes, a form or an object, by the parser
    if wire.comes_as_file(request):
        return _file(data or b"", name=wire.file_name(request), asked=query)
    _refuse_unknown(query, {"dry_run"})
    asked = (data.dict() if wire.comes_as_form(request) else dict(data)) | query
    if not wire.comes_as_form(request):
        return _json(asked)
    upload = asked.pop("file", None)
    if not hasattr(upload, "read"):
        raise ValidationError({"file": [_("Add the list as a file.")]})
    return _file(upload.read(), name=str(upload.name), asked=asked)


def _file(data: bytes, *, name: str, asked: Mapping[str, Any]) -> Handed:
    terms, dry_run = _terms(asked)
    sheet = intake.read(data, filename=name)
    rows = intake.check(((row.number, row.cells) for row in sheet.rows), terms=terms)
    return Handed(terms=terms, rows=rows, dry_run=dry_run, sheet=sheet, file_name=name)


def _json(asked: dict[str, Any]) -> Handed:
    rows = asked.pop("rows", None)
    terms, dry_run = _terms(asked, {"rows"})
    return Handed(terms=terms, rows=intake.check(_rows(rows), terms=terms), dry_run=dry_run)


def _terms(asked: Mapping[str, Any], beside: Iterable[str] = ()) -> tuple[Terms, bool]:
    _refuse_unknown(asked, TERMS.union(beside))
    envelope = TermsSerializer(data=asked)
    envelope.is_valid(raise_exception=True)
    named = dict(envelope.validated_data)
    dry_run = named.pop("dry_run")
    return Terms(**named), dry_run


def _refuse_unknown(asked: Iterable[str], known: Iterable[str]) -> None:
    if unknown := [name for name in asked if name not in known][:MANY]:
        raise ValidationError({name: [_unknown(known)] for name in unknown})


def _rows(rows: Any) -> list[tuple[int, dict[str, str]]]:
    """The rows of a JSON list as cells, numbered from 1. Raises ValidationError naming rows and fields."""
    if not isinstance(rows, list) or not rows:
        raise ValidationError({"rows": [_("Give a list of at least one row.")]})
    if len(rows) > rosters.MAX_ROWS:
        raise intake.refused("too-many-rows", limit=rosters.MAX_ROWS)
    found: list[tuple[int, dict[str, str]]] = []
    faults: dict[str, Any] = {}
    for number, row in enumerate(rows, start=1):
        try:
            found.append((number, cells(row, number=number)))
        except ValidationError as error:
            faults[str(number)] = error.detail
            if len(faults) == MANY:
                break
    if faults:
        raise ValidationError({"rows": faults})
    return found


def cells(row: Any, *, number: int = 1) -> dict[str, str]:
    """The cells of one row, null as nothing. Raises ValidationError naming fields, ListRefused."""
    if not isinstance(row, dict):
        raise ValidationError([_("A row is an object of fields and their texts.")])
    _refuse_unknown(row, batches.CELLS)
    read = {field: "" if text is None else text for field, text in row.items()}
    if faulty := [field for field, text in read.items() if not isinstance(text, str)]:
        raise ValidationError({field: [_("Write this as a text, between quotes.")] for field in faulty})
    if any(len(text) > batches.CELL_LIMIT for text in read.values()):
        raise intake.refused("cell-too-long", row=number, limit=batches.CELL_LIMIT)
    return {field: text.replace("\0", "") for field, text in read.items()}


def _unknown(known: Iterable[str]) -> str:
    return _("There is no such field. Known are: %(names)s.") % {"names": ", ".join(sorted(known))}
