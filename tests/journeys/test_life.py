"""A learner tells what she learned elsewhere, reads what she can do, and finds what comes next."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .door import new_phone
from .test_learner import through_the_door

OpenPage = Callable[..., Page]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "fr",
            ("Ajouter ce que vous avez appris", "Garder", "déclaré", "Compétences", "Parcours", "Ouvrir sa"),
        ),
        (
            "ar",
            ("أضف ما تعلّمته", "احفظ", "مصرَّح به", "الكفايات", "المسارات", "إطلاق مشروع صغير"),
        ),
    ],
    ids=["fr", "ar"],
)
def test_a_newcomer_declares_her_trade_and_chooses_a_way(
    open_page: OpenPage, language: str, words: tuple[str, ...]
) -> None:
    add, keep, declared, skills, pathways, way = words
    page, phone = open_page(language=language, scripts=False), new_phone()
    through_the_door(open_page, page, phone, "+212" + phone[1:])
    page.wait_for_url("**/accounts/open/")
    page.fill("#id_name_latin", "Zineb Sebti")
    page.locator("main form button").click()
    page.wait_for_url("**/me/")

    page.get_by_role("link", name=add).first.click()
    page.get_by_label(page.locator("label[for=id_title]").inner_text()).fill("Couture")
    page.locator("#id_began").fill("2019")
    page.locator("#id_ended").fill("2018")
    page.locator("#id_skill_1").select_option(index=5)
    page.get_by_role("button", name=keep).click()
    expect(page.locator("#id_ended-error")).to_be_visible()
    expect(page.locator("#id_title")).to_have_value("Couture")
    page.locator("#id_ended").fill("03/2022")
    page.get_by_role("button", name=keep).click()
    page.wait_for_url("**/me/")
    expect(page.locator(".life li")).to_contain_text(declared)

    page.get_by_role("link", name=skills, exact=True).click()
    expect(page.locator(".mosaic li")).to_contain_text(declared)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("link", name=pathways, exact=True).click()
    page.get_by_role("link", name=way).click()
    expect(page.locator(".path > li").first).to_be_visible()
    assert page.locator(".path > .now").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
