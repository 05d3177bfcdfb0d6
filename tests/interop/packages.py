"""Brings the verifiers that others wrote, once, from a lock file of their own: the product has none of them.

``npm ci`` in this folder, with the machine's npm or a wheel's; a stamp says which lock file was installed.
"""

import fcntl
import hashlib
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config import assets
from config.launch import CannotStart

HERE = Path(__file__).resolve().parent
LOCK = HERE / "package-lock.json"
MODULES = HERE / "node_modules"
STAMP = MODULES / "stamp"


def require() -> Path:
    """The folder with the packages, installed first where it is not there. Raises CannotStart."""
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    with _one_at_a_time():
        if not STAMP.is_file() or STAMP.read_text() != wanted:
            sys.stdout.write("Bringing verifiers by others (once) …\n")
            sys.stdout.flush()
            if not assets.npm_ci(HERE):
                raise CannotStart("The verifiers by others could not be installed. Is the network there?")
            STAMP.write_text(wanted)
    return MODULES


def version(package: str) -> str:
    """What is installed of a package."""
    found = re.search(r'"version":\s*"([^"]+)"', (MODULES / package / "package.json").read_text())
    if found is None:
        raise LookupError(package)
    return found[1]


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Test processes that start together install once."""
    with (HERE / "package.json").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
