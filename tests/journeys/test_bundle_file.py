"""An entrance: what it keeps for days without a network, and which file from a stick it refuses."""

from collections.abc import Callable

from django.templatetags.static import static
from playwright.sync_api import Locator, expect

from verify.scanning import FALLBACK

from .employers import City, Employer

Comes = Callable[..., Employer]
#: Settles once the device has this file.
KEPT = "async (url) => { while (!(await caches.match(url))) await new Promise((on) => setTimeout(on, 100)); }"


def hand_over(panel: Locator, body: str) -> None:
    panel.locator("[data-slot=file]").set_input_files(
        {"name": "bundle.jwt", "mimeType": "application/jose", "buffer": body.encode()}
    )


def test_a_file_from_a_stick_is_refused_once_a_newer_one_was_seen(city: City, employer: Comes) -> None:
    older = city.act("bundle")["bundle"]
    city.act("bundle")
    phone = employer()
    phone.page.goto(f"{city.base_url}/v?kiosk")
    panel = phone.page.locator("#kiosk")
    trouble = panel.locator("[data-slot=trouble]")
    expect(panel.locator("[data-slot=some]")).to_be_visible()  # the newer one came by itself
    expect(trouble).to_be_hidden()
    hand_over(panel, older)
    expect(trouble).to_be_visible()
    expect(trouble).to_have_attribute("data-reason", "older")
    expect(panel.locator("[data-slot=untrusted]")).to_be_visible()
    expect(panel.locator("[data-slot=some]")).to_be_visible()  # what was known before stays
    assert phone.scan(city.codes["valid"]) == "valid"


def test_an_entrance_that_was_opened_once_has_a_reader_for_browsers_without_webassembly(
    city: City, employer: Comes
) -> None:
    phone = employer()
    phone.settle()
    phone.page.goto(f"{city.base_url}/v?kiosk")
    for name in FALLBACK:
        phone.page.evaluate(KEPT, static(name))
    phone.context.set_offline(True)
    phone.page.goto(f"{city.base_url}/v?kiosk")
    expect(phone.page.locator("#kiosk [data-slot=camera]")).to_be_attached()
    names = phone.page.evaluate("url => import(url).then(Object.keys)", static(FALLBACK[0]))
    assert "decodeQR" in names or "default" in names
    phone.context.set_offline(False)
