"""A learner opens her passport by phone, takes a certificate away, and closes it to others."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .door import new_phone, sent_code

OpenPage = Callable[..., Page]


def through_the_door(open_page: OpenPage, page: Page, typed: str, sent_to: str) -> None:
    """Type the phone as people do, read the newest code, type it."""
    page.goto("/me/")
    page.fill("#id_address", typed)
    page.locator("main form.card button").click()
    page.wait_for_url("**/accounts/code/")
    page.fill("#id_code", sent_code(open_page, sent_to))
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
    ("language", "latin"),
    [("fr", "Zineb Sebti"), ("ar", "Houda Filali")],
)
def test_a_newcomer_opens_a_passport_with_a_phone_alone(
    open_page: OpenPage, language: str, latin: str
) -> None:
    page, phone = open_page(language=language), new_phone()
    through_the_door(open_page, page, phone, "+212" + phone[1:])
    page.wait_for_url("**/accounts/open/")
    page.fill("#id_name_latin", latin)
    page.locator("main form button").click()
    page.wait_for_url("**/me/")
    expect(page.locator("h1")).to_contain_text(latin)
    expect(page.locator(".empty")).to_be_visible()


@pytest.mark.parametrize(
    ("language", "child"), [("fr", "Salma Lahlou"), ("ar", "أنس لحلو")], ids=["fr", "ar"]
)
def test_a_child_chooses_her_own_passport_behind_the_familys_phone(
    open_page: OpenPage, language: str, child: str
) -> None:
    page = open_page(language=language)
    through_the_door(open_page, page, "06 85 00 00 01", "+212685000001")
    page.wait_for_url("**/accounts/choose/")
    assert page.locator("main li button").count() == 3
    page.locator("main li button", has_text=child).click()
    page.wait_for_url("**/me/")
    expect(page.locator("h1")).to_contain_text(child)
    page.goto("/accounts/choose/")
    expect(page).to_have_url(re.compile(r"/me/$"))


def test_a_slip_of_the_pen_is_told_and_another_code_can_be_asked_for(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/accounts/login/")
    page.fill("#id_address", "06 83 00")
    page.locator("main form.card button").click()
    expect(page.locator("#id_address-error")).to_be_visible()
    expect(page.locator("#id_address")).to_have_value("06 83 00")
    page.fill("#id_address", "06 83 00 99 77")
    page.locator("main form.card button").click()
    page.wait_for_url("**/accounts/code/")
    page.fill("#id_code", "12")
    page.locator("main form.card button").click()
    expect(page.locator("#id_code-error")).to_be_visible()
    page.locator("button[name=act]").click()
    expect(page.locator(".said")).to_be_visible()
    page.locator("main a.link").last.click()
    expect(page.locator("#id_address")).to_have_value("+212683009977")
