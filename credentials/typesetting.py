"""Sets what is printed or posted: fonts embedded, tagged, as archives and screen readers accept it."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import typst
from django.conf import settings

FOLDER = Path(__file__).parent / "typst"
#: Archives (ISO 19005-3, level A, which takes attached files) and screen readers (ISO 14289-1): the compiler
#: refuses what does not conform.
STANDARDS = ["a-3a", "ua-1"]

_one_at_a_time = Lock()  # a compiler refuses a second thread while it works


class CannotBeSet(ValueError):
    """The compiler refuses these texts."""


def set_pdf(*, template: str, data: Mapping[str, Any], dated: date) -> bytes:
    """The template filled with ``data``, by the names that it knows; the same data give the same bytes.

    A text with a sign that none of the fonts has is set without it, and conforms to no standard. Raises
    CannotBeSet.
    """
    inputs = {name: json.dumps(value, ensure_ascii=False) for name, value in data.items()}
    moment = int(datetime.combine(dated, time(), tzinfo=UTC).timestamp())
    try:
        return _compile(template, inputs, format="pdf", pdf_standards=STANDARDS, timestamp=moment)
    except CannotBeSet:
        return _compile(template, inputs, format="pdf", pdf_standards=[], timestamp=moment)


def set_image(*, template: str, data: Mapping[str, Any], kind: str) -> bytes:
    """The template of one page as ``png`` or ``svg``, a pixel a point. Raises CannotBeSet."""
    inputs = {name: json.dumps(value, ensure_ascii=False) for name, value in data.items()}
    return _compile(template, inputs, format=kind, ppi=72.0)


def _compile(template: str, inputs: Mapping[str, str], **how: Any) -> bytes:
    try:
        with _one_at_a_time:
            made = _compiler(template).compile(sys_inputs=inputs, **how)
    except typst.TypstError as error:
        raise CannotBeSet from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        _compiler.cache_clear()  # it stopped half-way
        raise CannotBeSet from error  # Rust's panic is no Exception: it would end whoever works on many
    return bytes(made)


@lru_cache(maxsize=4)
def _compiler(template: str) -> Any:
    """The compiler of a template with its fonts, made once a process."""
    return typst.Compiler(
        str(FOLDER / template),
        font_paths=[str(folder) for folder in settings.PRINT_FONT_DIRS],
        ignore_system_fonts=True,
    )
