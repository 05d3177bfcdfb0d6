"""A certificate printed from the demo city is checked through a camera after the server was killed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import zxingcpp
from playwright.sync_api import Browser, expect

from tests import services

from .employers import City, Employer, switched_on
from .films import ALLOWED, NEAR, Print, printed, seen_by_camera, start, wait_for_scanner, write_film

DOTS = 300


@pytest.fixture(scope="module")
def demo() -> Iterator[City]:
    """The demo city, as ``make run`` starts it."""
    with services.running_product(demo=True) as stack:
        yield City(stack)


class Papers:
    """Two certificates of different issuers, as a printer of 300 dots leaves them, and a film of each."""

    def __init__(self, city: City, folder: Path) -> None:
        self.names: list[str] = []
        self.films: list[Path] = []
        for number, seeded in enumerate(city.act("seeded")):
            sheet = printed(city.fetched(f"{seeded['address']}.pdf"), dots=DOTS)
            assert set(sheet.page.tobytes()) == {0, 255}
            assert text_of(sheet).startswith(f"{city.base_url}/v#")
            self.names.append(seeded["name"])
            self.films.append(folder / f"{number}.y4m")
            write_film(self.films[-1], sheet, NEAR)
        assert self.names[0] != self.names[1]


def text_of(sheet: Print) -> str:
    """What any reader finds on the print."""
    [code] = zxingcpp.read_barcodes(sheet.page)
    return str(code.text)


@pytest.fixture(scope="module")
def papers(demo: City, tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """Printed once."""
    return Papers(demo, tmp_path_factory.mktemp("films"))


@contextmanager
def looking(city: City, browser: Browser, folder: Path, *, film: Path | None) -> Iterator[Employer]:
    """A phone with what it kept on its disk, and this film before its camera; nothing goes wrong."""
    flags = (ALLOWED, *(seen_by_camera(film) if film else ()))
    phone = switched_on(city, browser.browser_type, folder, *flags)
    try:
        yield phone
    finally:
        complaints = phone.leave()
    assert complaints == []


def test_a_printed_certificate_verifies_with_the_server_switched_off(
    demo: City, browser: Browser, papers: Papers, tmp_path: Path
) -> None:
    other, mine = papers.films
    with looking(demo, browser, tmp_path, film=other) as phone:
        phone.settle()
        start(phone)
        assert phone.verdict() == "valid"
        expect(phone.page.locator("main")).to_contain_text(papers.names[0])
        phone.learns_the_city()
        wait_for_scanner(phone)
        phone.page.wait_for_timeout(3000)  # a browser writes what it keeps to the disk a moment later
    demo.kill_web()
    try:
        with looking(demo, browser, tmp_path, film=mine) as phone:
            start(phone)
            assert phone.verdict() == "valid"
            assert phone.from_cache()
            expect(phone.page.locator("main")).to_contain_text(papers.names[1])
    finally:
        demo.start_web()


def test_an_entrance_that_was_given_the_city_s_own_file_verifies_it_with_the_server_switched_off(
    demo: City, browser: Browser, papers: Papers, tmp_path: Path
) -> None:
    stick = tmp_path / "bundle.jwt"
    stick.write_bytes(demo.fetched("/bundle.jwt"))
    own = tmp_path / "phone"
    with looking(demo, browser, own, film=None) as phone:
        phone.settle()
        phone.context.route("**/bundle.jwt", lambda route: route.abort())  # it is to know nothing yet
        phone.page.goto(f"{demo.base_url}/v?kiosk")
        wait_for_scanner(phone)
    demo.kill_web()
    try:
        with looking(demo, browser, own, film=papers.films[1]) as phone:
            page = phone.page
            page.goto(f"{demo.base_url}/v?kiosk")
            page.locator("body[data-state=offline]").wait_for()  # the camera was quicker than any hand
            expect(page.locator("#kiosk [data-slot=none]")).to_be_attached()
            expect(page.locator("main")).not_to_contain_text(papers.names[1])
            page.locator("#kiosk [data-slot=file]").set_input_files(stick)
            page.locator("body[data-state=valid]").wait_for()
            assert phone.from_cache()
            expect(page.locator("main")).to_contain_text(papers.names[1])
    finally:
        demo.start_web()
