"""The scanner's own modules, run by node: sharpening, finding, advice, and cameras that do not open."""

import base64
import json
import posixpath
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import qrcode
import zxingcpp
from django.contrib.staticfiles import finders
from PIL import Image, ImageFilter
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import QRData

from tests.journeys.films import Hand, Print, frames
from tests.verify.browsing import Node
from verify import scanning

VECTOR = json.loads((Path(__file__).parent / "sp1_vector.json").read_text())
URL = VECTOR["url"]
VERIFY = Path(scanning.__file__).parent / "static"
MODULES = 65  # a side of version 12


class Decoder(Node):
    """One node process with the scanner's modules."""

    def __init__(self, folder: Path) -> None:
        super().__init__("decode.mjs", f"{folder.as_uri()}/verify/")

    def look(self, act: str, picture: Image.Image, **given: Any) -> Any:
        grey = base64.b64encode(picture.convert("L").tobytes()).decode()
        return self.ask(act=act, grey=grey, width=picture.width, height=picture.height, **given)


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Decoder]:
    folder = tmp_path_factory.mktemp("static")
    for name in (*scanning.FILES, *scanning.FALLBACK):
        source = finders.find(name)
        assert source, name
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, folder / name)
    process = Decoder(folder)
    yield process
    process.stop()


def symbol(module: int) -> Image.Image:
    """The published example as a QR code."""
    head, _, digits = URL.partition("#")
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, box_size=module, border=4)
    code.add_data(QRData(f"{head}#".encode(), mode=4))  # bytes
    code.add_data(QRData(digits.encode(), mode=1))  # digits
    image: Image.Image = code.make_image().get_image()
    return image.convert("L")


def on_paper(module: int = 10) -> Print:
    """The example in the middle of a page, with modules of 0.42 mm."""
    code = symbol(module)
    page = Image.new("L", (2400, 1800), 255)
    page.paste(code, (1200 - code.width // 2, 900 - code.height // 2))
    return Print(page=page, density=module / 0.4233, centre=(1200, 900))


@pytest.fixture(scope="module")
def seen() -> dict[tuple[float, float], list[Image.Image]]:
    """By closeness and blur: the middle of some frames."""
    sheet = on_paper()

    def middles(closeness: float, blur: float) -> list[Image.Image]:
        film = list(frames(sheet, Hand(closeness=closeness, blur=blur)))[::4]
        return [frame.crop((380, 101, 898, 619)) for frame in film]

    return {key: middles(*key) for key in ((10.0, 0.9), (6.7, 0.9), (6.7, 1.6), (5.0, 1.3))}


# -- Sharpening -----------------------------------------------------------------------------------
def test_enhancing_doubles_and_leaves_an_even_grey_as_it_is(decoder: Decoder) -> None:
    made = decoder.look("enhance", Image.new("L", (30, 20), 77))
    assert (made["width"], made["height"]) == (60, 40)
    assert set(base64.b64decode(made["grey"])) == {77}


def test_enhancing_is_an_unsharp_mask_and_linear_doubling(decoder: Decoder) -> None:
    """Pillow's blur is another approximation of the same bell, so single values differ a little."""
    picture = symbol(3).filter(ImageFilter.GaussianBlur(1.2))
    made = decoder.look("enhance", picture)
    ours = Image.frombytes("L", (made["width"], made["height"]), base64.b64decode(made["grey"]))
    blurred = picture.filter(ImageFilter.GaussianBlur(1.4))
    pairs = zip(picture.tobytes(), blurred.tobytes(), strict=True)
    sharp = bytes(min(255, max(0, round(value + 1.2 * (value - soft)))) for value, soft in pairs)
    theirs = Image.frombytes("L", picture.size, sharp).resize(ours.size, Image.Resampling.BILINEAR)
    apart = sorted(abs(a - b) for a, b in zip(ours.tobytes(), theirs.tobytes(), strict=True))
    assert apart[len(apart) // 2] <= 2
    assert apart[len(apart) * 99 // 100] <= 24


def test_more_blurred_frames_are_read_after_enhancing(
    decoder: Decoder, seen: dict[tuple[float, float], list[Image.Image]]
) -> None:
    def read(picture: Image.Image) -> bool:
        return bool(zxingcpp.read_barcodes(picture))

    def sharpened(picture: Image.Image) -> Image.Image:
        made = decoder.look("enhance", picture)
        return Image.frombytes("L", (made["width"], made["height"]), base64.b64decode(made["grey"]))

    pictures = seen[6.7, 0.9]
    before = sum(read(picture) for picture in pictures)
    after = sum(read(sharpened(picture)) for picture in pictures)
    assert after > before
    assert after >= len(pictures) // 2


# -- Finding what cannot be read --------------------------------------------------------------------
@pytest.mark.parametrize(("key", "module"), [((6.7, 1.6), 2.84), ((5.0, 1.3), 2.12)])
def test_a_code_too_small_or_blurred_is_found_and_measured(
    decoder: Decoder,
    seen: dict[tuple[float, float], list[Image.Image]],
    key: tuple[float, float],
    module: float,
) -> None:
    found = [code for picture in seen[key] if (code := decoder.look("locate", picture))]
    assert len(found) >= 2
    for code in found:
        assert code["module"] / 2 == pytest.approx(module, rel=0.12)
        x, y = (sum(corner[axis] for corner in code["corners"]) / 8 for axis in "xy")
        assert (x, y) == (pytest.approx(259, abs=20), pytest.approx(259, abs=20))


def test_the_corners_found_are_those_of_the_code(decoder: Decoder) -> None:
    code = decoder.look("locate", symbol(2).filter(ImageFilter.GaussianBlur(0.7)))
    expected = [(8, 8), (8 + 2 * MODULES, 8), (8 + 2 * MODULES, 8 + 2 * MODULES), (8, 8 + 2 * MODULES)]
    # the order goes round the code, from whichever side
    corners = sorted((round(corner["x"] / 2), round(corner["y"] / 2)) for corner in code["corners"])
    for corner, (x, y) in zip(corners, sorted(expected), strict=True):
        assert corner == (pytest.approx(x, abs=3), pytest.approx(y, abs=3))


@pytest.mark.parametrize("what", ["noise", "grid", "nothing"])
def test_nothing_is_found_where_there_is_no_code(decoder: Decoder, what: str) -> None:
    pictures = {
        "noise": Image.effect_noise((400, 400), 30),
        "grid": Image.merge("L", [Image.linear_gradient("L").resize((8, 400))]).resize((400, 400)),
        "nothing": Image.new("L", (400, 400), 200),
    }
    assert decoder.look("locate", pictures[what]) is None


def test_the_part_around_a_code_stays_within_the_frame(decoder: Decoder) -> None:
    corners = [{"x": x, "y": y} for x, y in ((10, 10), (110, 12), (108, 112), (8, 110))]
    part = decoder.ask(act="around", corners=corners, frame={"width": 120, "height": 400}, share=0.25)
    assert part == {"x": 0, "y": 0, "width": 120, "height": 138}


# -- Both readers -------------------------------------------------------------------------------------
def test_each_reader_is_the_one_that_was_wanted(decoder: Decoder) -> None:
    assert decoder.ask(act="engines") == [["zxing", "zxing", ""], ["qr", "qr", "no worker"]]


@pytest.mark.parametrize("reader", ["zxing", "qr"])
def test_both_readers_read_the_published_example(decoder: Decoder, reader: str) -> None:
    assert decoder.look("read", symbol(4), by=reader) == {"texts": [URL], "located": None}
    assert decoder.look("read", symbol(2), by=reader, enhance=True) == {"texts": [URL], "located": None}
    assert decoder.look("read", Image.new("L", (90, 90), 180), by=reader)["texts"] == []


@pytest.mark.parametrize("reader", ["zxing", "qr"])
def test_frames_from_as_near_as_one_should_come_are_read(
    decoder: Decoder, seen: dict[tuple[float, float], list[Image.Image]], reader: str
) -> None:
    texts = [
        decoder.look("read", picture, by=reader, enhance=enhance)["texts"]
        for picture in seen[10.0, 0.9]
        for enhance in (False, True)
    ]
    assert texts.count([URL]) >= (len(texts) if reader == "zxing" else len(texts) // 3)
    assert [text for text in texts if text not in ([], [URL])] == []


def test_a_frame_in_which_a_code_is_only_seen_says_where(
    decoder: Decoder, seen: dict[tuple[float, float], list[Image.Image]]
) -> None:
    answers = [decoder.look("read", picture, by="zxing", enhance=True) for picture in seen[6.7, 1.6]]
    assert [answer["texts"] for answer in answers] == [[]] * len(answers)
    located = [answer["located"] for answer in answers if answer["located"]]
    assert located
    assert all(2.4 < one["module"] < 3.3 for one in located)


# -- Advice -----------------------------------------------------------------------------------------
def test_advice_follows_what_is_seen_and_does_not_flicker(decoder: Decoder) -> None:
    looks = [(0, None), (400, 2.0), (700, 2.0), (1000, 2.0), (1200, None), (2000, None), (4000, None)]
    said = decoder.ask(act="hint", looks=looks)
    assert said == ["search", "search", "search", "closer", "closer", "closer", "search"]


def test_a_code_that_is_large_enough_and_not_read_needs_light_and_a_still_hand(decoder: Decoder) -> None:
    said = decoder.ask(act="hint", looks=[(at, 3.1) for at in range(0, 4000, 500)])
    assert said[:5] == ["search"] * 5
    assert said[-1] == "still"


# -- Cameras that do not open -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        ("NotAllowedError", "denied"),
        ("SecurityError", "denied"),
        ("NotFoundError", "absent"),
        ("OverconstrainedError", "absent"),
        ("NotReadableError", "busy"),
        ("AbortError", "busy"),
        ("InvalidStateError", "other"),
    ],
)
def test_a_camera_that_does_not_open_says_why(decoder: Decoder, failure: str, reason: str) -> None:
    assert decoder.ask(act="open", failure=failure) == reason


@pytest.mark.parametrize(("secure", "reason"), [(True, "absent"), (False, "insecure")])
def test_a_browser_without_cameras_says_why(decoder: Decoder, secure: bool, reason: str) -> None:
    assert decoder.ask(act="open", missing=True, secure=secure) == reason


def test_every_reason_and_hint_has_its_words() -> None:
    template = (VERIFY.parent / "templates/verify/parts/scanner.html").read_text()
    scripts = "".join(path.read_text() for path in (VERIFY / "verify").glob("scanner*.js"))
    for name in ("denied", "absent", "busy", "insecure", "other"):
        assert f'"{name}"' in scripts
        assert f'data-word="refused-{name}"' in template
    for name in ("opening", "search", "closer", "still", "other", "photo-reading", "photo-none"):
        assert f'"{name}"' in scripts
        assert f'data-word="{name}"' in template


# -- The files ----------------------------------------------------------------------------------------
def test_the_list_of_files_is_all_that_the_scanner_leads_to() -> None:
    """A browser that keeps these scans without a network; sp1.js is the page's, which keeps it anyway."""
    reached, waiting = set(), ["verify/scanner.js"]
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        source = finders.find(name)
        assert source, name
        if name.endswith(".js"):
            named = re.findall(r"""(?:from|import\(|URL\()\s*["'](\.[^"']+)["']""", Path(source).read_text())
            waiting += [posixpath.normpath(f"{posixpath.dirname(name)}/{other}") for other in named]
    assert reached - {"verify/sp1.js", "verify/cose.js"} == {*scanning.FILES, *scanning.FALLBACK}
