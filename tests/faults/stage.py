"""The running product under the harness: its own processes, kept up as systemd keeps them up.

Commands and environments are ``config.launch``'s. What ends is started again as ``Restart=on-failure`` of
``docs/systemd`` says, the rest of its group ended first; a clean end that nobody asked for is a complaint.
One thread alone works here, since processes are started with ``preexec_fn``.
"""

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from config import embedded
from config.launch import (
    BASE_DIR,
    START_SECONDS,
    CannotStart,
    Child,
    Stack,
    end_with_parent,
    kill_group,
    open_log,
)
from tests import services

from .database import PostgreSQL, Sqlite

#: What RestartSec= is where a unit does not say, and TimeoutStopSec= of ours.
RESTART_SECONDS = 0.1
STOP_SECONDS = 60.0
YOUNG_SECONDS = 4.0
SITE = Path(__file__).resolve().parent / "site"
#: Ends that ``Restart=on-failure`` takes for clean: exit status 0 and these signals.
CLEAN = (0, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP, -signal.SIGPIPE)
PRODUCT = ("web", "quick", "bulk", "sweeper")


@dataclass(kw_only=True)
class Stage(Stack):
    """The processes of one run. ``tick`` is to be called often: it keeps them up and does what is due."""

    database: PostgreSQL | Sqlite
    sign_seconds: float
    with_redis: bool = True
    complaints: list[str] = field(default_factory=list)
    ended: Counter[str] = field(default_factory=Counter)
    _asked: dict[str, float] = field(default_factory=dict)
    _not_before: dict[str, float] = field(default_factory=dict)
    _since: dict[str, float] = field(default_factory=dict)
    _helpers: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    _later: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    # -- Up -----------------------------------------------------------------------------------------
    def open(self) -> None:
        """Folders for the wrapped processes; the database and Redis answer. Raises CannotStart, NoRedis."""
        for name in ("armed", "taken", "clock"):
            (self.faults_dir / name).mkdir(parents=True, exist_ok=True)
        if isinstance(self.database, PostgreSQL):
            self._start_postgres()
            self.database.wait()
        self.environment["DATABASE_URL"] = self.database.url
        if self.with_redis:
            self.start_redis()
        else:
            self.environment["REDIS_URL"] = embedded.redis_url(embedded.socket_folder(str(self.var_dir)))

    def go(self) -> None:
        """Start the product; returns at once."""
        for name in PRODUCT:
            self._starts[name]()

    @property
    def faults_dir(self) -> Path:
        """What the wrapped processes read and write."""
        return self.var_dir / "faults"

    @property
    def _starts(self) -> dict[str, Callable[[], None]]:
        return {
            "postgres": self._start_postgres,
            "redis": self._start_redis_again,
            "web": self.start_web,
            "quick": lambda: self.start_worker("quick"),
            "bulk": lambda: self.start_worker("bulk"),
            "sweeper": self.start_sweeper,
        }

    def start(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], *, nice: int = 0
    ) -> Child:
        """Start a process of the product, wrapped; it ends with us whatever ends us."""
        self.children = [child for child in self.children if child.name != name]
        self._since[name] = time.monotonic()
        wrapped = {
            "PYTHONPATH": f"{SITE}{os.pathsep}{BASE_DIR}",
            "FAULTS_DIR": str(self.faults_dir),
            "FAULTS_SERVICE": name,
            "FAULTS_SIGN_SECONDS": str(self.sign_seconds),
        }
        return super().start(name, command, {**environment, **wrapped}, nice=nice)

    def _start_postgres(self) -> None:
        assert isinstance(self.database, PostgreSQL)
        self.children = [child for child in self.children if child.name != "postgres"]
        self.children.append(Child("postgres", self.database.serve()))

    def _start_redis_again(self) -> None:
        folder = embedded.socket_folder(str(self.var_dir))
        self.start("redis", embedded.redis_command(folder), self.environment)

    def helper(self, module: str, *arguments: str, signs: bool = False) -> "subprocess.Popen[bytes]":
        """Start a process of the harness: one JSON document comes from its standard output."""
        environment = self.signer_environment() if signs else services.plain_environment()
        with open_log(self.log_dir / f"{module}.log") as log:
            process = subprocess.Popen(
                [str(BASE_DIR / ".venv/bin/python"), "-m", f"tests.faults.{module}", *arguments],
                cwd=BASE_DIR,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                preexec_fn=end_with_parent(signal.SIGKILL),  # noqa: PLW1509  # one thread, as above
                start_new_session=True,
            )
        self._helpers.append(process)
        return process

    # -- Kept up ------------------------------------------------------------------------------------
    def tick(self) -> None:
        """Do what is due, and start again what ended."""
        now = time.monotonic()
        for due in [due for due in self._later if due[0] <= now]:
            self._later.remove(due)
            due[1]()
        for child in [child for child in self.children if child.name in self._starts]:
            self._look_after(child, now)

    def _look_after(self, child: Child, now: float) -> None:
        code, asked = child.process.poll(), self._asked.get(child.name)
        if code is None:
            if asked and now > asked + STOP_SECONDS:
                kill_group(child)
            return
        kill_group(child)  # KillMode=control-group
        if child.name not in self._not_before:
            if code in CLEAN and asked is None and child.name in PRODUCT:
                self.complaints.append(f"{child.name} ended by itself with {code}: nobody starts it again")
            self.ended[child.name] += asked is None
            self._not_before[child.name] = now + RESTART_SECONDS
        if now >= self._not_before[child.name]:
            self._asked.pop(child.name, None)
            del self._not_before[child.name]
            self._starts[child.name]()

    def wait_for_web(self) -> None:
        """Return when the web is ready. Raises CannotStart."""
        deadline = time.monotonic() + START_SECONDS
        while not self.web_answers():
            if time.monotonic() > deadline:
                raise CannotStart(f"The web server does not answer. See {self.log_dir}.")
            self.tick()
            time.sleep(0.1)

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Do this in so many seconds."""
        self._later.append((time.monotonic() + seconds, act))

    @property
    def settled(self) -> bool:
        """Whether nothing is left to be done later."""
        return not self._later

    # -- What is done to it --------------------------------------------------------------------------
    def child(self, name: str) -> Child | None:
        """The running process of this name, once it had time to begin: killed before, it shows nothing."""
        if time.monotonic() < self._since.get(name, 0.0) + YOUNG_SECONDS:
            return None
        return next((c for c in self.children if c.name == name and c.process.poll() is None), None)

    def hands(self, name: str) -> list[psutil.Process]:
        """The processes below this one that do its work."""
        child = self.child(name)
        if child is None:
            return []
        with suppress(psutil.NoSuchProcess):
            return list(psutil.Process(child.process.pid).children(recursive=True))
        return []

    def kill(self, name: str, *, seconds_down: float = 0.0) -> bool:
        """SIGKILL to the whole group; it stays away for so long. Whether it was there."""
        child = self.child(name)
        if child is None:
            return False
        self._not_before[name] = time.monotonic() + max(RESTART_SECONDS, seconds_down)
        kill_group(child)
        child.process.kill()
        child.process.wait()
        return True

    def signal(self, name: str, number: signal.Signals) -> bool:
        """A signal to the first process of this name alone."""
        child = self.child(name)
        if child is not None:
            child.process.send_signal(number)
        return child is not None

    def restart(self, name: str) -> bool:
        """``systemctl restart``: SIGTERM to the whole group, then a new one."""
        child = self.child(name)
        if child is None:
            return False
        self._asked[name] = time.monotonic()
        with suppress(ProcessLookupError):
            os.killpg(child.process.pid, signal.SIGTERM)
        return True

    def end(self, *names: str) -> None:
        """Stop these for good, politely first."""
        ending = [child for child in self.children if child.name in names]
        self.children = [child for child in self.children if child.name not in names]
        for child in ending:
            child.process.terminate()
        for child in ending:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(10)
            kill_group(child)
            child.process.kill()
            child.process.wait()

    def close(self) -> None:
        """End everything, for good; nothing is worth keeping."""
        for helper in self._helpers:
            helper.kill()
            helper.wait()
        for child in self.children:
            kill_group(child)
            child.process.send_signal(signal.SIGQUIT if child.name == "postgres" else signal.SIGKILL)
        for child in self.children:
            try:
                child.process.wait(10)
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
        self.children.clear()
        (embedded.socket_folder(str(self.var_dir)) / embedded.SOCKET).unlink(missing_ok=True)
