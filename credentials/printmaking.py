"""The files of a print order: pages, or sheets of cards, and the note beside them."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from django.utils import translation
from django.utils.translation import gettext as _

from . import paper, parcels, reading
from .cards import CARDS_A_SHEET, render_sheet
from .certificates import CertificateFace, render_pdf
from .errors import QrTooDense
from .models import Credential, PrintOrder
from .typesetting import CannotBeSet

log = logging.getLogger(__name__)

NOTE_NAME = "LISEZ-MOI.txt"
#: What one certificate's own texts can bring about; anything else is ours, and propagates.
Unprintable = (QrTooDense, CannotBeSet)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of a print order, and the certificates that are in it."""

    name: str
    data: bytes
    ids: list[str]


def make(*, layout: str, ids: Sequence[str], allowed: set[str], first: int, of: int) -> list[File]:
    """The files for these certificates, of which some may not be printed; what cannot be set is left out.

    ``first`` is the first one's place in the order, ``of`` the order's length.
    """
    wanted = [pk for pk in ids if pk in allowed]
    faces = _faces(wanted)
    if layout == PrintOrder.Layout.CARDS:
        return _sheets(ids, faces, first=first, of=of)
    files = []
    for place, pk in enumerate(ids, start=first):
        if pk in faces and (data := _tried(pk, partial(render_pdf, faces[pk]))):
            face = faces[pk]
            name = parcels.file_name(
                place=place,
                places=of,
                name=face.name_latin or face.name_arabic,
                code=face.short_code.replace("-", ""),
            )
            files.append(File(name=name, data=data, ids=[pk]))
    return files


def again(*, name: str, layout: str, ids: list[str]) -> list[File]:
    """A file under its name, for what is left of its certificates."""
    faces = _faces(ids)
    if layout == PrintOrder.Layout.CARDS:
        return _sheet(name, [pk for pk in ids if pk in faces], faces)
    return []


def _faces(ids: Sequence[str]) -> dict[str, CertificateFace]:
    found = Credential.objects.select_related(*reading.RELATED).in_bulk(list(ids))
    return {pk: reading.face_of(credential) for pk, credential in found.items()}


def _sheets(ids: Sequence[str], faces: dict[str, CertificateFace], *, first: int, of: int) -> list[File]:
    """Whoever may not be printed leaves an empty place: the next sheet begins where it would have begun."""
    files = []
    width = max(2, len(str(-(-of // CARDS_A_SHEET))))
    for start in range(0, len(ids), CARDS_A_SHEET):
        number = (first - 1 + start) // CARDS_A_SHEET + 1
        own = [pk for pk in ids[start : start + CARDS_A_SHEET] if pk in faces]
        files += _sheet(f"{number:0{width}d}.pdf", own, faces)
    return files


def _sheet(name: str, ids: list[str], faces: dict[str, CertificateFace]) -> list[File]:
    if not ids:
        return []
    try:
        return [File(name=name, data=render_sheet([faces[pk] for pk in ids]), ids=ids)]
    except Unprintable:
        fine = [pk for pk in ids if _tried(pk, partial(render_sheet, [faces[pk]]))]
        return _sheet(name, fine, faces) if len(fine) < len(ids) else []


def _tried(pk: str, render: Callable[[], bytes]) -> bytes:
    try:
        return render()
    except Unprintable as error:
        log.warning("certificate not printed", extra={"credential": pk, "error": type(error).__name__})
        return b""


# -- The note ---------------------------------------------------------------------------------------
def note(*, printed: int, missing: Sequence[tuple[int, str]]) -> str:
    """What is in the archive, how it is printed, and what was left out and why: in French, then in Arabic."""
    found = Credential.objects.in_bulk([pk for _place, pk in missing])
    texts = []
    for language in ("fr", "ar"):
        with translation.override(language):
            texts.append(_note([(place, found.get(pk)) for place, pk in missing], printed=printed))
    return "\ufeff" + "\r\n\r\n----\r\n\r\n".join(texts)


def _note(missing: Sequence[tuple[int, Credential | None]], *, printed: int) -> str:
    lines = [
        _("Certificates in this archive: %(number)s") % {"number": printed},
        "",
        _("Print at actual size: do not fit to the page, or the codes are hard to scan."),
        _("At least 300 dots to the inch, on white paper. No stamp, fold or staple within 10 mm of a code."),
    ]
    if missing:
        lines += ["", _("Left out: %(number)s") % {"number": len(missing)}]
        lines += [_missing(place, credential) for place, credential in missing]
    return "\r\n".join(lines)


def _missing(place: int, credential: Credential | None) -> str:
    if credential is None or credential.erased_at:
        return f"{place}: {_('erased')}"
    name = credential.name_latin or credential.name_arabic
    code = paper.group_code(credential.short_code)
    if credential.status != Credential.Status.ACTIVE:
        why = credential.get_status_display()
    elif credential.visibility == Credential.Visibility.PRIVATE:
        why = _("its holder keeps it private")
    else:
        why = _("cannot be set on paper")
    return f"{place}: {name}, {code}: {why}"
