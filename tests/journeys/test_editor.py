"""A trainer writes a course on her phone, hands it in; a signer reads it with other eyes and publishes it."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from .door import sign_in, staff
from .test_second_person import fits

OpenPage = Callable[..., Page]


def test_a_course_is_written_by_one_and_published_by_another(open_page: OpenPage) -> None:
    page = open_page(language="fr", width=320)
    sign_in(open_page, page, staff(open_page, "Trainer")[0], to="/teach/achievements/")
    page.locator("main a.btn").first.click()
    page.get_by_label("Code", exact=True).fill("J01")
    page.get_by_label("Micro-certification (évaluée)").check()
    page.get_by_label("Volume horaire").fill("8")
    page.get_by_label("Intitulé en français").fill("Lire une facture")
    page.locator("#id_description_fr").fill("Lire et vérifier une facture.")
    page.locator("#id_criteria_fr").fill("Vérifie une facture, ligne à ligne.")
    page.get_by_label("Trouver une compétence").fill("ecrit francais")
    page.locator("label.pick:visible input[name=skills]").first.check()
    fits(page)
    page.get_by_role("button", name="Garder le brouillon").click()
    page.get_by_role("button", name="Remettre pour relecture").click()
    expect(page.get_by_text("Un collègue doit la regarder")).to_be_visible()
    fits(page)

    signer = open_page(language="fr", width=320)
    sign_in(open_page, signer, staff(open_page, "Signer")[0], to="/teach/reviews/")
    signer.get_by_role("link", name=re.compile("Relire.*Lire une facture")).click()
    expect(signer.get_by_text("Vérifie une facture, ligne à ligne.").first).to_be_visible()
    fits(signer)
    signer.get_by_role("button", name="Publier").click()
    expect(signer).to_have_url(re.compile("/teach/reviews/$"))
    page.reload()
    expect(page.get_by_role("link", name="La délivrer").first).to_be_visible()
