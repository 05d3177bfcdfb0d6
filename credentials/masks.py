"""Pure. The mask of a printed code: the library's own choice, with all modules weighed at once as one number.

A code is data, error correction and mask added up bit by bit, so its eight forms differ by what the empty
code of its version differs by under the eight masks. The library maps the data once, and the empty codes once
a process; the rest are a few hundred operations on one long integer, where it would walk over the modules
sixteen times.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import qrcode
from qrcode.util import create_data

MASKS = 8
#: The finder's proportions with four light modules after or before them (ISO/IEC 18004, section 7.8.3.1).
FINDERS = (0b10111010000, 0b00001011101)
LONG = 11


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the modules of a version lie in a number: row after row, with a gap of one bit between."""

    side: int

    @property
    def stride(self) -> int:
        """From a module to the one below it."""
        return self.side + 1

    def number(self, rows: list[list[bool | None]]) -> int:
        """The rows as a number; the first module is the lowest bit."""
        text = "".join(
            "0" + "".join("1" if module else "0" for module in reversed(row)) for row in reversed(rows)
        )
        return int(text, 2)

    def rows(self, number: int) -> tuple[tuple[bool, ...], ...]:
        """A number as rows."""
        text = f"{number:0{self.stride * self.side}b}"[::-1]
        return tuple(
            tuple(module == "1" for module in text[start : start + self.side])
            for start in range(0, self.stride * self.side, self.stride)
        )

    def window(self, *, right: int = 0, down: int = 0) -> int:
        """The modules that have so many more to their right, and so many below."""
        row = (1 << (self.side - right)) - 1
        return sum(row << (y * self.stride) for y in range(self.side - down))


def masked(code: "qrcode.QRCode[Any]") -> tuple[tuple[bool, ...], ...]:
    """The modules of a code whose version is known, under the mask that loses the fewest points."""
    grid = Grid(code.version * 4 + 17)
    code.makeImpl(False, 0)
    empty = _empty(code.version, code.error_correction)
    bare = grid.number(code.modules) ^ empty[0][1]
    weighed = [(lost_points(bare ^ test, grid), mask) for mask, (test, _final) in enumerate(empty)]
    return grid.rows(bare ^ empty[min(weighed)[1]][1])


@lru_cache(maxsize=16)
def _empty(version: int, level: int) -> list[tuple[int, int]]:
    """By mask, the code of this version that carries nothing but zeros: as weighed, and as printed."""
    code: qrcode.QRCode[Any] = qrcode.QRCode(version=version, error_correction=level, border=0)
    code.data_cache = [0] * len(create_data(version, level, []))
    grid = Grid(version * 4 + 17)
    found = []
    for mask in range(MASKS):
        forms = []
        for test in (True, False):
            code.makeImpl(test, mask)
            forms.append(grid.number(code.modules))
        found.append((forms[0], forms[1]))
    return found


def lost_points(modules: int, grid: Grid) -> int:
    """How badly these modules could be mistaken (ISO/IEC 18004, section 7.8.3)."""
    windows = _windows(grid)
    pairs = []
    lost = 0
    for step, (pair, long) in zip((1, grid.stride), windows, strict=True):
        alike = ~(modules ^ (modules >> step)) & pair
        pairs.append(alike)
        runs = alike & (alike >> step)
        runs &= runs >> (2 * step)
        lost += runs.bit_count() + 2 * (runs & ~(runs << step)).bit_count()
        for finder in FINDERS:
            found = long
            for place in range(LONG):
                ahead = modules >> (place * step)
                found &= ahead if finder >> place & 1 else ~ahead
            lost += 40 * found.bit_count()
    across, down = pairs
    lost += 3 * (across & (across >> grid.stride) & down).bit_count()
    share = modules.bit_count() / grid.side**2
    return lost + 10 * int(abs(share * 100 - 50) / 5)


@lru_cache(maxsize=16)
def _windows(grid: Grid) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where a pair, and a finder's proportions, may begin: across, then downwards."""
    ahead = LONG - 1
    return (
        (grid.window(right=1), grid.window(right=ahead)),
        (grid.window(down=1), grid.window(down=ahead)),
    )
