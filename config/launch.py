"""Starts the whole product on one machine: Redis, migrations, demo city, web, workers, sweeper; stops it all.

``python -m config.launch`` is what ``make run`` calls. Every process is a child in a group of its own that
ends with the launcher, whatever ends that. A child that ends takes the others with it, and the launcher says
which one: half a product would only look as if it worked, and a restarted one hides what broke it.
"""

import base64
import ctypes
import fcntl
import http.client
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn
from urllib.parse import urlsplit

from celery import Celery
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import RedisError

from . import embedded

BASE_DIR = Path(__file__).resolve().parent.parent
START_SECONDS = 90.0
STOP_SECONDS = 10.0
LOG_BYTES = 1_000_000
PR_SET_PDEATHSIG = 1
NO = ("0", "false", "no", "off")
LOCAL = ("localhost", "127.0.0.1", "::1")
#: Whoever issues lists does not wait for the disk: what a crash of the database takes back is signed again,
#: byte for byte the same. Accepting, revoking and single awards do wait.
LISTS_PGOPTIONS = {"PGOPTIONS": "-c synchronous_commit=off"}
BULK_NICE = 15  # lists and upkeep leave the processor to the one certificate that somebody waits for
#: Where the key-encryption key may come from, and everything that leads to it: for the signer alone.
KEK_SOURCES = {"PKCS11_MODULE", "KEY_ENCRYPTION_KEY_FILE", "KEY_ENCRYPTION_KEY"}
KEK_VARIABLES = KEK_SOURCES | {
    "PKCS11_TOKEN",
    "PKCS11_PIN",
    "PKCS11_PIN_FILE",
    "PKCS11_KEK_LABEL",
    "CREDENTIALS_DIRECTORY",
}
#: What the web is not given: that, and the place of this machine's own root.
KEPT_FROM_THE_WEB = KEK_VARIABLES | {"LOCAL_ROOT_DIR"}
#: Name of a Celery worker → the queues it listens to; a badge never waits behind a batch.
WORKERS = {"quick": "interactive,upkeep", "bulk": "batches,messages,benches"}


class CannotStart(Exception):
    """The start failed, or a process ended; the message is the one sentence that the operator sees."""


class Stopped(BaseException):
    """Somebody asked us to stop."""


@dataclass
class Child:
    """A started process and what it is called in messages."""

    name: str
    process: "subprocess.Popen[bytes]"


@dataclass(kw_only=True)
class Stack:
    """The processes of one running product. ``environment`` is whole: nothing else reaches them."""

    port: int
    base_url: str
    var_dir: Path
    environment: dict[str, str]
    bind: str = "127.0.0.1"
    children: list[Child] = field(default_factory=list)
    _redis_folder: Path | None = None

    # -- environments -----------------------------------------------------------------------------
    def web_environment(self) -> dict[str, str]:
        """What the web is given: neither the key-encryption key nor the place of this machine's own root."""
        given = {name: value for name, value in self.environment.items() if name not in KEPT_FROM_THE_WEB}
        ours = {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONUNBUFFERED": "1",
            "BASE_URL": self.base_url,
        }
        if not given.get("DATABASE_URL"):
            ours["DATABASE_URL"] = sqlite_url(self.database_file)
        if not given.get("SECRET_KEY") and not given.get("SECRET_KEY_FILE"):
            ours["SECRET_KEY_FILE"] = str(secret_file(self.var_dir / "keys" / "secret-key"))
        if not given.get("ROOT_KEYS_FILE"):
            ours["ROOT_KEYS_FILE"] = str(self.var_dir / "keys" / "roots.json")  # ``prepare`` makes it
        if urlsplit(self.base_url).hostname in LOCAL:
            ours["ALLOWED_HOSTS"] = ",".join(filter(None, (given.get("ALLOWED_HOSTS"), *LOCAL[:2], "[::1]")))
        return given | ours

    def signer_environment(self) -> dict[str, str]:
        """What the workers, the sweeper and the operators' commands are given."""
        given = {name: self.environment[name] for name in KEK_VARIABLES if self.environment.get(name)}
        credential = Path(given.get("CREDENTIALS_DIRECTORY") or os.devnull) / "kek"
        if not given.keys() & KEK_SOURCES and not credential.is_file():
            given["KEY_ENCRYPTION_KEY_FILE"] = str(secret_file(self.var_dir / "keys" / "kek"))
        return self.web_environment() | given

    def operator_environment(self) -> dict[str, str]:
        """What the operators' commands are given: on a machine that is its own root, where that lies."""
        named = self.environment.get("ROOT_KEYS_FILE")
        return self.signer_environment() | ({} if named else {"LOCAL_ROOT_DIR": str(self.var_dir / "keys")})

    @property
    def database_file(self) -> Path:
        """The SQLite database, where no DATABASE_URL names another."""
        return self.var_dir / "passport.sqlite3"

    @property
    def log_dir(self) -> Path:
        """One log a process."""
        return self.var_dir / "log"

    # -- processes --------------------------------------------------------------------------------
    def start(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], *, nice: int = 0
    ) -> Child:
        """Start a child that writes to its own log and ends with us."""
        with open_log(self.log_dir / f"{name}.log") as log:
            process = subprocess.Popen(
                command,
                cwd=BASE_DIR,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=end_with_parent(nice=nice),  # noqa: PLW1509  # we have one thread when we start children
                start_new_session=True,
            )
        child = Child(name, process)
        self.children.append(child)
        return child

    def manage(self, *arguments: str, database_url: str = "", quiet: bool = False) -> str:
        """Run a management command to its end, as an operator; returns what it printed when ``quiet``.

        Raises CannotStart with the command's own sentence.
        """
        environment = self.operator_environment() | ({"DATABASE_URL": database_url} if database_url else {})
        process = subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.PIPE,
            preexec_fn=end_with_parent(),  # noqa: PLW1509  # as above
            start_new_session=True,
        )
        child = Child(arguments[0], process)
        self.children.append(child)
        output, trouble = process.communicate()
        self.children.remove(child)
        with open_log(self.log_dir / "manage.log") as log:
            log.write(trouble)
        if process.returncode:
            raise CannotStart(last_line(trouble) or f"manage.py {arguments[0]} failed.")
        return output.decode() if quiet else ""

    def start_redis(self) -> None:
        """An embedded Redis, unless REDIS_URL names one that answers. Raises CannotStart, NoRedis."""
        given = self.environment.get("REDIS_URL")
        if given:
            require_redis(given)
            return
        self._redis_folder = embedded.socket_folder(str(self.var_dir))
        child = self.start("redis", embedded.redis_command(self._redis_folder), self.web_environment())
        embedded.wait_for_redis(self._redis_folder, child.process)
        self.environment["REDIS_URL"] = embedded.redis_url(self._redis_folder)

    def prepare(self) -> None:
        """Migrate; fill an empty database with the demo city, unless DEMO says no. Raises CannotStart.

        Where nothing says, DEMO is on for a demo city alone: it shows every message to everybody. A new
        SQLite file gets its name when it is whole, so an interrupted start leaves no half city.
        """
        if self.environment.get("DATABASE_URL") or self.database_file.exists():
            self._fill()
            return
        draft = self.database_file.with_suffix(".new")
        for leftover in self.var_dir.glob(f"{draft.name}*"):
            leftover.unlink()
        self._fill(sqlite_url(draft))
        with closing(sqlite3.connect(draft)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # all of it into the one file
        draft.with_name(f"{draft.name}.mark").rename(f"{self.database_file}.mark")  # issuers/whereabouts.py
        draft.rename(self.database_file)

    def _fill(self, database_url: str = "") -> None:
        holds = self.manage("prepare", database_url=database_url, quiet=True).split()[-1]
        wanted = self.environment.get("DEMO", "").lower()
        demo = wanted not in NO if wanted else holds in ("empty", "demo")
        self.environment["DEMO"] = "1" if demo else "0"
        if demo and holds == "empty":
            say("Filling the demo city (once) …")
            self.manage("seed_demo", database_url=database_url)

    def start_web(self, *, workers: int = 2) -> None:
        """The web server: WSGI, few blocking threads so that few database connections are held."""
        self.start(
            "web",
            [
                *(
                    sys.executable,
                    "-m",
                    "granian",
                    "--interface",
                    "wsgi",
                    "--no-access-log",
                    "--host",
                    self.bind,
                ),
                *("--port", str(self.port), "--workers", str(workers), "--blocking-threads", "4"),
                *("--respawn-failed-workers", "--log-level", "warning", "config.wsgi:application"),
            ],
            self.web_environment(),
        )

    def start_worker(self, name: str) -> None:
        """A Celery worker for the queues of this name."""
        self.start(
            name,
            [
                *(sys.executable, "-m", "celery", "-A", "config", "worker", "--queues", WORKERS[name]),
                *("--concurrency", str(self._hands(name)), "--hostname", self._node(name)),
                *("--loglevel", "WARNING", "--without-gossip", "--without-mingle"),
            ],
            self.signer_environment() | (LISTS_PGOPTIONS if name == "bulk" else {}),
            nice=BULK_NICE if name == "bulk" else 0,
        )

    def _hands(self, name: str) -> int:
        """How many at once: lists keep every core busy, single awards come one by one."""
        return max(2, os.cpu_count() or 1) if name == "bulk" else 1

    def start_sweeper(self) -> None:
        """The sweeper."""
        sweep = [sys.executable, "manage.py", "sweep"]
        self.start("sweeper", sweep, self.signer_environment(), nice=BULK_NICE)

    def start_all(self) -> None:
        """Web, both workers and the sweeper; returns when all answer. Raises CannotStart."""
        self.start_web()
        for name in WORKERS:
            self.start_worker(name)
        self.start_sweeper()
        self.wait_until(self.web_answers, "The web server does not answer.")
        self.wait_until(self.workers_answer, "The workers do not answer.")

    def wait_until(self, condition: Callable[[], bool], otherwise: str) -> None:
        """Return when the condition holds. Raises CannotStart when a child ends or the time is up."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self.require_all()
            if condition():
                return
            time.sleep(0.1)
        raise CannotStart(f"{otherwise} See {self.log_dir}.")

    def web_answers(self) -> bool:
        """Whether the web says that it is ready."""
        host = "127.0.0.1" if self.bind == "0.0.0.0" else self.bind  # noqa: S104  # compared, not bound
        connection = http.client.HTTPConnection(host, self.port, timeout=5)
        scheme, name = urlsplit(self.base_url)[:2]
        try:
            connection.request("GET", "/readyz", headers={"Host": name, "X-Forwarded-Proto": scheme})
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def workers_answer(self) -> bool:
        """Whether both workers answer a ping through the broker."""
        nodes = [self._node(name) for name in WORKERS]
        broker = self.environment["REDIS_URL"].replace("unix://", "redis+socket://", 1)
        with Celery(broker=broker, set_as_current=False) as app:
            try:
                answers = app.control.ping(destination=nodes, timeout=1.0, limit=len(nodes)) or []
            except (OperationalError, RedisError, OSError):
                return False
        return {name for answer in answers for name in answer} >= set(nodes)

    def _node(self, name: str) -> str:
        return f"{name}@{socket.gethostname()}-{self.port}"

    def require_all(self) -> None:
        """Raises CannotStart when a child is not running any more."""
        for child in self.children:
            if child.process.poll() is not None:
                log = self.log_dir / f"{child.name}.log"
                said = last_line(log.read_bytes()[-4000:])
                raise CannotStart(
                    f"The process “{child.name}” ended{f': {said}' if said else '.'} (See {log}.)"
                )

    def stop(self) -> None:
        """End every child: politely, then for good, whole groups, so that no grandchild stays; Redis last."""
        others = [child for child in self.children if child.name != "redis"]
        for children in (others, [child for child in self.children if child.name == "redis"]):
            for child in children:
                child.process.terminate()
            deadline = time.monotonic() + STOP_SECONDS
            for child in children:
                with suppress(subprocess.TimeoutExpired):
                    child.process.wait(max(0.1, deadline - time.monotonic()))
                kill_group(child)
                child.process.wait()
        self.children.clear()
        if self._redis_folder:
            (self._redis_folder / embedded.SOCKET).unlink(missing_ok=True)


def kill_group(child: Child) -> None:
    """End what is left of the child's group."""
    try:
        os.killpg(child.process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def end_with_parent(number: signal.Signals = signal.SIGTERM, *, nice: int = 0) -> Callable[[], None] | None:
    """On Linux, what makes a child end when its launcher is killed outright, and wait for others if nice.

    Each child leads a session, and Linux weighs sessions, not processes: its session has to be nice as well.
    """
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def set_it() -> None:
        libc.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)
        os.nice(nice)
        if nice:
            with suppress(OSError):  # a kernel without groups by session weighs by the line above
                Path("/proc/self/autogroup").write_text(str(nice))

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


def sqlite_url(path: Path) -> str:
    """A database file as DATABASE_URL names it."""
    return f"sqlite:///{path}"


def open_log(path: Path) -> IO[bytes]:
    """A log to append to; what is older than the last megabyte goes to one file beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file() and path.stat().st_size > LOG_BYTES:
        path.rename(path.with_suffix(".log.1"))
    return path.open("ab")


def last_line(output: bytes) -> str:
    """The last line that says something: a command's own sentence, or the end of a trace."""
    lines = [line for line in output.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1].removeprefix("CommandError: ").strip() if lines else ""


# -- What is checked before anything starts ----------------------------------------------------------
def require_free(bind: str, port: int) -> None:
    """Raises CannotStart when somebody listens on the port, or we may not."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
            probe.listen()
        except PermissionError as error:
            raise CannotStart(
                f"Port {port} needs more rights. Choose a higher one: PORT=8001 make run"
            ) from error
        except OSError as error:
            raise CannotStart(f"Port {port} is in use. Choose another: PORT={port + 1} make run") from error


def require_redis(url: str) -> None:
    """Raises CannotStart unless a Redis answers at this URL."""
    if urlsplit(url).scheme not in ("redis", "rediss", "unix"):
        raise CannotStart("REDIS_URL must begin with redis://, rediss:// or unix://.")
    try:
        with Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
            client.ping()
    except (RedisError, OSError, ValueError) as error:
        raise CannotStart(f"The Redis of REDIS_URL does not answer: {error}") from error


def read_address(environment: Mapping[str, str]) -> tuple[int, str]:
    """Port and base URL, from PORT and BASE_URL or one of them. Raises CannotStart."""
    base_url = environment.get("BASE_URL", "").rstrip("/")
    try:
        parts = urlsplit(base_url)
        signed_port = parts.port if parts.hostname in LOCAL else None
        port = int(environment.get("PORT") or signed_port or 8000)
    except ValueError as error:
        raise CannotStart("PORT, and a port in BASE_URL, must be numbers, such as 8001.") from error
    if not 0 < port < 65536:
        raise CannotStart("PORT must lie between 1 and 65535.")
    if base_url and not (parts.scheme in ("http", "https") and parts.netloc and not parts.path):
        raise CannotStart(
            "BASE_URL must be http:// or https:// and a host, without a path: https://passport.example"
        )
    return port, base_url or f"http://localhost:{port}"


def require_database_url(url: str) -> None:
    """Raises CannotStart for a database that the product does not know."""
    if urlsplit(url).scheme not in ("postgres", "postgresql", "sqlite"):
        raise CannotStart("DATABASE_URL must begin with postgres:// or sqlite://.")


def take_folder(folder: Path) -> IO[str]:
    """Hold the folder for this launcher alone until the file is closed. Raises CannotStart."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        lock = (folder / "launch.lock").open("a+")
    except OSError as error:
        raise CannotStart(f"{folder} cannot be written to: {error.strerror}.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise CannotStart("It already runs from this folder. Stop that one first (Ctrl-C).") from error
    return lock


def stop_on_signals() -> None:
    """From now on Ctrl-C, a closed terminal and SIGTERM raise Stopped."""

    def stopped(number: int, frame: FrameType | None) -> NoReturn:
        raise Stopped

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stopped)


def ignore_signals() -> None:
    """The end has begun, and will not be hurried."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


# -- The command ----------------------------------------------------------------------------------
def main() -> int:
    """Start, print the way in, wait, stop."""
    stack: Stack | None = None
    stop_on_signals()
    try:
        environment = dict(os.environ)
        port, base_url = read_address(environment)
        bind = environment.get("BIND") or "127.0.0.1"
        if environment.get("DATABASE_URL"):
            require_database_url(environment["DATABASE_URL"])
        require_free(bind, port)
        var_dir = Path(environment.get("VAR_DIR") or BASE_DIR / "var").absolute()
        with take_folder(var_dir):
            stack = Stack(port=port, base_url=base_url, var_dir=var_dir, environment=environment, bind=bind)
            run(stack)
    except (CannotStart, embedded.NoRedis) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except Stopped:
        say("\nStopping …")
    finally:
        ignore_signals()
        if stack:
            stack.stop()
    return 0


def run(stack: Stack) -> NoReturn:
    """Start everything, say so, and watch until something ends. Raises CannotStart, NoRedis, Stopped."""
    stack.start_redis()
    say("Preparing the database …")
    stack.prepare()
    say("Starting …")
    stack.start_all()
    announce(stack)
    while True:
        time.sleep(1)
        stack.require_all()


def announce(stack: Stack) -> None:
    """Print the addresses, and the demo sign-ins where there are some."""
    rows = {
        "Front page": "/",
        "Verify a certificate": "/v",
        "My passport": "/me/",
        "Trainers": "/teach/",
        "The city": "/city/",
    }
    say(f"\nThe learner passport runs at {stack.base_url}")
    if urlsplit(stack.base_url).hostname not in LOCAL:
        say(f"(the proxy in front of it must lead to {stack.bind}:{stack.port})")
    say("")
    for label, path in rows.items():
        say(f"  {label:<22}{stack.base_url}{path}")
    say("")
    if stack.environment["DEMO"] == "1":
        say(stack.manage("demo_signins", quiet=True))
    say(f"Logs are in {os.path.relpath(stack.log_dir)}. Ctrl-C ends everything.")


def say(sentence: str) -> None:
    """Tell the operator."""
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
