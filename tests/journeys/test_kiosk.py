"""An entrance: a hand scanner types codes in any layout, a touch holds the verdict, the screen stays on."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.verify.test_offline import FOR_AZERTY, ON_AZERTY

from .employers import City, Employer

Comes = Callable[..., Employer]
#: Notes when the screen is asked to stay on.
WAKE = """(() => {
  window.kept = [];
  navigator.wakeLock.request = async (kind) => { window.kept.push(kind); return {}; };
})()"""


class Scanner:
    """A hand scanner that passes for a keyboard, plugged into this page."""

    def __init__(self, phone: Employer) -> None:
        self.keys: CDPSession = phone.context.new_cdp_session(phone.page)

    def types(self, text: str, *, layout: dict[str, str] | None = None, shifted: bool = False) -> None:
        """Press the key of each sign at a scanner's speed; ``layout`` is what the keyboard writes there."""
        for sign in text:
            if sign.isdigit():
                self._press((layout or {}).get(sign, sign), f"Digit{sign}", shifted=shifted)
            else:
                self._press(sign, "", shifted=False)
        self._press("Enter", "Enter", shifted=False)

    def _press(self, key: str, code: str, *, shifted: bool) -> None:
        event = {"key": key, "code": code, "modifiers": 8 if shifted else 0}
        self.keys.send("Input.dispatchKeyEvent", {"type": "rawKeyDown"} | event)
        self.keys.send("Input.dispatchKeyEvent", {"type": "keyUp"} | event)


def entrance(phone: Employer) -> Page:
    """The page as it stands at an entrance, its clock in our hands."""
    phone.context.add_init_script(WAKE)
    phone.page.clock.install()
    phone.page.goto(f"{phone.base_url}/v?kiosk")
    expect(phone.page.locator("#kiosk [data-slot=some]")).to_be_visible()
    return phone.page


def shows(page: Page, state: str) -> None:
    """It comes to this verdict, and keeps its address."""
    page.wait_for_selector(f"body[data-state={state}]:not([data-known=asking])", state="attached")
    expect(page).to_have_url(re.compile(r"/v\?kiosk$"))


@pytest.mark.parametrize(
    ("layout", "shifted"),
    [(None, False), (ON_AZERTY, False), (FOR_AZERTY, True)],
    ids=["as meant", "read as AZERTY", "set for AZERTY"],
)
def test_a_hand_scanner_types_a_code_and_the_verdict_is_shown(
    city: City, employer: Comes, layout: dict[str, str] | None, shifted: bool
) -> None:
    phone = employer()
    page = entrance(phone)
    scanner = Scanner(phone)
    for state in ("valid", "revoked"):
        scanner.types(city.codes[state].rpartition("/")[2], layout=layout, shifted=shifted)
        shows(page, state)
    expect(page.locator("main")).to_contain_text("Hajar Tazi")


def test_a_verdict_gives_way_by_itself_and_a_hand_on_it_holds_it(city: City, employer: Comes) -> None:
    phone = employer()
    page = entrance(phone)
    scanner = Scanner(phone)
    scanner.types(city.codes["valid"].rpartition("#")[2])
    shows(page, "valid")
    page.clock.run_for(7_000)
    expect(page.locator("body[data-state=valid]")).to_be_attached()
    page.clock.run_for(2_000)
    expect(page.locator("body[data-state]")).to_have_count(0)
    expect(page.locator("#kiosk")).not_to_have_class(re.compile("busy"))

    scanner.types(city.codes["suspended"].rpartition("#")[2])
    shows(page, "suspended")
    following = page.locator("#kiosk [data-slot=next]")
    expect(following).to_be_hidden()
    page.locator("#result h1").click()
    expect(following).to_be_visible()
    page.clock.run_for(600_000)
    expect(page.locator("body[data-state=suspended]")).to_be_attached()
    following.locator("button").click()
    expect(page.locator("body[data-state]")).to_have_count(0)

    scanner.types(city.codes["expired"].rpartition("#")[2])
    shows(page, "expired")


def test_a_code_that_is_typed_while_a_verdict_stands_takes_its_place_and_gives_way_too(
    city: City, employer: Comes
) -> None:
    phone = employer()
    page = entrance(phone)
    scanner = Scanner(phone)
    scanner.types(city.codes["valid"].rpartition("#")[2])
    shows(page, "valid")
    expect(page.locator("#result h1")).to_be_focused()
    scanner.types(city.codes["revoked"].rpartition("#")[2])
    shows(page, "revoked")
    expect(page.locator("#kiosk [data-slot=next]")).to_be_hidden()
    page.clock.run_for(9_000)
    expect(page.locator("body[data-state]")).to_have_count(0)


def test_the_screen_is_asked_to_stay_on_and_again_when_the_page_is_seen_again(employer: Comes) -> None:
    page = entrance(employer())
    assert page.evaluate("window.kept") == ["screen"]
    seen = """(state) => {
      Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(seen, "hidden")
    assert page.evaluate("window.kept") == ["screen"]
    page.evaluate(seen, "visible")
    assert page.evaluate("window.kept") == ["screen", "screen"]


def test_elsewhere_than_at_an_entrance_the_screen_may_go_dark(employer: Comes) -> None:
    phone = employer()
    phone.context.add_init_script(WAKE)
    phone.settle()
    assert phone.page.evaluate("window.kept") == []
