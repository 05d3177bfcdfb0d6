"""``make faults``: the product is killed while it issues certificates; prints what was lost or issued twice.

``python -m tests.faults`` takes ``--seed N`` for one seed, ``--short`` for a small run with each kind about
once, ``--scenario s07`` for one fault by itself, ``--database sqlite``.
"""

import argparse
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

import psutil

from config.embedded import NoRedis
from config.launch import CannotStart

from . import report, scenarios
from .plan import Play
from .report import say
from .run import Outcome, Run

FIRST_SEED = 101
DISK = "700m"
PR_SET_CHILD_SUBREAPER = 36
CLONE_NEWNS = 0x00020000


class Interrupted(BaseException):
    """Somebody asked us to stop."""


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; 0 when all of it was good."""
    asked = _read(arguments)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    small_disk = _become_the_parent()
    outcomes: list[Outcome] = []
    try:
        for play in _plays(asked):
            outcomes.append(_perform(play, small_disk=small_disk, keep=asked.keep))
            if asked.untimed:
                outcomes[-1].too_slow.clear()
            report.show(outcomes[-1])
            report.keep(outcomes)
    except (CannotStart, NoRedis) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except Interrupted:
        say("Stopped.")
        return 1
    finally:
        left = _end_what_is_left()
    if len(outcomes) > 1:
        say()
        for line in report.totals(outcomes):
            say(line)
    if left:
        say(f"left running: {', '.join(left)}")
    say(report.summary(outcomes))
    return 0 if all(map(report.good, outcomes)) and not left else 1


def _read(arguments: Sequence[str]) -> argparse.Namespace:
    environment = os.environ
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--seeds", type=int, default=int(environment.get("SEEDS") or 10))
    parser.add_argument("--seed", type=int)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--scenario", choices=sorted(scenarios.SCENARIOS))
    parser.add_argument("--scenarios", action="store_true", help="all of them, one after the other")
    parser.add_argument(
        "--database",
        choices=("postgresql", "sqlite"),
        default=environment.get("FAULTS_DATABASE") or "postgresql",
    )
    parser.add_argument("--untimed", action="store_true", help="whatever the limits of recovery say")
    parser.add_argument("--keep", action="store_true", help="keep the logs of a run that went wrong")
    return parser.parse_args(arguments)


def _plays(asked: argparse.Namespace) -> list[Play]:
    if asked.scenario or asked.scenarios:
        names = [asked.scenario] if asked.scenario else sorted(scenarios.SCENARIOS)
        return [scenarios.SCENARIOS[name] for name in names]
    seeds = [asked.seed] if asked.seed is not None else range(FIRST_SEED, FIRST_SEED + asked.seeds)
    if asked.short:
        return [scenarios.short(seed=seeds[0], database=asked.database)]
    return [scenarios.whole(seed=seed, database=asked.database) for seed in seeds]


def _perform(play: Play, *, small_disk: bool, keep: bool) -> Outcome:
    folder = Path(tempfile.mkdtemp(prefix="pp-faults-", dir="/tmp"))
    folder.chmod(0o755)
    disk = folder / "disk"
    disk.mkdir()
    outcome: Outcome | None = None
    try:
        if small_disk:
            _done("mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(disk))
        outcome = Run(play, disk=disk, small_disk=small_disk).go()
        return outcome
    finally:
        if small_disk:
            _done("umount", "--lazy", str(disk))
        if keep and (outcome is None or not report.good(outcome)):
            say(f"logs are in {folder}/var/log")
        else:
            shutil.rmtree(folder, ignore_errors=True)


# -- An end, whatever happens ---------------------------------------------------------------------
def _stop(number: int, frame: FrameType | None) -> NoReturn:
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise Interrupted


def _become_the_parent() -> bool:
    """What loses its parent becomes our child; mounts are ours alone and go with us. Whether we may mount."""
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    if os.getuid() != 0 or libc.unshare(CLONE_NEWNS) != 0:
        return False
    with tempfile.TemporaryDirectory() as trial:
        private = _done("mount", "--make-rprivate", "/")
        return private and _done("mount", "-t", "tmpfs", "tmpfs", trial) and _done("umount", trial)


def _done(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _end_what_is_left() -> list[str]:
    """Names of what a run left running; it is ended here."""
    deadline = time.monotonic() + 3.0
    while (living := _living()) and time.monotonic() < deadline:
        time.sleep(0.1)
    for process in living:
        process.kill()
    return [process.name() for process in living]


def _living() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    found = []
    for child in children:
        try:
            if child.status() != psutil.STATUS_ZOMBIE:
                found.append(child)
        except psutil.NoSuchProcess:
            continue
    return found


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
