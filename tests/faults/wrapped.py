"""What the harness does to a process of the product from outside: crash points, poison, another clock.

Every started Python reads it before the product's first line (``site/sitecustomize.py``). The product knows
nothing of it: functions are wrapped as their modules are imported.

A crash point is *armed* by a file of its name in ``FAULTS_DIR/armed``: whoever reaches it and takes the file
away dies there, or sleeps there for as many seconds as the file says. So each is met once, by one process,
wherever its random generators stand.
"""

import ctypes
import functools
import importlib.util
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

FOLDER = Path(os.environ["FAULTS_DIR"])
SERVICE = os.environ["FAULTS_SERVICE"]
SIGN_SECONDS = float(os.environ["FAULTS_SIGN_SECONDS"])
PR_SET_PDEATHSIG = 1
CLOCK_SECONDS = 0.2  # between two looks at what the clock is to say

#: Whoever bears these names kills the process that signs for them, or makes it raise.
KILLS, RAISES = b"Funeste", b"Cassante"


class Unforeseen(RuntimeError):
    """What a row raises that nobody thought of."""


# -- Crash points -----------------------------------------------------------------------------------
_within = threading.local()


def reach(point: str) -> None:
    """Die here, or sleep here, if the point is armed and nobody was quicker."""
    taken = FOLDER / "taken" / f"{point}.{os.getpid()}.{threading.get_ident()}"
    try:
        (FOLDER / "armed" / point).rename(taken)
    except FileNotFoundError:
        return
    seconds = float(taken.read_text() or 0)
    note(point)
    if seconds:
        time.sleep(seconds)
    else:
        os.kill(os.getpid(), signal.SIGKILL)


def note(point: str) -> None:
    """Tell the harness when and where it happened; one write, so that lines do not mix."""
    line = json.dumps({"at": time.monotonic(), "point": point, "service": SERVICE}) + "\n"
    descriptor = os.open(FOLDER / "reached.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


def in_transaction(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, whose commits are crash points called ``name-before-commit``, ``name-after-commit``."""

    @functools.wraps(function)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        _within.name = name
        try:
            return function(*arguments, **named)
        finally:
            _within.name = ""

    return wrapped


# -- What is wrapped, module by module -----------------------------------------------------------------
def _keys(module: Any) -> None:
    sign = module.Signer.jws

    def jws(self: Any, signable: Any) -> Any:
        if SIGN_SECONDS and b'"achievement"' in signable.payload:
            time.sleep(SIGN_SECONDS)  # as an HSM does
        if KILLS in signable.payload:
            note("poison")
            os.kill(os.getpid(), signal.SIGKILL)
        if RAISES in signable.payload:
            raise Unforeseen
        return sign(self, signable)

    module.Signer.jws = jws


def _queue(module: Any) -> None:
    take = module.take

    @functools.wraps(take)
    def taking(**named: Any) -> Any:
        taken = take(**named)
        if taken is not None:
            reach("worker-taken")
        return taken

    module.take = taking


def _issuance(module: Any) -> None:
    store = module._store
    inside = in_transaction("worker", store)

    @functools.wraps(store)
    def storing(*arguments: Any, **named: Any) -> Any:
        reach("worker-signed")
        return inside(*arguments, **named)

    module._store = storing


def _storing(module: Any) -> None:
    insert = module.insert

    @functools.wraps(insert)
    def inserting(model: Any, **named: Any) -> None:
        insert(model, **named)
        if model.__name__ == "Credential":
            reach("worker-inserted")
            reach("worker-stalls")

    module.insert = inserting


def _batches(module: Any) -> None:
    module.accept_rows = in_transaction("web", module.accept_rows)


def _awards(module: Any) -> None:
    module.accept = in_transaction("web", module.accept)


def _messengers(module: Any) -> None:
    send = module.Post.send_sms

    def sending(self: Any, **named: Any) -> Any:
        answer = send(self, **named)
        reach("message-sent")
        return answer

    module.Post.send_sms = sending


def _database(module: Any) -> None:
    commit = module.BaseDatabaseWrapper._commit

    def committing(self: Any) -> Any:
        name = getattr(_within, "name", "")
        if name:
            reach(f"{name}-before-commit")
        answer = commit(self)
        if name:
            reach(f"{name}-after-commit")
        return answer

    module.BaseDatabaseWrapper._commit = committing


def _timezone(module: Any) -> None:
    now = module.now
    module.now = lambda: now() + timedelta(seconds=_shift())


CHANGES: dict[str, Callable[[Any], None]] = {
    "credentials.awards": _awards,
    "credentials.batches": _batches,
    "credentials.issuance": _issuance,
    "credentials.messengers": _messengers,
    "credentials.queue": _queue,
    "django.db.backends.base.base": _database,
    "django.utils.timezone": _timezone,
    "issuers.keys": _keys,
    "issuers.storing": _storing,
}


class AfterImport(MetaPathFinder):
    """Lets each of these modules be imported as ever, then changes it."""

    def __init__(self) -> None:
        self._met: set[str] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in CHANGES or fullname in self._met:
            return None
        self._met.add(fullname)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            raise ImportError(f"the product has no module {fullname} any more")
        make = spec.loader.exec_module

        def exec_module(module: Any) -> None:
            make(module)
            CHANGES[fullname](module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]  # this loader's alone
        return spec


# -- Another clock --------------------------------------------------------------------------------
_read = {"at": -1.0, "shift": 0.0}
_true_time = time.time


class _Clock:
    """In the place of ``time.time``; like a built-in it does not become a method where a class holds it."""

    def __call__(self) -> float:
        return _true_time() + _shift()


def _shift() -> float:
    """By how many seconds this process's clock is wrong: what the harness wrote for its service."""
    now = time.monotonic()
    if now - _read["at"] > CLOCK_SECONDS:
        _read["at"] = now
        with suppress(FileNotFoundError):
            _read["shift"] = float((FOLDER / "clock" / SERVICE).read_text() or 0)
    return _read["shift"]


# -- An end with the parent -------------------------------------------------------------------------
def _end_with_parent() -> None:
    """A group of systemd ends as a whole: so does ours, however its first process ended."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


sys.meta_path.insert(0, AfterImport())
time.time = _Clock()
if sys.platform.startswith("linux"):
    _end_with_parent()
    os.register_at_fork(after_in_child=_end_with_parent)
