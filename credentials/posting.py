"""The pictures of a certificate: badge, title, provider and city, and nobody's name."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from . import art, typesetting
from .certificates import ASSESSED, WORDS, printable
from .models import Achievement
from .reading import achievement_face

KINDS = {"png": "image/png", "svg": "image/svg+xml"}
#: A word of one or two letters stays with the next.
SHORT = re.compile(r"(?<=\s\S) |(?<=\s\S\S) ")
#: Where ``badge.typ`` has badge and frieze, and the tiles of the frieze.
BADGE_AT = 'x="260" y="44" width="480" height="480"'
FRIEZE_AT = 'x="0" y="960" width="1000" height="40"'
FRIEZE = {"columns": 50, "rows": 2}


@dataclass(frozen=True, slots=True)
class Square:
    """The picture for baking, what it is called, and what it says to whoever does not see it."""

    data: bytes
    title: str
    description: str


def picture(*, achievement: Achievement, kind: str) -> bytes:
    """1200 by 630, as PNG or SVG; one of each an achievement, since it carries no name."""
    return _picture(kind, **achievement_face(achievement))


def square(*, achievement: Achievement, kind: str) -> Square:
    """1000 by 1000, as PNG or SVG, to be baked; one of each an achievement as well.

    The SVG is drawn and nothing else: letters are outlines, no font and no image is needed to see it.
    """
    return _square(kind, **achievement_face(achievement))


@lru_cache(maxsize=64)
def _picture(form: str, **face: Any) -> bytes:
    languages = _languages(face)
    post = _common(face, languages) | {
        "kind": WORDS[languages[0]][face["kind"]],
        "badge": _badge(face),
    }
    return typesetting.set_image(template="image.typ", data={"post": post}, kind=form)


@lru_cache(maxsize=64)
def _square(form: str, **face: Any) -> Square:
    languages = _languages(face)
    common = _common(face, languages)
    kinds = [{"lang": language, "text": WORDS[language][face["kind"]]} for language in languages]
    badge = _badge(face, place=face["place"])
    frieze = art.zellige_band_svg(theme=face["theme"], achievement_id=face["achievement_id"], **FRIEZE)
    drawn = {"art": form == "png", "badge": badge, "frieze": frieze, "kinds": kinds}
    data = typesetting.set_image(template="badge.typ", data={"post": common | drawn}, kind=form)
    if form == "svg":
        parts = _placed(frieze, FRIEZE_AT) + _placed(badge, BADGE_AT)
        data = data.rstrip().removesuffix(b"</svg>") + parts.encode() + b"</svg>"
    return Square(
        data=data,
        title=_joined(common["titles"], " – "),
        description=_joined([*kinds, *common["issuers"], *common["cities"]], ". "),
    )


def _placed(drawing: str, place: str) -> str:
    """A drawing of ours as part of a larger one."""
    return re.sub(r'^<svg xmlns="[^"]+" ', f"<svg {place} ", drawing, count=1)


def _joined(texts: list[dict[str, str]], by: str) -> str:
    return by.join(each["text"] for each in texts).replace("\u200b", "").replace("\u00a0", " ")


def _badge(face: dict[str, Any], *, place: str = "") -> str:
    return art.badge_svg(
        achievement_id=face["achievement_id"],
        issuer_id=face["issuer_id"],
        theme=face["theme"],
        hours=face["hours"],
        level=face["cnc_level"],
        assessed=face["kind"] == ASSESSED,
        place=place,
    )


def _languages(face: dict[str, Any]) -> list[str]:
    return [language for language in ("fr", "ar") if face[f"title_{language}"]]


def _common(face: dict[str, Any], languages: list[str]) -> dict[str, Any]:
    """What both pictures say."""
    return {
        "heading": printable(face[f"title_{languages[0]}"]),
        "main_language": languages[0],
        "deep": art.PALETTES[face["theme"]].deep,
        "titles": [
            each | {"text": SHORT.sub("\u00a0", each["text"])} for each in _in(languages, face, "title")
        ],
        "issuers": _in(languages, face, "issuer") or _in(["fr", "ar"], face, "issuer"),
        "cities": _in(languages, face, "city"),
    }


def _in(languages: list[str], face: dict[str, Any], name: str) -> list[dict[str, str]]:
    texts = ((language, printable(face[f"{name}_{language}"])) for language in languages)
    return [{"lang": language, "text": text} for language, text in texts if text]
