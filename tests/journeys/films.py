"""Films for a browser's camera: a hand holds a phone over a printed page, not quite still; and that phone."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]  # it comes without types
import zxingcpp
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter
from playwright.sync_api import BrowserType

from tests import services
from tests.conftest import QUIET
from tests.credentials.degrading import black_and_white

from .employers import City, Employer

CAMERA = "--use-fake-device-for-media-stream"
ALLOWED = "--use-fake-ui-for-media-stream"
SIZE = WIDTH, HEIGHT = 1280, 720
FRAMES, RATE = 24, 12
FOCAL = 1100.0  # pixels; a phone's main camera sees some 60 degrees
INK, PAPER, TABLE = 38, 214, 96  # what a camera makes of black and white in a room
NOISE = 6.0


@dataclass(frozen=True, kw_only=True)
class Print:
    """A page in grey, how many of its pixels make a millimetre, and where its code lies."""

    page: Image.Image
    density: float
    centre: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Hand:
    """How the phone is held: pixels of the film that show a millimetre of paper, and what is not ideal."""

    closeness: float
    blur: float = 0.9
    tilt: float = 14.0  # degrees
    sway: float = 9.0  # pixels
    stained: float = 0.01  # of the code's surface
    noise: float = NOISE


NEAR = Hand(closeness=10)  # 1080 lines from 15 centimetres
FAR = Hand(closeness=6.7)  # 720 lines from there
AROUND = 45.0  # millimetres of paper about a code's middle that a film shows


# -- The paper --------------------------------------------------------------------------------------
def printed(pdf: bytes, *, dots: int = 600) -> Print:
    """A certificate as a printer of so many dots to the inch puts it on paper: what lies about its code."""
    page = pypdfium2.PdfDocument(pdf)[0].render(scale=dots / 72, grayscale=True).to_pil()
    return around_code(black_and_white(page), density=dots / 25.4)


def around_code(page: Image.Image, *, density: float) -> Print:
    """What lies about the one code on a page that a verifier takes."""
    [code] = [found for found in zxingcpp.read_barcodes(page) if "/v#" in found.text]
    corners = (code.position.top_left, code.position.bottom_right)
    x, y = (sum(getattr(corner, axis) for corner in corners) / 2 for axis in "xy")
    reach = AROUND * density
    cut = page.crop((round(x - reach), round(y - reach), round(x + reach), round(y + reach)))
    return Print(page=cut, density=density, centre=(reach, reach))


# -- The phone --------------------------------------------------------------------------------------
def seen_by_camera(film: Path) -> tuple[str, str]:
    """With these words for Chromium its camera shows this film."""
    return (CAMERA, f"--use-file-for-fake-video-capture={film}")


@contextmanager
def phone(
    city: City,
    chromium: BrowserType,
    *flags: str,
    film: Path | None = None,
    language: str = "fr",
    service_workers: str = "allow",
) -> Iterator[Employer]:
    """Somebody whose camera sees this film; at the end nothing happened that must not."""
    args = [*QUIET, *(seen_by_camera(film) if film else ()), *flags]
    own = chromium.launch(executable_path=services.require_chromium(), args=args)
    context = own.new_context(
        **Employer.phone(language=language),
        service_workers=service_workers,  # type: ignore[arg-type]  # one of two words
    )
    employer = Employer(context, city.base_url, language=language)
    try:
        yield employer
    finally:
        complaints = employer.leave()
        own.close()
    assert complaints == []


def start(employer: Employer) -> None:
    """Open the page and its scanner."""
    employer.page.goto(f"{employer.base_url}/v")
    employer.page.locator("#scan-start").click()


def wait_for_scanner(employer: Employer) -> None:
    """Until the page's worker keeps the code reader, its largest part."""
    kept = """async () => {
      for (const name of await caches.keys()) {
        for (const { url } of await (await caches.open(name)).keys()) if (url.endsWith(".wasm")) return true;
      }
      return false;
    }"""
    for _ in range(100):
        if employer.page.evaluate(kept):
            return
        employer.page.wait_for_timeout(100)
    raise AssertionError("the scanner was not kept")


# -- The film ---------------------------------------------------------------------------------------
def write_film(path: Path, sheet: Print, hand: Hand) -> None:
    """The film as Chromium's fake camera plays it, in a loop."""
    with path.open("wb") as film:
        film.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420jpeg\n".encode())
        grey = b"\x80" * (WIDTH * HEIGHT // 2)
        for frame in frames(sheet, hand):
            film.write(b"FRAME\n" + frame.tobytes() + grey)


def frames(sheet: Print, hand: Hand) -> Iterator[Image.Image]:
    """Each picture of the film."""
    shrunk = min(1.0, 2 * hand.closeness / sheet.density)  # small enough that no line is lost between pixels
    density = sheet.density * shrunk
    page = sheet.page.resize([round(side * shrunk) for side in sheet.page.size], Image.Resampling.BOX)
    centre = (sheet.centre[0] * shrunk, sheet.centre[1] * shrunk)
    page = page.point([INK + (PAPER - INK) * value // 255 for value in range(256)])
    _stain(page, centre, density, hand.stained)
    noises = [Image.effect_noise(SIZE, hand.noise) for _ in range(5)]
    for number in range(FRAMES):
        turn = 2 * math.pi * number / FRAMES
        view = _view(hand, turn, density, centre)
        frame = page.transform(
            SIZE, Image.Transform.PERSPECTIVE, view, Image.Resampling.BICUBIC, fillcolor=TABLE
        )
        moved = ImageChops.offset(frame, 2 if number % 3 else 1, 0)
        frame = Image.blend(frame, moved, 0.5).filter(ImageFilter.GaussianBlur(hand.blur))
        frame = ImageEnhance.Brightness(frame).enhance(0.92 + 0.06 * math.sin(turn))
        yield ImageChops.add(frame, noises[number % len(noises)], 1, -128)


def _view(hand: Hand, turn: float, density: float, centre: tuple[float, float]) -> tuple[float, ...]:
    """From a pixel of the film to one of the page: a pinhole over a tilted plane, inverted."""
    roll = math.radians(5 + 3 * math.sin(turn))
    lean = math.radians(hand.tilt * (0.6 + 0.4 * math.cos(turn)))
    across = (math.cos(roll), math.sin(roll) * math.cos(lean), math.sin(roll) * math.sin(lean))
    down = (-math.sin(roll), math.cos(roll) * math.cos(lean), math.cos(roll) * math.sin(lean))
    away = FOCAL / hand.closeness
    shift = (
        hand.sway * math.sin(2 * turn) / hand.closeness,
        hand.sway * math.cos(turn) / hand.closeness,
        away,
    )
    (a, b, c), (d, e, f), (g, h, i) = _inverse(tuple(zip(across, down, shift, strict=True)))
    rows = []
    for at, (x, y, z) in ((centre[0], (a, b, c)), (centre[1], (d, e, f))):
        # millimetres to pixels of the page, and film coordinates from the middle of the film
        rows.append(_from_corner(density * x + at * g, density * y + at * h, density * z + at * i))
    last = _from_corner(g, h, i)
    return tuple(value / last[2] for row in (*rows, last) for value in row)[:8]


def _from_corner(x: float, y: float, z: float) -> tuple[float, float, float]:
    x, y = x / FOCAL, y / FOCAL
    return x, y, z - x * WIDTH / 2 - y * HEIGHT / 2


def _inverse(m: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
    """Of three by three, up to a factor."""
    (a, b, c), (d, e, f), (g, h, i) = m
    return (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )


def _stain(page: Image.Image, centre: tuple[float, float], density: float, share: float) -> None:
    """A drop of coffee on the code, beside its middle."""
    radius = density * 26 * math.sqrt(share / math.pi)
    x, y = centre[0] + 3.1 * density, centre[1] + 2.2 * density
    ImageDraw.Draw(page).ellipse((x - radius, y - radius, x + radius, y + radius), fill=90)
