"""Joins the three style sheets into the one that pages ask for: one request, and no comments on the way."""

import re
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
FOLDER = BASE_DIR / "config" / "static" / "css"
#: In the order in which they build on each other.
SHEETS = ("tokens.css", "components.css", "product.css")
JOINED = BASE_DIR / "config" / "static" / "built" / "style.css"
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
NOTICE = "/* Fonts: IBM Plex Sans, IBM Plex Sans Arabic (IBM), under OFL-1.1 */\n"


def join() -> None:
    """The one style sheet, if any of the three, or this page, has changed."""
    text = NOTICE + "".join(lighter((FOLDER / name).read_text()) for name in SHEETS)
    if not JOINED.is_file() or JOINED.read_text() != text:
        JOINED.parent.mkdir(parents=True, exist_ok=True)
        JOINED.write_text(text)


def lighter(sheet: str) -> str:
    """A sheet without comments, indents and empty lines; what it names lies beside the joined one."""
    lines = (line.strip() for line in COMMENT.sub("", sheet).splitlines())
    return "".join(f"{line}\n" for line in lines if line).replace("url(../built/", "url(")
