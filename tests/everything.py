"""``make test``: every check in turn, on servers of its own, with a summary at the end; what CI runs.

``python -m tests.everything NAME…`` runs only the steps whose names begin so.
"""

import ctypes
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from config.launch import BASE_DIR, CannotStart

from . import services
from .interop import packages

#: The tests that hold what must not go wrong, at every line and branch of the modules in `pyproject.toml`.
HELD = (
    "tests/issuers",
    *("tests/config/test_api_document.py", "tests/config/test_limits.py"),
    *("tests/credentials/test_audit_trail.py", "tests/credentials/test_held_pages.py"),
    *("tests/credentials/test_holding.py", "tests/credentials/test_issuance.py"),
    *(
        "tests/credentials/test_killed.py",
        "tests/credentials/test_securing.py",
        "tests/credentials/test_lists.py",
        "tests/credentials/test_once.py",
    ),
    *("tests/credentials/test_queue.py", "tests/credentials/test_reissue.py"),
    *("tests/credentials/test_status.py", "tests/credentials/test_withdrawn_key.py"),
    *("tests/verify/test_api.py", "tests/verify/test_attacks.py", "tests/verify/test_bench.py"),
    *("tests/verify/test_gate.py", "tests/verify/test_pages.py", "tests/verify/test_verifier.py"),
)
#: The parts of the bench that say what a scan is promised to be; a machine's clock is told, and fails nobody.
SCANNING = ("scan", "kept", "codes", "frames", "bundle")
COVERAGE = ("--cov", "--cov-config", "pyproject.toml", "--cov-report", "term-missing")
PR_SET_CHILD_SUBREAPER = 36
LEAVE_SECONDS = 5.0
CODE = ("config", "passport", "verify", "credentials", "issuers", "tests", "manage.py")
#: As a city would run it: HTTPS behind a proxy, a real secret.
DEPLOYED = {
    "BASE_URL": "https://passport.example",
    "BEHIND_PROXY": "1",
    "DATABASE_URL": "sqlite://:memory:",
    "SECRET_KEY": secrets.token_urlsafe(64),
}


@dataclass(frozen=True)
class Step:
    """One check: a program of the virtual environment, and its variables beyond a fresh shell's."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


def steps() -> list[Step]:
    """All checks, the quick ones first."""
    pytest = ["python", "-m", "pytest", "-q", "--numprocesses", str(min(4, max(2, os.cpu_count() or 2)))]
    units = [*pytest, "--ignore", "tests/journeys", "--ignore", "tests/faults"]
    return [
        Step("style", ["ruff", "check", "."]),
        Step("format", ["ruff", "format", "--check", "."]),
        Step("imports", ["lint-imports"]),
        Step("migrations", ["python", "manage.py", "makemigrations", "--check", "--dry-run"], DEPLOYED),
        Step("deployment", ["python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"], DEPLOYED),
        Step("types", ["mypy", *CODE]),
        Step("held to the last branch", [*pytest, *HELD, *COVERAGE], {"TEST_DATABASE": "postgresql"}),
        Step("tests on SQLite", units, {"TEST_ONCE": "1"}),
        Step(
            "tests on PostgreSQL",
            [*units, *(word for path in HELD for word in ("--ignore", path))],
            {"TEST_ONCE": "1", "TEST_DATABASE": "postgresql"},
        ),
        Step("faults on both databases", ["python", "-m", "pytest", "-q", "tests/faults"]),
        Step("journeys in the browser", ["python", "-m", "pytest", "-q", "tests/journeys"]),
        Step("figures of scanning", ["python", "-m", "tests.bench", "--told", *SCANNING]),
    ]


def run(step: Step) -> bool:
    """Whether the step passed; it writes as it goes."""
    environment = services.plain_environment() | dict(step.environment)
    environment |= {name: os.environ[name] for name in ("CI",) if name in os.environ}
    return (
        subprocess.run(
            [Path(sys.executable).parent / step.command[0], *step.command[1:]],
            cwd=BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            check=False,
        ).returncode
        == 0
    )


def left_running() -> list[str]:
    """What the steps started and did not end within moments; it is ended here."""
    deadline = time.monotonic() + LEAVE_SECONDS
    while time.monotonic() < deadline and _living():
        time.sleep(0.2)
    left = _living()
    for process in left:
        process.kill()
    return [process.name() for process in left]


def _living() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [process for process in children if process.status() != psutil.STATUS_ZOMBIE]


def main(only: Sequence[str]) -> int:
    """Run the steps, then say how each went."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)  # what a step leaves behind becomes our child
    chosen = [step for step in steps() if not only or step.name.startswith(tuple(only))]
    results: list[tuple[str, bool, float]] = []
    try:
        services.postgresql_programs()
        services.require_chromium()
        services.require_softhsm()
        packages.require()
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for step in chosen:
        say(f"\n── {step.name}")
        began = time.monotonic()
        passed = run(step)
        results.append((step.name, passed, time.monotonic() - began))
    left = left_running()
    results.append(("nothing left running", not left, 0.0))
    say("\n── summary")
    for name, passed, seconds in results:
        say(f"{'passed' if passed else 'FAILED'}  {name:<26}{seconds:6.1f} s")
    for name in left:
        say(f"        left running: {name}")
    say(f"        {'in all':<26}{sum(seconds for _, _, seconds in results):6.1f} s")
    return 0 if all(passed for _, passed, _ in results) else 1


def say(line: str) -> None:
    """Tell who watches, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
