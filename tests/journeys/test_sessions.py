"""A newcomer comes into a room with a phone, scans the code on its screen, and leaves with a certificate."""

import re
import time
from collections.abc import Callable
from io import BytesIO

import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from .door import sent_code, sign_in, staff

OpenPage = Callable[..., Page]


def link_of(page: Page) -> str:
    """The address that the code on the room's screen leads to, read as a phone's camera reads it."""
    shot = Image.open(BytesIO(page.locator(".bigqr svg").screenshot()))
    return str(zxingcpp.read_barcodes(shot)[0].text)


def test_from_the_code_on_the_screen_to_the_certificate_in_her_passport(open_page: OpenPage) -> None:
    trainer = open_page(language="en", width=1280)
    who = next(one for one in staff(open_page, "Trainer"))
    sign_in(open_page, trainer, who, to="/teach/sessions/")
    trainer.locator("tr", has_text="Groupe 1").get_by_role("link").first.click()
    trainer.get_by_role("link", name="Show the roll-call").click()
    before = link_of(trainer)

    started = time.monotonic()
    phone = open_page(language="fr")
    phone.goto(before)
    phone.get_by_label("lettres latines").fill("Oumaïma Rachidi")
    phone.get_by_label("Téléphone ou e-mail").fill("06 83 00 99 41")
    phone.get_by_role("button", name="Je participe").click()
    phone.get_by_label("code").fill(sent_code(open_page, "+212683009941"))
    phone.get_by_role("button", name="Continuer").click()
    expect(phone.get_by_role("heading", name="Vous êtes inscrit·e.")).to_be_visible()
    joined = time.monotonic() - started

    expect(trainer.locator(".present")).to_contain_text("Oumaïma Rachidi")
    expect(trainer.locator(".bigqr svg")).to_be_visible()
    trainer.get_by_role("button", name="Close the roll-call").click()
    hers = trainer.get_by_role("group", name=re.compile("Oumaïma Rachidi"))
    hers.get_by_role("radio", name="Completed", exact=True).check()
    trainer.get_by_role("button", name="Look once more").click()
    expect(trainer.get_by_role("heading", level=1)).to_contain_text("1 certificate to issue")
    trainer.get_by_role("button", name="Issue").click()
    trainer.wait_for_url("**/teach/lists/*")

    phone.get_by_role("link", name="Mon passeport").last.click()
    for _look in range(20):
        if phone.locator(".life > li").count():
            break
        phone.wait_for_timeout(500)
        phone.reload()
    expect(phone.locator(".life")).to_contain_text("smartphone")
    print(f"joined in {joined:.1f} s, certificate in {time.monotonic() - started:.1f} s")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
