"""A clerk opens a passport for somebody without a phone; her card and PIN let her in on a shared computer."""

import re
import time
from collections.abc import Callable
from io import BytesIO

from playwright.sync_api import Page, expect
from pypdf import PdfReader

from .door import sign_in, staff

OpenPage = Callable[..., Page]


def pressed(page: Page, words: str) -> None:
    """Press the button of these words and wait for the page that follows."""
    with page.expect_navigation():
        page.get_by_role("button", name=words).click()


def printed(page: Page) -> str:
    """What the sheet says that this page's button prints."""
    form = page.locator("form[target=_blank]")
    given: dict[str, str | float | bool] = {
        str(box.get_attribute("name")): str(box.get_attribute("value"))
        for box in form.locator("input[name]").all()
    }
    reply = page.request.post(page.url, form=given, headers={"referer": page.url})
    assert reply.status == 200, reply.text()
    return PdfReader(BytesIO(reply.body())).pages[0].extract_text()


def test_a_passport_without_a_phone_from_the_first_question_to_the_shared_computer(
    open_page: OpenPage,
) -> None:
    """Without scripts on either side."""
    clerk = open_page(language="fr", width=1280, scripts=False)
    sign_in(open_page, clerk, staff(open_page, "Clerk")[0], to="/desk/")
    clerk.get_by_role("link", name="Ouvrir un passeport avec elle").click()
    clerk.get_by_role("radio", name="Français").check()
    pressed(clerk, "Continuer")
    clerk.get_by_role("checkbox").check()
    pressed(clerk, "Continuer")
    name = "Zohra Amal"
    clerk.get_by_label("lettres latines").fill(name)
    pressed(clerk, "Continuer")
    clerk.get_by_label("En quelle année est-elle née").fill("1951")
    pressed(clerk, "Continuer")
    pressed(clerk, "Continuer")
    for _purpose in range(4):
        clerk.get_by_label("Elle dit oui").check()
        pressed(clerk, "Continuer")
    expect(clerk.get_by_role("heading", name="Sa carte", exact=True)).to_be_visible()
    sheet = printed(clerk)
    number = re.search(r"\b\d{4} \d{4} \d{2}\b", sheet)
    pin = re.search(r"^\d(?:\s*\d){5}$", sheet, re.MULTILINE)
    assert number, sheet
    assert pin, sheet
    pressed(clerk, "Tout est remis")
    expect(clerk.locator("main")).to_contain_text(name)

    library = open_page(language="fr", scripts=False)
    library.goto("/accounts/login/")
    library.get_by_role("link", name="J’ai une carte").click()
    library.get_by_label("Numéro de passeport").fill(number[0])
    library.get_by_label("Code secret", exact=True).fill("000000")
    pressed(library, "Ouvrir mon passeport")
    expect(library.locator(".err")).to_contain_text("pas le bon")
    library.get_by_label("Code secret", exact=True).fill(pin[0])
    pressed(library, "Ouvrir mon passeport")
    expect(library.locator("h1")).to_contain_text(name)
    session = next(one for one in library.context.cookies() if one.get("name") == "session")
    assert 200 < float(session["expires"]) - time.time() < 301


def test_a_shared_computer_warns_stays_and_forgets(open_page: OpenPage) -> None:
    page = open_page(language="ar")
    page.clock.install()
    page.goto("/shared")
    pressed(page, "هذا الجهاز مشترك")
    page.goto("/accounts/card")
    page.get_by_label("رقم الجواز").fill("4071 9358 " + number_end(open_page))
    page.get_by_label("الرمز السري").fill("135790")
    pressed(page, "افتح جوازي")
    expect(page.locator("h1")).to_contain_text("عائشة")
    bar = page.get_by_role("alertdialog")
    page.clock.fast_forward(239_000)
    expect(bar).to_be_hidden()
    page.clock.fast_forward(5_000)
    expect(bar).to_be_visible()
    page.get_by_role("button", name="ما زلت هنا").click()
    expect(bar).to_be_hidden()
    page.clock.fast_forward(303_000)
    page.wait_for_url("**/forgotten")
    assert "عائشة" not in page.content()


def number_end(open_page: OpenPage) -> str:
    """The last digits of the demo's card, as its outbox shows them."""
    outbox = open_page(language="en")
    outbox.goto("/outbox/")
    return outbox.locator(".card .code").first.inner_text().split()[-1]
