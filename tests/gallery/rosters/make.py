"""Writes this folder: class lists broken in one place each, named ``<code>.<variant>.<kind>``.

Run it as ``python -m tests.gallery.rosters.make`` after a change; it writes the same bytes each time.
"""

import gzip
import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import xlsxwriter

from credentials import roster_template
from tests.gallery.make import pdf, png

FOLDER = Path(__file__).parent
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
HEADER = "Nom complet;Téléphone\n"
SHEET = "xl/worksheets/sheet1.xml"


def workbook(*rows: Iterable[object]) -> bytes:
    """A workbook with these rows on its first sheet."""
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True}) as book:
        book.set_properties({"created": datetime(2026, 1, 1, tzinfo=UTC)})
        sheet = book.add_worksheet("Liste")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row, None)
    return data.getvalue()


def parts_of(data: bytes) -> dict[str, bytes]:
    """The parts of an archive by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archive(parts: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of these parts."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as opened:
        for name, body in parts.items():
            opened.writestr(zipfile.ZipInfo(name), body, method)
    return data.getvalue()


LIST = workbook(["Nom complet", "Téléphone"], ["Salma Tazi", "0683000001"])
PARTS = parts_of(LIST)


def changed(name: str, old: bytes, new: bytes) -> bytes:
    """The good workbook with one part changed."""
    assert old in PARTS[name]
    return archive(PARTS | {name: PARTS[name].replace(old, new)})


def other_files() -> Iterator[tuple[str, bytes]]:
    """Files of another kind under a list's name."""
    yield "empty.nothing.csv", b""
    yield "empty.blank-lines.csv", b" \r\n\t\r\n"
    yield "empty.mark.csv", b"\xef\xbb\xbf"
    yield "empty.separators.csv", b";;;\n;;;\n"
    yield "empty.sheet.xlsx", workbook()
    yield "picture.png.csv", png()
    yield "picture.jpeg.csv", b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(20)
    yield "picture.gif.csv", b"GIF89a" + bytes(20)
    yield "picture.webp.csv", b"RIFF\x10\0\0\0WEBPVP8 " + bytes(20)
    yield "picture.heic.xlsx", b"\0\0\0\x18ftypheic" + bytes(20)
    yield "pdf.scan.csv", pdf()
    yield "word.docx.xlsx", archive({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"})
    yield (
        "word.odt.csv",
        archive(
            {"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"},
            method=zipfile.ZIP_STORED,
        ),
    )
    yield "word.rtf.csv", rb"{\rtf1\ansi Nom complet}"
    yield "word.doc.csv", OLE + "WordDocument".encode("utf-16-le")
    yield "zip.lists.zip", archive({"liste.csv": HEADER.encode()})
    yield "zip.gzip.csv", gzip.compress(HEADER.encode(), mtime=0)
    yield "web-page.table.xls", b"<html><table><tr><td>Nom complet</td></tr></table></html>"
    yield "web-page.xml.xls", b'\xef\xbb\xbf<?xml version="1.0"?><Workbook/>'
    yield "not-text.binary.csv", bytes(range(256))
    yield "not-text.no-letters.csv", b"\x90\x9d\x8f;\x81\n"
    yield "not-text.utf-16-cut-off.csv", HEADER.encode("utf-16")[:-1]
    yield "not-text.utf-16-without-mark.csv", HEADER.encode("utf-16-le")
    whole = (HEADER + "Aïcha Benaïssa;0683000001\nZoé Néguib;0683000002\n" * 3).encode()
    yield "encoding-broken.cut-letter.csv", whole.replace("Zoé".encode(), b"Zo\xc3", 1)


def workbooks() -> Iterator[tuple[str, bytes]]:
    """Workbooks that cannot, or must not, be opened."""
    yield "workbook-old.list.xls", OLE + "Workbook".encode("utf-16-le")
    yield "workbook-locked.password.xlsx", OLE + "EncryptedPackage".encode("utf-16-le")
    flagged = bytearray(LIST)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = flagged.find(mark)
        while place >= 0:
            flagged[place + offset] |= 1
            place = flagged.find(mark, place + 4)
    yield "workbook-locked.zip.xlsx", bytes(flagged)
    yield "workbook-other.list.xlsb", archive({"[Content_Types].xml": b"<Types/>", "xl/workbook.bin": b"x"})
    yield (
        "workbook-other.list.ods",
        archive(
            {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"},
            method=zipfile.ZIP_STORED,
        ),
    )
    yield "workbook-other.list.numbers", archive({"Index/Document.iwa": b"x"})
    yield "workbook-damaged.cut-off.xlsx", LIST[: len(LIST) // 2]
    yield "workbook-damaged.binary.xlsx", bytes(range(256))
    yield "workbook-damaged.no-workbook.xlsx", archive({"[Content_Types].xml": b"<Types/>"})
    without = dict(PARTS)
    del without["xl/_rels/workbook.xml.rels"]
    yield "workbook-damaged.no-relations.xlsx", archive(without)
    yield "workbook-damaged.open-tag.xlsx", changed(SHEET, b"</sheetData>", b"")
    yield "workbook-damaged.strange-place.xlsx", changed(SHEET, b'r="A2"', b'r="ZZZZZZ2"')
    checked = LIST.replace(b"PK\x01\x02", b"PK\x01\x02")
    place = checked.index(b"PK\x01\x02") + 16
    yield "workbook-damaged.checksum.xlsx", checked[:place] + b"\0\0\0\0" + checked[place + 4 :]
    yield "workbook-inflated.bomb.xlsx", archive(PARTS | {"xl/extra.xml": bytes(60_000_000)})
    yield (
        "workbook-inflated.many-parts.xlsx",
        archive(PARTS | {f"x/{number}.xml": b"" for number in range(1_100)}),
    )
    shared = workbook(["Nom complet"], *([f"Salma {'a' * (number % 2)}"] for number in range(600)))
    parts = parts_of(shared)
    parts["xl/sharedStrings.xml"] = parts["xl/sharedStrings.xml"].replace(b"Salma ", b"S" * 1_000_000)
    yield "workbook-inflated.one-text-in-many-cells.xlsx", archive(parts)
    # a small file that says so: the directory declares ten bytes for what inflates to many
    lying = bytearray(archive(PARTS | {"xl/extra.xml": bytes(60_000_000)}))
    name = lying.rindex(b"xl/extra.xml")
    lying[name - 22 : name - 18] = (10).to_bytes(4, "little")
    yield "workbook-damaged.declared-small.xlsx", bytes(lying)


def lists() -> Iterator[tuple[str, bytes]]:
    """Tables that are no class list, or too much of one."""
    yield "no-rows.header.csv", HEADER.encode()
    yield "no-rows.numbers-alone.csv", b"No;Nom complet\n1;\n2;\n"
    yield "no-rows.header.xlsx", workbook(["Nom complet", "Téléphone"])
    yield "only-examples.template.csv", roster_template.as_csv("fr")
    yield "only-examples.template.xlsx", roster_template.as_xlsx("ar")
    yield "no-header.people.csv", b"Salma Tazi;0683000001\nOmar Bennani;0683000002\n"
    yield "no-header.people.xlsx", workbook(["Salma Tazi", "salma@example.org"])
    yield "columns-missing.russian.csv", "Имя;Телефон\nСалма;0683000001\n".encode()
    yield "columns-missing.first-names-alone.csv", "Prénom;Téléphone\nSalma;0683000001\n".encode()
    yield "columns-missing.phones-alone.csv", "Téléphone;E-mail\n0683000001;a@example.org\n".encode()
    yield "columns-missing.letter.csv", b"Bonjour, voici la liste que vous avez demandee.\n"
    yield "columns-missing.other.xlsx", workbook(["Produit", "Prix"], ["Table", 12])
    yield "too-many-rows.list.csv", b"Nom\n" + b"Ali\n" * 10_001
    yield "too-many-rows.far-cell.xlsx", changed(SHEET, b'r="B2"', b'r="XFD1048576"')
    yield "too-many-columns.header.csv", b"Nom" + b";x" * 50 + b"\nAli\n"
    yield "too-many-columns.far-cell.xlsx", changed(SHEET, b'r="B2"', b'r="XFD2"')
    yield "cell-too-long.name.csv", b"Nom\n" + b"A" * 501 + b"\n"
    yield "cell-too-long.field.csv", b"Nom\n" + b"A" * 140_000 + b"\n"
    yield "cell-too-long.name.xlsx", workbook(["Nom"], ["A" * 501])
    yield "quote-open.name.csv", b'Nom;Tel\nAli;1\n"Salma;2\nOmar;3\n'


def main() -> None:
    """Write every file."""
    for name, data in [*other_files(), *workbooks(), *lists()]:
        (FOLDER / name).write_bytes(data)


if __name__ == "__main__":
    main()
