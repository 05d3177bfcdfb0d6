"""The pages about security can be looked up: tests that exist, files that exist, requirements one by one."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECURITY, ASVS = ROOT / "docs/security.md", ROOT / "docs/asvs.md"
NAMED = re.compile(r"tests/[\w/]+\.py::\w+")
VERDICTS = {"met", "n.a.", "open"}

#: OWASP ASVS 5.0.0, levels 1 and 2, without V17 (WebRTC): section → numbers of its requirements.
REQUIREMENTS = """
1.1: 1 2
1.2: 1 2 3 4 5 6 7 8 9
1.3: 1 2 3 4 5 6 7 8 9 10 11
1.4: 1 2 3
1.5: 1 2
2.1: 1 2 3
2.2: 1 2 3
2.3: 1 2 3 4
2.4: 1
3.2: 1 2
3.3: 1 2 3 4
3.4: 1 2 3 4 5 6
3.5: 1 2 3 4 5
3.7: 1 2
4.1: 1 2 3
4.2: 1
4.3: 1 2
4.4: 1 2 3 4
5.1: 1
5.2: 1 2 3
5.3: 1 2
5.4: 1 2 3
6.1: 1 2 3
6.2: 1 2 3 4 5 6 7 8 9 10 11 12
6.3: 1 2 3 4
6.4: 1 2 3 4
6.5: 1 2 3 4 5
6.6: 1 2 3
6.8: 1 2 3 4
7.1: 1 2 3
7.2: 1 2 3 4
7.3: 1 2
7.4: 1 2 3 4 5
7.5: 1 2
7.6: 1 2
8.1: 1 2
8.2: 1 2 3
8.3: 1
8.4: 1
9.1: 1 2 3
9.2: 1 2 3 4
10.1: 1 2
10.2: 1 2
10.3: 1 2 3 4
10.4: 1 2 3 4 5 6 7 8 9 10 11
10.5: 1 2 3 4 5
10.6: 1 2
10.7: 1 2 3
11.1: 1 2
11.2: 1 2 3
11.3: 1 2 3
11.4: 1 2 3 4
11.5: 1
11.6: 1
12.1: 1 2 3
12.2: 1 2
12.3: 1 2 3 4
13.1: 1
13.2: 1 2 3 4 5
13.3: 1 2
13.4: 1 2 3 4 5
14.1: 1 2
14.2: 1 2 3 4
14.3: 1 2 3
15.1: 1 2 3
15.2: 1 2 3
15.3: 1 2 3 4 5 6 7
16.1: 1
16.2: 1 2 3 4 5
16.3: 1 2 3 4
16.4: 1 2 3
16.5: 1 2 3
"""


def requirements() -> list[str]:
    return [
        f"{section}.{number}"
        for section, _, numbers in (line.partition(": ") for line in REQUIREMENTS.strip().splitlines())
        for number in numbers.split()
    ]


@cache
def found_in(file: Path) -> set[str]:
    """The tests of a file."""
    return (
        set(re.findall(r"^ *def (test_\w+)\(", file.read_text(), re.MULTILINE)) if file.is_file() else set()
    )


@pytest.mark.parametrize("page", [SECURITY, ASVS], ids=lambda page: str(page.name))
def test_every_test_that_is_named_exists(page: Path) -> None:
    named = [name.partition("::") for name in sorted(set(NAMED.findall(page.read_text())))]
    assert len(named) > 50
    assert not [f"{file}::{test}" for file, _, test in named if test not in found_in(ROOT / file)]


def test_every_threat_names_its_tests() -> None:
    rows = re.findall(r"^\| (\d+) \|(.*)\|$", SECURITY.read_text(), re.MULTILINE)
    assert [int(number) for number, _row in rows] == list(range(1, len(rows) + 1))
    assert len(rows) >= 25
    assert not [number for number, row in rows if not NAMED.search(row)]


def rows_of_requirements() -> list[tuple[str, str, str]]:
    return re.findall(r"^\| (\d+\.\d+\.\d+) \| ([^|]+?) \| (.+) \|$", ASVS.read_text(), re.MULTILINE)


def test_every_requirement_has_one_line_and_a_verdict() -> None:
    told = [number for number, _verdict, _why in rows_of_requirements()]
    assert sorted(told, key=lambda n: [int(part) for part in n.split(".")]) == requirements()
    assert len(told) == len(set(told)) == 246
    assert {verdict for _number, verdict, _why in rows_of_requirements()} == VERDICTS


def test_every_verdict_has_its_reason() -> None:
    assert not [number for number, _verdict, why in rows_of_requirements() if len(why) < 8]


def test_the_sums_are_those_of_the_lines() -> None:
    verdicts = [verdict for _number, verdict, _why in rows_of_requirements()]
    (sums,) = re.findall(r"\*\*(\d+) met, (\d+) n\.a\., (\d+) open\*\*", ASVS.read_text())
    assert [int(count) for count in sums] == [verdicts.count(each) for each in ("met", "n.a.", "open")]


@pytest.mark.parametrize("page", [SECURITY, ASVS], ids=lambda page: str(page.name))
def test_every_file_that_is_named_exists(page: Path) -> None:
    named = re.findall(r"`((?:config|credentials|issuers|passport|verify|docs)/[\w/.-]+)`", page.read_text())
    assert not sorted({name for name in named if not (ROOT / name).exists()})
