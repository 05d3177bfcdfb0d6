"""The city withdraws a key that somebody else may hold: two people say so, and a new one signs."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .door import sign_in, staff

#: The signing worker makes the successor within a moment.
KEYED = 30_000


@pytest.mark.parametrize(("language", "direction"), [("fr", "ltr"), ("ar", "rtl")])
def test_two_people_withdraw_a_key_and_the_signer_makes_another(
    open_page: Callable[..., Page], language: str, direction: str
) -> None:
    officer, approver = open_page(language=language), open_page(language=language)
    sign_in(open_page, officer, staff(open_page, "City officer")[0], to="/city/")
    expect(officer.locator("html")).to_have_attribute("dir", direction)
    officer.locator('a[href="/city/keys"]').click()
    assert officer.evaluate("document.documentElement.scrollWidth <= innerWidth")
    own = officer.locator("section").first.locator("tbody tr")  # of the city
    held = officer.locator("section").first.locator(".tag.ok").count()
    asserting = len(officer.request.get("/.well-known/did.json").json()["assertionMethod"])
    assert held > 1
    service = own.filter(has_text={"fr": "Les documents de la ville", "ar": "وثائق المدينة"}[language]).first
    name = service.locator("code").inner_text()
    service.locator("a.btn").click()
    officer.locator("main form button").click()
    expect(officer.locator("#id_reason-error")).to_be_visible()
    officer.fill("#id_reason", "Ordinateur volé")
    officer.locator("main form button").click()
    expect(officer).to_have_url(re.compile("/city/keys$"))
    expect(officer.locator('form[action$="/alone"]')).to_have_count(0)
    assert officer.evaluate("document.documentElement.scrollWidth <= innerWidth")

    sign_in(open_page, approver, staff(open_page, "City approver")[0], to="/city/keys")
    approver.locator('form[action$="/confirm"] button').click()
    withdrawn = approver.locator("tbody tr", has_text=name)
    expect(withdrawn.locator(".tag.off")).to_be_visible()

    did = approver.request.get("/.well-known/did.json").json()
    revoked = [method for method in did["verificationMethod"] if method.get("revoked")]
    assert revoked
    assert not {method["id"] for method in revoked} & set(did["assertionMethod"])
    for _ in range(KEYED // 500):
        if len(approver.request.get("/.well-known/did.json").json()["assertionMethod"]) == asserting:
            break
        approver.wait_for_timeout(500)
    approver.reload()
    expect(approver.locator("section").first.locator(".tag.ok")).to_have_count(held)
