"""Staff make a passkey instead of typing digits, and come back in with it: in chromium, with its own key."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .door import sent_code

OpenPage = Callable[..., Page]
#: A phone or computer that asks for a finger, which is always the right one.
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def come_in(open_page: OpenPage, page: Page, address: str) -> None:
    """From the locked room through the door, as far as the code by e-mail leads."""
    page.goto("/teach/")
    page.fill("#id_address", address)
    page.locator("main form.card button").click()
    page.wait_for_url("**/accounts/code/")
    page.fill("#id_code", sent_code(open_page, address))
    page.locator("main form.card button").click()


@pytest.mark.parametrize(
    ("language", "address", "direction"),
    [("fr", "tiwizi@example.org", "ltr"), ("ar", "al-amal@example.org", "rtl")],
)
def test_a_passkey_is_made_once_and_opens_the_next_sign_in(
    open_page: OpenPage, language: str, address: str, direction: str
) -> None:
    page = open_page(language=language)
    browser = page.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    browser.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})

    come_in(open_page, page, address)
    page.wait_for_url("**/accounts/second-factor/")
    expect(page.locator("html")).to_have_attribute("dir", direction)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.fill("#id_name", "Al Amal 1")
    page.locator("form[data-passkey] button").click()
    page.wait_for_url("**/teach/")

    page.goto("/me/settings")
    expect(page.locator("#steps + p + ul")).to_contain_text("Al Amal 1")
    page.locator("main form[action='/accounts/logout/'] button").click()
    page.wait_for_url("/")

    come_in(open_page, page, address)
    page.wait_for_url("**/accounts/2fa/")
    page.locator("form[data-passkey] button").click()
    page.wait_for_url("**/teach/")


def test_a_passkey_that_is_not_there_leaves_the_person_at_the_page(open_page: OpenPage) -> None:
    page = open_page()
    browser = page.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    added = browser.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    come_in(open_page, page, "al-kasbah@example.org")
    page.wait_for_url("**/accounts/second-factor/")
    page.locator("form[data-passkey] button").click()
    page.wait_for_url("**/teach/")
    page.goto("/accounts/logout/")
    page.locator("main form button").click()
    page.wait_for_url("/")

    come_in(open_page, page, "al-kasbah@example.org")
    page.wait_for_url("**/accounts/2fa/")
    known = {"authenticatorId": added["authenticatorId"]}
    browser.send("WebAuthn.clearCredentials", known)
    expect(page.locator("[data-refused]")).to_be_hidden()
    page.locator("form[data-passkey] button").click()
    expect(page.locator("[data-refused]")).to_be_visible()
    page.goto("/teach/")
    assert "/accounts/" in page.url


def test_without_scripts_the_app_is_there_and_the_passkey_says_why_it_is_not(open_page: OpenPage) -> None:
    page = open_page(scripts=False)
    come_in(open_page, page, "moustakbal@example.org")
    page.wait_for_url("**/accounts/second-factor/")
    expect(page.locator(".qr svg")).to_be_visible()
    expect(page.locator("form[data-passkey]")).to_be_hidden()
    expect(page.locator("noscript .note")).to_be_visible()
