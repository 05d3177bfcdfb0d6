"""Pure. The printed code: one byte segment for the link, one numeric segment for its digits, level M."""

from functools import lru_cache
from html import escape
from itertools import groupby
from typing import Any

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError

from . import masks

QUIET_ZONE = 4  # modules (ISO/IEC 18004, section 9.1)
MAX_VERSION = 13
MODULE_MM = 5 * 25.4 / 300  # five dots of a 300-dpi printer


class TooDense(ValueError):
    """The text needs more than version 13: too dense to scan from paper."""


def qr_version(text: str) -> int:
    """The version that the text needs. Raises TooDense above 13."""
    return int(_fitted(text).version)


@lru_cache(maxsize=256)
def qr_matrix(text: str) -> tuple[tuple[bool, ...], ...]:
    """The modules, row by row, dark ones true, without the quiet zone. Raises TooDense."""
    return masks.masked(_fitted(text))


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


def _fitted(text: str) -> "qrcode.QRCode[Any]":
    """The code in the smallest version that takes the text."""
    code: qrcode.QRCode[Any] = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(text)  # its default splitting finds the shortest segments here
    try:
        version = int(code.best_fit())
    except (DataOverflowError, ValueError) as error:
        raise TooDense from error
    if version > MAX_VERSION:
        raise TooDense
    return code
