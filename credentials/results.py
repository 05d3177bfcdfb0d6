"""Pure. What a course may state beside “completed”: a grade, a percentage or a level, in its one form."""

import re
from decimal import Decimal
from typing import Any

LEVELS = ("A1", "A2", "B1", "B2", "C1", "C2")
GRADE, PERCENT, LEVEL = "grade20", "percent", "level"
#: Kind → (the kind's name in Open Badges 3.0, its bounds or its values).
TYPES: dict[str, tuple[str, dict[str, Any]]] = {
    GRADE: ("RawScore", {"valueMin": "0", "valueMax": "20"}),
    PERCENT: ("Percent", {"valueMin": "0", "valueMax": "100"}),
    LEVEL: ("PerformanceLevel", {"allowedValue": list(LEVELS)}),
}
NAMES = {
    GRADE: {"fr": "Note sur 20", "ar": "النقطة على 20"},
    PERCENT: {"fr": "Pourcentage", "ar": "النسبة المئوية"},
    LEVEL: {"fr": "Niveau atteint", "ar": "المستوى المحصّل"},
}
_NUMBER = re.compile(r"\d{1,3}(?:[.,]\d{1,2})?")
_ENDS = {GRADE: re.compile(r"\s*/\s*20$"), PERCENT: re.compile(r"\s*[%٪]$")}
_MOST = {GRADE: 20, PERCENT: 100}


class NoSuchResult(ValueError):
    """This is no result as the course counts."""


def read(kind: str, text: str) -> str:
    """The result in its one form, such as ``14.5`` or ``B1``; nothing is nothing. Raises NoSuchResult."""
    text = "".join(str(int(c)) if c.isdecimal() else c for c in text.strip()).replace("٫", ".")
    if not text:
        return ""
    if kind == LEVEL and text.upper() in LEVELS:
        return text.upper()
    if kind in _MOST:
        bare = _ENDS[kind].sub("", text)
        if _NUMBER.fullmatch(bare):
            number = Decimal(bare.replace(",", "."))
            if number <= _MOST[kind]:
                return f"{number.normalize():f}"
    raise NoSuchResult


def shown(kind: str, value: str) -> str:
    """The result as people write it: ``14,5/20``, ``80 %``, ``B1``; nothing for none."""
    if not value:
        return ""
    written = value.replace(".", ",")
    return {GRADE: f"{written}/20", PERCENT: f"{written}\u00a0%"}.get(kind, value)


def description(kind: str, *, achievement_url: str, language: str) -> list[dict[str, Any]]:
    """How an achievement declares its result (Open Badges 3.0, B.1.17 ResultDescription)."""
    name, bounds = TYPES[kind]
    return [
        {
            "id": f"{achievement_url}#result",
            "type": ["ResultDescription"],
            "name": NAMES[kind][language],
            "resultType": name,
        }
        | bounds
    ]


def stated(value: str, *, achievement_url: str) -> list[dict[str, Any]]:
    """How a credential states it (Open Badges 3.0, B.1.16 Result)."""
    return [
        {
            "type": ["Result"],
            "resultDescription": f"{achievement_url}#result",
            "status": "Completed",
            "value": value,
        }
    ]
