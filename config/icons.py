"""Draws the city's mark as icons for home screens: PNG, for every ground and shape."""

import json
from pathlib import Path

import typst

BASE_DIR = Path(__file__).resolve().parent.parent
MARK = BASE_DIR / "config" / "static" / "img" / "mark.svg"
FOLDER = BASE_DIR / "config" / "static" / "built" / "icons"
#: File → (pixels, the part of them that the mark's height takes). A launcher may cut a maskable one to a
#: circle of four fifths (W3C manifest), so its mark stays well within.
ICONS = {
    "app-180.png": (180, 0.72),
    "app-192.png": (192, 0.78),
    "app-512.png": (512, 0.78),
    "app-maskable-512.png": (512, 0.56),
}


def draw() -> None:
    """Every icon, if the mark or this page is newer."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    newest = max(MARK.stat().st_mtime, Path(__file__).stat().st_mtime)
    for name, (pixels, part) in ICONS.items():
        target = FOLDER / name
        if not target.is_file() or target.stat().st_mtime < newest:
            target.write_bytes(icon(pixels=pixels, part=part))


def icon(*, pixels: int, part: float) -> bytes:
    """The mark on white, in the middle of a square."""
    height = pixels * part
    raised = height / 32  # a sixteenth of the drawing, above the mark, is empty
    mark = json.dumps(MARK.read_text())  # a text of Typst's is written as one of JSON's
    sheet = (
        f"#set page(width: {pixels}pt, height: {pixels}pt, margin: 0pt, fill: white)\n"
        f'#place(center + horizon, dy: -{raised}pt, image(bytes({mark}), format: "svg", height: {height}pt))'
    )
    drawn = typst.compile(sheet.encode(), format="png", ppi=72)
    if not isinstance(drawn, bytes):
        raise TypeError("one page is one picture")
    return drawn
