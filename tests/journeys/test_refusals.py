"""What a form answers that was sent empty, and pages of what went wrong: under axe, in both directions."""

import pytest
from django.core.cache import caches
from playwright.sync_api import Browser, Page
from rest_framework.throttling import SimpleRateThrottle

from tests.architecture.test_matrix import ALL
from tests.furnished import House

from .examining import found_by_axe, instruments
from .indoors import Indoors, visitor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("same_thread")]
#: The main forms of each reader, by their routes.
FORMS: dict[str, tuple[str, ...]] = {
    "nobody": ("account_login", "account_card", "join", "slip"),
    "learner": ("me-settings", "me-declare", "me-share-new", "me-merge", "me-family-new", "me-correct"),
    "clerk": ("desk-home",),
    "trainer": (
        *("teach-award-form", "teach-achievement-new", "teach-list-new"),
        *("teach-session-new", "teach-session-list"),
    ),
    "owner": ("teach-api-client-new",),
    "officer": ("city-mandate-new", "city-pathway-new"),
    "approver": ("city-person-new",),
}
SEND_EMPTY = """() => {
  const form = document.querySelector("main form[method=post]");
  const typed = "input:not([type=hidden], [type=checkbox], [type=radio], [type=file]), textarea";
  for (const field of form.querySelectorAll(typed)) field.value = "";
  for (const box of form.querySelectorAll("[type=checkbox], [type=radio]")) box.checked = false;
  form.noValidate = true;
  form.requestSubmit();
}"""


def found_on(page: Page) -> list[str]:
    """What axe and a narrow screen hold against this page."""
    page.evaluate(instruments())
    page.set_viewport_size({"width": 320, "height": 780})
    found = [*page.evaluate("() => faces.sideways()"), *page.evaluate("() => faces.small()")]
    page.set_viewport_size({"width": 360, "height": 780})
    return [*found, *found_by_axe(page)]


def refused(indoors: Indoors, path: str, status: int) -> Page:
    """A page that says no, as it stands; that the browser notes the status in its console is no complaint."""
    indoors.here = path
    answer = indoors.page.goto(path)
    assert answer
    assert answer.status == status, path
    pardon(indoors)
    return indoors.page


def pardon(indoors: Indoors) -> None:
    indoors.complaints[:] = [one for one in indoors.complaints if "Failed to load resource" not in one]


@pytest.mark.parametrize("language", ["fr", "ar"])
@pytest.mark.parametrize("reader", FORMS)
def test_what_an_empty_form_answers_stands_in_nobodys_way(
    house: House, browser: Browser, reader: str, language: str
) -> None:
    found: dict[str, list[str]] = {}
    with visitor(browser, session=house.sessions.get(reader, ""), language=language) as indoors:
        for route in FORMS[reader]:
            caches["process"].clear()
            page = indoors.open(ALL[route].path(house))
            with page.expect_navigation():
                page.evaluate(SEND_EMPTY)
            pardon(indoors)
            said = page.locator("main .err:visible, main [role=alert]:visible")
            complaints = found_on(page) if said.count() else ["says nothing of what is missing"]
            if complaints:
                found[route] = complaints
    assert not found, "\n".join(f"{route}: {what}" for route, all_ in found.items() for what in all_)


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_pages_of_what_went_wrong_stand_in_nobodys_way(
    house: House, browser: Browser, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "link", "1/min")
    shared = ALL["shared"].path(house)
    found: list[str] = []
    with visitor(browser, session=house.sessions["learner"], language=language) as indoors:
        for path, status in (("/nothing-lies-here", 404), ("/desk/", 403), (shared, 200), (shared, 429)):
            page = refused(indoors, path, status)
            found += [f"{status}: {what}" for what in found_on(page)]
    assert not found, "\n".join(found)
