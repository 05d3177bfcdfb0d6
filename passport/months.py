"""Pure. A month or a year as people write it: “mars 2019”, “3/2019”, “2019”, “مارس 2019”."""

import calendar
from dataclasses import dataclass
from datetime import date

from credentials import days

EARLIEST, LATEST = 1900, 2100


class Unreadable(ValueError):
    """No month and no year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month, or a whole year where ``year_only``."""

    first_day: date
    year_only: bool

    @property
    def last_day(self) -> date:
        """The end of the month, or of the year."""
        year, month = self.first_day.year, 12 if self.year_only else self.first_day.month
        return date(year, month, calendar.monthrange(year, month)[1])


def read(text: str) -> Month:
    """The month or year that is written here, in French, Arabic or English. Raises Unreadable."""
    words = days.words_of(text)
    if len(words) == 3:  # a whole day: its month is enough
        words = words[:2] if len(words[0]) == 4 else words[1:]
    if len(words) == 2 and len(words[0]) == 4 and words[0].isdecimal():
        words.reverse()
    if not 1 <= len(words) <= 2 or len(words[-1]) != 4 or not words[-1].isdecimal():
        raise Unreadable(text)
    year = int(words[-1])
    month = days.month_number(words[0]) if len(words) == 2 else 1
    if month is None or not 1 <= month <= 12 or not EARLIEST <= year <= LATEST:
        raise Unreadable(text)
    return Month(first_day=date(year, month, 1), year_only=len(words) == 1)
