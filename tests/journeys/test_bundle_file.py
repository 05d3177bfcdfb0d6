"""The city's file from a stick, at an entrance: an older one than what was seen is refused."""

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from .employers import City, Employer

Comes = Callable[..., Employer]


def hand_over(panel: Locator, body: str) -> None:
    panel.locator("[data-slot=file]").set_input_files(
        {"name": "bundle.jwt", "mimeType": "application/jose", "buffer": body.encode()}
    )


def test_a_file_from_a_stick_is_refused_once_a_newer_one_was_seen(city: City, employer: Comes) -> None:
    older, newer = (city.act("bundle")["bundle"] for _ in range(2))
    phone = employer()
    phone.page.goto(f"{city.base_url}/v?kiosk")
    panel = phone.page.locator("#kiosk")
    trouble = panel.locator("[data-slot=trouble]")
    hand_over(panel, newer)
    expect(panel.locator("[data-slot=some]")).to_be_visible()
    expect(trouble).to_be_hidden()
    hand_over(panel, older)
    expect(trouble).to_be_visible()
    expect(trouble).to_have_attribute("data-reason", "older")
    expect(panel.locator("[data-slot=untrusted]")).to_be_visible()
    expect(panel.locator("[data-slot=some]")).to_be_visible()  # what was known before stays
    assert phone.scan(city.codes["valid"]) == "valid"
