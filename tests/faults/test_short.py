"""A small run of ``make faults`` on both databases: what it proves, without its clocks."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from config.launch import BASE_DIR
from tests import services

PATIENCE = 400.0
Started = dict[str, "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def runs() -> Iterator[Started]:
    """Both at once: most of their time they wait for leases."""
    started = {
        database: subprocess.Popen(
            [sys.executable, "-m", "tests.faults", "--short", "--untimed", "--database", database],
            cwd=BASE_DIR,
            env=services.plain_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for database in ("postgresql", "sqlite")
    }
    yield started
    for process in started.values():
        process.terminate()
        process.wait(30)


@pytest.mark.parametrize("database", ["postgresql", "sqlite"])
def test_killed_while_it_issues_it_loses_nothing_and_issues_nothing_twice(
    runs: Started, database: str
) -> None:
    told, _ = runs[database].communicate(timeout=PATIENCE)
    sys.stdout.write(told)
    assert runs[database].returncode == 0, told
    assert told.splitlines()[-1].endswith("lost=0 duplicated=0 wrongly_refused=0")
