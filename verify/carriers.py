"""Pure. Takes the signed document out of what carries it: a baked PNG or SVG, our PDF. Nothing else is read.

No pixel is decoded and no page is opened; whatever is found is then treated as if somebody had typed it.
"""

import logging
import struct
from collections.abc import Collection
from io import BytesIO
from xml.parsers import expat

from pypdf import Configuration, PdfReader, apply_configuration

from .errors import Malformed, TooLarge

MAX_FILE = 2 * 1024 * 1024
MAX_TEXT = 512 * 1024
PNG = b"\x89PNG\r\n\x1a\n"
PNG_KEYWORD = b"openbadgecredential"  # Open Badges 3.0, section 5.3.1
PNG_KEYWORD_CLR = b"clrcredential"  # CLR 2.0, section 5.3.1
PNG_KEYWORD_2 = b"openbadges"  # Open Badges 2.0, baking
SVG_NAMESPACE = "https://purl.imsglobal.org/ob/v3p0"  # Open Badges 3.0, section 5.3.2
SVG_ELEMENT = f"{SVG_NAMESPACE} credential"
SVG_ELEMENT_CLR = "https://purl.imsglobal.org/clr/v2p0 credential"  # CLR 2.0, section 5.3.2
SVG_ELEMENT_2 = "http://openbadges.org assertion"  # Open Badges 2.0, baking
#: Of every standard that we read.
PNG_KEYWORDS = (PNG_KEYWORD, PNG_KEYWORD_CLR, PNG_KEYWORD_2)
SVG_ELEMENTS = (SVG_ELEMENT, SVG_ELEMENT_CLR, SVG_ELEMENT_2)
ATTACHMENT = "certificate.jwt"

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it would log parts of what strangers upload
#: What a stranger's PDF may make us unpack.
PDF_LIMITS = Configuration(
    maximum_declared_stream_length=MAX_FILE,
    array_based_stream_maximum_output_length=MAX_TEXT,
    array_maximum_element_count=10_000,
    dictionary_maximum_element_count=10_000,
    lzw_maximum_output_length=MAX_TEXT,
    run_length_maximum_output_length=MAX_TEXT,
    zlib_maximum_output_length=MAX_TEXT,
    zlib_maximum_recovery_input_length=0,
    stream_filters_maximum_length=2,
    stream_decoding_work_maximum_length=MAX_FILE,
    jbig2dec_binary=None,
    disable_legacy_handling=True,
)


# -- PNG ------------------------------------------------------------------------------------------
def is_png(data: bytes) -> bool:
    """Whether the bytes begin as a PNG does."""
    return data.startswith(PNG)


def from_png(data: bytes, *, keywords: Collection[bytes] = (PNG_KEYWORD,)) -> str:
    """The text of the one chunk that has one of these keywords. Raises Malformed, TooLarge."""
    limit(data)
    found: list[str] = []
    position = len(PNG)
    while position + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 8 + length
        if end + 4 > len(data):
            raise Malformed("png-broken")
        if kind == b"iTXt":
            chunk = data[position + 8 : end]
            keyword = chunk[:80].partition(b"\0")[0]
            if keyword in keywords:
                found.append(_itxt(chunk, len(keyword) + 1))
        if kind == b"IEND":
            break
        position = end + 4
    return _only(found)


def _itxt(chunk: bytes, flags: int) -> str:
    """The text of an iTXt chunk whose flags stand there and that is not compressed (PNG, 11.3.3.4)."""
    if chunk[flags : flags + 2] != b"\0\0":
        raise Malformed("png-compressed-text")
    language_end = chunk.find(b"\0", flags + 2)
    keyword_end = chunk.find(b"\0", language_end + 1)
    if language_end < 0 or keyword_end < 0:
        raise Malformed("png-broken")
    return _text(chunk[keyword_end + 1 :])


# -- SVG ------------------------------------------------------------------------------------------
def is_svg(text: str) -> bool:
    """Whether the text begins as an XML document whose first element is ``svg``."""
    return text.startswith("<") and "<svg" in text[:4096]


def from_svg(text: str, *, elements: Collection[str] = (SVG_ELEMENT,)) -> str:
    """The ``verify`` attribute, or the content, of one of these elements. Raises Malformed, TooLarge."""
    data = text.encode(errors="replace")
    limit(data)
    reader = _SvgReader(elements)
    parser = expat.ParserCreate("UTF-8", namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    try:
        parser.Parse(data, True)
    except expat.ExpatError:
        raise Malformed("svg-broken") from None
    return _only(reader.found)


class _SvgReader:
    """Listens for the credential element; a document type is refused, so no entity can grow or fetch."""

    def __init__(self, elements: Collection[str]) -> None:
        self.elements = elements
        self.found: list[str] = []
        self.inside = False

    def doctype(self, *declaration: object) -> None:
        raise Malformed("svg-doctype")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in self.elements:
            self.found.append(attributes.get("verify", ""))
            self.inside = not self.found[-1]

    def end(self, name: str) -> None:
        if name in self.elements:
            self.inside = False

    def characters(self, text: str) -> None:
        if self.inside:
            self.found[-1] += text


# -- PDF ------------------------------------------------------------------------------------------
def is_pdf(data: bytes) -> bool:
    """Whether the bytes begin as a PDF does."""
    return data.startswith(b"%PDF-")


def from_pdf(data: bytes) -> str:
    """The text of the attachment ``certificate.jwt``. Raises Malformed, TooLarge."""
    limit(data)
    try:
        with apply_configuration(PDF_LIMITS):
            reader = PdfReader(BytesIO(data), strict=True)
            found = [
                bytes(attached.content) for attached in reader.attachment_list if attached.name == ATTACHMENT
            ]
    except Exception:  # noqa: BLE001  # whatever a stranger's file does to the library, it is unreadable
        raise Malformed("pdf-unreadable") from None
    if not found:
        raise Malformed("pdf-without-credential")
    return _only([_text(content) for content in found])


# -- All ------------------------------------------------------------------------------------------
def limit(data: bytes) -> None:
    """Refuse what is larger than any certificate. Raises TooLarge."""
    if len(data) > MAX_FILE:
        raise TooLarge("file-too-large")


def _text(data: bytes) -> str:
    if len(data) > MAX_TEXT:
        raise TooLarge("document-too-large")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Malformed("utf-8") from None


def _only(found: list[str]) -> str:
    """The one credential; none or several are refused (Open Badges 3.0, section 5.3)."""
    if not found or not found[0].strip():
        raise Malformed("image-without-credential")
    if len(found) > 1:
        raise Malformed("more-than-one-credential")
    return found[0]
