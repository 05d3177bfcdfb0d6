"""The city's officer proposes, its approver approves, an owner allows a program: in chromium."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .door import sign_in, staff

#: The signing worker makes a new provider's keys within a moment of its approval.
KEYED = 30_000


@pytest.mark.parametrize(
    ("language", "direction", "slug", "french", "arabic"),
    [
        ("fr", "ltr", "club-lecture-anfa", "Club de lecture d’Anfa", "نادي القراءة أنفا"),
        ("ar", "rtl", "atelier-tissage", "Atelier de tissage", "ورشة النسيج"),
    ],
)
def test_a_provider_is_proposed_by_one_approved_by_another_and_suspended(
    open_page: Callable[..., Page], language: str, direction: str, slug: str, french: str, arabic: str
) -> None:
    officer, approver = open_page(language=language), open_page(language=language)
    sign_in(open_page, officer, staff(open_page, "City officer")[0], to="/city/")
    expect(officer.locator("html")).to_have_attribute("dir", direction)
    officer.locator('a[href="/city/issuers/new"]').click()
    officer.fill("#id_name_fr", french)
    officer.fill("#id_name_ar", arabic)
    officer.select_option("#id_kind", "association")
    officer.fill("#id_slug", slug)
    officer.locator("main form button").click()
    expect(officer).to_have_url(re.compile(f"/city/issuers/{slug}$"))
    officer.locator('a[href$="/mandates/new"]').first.click()
    officer.select_option("#id_theme", "languages")
    officer.locator("main form button").click()
    expect(officer.locator("main .t-languages")).to_be_visible()

    sign_in(open_page, approver, staff(open_page, "City approver")[0], to="/city/")
    approver.locator(f'a[href="/city/issuers/{slug}"]').first.click()
    approver.locator(f'form[action="/city/issuers/{slug}/approve"] button').click()
    approver.locator('form[action^="/city/mandates/"] button').click()
    expect(approver.locator("main .tag.ok").first).to_be_visible()

    for _ in range(KEYED // 500):
        if approver.locator("code.print").count():
            break
        approver.wait_for_timeout(500)
        approver.reload()
    expect(approver.locator("code.print").first).to_be_visible()

    approver.locator(f'a[href="/city/issuers/{slug}/suspend"]').click()
    approver.locator("main form button").click()
    expect(approver.locator("#id_reason-error")).to_be_visible()
    approver.fill("#id_reason", "Contrôle")
    approver.locator("main form button").click()
    expect(approver.locator("main .tag.age").first).to_be_visible()

    officer.goto("/city/")
    expect(officer.locator(f'a[href="/city/issuers/{slug}"]')).to_be_visible()


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_an_auditor_reads_and_is_offered_nothing_to_change(
    open_page: Callable[..., Page], language: str
) -> None:
    page = open_page(language=language)
    sign_in(open_page, page, staff(open_page, "Auditor")[0], to="/city/")
    expect(page.locator('a[href="/city/issuers/new"]')).to_have_count(0)
    page.locator('main table a[href^="/city/issuers/"]').first.click()
    expect(page.locator("main h1")).to_be_visible()
    expect(page.locator("main form")).to_have_count(0)


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_an_owner_allows_a_program_and_withdraws_it(open_page: Callable[..., Page], language: str) -> None:
    page = open_page(language=language)
    sign_in(open_page, page, staff(open_page, "Owner")[0], to="/teach/members/")
    expect(page.locator("main table tbody tr").first).to_be_visible()
    page.goto("/teach/api-clients/")
    page.locator('a[href^="/teach/api-clients/new/"]').first.click()
    page.fill("#id_name", f"Inscriptions {language}")
    page.locator("input[value=read]").check()
    page.locator("main form button").click()
    token = page.locator("#token").input_value()
    bearer = {"Authorization": f"Bearer {token}"}
    assert page.request.get("/api/v1/achievements", headers=bearer).status == 200
    page.goto("/teach/api-clients/")
    row = page.locator("tbody tr", has_text=f"Inscriptions {language}")
    row.locator("button").click()
    expect(row.locator(".tag.off")).to_be_visible()
    assert page.request.get("/api/v1/achievements", headers=bearer).status == 401
