"""Slips on paper: eight to an A4 sheet, in both scripts, to be cut along the lines."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.conf import settings

from . import qr, typesetting
from .certificates import day, printable, said
from .models import Achievement
from .paperslips import Printed

WORDS = {
    "fr": {
        "head": "Ce papier ouvre votre passeport",
        "do": "Scannez, ou tapez ce code sur",
        "once": "Il sert une seule fois.",
    },
    "ar": {"head": "هذه الورقة تفتح جوازك", "do": "امسح الرمز، أو اكتبه في", "once": "تُستعمل مرّة واحدة."},
}


def render(*, slips: Sequence[Printed], achievement: Achievement, group: str, place: str, on: date) -> bytes:
    """The sheets as a PDF."""
    titles = [said(t, lang) for t, lang in ((achievement.title_fr, "fr"), (achievement.title_ar, "ar")) if t]
    where = [said(text, "fr") for text in (group, place) if text]
    data: dict[str, Any] = {
        "slips": [
            {
                "names": [said(n, lang) for n, lang in ((s.name_latin, "fr"), (s.name_arabic, "ar")) if n],
                "qr": qr.qr_svg(s.link, title="QR"),
                "alt": f"QR {s.short}",
                "code": s.short,
            }
            for s in slips
        ],
        "titles": titles,
        "where": where,
        "days": [said(day(on, language), language) for language in ("fr", "ar")],
        "words": {
            name: [{"lang": language, "text": WORDS[language][name]} for language in ("fr", "ar")]
            for name in ("head", "do", "once")
        },
        "address": printable(f"{settings.HOST}/slip"),
        "heading": printable(group) or titles[0]["text"],
        "day": on.isoformat(),
    }
    return typesetting.set_pdf(template="slips.typ", data={"print": data}, dated=on)
