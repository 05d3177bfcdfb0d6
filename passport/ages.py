"""Pure. How old somebody is who gave the year of birth alone, and what that means for her passport."""

from datetime import date

OF_AGE = 18
ASSENTS_FROM = 12


def age_at_most(birth_year: int, on: date) -> int:
    """Her age after this year's birthday."""
    return on.year - birth_year


def age_at_least(birth_year: int, on: date) -> int:
    """Her age before this year's birthday."""
    return max(0, on.year - birth_year - 1)


def is_minor(birth_year: int | None, on: date) -> bool:
    """Whether she may be under 18: until the year in which she turns 18 is over. Not known: of age."""
    return birth_year is not None and age_at_least(birth_year, on) < OF_AGE


def may_assent(birth_year: int, on: date) -> bool:
    """Whether she is asked herself: from the year in which she turns 12."""
    return age_at_most(birth_year, on) >= ASSENTS_FROM
