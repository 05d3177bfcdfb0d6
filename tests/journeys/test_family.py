"""A mother opens a passport for her child; a young person names her guardian, who says yes on hers."""

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from .door import new_phone, sent_code

OpenPage = Callable[..., Page]


def newcomer(open_page: OpenPage, page: Page, *, phone: str, name: str, year: str = "") -> None:
    """Somebody opens her passport with her phone."""
    page.goto("/accounts/login/")
    page.fill("#id_address", phone)
    page.locator("main form.card button").click()
    page.fill("#id_code", sent_code(open_page, "+212" + phone[1:]))
    page.locator("main form.card button").click()
    page.wait_for_url("**/accounts/open/")
    page.fill("#id_name_latin", name)
    page.fill("#id_birth_year", year)
    page.locator("main form.card button").click()


@pytest.mark.parametrize(
    ("language", "family", "child", "act"),
    [
        ("fr", "Famille", "Un passeport pour un enfant", "Ouvrir ce passeport"),
        ("ar", "الأسرة", "جواز لطفل", "فتح هذا الجواز"),
    ],
)
def test_a_mother_opens_her_childs_passport_and_acts_in_it(
    open_page: OpenPage, language: str, family: str, child: str, act: str
) -> None:
    page = open_page(language=language)
    newcomer(open_page, page, phone=new_phone(), name="Zineb Sebti")
    page.get_by_role("link", name=family, exact=True).click()
    page.get_by_role("link", name=child).click()
    page.fill("#id_name_latin", "Sara Sebti")
    page.fill("#id_birth_year", str(timezone.now().year - 8))
    page.fill("#id_own_birth_year", "1985")
    page.locator("input[name=relationship][value=mother]").check()
    page.locator("main form.card button").click()
    page.get_by_role("button", name=act).click()
    page.wait_for_url("**/me/")
    expect(page.locator("h1")).to_contain_text("Sara Sebti")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator("aside.acting button").click()
    expect(page.locator("h1")).to_contain_text("Zineb Sebti")


def test_a_young_person_asks_and_her_mother_says_yes(open_page: OpenPage) -> None:
    mother, phone = open_page(), new_phone()
    newcomer(open_page, mother, phone=phone, name="Zineb Naciri", year="1980")
    mother.wait_for_url("**/me/")
    child = open_page()
    year = str(timezone.now().year - 15)
    newcomer(open_page, child, phone=new_phone(), name="Nour Naciri", year=year)
    child.wait_for_url("**/me/family")
    expect(child.get_by_text("Rien n’est partagé pour le moment.")).to_be_visible()
    child.get_by_label("Téléphone ou e-mail de votre représentant légal").fill(phone)
    child.get_by_role("button", name="Demander à mon représentant légal").click()
    expect(child.get_by_text("Un message est en route.")).to_be_visible()
    mother.get_by_role("link", name="Famille", exact=True).click()
    expect(mother.locator("main")).to_contain_text("Nour Naciri")
    mother.get_by_label("Mère").check()
    mother.get_by_role("button", name="Oui, j’en suis responsable").click()
    mother.get_by_role("button", name=re.compile("^Autoriser le partage.*Nour Naciri")).click()
    child.reload()
    child.get_by_role("button", name="Oui", exact=True).click()
    expect(child.get_by_text("Vous pouvez partager.")).to_be_visible()
