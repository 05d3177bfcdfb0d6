"""Workers write down the database's time, whatever their own clock says."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from issuers import clock

ENTRANCES = ["*/tasks.py", "config/management/commands/sweep.py", "config/sweeper.py"]


@pytest.mark.django_db
def test_a_wrong_clock_of_this_machine_is_believed_only_where_there_is_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong, right = datetime(2031, 1, 1, tzinfo=UTC), datetime.now(tz=UTC)
    monkeypatch.setattr(timezone, "now", lambda: wrong)
    expected = right if connection.vendor == "postgresql" else wrong
    assert abs(clock.now() - expected) < timedelta(minutes=1)


@pytest.mark.django_db
def test_the_moment_is_aware_and_of_now() -> None:
    assert abs(clock.now() - timezone.now()) < timedelta(minutes=1)


@pytest.mark.parametrize("pattern", ENTRANCES)
def test_no_entrance_of_the_workers_reads_another_clock(pattern: str) -> None:
    for path in Path(settings.BASE_DIR).glob(pattern):
        assert "timezone.now" not in path.read_text(), path
