"""Pure. An archive that is written while it is sent, its entries stored as they are: memory stays flat."""

import io
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime
from zipfile import ZIP_STORED, ZipFile, ZipInfo

NAME_LIMIT = 60
NOT_A_LETTER = re.compile(r"[^\w]+|_+")


class _Window(io.BytesIO):
    """What was written and not yet sent; positions count from the beginning of the whole archive."""

    def __init__(self) -> None:
        super().__init__()
        self._sent = 0

    def tell(self) -> int:
        return self._sent + super().tell()

    def seek(self, position: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET or position < self._sent:
            raise io.UnsupportedOperation("what was sent cannot be written again")
        return self._sent + super().seek(position - self._sent)

    def take(self) -> bytes:
        """Everything written so far, to be sent now."""
        data = self.getvalue()
        self._sent += len(data)
        super().seek(0)
        self.truncate()
        return data


def archive(files: Iterable[tuple[str, bytes]], *, at: datetime) -> Iterator[bytes]:
    """A zip of these files, entry by entry; its headers know each length, as readers of streams need it."""
    window = _Window()
    moment = at.timetuple()[:6]
    with ZipFile(window, "w", ZIP_STORED, allowZip64=True) as parcel:
        for name, data in files:
            entry = ZipInfo(name, date_time=moment)
            entry.external_attr = 0o644 << 16
            parcel.writestr(entry, data)
            yield window.take()
    yield window.take()


def file_name(*, place: int, places: int, name: str, code: str) -> str:
    """``NN-name-shortcode.pdf``: letters of any script, digits and hyphens, safe on every system."""
    letters = NOT_A_LETTER.sub("-", unicodedata.normalize("NFC", name)).strip("-")
    while len(letters.encode()) > NAME_LIMIT * 2 or len(letters) > NAME_LIMIT:
        letters = letters[:-1]
    number = f"{place:0{max(2, len(str(places)))}d}"
    return "-".join(part for part in (number, letters.rstrip("-"), code) if part) + ".pdf"
