"""Pure. Reads the files that the demo city is made of; ``README.md`` says where each comes from."""

import json
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "data"


@cache
def _read(name: str) -> Any:
    return json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def census() -> dict[str, Any]:
    """``city`` with its totals, and the 16 ``arrondissements`` with their figures."""
    found: dict[str, Any] = _read("arrondissements")
    return found


def providers() -> list[dict[str, str]]:
    """Twelve providers of nine kinds."""
    found: list[dict[str, str]] = _read("providers")["providers"]
    return found


def courses() -> list[dict[str, Any]]:
    """Thirty courses over five themes, with everything that an achievement says."""
    found: list[dict[str, Any]] = _read("courses")["courses"]
    return found


def names(kind: str) -> list[dict[str, str]]:
    """Names in both scripts: of kind ``female``, ``male`` or ``family``."""
    found: list[dict[str, str]] = _read("names")[kind]
    return found
