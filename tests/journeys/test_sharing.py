"""A learner shares what she chooses; an employer reads it without an account; she withdraws it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .test_learner import through_the_door

OpenPage = Callable[..., Page]

#: What a newcomer reads on the buttons and links.
WORDS = {
    "fr": {
        "share": "Partager",
        "entries": "Partager des lignes",
        "look": "Voir ce que l’autre verra",
        "confirm": "Partager ceci",
        "withdraw": "Retirer ce lien",
        "all": "Certificats authentiques et en vigueur : 2 sur 2.",
        "gone": "Ce lien ne mène plus nulle part.",
        "opened": "Ouvert une fois.",
        "name": "Fatima-Zahra El Idrissi",
    },
    "ar": {
        "share": "مشاركة",
        "entries": "مشاركة سطور",
        "look": "انظر ما سيراه الآخر",
        "confirm": "شارك هذا",
        "withdraw": "سحب هذا الرابط",
        "all": "الشهادات الأصلية والسارية: 2 من 2.",
        "gone": "لم يعد هذا الرابط يؤدي إلى شيء.",
        "opened": "فُتح مرة واحدة.",
        "name": "فاطمة الزهراء الإدريسي",
    },
}


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_she_shares_two_entries_sees_that_they_were_opened_and_withdraws(
    open_page: OpenPage, language: str
) -> None:
    words = WORDS[language]
    page = open_page(language=language)
    through_the_door(open_page, page, "06 83 00 00 01", "+212683000001")
    page.wait_for_url("**/me/")
    page.locator("main").get_by_role("link", name=words["share"], exact=True).first.click()
    page.get_by_role("link", name=words["entries"]).click()
    boxes = page.get_by_role("checkbox")
    for box in page.locator("fieldset input[name=entries]").all()[2:]:
        box.uncheck()
    expect(boxes.first).to_be_checked()
    page.get_by_role("button", name=words["look"]).click()
    expect(page.get_by_text(words["all"])).to_be_visible()
    page.get_by_role("button", name=words["confirm"]).click()
    link = page.get_by_role("textbox").first.input_value()
    mine = page.url

    employer = open_page(language=language)
    employer.goto(link)
    expect(employer.get_by_role("heading", level=1)).to_contain_text(words["name"])
    expect(employer.get_by_text(words["all"])).to_be_visible()
    assert employer.evaluate("document.documentElement.scrollWidth") <= 360

    page.goto(mine)
    expect(page.get_by_text(words["opened"]).first).to_be_visible()
    page.get_by_role("button", name=words["withdraw"]).click()
    employer.reload()
    expect(employer.get_by_text(words["gone"])).to_be_visible()
