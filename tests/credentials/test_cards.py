"""The card for the wallet and the sheet of ten: their size, their code, what is on them and in them."""

import re
from io import BytesIO
from typing import Any

import pypdfium2  # type: ignore[import-untyped]  # it comes without types
import pytest
import zxingcpp
from PIL import Image, ImageOps
from pypdf import PdfReader

from credentials import cards, qr
from credentials.cards import render_card, render_sheet
from credentials.certificates import render_pdf
from credentials.errors import QrTooDense

from .test_certificates import CASES, CODE, face, text_of

MM = 25.4 / 72
LONG = "https://" + "h" * 33 + ".skills.ma/v#"  # a host of 43 characters


def raster(pdf: bytes, dots: int) -> Image.Image:
    """The first page as a black-and-white printer sees it."""
    page: Image.Image = pypdfium2.PdfDocument(pdf)[0].render(scale=dots / 72).to_pil().convert("L")
    return page.point(lambda light: 255 if light > 127 else 0)


@pytest.mark.parametrize("case", list(CASES.values()), ids=list(CASES))
def test_a_card_fits_a_wallet_and_scans_at_300_dots(case: dict[str, Any]) -> None:
    pdf = render_card(face(**case))
    document = pypdfium2.PdfDocument(pdf)
    width, height = document[0].get_size()
    assert (len(document), round(width * MM, 1), round(height * MM, 1)) == (1, 85.6, 54.0)
    assert [found.text for found in zxingcpp.read_barcodes(raster(pdf, 300))] == [CODE]


@pytest.mark.parametrize("render", [render_pdf, render_card])
def test_a_module_is_five_whole_dots_wide_and_its_quiet_zone_is_clear(render: Any) -> None:
    printed = raster(render(face(qr_text=LONG + "7" * 640)), 300)
    (found,) = zxingcpp.read_barcodes(printed)
    corners = found.position
    side = 17 + 4 * qr.qr_version(LONG + "7" * 640)
    assert side == 17 + 4 * 13
    around = ImageOps.invert(
        printed.crop(
            (
                corners.top_left.x - 20,
                corners.top_left.y - 20,
                corners.bottom_right.x + 21,
                corners.bottom_right.y + 21,
            )
        )
    )
    left, top, right, bottom = around.getbbox() or (0, 0, 0, 0)
    assert (right - left, bottom - top) == pytest.approx((5 * side, 5 * side), abs=1), "five dots a module"
    clear = (left, top, around.width - right, around.height - bottom)
    assert min(clear) >= 19, "four modules of white on every side"


def test_both_names_titles_code_and_address_can_be_read_out() -> None:
    text = text_of(render_card(face()))
    for part in ("Fatima-Zahra El Idrissi", "BZF3-G3DK-P8FZ", "v.skills.example/v", "20 nov. 2029"):
        assert part in text.replace("\u00a0", " ")
    assert len(re.findall("[\u0600-\u06ff]", text)) > 60


def test_a_card_carries_the_signed_file() -> None:
    attached = PdfReader(BytesIO(render_card(face()))).attachments["certificate.jwt"]
    assert [bytes(content) for content in attached] == [b"aaa.bbb.ccc"]


@pytest.mark.parametrize(
    "changes",
    [
        {"name_latin": "Abdelkader-Mohammed-Othmane Aït Lahcen Ben Cherkaoui El Idrissi El Alaoui " * 2},
        {"title_fr": "Devenir auto-entrepreneur : statut, factures, cotisations, accompagnement " * 3},
        {"issuer_fr": "Association pour la formation continue des jeunes de Sidi Moumen " * 3},
        {"name_latin": "W" * 120, "title_fr": "W" * 200},
        {"address": "h" * 33 + ".skills.ma/v"},
    ],
    ids=["name", "title", "issuer", "one word", "address"],
)
@pytest.mark.parametrize("render", [render_pdf, render_card])
def test_long_texts_stay_off_the_code_and_on_the_paper(changes: dict[str, str], render: Any) -> None:
    pdf = render(face(**changes))
    assert [found.text for found in zxingcpp.read_barcodes(raster(pdf, 300))] == [CODE]
    page = pypdfium2.PdfDocument(pdf)[0]
    width, height = page.get_size()
    text = page.get_textpage()
    for place in range(text.count_rects()):
        left, bottom, right, top = text.get_rect(place)
        assert left > 0 < bottom
        assert right < width
        assert top < height


def test_a_sheet_has_ten_cards_of_their_true_size_with_crop_marks_outside() -> None:
    codes = [f"https://v.skills.example/v#{place}" + "12345678" * 74 for place in range(10)]
    pdf = render_sheet([face(qr_text=code) for code in codes])
    document = pypdfium2.PdfDocument(pdf)
    width, height = document[0].get_size()
    assert (len(document), round(width * MM), round(height * MM)) == (1, 210, 297)
    printed = raster(pdf, 300)
    found = {code.text: code.position.top_left for code in zxingcpp.read_barcodes(printed)}
    assert set(found) == set(codes)
    apart = (found[codes[1]].x - found[codes[0]].x, found[codes[2]].y - found[codes[0]].y)
    assert [round(dots * 25.4 / 300, 1) for dots in apart] == pytest.approx([85.6, 54.0], abs=0.2)
    grid = [round(mm * 300 / 25.4) for mm in (19.4, 13.5, 190.6, 283.5)]
    assert printed.crop((0, 0, printed.width, grid[1] - 12)).getextrema()[0] == 0, "marks above"
    margin = printed.crop((grid[2] + 12, grid[1] + 20, printed.width, grid[1] + 600))
    assert margin.getextrema() == (255, 255), "no mark between the corners"


def test_a_sheet_takes_one_to_ten() -> None:
    for number in (0, cards.CARDS_A_SHEET + 1):
        with pytest.raises(ValueError, match="ten"):
            render_sheet([face()] * number)


def test_a_code_that_would_be_too_dense_is_refused() -> None:
    with pytest.raises(QrTooDense):
        render_card(face(qr_text="https://v.skills.example/v#" + "1" * 900))
