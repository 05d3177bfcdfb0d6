"""The picture of a certificate for posting: badge, title, provider and city, and nobody's name."""

from functools import lru_cache
from typing import Any

from . import art, typesetting
from .certificates import ASSESSED, WORDS, printable
from .models import Achievement
from .reading import achievement_face

KINDS = {"png": "image/png", "svg": "image/svg+xml"}


def picture(*, achievement: Achievement, kind: str) -> bytes:
    """1200 by 630, as PNG or SVG; one of each an achievement, since it carries no name."""
    return _picture(kind, **achievement_face(achievement))


@lru_cache(maxsize=64)
def _picture(form: str, **face: Any) -> bytes:
    languages = [language for language in ("fr", "ar") if face[f"title_{language}"]]
    badge = art.badge_svg(
        achievement_id=face["achievement_id"],
        issuer_id=face["issuer_id"],
        theme=face["theme"],
        hours=face["hours"],
        level=face["cnc_level"],
        assessed=face["kind"] == ASSESSED,
    )
    post = {
        "heading": printable(face[f"title_{languages[0]}"]),
        "main_language": languages[0],
        "kind": WORDS[languages[0]][face["kind"]],
        "deep": art.PALETTES[face["theme"]].deep,
        "badge": badge,
        "titles": _in(languages, face, "title"),
        "issuers": _in(languages, face, "issuer") or _in(["fr", "ar"], face, "issuer"),
        "cities": _in(languages, face, "city"),
    }
    return typesetting.set_image(template="image.typ", data={"post": post}, kind=form)


def _in(languages: list[str], face: dict[str, Any], name: str) -> list[dict[str, str]]:
    texts = ((language, printable(face[f"{name}_{language}"])) for language in languages)
    return [{"lang": language, "text": text} for language, text in texts if text]
