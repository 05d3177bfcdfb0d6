"""The passport as one signed file: what it costs the signer, and how long whoever asks for it waits."""

import statistics
import time
from urllib.parse import urlsplit

from config.launch import CannotStart, Stack

from . import load
from .figures import Figure, at_most, beside_limit
from .steps import inside

CERTIFICATES = 50
AGAIN = 20
PATIENCE = 30.0
#: What openbadgeslib verifies at once, in kB.
FOREIGN_LIMIT = 262.144


def exported(stack: Stack) -> list[Figure]:
    """A passport of fifty certificates as CLR: signed, and given out."""
    found = inside(stack, "passport")
    address = urlsplit(found["link"] + ".json")
    request = load.ask(stack.port, address.netloc, address.path)
    started = time.perf_counter()
    while (status := request()) == 202:
        if time.perf_counter() - started > PATIENCE:
            raise CannotStart("A record was not signed in time.")
    first = time.perf_counter() - started
    if status != 200:
        raise CannotStart(f"A record answered {status}.")
    seconds = []
    for _ in range(AGAIN):
        started = time.perf_counter()
        request()
        seconds.append(time.perf_counter() - started)
    name = f"passport of {CERTIFICATES} certificates as CLR"
    without, having = found["without files"], found["with files"]
    return [
        at_most("a file with eddsa-rdfc-2022 on demand, CPU: median", found["proof"], "ms", 15.0),
        beside_limit(f"{name}, first time, files and record signed, CPU", without["cpu"], "s", 1.0),
        beside_limit(f"{name}, first time, files and record signed", without["wall"], "s", 1.0),
        beside_limit(f"{name}, files there, record signed, CPU", having["cpu"], "s", 1.0),
        beside_limit(f"{name}, over HTTP, files there, record ordered and signed", first, "s", 2.0),
        at_most(f"{name}, over HTTP, after the first time: median", statistics.median(seconds), "s", 1.0),
        at_most(f"{name}, after the first time, CPU", found["again"], "ms", 100.0),
        beside_limit(name, found["bytes"] / 1000, "kB", FOREIGN_LIMIT),
    ]
