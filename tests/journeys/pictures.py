"""Takes pictures of the pages to which no link leads: what comes after a form, by a code, from a desk.

``make shots`` runs it by name, after the demo city's own pages; a page that has its pictures is left alone.
"""

import pytest
from django.core.cache import caches
from playwright.sync_api import Browser

from tests.architecture.test_matrix import ALL
from tests.furnished import House
from tests.shots import FOLDER, LANGUAGES, WIDTHS

from .indoors import reader_of
from .test_faces import LEADS_ON, readers_and_routes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("same_thread")]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reader", readers_and_routes())
def test_what_no_link_leads_to_has_its_picture(
    house: House, browser: Browser, reader: str, language: str
) -> None:
    with reader_of(house, browser, reader, language=language) as indoors:
        for route in readers_and_routes()[reader]:
            if route in LEADS_ON:
                continue
            targets = {width: FOLDER / f"{route}.{language}.{width}.png" for width in WIDTHS}
            if all(target.exists() for target in targets.values()):
                continue
            caches["process"].clear()
            page = indoors.open(ALL[route].path(house))
            if not page.locator("html[lang]").count():
                continue
            for width, target in targets.items():
                page.set_viewport_size({"width": width, "height": WIDTHS[width]})
                page.evaluate("() => document.fonts.ready")
                page.screenshot(path=target, full_page=True)
                assert target.stat().st_size > 0
