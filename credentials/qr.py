"""Pure. The printed code: one byte segment for the link, one numeric segment for its digits, level M."""

from functools import lru_cache
from html import escape
from itertools import groupby
from typing import Any

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError

QUIET_ZONE = 4  # modules (ISO/IEC 18004, section 9.1)
MAX_VERSION = 13
MODULE_MM = 5 * 25.4 / 300  # five dots of a 300-dpi printer
#: Finder-like patterns beside four light modules, either way round, 1 for dark (section 7.8.3.1).
FINDERS = ((1, 0, 1, 1, 1, 0, 1, 0, 0, 0, 0), (0, 0, 0, 0, 1, 0, 1, 1, 1, 0, 1))


class TooDense(ValueError):
    """The text needs more than version 13: too dense to scan from paper."""


def qr_version(text: str) -> int:
    """The version that the text needs. Raises TooDense above 13."""
    try:
        version = int(_code(text).best_fit())
    except (DataOverflowError, ValueError) as error:
        raise TooDense from error
    if version > MAX_VERSION:
        raise TooDense
    return version


@lru_cache(maxsize=256)
def qr_matrix(text: str) -> tuple[tuple[bool, ...], ...]:
    """The modules, row by row, dark ones true, without the quiet zone. Raises TooDense."""
    version = qr_version(text)
    size = 17 + 4 * version
    first = _pictures(_code(text, version=version, mask=0))
    masked = [(first[0] ^ rows, first[1] ^ columns) for rows, columns in _differences(version)]
    rows, _ = min(masked, key=lambda pictures: _penalty(pictures[0], pictures[1], size))
    bits = f"{rows:0{size * size}b}"
    return tuple(tuple(bit == "1" for bit in bits[i : i + size]) for i in range(0, size * size, size))


def dark_runs(text: str) -> list[tuple[int, int, int]]:
    """The dark modules as horizontal runs: (column, row, length)."""
    runs: list[tuple[int, int, int]] = []
    for y, row in enumerate(qr_matrix(text)):
        x = 0
        for dark, group in groupby(row):
            length = len(list(group))
            if dark:
                runs.append((x, y, length))
            x += length
    return runs


def qr_svg(text: str, *, title: str) -> str:
    """The code as an SVG with its quiet zone, black on white, told by ``title`` to a screen reader."""
    side = len(qr_matrix(text)) + 2 * QUIET_ZONE
    path = "".join(
        f"M{x + QUIET_ZONE} {y + QUIET_ZONE}h{length}v1h-{length}z" for x, y, length in dark_runs(text)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges" '
        f'role="img"><title>{escape(title)}</title><path fill="#fff" d="M0 0h{side}v{side}H0z"/>'
        f'<path d="{path}"/></svg>'
    )


def _code(text: str, *, version: int | None = None, mask: int | None = None) -> "qrcode.QRCode[Any]":
    code: qrcode.QRCode[Any] = qrcode.QRCode(
        version=version, error_correction=ERROR_CORRECT_M, border=0, mask_pattern=mask
    )
    code.add_data(text)  # its default splitting finds the shortest segments here
    return code


# -- The mask ---------------------------------------------------------------------------------------
# The library lays and judges all eight masks module by module. A mask changes the same modules whatever
# the text, so one layout and eight stored differences give all eight symbols, here as whole numbers.
def _pictures(code: "qrcode.QRCode[Any]") -> tuple[int, int]:
    """The symbol as two numbers, a bit a module, the first module highest: by rows and by columns."""
    code.make(fit=False)
    matrix = code.get_matrix()
    return tuple(  # type: ignore[return-value]  # two of them
        int("".join("1" if dark else "0" for line in lines for dark in line), 2)
        for lines in (matrix, zip(*matrix, strict=True))
    )


@lru_cache(maxsize=MAX_VERSION)
def _differences(version: int) -> list[tuple[int, int]]:
    """What each of the eight masks changes in a symbol with mask 0: the data's modules and the format's."""
    masked = [_pictures(_code("0", version=version, mask=mask)) for mask in range(8)]
    return [(masked[0][0] ^ rows, masked[0][1] ^ columns) for rows, columns in masked]


def _penalty(rows: int, columns: int, size: int) -> int:
    """How ill a symbol scans (ISO/IEC 18004, section 7.8.3.1): the mask with the least is used."""
    everything = (1 << size * size) - 1
    points = 0
    for picture in (rows, columns):
        alike = ~(picture ^ picture >> 1) & _windows(size, 2)
        five = alike & alike >> 1 & alike >> 2 & alike >> 3
        points += five.bit_count() + 2 * (five & ~(five << 1)).bit_count()  # a run of n costs n - 2
        for pattern in FINDERS:
            found = _windows(size, len(pattern))
            for k, dark in enumerate(reversed(pattern)):
                found &= picture >> k if dark else ~(picture >> k)
            points += 40 * found.bit_count()
    beside = ~(rows ^ rows >> 1) & _windows(size, 2)
    blocks = beside & beside >> size & ~(rows ^ rows >> size) & everything >> size
    dark_share = 100 * rows.bit_count() / (size * size)
    return points + 3 * blocks.bit_count() + 10 * int(abs(dark_share - 50) / 5)


@lru_cache(maxsize=64)
def _windows(size: int, width: int) -> int:
    """The bits at which a stretch of ``width`` modules, read upwards, stays within its row."""
    row = (1 << size - width + 1) - 1
    return sum(row << size * y for y in range(size))
