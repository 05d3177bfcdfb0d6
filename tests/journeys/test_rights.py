"""A newcomer agrees, takes everything with her, and closes her passport: by what the pages say alone."""

import io
import zipfile
from collections.abc import Callable

from playwright.sync_api import Page, expect

from .test_learner import through_the_door

OpenPage = Callable[..., Page]
PHONE, TYPED = "+212683009955", "06 83 00 99 55"


def test_she_decides_about_her_data_and_leaves_with_a_receipt(open_page: OpenPage) -> None:
    page = open_page(scripts=False)
    through_the_door(open_page, page, TYPED, PHONE)
    page.get_by_label("Prénom et nom, en lettres latines").fill("Houda Bennis")
    expect(page.get_by_text("La ville garde mon passeport")).to_be_visible()
    page.get_by_role("button", name="Ouvrir mon passeport").click()
    page.get_by_role("link", name="Réglages").click()
    page.get_by_role("link", name="Mes données").click()
    page.locator("section[aria-labelledby=c-messages] button").click()
    expect(page.locator("section[aria-labelledby=c-messages]")).to_contain_text("J’accepte")

    page.get_by_role("link", name="Tout emporter").click()
    with page.expect_download() as coming:
        page.get_by_role("button", name="Tout télécharger").click()
    parcel = zipfile.ZipFile(io.BytesIO(coming.value.path().read_bytes()))
    assert "Houda Bennis" in parcel.read("passport.html").decode()

    page.get_by_role("link", name="Mes données").click()
    page.get_by_role("link", name="Masquer, effacer, révoquer").click()
    page.get_by_role("link", name="Fermer mon passeport").click()
    page.get_by_label("Les effacer aussi").check()
    page.get_by_role("button", name="Continuer").click()
    expect(page.locator("main")).to_contain_text("Houda Bennis")
    page.get_by_role("button", name="Fermer définitivement").click()
    expect(page.get_by_role("heading", name="Votre passeport est fermé")).to_be_visible()
    assert "Houda" not in page.content()
    page.goto("/me/")
    expect(page.locator("#id_address")).to_be_visible()
