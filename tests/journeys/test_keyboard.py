"""By keyboard alone, in both directions: signing in, opening, finding a course, checking a code, awarding.

Nothing here clicks: a thing is reached with Tab as often as it takes, found by what a screen reader would
say, and used with Enter, Space, arrows or typing.
"""

import re
from collections.abc import Callable

import pytest
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import Page, expect

from .door import sent_code, sign_in, staff

OpenPage = Callable[..., Page]
#: More presses than any page has things to stop at before the one that is sought.
MANY = 80
ISSUED = 30_000
SHORT_CODE = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b")
NAME = """() => { const one = document.activeElement;
  const said = one.getAttribute("aria-label") ?? one.labels?.[0]?.innerText ?? one.innerText ?? "";
  return said.trim().replace(/\\s+/g, " "); }"""
WITHIN = "(part) => Boolean(document.activeElement.closest(part))"


class Keys:
    """Somebody without a mouse, on one page in one language."""

    def __init__(self, page: Page, language: str) -> None:
        self.page, self.language = page, language

    def word(self, english: str) -> str:
        """What the page calls it."""
        with translation.override(self.language):
            return gettext(english)

    def to(self, name: str, *, within: str = "body") -> None:
        """Press Tab until the focus is on what is called so, and shows it."""
        said = ""
        for _press in range(MANY):
            self.page.keyboard.press("Tab")
            said = str(self.page.evaluate(NAME))
            if said.startswith(name) and self.page.evaluate(WITHIN, within):
                assert self.page.evaluate("() => document.activeElement.matches(':focus-visible')"), name
                return
        raise AssertionError(f"Tab does not lead to “{name}”; it stands at “{said}”")

    def fill(self, label: str, text: str) -> None:
        """Type into the field of this label, over what stands there."""
        self.to(label, within="main")
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def lead_on(self) -> None:
        """Press Enter and come to the next page."""
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_a_learner_signs_in_opens_finds_and_checks(open_page: OpenPage, language: str) -> None:
    page = open_page(language=language, width=1280)
    keys = Keys(page, language)
    page.goto("/")
    keys.to(keys.word("My passport"))
    keys.lead_on()
    keys.fill(keys.word("Phone or e-mail"), "06 83 00 00 01")
    keys.lead_on()
    keys.fill(keys.word("Type the code you received."), sent_code(open_page, "+212683000001"))
    keys.lead_on()
    expect(page).to_have_url(re.compile("/me/$"))

    title = page.locator(".life h3 a[href^='/me/c/']").first.inner_text()
    keys.to(title, within=".life")
    keys.lead_on()
    found = SHORT_CODE.search(page.locator("main").inner_text())
    assert found, "the certificate shows no short code"

    keys.to(keys.word("Verify"))
    keys.lead_on()
    keys.fill(keys.word("Short code"), found[0])
    keys.lead_on()
    expect(page.locator(".verdict h1")).to_have_text(keys.word("Valid certificate"))

    page.goto("/catalogue")
    keys.to(keys.word("Your arrondissement"))
    page.keyboard.press("ArrowDown")
    keys.to(keys.word("Show"))
    keys.lead_on()
    assert re.search(r"[?&]a=06", page.url)
    keys.to(page.locator(".course h3 a").first.inner_text(), within=".course")
    keys.lead_on()
    expect(page.locator("h1")).to_be_visible()


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_a_trainer_awards(open_page: OpenPage, language: str) -> None:
    page = open_page(language=language, width=1280)
    keys = Keys(page, language)
    sign_in(open_page, page, staff(open_page, "Trainer")[0], to="/teach/")
    keys.to(keys.word("Award a certificate"), within="main")
    keys.lead_on()
    keys.to(page.locator(".course:not(:has(.note)) a").first.inner_text(), within="main")
    keys.lead_on()
    keys.fill(keys.word("Name in Latin letters"), f"Nadia Bennis {language.title()}")
    keys.fill(keys.word("Name in Arabic letters"), "نادية بنيس")
    keys.page.keyboard.press("Tab")
    for _step in range(10):  # the arrows walk through the ways to reach somebody
        if page.evaluate("() => document.activeElement.value") == "none":
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    keys.to(keys.word("See the certificate"))
    keys.lead_on()
    expect(page.locator(".specimen")).to_contain_text("نادية بنيس")
    keys.to(keys.word("Issue"), within="main form")
    keys.lead_on()
    expect(page.locator(".award-state .tag.ok")).to_be_visible(timeout=ISSUED)
