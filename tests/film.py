"""Takes the film of a scan that the docs show: a phone's screens, from a print of the demo city to verdicts.

``python -m tests.film``, after ``make test`` has made the environment: it prints a certificate of the running
product, shows it to the camera of a real browser, kills the server in between, and writes
``docs/images/scan-*.png``.
"""

import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]  # it comes without types
from PIL import Image
from playwright.sync_api import Playwright, expect, sync_playwright

from . import services
from .journeys import films
from .journeys.employers import City, Employer, forged
from .journeys.films import Hand, Print, start

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images"
HOST = "passeport.casablanca.example"
WIDTH, HEIGHT, SHARPNESS = 360, 740, 2
COLOURS, FLAT = 80, 24  # of a picture that is kept, and how many of these are kept exactly
DOTS = 300 / 25.4  # a millimetre of the print
CLOSE = Hand(closeness=10, stained=0, noise=0)
FAR = Hand(closeness=5, blur=1.3, tilt=8, stained=0, noise=0)
SIGNED = ("active", "Fatima-Zahra El Idrissi", "Premiers secours citoyens")
REVOKED = ("revoked", "Zakaria Cherkaoui", "Devenir auto-entrepreneur : statut, factures, cotisations")
#: Side by side in the README: what is shown of each screen, from the top.
STRIP, GAP, SHOWN = ("scan-1", "scan-2", "scan-3", "scan-4"), 16, 740


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The city, a printed certificate of hers, and films of it."""

    city: City
    playwright: Playwright
    near: Path
    far: Path

    def phone(self, *, language: str, film: Path) -> AbstractContextManager[Employer]:
        """Somebody's phone, whose camera sees this film.

        To its browser the city's name is this machine, and as good as under https.
        """
        return films.phone(
            self.city,
            self.playwright.chromium,
            films.ALLOWED,
            f"--host-resolver-rules=MAP {HOST} 127.0.0.1:{self.city.stack.port}",
            f"--unsafely-treat-insecure-origin-as-secure={self.city.base_url}",
            film=film,
            language=language,
            viewport={"width": WIDTH, "height": HEIGHT},
            device_scale_factor=SHARPNESS,
        )


# -- The screens ----------------------------------------------------------------------------------
def come_closer(scene: Scene) -> None:
    """Too far away, the page says so."""
    with scene.phone(language="fr", film=scene.far) as phone:
        start(phone)
        hint = phone.page.locator("[role=status][data-hint=closer]")
        expect(hint).to_be_visible()
        phone.page.locator("#scan").evaluate("card => scrollTo(0, card.offsetTop - 12)")
        keep(phone, "scan-1")


def valid(scene: Scene) -> None:
    """What was signed, and what to compare it with."""
    with scene.phone(language="fr", film=scene.near) as phone:
        start(phone)
        assert phone.verdict() == "valid"
        keep(phone, "scan-2")


def without_network(scene: Scene) -> None:
    """The server is dead, and the phone, which was here once, says what it knows and since when."""
    with scene.phone(language="ar", film=scene.near) as phone:
        phone.settle()
        start(phone)
        assert phone.verdict() == "valid"
        phone.learns_the_city()
        phone.settle()
        scene.city.kill_web()
        phone.page.reload()
        phone.page.locator("#scan-start").click()
        assert phone.verdict() == "valid"
        assert phone.from_cache()
        phone.page.evaluate("scrollTo(0, 0)")
        keep(phone, "scan-3")
    scene.city.start_web()


def revoked(scene: Scene) -> None:
    """The provider took it back."""
    with scene.phone(language="fr", film=scene.near) as phone:
        assert phone.scan(scene.city.codes["revoked"]) == "revoked"
        keep(phone, "scan-4")


def tampered(scene: Scene) -> None:
    """One bit was changed: nothing of it is shown as a fact."""
    with scene.phone(language="ar", film=scene.near) as phone:
        assert phone.scan(forged(scene.city.codes["valid"])) == "tampered"
        keep(phone, "scan-5")


def entrance(scene: Scene) -> None:
    """A kiosk shows its verdict without the page's head, and then gives way to the next one."""
    with scene.phone(language="ar", film=scene.near) as phone:
        phone.page.goto(f"{phone.base_url}/v?kiosk")
        phone.page.locator("body[data-state=valid][data-known=now]").wait_for()
        keep(phone, "scan-6")


SCREENS: tuple[Callable[[Scene], None], ...] = (
    come_closer,
    valid,
    without_network,
    revoked,
    tampered,
    entrance,
)


def keep(phone: Employer, name: str) -> None:
    """The screen, in few colours."""
    phone.page.evaluate("() => document.fonts.ready")
    picture = Image.open(BytesIO(phone.page.screenshot())).convert("RGB")
    in_few_colours(picture).save(FOLDER / f"{name}.png", optimize=True)


def in_few_colours(picture: Image.Image) -> Image.Image:
    """Small enough for a repository: the colours that cover most stay exact, others go to the nearest."""
    raw = picture.tobytes()
    pixels = list(zip(raw[::3], raw[1::3], raw[2::3], strict=True))
    counted = Counter(pixels)
    spread = picture.quantize(COLOURS - FLAT, Image.Quantize.FASTOCTREE).getpalette() or []
    palette = [colour for colour, _ in counted.most_common(FLAT)]
    palette += zip(spread[::3], spread[1::3], spread[2::3], strict=True)
    nearest = {colour: _nearest(colour, palette) for colour in counted}
    few = Image.frombytes("P", picture.size, bytes(nearest[pixel] for pixel in pixels))
    few.putpalette([value for colour in palette for value in colour])
    return few


def _nearest(colour: tuple[int, int, int], palette: list[tuple[int, int, int]]) -> int:
    """The place in the palette."""
    r, g, b = colour
    apart = [(r - x) * (r - x) + (g - y) * (g - y) + (b - z) * (b - z) for x, y, z in palette]
    return apart.index(min(apart))


def side_by_side() -> Image.Image:
    """The first screens as one picture, at half their size."""
    screens = [Image.open(FOLDER / f"{name}.png").convert("RGB") for name in STRIP]
    strip = Image.new("RGB", ((WIDTH + GAP) * len(screens) - GAP, SHOWN), "white")
    for place, screen in enumerate(screens):
        small = screen.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        strip.paste(small.crop((0, 0, WIDTH, SHOWN)), (place * (WIDTH + GAP), 0))
    return in_few_colours(strip)


# -- The print and the camera -----------------------------------------------------------------------
def printed(city: City, address: str) -> Image.Image:
    """The certificate's page as it comes out of a colour printer."""
    page: Image.Image = (
        pypdfium2.PdfDocument(city.fetched(f"{address}.pdf"))[0].render(scale=DOTS * 25.4 / 72).to_pil()
    )
    return page.convert("RGB")


def write_film(path: Path, page: Image.Image, hand: Hand) -> None:
    """What the phone's camera sees of the page, in colour, as Chromium's fake camera plays it."""
    middle = films.middle_of_code(page)
    channels = (
        films.frames(Print(page=channel, density=DOTS, centre=middle), hand) for channel in page.split()
    )
    with path.open("wb") as film:
        film.write(films.HEAD)
        for frame in zip(*channels, strict=True):
            light, blue, red = Image.merge("RGB", frame).convert("YCbCr").split()
            film.write(b"FRAME\n" + light.tobytes() + blue.reduce(2).tobytes() + red.reduce(2).tobytes())


def main() -> int:
    """Take all of it; prints how large it is."""
    folder = Path(tempfile.mkdtemp(prefix="pp-film-", dir="/tmp"))
    try:
        with services.running_product(host=HOST) as product, sync_playwright() as playwright:
            city = City(product)
            shown = city.act("demo", *SIGNED)
            city.codes = {"valid": shown["code"], "revoked": city.act("demo", *REVOKED)["code"]}
            page = printed(city, shown["address"])
            scene = Scene(city=city, playwright=playwright, near=folder / "near.y4m", far=folder / "far.y4m")
            write_film(scene.near, page, CLOSE)
            write_film(scene.far, page, FAR)
            for take in SCREENS:
                take(scene)
    finally:
        shutil.rmtree(folder)
    side_by_side().save(FOLDER / "scan-film.png", optimize=True)
    pictures = sorted(FOLDER.glob("scan-*.png"))
    size = sum(picture.stat().st_size for picture in pictures) / 1000
    sys.stdout.write(f"{len(pictures)} pictures of a scan, {size:.0f} kB: docs/images/\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
