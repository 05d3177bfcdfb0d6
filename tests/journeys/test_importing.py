"""A learner brings a badge from elsewhere, by file or by a photo of its code, and shares it as what it is."""

import io
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from config.launch import Stack
from credentials.qr import qr_matrix
from tests.passport.elsewhere import as_file, given_to, identity, signed

from .door import new_phone
from .test_learner import through_the_door

OpenPage = Callable[..., Page]
NAME = "Zineb Sebti"


def newcomer(open_page: OpenPage, language: str, phone: str, *, scripts: bool) -> Page:
    """Somebody with an empty passport."""
    page = open_page(language=language, scripts=scripts)
    through_the_door(open_page, page, phone, "+212" + phone[1:])
    page.wait_for_url("**/accounts/open/")
    page.fill("#id_name_latin", NAME)
    page.locator("main form button").click()
    page.wait_for_url("**/me/")
    return page


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", ("Apporter un certificat venu d’ailleurs", "Authentique", "Le partager")),
        ("ar", ("أحضر شهادة من جهة أخرى", "أصلية", "مشاركتها")),
    ],
    ids=["fr", "ar"],
)
def test_she_brings_a_file_without_scripts_and_shares_it(
    open_page: OpenPage, language: str, words: tuple[str, ...]
) -> None:
    bring, genuine, share = words
    phone = new_phone()
    page = newcomer(open_page, language, phone, scripts=False)
    page.get_by_role("link", name=bring).click()
    file = as_file(signed(given_to(identity("+212" + phone[1:], kind="ext:phone", hashed=True))))
    page.set_input_files("#id_file", {"name": "badge.json", "mimeType": "application/json", "buffer": file})
    page.locator("#bring button.btn").click()
    page.wait_for_url("**/me/imports/*")
    expect(page.locator("h1")).to_have_text(genuine, timeout=30_000)  # the page asks again by itself
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.goto("/me/")
    expect(page.locator(".life .ring")).to_have_count(1)
    page.locator(".life h3 a").click()
    page.get_by_role("link", name=share).click()
    expect(page.locator("input[name=entries]")).to_be_checked()
    page.locator("button[value=look]").click()
    expect(page.locator(".vouched.foreign")).to_contain_text(genuine)
    page.locator("button[value=share]").click()
    link = page.locator("#link").input_value()
    other = open_page(language=language)
    other.goto(link)
    expect(other.locator(".vouched.foreign")).to_contain_text("مبادئ الترجمة")
    expect(other.locator(".verdict.ok")).to_have_count(0)


def test_a_photo_of_a_code_is_read_in_the_browser_and_its_text_alone_goes_out(
    open_page: OpenPage, stack: Stack
) -> None:
    page = newcomer(open_page, "fr", new_phone(), scripts=True)
    page.goto("/me/imports")
    sent: list[bytes] = []
    page.on("request", lambda request: sent.append(request.post_data_buffer or b""))
    photo = picture(f"{stack.base_url}/c/nothing-of-the-city")
    page.set_input_files("#id_file", {"name": "photo.png", "mimeType": "image/png", "buffer": photo})
    page.locator("#bring button.btn").click()
    page.wait_for_url("**/me/imports/*", timeout=30_000)
    expect(page.locator("h1")).to_have_text("La ville n’a aucun certificat sous ce code", timeout=30_000)
    assert any(b"/c/nothing-of-the-city" in body for body in sent)
    assert not any(b"PNG" in body for body in sent)


def test_a_photo_without_a_code_is_said_so_before_anything_is_sent(open_page: OpenPage) -> None:
    page = newcomer(open_page, "fr", new_phone(), scripts=True)
    page.goto("/me/imports")
    photo = io.BytesIO()
    Image.new("L", (320, 240), 200).save(photo, "PNG")
    page.set_input_files(
        "#id_file", {"name": "photo.png", "mimeType": "image/png", "buffer": photo.getvalue()}
    )
    page.locator("#bring button.btn").click()
    expect(page.locator("#said")).to_contain_text("Aucun code", timeout=30_000)
    assert page.url.endswith("/me/imports")


def picture(text: str) -> bytes:
    """A code of this text, as somebody photographs it."""
    matrix = qr_matrix(text)
    size = len(matrix) + 8
    drawn = Image.new("L", (size, size), 255)
    for y, row in enumerate(matrix, start=4):
        for x, dark in enumerate(row, start=4):
            drawn.putpixel((x, y), 0 if dark else 255)
    photo = io.BytesIO()
    drawn.resize((size * 8, size * 8), Image.Resampling.NEAREST).save(photo, "PNG")
    return photo.getvalue()
