"""Pure. Opens a file that should be a table, text or workbook, as rows of text; says why when it cannot.

A workbook is unpacked here within bounds, and the parser sees only what was measured: it lays a sheet out
as a rectangle, so that two cells far apart, or one long text shared by many cells, would cost gigabytes.
"""

import csv
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import python_calamine

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 10_000
MAX_COLUMNS = 50
MAX_CELL = 500
#: A title, a logo's rows, blank lines: a header is looked for in so many lines.
HEAD_LINES = 20
MAX_INFLATED = 40 * 1024 * 1024
MAX_PARTS = 1_000
MAX_SHEETS = 20
#: What the parser may lay out: cells of one sheet, and bytes of texts that cells share.
MAX_AREA = 1_000_000
MAX_SHARED = 256 * 1024 * 1024

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"BM")
_FILMED = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif")  # ISO base media: pictures of telephones
_MARKUP = re.compile(rb"\s*<(?:!doctype|html|head|body|table|meta|\?xml|\?mso)", re.IGNORECASE)
#: Control characters that no table has: form feed, the DOS end of file and separators are let pass.
_BINARY = re.compile(r"[\x00-\x08\x0e-\x19\x1b\x7f]")
_BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    NotImplementedError,
    KeyError,
    IndexError,
    OverflowError,
)
_CELL = re.compile(rb"<(?:[\w.-]+:)?c[\s/>]")
_ROW = re.compile(rb"<(?:[\w.-]+:)?row[\s/>]")
_PLACE = re.compile(rb"""(?<![\w:.-])r\s*=\s*["']""")
_PLACE_OF_CELL = re.compile(rb"""(?<![\w:.-])r\s*=\s*["']([A-Za-z]{1,3})(\d{1,7})["']""")
_PLACE_OF_ROW = re.compile(rb"""(?<![\w:.-])r\s*=\s*["'](\d{1,7})["']""")
_BLANK_CELL = re.compile(rb'<c r="[A-Z]{1,3}\d{1,7}"(?: s="\d{1,6}")?/>')
_END_OF_STRING = re.compile(rb"</(?:[\w.-]+:)?si\s*>")
_SEPARATORS = (";", ",", "\t")
_ENDED = "\ue000"


class RosterError(ValueError):
    """The file cannot be read as a class list: ``code`` says why, ``params`` what to put in the sentence."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line that is not blank, under the number that a person sees beside it."""

    number: int
    cells: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The lines of a text or of one sheet; ``encoding`` and ``separator`` of a text only."""

    kind: str
    lines: list[Line]
    title: str = ""
    encoding: str = ""
    separator: str = ""


#: How well a line would do as the header: the number of columns it names. It decides where bytes do not.
Judge = Callable[[list[str]], int]


def tables(data: bytes, *, filename: str, judge: Judge) -> list[Table]:
    """The tables of the file that have lines: one of a text, every visible sheet of a workbook.

    Raises RosterError.
    """
    if len(data) > MAX_BYTES:
        raise RosterError("too-large", limit=MAX_BYTES // 1024 // 1024)
    if not data.strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"):
        raise RosterError("empty")
    _refuse_other_kinds(data)
    if data.startswith(b"PK"):
        found = [table for table in _sheets(data) if table.lines]
    else:
        found = [_text_table(data, filename=filename, judge=judge)]
    if not any(table.lines for table in found):
        raise RosterError("empty")
    return found


def _refuse_other_kinds(data: bytes) -> None:
    head = data[:16]
    if head.startswith(_PICTURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        raise RosterError("picture")
    if head[4:8] == b"ftyp" and head[8:12] in _FILMED:
        raise RosterError("picture")
    if b"%PDF-" in data[:1024]:
        raise RosterError("pdf")
    if head.startswith(b"{\\rtf"):
        raise RosterError("word")
    if head.startswith(_OLE):
        raise RosterError(_kind_of_ole(data))
    if head.startswith((b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!")):
        raise RosterError("zip")
    if _MARKUP.match(data.removeprefix(b"\xef\xbb\xbf")):
        raise RosterError("web-page")


def _kind_of_ole(data: bytes) -> str:
    """What Office before 2007 wrote, or an encrypted workbook of today (MS-OFFCRYPTO, 2.3.4)."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        return "workbook-locked"
    if "WordDocument".encode("utf-16-le") in data:
        return "word"
    return "workbook-old"


# Text


def _text_table(data: bytes, *, filename: str, judge: Judge) -> Table:
    try:
        encoding, text = _decoded(data, judge=judge)
    except RosterError as error:
        if error.code == "not-text" and filename.lower().endswith((".xlsx", ".xlsm", ".xls", ".ods")):
            raise RosterError("workbook-damaged") from error
        raise
    text = text.removeprefix("\ufeff").rstrip("\x1a")
    first, found, rest = text.partition("\n")
    named = re.fullmatch(r'"?sep=([,;|:\t])"?[;,]*\r?', first, re.IGNORECASE)  # Excel's own first line
    if named and found:
        separator, text, before = named[1], rest, 1
    else:
        separator, before = _separator(text, judge=judge), 0
    lines = list(_lines(text, separator, before))
    return Table(kind="csv", lines=lines, encoding=encoding, separator=separator)


def _decoded(data: bytes, *, judge: Judge) -> tuple[str, str]:
    """(encoding, text), by the mark at the beginning, strict UTF-8, or the evidence of the letters."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", _strict(data, "utf-16")
    try:
        return "utf-8", _strict(data, "utf-8")
    except RosterError as error:
        if not isinstance(error.__cause__, UnicodeDecodeError):
            raise
    loose = data.decode("utf-8", "replace")
    broken = loose.count("\ufffd")
    if sum(not c.isascii() for c in loose) - broken > 4 * broken:
        raise RosterError("encoding-broken")
    texts = {}
    for encoding in ("cp1252", "cp1256"):
        try:
            texts[encoding] = _strict(data, encoding)
        except RosterError as error:
            if not isinstance(error.__cause__, UnicodeDecodeError):
                raise
    if "cp1252" in texts and _weight(texts["cp1252"], judge, latin=True) >= _weight(
        texts["cp1256"], judge, latin=False
    ):
        return "windows-1252", texts["cp1252"]
    if not _arabic_words(texts["cp1256"]):
        raise RosterError("not-text")
    return "windows-1256", texts["cp1256"]


def _strict(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise RosterError("not-text") from error
    if _BINARY.search(text.rstrip("\x1a")):
        raise RosterError("not-text")
    return text


_ARABIC_WORD = re.compile(r"(?<![A-Za-z])[\u0600-\u06ff]{2,}(?![A-Za-z])")
_MIXED_WORD = re.compile(r"[A-Za-z][\u0600-\u06ff]|[\u0600-\u06ff][A-Za-z]")


def _arabic_words(text: str) -> int:
    return len(_ARABIC_WORD.findall(text))


def _weight(text: str, judge: Judge, *, latin: bool) -> int:
    """What speaks for an encoding: a header that is understood, and words that are whole.

    In 1256 the small French letters lie where they lie in 1252; what differs are runs of Arabic letters, and
    capitals such as É, which would come out as an Arabic letter inside a Latin word.
    """
    header = max((judge(line.cells) for line in _sample(text, _separator(text, judge=judge))), default=0)
    if latin:
        return 1000 * header
    return 1000 * header + _arabic_words(text) - len(_MIXED_WORD.findall(text))


def _sample(text: str, separator: str) -> list[Line]:
    lines = []
    for line in _records(text[: 64 * 1024], separator, 0):
        lines.append(line)
        if len(lines) == HEAD_LINES:
            break
    return lines


def _separator(text: str, *, judge: Judge) -> str:
    """The separator under which a line is understood as header; or else the one that gives even columns."""
    best, winner = (0, 0.0, 0), _SEPARATORS[1]
    for separator in _SEPARATORS:
        lines = _sample(text, separator)
        if not lines:
            return separator  # nothing but separators
        widths = [len(line.cells) for line in lines]
        usual = max(set(widths), key=widths.count, default=0)
        if usual < 2 and max(widths, default=0) < 2:
            continue
        even = widths.count(usual) / len(widths)
        mark = (max(judge(line.cells) for line in lines), even, usual)
        if mark > best:
            best, winner = mark, separator
    return winner


def _records(text: str, separator: str, before: int) -> Iterator[Line]:
    """Every record that is not blank; the last may be cut off by an open quote."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    number = before
    try:
        for record in reader:
            first, number = number + 1, before + reader.line_num
            cells = [cell.strip() for cell in record]
            if any(cells):
                yield Line(number=first, cells=cells)
    except csv.Error as error:  # a field of more than 128 KB
        raise RosterError("cell-too-long", row=number + 1, limit=MAX_CELL) from error


def _lines(text: str, separator: str, before: int) -> Iterator[Line]:
    last = None
    for count, line in enumerate(_records(f"{text}\n{_ENDED}", separator, before), start=1):
        last = line
        if line.cells == [_ENDED]:
            return
        if count > MAX_ROWS + HEAD_LINES:
            raise RosterError("too-many-rows", limit=MAX_ROWS)
        yield line
    raise RosterError("quote-open", row=last.number if last else 1)


# Workbooks


def _sheets(data: bytes) -> list[Table]:
    parts = _parts(data)
    _measure(parts)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    packed.seek(0)
    try:
        return _read_sheets(packed)
    except (python_calamine.CalamineError, OSError, ValueError, OverflowError) as error:
        raise RosterError("workbook-damaged") from error


def _read_sheets(packed: io.BytesIO) -> list[Table]:
    with python_calamine.load_workbook(packed) as book:
        seen = [
            sheet.name
            for sheet in book.sheets_metadata
            if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
            and sheet.visible == python_calamine.SheetVisibleEnum.Visible
        ]
        return [
            Table(kind="xlsx", title=name, lines=list(_sheet_lines(book.get_sheet_by_name(name))))
            for name in seen[:MAX_SHEETS]
        ]


def _sheet_lines(sheet: python_calamine.CalamineSheet) -> Iterator[Line]:
    for number, values in enumerate(sheet.to_python(skip_empty_area=False), start=1):
        cells = [value.strip() if type(value) is str else _text(value) for value in values]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield Line(number=number, cells=cells)


def _text(value: Any) -> str:
    """A number without the ``.0`` of spreadsheets, a date as ISO writes it."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()


def _parts(data: bytes) -> dict[str, bytes]:
    """The XML of a workbook by name, inflated within bounds whatever the archive declares."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        return _inflated(archive, data)
    except _BROKEN_ZIP as error:
        if isinstance(error, RosterError):
            raise
        raise RosterError("workbook-damaged") from error


def _inflated(archive: zipfile.ZipFile, data: bytes) -> dict[str, bytes]:
    infos = archive.infolist()
    _refuse_other_archives({info.filename for info in infos}, data)
    wanted = [info for info in infos if info.filename.lower().endswith((".xml", ".rels"))]
    if any(info.flag_bits & 1 for info in wanted):
        raise RosterError("workbook-locked")
    if len(infos) > MAX_PARTS or sum(info.file_size for info in wanted) > MAX_INFLATED:
        raise RosterError("workbook-inflated")
    parts: dict[str, bytes] = {}
    room = MAX_INFLATED
    for info in wanted:
        with archive.open(info) as part:
            parts[info.filename] = part.read(room + 1)
        room -= len(parts[info.filename])
        if room < 0:
            raise RosterError("workbook-inflated")
    return parts


def _refuse_other_archives(names: set[str], data: bytes) -> None:
    if "xl/workbook.xml" in names:
        return
    head = data[:200]
    if "word/document.xml" in names or b"opendocument.text" in head:
        raise RosterError("word")
    if (
        "xl/workbook.bin" in names
        or b"opendocument.spreadsheet" in head
        or any(name.endswith(".iwa") for name in names)
    ):
        raise RosterError("workbook-other")
    raise RosterError("workbook-damaged" if "[Content_Types].xml" in names else "zip")


def _measure(parts: dict[str, bytes]) -> None:
    """Refuse what the parser could not lay out within bounds."""
    cells = 0
    for body in parts.values():
        if b"sheetData" in body:
            cells = max(cells, _measured_cells(body))
    shared = [body for name, body in parts.items() if name.lower().endswith("sharedstrings.xml")]
    for body in shared:
        if len(body) * cells <= MAX_SHARED:
            continue
        longest = max(map(len, _END_OF_STRING.split(body)))
        if longest * cells > MAX_SHARED or b"<!" in body:
            raise RosterError("workbook-inflated")


def _measured_cells(body: bytes) -> int:
    """The number of cells of a sheet whose rectangle is within bounds. Raises RosterError."""
    rows, columns, cells = _extent(body)
    if rows * columns > MAX_AREA:  # borders drawn to the end of the sheet are not a list
        rows, columns, cells = _extent(_BLANK_CELL.sub(b"", body))
    if rows * columns > MAX_AREA:
        if rows > MAX_ROWS:
            raise RosterError("too-many-rows", limit=MAX_ROWS)
        raise RosterError("too-many-columns", limit=MAX_COLUMNS)
    return cells


def _extent(body: bytes) -> tuple[int, int, int]:
    """(last row, last column, number of cells), by the places written or, without them, by counting."""
    placed = _PLACE_OF_CELL.findall(body)
    placed_rows = _PLACE_OF_ROW.findall(body)
    if len(_PLACE.findall(body)) != len(placed) + len(placed_rows):
        raise RosterError("workbook-damaged")
    columns = max(map(_column_number, {letters for letters, _ in placed}), default=0)
    rows = max((int(row) for _, row in placed), default=0)
    cells = len(_CELL.findall(body))
    if cells > len(placed):
        rows = max(rows, max(map(int, placed_rows), default=0)) + len(_ROW.findall(body))
        columns += max(len(_CELL.findall(row)) for row in _ROW.split(body))
    return rows, columns, cells


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
