"""A trainer hands in a class of sixty; it is looked through, mended, issued and followed: in chromium."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .door import sign_in, staff

OpenPage = Callable[..., Page]
#: Signing a class takes the worker about a second; a loaded machine may take longer.
ISSUED = 60_000
LIST = re.compile(r"/teach/lists/[\w-]{22}")


def letters(number: int) -> str:
    return "".join(chr(97 + number // 26**place % 26) for place in range(3)).title()


def class_of_sixty(family: str) -> bytes:
    """Sixty rows: the 4th, 9th and 17th people have a slip, the last is the first once more."""
    rows = [f"{family} {letters(number)};06{31_000_000 + number}" for number in range(59)]
    rows[3] = f"{family} Zineb;0685 71 20 4"
    rows[8] = f"{family} 9;0612345678"
    rows[16] = f"{family} Kawtar;kawtar(at)example.org"
    rows.append(rows[0])
    return "\r\n".join(["Nom complet;Téléphone", *rows]).encode()


def hand_in(page: Page, family: str) -> None:
    """From the trainer's first page to the list that was looked through."""
    page.locator('main a.btn[href="/teach/award/"]').click()
    page.locator('.course:not(:has(.note)) a[href^="/teach/lists/new/"]').first.click()
    page.set_input_files(
        "#id_file", {"name": "classe.csv", "mimeType": "text/csv", "buffer": class_of_sixty(family)}
    )
    page.locator("main form[enctype] button").click()
    expect(page).to_have_url(LIST)


def counts(page: Page) -> list[int]:
    return [int(re.sub(r"\D", "", text)) for text in page.locator(".states b").all_inner_texts()]


def mend(page: Page, line: int, cell: str, text: str) -> None:
    """Type it into the field of this line and send the row."""
    card = page.locator(".bad-rows li", has=page.locator(f'h3:text-matches("\\\\b{line}$")'))
    card.locator(f"[name=cell-{cell}]").fill(text)
    with page.expect_navigation():
        card.locator("form.mend button").click()


def finished(page: Page) -> None:
    """The page shows by itself that everything is decided; nobody presses anything."""
    expect(page.locator("#moving .tag.ok")).to_be_visible(timeout=ISSUED)
    expect(page.locator("script[src*=list-progress]")).to_have_count(0)  # not the page that is being left


def rows_on_all_pages(page: Page) -> int:
    """How many rows there are to see, from this page on to the last."""
    seen, number = page.locator("#rows tbody tr").count(), 1
    further = page.locator("#rows .pages a[rel=next]")
    while further.count():
        number += 1
        further.click()
        page.wait_for_url(re.compile(rf"[?&]page={number}\b"))
        seen += page.locator("#rows tbody tr").count()
    return seen


@pytest.mark.parametrize(
    ("language", "scripts", "family"), [("ar", True, "Sanaa"), ("fr", False, "Ilham")], ids=["ar", "fr-plain"]
)
def test_a_class_is_handed_in_mended_issued_and_followed(
    open_page: OpenPage, language: str, scripts: bool, family: str
) -> None:
    page = open_page(language=language, width=360, scripts=scripts)
    sign_in(open_page, page, staff(open_page, "Trainer")[0], to="/teach/")
    hand_in(page, family)
    assert counts(page) == [56, 3, 1, 60]
    expect(page.locator(".bad-rows [aria-invalid=true]")).to_have_count(3)

    mend(page, 5, "phone", "0685 71 20 45")
    assert counts(page) == [57, 2, 1, 60]
    mend(page, 10, "name", f"{family} 9 bis")  # still wrong: it says so where it was typed
    expect(page.locator(".bad-rows input[name=cell-name][aria-invalid=true]")).to_have_value(
        f"{family} 9 bis"
    )

    page.locator('form[action$="/accept"] button').click()
    finished(page)
    assert counts(page) == [57, 0, 2, 1]
    assert page.locator("progress").get_attribute("value") == "60"

    mend(page, 10, "name", f"{family} Neuvieme")
    if not scripts:  # one row is still to be mended, so the page stays as it is until she looks again
        page.locator("main .note a").click()
    finished(page)
    assert counts(page) == [58, 0, 1, 1]

    page.locator('a[href*="state=issued"]').click()
    page.wait_for_url(re.compile(r"[?&]state=issued\b"))
    assert rows_on_all_pages(page) == 58
    page.fill("#rows [name=q]", "neuvieme")
    page.locator("#rows form[role=search] button").click()
    found = page.locator("#rows tbody tr")
    expect(found).to_have_count(1)
    expect(found).to_contain_text(f"{family} Neuvieme")
    assert "neuvieme" not in page.url.lower()
    found.locator('a[href^="/teach/c/"]').click()
    expect(page.locator("h1")).to_contain_text(f"{family} Neuvieme")


def test_who_closes_the_browser_while_certificates_are_issued_finds_them_done(open_page: OpenPage) -> None:
    page = open_page()
    trainer = staff(open_page, "Trainer")[0]
    sign_in(open_page, page, trainer, to="/teach/")
    hand_in(page, "Bouchra")
    page.locator('form[action$="/accept"] button').click()
    address = LIST.search(page.url)
    assert address
    page.context.close()

    later = open_page(width=1280)
    sign_in(open_page, later, trainer, to=address[0])
    finished(later)
    assert counts(later) == [56, 0, 3, 1]
    later.goto("/teach/lists/")
    expect(later.locator(f'main a[href="{address[0]}"]')).to_be_visible()


def test_what_is_being_typed_survives_the_end_of_the_list(open_page: OpenPage) -> None:
    page = open_page()
    sign_in(open_page, page, staff(open_page, "Trainer")[0], to="/teach/")
    hand_in(page, "Meryem")
    page.locator('form[action$="/accept"] button').click()
    address = LIST.search(page.url)
    assert address
    page.goto(f"{address[0]}?bad=1#bad")
    half_typed = page.locator(".bad-rows [name=cell-phone]").first
    half_typed.fill("0685 71 2")
    expect(page.locator("progress")).to_have_attribute("value", "60", timeout=ISSUED)
    expect(half_typed).to_have_value("0685 71 2")


def test_nothing_of_a_list_is_wider_than_the_smallest_phone(open_page: OpenPage) -> None:
    page = open_page(language="ar", width=320)
    sign_in(open_page, page, staff(open_page, "Trainer")[0], to="/teach/")
    hand_in(page, "Abdelouahed-Moulay-Driss-Benabdelkader")
    addresses = [page.url, f"{page.url}?state=duplicate", f"{page.url}?state=failed", "/teach/lists/"]
    page.locator(".bad-rows summary").first.click()
    for address in ["", *addresses]:
        if address:
            page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
