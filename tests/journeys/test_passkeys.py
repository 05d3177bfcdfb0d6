"""A learner makes a passkey in her settings, and comes in with it: in chromium, with its own key."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .door import sent_code
from .test_second_step import AUTHENTICATOR

OpenPage = Callable[..., Page]


@pytest.mark.parametrize(
    ("language", "phone", "direction"), [("fr", "0612345671", "ltr"), ("ar", "0612345672", "rtl")]
)
def test_a_learner_comes_in_with_her_finger(
    open_page: OpenPage, language: str, phone: str, direction: str
) -> None:
    page = open_page(language=language)
    browser = page.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    browser.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    page.goto("/accounts/login/")
    page.fill("#id_address", phone)
    page.locator("main form.card button").click()
    page.wait_for_url("**/accounts/code/")
    page.fill("#id_code", sent_code(open_page, "+212" + phone[1:]))
    page.locator("main form.card button").click()
    page.wait_for_url("**/accounts/open/")
    page.fill("#id_name_latin", "Salma Bennani")
    page.locator("main form.card button").click()
    page.wait_for_url("**/me/")

    page.goto("/me/settings")
    page.locator("a[href='/me/passkey']").click()
    expect(page.locator("html")).to_have_attribute("dir", direction)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator("form[data-passkey] button").click()
    page.wait_for_url("**/me/settings")
    page.locator("main form[action='/accounts/logout/'] button").click()
    page.wait_for_url("/")

    page.goto("/accounts/login/")
    page.locator("a[href='/accounts/passkey']").click()
    expect(page.locator("[data-without]")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator("form[data-passkey] button").click()
    page.wait_for_url("**/me/")


def test_a_browser_without_passkeys_says_so(open_page: OpenPage) -> None:
    page = open_page()
    page.add_init_script("delete window.PublicKeyCredential")
    page.goto("/accounts/passkey")
    expect(page.locator("[data-without]")).to_be_visible()
    expect(page.locator("form[data-passkey]")).to_be_hidden()
