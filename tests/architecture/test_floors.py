"""No package that matters runs older than its floor, and none is installed without a hash; all offline."""

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements"
LOCKS = ("run.txt", "test.txt")
#: What reads from strangers, holds keys, opens doors or speaks to the network; and what they bring along.
RELEVANT = {
    *("django", "djangorestframework", "django-allauth", "django-csp", "fido2", "whitenoise", "granian"),
    *("pyjwt", "cryptography", "celery", "kombu", "redis", "urllib3", "psycopg", "sqlparse", "brotli"),
    *("pypdf", "cbor2", "orjson", "jsonschema-rs", "python-calamine", "fonttools"),
}
#: If one of these ever comes, it comes with a floor.
KNOWN_FOR_HOLES = {
    "lxml",
    "pillow",
    "requests",
    "jinja2",
    "httpx",
    "aiohttp",
    "jwcrypto",
    "cairosvg",
    "paramiko",
}
FLOORS = {
    name: floor
    for name, floor in tomllib.loads((REQUIREMENTS / "floors.toml").read_text()).items()
    if isinstance(floor, dict)
}


def pins(lock: str) -> Iterator[tuple[Requirement, str]]:
    """Every pin of a lock file, with what follows it: its hashes."""
    text = (REQUIREMENTS / lock).read_text().replace("\\\n", " ")
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            wanted, _, hashes = line.partition("--hash=")
            yield Requirement(wanted.strip()), hashes


def pinned(lock: str) -> dict[str, Version]:
    found: dict[str, Version] = {}
    for wanted, _hashes in pins(lock):
        (pin,) = wanted.specifier
        assert pin.operator == "==", f"{wanted} is not pinned"
        found[canonicalize_name(wanted.name)] = Version(pin.version)
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_names_one_version_and_its_hashes(lock: str) -> None:
    for wanted, hashes in pins(lock):
        assert re.fullmatch(r"sha256:[0-9a-f]{64}( +--hash=sha256:[0-9a-f]{64})*", hashes.strip()), (
            wanted.name
        )


@pytest.mark.parametrize("lock", LOCKS)
def test_no_pin_is_below_its_floor(lock: str) -> None:
    held = pinned(lock)
    low = {name: held[name] for name in FLOORS.keys() & held if held[name] < Version(FLOORS[name]["least"])}
    assert not low


@pytest.mark.parametrize("name", sorted(FLOORS))
def test_nothing_is_installed_below_its_floor(name: str) -> None:
    try:
        installed = version(name)
    except PackageNotFoundError:
        assert name not in pinned("test.txt"), "pinned, and not installed"
        return
    assert Version(installed) >= Version(FLOORS[name]["least"])


def test_every_package_that_matters_has_a_floor() -> None:
    held = pinned("run.txt").keys() | pinned("test.txt").keys()
    assert held >= RELEVANT, "the list of what matters names what is not there any more"
    assert not (RELEVANT | (KNOWN_FOR_HOLES & held)) - FLOORS.keys()
    assert FLOORS.keys() <= held, "a floor for what is not there"


@pytest.mark.parametrize("name", sorted(FLOORS))
def test_every_floor_says_why_and_names_what_was_read(name: str) -> None:
    floor = FLOORS[name]
    assert set(floor) == {"least", "advisories", "found", "why"}
    assert len(floor["why"]) > 20
    for advisory in floor["advisories"]:
        assert re.fullmatch(r"CVE-20\d\d-\d{4,6}|GHSA(-[0-9a-z]{4}){3}|PYSEC-20\d\d-\d+", advisory)
    assert bool(floor["advisories"]) == bool(floor["found"])
    assert floor["found"] or "None found" in floor["why"]


def test_the_day_of_the_last_look_is_told() -> None:
    told = tomllib.loads((REQUIREMENTS / "floors.toml").read_text())["looked_at"]
    assert isinstance(told, date)
