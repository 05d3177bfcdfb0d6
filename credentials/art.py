"""Pure. Badge art drawn from data: a silhouette by theme, an ornament by achievement, a border by hours.

The ornament is a function of SHA-256 of the achievement's id, the border's marks of the issuer's, so a
badge is the same everywhere and no two achievements look alike. ``docs/faces.md`` describes the geometry.
"""

import hashlib
import itertools
from dataclasses import dataclass
from html import escape
from math import ceil, cos, hypot, pi, sin

Point = tuple[float, float]
SIZE = 240
CENTRE = 120.0
RADIUS = 112.0
BRASS = "#D9A441"
WHITE = "#FFFFFF"


@dataclass(frozen=True, slots=True)
class Palette:
    """The tones of a theme."""

    deep: str
    mid: str
    pale: str

    @property
    def tones(self) -> tuple[str, str, str, str, str]:
        return (self.deep, self.mid, self.pale, WHITE, BRASS)


PALETTES = {
    "languages": Palette("#134B7A", "#3F86BD", "#BCD9EC"),
    "digital": Palette("#43358A", "#7B6CC4", "#D5CFF0"),
    "financial": Palette("#6E4A06", "#B9852A", "#F0DDB0"),
    "health": Palette("#12573B", "#3E9570", "#BFE3D0"),
    "trades": Palette("#8A2F1E", "#CC6A4C", "#F3CDBE"),
}
#: Theme → (rays, choices of skip, outer radius, how far it is lowered) for the rosettes.
ROSETTES = {
    "languages": (16, (5, 6), 76.0, 0.0),
    "health": (24, (8, 9, 10), 84.0, 0.0),
    "trades": (20, (5, 6, 7), 76.0, 7.0),
}


def badge_svg(
    *,
    achievement_id: str,
    issuer_id: str,
    theme: str,
    hours: int,
    level: int,
    assessed: bool,
    title: str = "",
) -> str:
    """The badge as an SVG of 240 by 240 units, without script, style or anything from outside.

    ``hours`` fill the border (2.5 an hour mark, 48 at most), ``level`` 1 to 8 climbs the foot; what was
    attended and not assessed stands on a white plate.
    """
    palette = PALETTES[theme]
    seed = hashlib.sha256(achievement_id.encode()).digest()
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" role="img">',
        f"<title>{escape(title)}</title>" if title else "",
        _plate(theme, palette, assessed),
        _border(theme, palette, hashlib.sha256(issuer_id.encode()).digest(), hours, assessed),
        f'<g stroke="{palette.deep if assessed else palette.mid}" stroke-width="{1.1 if assessed else 0.8}" '
        'stroke-linejoin="round">',
        "".join(
            f'<path fill="{tone}" d="{shape}"/>'
            for tone, shape in _merged(_ornament(theme, palette, seed, assessed))
        ),
        "</g>",
        _foot(palette, level),
        "</svg>",
    ]
    return "".join(parts)


def frieze(theme: str, seed: bytes, *, columns: int, rows: int) -> list[tuple[str, list[Point]]]:
    """A band of zellige: unit cells with a ground and a figure, as (colour, polygon) in cell units."""
    tones = PALETTES[theme].tones
    shapes: list[tuple[str, list[Point]]] = []
    for row in range(rows):
        for column in range(columns):
            mirrored = min(column, columns - 1 - column)
            q = (mirrored * 7 + row * 13) % 32
            ground = tones[seed[q] % 4]
            figure = tones[(seed[q] % 4 + 1 + seed[(q + 9) % 32] % 4) % 5]
            x, y = float(column), float(row)
            shapes.append((ground, [(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)]))
            kind = seed[(q + 5) % 32] % 3
            if kind == 0:
                shapes.append((figure, [(x + 0.5, y), (x + 1, y + 0.5), (x + 0.5, y + 1), (x, y + 0.5)]))
            elif kind == 1:
                shapes.append((figure, [(x, y), (x, y + 1), (x + 0.5, y + 0.5)]))
                shapes.append((figure, [(x + 1, y), (x + 1, y + 1), (x + 0.5, y + 0.5)]))
            else:
                shapes.append((figure, [(x, y), (x + 1, y), (x + 0.5, y + 0.5)]))
                shapes.append((figure, [(x, y + 1), (x + 1, y + 1), (x + 0.5, y + 0.5)]))
    return shapes


# -- Numbers and paths ------------------------------------------------------------------------------
def _number(value: float) -> str:
    text = f"{value:.1f}"
    return text.removesuffix(".0") if text != "-0.0" else "0"


def _path(points: list[Point]) -> str:
    return "M" + "L".join(f"{_number(x)} {_number(y)}" for x, y in points) + "Z"


def _polar(radius: float, angle: float, *, lowered: float = 0.0) -> Point:
    """A point by its angle clockwise from the top."""
    return (CENTRE + radius * sin(angle), CENTRE + lowered - radius * cos(angle))


def _merged(shapes: list[tuple[str, list[Point]]]) -> list[tuple[str, str]]:
    """Neighbours of one tone as one path."""
    merged: list[tuple[str, list[str]]] = []
    for tone, points in shapes:
        if merged and merged[-1][0] == tone:
            merged[-1][1].append(_path(points))
        else:
            merged.append((tone, [_path(points)]))
    return [(tone, "".join(paths)) for tone, paths in merged]


# -- Silhouette, border, foot -----------------------------------------------------------------------
def _silhouette(theme: str, r: float) -> list[Point]:
    if theme == "languages":
        inner = r * cos(pi / 4) / cos(pi / 8)  # where two crossed squares meet
        return [_polar(r if i % 2 == 0 else inner, i * pi / 8) for i in range(16)]
    if theme == "digital":
        half, step = 0.86 * r, 0.13 * r
        corner = [(half - 2 * step, half), (half - 2 * step, half - step), (half - step, half - step)]
        corner += [(half - step, half - 2 * step), (half, half - 2 * step)]
        points: list[Point] = []
        for turn in range(4):
            for x, y in corner:
                px, py = (x, -y) if turn == 0 else (y, x) if turn == 1 else (-x, y) if turn == 2 else (-y, -x)
                points.append((CENTRE + px, CENTRE + py))
        return points
    if theme == "financial":
        return [_polar(r, i * pi / 3) for i in range(6)]
    if theme == "health":
        return [
            _polar(r * (0.905 + 0.095 * abs(sin(6 * angle)) ** 0.7), angle)
            for angle in (i * pi / 48 for i in range(96))
        ]
    return [_polar(1.06 * r, i * 2 * pi / 5, lowered=0.075 * r) for i in range(5)]


def _plate(theme: str, palette: Palette, assessed: bool) -> str:
    if assessed:
        return f'<path d="{_path(_silhouette(theme, RADIUS))}" fill="{palette.deep}"/>'
    outline = _path(_silhouette(theme, RADIUS - 1.5))
    return f'<path d="{outline}" fill="#fff" stroke="{palette.deep}" stroke-width="3"/>'


def _stations(outline: list[Point], count: int) -> list[Point]:
    """``count`` points equally far apart along a closed outline, from its first point on."""
    closed = [*outline, outline[0]]
    lengths = [hypot(b[0] - a[0], b[1] - a[1]) for a, b in itertools.pairwise(closed)]
    step = sum(lengths) / count
    points, walked, edge = [], 0.0, 0
    for station in range(count):
        target = station * step
        while walked + lengths[edge] < target - 1e-9:
            walked += lengths[edge]
            edge += 1
        share = (target - walked) / lengths[edge] if lengths[edge] else 0.0
        a, b = closed[edge], closed[edge + 1]
        points.append((a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share))
    return points


def _border(theme: str, palette: Palette, seed: bytes, hours: int, assessed: bool) -> str:
    inset = {"digital": 103.5, "health": 99.0}.get(theme, 101.0)
    stations = _stations(_silhouette(theme, inset), 48)
    marked = min(48, ceil(hours / 2.5))
    dots = "".join(f"M{_number(x)} {_number(y)}h.01" for x, y in stations[marked:])
    marks = []
    for q, (x, y) in enumerate(stations[:marked]):
        if seed[q % 5] % 2:
            marks.append(_path([(x, y - 3.1), (x + 3.1, y), (x, y + 3.1), (x - 3.1, y)]))
        else:
            marks.append(
                _path([(x - 1.7, y - 1.7), (x + 1.7, y - 1.7), (x + 1.7, y + 1.7), (x - 1.7, y + 1.7)])
            )
    tone = palette.pale if assessed else palette.mid
    drawn = f'<path d="{"".join(marks)}" fill="{BRASS if assessed else palette.deep}"/>'
    if dots:
        drawn = (
            f'<path d="{dots}" stroke="{tone}" stroke-width="1.8" stroke-linecap="round" opacity=".55"/>'
            + drawn
        )
    return drawn


def _foot(palette: Palette, level: int) -> str:
    bars = [f"M{93 + 7.7 * i:.1f} 231.5v-{4 + 2.6 * i:.1f}" for i in range(8)]
    filled, empty = "".join(bars[:level]), "".join(bars[level:])
    drawn = (
        '<path d="M77 236v-14h7v-9h8v-9h56v9h8v9h7v14z" fill="#fff" '
        f'stroke="{palette.deep}" stroke-width="2.5" stroke-linejoin="miter"/>'
    )
    if empty:
        drawn += f'<path d="{empty}" stroke="{palette.mid}" stroke-width="1.6" opacity=".6"/>'
    return drawn + f'<path d="{filled}" stroke="{palette.deep}" stroke-width="5.4"/>'


# -- Ornaments --------------------------------------------------------------------------------------
def _ornament(theme: str, palette: Palette, seed: bytes, assessed: bool) -> list[tuple[str, list[Point]]]:
    # An attended course is paler: deep → pale, mid → white, pale → mid, white → white, brass → pale.
    tones = palette.tones if assessed else (palette.pale, WHITE, palette.mid, WHITE, palette.pale)
    if theme == "digital":
        return _grid(tones, seed)
    if theme == "financial":
        return _facets(tones, seed)
    return _rosette(tones, palette, seed, *ROSETTES[theme], assessed=assessed)


def _rosette(
    tones: tuple[str, ...],
    palette: Palette,
    seed: bytes,
    rays: int,
    skips: tuple[int, ...],
    outer: float,
    lowered: float,
    *,
    assessed: bool,
) -> list[tuple[str, list[Point]]]:
    """An {N/k} star laid as kites, ring by ring inwards."""
    k = skips[seed[0] % len(skips)]
    radius = [outer * cos(pi * k / rays) / cos(pi * j / rays) for j in range(k + 1)]
    ring = _ring_tones(seed, k)

    def at(j: int, turn: float) -> Point:
        return _polar(radius[j], turn * pi / rays, lowered=lowered)

    gaps = tones[0] if assessed else WHITE
    shapes = [(gaps, [at(k, 2 * i), at(k - 1, 2 * i + 1), at(k, 2 * i + 2)]) for i in range(rays)]
    for j in range(k - 1, 0, -1):
        tone = ring[k - 1 - j]
        style = seed[20 + j] % 3 if j > 1 or seed[20 + j] % 3 < 2 else 0
        for i in range(rays):
            turn = 2 * i + (k - j - 1) % 2
            tip, foot = at(j + 1, turn), at(j - 1, turn)
            right, left = at(j, turn + 1), at(j, turn - 1)
            if style == 2:
                shapes.append((tones[tone], [tip, right, foot]))
                shapes.append((tones[(tone + 1) % 5], [tip, foot, left]))
            elif style == 1 and i % 2 == 0:
                shapes.append((tones[(tone + 2) % 4], [tip, right, foot, left]))
            else:
                shapes.append((tones[tone], [tip, right, foot, left]))
    centre = ring[k - 1]
    inner = [at(1, 2 * i + (k % 2)) for i in range(rays)]
    shapes.append((tones[centre], inner))
    points = 10 if rays == 20 else rays // 2
    star = [
        _polar(radius[1] * (0.92 if i % 2 == 0 else 0.5), i * pi / points, lowered=lowered)
        for i in range(2 * points)
    ]
    shapes.append((palette.deep if tones[centre] == WHITE else WHITE, star))
    return shapes


def _ring_tones(seed: bytes, count: int) -> list[int]:
    tones: list[int] = []
    previous, brass = 0, False
    for j in range(count):
        tone = (previous + 1 + seed[8 + j] % 4) % 5
        if tone == 4 and brass:
            tone = (tone + 1 + (previous == 0)) % 4
        if tone == previous:
            tone = (tone + 1) % 4
        brass = brass or tone == 4
        tones.append(tone)
        previous = tone
    return tones


def _grid(tones: tuple[str, ...], seed: bytes) -> list[tuple[str, list[Point]]]:
    """A quarter of four by four cells, reflected in both axes and the diagonal."""
    cell = 20.5
    shapes: list[tuple[str, list[Point]]] = []
    q = 0
    for j in range(4):
        for i in range(j + 1):
            kind = seed[q % 32] % 4 if i != j else (1 if seed[q % 32] % 4 else 0)
            ground = seed[(q + 5) % 32] % 5
            figure = (ground + 1 + seed[(q + 9) % 32] % 3) % 4
            places = {(i, j), (j, i)}
            for a, b in sorted(places):
                for sx, sy in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                    shapes += _cell(tones, kind, ground, figure, a, b, sx, sy, cell)
            q += 3
    return shapes


def _cell(
    tones: tuple[str, ...], kind: int, ground: int, figure: int, a: int, b: int, sx: int, sy: int, cell: float
) -> list[tuple[str, list[Point]]]:
    def at(u: float, v: float) -> Point:
        return (CENTRE + sx * (a + u) * cell, CENTRE + sy * (b + v) * cell)

    shapes = [(tones[ground], [at(0, 0), at(1, 0), at(1, 1), at(0, 1)])]
    if kind == 1:
        shapes.append((tones[figure], [at(0.5, 0), at(1, 0.5), at(0.5, 1), at(0, 0.5)]))
    elif kind == 2:
        shapes.append((tones[figure], [at(0, 0), at(1, 0), at(0, 1)]))
    elif kind == 3:
        shapes.append((tones[figure], [at(0, 0), at(1, 0), at(0.5, 0.5)]))
        shapes.append((tones[figure], [at(0, 1), at(1, 1), at(0.5, 0.5)]))
    return shapes


def _facets(tones: tuple[str, ...], seed: bytes) -> list[tuple[str, list[Point]]]:
    """A hexagon of six sectors, each of five rows of triangles."""
    rows, edge = 5, 84.0 / 5
    shapes: list[tuple[str, list[Point]]] = []
    for sector in range(6):
        first, second = sector * pi / 3, (sector + 1) * pi / 3

        def at(row: int, i: int, a: float = first, b: float = second) -> Point:
            along = (row - i, i)
            x = CENTRE + edge * (along[0] * sin(a) + along[1] * sin(b))
            y = CENTRE - edge * (along[0] * cos(a) + along[1] * cos(b))
            return (x, y)

        for row in range(rows):
            for i in range(row + 1):
                tone = seed[(3 * row + 5 * min(i, row - i)) % 32] % 5
                shapes.append((tones[tone], [at(row, i), at(row + 1, i), at(row + 1, i + 1)]))
            for i in range(row):
                tone = (seed[(3 * row + 5 * min(i, row - 1 - i) + 11) % 32] % 5 + 1) % 4
                shapes.append((tones[tone], [at(row, i), at(row + 1, i + 1), at(row, i + 1)]))
    return shapes
