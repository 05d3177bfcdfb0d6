"""Pure. Reads what is printed on the first pages of a PDF, line by line, whichever way the lines run.

Written for our own certificates, whose Arabic must come out letter by letter as it went in: a run is marked
as drawn from its end, a letter may be drawn with its mark apart, and a line is put together by its places
on the page. What other programs write is read as far as the same rules carry; nothing is rendered.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import pairwise
from typing import Any

from pypdf import PdfReader, apply_configuration

from .carriers import PDF_LIMITS, limit
from .errors import Malformed

MAX_PAGES = 2
MAX_FORMS = 8
MAX_GLYPHS = 20_000
MAX_CONTENT = 512 * 1024
MAX_CODES = 70_000  # of a font: what a table may map, however it says so
MAX_OPERANDS = 5_000
MAX_OF_CODE = 16  # characters that one code may stand for
MAX_OF_RUN = 400
GAP = 0.4  # of the size of letters: what stands so far apart is two words
ARABIC = re.compile(r"[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]")
#: Kinds of annotation that lay something over the page (ISO 32000-2, 12.5.6).
OVERLAYS = {"/FreeText", "/Stamp", "/Square", "/Ink", "/Redact", "/Widget", "/Polygon", "/Line"}

#: Lines and curves of a drawing are most of a page, and are passed over at once: the first alternative.
_TOKEN = re.compile(
    rb"((?:(?:(?:[-+.0-9]+\s+){2,6}[lmcvy]|h)\s+)+)|"
    rb"\(|<<|>>|<[0-9A-Fa-f\s]*>|\[|\]|/[^\s()<>\[\]{}/%]*|[-+.0-9]+|[A-Za-z'\"*]+|%[^\r\n]*"
)
_IN_STRING = re.compile(rb"[()]|\\.", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_ESCAPED = {
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"b": b"\b",
    b"f": b"\f",
    b"\n": b"",
    b"\r": b"",
    b"\r\n": b"",
}
_BFCHAR = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_BFRANGE = re.compile(rb"beginbfrange(.*?)endbfrange", re.DOTALL)
_HEX = re.compile(rb"<([0-9A-Fa-f]+)>")
_SUBSET = re.compile(r"^/(?:[A-Z]{6}\+)?")
_RANGE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*(<[0-9A-Fa-f]+>|\[[^\]]*\])")

Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Line:
    """What stands on one line in the order in which it is read, and how its letters are set."""

    text: str
    size: float
    face: str
    height: float  # above the foot of the page


@dataclass(frozen=True, slots=True)
class Print:
    """The lines of a PDF; ``overlaid`` when something was laid over its pages afterwards."""

    lines: list[Line]
    overlaid: bool


@dataclass(frozen=True, slots=True)
class _Run:
    """Some letters that were drawn together: where, how far, how large, and as they are read."""

    x: float
    y: float
    width: float
    size: float
    face: str
    text: str


def read(data: bytes) -> Print:
    """What the first pages show. Raises Malformed, TooLarge."""
    limit(data)
    try:
        with apply_configuration(PDF_LIMITS):
            reader = PdfReader(BytesIO(data), strict=True)
            pages = [reader.pages[number] for number in range(min(len(reader.pages), MAX_PAGES))]
            runs = [run for page in pages for run in _runs_of(page)]
            return Print(lines=_lines(runs), overlaid=any(_is_overlaid(page) for page in pages))
    except Exception:  # noqa: BLE001  # whatever a stranger's file does to the library, it is unreadable
        raise Malformed("pdf-unreadable") from None


def _is_overlaid(page: Any) -> bool:
    notes = page.get("/Annots") or []
    return any(str(note.get_object().get("/Subtype")) in OVERLAYS for note in list(notes)[:100])


# -- Lines ----------------------------------------------------------------------------------------
def _lines(runs: list[_Run]) -> list[Line]:
    """Runs that follow each other at one height are a line; one with Arabic is read from its right."""
    lines: list[list[_Run]] = []
    for run in runs:
        last = lines[-1][-1] if lines else None
        if last and abs(last.y - run.y) < 0.2 * max(last.size, run.size, 1.0):
            lines[-1].append(run)
        else:
            lines.append([run])
    return [_line(line) for line in lines]


def _line(runs: list[_Run]) -> Line:
    from_right = any(ARABIC.search(run.text) for run in runs)
    ordered = sorted(runs, key=lambda run: run.x, reverse=from_right)
    text = ordered[0].text
    for before, run in pairwise(ordered):
        left, right = (run, before) if from_right else (before, run)
        apart = right.x - left.x - left.width > GAP * run.size
        text += f" {run.text}" if apart else run.text
    return Line(text=text, size=max(run.size for run in runs), face=ordered[0].face, height=ordered[0].y)


def _runs_of(page: Any) -> list[_Run]:
    contents = page.get_contents()
    content = contents.get_data() if contents is not None else b""
    drawing = _Drawing()
    drawing.draw(content, page.get("/Resources") or {}, IDENTITY, depth=0)
    return drawing.runs


# -- Fonts ----------------------------------------------------------------------------------------
@dataclass(slots=True)
class _Font:
    """How the codes of a font are read, and which of them take no room: marks that belong to a letter."""

    wide: bool
    face: str = ""
    texts: dict[int, str] = field(default_factory=dict)
    widths: dict[int, float] = field(default_factory=dict)
    width: float = 500.0  # of all others

    def glyphs(self, data: bytes) -> Iterator[tuple[str, float]]:
        """The text of each code, and the room that it takes, in thousandths of its size."""
        codes = struct.unpack(f">{len(data) // 2}H", data[: len(data) // 2 * 2]) if self.wide else data
        for code in codes:
            text = self.texts.get(code)
            if text is None:
                text = "" if self.wide else bytes([code]).decode("cp1252", "replace")
            yield text, self.widths.get(code, self.width)


def _font(described: Any) -> _Font:
    face = _SUBSET.sub("", str(described.get("/BaseFont", "")))
    font = _Font(wide=str(described.get("/Subtype")) == "/Type0", face=face)
    if (table := described.get("/ToUnicode")) is not None and hasattr(table.get_object(), "get_data"):
        font.texts = _texts(table.get_object().get_data())
    if font.wide:
        inner = described["/DescendantFonts"][0].get_object()
        font.width = float(inner.get("/DW", 1000))
        font.widths = _widths(list(inner.get("/W") or []))
    return font


def _texts(table: bytes) -> dict[int, str]:
    """Code → text, as a ToUnicode table says (ISO 32000-2, 9.10.3)."""
    found: dict[int, str] = {}
    for block in _BFCHAR.findall(table):
        parts = _HEX.findall(block)
        for code, text in zip(parts[::2], parts[1::2], strict=False):
            found[int(code[:8], 16)] = _utf16(text)
    room = MAX_CODES
    for block in _BFRANGE.findall(table):
        for first, last, texts in _RANGE.findall(block):
            start, end = int(first[:8], 16), int(last[:8], 16)
            codes = range(start, min(end, start + room - 1) + 1)
            room -= len(codes)
            given = _HEX.findall(texts)
            if texts.startswith(b"["):
                found.update((code, _utf16(text)) for code, text in zip(codes, given, strict=False))
            elif text := _utf16(given[0]):
                before, letter = text[:-1], ord(text[-1])
                found.update((code, before + chr((letter + n) % 0x110000)) for n, code in enumerate(codes))
    return found


def _utf16(digits: bytes) -> str:
    digits = digits[: 4 * MAX_OF_CODE]
    return bytes.fromhex(digits.decode() + "0" * (len(digits) % 2)).decode("utf-16-be", "replace")


def _widths(listed: list[Any]) -> dict[int, float]:
    """Code → width (ISO 32000-2, 9.7.4.3)."""
    found: dict[int, float] = {}
    place, room = 0, MAX_CODES
    while place + 1 < len(listed):
        first, second = int(listed[place]), listed[place + 1]
        if isinstance(second, list):
            found.update((first + n, float(width)) for n, width in enumerate(second))
            place += 2
        elif place + 2 < len(listed):
            codes = range(first, min(int(second), first + room - 1) + 1)
            room -= len(codes)
            found.update(dict.fromkeys(codes, float(listed[place + 2])))
            place += 3
        else:
            break
    return found


# -- Drawing --------------------------------------------------------------------------------------
def _times(one: Matrix, other: Matrix) -> Matrix:
    a, b, c, d, e, f = one
    g, h, i, j, k, m = other
    return (
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        e * g + f * i + k,
        e * h + f * j + m,
    )


class _Drawing:
    """Follows the operators that place and draw text; all others are passed over."""

    def __init__(self) -> None:
        self.runs: list[_Run] = []
        self.glyphs = 0
        self.forms = 0

    def draw(self, content: bytes, resources: Any, matrix: Matrix, *, depth: int) -> None:
        """Take the runs of a content stream, and of the forms that it draws."""
        described = resources.get_object() if hasattr(resources, "get_object") else resources
        fonts = described.get("/Font") or {}
        known: dict[str, _Font | None] = {}
        page = matrix
        stack: list[Matrix] = []
        text, line, font, size, leading = IDENTITY, IDENTITY, None, 1.0, 0.0
        marks: list[tuple[bool, str | None]] = []
        operands: list[bytes] = []
        for token in _tokens(content[:MAX_CONTENT]):
            if token[:1] in b"(</[]>" or token[:1] in b"-+.0123456789":
                operands.append(token)
                if len(operands) > MAX_OPERANDS:
                    del operands[:-2]
                continue
            match token:
                case b"q":
                    stack.append(page)
                case b"Q":
                    page = stack.pop() if stack else matrix
                case b"cm":
                    page = _times(_matrix(operands), page)
                case b"BT":
                    text = line = IDENTITY
                case b"Tf":
                    name, size = operands[-2].decode("latin-1"), _number(operands[-1])
                    if name not in known:
                        held = fonts.get(name)
                        known[name] = _font(held.get_object()) if held is not None else None
                    font = known[name]
                case b"Tm":
                    text = line = _matrix(operands)
                case b"TL":
                    leading = _number(operands[-1])
                case b"Td" | b"TD":
                    x, y = _number(operands[-2]), _number(operands[-1])
                    leading = -y if token == b"TD" else leading
                    text = line = _times((1.0, 0.0, 0.0, 1.0, x, y), line)
                case b"T*":
                    text = line = _times((1.0, 0.0, 0.0, 1.0, 0.0, -leading), line)
                case b"BMC" | b"BDC":
                    marks.append((b"/ReversedChars" in operands, _actual(operands)))
                case b"EMC":
                    if marks:
                        marks.pop()
                case b"Tj" | b"TJ" | b"'" | b'"':
                    if token in (b"'", b'"'):
                        text = line = _times((1.0, 0.0, 0.0, 1.0, 0.0, -leading), line)
                    if font is not None:
                        self._show(operands, font, size, _times(text, page), marks)
                case b"Do":
                    if depth < 2 and operands:
                        self._form(operands[-1], described, page, depth)
            operands.clear()

    def _form(self, name: bytes, resources: Any, page: Matrix, depth: int) -> None:
        drawn = (resources.get("/XObject") or {}).get(name.decode("latin-1"))
        form: Any = drawn.get_object() if drawn is not None else None
        self.forms += 1
        if form is not None and str(form.get("/Subtype")) == "/Form" and self.forms <= MAX_FORMS:
            a, b, c, d, e, f = (float(number) for number in form.get("/Matrix") or IDENTITY)
            inner = form.get("/Resources") or resources
            self.draw(form.get_data(), inner, _times((a, b, c, d, e, f), page), depth=depth + 1)

    def _show(
        self,
        operands: list[bytes],
        font: _Font,
        size: float,
        place: Matrix,
        marks: list[tuple[bool, str | None]],
    ) -> None:
        """Keep what is drawn. Letters and their marks may share a text: what takes no room is passed over."""
        glyphs = [glyph for part in operands if part[:1] in b"(<" for glyph in font.glyphs(_bytes(part))]
        self.glyphs += len(glyphs)
        if self.glyphs > MAX_GLYPHS:
            return
        texts = [text for text, width in glyphs if width]
        instead = next((actual for _reversed, actual in reversed(marks) if actual is not None), None)
        if instead is not None:
            texts = [instead] if texts else []
        elif any(backwards for backwards, _actual in marks):
            texts.reverse()
        if any(texts):
            height = abs(size) * (place[2] ** 2 + place[3] ** 2) ** 0.5
            width = sum(width for _text, width in glyphs) / 1000 * height
            text = "".join(texts)[:MAX_OF_RUN]
            self.runs.append(_Run(place[4], place[5], width, height, font.face, text))


def _tokens(content: bytes) -> Iterator[bytes]:
    place = 0
    while (found := _TOKEN.search(content, place)) is not None:
        token, place = found[0], found.end()
        if found[1]:
            continue
        if token == b"(":
            place = _end_of_string(content, place)
            yield content[found.start() : place]
        elif token == b"ID":  # an image inside the stream: bytes that are no tokens
            place = content.find(b"EI", place) + 2 or len(content)
        elif not token.startswith(b"%"):
            yield token


def _end_of_string(content: bytes, place: int) -> int:
    """Where a string ends that began before ``place``: brackets in it may stand in pairs."""
    depth = 1
    while depth and (found := _IN_STRING.search(content, place)) is not None:
        depth += {b"(": 1, b")": -1}.get(found[0], 0)
        place = found.end()
    return len(content) if depth else place


def _matrix(operands: list[bytes]) -> Matrix:
    a, b, c, d, e, f = (_number(token) for token in operands[-6:])
    return a, b, c, d, e, f


def _number(token: bytes) -> float:
    return float(token)


def _actual(operands: list[bytes]) -> str | None:
    """The text that stands for what is drawn (ISO 32000-2, 14.9.4)."""
    if b"/ActualText" not in operands:
        return None
    data = _bytes(operands[operands.index(b"/ActualText") + 1])[:MAX_OF_RUN]
    if data.startswith(b"\xfe\xff"):
        return data[2:].decode("utf-16-be", "replace")
    return data.decode("latin-1")


def _bytes(token: bytes) -> bytes:
    """The bytes of a string, in either notation (ISO 32000-2, 7.3.4)."""
    if token.startswith(b"("):
        return _ESCAPE.sub(_unescaped, token[1:-1])
    digits = b"".join(token.strip(b"<>").split())
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    if code.isdigit() and code[:1] in b"01234567":
        return bytes([int(code, 8) & 0xFF])
    return _ESCAPED.get(code, code)
