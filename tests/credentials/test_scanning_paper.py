"""Paper that scans: every print of a population, and prints that life and cameras were hard on."""

import sys

import pypdfium2  # type: ignore[import-untyped]  # it comes without types
import pytest
import zxingcpp
from PIL import Image

from credentials import cards, certificates, qr

from .degrading import SCENES, Scene, black_and_white, rate
from .prints import HOSTS, PEOPLE, SHRUNK, page_of, sixteen
from .test_certificates import face

PRINTERS = (200, 300, 600)  # dots to the inch, each of them black or white


def codes_on(printed: Image.Image) -> list[str]:
    """What a reader finds on it."""
    return sorted(code.text for code in zxingcpp.read_barcodes(printed))


def test_the_population_is_as_dense_as_codes_get() -> None:
    versions = {qr.qr_version(person["qr_text"]) for person in PEOPLE}
    assert versions == {10, 11, 12, 13}
    assert sorted({len(host) - len("https://") for host in HOSTS}) == [16, 45]


@pytest.mark.parametrize("kind", ["page", "card"])
def test_every_print_is_read_whatever_the_printer(kind: str) -> None:
    render = certificates.render_pdf if kind == "page" else cards.render_card
    for person in PEOPLE:
        pdf = render(face(**person))
        for dots in PRINTERS:
            assert codes_on(page_of(pdf, dots)) == [person["qr_text"]], dots


@pytest.mark.parametrize("place", range(0, len(PEOPLE), cards.CARDS_A_SHEET))
def test_every_card_of_a_sheet_is_read_whatever_the_printer(place: int) -> None:
    some = PEOPLE[place : place + cards.CARDS_A_SHEET]
    sheet = pypdfium2.PdfDocument(cards.render_sheet([face(**person) for person in some]))[0]
    for dots in PRINTERS:
        printed = black_and_white(sheet.render(scale=dots / 72, grayscale=True).to_pil())
        assert codes_on(printed) == sorted(person["qr_text"] for person in some), dots


@pytest.fixture(scope="module")
def prints() -> list[tuple[Image.Image, str]]:
    """Printed once for all scenes."""
    return sixteen()


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_a_hard_life_is_survived(scene: Scene, prints: list[tuple[Image.Image, str]]) -> None:
    full, small = (rate(prints, scene, size=size) for size in (1.0, SHRUNK))
    sys.stdout.write(
        f"\n{scene.name:20}{full:6.0%} at 0.42 mm{small:6.0%} at 0.40 mm  (at least {scene.least:.0%})\n"
    )
    assert min(full, small) >= scene.least


def test_a_code_printed_too_small_is_not_read(prints: list[tuple[Image.Image, str]]) -> None:
    """The measure can fail: at half the size of a module most frames are lost."""
    blurred = next(scene for scene in SCENES if scene.name == "blur 1.5")
    assert rate(prints, blurred, size=0.5) < 0.5
