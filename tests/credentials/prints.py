"""A population of certificates as they come out of printers, for tests and measurements of paper."""

from dataclasses import replace
from random import Random
from typing import Any

import pypdfium2  # type: ignore[import-untyped]  # it comes without types
from PIL import Image

from credentials import cards, paper, qr

from .degrading import black_and_white, printed_code
from .test_certificates import face

HOSTS = ("https://v.skills.example", "https://" + "titres-de-competences.casablanca-ville.gov.ma")
NAMES = (
    ("Ali Alami", ""),
    ("", "فاطمة الزهراء الإدريسي"),
    ("Fatima-Zahra El Idrissi", "فاطمة الزهراء الإدريسي"),
    ("Abdelkader-Mohammed-Othmane Aït Lahcen Ben Cherkaoui", "عبد القادر محمد عثمان"),
)
TITLES = (
    ("Lire et écrire", ""),
    ("", "الخطوات الأولى في استعمال الهاتف الذكي"),
    ("Français professionnel pour l’accueil – B1", "الفرنسية المهنية للاستقبال – B1"),
)
THEMES = ("languages", "digital", "financial", "health", "trades")
#: 0.40 mm where the page prints 0.4233: a printer that shrinks a little, as many do.
SHRUNK = 0.40 / qr.MODULE_MM


def population() -> list[dict[str, Any]]:
    """Names, titles, languages and addresses, with codes as dense as such claims make them."""
    chance = Random(7)
    people: list[dict[str, Any]] = []
    for host in HOSTS:
        for latin, arabic in NAMES:
            for title_fr, title_ar in TITLES:
                claim = paper.Claim(
                    name=latin or arabic,
                    title=title_fr or title_ar,
                    level="B1",
                    hours=50,
                    status=7 * 131_072 + 77_777,
                    issued_at=1_790_000_000,
                    cti=bytes(16),
                    expires_at=1_890_000_000,
                    second_name=arabic if latin else None,
                )
                length = len(paper.payload(claim)) + paper.OVERHEAD
                if length > paper.max_cose(len(f"{host}/v#")):  # as at issue
                    length = len(paper.payload(replace(claim, second_name=None))) + paper.OVERHEAD
                cose = bytes([0xD2]) + chance.randbytes(length - 1)
                people.append(
                    {
                        "name_latin": latin,
                        "name_arabic": arabic,
                        "title_fr": title_fr,
                        "title_ar": title_ar,
                        "theme": THEMES[len(people) % len(THEMES)],
                        "qr_text": paper.qr_text(base_url=host, cose=cose),
                        "address": host.removeprefix("https://") + "/v",
                    }
                )
    return people


PEOPLE = population()


def page_of(pdf: bytes, dots: int) -> Image.Image:
    """The lower part of the first page as a printer of so many dots to the inch puts it on paper."""
    page = pypdfium2.PdfDocument(pdf)[0]
    above = 110 * 72 / 25.4 if page.get_width() > 500 else 0  # an A4 page has its code below the middle
    return black_and_white(page.render(scale=dots / 72, crop=(0, 0, 0, above), grayscale=True).to_pil())


def sixteen() -> list[tuple[Image.Image, str]]:
    """Sixteen cards as a printer of 300 dots leaves them: their codes, and what these say."""
    chosen = [PEOPLE[place * len(PEOPLE) // 16] for place in range(16)]
    return [
        (printed_code(page_of(cards.render_card(face(**person)), 300)), person["qr_text"])
        for person in chosen
    ]
