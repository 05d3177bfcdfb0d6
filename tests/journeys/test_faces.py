"""Every page in both directions: nothing that axe, a finger, a magnifier or the keyboard holds against it.

Nor is it heavy or restless before anybody touches it. The pages are the routes that there are.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.cache import caches
from playwright.sync_api import Browser

from tests.architecture.test_matrix import ALL
from tests.furnished import House

from .examining import (
    MOST_BYTES,
    MOST_REQUESTS,
    MOST_SHIFT,
    WATCH,
    Weighed,
    found_by_axe,
    found_by_measure,
    found_in_the_dark,
    instruments,
    weigh,
)
from .indoors import reader_of
from .test_every_page import READERS, pages_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("same_thread")]
#: Swagger UI draws it, for who writes programs; what it lacks is told to its makers, not mended here.
OF_OTHERS = ("api-docs",)
#: Their address asks for a verdict: the script puts it in the place of the ways in, which is what was asked.
ANSWERS = ("verify-mangled", "verify-shell")
#: What these show is another page of this list.
LEADS_ON = ("account_logout", "card", "mfa_authenticate", "second-factor", "slip-scan")
#: Every fourth page is read in the dark too: its colours are the same tokens everywhere.
IN_THE_DARK = 4


def readers_and_routes() -> dict[str, list[str]]:
    """Each page once, by the first reader who may open it."""
    seen: set[str] = set()
    found: dict[str, list[str]] = {}
    for reader in READERS:
        found[reader] = [route for route in pages_of(reader) if route not in (*seen, *OF_OTHERS)]
        seen.update(found[reader])
    return {reader: routes for reader, routes in found.items() if routes}


@pytest.mark.parametrize("language", ["fr", "ar"])
@pytest.mark.parametrize("reader", readers_and_routes())
def test_nothing_stands_in_anybodys_way(
    house: House, browser: Browser, weighed: dict[str, Weighed], reader: str, language: str
) -> None:
    found: dict[str, list[str]] = {}
    with reader_of(house, browser, reader, language=language, first_visit=True) as indoors:
        indoors.context.add_init_script(WATCH)
        for number, route in enumerate(readers_and_routes()[reader]):
            caches["process"].clear()
            asked = ALL[route].path(house)
            seen = weigh(indoors, asked)
            if seen is None:
                continue
            page = indoors.page
            assert indoors.led == urlsplit(asked).path or route in LEADS_ON, (
                f"{route} led on to {indoors.led}"
            )
            weighed[f"{route} {language}"] = seen
            page.evaluate(instruments())
            complaints = [
                *too_much(seen, still=route not in ANSWERS),
                *found_by_axe(page),
                *found_by_measure(page),
            ]
            if number % IN_THE_DARK == 0:
                complaints += found_in_the_dark(page)
            if complaints:
                found[route] = complaints
    assert not found, "\n".join(f"{route}: {what}" for route, all_ in found.items() for what in all_)


def too_much(seen: Weighed, *, still: bool) -> list[str]:
    """What this page goes over."""
    found = []
    if seen.weight > MOST_BYTES:
        found.append(f"{seen.weight} bytes")
    if seen.requests > MOST_REQUESTS:
        found.append(f"{seen.requests} requests")
    if still and seen.shift > MOST_SHIFT:
        found.append(f"moved by itself, {seen.shift:.3f}: {seen.moved}")
    return found


@pytest.fixture(scope="module")
def weighed() -> Iterator[dict[str, Weighed]]:
    """The figures of all pages, printed (``pytest -s``) and kept in var/pages.json at the end."""
    pages: dict[str, Weighed] = {}
    yield pages
    if not pages:
        return
    print(f"\n{'page':44} {'bytes':>8} {'requests':>9} {'scripts':>8} {'shift':>7}  largest")
    for name, one in sorted(pages.items(), key=lambda pair: -pair[1].weight):
        print(
            f"{name:44} {one.weight:>8} {one.requests:>9} {one.scripts:>8} {one.shift:>7.3f}  {one.largest}"
        )
    folder = Path(settings.BASE_DIR) / "var"
    folder.mkdir(exist_ok=True)
    kept = {name: [one.weight, one.requests, one.scripts, round(one.shift, 4)] for name, one in pages.items()}
    (folder / "pages.json").write_text(json.dumps(kept, indent=1))
