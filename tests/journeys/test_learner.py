"""A learner opens her passport by phone, takes a certificate away, and closes it to others."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

OpenPage = Callable[..., Page]
SIX_DIGITS = re.compile(r"\b\d{6}\b")


def through_the_door(open_page: OpenPage, page: Page, typed: str, sent_to: str) -> None:
    """Type the phone as people do, read the newest code, type it."""
    page.goto("/me/")
    page.fill("#id_address", typed)
    page.locator("main form.card button").click()
    page.wait_for_url("**/accounts/code/")
    outbox = open_page(language="en")
    outbox.goto("/outbox/")
    newest = outbox.locator("article", has=outbox.get_by_text(sent_to, exact=True)).first.inner_text()
    found = SIX_DIGITS.search(newest.replace(sent_to, ""))
    assert found
    page.fill("#id_code", found[0])
    page.locator("main form.card button").click()


@pytest.mark.parametrize(
    ("language", "typed", "title", "name"),
    [
        ("fr", "06 83 00 00 01", "Français du quotidien – A1", "Fatima-Zahra El Idrissi"),
        ("ar", "+212 683 000 001", "الفرنسية للحياة اليومية – A1", "فاطمة الزهراء الإدريسي"),
    ],
)
def test_she_finds_her_certificates_and_decides_who_sees_one(
    open_page: OpenPage, language: str, typed: str, title: str, name: str
) -> None:
    page = open_page(language=language)
    through_the_door(open_page, page, typed, "+212683000001")
    page.wait_for_url("**/me/")
    expect(page.locator("h1")).to_contain_text(name)
    assert page.locator(".life > li").count() >= 5
    assert page.evaluate("document.documentElement.scrollWidth") <= 360

    page.locator(".life h3 a", has_text=title).first.click()
    page.wait_for_url("**/me/c/*")
    credential = page.url.rsplit("/", 1)[1]
    expect(page.locator(".qr svg")).to_be_visible()
    pdf = page.request.get(f"/me/c/{credential}.pdf")
    assert pdf.body().startswith(b"%PDF-")
    token = page.request.get(f"/me/c/{credential}.jwt").text()
    assert token.count(".") == 2

    page.locator("input[name=visibility][value=private]").check()
    page.locator("form:has(input[name=visibility]) button").click()
    expect(page.locator("input[name=visibility][value=private]")).to_be_checked()
    employer = open_page(language=language)
    employer.goto(f"/c/{credential}")
    assert name not in employer.content()
    assert employer.request.get(f"/c/{credential}.pdf").status == 404

    page.locator("input[name=visibility][value=link]").check()
    page.locator("form:has(input[name=visibility]) button").click()
    expect(page.locator("input[name=visibility][value=link]")).to_be_checked()
    employer.goto(f"/c/{credential}")
    expect(employer.locator("main")).to_contain_text(name)


@pytest.mark.parametrize(
    ("language", "phone", "latin"),
    [("fr", "0683009901", "Zineb Sebti"), ("ar", "0683009902", "Houda Filali")],
)
def test_a_newcomer_opens_a_passport_with_a_phone_alone(
    open_page: OpenPage, language: str, phone: str, latin: str
) -> None:
    page = open_page(language=language)
    through_the_door(open_page, page, phone, "+212" + phone[1:])
    page.wait_for_url("**/accounts/open/")
    page.fill("#id_name_latin", latin)
    page.locator("main form button").click()
    page.wait_for_url("**/me/")
    expect(page.locator("h1")).to_contain_text(latin)
    expect(page.locator(".empty")).to_be_visible()
