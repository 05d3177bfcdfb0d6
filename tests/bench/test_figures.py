"""What a figure is held to: every limit where it is measured, and none of a clock where it is only told."""

from tests.bench import figures
from tests.bench.figures import at_least, at_most, beside, none

HELD = [at_most("size", 99, "KB", 100.0), at_least("read", 100, "%", 95), none("told", 0)]
SLOW = [at_most("wait", 3.1, "s", 3.0), at_most("wait", 6, "ms", 5.0), at_least("rate", 9, "/s", 10)]
LARGE = [at_most("size", 101, "KB", 100.0), at_least("read", 94, "%", 95), none("told", 1)]


def test_what_holds_is_not_broken() -> None:
    assert figures.broken([*HELD, beside("pages", 5, "/s", "bare", 100)]) == []


def test_every_missed_limit_breaks_a_measurement() -> None:
    assert figures.broken([*SLOW, *HELD, *LARGE]) == [*SLOW, *LARGE]


def test_a_clock_that_is_only_told_breaks_nothing_and_sizes_counts_and_rates_do() -> None:
    assert figures.broken([*SLOW, *HELD, *LARGE], told=True) == LARGE


def test_a_missed_limit_is_named_in_the_table_whether_or_not_it_breaks() -> None:
    [slow, large, held] = figures.lines([SLOW[0], LARGE[0], HELD[0]], told=True)
    assert slow.split("×")[1] == " limit 3  missed, which the machine may explain"
    assert large.split("×")[1] == " limit 100  DOES NOT HOLD"
    assert held.split("×")[1] == " limit 100  holds"
    [slow] = figures.lines([SLOW[0]])
    assert slow.endswith("limit 3  DOES NOT HOLD")
