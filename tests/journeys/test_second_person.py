"""A list of unusual size waits on the trainer's phone; an approver of the city releases it: in chromium."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .door import sign_in, staff
from .test_roster import LIST, finished, letters

OpenPage = Callable[..., Page]
ROWS = 230


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_a_long_list_is_signed_once_another_person_has_released_it(
    open_page: OpenPage, language: str
) -> None:
    rows = "".join(f"{'Rania' if language == 'fr' else 'Zineb'} {letters(n)}\n" for n in range(ROWS))
    page = open_page(language=language, width=320)
    sign_in(open_page, page, staff(open_page, "Trainer")[0], to="/teach/")
    page.locator('main a.btn[href="/teach/award/"]').click()
    page.locator('.course:not(:has(.note)) a[href^="/teach/lists/new/"]').first.click()
    data = f"Nom complet\n{rows}".encode()
    page.set_input_files("#id_file", {"name": "classe.csv", "mimeType": "text/csv", "buffer": data})
    page.locator("main form[enctype] button").click()
    expect(page).to_have_url(LIST)
    page.locator('form[action$="/accept"] button').click()
    note = page.locator(".note.age[role=status]")
    expect(note).to_be_visible()
    fits(page)

    city = open_page(language=language, width=320)
    sign_in(open_page, city, staff(open_page, "City approver")[0], to="/city/held/")
    expect(city.locator("li.card h3")).to_have_count(1)
    fits(city)
    with city.expect_navigation():
        city.locator("li.card form button").click()
    expect(city.locator(".empty")).to_be_visible()

    page.goto(page.url)
    finished(page)
    said = re.sub(r"\D", "", page.locator("[data-said] .big").inner_text())
    assert said == str(ROWS)


def fits(page: Page) -> None:
    """Nothing is wider than the phone, and every button is large enough for a thumb."""
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    for button in page.locator("main button.btn, main a.btn").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44
