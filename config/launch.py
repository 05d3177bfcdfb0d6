"""Starts the whole product on one machine: Redis, migrations, demo city, web, workers, sweeper; stops it all.

``python -m config.launch`` is what ``make run`` calls. Every process is a child in a group of its own that
dies with the launcher, whatever ends it. A child that ends takes the others with it, and the launcher says
which one: half a product would only look as if it worked.
"""

import argparse
import base64
import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import embedded

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
PR_SET_PDEATHSIG = 1
START_SECONDS = 60.0


class CannotStart(Exception):
    """The start failed; the message is the one sentence that the operator sees."""


@dataclass
class Child:
    """A started process and what it is called in messages."""

    name: str
    process: "subprocess.Popen[bytes]"


@dataclass
class Stack:
    """The processes of one running product, and the environment that each kind is given."""

    port: int
    base_url: str
    var_dir: Path = VAR_DIR
    environment: dict[str, str] = field(default_factory=dict)
    children: list[Child] = field(default_factory=list)
    log_dir: Path = VAR_DIR / "log"

    # -- environments -----------------------------------------------------------------------------
    def web_environment(self) -> dict[str, str]:
        """What the web is given: never the key-encryption key."""
        return os.environ | self.environment | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONUNBUFFERED": "1",
            "BASE_URL": self.base_url,
            "SECRET_KEY_FILE": str(secret_file(self.var_dir / "keys" / "secret-key")),
        }

    def signer_environment(self) -> dict[str, str]:
        """What the workers and the sweeper are given."""
        kek = os.environ.get("KEY_ENCRYPTION_KEY_FILE") or str(secret_file(self.var_dir / "keys" / "kek"))
        return self.web_environment() | {"KEY_ENCRYPTION_KEY_FILE": kek}

    # -- processes --------------------------------------------------------------------------------
    def start(self, name: str, command: Sequence[str], environment: dict[str, str]) -> Child:
        """Start a child that writes to its own log and dies with us."""
        self.log_dir.mkdir(parents=True, exist_ok=True)
        with (self.log_dir / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=BASE_DIR,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent(),  # noqa: PLW1509  # Linux only, before any thread is started
                start_new_session=True,
            )
        child = Child(name, process)
        self.children.append(child)
        return child

    def manage(self, *arguments: str, quiet: bool = False) -> None:
        """Run a management command to its end, as a signer. Raises CannotStart with its last line."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=BASE_DIR,
            env=self.signer_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.PIPE,
            check=False,
        )
        if done.returncode:
            raise CannotStart(last_line(done.stderr) or f"manage.py {arguments[0]} failed.")

    def start_redis(self) -> None:
        """An embedded Redis, unless REDIS_URL names one."""
        if os.environ.get("REDIS_URL"):
            return
        folder = embedded.socket_folder(str(self.var_dir))
        child = self.start("redis", embedded.redis_command(folder), dict(os.environ))
        embedded.wait_for_redis(folder, child.process)
        self.environment["REDIS_URL"] = embedded.redis_url(folder)

    def start_web(self, *, workers: int = 2) -> None:
        """The web server; WSGI, few blocking threads so that few database connections are held."""
        host = os.environ.get("HOST", "127.0.0.1")
        self.start(
            "web",
            [
                *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-access-log", "--host", host),
                *("--port", str(self.port), "--workers", str(workers), "--blocking-threads", "4"),
                *("--respawn-failed-workers", "--log-level", "warning", "config.wsgi:application"),
            ],
            self.web_environment(),
        )

    def start_worker(self, name: str, queues: str) -> None:
        """A Celery worker for these queues."""
        self.start(
            name,
            [
                *(sys.executable, "-m", "celery", "-A", "config", "worker", "--queues", queues),
                *("--concurrency", "1", "--hostname", f"{name}@{self.port}", "--loglevel", "WARNING"),
                *("--without-gossip", "--without-mingle"),
            ],
            self.signer_environment(),
        )

    def start_sweeper(self) -> None:
        """The sweeper."""
        self.start("sweeper", [sys.executable, "manage.py", "sweep"], self.signer_environment())

    def start_all(self) -> None:
        """Web, both workers and the sweeper; returns when all answer. Raises CannotStart."""
        self.start_web()
        self.start_worker("quick", "interactive,upkeep")
        self.start_worker("bulk", "batches,messages")
        self.start_sweeper()
        wait_until(self._web_answers, "The web server does not answer.", self)
        wait_until(self._workers_answer, "The workers do not answer.", self)

    def _web_answers(self) -> bool:
        try:
            request = urllib.request.Request(  # noqa: S310  # a fixed http address on this machine
                f"http://127.0.0.1:{self.port}/readyz", headers={"Host": self.base_url.split("://", 1)[1]}
            )
            with urllib.request.urlopen(request, timeout=2) as answer:  # noqa: S310  # as above
                return bool(answer.status == 200)
        except urllib.error.HTTPError as error:
            return error.code < 400
        except OSError:
            return False

    def _workers_answer(self) -> bool:
        logs = [self.log_dir / "quick.log", self.log_dir / "bulk.log"]
        environment = self.web_environment()
        if not all(log.is_file() for log in logs):
            return False
        code = (
            "import config, sys; "
            "answers = config.celery_app.control.ping(timeout=1.0); "
            f"names = {{name for answer in answers for name in answer}}; "
            f"sys.exit(not {{'quick@{self.port}', 'bulk@{self.port}'}} <= names)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=BASE_DIR, env=environment, capture_output=True, check=False
        )
        return done.returncode == 0

    def ended(self) -> Child | None:
        """A child that is not running any more, if there is one."""
        return next((child for child in self.children if child.process.poll() is not None), None)

    def stop(self) -> None:
        """End every child: politely, then for good; whole groups, so that no grandchild stays."""
        for child in reversed(self.children):
            signal_group(child, signal.SIGTERM)
        deadline = time.monotonic() + 10
        for child in reversed(self.children):
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                signal_group(child, signal.SIGKILL)
                child.process.wait()
            signal_group(child, signal.SIGKILL)
        self.children.clear()


def signal_group(child: Child, number: signal.Signals) -> None:
    """Signal the child's whole group, if any of it is left."""
    try:
        os.killpg(child.process.pid, number)
    except (ProcessLookupError, PermissionError):
        return


def die_with_parent() -> Callable[[], None] | None:
    """On Linux, what makes a child end when its launcher is killed outright."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)

    def set_it() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    return set_it


def secret_file(path: Path) -> Path:
    """A file of 32 random bytes in base64 that only its owner reads; made at the first call."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path
    with os.fdopen(descriptor, "w") as file:
        file.write(base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
    return path


def last_line(output: bytes) -> str:
    """The last line that says something: a command's own sentence, or the end of a trace."""
    lines = [line for line in output.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1].removeprefix("CommandError: ").strip() if lines else ""


def wait_until(condition: Callable[[], bool], otherwise: str, stack: Stack) -> None:
    """Return when the condition holds. Raises CannotStart when a child ends or the time is up."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        ended = stack.ended()
        if ended:
            raise CannotStart(f"{ended.name} ended at once; see {stack.log_dir / (ended.name + '.log')}.")
        if condition():
            return
        time.sleep(0.2)
    raise CannotStart(f"{otherwise} See {stack.log_dir}.")


def require_free(port: int) -> None:
    """Raises CannotStart when somebody listens on the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((os.environ.get("HOST", "127.0.0.1"), port))
        except OSError as error:
            raise CannotStart(f"Port {port} is in use. Choose another: PORT=8001 make run") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Start, print the way in, wait, stop."""
    parser = argparse.ArgumentParser(prog="python -m config.launch", description=__doc__)
    parser.parse_args(arguments)
    try:
        port = int(os.environ.get("PORT") or 8000)
    except ValueError:
        sys.stderr.write("PORT must be a number, such as 8001.\n")
        return 2
    base_url = (os.environ.get("BASE_URL") or f"http://localhost:{port}").rstrip("/")
    stack = Stack(port=port, base_url=base_url)
    stack.environment["DEMO"] = os.environ.get("DEMO", "" if os.environ.get("DATABASE_URL") else "1") or "0"
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        require_free(port)
        VAR_DIR.mkdir(exist_ok=True)
        stack.start_redis()
        stack.manage("prepare")
        if stack.environment["DEMO"] != "0":
            stack.manage("seed_demo", "--if-empty")
        stack.start_all()
        announce(stack)
        while not stop.wait(1):
            ended = stack.ended()
            if ended:
                raise CannotStart(f"{ended.name} ended; see {stack.log_dir / (ended.name + '.log')}.")
    except (CannotStart, embedded.NoRedis) as error:
        if not stop.is_set():
            sys.stderr.write(f"{error}\n")
            return 1
    finally:
        stack.stop()
    return 0


def announce(stack: Stack) -> None:
    """Print the addresses, and the demo sign-ins where there are some."""
    rows = (
        ("Front page", "/"),
        ("Verify a certificate", "/v"),
        ("My passport", "/me/"),
        ("Trainers", "/teach/"),
        ("The city", "/city/"),
    )
    lines = ["", f"The learner passport runs at {stack.base_url}", ""]
    lines += [f"  {label:22}{stack.base_url}{path}" for label, path in rows]
    sys.stdout.write("\n".join(lines) + "\n\n")
    sys.stdout.flush()
    if stack.environment["DEMO"] != "0":
        stack.manage("demo_signins")
    sys.stdout.write("Ctrl-C ends everything.\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
