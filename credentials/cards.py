"""The certificate for a wallet: both scripts and the code at its full size, alone or ten to a sheet."""

from collections.abc import Sequence
from typing import Any

from . import qr, typesetting
from .certificates import (
    WORDS,
    CertificateFace,
    day,
    either,
    hours,
    languages_of,
    marks,
    printable,
    said,
    title_of,
)
from .errors import QrTooDense

CARDS_A_SHEET = 10
NO_BREAK = "\N{NO-BREAK SPACE}"


def render_card(face: CertificateFace) -> bytes:
    """One card of 85.6 × 54 mm that carries ``certificate.jwt``. Raises QrTooDense."""
    return _render([face], sheet=False)


def render_sheet(faces: Sequence[CertificateFace]) -> bytes:
    """Up to ten cards on one A4 sheet with crop marks. Raises QrTooDense."""
    if not 1 <= len(faces) <= CARDS_A_SHEET:
        raise ValueError("a sheet has one to ten cards")
    return _render(faces, sheet=True)


def _render(faces: Sequence[CertificateFace], *, sheet: bool) -> bytes:
    try:
        cards = [_card(face) for face in faces]
    except qr.TooDense as error:
        raise QrTooDense from error
    first, language = faces[0], languages_of(faces[0])[0]
    title = title_of(first, language)["text"]
    name = either(first.name_latin, first.name_arabic, language)["text"]
    data = {
        "cards": cards,
        "sheet": sheet,
        "heading": title if sheet else f"{title} – {name}",
        "author": either(first.issuer_fr, first.issuer_ar, language)["text"],
        "description": WORDS[language][first.kind],
        "main_language": language,
        "day": first.awarded_on.isoformat(),
    }
    return typesetting.set_pdf(template="card.typ", data={"print": data}, dated=first.awarded_on)


def _card(face: CertificateFace) -> dict[str, Any]:
    languages = languages_of(face)
    title = title_of(face, languages[0])["text"]
    return marks(face, languages, badge_alt=title) | {
        "dir": "rtl" if languages == ["ar"] else "ltr",
        "cities": [
            {"lang": language, "text": printable(getattr(face, f"city_{language}"))} for language in languages
        ],
        "names": _both(face.name_latin, face.name_arabic, languages),
        "titles": [title_of(face, language) for language in languages],
        "facts": [_facts(face, language) for language in languages],
    }


def _both(latin: str, arabic: str, languages: list[str]) -> list[dict[str, str]]:
    """The name in each script that it is known in, the one that is read first above."""
    names = [said(text, language) for text, language in ((latin, "fr"), (arabic, "ar")) if text]
    return names if languages[0] == "fr" else names[::-1]


def _facts(face: CertificateFace, language: str) -> list[dict[str, str]]:
    """Who issued it; the level, the hours and the day; until when it is valid."""
    words = WORDS[language]
    level = [face.level_label.replace("CNC", words["framework"]), hours(face.hours, language)]
    days = [day(face.awarded_on, language, short=True)]
    if face.valid_until:
        days.append(f"{words['until']} {day(face.valid_until, language, short=True)}")
    if language == "fr":  # where the framework has a short name, the day has room beside it
        level.append(days.pop(0))
    lines = [{"lang": language, "text": _in_a_row(facts)} for facts in (level, days) if facts]
    return [either(face.issuer_fr, face.issuer_ar, language), *lines]


def _in_a_row(facts: list[str]) -> str:
    """Facts with a point between them, each kept on one line."""
    return " · ".join(printable(fact).replace(" ", NO_BREAK) for fact in facts if fact)
