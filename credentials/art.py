"""Pure. Badge art from data: silhouette by theme, ornament by achievement, border by hours, ring by place.

The ornament is a function of SHA-256 of the achievement's id, the border's marks of the issuer's, so a
badge is the same everywhere and no two achievements look alike. Angles run clockwise from the top.
"""

import hashlib
import itertools
from dataclasses import dataclass
from html import escape
from math import ceil, cos, hypot, pi, sin

Point = tuple[float, float]
Shape = tuple[str, list[Point]]
Tones = tuple[str, str, str, str, str]
SIZE = 240
CENTRE = 120.0
RADIUS = 112.0
BRASS = "#D9A441"
WHITE = "#FFFFFF"
#: Places of three of the five tones.
DEEP, PLAIN, GILT = 0, 3, 4


@dataclass(frozen=True, slots=True)
class Palette:
    """The tones of a theme."""

    deep: str
    mid: str
    pale: str

    @property
    def tones(self) -> Tones:
        """What an assessed badge is laid with."""
        return (self.deep, self.mid, self.pale, WHITE, BRASS)

    @property
    def attended_tones(self) -> Tones:
        """What a badge for attendance is laid with, on its white plate."""
        return (self.pale, WHITE, self.mid, WHITE, self.pale)


@dataclass(frozen=True, slots=True)
class Rosette:
    """An {N/k} star: its rays, the skips it may have, its size and the points of the star in its middle."""

    rays: int
    skips: tuple[int, ...]
    outer: float
    points: int
    lowered: float = 0.0


PALETTES = {
    "languages": Palette("#134B7A", "#3F86BD", "#BCD9EC"),
    "digital": Palette("#43358A", "#7B6CC4", "#D5CFF0"),
    "financial": Palette("#6E4A06", "#B9852A", "#F0DDB0"),
    "health": Palette("#12573B", "#3E9570", "#BFE3D0"),
    "trades": Palette("#8A2F1E", "#CC6A4C", "#F3CDBE"),
}
ROSETTES = {
    "languages": Rosette(rays=16, skips=(5, 6), outer=76.0, points=8),
    "health": Rosette(rays=24, skips=(8, 9, 10), outer=84.0, points=12),
    "trades": Rosette(rays=20, skips=(5, 6, 7), outer=76.0, points=10, lowered=7.0),
}
CELL = 20.5
#: Of the border's 48 stations, those up to the foot and those that it covers.
BEFORE_FOOT, UNDER_FOOT = 20, 8
SQUARE: list[Point] = [(0, 0), (1, 0), (1, 1), (0, 1)]
#: What may lie on a square cell: nothing, a lozenge, a half, an hourglass.
FIGURES: tuple[list[list[Point]], ...] = (
    [],
    [[(0.5, 0), (1, 0.5), (0.5, 1), (0, 0.5)]],
    [[(0, 0), (1, 0), (0, 1)]],
    [[(0, 0), (1, 0), (0.5, 0.5)], [(0, 1), (1, 1), (0.5, 0.5)]],
)
#: What may lie on a tile of the frieze: a lozenge, an hourglass, an hourglass on its side.
BAND_FIGURES: tuple[list[list[Point]], ...] = (
    FIGURES[1],
    FIGURES[3],
    [[(0, 0), (0, 1), (0.5, 0.5)], [(1, 0), (1, 1), (0.5, 0.5)]],
)
#: What XML 1.0 forbids in text (section 2.2).
FORBIDDEN = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF])


def badge_svg(
    *,
    achievement_id: str,
    issuer_id: str,
    theme: str,
    hours: int,
    level: int,
    assessed: bool,
    place: str = "",
    title: str = "",
) -> str:
    """The badge as an SVG of 240 by 240 units, without script, style or anything from outside.

    ``hours`` fill the border (a mark for 2.5 hours, 48 at most), ``level`` 1 to 8 climbs the foot; what was
    attended and not assessed stands on a white plate. ``place``, the provider's arrondissement by its HCP
    code, has one station of the border ringed: badges of one neighbourhood wear their ring in one spot.
    """
    palette = PALETTES[theme]
    seed = hashlib.sha256(achievement_id.encode()).digest()
    ornament = "".join(
        f'<path fill="{tone}" d="{shape}"/>'
        for tone, shape in _merged(_ornament(theme, palette, seed, assessed))
    )
    return "".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" role="img">',
            f"<title>{escape(title.translate(FORBIDDEN))}</title>" if title else "",
            _plate(theme, palette, assessed),
            _border(theme, palette, hashlib.sha256(issuer_id.encode()).digest(), hours, assessed),
            _ring(theme, palette, place, assessed) if place else "",
            f'<g stroke="{palette.deep}" stroke-width="1.1" stroke-linejoin="round">'
            if assessed
            else f'<g stroke="{palette.mid}" stroke-width="0.8" stroke-linejoin="round">',
            ornament,
            "</g>",
            _foot(palette, level),
            "</svg>",
        )
    )


def zellige_band_svg(*, theme: str, achievement_id: str, columns: int = 60, rows: int = 2) -> str:
    """A frieze of square tiles in the theme's tones, one unit a tile; six patterns a row, there and back."""
    tones = PALETTES[theme].tones
    seed = hashlib.sha256(achievement_id.encode()).digest()
    shapes: list[Shape] = []
    for row in range(rows):
        patterns = _band_patterns(seed, row)
        for column in range(columns):
            ground, figure, parts = patterns[min(column % 12, 11 - column % 12)]
            shapes.append((tones[ground], [(column + u, row + v) for u, v in SQUARE]))
            shapes += [(tones[figure], [(column + u, row + v) for u, v in part]) for part in parts]
    drawn = "".join(f'<path fill="{tone}" d="{shape}"/>' for tone, shape in _merged(shapes))
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {columns} {rows}">{drawn}</svg>'


def _band_patterns(seed: bytes, row: int) -> list[tuple[int, int, list[list[Point]]]]:
    """Six tiles as ground, figure and its parts: the grounds of neighbours differ, figures stand out."""
    patterns, previous = [], GILT
    for i in range(6):
        q = 6 * row + i
        ground = seed[q % 32] % 4
        if ground == previous:
            ground = (ground + 1) % 4
        figure = (ground + 1 + seed[(q + 12) % 32] % 4) % 5
        patterns.append((ground, figure, BAND_FIGURES[seed[(q + 20) % 32] % 3]))
        previous = ground
    return patterns


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
    outline = _path(_silhouette(theme, RADIUS - 2))
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


def _border_stations(theme: str) -> list[Point]:
    inset = {"digital": 103.5, "health": 99.0}.get(theme, 101.0)
    return _stations(_silhouette(theme, inset), 48)


def station_of(place: str) -> int:
    """An arrondissement's station, by the digits that end its HCP code: round the border, past the foot."""
    digits = place.rsplit(".", 1)[-1]
    turn = int(digits) % 80 // 2 if digits.isdecimal() else 0
    return turn if turn < BEFORE_FOOT else turn + UNDER_FOOT


def _ring(theme: str, palette: Palette, place: str, assessed: bool) -> str:
    x, y = _border_stations(theme)[station_of(place)]
    tone = WHITE if assessed else palette.deep
    return (
        f'<circle cx="{_number(x)}" cy="{_number(y)}" r="5" fill="none" stroke="{tone}" stroke-width="1.5"/>'
    )


def _border(theme: str, palette: Palette, seed: bytes, hours: int, assessed: bool) -> str:
    stations = _border_stations(theme)
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
    bars = [f"M{_number(93 + 7.7 * i)} 231.5v-{_number(4 + 2.6 * i)}" for i in range(8)]
    filled, empty = "".join(bars[:level]), "".join(bars[level:])
    drawn = (
        '<path d="M77 236v-14h7v-9h8v-9h56v9h8v9h7v14z" fill="#fff" '
        f'stroke="{palette.deep}" stroke-width="2.5" stroke-linejoin="miter"/>'
    )
    if empty:
        drawn += f'<path d="{empty}" stroke="{palette.mid}" stroke-width="1.6" opacity=".6"/>'
    return drawn + f'<path d="{filled}" stroke="{palette.deep}" stroke-width="5.4"/>'


# -- Ornaments --------------------------------------------------------------------------------------
def _ornament(theme: str, palette: Palette, seed: bytes, assessed: bool) -> list[Shape]:
    tones = palette.tones if assessed else palette.attended_tones
    if theme == "digital":
        return _grid(tones, seed)
    if theme == "financial":
        return _facets(tones, seed)
    return _rosette(tones, seed, ROSETTES[theme], gap=palette.deep if assessed else WHITE)


def _rosette(tones: Tones, seed: bytes, rosette: Rosette, *, gap: str) -> list[Shape]:
    """An {N/k} star laid as kites, ring by ring inwards, and a small star in its middle."""
    rays = rosette.rays
    k = rosette.skips[seed[0] % len(rosette.skips)]
    radii = [rosette.outer * cos(pi * k / rays) / cos(pi * j / rays) for j in range(k + 1)]
    ring = _ring_tones(seed, k)

    def at(j: int, turn: int) -> Point:
        return _polar(radii[j], turn * pi / rays, lowered=rosette.lowered)

    shapes = [(gap, [at(k, 2 * i), at(k - 1, 2 * i + 1), at(k, 2 * i + 2)]) for i in range(rays)]
    for j in range(k - 1, 0, -1):
        tone, style = ring[j], seed[20 + j] % 3
        for i in range(rays):
            turn = 2 * i + (k - j - 1) % 2
            tip, right, left = at(j + 1, turn), at(j, turn + 1), at(j, turn - 1)
            # the innermost kites are triangles: their feet lie on the line between their sides
            kite = [tip, right, left] if j == 1 else [tip, right, at(j - 1, turn), left]
            if style == 2 and j > 1:
                shapes.append((tones[tone], [tip, right, kite[2]]))
                shapes.append((tones[(tone + 1) % 4], [tip, kite[2], left]))
            elif style == 1 and i % 2 == 0:
                shapes.append((tones[(tone + 2) % 4], kite))
            else:
                shapes.append((tones[tone], kite))
    first = (k - 1) % 2
    shapes.append((tones[ring[0]], [at(1, 2 * i + first) for i in range(rays)]))
    star = [
        _polar(radii[1] * (0.5 if i % 2 else 0.92), i * pi / rosette.points, lowered=rosette.lowered)
        for i in range(2 * rosette.points)
    ]
    shapes.append((tones[DEEP if ring[0] == PLAIN else PLAIN], star))
    return shapes


def _ring_tones(seed: bytes, count: int) -> list[int]:
    """One tone a ring, from the centre outwards: neighbours differ, and brass comes once at most."""
    tones: list[int] = []
    previous = DEEP
    for j in range(count):
        tone = (previous + 1 + seed[8 + j] % 4) % 5
        if tone == GILT and GILT in tones:
            tone = (tone + 1 + (previous == DEEP)) % 4
            if tone == previous:
                tone = (tone + 1) % 4
        tones.append(tone)
        previous = tone
    return tones


def _grid(tones: Tones, seed: bytes) -> list[Shape]:
    """A quarter of four by four cells, reflected in both axes and the diagonal."""
    shapes: list[Shape] = []
    q = 0
    for j in range(4):
        for i in range(j + 1):
            kind = seed[q % 32] % 4
            if i == j and kind == 3:
                kind = 1  # an hourglass is not its own reflection in the diagonal; a lozenge is
            ground = seed[(q + 5) % 32] % 5
            figure = (ground + 1 + seed[(q + 9) % 32] % 3) % 4
            places = [
                (column, row, across, down, swapped)
                for across in (1, -1)
                for down in (1, -1)
                for column, row, swapped in ([(i, j, False)] if i == j else [(i, j, False), (j, i, True)])
            ]
            shapes += [(tones[ground], _tile(SQUARE, *place)) for place in places]
            for part in FIGURES[kind]:
                shapes += [(tones[figure], _tile(part, *place)) for place in places]
            q += 3
    return shapes


def _tile(part: list[Point], column: int, row: int, across: int, down: int, swapped: bool) -> list[Point]:
    """A figure of the unit cell, laid at a place of the grid."""
    return [
        (
            CENTRE + across * (column + (v if swapped else u)) * CELL,
            CENTRE + down * (row + (u if swapped else v)) * CELL,
        )
        for u, v in part
    ]


def _facets(tones: Tones, seed: bytes) -> list[Shape]:
    """A hexagon of six sectors, each of five rows of triangles."""
    edge = 84.0 / 5
    shapes: list[Shape] = []
    for sector in range(6):
        first, second = sector * pi / 3, (sector + 1) * pi / 3

        def at(row: int, i: int, a: float = first, b: float = second) -> Point:
            return (
                CENTRE + edge * ((row - i) * sin(a) + i * sin(b)),
                CENTRE - edge * ((row - i) * cos(a) + i * cos(b)),
            )

        for row in range(5):
            for i in range(row + 1):
                tone = seed[(3 * row + 5 * min(i, row - i)) % 32] % 5
                shapes.append((tones[tone], [at(row, i), at(row + 1, i), at(row + 1, i + 1)]))
                if i < row:
                    tone = (seed[(3 * row + 5 * min(i, row - 1 - i) + 11) % 32] % 5 + 1) % 4
                    shapes.append((tones[tone], [at(row, i), at(row + 1, i + 1), at(row, i + 1)]))
    return shapes
