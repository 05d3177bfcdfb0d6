"""An employer scans a printed certificate: the phone itself checks it, and tells nobody what it read."""

import json
import re
import time
from collections.abc import Callable

import pypdfium2  # type: ignore[import-untyped]  # it comes without types
import pytest
import zxingcpp
from playwright.sync_api import Browser, Page, Request, expect

from .door import sign_in, staff
from .employers import City, Employer
from .test_trainer import award

OpenPage = Callable[..., Page]
NAME = "Nadia Benjelloun"
SHORT_CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){2}\b")
SHORT_CODES = 10  # a minute and place
#: What somebody reads who has typed too many.
TOO_MANY = {
    "fr": "Trop de vérifications viennent d’ici. Attendez une minute, puis réessayez.",
    "ar": "جاءت من هنا تحقّقات كثيرة. انتظر دقيقة ثم حاول من جديد.",
    "en": "Too many checks came from here. Wait a minute, then try again.",
}
PUBLISHED = 30.0  # seconds; the lists follow a change within a few


def printed_code(page: Page, address: str) -> str:
    """What a camera reads from the printed certificate."""
    answer = page.request.get(f"{address}.pdf")
    assert answer.ok
    sheet = pypdfium2.PdfDocument(answer.body())[0].render(scale=4).to_pil()
    codes = [found.text for found in zxingcpp.read_barcodes(sheet) if "/v#" in found.text]
    assert len(codes) == 1
    return codes[0]


class Overheard:
    """Everything that one page asks the server for."""

    def __init__(self, page: Page) -> None:
        self.asked: list[Request] = []
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        self.asked.append(request)

    def __contains__(self, digits: str) -> bool:
        said = [f"{each.url.partition('#')[0]} {each.post_data or ''} {each.headers}" for each in self.asked]
        return any(digits[at : at + 20] in text for text in said for at in range(0, len(digits) - 20, 20))


def scan(page: Page, code: str) -> str:
    """Open the code as a camera app does; returns the state that the page shows."""
    page.goto("about:blank")
    page.goto(code)
    page.wait_for_selector("body[data-state]")
    expect(page).to_have_url(re.compile(r"/v$"))
    return str(page.evaluate("document.body.dataset.state"))


@pytest.mark.parametrize(
    ("language", "latin", "arabic"),
    [("fr", "Nadia Benjelloun", "نادية بنجلون"), ("ar", "Hajar Tazi", "هاجر التازي")],
)
def test_a_printed_code_is_valid_until_it_is_revoked_and_nothing_of_it_is_sent(
    open_page: OpenPage, language: str, latin: str, arabic: str
) -> None:
    signer = open_page(language=language)
    sign_in(open_page, signer, staff(open_page, "Signer")[0], to="/teach/")
    address = award(signer, latin=latin, arabic=arabic)

    employer = open_page(language=language)
    code = printed_code(employer, address)
    digits = code.partition("#")[2]
    overheard = Overheard(employer)
    assert scan(employer, code) == "valid"
    expect(employer.locator("main")).to_contain_text(latin)
    expect(employer.locator(".checks li")).to_have_count(8)
    paths = sorted(each.url for each in overheard.asked if re.search(r"/[ks]/", each.url))
    assert len(paths) == 4  # one key and three lists
    assert digits not in overheard

    mangled = open_page(language=language)
    assert scan(mangled, code.replace("#", "%23")) == "valid"

    changed = open_page(language=language)
    forged = digits[:-30] + str(int(digits[-30:]) ^ 1).zfill(30)
    assert scan(changed, code.replace(digits, forged)) == "tampered"
    expect(changed.locator("main")).not_to_contain_text(latin)

    signer.goto(f"/teach{address}/revoke")
    signer.locator("input[value=issued-in-error]").check()
    signer.locator("main form button").click()
    signer.locator("button[value=sure]").click()
    expect(signer.locator("main .tag.off").first).to_be_visible()
    give_up = time.monotonic() + PUBLISHED
    while (state := scan(open_page(language=language), code)) == "valid" and time.monotonic() < give_up:
        signer.wait_for_timeout(500)
    assert state == "revoked"


def test_a_browser_that_has_seen_a_newer_delegation_takes_no_older_one(open_page: OpenPage) -> None:
    signer = open_page()
    sign_in(open_page, signer, staff(open_page, "Signer")[0], to="/teach/")
    address = award(signer, latin="Imane Chraibi", arabic="إيمان الشرايبي")
    employer = open_page()
    code = printed_code(employer, address)
    assert scan(employer, code) == "valid"
    [[place, text]] = employer.evaluate("Object.entries(localStorage)")
    seen = json.loads(text)
    assert place.startswith("trust did:web:localhost")
    assert [name[:2] for name in seen["versions"] if name != "bundle"] == ["k/"]
    assert seen["seq"] > 0

    newer = json.dumps(seen | {"seq": seen["seq"] + 1})
    employer.evaluate("([place, text]) => localStorage.setItem(place, text)", [place, newer])
    assert scan(employer, code) == "not-trusted"
    expect(employer.locator("main")).not_to_contain_text("Imane Chraibi")
    expect(employer.locator(".verdict")).to_have_class(re.compile(r"\bfar\b"))


def test_without_scripts_the_page_asks_for_the_short_code(open_page: OpenPage) -> None:
    page = open_page(scripts=False)
    page.goto("/v#" + "1" * 500)
    expect(page.locator("input[name=code]")).to_be_visible()
    expect(page.locator("noscript, .note.age").first).to_be_attached()
    page.fill("input[name=code]", "BZF3-G3DK-P8FZ")
    page.locator("form:has(input[name=code]) button").click()
    expect(page.locator("#refused[role=alert]")).to_be_visible()


def test_without_scripts_the_printed_short_code_leads_to_the_verdict_until_too_many_are_tried(
    city: City, browser: Browser
) -> None:
    city.start_web()
    contexts = {
        language: browser.new_context(**Employer.phone(language=language), java_script_enabled=False)
        for language in TOO_MANY
    }
    for language, context in contexts.items():
        context.add_cookies([{"name": "lang", "value": language, "url": city.base_url}])
    page = contexts["fr"].new_page()
    sheet = page.request.get(f"{city.base_url}{city.act('address', NAME)['address']}.pdf").body()
    printed = SHORT_CODE.findall(pypdfium2.PdfDocument(sheet)[0].get_textpage().get_text_range())
    assert len(printed) == 1
    assert typed(page, city, printed[0]) == 200
    expect(page.locator(".verdict.ok h1")).to_have_text("Certificat valide")
    expect(page.locator("main")).to_contain_text(NAME)

    answers = [typed(page, city, printed[0]) for _ in range(SHORT_CODES)]
    assert 429 in answers
    for language, context in contexts.items():
        page = context.new_page()
        assert typed(page, city, printed[0]) == 429
        expect(page.locator("#refused[role=alert]")).to_have_text(TOO_MANY[language])
        expect(page.locator("input[name=code]")).to_be_visible()
        expect(page.locator(".verdict")).to_have_count(0)
        context.close()


def typed(page: Page, city: City, code: str) -> int:
    """Type a short code on the page; returns the status of the answer, which says when to come again."""
    page.goto(f"{city.base_url}/v")
    page.fill("input[name=code]", code)
    with page.expect_response(lambda answer: answer.request.method == "POST") as waited:
        page.locator("form:has(input[name=code]) button").click()
    answer = waited.value
    assert ("retry-after" in answer.headers) == (answer.status == 429)
    page.wait_for_load_state()
    return answer.status
