"""A trainer awards a certificate, a signer changes her mind: in chromium, with the real worker behind."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .door import sign_in, staff

#: Signing takes the worker well under a second; a loaded machine may take longer.
ISSUED = 30_000


def award(page: Page, *, latin: str, arabic: str) -> str:
    """From the trainer's first page to an issued certificate; returns its address."""
    page.locator('main a.btn[href="/teach/award/"]').click()
    page.locator(".course:not(:has(.note)) a").first.click()
    page.fill("#id_name_latin", latin)
    page.fill("#id_name_arabic", arabic)
    page.locator("input[name=address_kind][value=none]").check()
    page.locator("button[value=look]").click()
    expect(page.locator(".specimen")).to_contain_text(latin)
    expect(page.locator(".specimen")).to_contain_text(arabic)
    page.locator("button[value=issue]").click()
    expect(page.locator(".award-state .tag.ok")).to_be_visible(timeout=ISSUED)
    address = page.locator('.award-state a[href^="/c/"]').first.get_attribute("href")
    assert address
    return address.removesuffix(".pdf")


@pytest.mark.parametrize(
    ("language", "direction", "scripts", "latin", "arabic"),
    [
        ("fr", "ltr", True, "Ghizlane Mernissi", "غزلان المرنيسي"),
        ("ar", "rtl", False, "Soukaina Lamrani", "سكينة لمراني"),
    ],
)
def test_a_trainer_awards_a_course_and_an_employer_finds_it_valid(
    open_page: Callable[..., Page], language: str, direction: str, scripts: bool, latin: str, arabic: str
) -> None:
    page = open_page(language=language, scripts=scripts)
    sign_in(open_page, page, staff(open_page, "Trainer")[0], to="/teach/")
    expect(page.locator("html")).to_have_attribute("dir", direction)
    address = award(page, latin=latin, arabic=arabic)
    employer = open_page(language=language)
    employer.goto(address)
    expect(employer.locator("main")).to_contain_text(latin)
    expect(employer.locator(".verdict.ok")).to_be_visible()


def test_a_slip_is_mended_without_typing_the_rest_again(open_page: Callable[..., Page]) -> None:
    page = open_page()
    sign_in(open_page, page, staff(open_page, "Trainer")[0], to="/teach/award/")
    page.locator(".course:not(:has(.note)) a").first.click()
    page.fill("#id_name_latin", "Rachid Oulhaj")
    page.locator("input[name=address_kind][value=phone]").check()
    page.fill("#id_address", "06 12 34")
    page.locator("button[value=look]").click()
    expect(page.locator("#id_address-error")).to_be_visible()
    expect(page.locator("#id_name_latin")).to_have_value("Rachid Oulhaj")
    page.fill("#id_address", "06 12 34 56 78")
    page.locator("button[value=look]").click()
    expect(page.locator(".specimen")).to_be_visible()
    page.locator("button[value=edit]").click()
    expect(page.locator("#id_address")).to_have_value("06 12 34 56 78")


@pytest.mark.parametrize(
    ("language", "latin", "arabic"),
    [("fr", "Mouna Sqalli", "منى السقلي"), ("ar", "Karima Zniber", "كريمة زنيبر")],
)
def test_a_signer_suspends_reinstates_corrects_and_revokes(
    open_page: Callable[..., Page], language: str, latin: str, arabic: str
) -> None:
    page = open_page(language=language)
    sign_in(open_page, page, staff(open_page, "Signer")[0], to="/teach/")
    credential = award(page, latin=latin, arabic=arabic).removeprefix("/c/")
    page.goto("/teach/")
    page.fill("#id_q", latin)
    page.locator("form[role=search] button").click()
    page.locator(f'a[href="/teach/c/{credential}"]').click()

    page.locator('a[href$="/suspend"]').click()
    page.locator("input[value=under-review]").check()
    page.locator("main form button").click()
    expect(page.locator("main .tag.age").first).to_be_visible()

    page.locator('a[href$="/reinstate"]').click()
    page.locator("input[value=review-closed]").check()
    page.locator("main form button").click()
    expect(page.locator("main .tag.ok").first).to_be_visible()

    page.locator('a[href$="/replace"]').click()
    page.fill("#id_name_latin", f"{latin} Alaoui")
    page.locator("button[value=look]").click()
    page.locator("button[value=issue]").click()
    expect(page.locator(".award-state .tag.ok")).to_be_visible(timeout=ISSUED)
    page.goto(f"/teach/c/{credential}")
    page.locator('main .note a[href^="/teach/c/"]').click()
    expect(page.locator("h1")).to_contain_text(f"{latin} Alaoui")

    page.locator('a[href$="/revoke"]').click()
    page.locator("input[value=issued-in-error]").check()
    page.locator("main form button").click()
    page.locator("button[value=sure]").click()
    expect(page.locator("main .tag.off").first).to_be_visible()
    expect(page.locator(".history li")).to_have_count(2)
