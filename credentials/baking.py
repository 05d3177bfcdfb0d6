"""Pure. Puts a signed document into a picture, as Open Badges 3.0 (section 5.3) says it is baked."""

import re
import struct
import zlib
from collections.abc import Mapping
from xml.sax.saxutils import escape

PNG = b"\x89PNG\r\n\x1a\n"
KEYWORD = "openbadgecredential"
NAMESPACE = "https://purl.imsglobal.org/ob/v3p0"
#: The length of a PNG's header chunk, which comes first (PNG, 5.6): 13 bytes within 12 others.
HEADER = len(PNG) + 25
_ROOT = re.compile(r"<svg\b[^>]*>")


class NoPicture(ValueError):
    """What was to be baked into is no PNG or SVG, or carries a credential already."""


# -- PNG ------------------------------------------------------------------------------------------
def into_png(picture: bytes, *, document: str, texts: Mapping[str, str]) -> bytes:
    """The PNG with the document in the one ``openbadgecredential`` chunk, before the first line of the image.

    Readers that stop where the image begins find it too. ``texts`` are the picture's own (PNG, 11.3.3.2):
    ``Title``, ``Description``. Nothing is compressed. Raises NoPicture.
    """
    if not picture.startswith(PNG) or picture[len(PNG) + 4 : len(PNG) + 8] != b"IHDR":
        raise NoPicture("png")
    if b"iTXt" + KEYWORD.encode() in picture:
        raise NoPicture("baked")
    chunks = [_text(KEYWORD, document), *(_text(keyword, text) for keyword, text in texts.items())]
    return picture[:HEADER] + b"".join(chunks) + picture[HEADER:]


def _text(keyword: str, text: str) -> bytes:
    """An iTXt chunk, neither compressed nor in a language (PNG, 11.3.3.4)."""
    return _chunk(b"iTXt", keyword.encode("latin-1") + b"\0\0\0\0\0" + text.encode())


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


# -- SVG ------------------------------------------------------------------------------------------
def into_svg(picture: bytes, *, document: str, title: str, description: str) -> bytes:
    """The SVG with the document right behind its first tag, then what it is called and shows. NoPicture."""
    drawing = picture.decode()
    root = _ROOT.search(drawing)
    if root is None:
        raise NoPicture("svg")
    if NAMESPACE in drawing:
        raise NoPicture("baked")
    opened = root[0].removesuffix(">").rstrip("/")
    spoken = "" if " role=" in opened else ' role="img"'
    return "".join(
        (
            drawing[: root.start()],
            f'{opened}{spoken} xmlns:openbadges="{NAMESPACE}">',
            f"<openbadges:credential><![CDATA[{_within(document)}]]></openbadges:credential>",
            f"<title>{escape(title)}</title><desc>{escape(description)}</desc>",
            drawing[root.end() :],
        )
    ).encode()


def _within(document: str) -> str:
    """The JSON as it may stand in a CDATA section, in one piece: readers exist that take the first alone.

    What would end the section can only stand in a string, where its last character has another spelling.
    """
    return document.replace("]]>", "]]\\u003e")
