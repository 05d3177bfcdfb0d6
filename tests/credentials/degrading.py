"""What becomes of a printed code on its way into a telephone: print, stain, copy, camera; all of it seeded.

A print is black and white at 300 dots to the inch. The camera sees it at so many pixels a millimetre, at an
angle of its own, through a blur, with noise. No photograph stands behind this: it tells which change of a
print or of a code makes things worse, and by how much.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import zxingcpp
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

DOTS_A_MM = 300 / 25.4
PAPER, INK = 226, 34
QR_CODE = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
MARGIN = 26  # pixels of what lies around the code in a frame
SMOOTH = Image.Resampling.BICUBIC


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """How one frame is taken."""

    pixels_a_mm: float = 10.0
    blur: float = 0.55
    motion: float = 0.0
    turn: float = 4.0
    tilt: float = 0.0
    light: float = 1.0
    noise: float = 3.0


# -- The paper --------------------------------------------------------------------------------------
def black_and_white(picture: Image.Image, threshold: int = 128) -> Image.Image:
    """Every pixel either ink or not."""
    return picture.convert("L").point(lambda light: 255 if light >= threshold else 0)


def photocopied(paper: Image.Image, chance: Random) -> Image.Image:
    """Scanned a little askew, spread and thinned, and printed once more at 300 dots."""
    askew = paper.rotate(chance.uniform(-1.5, 1.5), SMOOTH, fillcolor=255)
    soft = askew.filter(ImageFilter.GaussianBlur(1.3))
    return black_and_white(noisy(soft, 10, chance), chance.randint(105, 150))


def stained(paper: Image.Image, share: float, chance: Random) -> Image.Image:
    """Drops of ink, coffee and bleach, 2 to 7 % of the width in radius, until so much of it is covered."""
    paper = paper.copy()
    drawing = ImageDraw.Draw(paper)
    left = share * paper.width * paper.height
    while left > 0:
        across, down = (chance.uniform(0.02, 0.07) * paper.width for _ in range(2))
        x, y = chance.uniform(0, paper.width), chance.uniform(0, paper.height)
        drawing.ellipse((x - across, y - down, x + across, y + down), fill=chance.choice((0, 110, 255)))
        left -= math.pi * across * down
    return paper


# -- The camera -------------------------------------------------------------------------------------
def seen(paper: Image.Image, camera: Camera, chance: Random) -> Image.Image:
    """One frame: the paper turned, tilted, lit unevenly, blurred, moved and grainy."""
    scale = camera.pixels_a_mm / DOTS_A_MM
    width, height = round(paper.width * scale), round(paper.height * scale)
    toned = paper.point(lambda light: INK + light * (PAPER - INK) // 255)
    # a lens gathers light over its pixels: first small, then askew, and not the other way round
    small = toned.filter(ImageFilter.GaussianBlur(0.45 / scale)) if scale < 1 else toned
    frame = _projected(small, (width, height), camera, chance)
    frame = ImageChops.multiply(frame, _shade(frame.size, camera.light, chance))
    frame = frame.filter(ImageFilter.GaussianBlur(camera.blur))
    if camera.motion:
        frame = _moved(frame, camera.motion, chance)
    return noisy(frame, camera.noise, chance)


def _projected(paper: Image.Image, size: tuple[int, int], camera: Camera, chance: Random) -> Image.Image:
    """The paper as a pinhole sees it, turned in its plane and tilted out of it."""
    turn = math.radians(chance.uniform(-camera.turn, camera.turn))
    tilt, about = math.radians(camera.tilt), chance.uniform(0, 2 * math.pi)
    distance = 4.0 * max(size)
    corners = []
    for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        x, y = u * size[0] / 2, v * size[1] / 2
        x, y = x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)
        along = x * math.cos(about) + y * math.sin(about)  # the axis of the tilt lies across this
        depth = along * math.sin(tilt)
        squeezed = along * (math.cos(tilt) - 1)
        x, y = x + squeezed * math.cos(about), y + squeezed * math.sin(about)
        corners.append((x * distance / (distance + depth), y * distance / (distance + depth)))
    shift = (chance.uniform(0, 1), chance.uniform(0, 1))
    left, top = min(x for x, _ in corners), min(y for _, y in corners)
    placed = [(x - left + MARGIN + shift[0], y - top + MARGIN + shift[1]) for x, y in corners]
    frame = tuple(math.ceil(max(point[axis] for point in placed)) + MARGIN for axis in (0, 1))
    source = ((0, 0), (paper.width, 0), (paper.width, paper.height), (0, paper.height))
    return paper.transform(
        (frame[0], frame[1]),
        Image.Transform.PERSPECTIVE,
        _perspective(placed, source),
        SMOOTH,
        fillcolor=PAPER,
    )


def _perspective(
    target: list[tuple[float, float]], source: tuple[tuple[float, float], ...]
) -> tuple[float, ...]:
    """The eight numbers that take each point of the frame to its point of the paper."""
    rows = []
    for (x, y), (u, v) in zip(target, source, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    for column in range(8):  # Gauss and Jordan, with the largest pivot
        pivot = max(range(column, 8), key=lambda row: abs(rows[row][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for row in range(8):
            if row != column and (factor := rows[row][column]):
                rows[row] = [a - factor * b for a, b in zip(rows[row], rows[column], strict=True)]
    return tuple(row[8] for row in rows)


def _shade(size: tuple[int, int], light: float, chance: Random) -> Image.Image:
    """Light that falls from one side."""
    dark = chance.randint(175, 220)
    ramp = Image.linear_gradient("L").rotate(90 * chance.randrange(4))
    ramp = ramp.point(lambda at: round((dark + (255 - dark) * at / 255) * light))
    return ramp.resize(size, Image.Resampling.BILINEAR)


def _moved(frame: Image.Image, length: float, chance: Random) -> Image.Image:
    """A hand that moves while the shutter is open."""
    way = chance.uniform(0, math.pi)
    steps = 5
    moved = frame
    for step in range(1, steps):
        far = length * (step / (steps - 1) - 0.5)
        shifted = frame.transform(
            frame.size,
            Image.Transform.AFFINE,
            (1, 0, far * math.cos(way), 0, 1, far * math.sin(way)),
            Image.Resampling.BILINEAR,
            fillcolor=PAPER,
        )
        moved = shifted if step == 1 else Image.blend(moved, shifted, 1 / step)
    return moved


def noisy(picture: Image.Image, sigma: float, chance: Random) -> Image.Image:
    """Grain: four even noises make one that is nearly normal, of this deviation."""
    size = picture.size
    grain = None
    for _ in range(2):
        pair = [Image.frombytes("L", size, chance.randbytes(size[0] * size[1])) for _ in range(2)]
        both = ImageChops.add(pair[0], pair[1], scale=2)
        grain = both if grain is None else ImageChops.add(grain, both, scale=2)
    assert grain is not None
    spread = 256 / math.sqrt(12) / 2
    even = grain.point(lambda value: max(0, min(255, round(128 + (value - 127.25) * sigma / spread))))
    return ImageChops.add(picture, even, scale=1, offset=-128)


# -- The reader -------------------------------------------------------------------------------------
def enhanced(frame: Image.Image) -> Image.Image:
    """The second pass of our own scanner: unsharp mask of 1.4 pixels and 1.2, then twice as large."""
    sharp = _sharpened(frame, sigma=1.4, amount=1.2)
    return sharp.resize((2 * sharp.width, 2 * sharp.height), Image.Resampling.BILINEAR)


def _sharpened(frame: Image.Image, *, sigma: float, amount: float) -> Image.Image:
    """frame + amount × (frame − its blur), each pixel kept between black and white."""
    blur = frame.filter(ImageFilter.GaussianBlur(sigma))
    lighter = ImageChops.subtract(frame, blur).point(lambda value: round(value * amount))
    darker = ImageChops.subtract(blur, frame).point(lambda value: round(value * amount))
    return ImageChops.subtract(ImageChops.add(frame, lighter), darker)


def read(frame: Image.Image) -> set[str]:
    """What either pass finds in one frame."""
    found = _found(frame)
    return found or _found(enhanced(frame))


def _found(frame: Image.Image) -> set[str]:
    return {code.text for code in zxingcpp.read_barcodes(frame, formats=QR_CODE)}


# -- What happens to papers -------------------------------------------------------------------------
def _as_it_is(paper: Image.Image, chance: Random) -> Image.Image:
    return paper


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A way in which a code is met: its camera, what happened to its paper, and how many must be read."""

    name: str
    least: float
    camera: Callable[[Random], Camera]
    paper: Callable[[Image.Image, Random], Image.Image] = _as_it_is
    rounds: int = 2


def _life(paper: Image.Image, chance: Random) -> Image.Image:
    return stained(paper, chance.uniform(0, 0.02), chance)


def _field(chance: Random) -> Camera:
    """Whatever comes: a hand, a corridor, a hurry."""
    return Camera(
        pixels_a_mm=chance.uniform(9, 10.5),
        blur=chance.uniform(0.6, 1.2),
        motion=chance.uniform(0, 2.5),
        turn=180,
        tilt=chance.uniform(0, 30),
        light=chance.uniform(0.4, 1),
        noise=chance.uniform(3, 8),
    )


SCENES = (
    Scene(name="clean", least=0.95, camera=lambda chance: Camera()),
    Scene(name="blur 1.0", least=0.95, camera=lambda chance: Camera(blur=1.0)),
    Scene(name="blur 1.5", least=0.95, camera=lambda chance: Camera(blur=1.5)),
    Scene(name="motion 3 px", least=0.95, camera=lambda chance: Camera(motion=3)),
    Scene(name="turn and tilt 25°", least=0.95, camera=lambda chance: Camera(turn=180, tilt=25)),
    Scene(name="tilt 40°", least=0.95, camera=lambda chance: Camera(tilt=40)),
    Scene(name="low light", least=0.95, camera=lambda chance: Camera(light=0.35, noise=8, blur=0.8)),
    Scene(name="photocopy", least=0.90, camera=lambda chance: Camera(), paper=photocopied),
    Scene(
        name="stain 4 %",
        least=0.50,
        camera=lambda chance: Camera(),
        paper=lambda paper, chance: stained(paper, 0.04, chance),
        rounds=4,
    ),
    Scene(name="field mix", least=0.75, camera=_field, paper=_life, rounds=3),
)


def printed_code(page: Image.Image) -> Image.Image:
    """The code on a printed page, with its quiet zone."""
    (found,) = zxingcpp.read_barcodes(page)
    at, quiet = found.position, 20
    corners = (at.top_left, at.top_right, at.bottom_right, at.bottom_left)
    left, top = min(c.x for c in corners) - quiet, min(c.y for c in corners) - quiet
    right, bottom = max(c.x for c in corners) + quiet, max(c.y for c in corners) + quiet
    return ImageOps.expand(page.crop((left, top, right + 1, bottom + 1)), 6, 255)


def rate(papers: list[tuple[Image.Image, str]], scene: Scene, *, size: float = 1.0) -> float:
    """The share of single frames of these prints that are read rightly, printed ``size`` times as large.

    Raises AssertionError for a code that is read and says something else.
    """
    right = tries = 0
    for turn in range(scene.rounds):
        for place, (paper, text) in enumerate(papers):
            chance = Random(f"{scene.name}/{turn}/{place}")
            camera = scene.camera(chance)
            camera = Camera(
                **{name: getattr(camera, name) for name in Camera.__slots__}
                | {"pixels_a_mm": camera.pixels_a_mm * size}
            )
            found = read(seen(scene.paper(paper, chance), camera, chance))
            assert found <= {text}, f"{scene.name}: another text was read"
            right += text in found
            tries += 1
    return right / tries
