"""What an employer waits for who hands over two hundred files at once, in the machine's own Chromium."""

import tempfile
import time
from pathlib import Path

from config.launch import Stack
from tests.journeys.employers import City
from tests.journeys.piles import drop, forms_of, pile

from .figures import Figure, at_most, beside
from .scans import chromium, leave, visitor
from .steps import inside

SIZE = 200
CERTIFICATES = 5


def two_hundred(stack: Stack) -> list[Figure]:
    """From pressing the button to the full table: 200 files in seven forms, photos read in the browser."""
    city = City(stack)
    addresses = [f"/c/{credential}" for credential in inside(stack, "ids")["ids"][:CERTIFICATES]]
    with chromium() as browser, tempfile.TemporaryDirectory() as folder:
        employer = visitor(browser, city)
        page = employer.page
        found = {
            f"certificate-{n}": ("valid", forms_of(city.fetched, address))
            for n, address in enumerate(addresses)
        }
        pieces = pile(found, size=SIZE)
        photos = sum(piece.name.endswith("photo.png") for piece in pieces)
        page.goto(f"{city.base_url}/bench")
        drop(page, pieces, Path(folder))
        page.wait_for_selector(f"#picked li:nth-child({SIZE})")
        began = time.perf_counter()
        with page.expect_request(lambda request: request.method == "POST"):
            page.locator("form#bench > p > button").click()
        read = time.perf_counter() - began
        page.wait_for_selector(f".benched tbody tr:nth-child({SIZE})")
        taken = time.perf_counter() - began
        leave(employer)
    name = f"{SIZE} mixed files at the bench, {photos} of them photos"
    return [
        at_most(f"{name}: button to full table", taken, "s", 30.0),
        beside(
            f"{name}",
            SIZE / taken,
            "/s",
            f"{SIZE / (taken - read):.0f}/s without reading the photos",
            SIZE / (taken - read),
        ),
    ]
