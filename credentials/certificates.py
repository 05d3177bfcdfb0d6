"""The certificate on paper: one A4 page in both scripts, with badge, code and the signed file inside."""

import json
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst
from babel.dates import format_date
from django.conf import settings

from . import art, qr

TEMPLATE = Path(__file__).parent / "typst" / "certificate.typ"
MARKS = str.maketrans("", "", "\u200e\u200f\u061c")

#: The fixed words of a certificate, in the two languages that it is always printed in.
WORDS: dict[str, dict[str, str]] = {
    "fr": {
        "MicroCredential": "Micro-certification",
        "CertificateOfCompletion": "Attestation de participation",
        "assessed": "a réussi l’évaluation de",
        "attended": "a participé à",
        "level": "Niveau",
        "workload": "Volume horaire",
        "hours": "heures",
        "assessment": "Évaluation",
        "issuer": "Délivrée par",
        "on": "Le",
        "until": "Valable jusqu’au",
    },
    "ar": {
        "MicroCredential": "شهادة مصغّرة",
        "CertificateOfCompletion": "شهادة حضور",
        "assessed": "اجتياز ناجح لتقييم",
        "attended": "مشاركة في",
        "level": "المستوى",
        "workload": "الغلاف الزمني",
        "hours": "ساعة",
        "assessment": "التقييم",
        "issuer": "الجهة المُصدِرة",
        "on": "بتاريخ",
        "until": "صالحة إلى غاية",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFace:
    """What a printed certificate shows. A text that is missing in one language is left out there."""

    name_latin: str
    name_arabic: str
    title_fr: str
    title_ar: str
    outcome_fr: str
    outcome_ar: str
    issuer_fr: str
    issuer_ar: str
    kind: str
    theme: str
    level_label: str
    hours: int
    assessment_fr: str
    assessment_ar: str
    awarded_on: date
    valid_until: date | None
    qr_text: str
    short_code: str
    address: str
    city_fr: str
    city_ar: str
    achievement_id: str
    issuer_id: str
    cnc_level: int
    jwt: str


def render_pdf(face: CertificateFace) -> bytes:
    """One A4 page, landscape, fonts embedded, tagged; ``certificate.jwt`` is attached to it.

    Long names and titles are set smaller; nothing leaves the page. Raises qr.TooDense when the code would
    be too dense to scan.
    """
    return bytes(
        _compiler().compile(sys_inputs={"face": json.dumps(_data(face), ensure_ascii=False)}, format="pdf")
    )


@lru_cache(maxsize=1)
def _compiler() -> Any:
    """The compiler with its fonts, made once a process."""
    return typst.Compiler(
        str(TEMPLATE),
        font_paths=[str(folder) for folder in settings.PRINT_FONT_DIRS],
        ignore_system_fonts=True,
    )


def _data(face: CertificateFace) -> dict[str, Any]:
    assessed = face.kind == "MicroCredential"
    side = len(qr.qr_matrix(face.qr_text)) + 2 * qr.QUIET_ZONE
    languages = [language for language in ("fr", "ar") if getattr(face, f"title_{language}")]
    sides = [_side(face, language, assessed=assessed) for language in languages]
    if len(sides) == 2:
        sides[0] |= {"x": 22, "width": 95}
        sides[1] |= {"x": 180, "width": 95}
        axis = 121.5
    elif languages == ["ar"]:
        sides[0] |= {"x": 100, "width": 175}
        axis = 32
    else:
        sides[0] |= {"x": 22, "width": 175}
        axis = 211
    return {
        "heading": face.title_fr or face.title_ar,
        "main_language": languages[0],
        "sides": sides,
        "axis": axis,
        "deep": art.PALETTES[face.theme].deep,
        "badge": art.badge_svg(
            achievement_id=face.achievement_id,
            issuer_id=face.issuer_id,
            theme=face.theme,
            hours=face.hours,
            level=face.cnc_level,
            assessed=assessed,
        ),
        "badge_alt": face.title_fr or face.title_ar,
        "frieze": art.zellige_band_svg(theme=face.theme, achievement_id=face.achievement_id),
        "qr": qr.qr_svg(face.qr_text, title="QR"),
        "qr_alt": f"QR {face.short_code}",
        "qr_modules": side,
        "module_mm": qr.MODULE_MM,
        "short_code": face.short_code,
        "address": face.address,
        "issuer_fr": face.issuer_fr,
        "jwt": face.jwt,
    }


def _side(face: CertificateFace, language: str, *, assessed: bool) -> dict[str, Any]:
    words = WORDS[language]
    other = "ar" if language == "fr" else "fr"
    names = {"fr": face.name_latin, "ar": face.name_arabic}
    facts = [
        (words["level"], face.level_label),
        (words["workload"], f"{face.hours} {words['hours']}"),
        (words["assessment"], getattr(face, f"assessment_{language}")),
        (words["issuer"], getattr(face, f"issuer_{language}") or getattr(face, f"issuer_{other}")),
        (words["on"], _day(face.awarded_on, language)),
    ]
    if face.valid_until:
        facts.append((words["until"], _day(face.valid_until, language)))
    return {
        "lang": language,
        "dir": "rtl" if language == "ar" else "ltr",
        "city": getattr(face, f"city_{language}"),
        "kind": words[face.kind],
        "name": names[language] or names[other],
        "did": words["assessed" if assessed else "attended"],
        "title": getattr(face, f"title_{language}"),
        "outcome": getattr(face, f"outcome_{language}"),
        "facts": facts,
    }


def _day(value: date, language: str) -> str:
    return format_date(value, "d MMMM y", locale=f"{language}_MA").translate(MARKS)
