"""An employer hands many certificates over at once: one table, a receipt, and nothing is left."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]  # it comes without types
import pytest
from playwright.sync_api import FilePayload, Page, expect

from credentials.certificates import render_pdf
from tests.verify.test_bench_print import FACE

from .door import sign_in, staff
from .piles import altered, signed_file
from .test_trainer import award

OpenPage = Callable[..., Page]
CHECKED = 30_000.0  # milliseconds


def certificate(open_page: OpenPage, latin: str, arabic: str) -> tuple[bytes, str]:
    """A certificate that a trainer issues now: the PDF as its holder hands it on, and its address."""
    page = open_page()
    sign_in(open_page, page, staff(open_page, "Trainer")[0], to="/teach/")
    address = award(page, latin=latin, arabic=arabic)
    answer = page.request.get(f"{address}.pdf")
    assert answer.ok
    return answer.body(), address


def chosen(name: str, kind: str, data: bytes) -> FilePayload:
    """A file as somebody chooses it."""
    return {"name": name, "mimeType": kind, "buffer": data}


def edited(token: bytes) -> bytes:
    """A genuine file, printed around with another's name."""
    return render_pdf(replace(FACE, name_latin="Omar Alaoui", jwt=token.decode()))


@pytest.mark.parametrize(
    ("language", "scripts", "latin", "arabic"),
    [("fr", True, "Rachida Berrada", "رشيدة برادة"), ("ar", False, "Yassine Fassi", "ياسين الفاسي")],
    ids=["fr", "ar-plain"],
)
def test_certificates_are_handed_over_read_together_and_forgotten(
    open_page: OpenPage, tmp_path: Path, language: str, scripts: bool, latin: str, arabic: str
) -> None:
    pdf, address = certificate(open_page, latin, arabic)
    token = signed_file(pdf)
    page = open_page(language=language, scripts=scripts)
    page.goto("/bench")
    page.locator("input[type=file]").set_input_files(
        [
            chosen("rachida.pdf", "application/pdf", pdf),
            chosen("omar.pdf", "application/pdf", edited(token)),
            chosen("altered.jwt", "text/plain", altered(token)),
            chosen("notes.txt", "text/plain", b"hello"),
        ]
    )
    page.fill("textarea[name=text]", f"{page.url.removesuffix('/bench')}{address}\nBZF3-G3DK-P8FZ")
    page.locator("form[enctype] > p > button").click()
    rows = page.locator(".benched tbody tr")
    expect(rows).to_have_count(6, timeout=CHECKED)
    tones = rows.locator(".found").evaluate_all("found => found.map((each) => each.classList[1])")
    assert tones == ["ok", "bent", "bent", "far", "ok", "far"]
    expect(rows.nth(0)).to_contain_text(latin)
    expect(rows.nth(0)).to_contain_text(arabic)
    expect(rows.nth(1).locator(".differing .danger").first).to_contain_text("Omar Alaoui")
    expect(rows.nth(2)).not_to_contain_text(latin)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360

    page.locator("a[href*='show=problems']").click()
    expect(rows).to_have_count(4)

    with page.expect_download() as sheet:
        page.locator("a[href$='table.csv']").click()
    assert sheet.value.path().read_bytes().startswith(b"\xef\xbb\xbf")

    receipt = page.request.get(f"{page.url.partition('?')[0]}/receipt.jwt")
    while receipt.status == 202:
        page.wait_for_timeout(500)
        receipt = page.request.get(f"{page.url.partition('?')[0]}/receipt.jwt")
    assert receipt.ok
    assert receipt.text().count(".") == 2

    here = page.url.partition("?")[0]
    page.locator("form[action$='/delete'] button").click()
    expect(page.locator(".note.ok")).to_be_visible()
    assert page.request.get(here).status == 404


def test_what_was_chosen_can_be_left_out_and_too_much_is_told_before_it_is_sent(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/bench")
    chooser = page.locator("input[type=file]")
    chooser.set_input_files([chosen("a.pdf", "application/pdf", b"%PDF-1.7")])
    chooser.set_input_files([chosen("b.pdf", "application/pdf", b"%PDF-1.7")])
    expect(page.locator("#picked li")).to_have_count(2)
    page.locator("#picked li button").first.click()
    expect(page.locator("#picked li bdi")).to_have_text(["b.pdf"])
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.fill("textarea[name=text]", "\n".join(["BZF3-G3DK-P8FZ"] * 200))
    page.locator("form[enctype] > p > button").click()
    expect(page.locator("#said .err")).to_contain_text("200")
    assert "POST" not in sent
    page.fill("textarea[name=text]", "")
    page.locator("#picked li button").click()
    page.locator("form[enctype] > p > button").click()
    expect(page.locator("#said .err")).not_to_contain_text("200")
    assert "POST" not in sent


@pytest.mark.parametrize(
    ("language", "words"), [("fr", "listés une seule fois"), ("ar", "مرة واحدة فقط"), ("en", "listed once")]
)
def test_a_file_chosen_twice_is_listed_once_and_one_that_only_looks_alike_is_another(
    open_page: OpenPage, language: str, words: str
) -> None:
    page = open_page(language=language)
    page.goto("/bench")
    chooser = page.locator("input[type=file]")
    one, other = (
        chosen("certificate.jwt", "text/plain", data) for data in (b"BZF3-G3DK-P8FZ", b"BZF3-G3DK-P8FX")
    )
    for handful in ([one], [one, other], [other]):
        chooser.set_input_files(handful)
        expect(page.locator("#picked li")).to_have_count(1 if handful == [one] else 2)
    expect(page.locator("#counted")).to_contain_text("2")
    expect(page.locator("#twice")).to_contain_text(words)
    expect(page.locator("#twice bdi")).to_have_text("certificate.jwt")
    page.locator("form[enctype] > p > button").click()
    expect(page.locator(".benched tbody tr")).to_have_count(2, timeout=CHECKED)


def test_of_a_photo_the_code_alone_is_handed_over(open_page: OpenPage) -> None:
    pdf, _address = certificate(open_page, "Meryem Sabri", "مريم صبري")
    photo = io.BytesIO()
    sheet = pypdfium2.PdfDocument(pdf)[0].render(scale=3).to_pil()
    sheet.convert("RGB").rotate(4, expand=True, fillcolor="white").save(photo, "JPEG", quality=80)
    page = open_page()
    page.goto("/bench")
    sent: list[bytes] = []
    page.on("request", lambda request: sent.append(request.post_data_buffer or b""))
    page.locator("input[type=file]").set_input_files([chosen("IMG_01.jpg", "image/jpeg", photo.getvalue())])
    page.locator("form[enctype] > p > button").click()
    row = page.locator(".benched tbody tr")
    expect(row).to_have_count(1, timeout=CHECKED)
    expect(row.locator(".found")).to_have_class(re.compile(r"\bok\b"))
    expect(row).to_contain_text("IMG_01.jpg")
    expect(row).to_contain_text("Meryem Sabri")
    assert max(map(len, sent)) < 2000 < len(photo.getvalue())


def test_a_picture_in_which_there_is_no_code_stays_on_the_device(open_page: OpenPage) -> None:
    page = open_page(language="ar")
    page.goto("/bench")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    blank = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")
    page.locator("input[type=file]").set_input_files([chosen("photo.jpg", "image/jpeg", blank)])
    page.locator("form[enctype] > p > button").click()
    expect(page.locator("#said .err")).to_contain_text("photo.jpg")
    assert "POST" not in sent


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_nothing_of_the_bench_is_wider_than_the_smallest_phone(open_page: OpenPage, language: str) -> None:
    page = open_page(language=language, width=320)
    page.goto("/bench")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.fill("textarea[name=text]", f"https://elsewhere.example/{'x' * 120}\n{'w' * 70}")
    page.locator("form[enctype] > p > button").click()
    expect(page.locator(".benched tbody tr")).to_have_count(2, timeout=CHECKED)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
