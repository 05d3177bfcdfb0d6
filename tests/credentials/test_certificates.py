"""The certificate on paper: one page, both scripts, a code that scans, and the signed file inside."""

import json
import random
import re
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdfium2  # type: ignore[import-untyped]  # it comes without types
import pytest
import qrcode
import zxingcpp
from pypdf import PdfReader
from qrcode.constants import ERROR_CORRECT_M

from credentials import art, qr, typesetting
from credentials.cards import render_card
from credentials.certificates import CertificateFace, render_pdf

ROOT = Path(__file__).resolve().parents[2]
CODE = "https://v.skills.example/v#" + "12345678" * 75


def face(**changes: Any) -> CertificateFace:
    """A certificate in both languages."""
    details: dict[str, Any] = {
        "name_latin": "Fatima-Zahra El Idrissi",
        "name_arabic": "فاطمة الزهراء الإدريسي",
        "title_fr": "Français professionnel pour l’accueil – B1",
        "title_ar": "الفرنسية المهنية للاستقبال – B1",
        "outcome_fr": "Accueille, écoute et oriente un client.",
        "outcome_ar": "تستقبل الزبون وتُصغي إليه وتوجّهه.",
        "issuer_fr": "Atlas Relation Client – centre de formation",
        "issuer_ar": "أطلس لعلاقات الزبناء – مركز التكوين",
        "kind": "MicroCredential",
        "theme": "languages",
        "level_label": "B1 · CNC 3",
        "hours": 50,
        "assessment_fr": "Épreuve orale",
        "assessment_ar": "اختبار شفوي",
        "awarded_on": date(2026, 11, 20),
        "valid_until": date(2029, 11, 20),
        "qr_text": CODE,
        "short_code": "BZF3-G3DK-P8FZ",
        "address": "v.skills.example/v",
        "city_fr": "Casablanca, ville apprenante",
        "city_ar": "الدار البيضاء، مدينة التعلّم",
        "achievement_id": "C03",
        "issuer_id": "atlas",
        "place": "06.141.01.53",
        "cnc_level": 3,
        "jwt": "aaa.bbb.ccc",
    }
    return CertificateFace(**details | changes)


def text_of(pdf: bytes) -> str:
    """The page's text."""
    return str(pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range())


CASES: dict[str, dict[str, Any]] = {
    "both languages": {},
    "French alone": {"title_ar": "", "outcome_ar": "", "theme": "health", "kind": "CertificateOfCompletion"},
    "Arabic alone": {"title_fr": "", "outcome_fr": "", "name_latin": "", "theme": "digital"},
    "long texts": {
        "name_latin": "Abdelkader-Mohammed-Othmane Aït Lahcen Ben Cherkaoui El Idrissi El Alaoui",
        "title_fr": "Devenir auto-entrepreneur : statut, factures, cotisations et accompagnement des coops",
        "outcome_fr": "Accueille, écoute et oriente un client ; traite une réclamation simple. " * 4,
        "theme": "trades",
    },
    "no end": {"valid_until": None, "theme": "financial"},
}


@pytest.fixture(params=list(CASES.values()), ids=list(CASES))
def printed(request: pytest.FixtureRequest) -> Iterator[bytes]:
    yield render_pdf(face(**request.param))


def test_it_is_one_landscape_page(printed: bytes) -> None:
    document = pypdfium2.PdfDocument(printed)
    assert len(document) == 1
    width, height = document[0].get_size()
    assert (round(width * 25.4 / 72), round(height * 25.4 / 72)) == (297, 210)


@pytest.mark.parametrize("dots", [300, 600])
def test_its_code_scans_from_a_black_and_white_print(dots: int) -> None:
    page = pypdfium2.PdfDocument(render_pdf(face()))[0].render(scale=dots / 72).to_pil().convert("L")
    printed = page.point(lambda light: 255 if light > 127 else 0)
    assert [found.text for found in zxingcpp.read_barcodes(printed)] == [CODE]


def test_every_case_keeps_its_code_readable(printed: bytes) -> None:
    page = pypdfium2.PdfDocument(printed)[0].render(scale=300 / 72).to_pil()
    assert [found.text for found in zxingcpp.read_barcodes(page)] == [CODE]


def test_both_names_and_the_short_code_can_be_read_out() -> None:
    text = text_of(render_pdf(face()))
    assert "Fatima-Zahra El Idrissi" in text
    assert "BZF3-G3DK-P8FZ" in text
    assert any("\u0600" <= c <= "\u06ff" for c in text)


def test_the_signed_file_is_inside() -> None:
    attached = PdfReader(BytesIO(render_pdf(face()))).attachments["certificate.jwt"]
    assert [bytes(content) for content in attached] == [b"aaa.bbb.ccc"]


def test_fonts_are_embedded() -> None:
    page = PdfReader(BytesIO(render_pdf(face()))).pages[0]
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]  # type: ignore[index]  # a page
    names = {str(font["/BaseFont"]) for font in fonts}
    assert any("IBMPlexSans" in name for name in names)
    assert any("Arabic" in name for name in names)
    assert any("Tifinagh" in name for name in names)


@pytest.mark.parametrize(
    "name", ["#eval(1)", "$x^2$", "*bold*", "a\\b", "“quoted”", "<script>", "#sys.inputs", "[x]"]
)
def test_nothing_in_a_name_is_read_as_markup(name: str) -> None:
    assert name in text_of(render_pdf(face(name_latin=name)))


@pytest.mark.parametrize("theme", art.PALETTES)
def test_a_badge_is_the_same_each_time_and_asks_for_nothing(theme: str) -> None:
    details: dict[str, Any] = {"issuer_id": "ennour", "theme": theme, "hours": 12, "level": 2}
    one = art.badge_svg(achievement_id="A", assessed=True, **details)
    assert one == art.badge_svg(achievement_id="A", assessed=True, **details)
    assert one != art.badge_svg(achievement_id="B", assessed=True, **details)
    assert one != art.badge_svg(achievement_id="A", assessed=False, **details)
    assert len(one) < 30_000
    assert "script" not in one
    assert "href" not in one
    assert "style" not in one


@pytest.mark.parametrize("theme", art.PALETTES)
def test_each_arrondissement_has_a_spot_of_its_own_on_the_border_and_none_is_hidden(theme: str) -> None:
    known = json.loads((ROOT / "passport/demo/data/arrondissements.json").read_text())["arrondissements"]
    codes = [one["code"] for one in known]
    assert len(codes) == 16
    assert len({art.station_of(code) for code in codes}) == 16
    assert not {art.station_of(code) for code in codes} & set(range(20, 28))  # there stands the foot
    details: dict[str, Any] = {"achievement_id": "A", "issuer_id": "e", "theme": theme, "hours": 12}
    drawn = {art.badge_svg(**details, level=2, assessed=True, place=code) for code in codes}
    assert len(drawn) == 16
    without = art.badge_svg(**details, level=2, assessed=True)
    ring = re.compile("<circle[^>]*/>")
    assert {ring.sub("", one) for one in drawn} == {without}


def test_a_title_in_a_badge_is_escaped() -> None:
    drawn = art.badge_svg(
        achievement_id="A", issuer_id="e", theme="digital", hours=1, level=1, assessed=True, title="<b>&"
    )
    assert "<title>&lt;b&gt;&amp;</title>" in drawn


def test_a_code_that_would_be_too_dense_is_refused() -> None:
    with pytest.raises(qr.TooDense):
        qr.qr_version("https://v.skills.example/v#" + "1" * 900)
    with pytest.raises(qr.TooDense):
        qr.qr_matrix("x" * 5000)


def test_the_mask_is_the_librarys_own_choice() -> None:
    digits = random.Random(5)
    for length in (1, 40, 300, 590, 700):
        text = "https://v.skills.example/v#" + str(digits.getrandbits(2600))[:length]
        peer: qrcode.QRCode[Any] = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0)
        peer.add_data(text)
        peer.make(fit=True)
        assert qr.qr_matrix(text) == tuple(tuple(row) for row in peer.get_matrix())


# -- Where it lies on the paper -------------------------------------------------------------------
@pytest.mark.parametrize("languages", ["both", "fr", "ar"])
def test_the_code_is_ten_millimetres_from_edges_folds_and_the_stamp(languages: str) -> None:
    changes = {"both": {}, "fr": {"title_ar": ""}, "ar": {"title_fr": ""}}[languages]
    dense = "https://v.skills.example/v#" + "12345678" * 86
    assert qr.qr_version(dense) == qr.MAX_VERSION
    pdf = render_pdf(face(qr_text=dense, **changes))
    page = pypdfium2.PdfDocument(pdf)[0].render(scale=300 / 72).to_pil().convert("L")
    (found,) = zxingcpp.read_barcodes(page)
    mm = 25.4 / 300
    left, right = found.position.top_left.x * mm, found.position.top_right.x * mm
    top, bottom = found.position.top_left.y * mm, found.position.bottom_left.y * mm
    folds = (0, 297 / 3, 297 / 2, 297 * 2 / 3, 297)
    assert min(abs(edge - fold) for edge in (left, right) for fold in folds) >= 10
    assert not any(left < fold < right for fold in folds)
    assert min(top - 105, 210 - bottom) >= 10, "the fold across, and the edge"
    star = {"both": 297 - (left + right) / 2, "fr": 216, "ar": 81}[languages]
    assert abs((left + right) / 2 - star) - (right - left) / 2 - 10 >= 10, "from a stamp of 20 mm"


# -- For readers and archives ---------------------------------------------------------------------
def walk(node: Any) -> Iterator[Any]:
    """The structure elements below this one, in reading order."""
    node = node.get_object()
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, list) else [kids]:
        below = kid.get_object() if hasattr(kid, "get_object") else kid
        if isinstance(below, dict) and "/S" in below:
            yield below
            yield from walk(below)


@pytest.mark.parametrize("render", [render_pdf, render_card])
def test_a_screen_reader_hears_headings_then_facts_with_the_pictures_named(render: Any) -> None:
    reader = PdfReader(BytesIO(render(face())))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "fr"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    elements = list(walk(root["/StructTreeRoot"]))
    kinds = [str(element["/S"]) for element in elements]
    assert kinds.index("/H1") < kinds.index("/H2")
    told = [str(element["/Alt"]) for element in elements if "/Alt" in element]
    assert told == ["Français professionnel pour l’accueil\u00a0–\u00a0B1", "QR BZF3-G3DK-P8FZ"]
    spoken = {str(element["/Lang"]) for element in elements if "/Lang" in element}
    assert any(language.startswith("ar") for language in spoken)


@pytest.mark.parametrize("render", [render_pdf, render_card])
def test_an_archive_knows_what_it_keeps(render: Any) -> None:
    reader = PdfReader(BytesIO(render(face())))
    meta = reader.metadata
    assert meta is not None
    assert meta.title == "Français professionnel pour l’accueil\u00a0–\u00a0B1 – Fatima-Zahra El Idrissi"
    assert meta.author == "Atlas Relation Client – centre de formation"
    assert meta.creation_date is not None
    assert meta.creation_date.date() == date(2026, 11, 20)
    root: Any = reader.trailer["/Root"]
    xmp = str(root["/Metadata"].get_data(), "utf-8")
    for statement in ("<pdfaid:part>3", "<pdfaid:conformance>A", "<pdfuaid:part>1"):
        assert statement in xmp


@pytest.mark.parametrize("title", ["Chinois 中文", "Emoji 😀", "Étoile ★ → ok ✓", "Tamazight ⵜⴰⵎⴰⵣⵉⵖⵜ"])
@pytest.mark.parametrize("render", [render_pdf, render_card])
def test_a_sign_that_no_font_has_keeps_nobody_from_printing(title: str, render: Any) -> None:
    pdf = render(face(title_fr=title))
    page = pypdfium2.PdfDocument(pdf)[0].render(scale=300 / 72).to_pil()
    assert [found.text for found in zxingcpp.read_barcodes(page)] == [CODE]


def test_a_template_that_fails_says_so() -> None:
    with pytest.raises(typesetting.CannotBeSet):
        typesetting.set_pdf(template="card.typ", data={}, dated=date(2026, 11, 20))
