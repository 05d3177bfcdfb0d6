"""One fault by itself: ``python -m tests.faults --scenario s07``."""

from .plan import Due, Play

SCENARIOS: dict[str, Play] = {
    "s01": Play(
        seed=1, rows=200, lists=5, singles=3, seconds=8, dues=(Due(at=1, kind="die at web-after-commit"),)
    ),
}
