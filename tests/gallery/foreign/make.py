"""Writes this folder: documents of elsewhere, each broken in one way and named for it.

A name is ``<fault>.<variant>.<kind>``; ``whole`` in the place of the fault says that nothing is wrong. Run it
as ``python -m tests.gallery.foreign.make`` after a change; it writes the same bytes each time, with keys that
everybody knows. What the hosts that they name would answer is in ``pages()``.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import badges, hosted, second, tokens

FOLDER = Path(__file__).parent


def files() -> Iterator[tuple[str, bytes]]:
    """Every file by its name."""
    for part in (badges, hosted, tokens, second):
        yield from part.files()


def pages() -> dict[str, Any]:
    """Address → what is found there, of all the hosts together."""
    return hosted.pages() | second.pages() | tokens.pages()


def main() -> None:
    """Write every file, and take away what is none any more."""
    made = dict(files())
    for old in FOLDER.iterdir():
        if old.is_file() and old.suffix != ".py" and old.name not in made:
            old.unlink()
    for name, data in made.items():
        (FOLDER / name).write_bytes(data)


if __name__ == "__main__":
    main()
