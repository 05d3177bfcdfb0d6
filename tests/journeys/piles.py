"""Piles of certificates as an employer receives them: real files in every form, some of them altered."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]  # it comes without types
from PIL import Image
from playwright.sync_api import Page
from pypdf import PdfReader

#: The endings of a certificate's address that answer with a file; a photo is made from the first.
FORMS = ("pdf", "card.pdf", "png", "svg", "json", "jwt")
DROP = """(input, form) => {
  const held = new DataTransfer();
  for (const file of input.files) held.items.add(file);
  for (const kind of ["dragenter", "dragover", "drop"]) {
    form.dispatchEvent(new DragEvent(kind, { dataTransfer: held, bubbles: true, cancelable: true }));
  }
  return held.files.length;
}"""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One file, and the verdict that it deserves."""

    name: str
    data: bytes
    verdict: str


def forms_of(get: Callable[[str], bytes], address: str) -> dict[str, bytes]:
    """Every file in which this certificate is handed out, by its ending."""
    found = {form: get(f"{address}.{form}") for form in FORMS}
    assert b'"DataIntegrityProof"' in found["json"]
    return found


def pile(
    certificates: Mapping[str, tuple[str, dict[str, bytes]]],
    *,
    size: int,
    edited: Callable[[bytes], bytes] | None = None,
) -> list[Piece]:
    """So many files of a few certificates, each ``verdict, its forms`` by a name for the files.

    They come round by round as people send them on: the photo is taken anew, JSON is set out anew, a mail
    program breaks the token's lines. In each round somebody altered a token, somebody sent a letter, and
    somebody printed another name around a genuine file, where ``edited`` says how.
    """
    pieces: list[Piece] = []
    number = 0
    while len(pieces) < size:
        number += 1
        for name, (verdict, forms) in certificates.items():
            files = forms | {
                "photo.png": photo(forms["pdf"], turned=3 * number - 7),
                "json": json.dumps(json.loads(forms["json"]), indent=number).encode(),
                "jwt": broken_lines(forms["jwt"], 60 + number),
            }
            pieces += [
                Piece(name=f"{name}-{number}.{form}", data=data, verdict=verdict)
                for form, data in files.items()
            ]
        token = next(forms["jwt"] for verdict, forms in certificates.values() if verdict == "valid")
        pieces += [
            Piece(name=f"altered-{number}.jwt", data=altered(token), verdict="tampered"),
            Piece(name=f"letter-{number}.txt", data=b"Dear Sir or Madam", verdict="not-read"),
        ]
        if edited:
            pieces.append(Piece(name=f"edited-{number}.pdf", data=edited(token), verdict="print-differs"))
    return pieces[-size:]


def drop(page: Page, pieces: list[Piece], folder: Path) -> None:
    """Let all of them fall on the form at once, as from a folder on the desktop."""
    paths = []
    for piece in pieces:
        paths.append(folder / piece.name)
        paths[-1].write_bytes(piece.data)
    page.evaluate("""() => {
      const hand = document.createElement("input");
      document.body.append(Object.assign(hand, { type: "file", multiple: true, id: "hand" }));
    }""")
    hand = page.locator("#hand")
    hand.set_input_files(paths)
    form = page.locator("form#bench").element_handle()
    assert hand.evaluate(DROP, form) == len(pieces)
    hand.evaluate("(hand) => hand.remove()")


# -- What happens to a file on its way --------------------------------------------------------------
def photo(pdf: bytes, *, turned: float) -> bytes:
    """A print, photographed a little askew."""
    document = pypdfium2.PdfDocument(pdf)
    sheet = document[0].render(scale=3, grayscale=True).to_pil()
    document.close()
    picture = io.BytesIO()
    sheet.rotate(turned, Image.Resampling.BICUBIC, expand=True, fillcolor=200).save(picture, "PNG")
    return picture.getvalue()


def broken_lines(token: bytes, width: int) -> bytes:
    """The token as a mail program breaks it."""
    return b"\r\n".join(token[at : at + width] for at in range(0, len(token), width))


def altered(token: bytes) -> bytes:
    """One letter of the signature is another."""
    head, body, signature = token.split(b".")
    return b".".join(
        (head, body, signature[:9] + (b"B" if signature[9:10] == b"A" else b"A") + signature[10:])
    )


def signed_file(pdf: bytes) -> bytes:
    """The token within a PDF."""
    [attached] = PdfReader(io.BytesIO(pdf)).attachment_list
    return bytes(attached.content)
