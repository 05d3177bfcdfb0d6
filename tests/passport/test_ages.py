"""Ages by the year of birth alone."""

from datetime import date

import pytest

from passport import ages

TODAY = date(2026, 11, 26)


@pytest.mark.parametrize(("born", "minor"), [(2007, False), (2008, True), (2009, True), (None, False)])
def test_she_is_a_minor_until_the_year_of_her_eighteenth_birthday_is_over(
    born: int | None, minor: bool
) -> None:
    assert ages.is_minor(born, TODAY) is minor


@pytest.mark.parametrize(("born", "asked"), [(2014, True), (2015, False)])
def test_she_is_asked_herself_from_the_year_in_which_she_turns_twelve(born: int, asked: bool) -> None:
    assert ages.may_assent(born, TODAY) is asked


def test_a_year_of_birth_leaves_two_ages() -> None:
    assert (ages.age_at_least(2000, TODAY), ages.age_at_most(2000, TODAY)) == (25, 26)
    assert ages.age_at_least(2026, TODAY) == 0
