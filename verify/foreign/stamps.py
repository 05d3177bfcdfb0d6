"""Pure. Moments as documents write them: xsd:dateTimeStamp (VCDM 2.0, 4.9), and NumericDate (RFC 7519)."""

import re
from datetime import UTC, datetime
from typing import Any

_STAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,20})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)


def read(value: Any) -> datetime | None:
    """The moment in UTC; ``None`` for whatever is no dateTimeStamp, one without a zone too."""
    if not isinstance(value, str) or not _STAMP.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def of_number(value: Any) -> datetime | None:
    """The moment of a NumericDate in UTC; ``None`` for whatever is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def written(moment: datetime) -> str:
    """A moment as documents have it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
