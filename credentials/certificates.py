"""The certificate on paper: one A4 page in both scripts, with badge, code and the signed file inside."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import typst
from babel import Locale
from babel.dates import format_date
from django.conf import settings

from . import art, qr
from .errors import QrTooDense

TEMPLATE = Path(__file__).parent / "typst" / "certificate.typ"
#: Controls, and the marks that turn the direction of writing: they have no place in a printed text.
UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+"
)
ARABIC = re.compile("[\u0620-\u064a\u066e-\u06d3]")
LATIN = re.compile("[A-Za-zÀ-ɏ]")
LONG_WORD = re.compile(r"\S{25,}")
#: A dash and a short last word keep with what stands before them.
KEPT = re.compile(r" (?=[–-] |\S{1,2}$)")
OUTCOME_LIMIT = 420
CITY_TIFINAGH = "ⵜⵉⴳⵎⵎⵉ ⵜⵓⵎⵍⵉⵍⵜ"

#: The fixed words of a certificate, in the two languages that it is always printed in.
WORDS: dict[str, dict[str, str]] = {
    "fr": {
        "MicroCredential": "Micro-certification",
        "CertificateOfCompletion": "Attestation de participation",
        "assessed": "a réussi l’évaluation de",
        "attended": "a participé à",
        "level": "Niveau",
        "framework": "CNC",
        "workload": "Volume horaire",
        "assessment": "Évaluation",
        "issuer": "Délivrée par",
        "on": "Le",
        "until": "Valable jusqu’au",
        "verify": "Vérifier",
        "note": "Ce papier se vérifie sans compte.",
    },
    "ar": {
        "MicroCredential": "شهادة مصغّرة",
        "CertificateOfCompletion": "شهادة حضور",
        "assessed": "اجتياز ناجح لتقييم",
        "attended": "مشاركة في",
        "level": "المستوى",
        "framework": "الإطار الوطني للإشهاد",
        "workload": "الغلاف الزمني",
        "assessment": "التقييم",
        "issuer": "الجهة المُصدِرة",
        "on": "بتاريخ",
        "until": "صالحة إلى غاية",
        "verify": "تحقَّق",
        "note": "يمكن التحقّق من هذه الورقة دون حساب.",
    },
}
#: A workload by plural category (CLDR); the Arabic one and two are said without a figure.
HOURS: dict[str, dict[str, str]] = {
    "fr": {"one": "{n} heure", "other": "{n} heures"},
    "ar": {"one": "ساعة واحدة", "two": "ساعتان", "few": "{n} ساعات", "other": "{n} ساعة"},
}
THOUSANDS = {"fr": "\u202f", "ar": "."}


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

    The same face gives the same bytes. Long texts are set smaller, an outcome beyond 420 characters ends in
    an ellipsis; nothing leaves the page. Raises QrTooDense when the code would be too dense to scan.
    """
    try:
        data = _data(face)
    except qr.TooDense as error:
        raise QrTooDense from error
    with _one_at_a_time:
        pdf = _compiler().compile(
            sys_inputs={"face": json.dumps(data, ensure_ascii=False)},
            format="pdf",
            timestamp=int(datetime.combine(face.awarded_on, time(), tzinfo=UTC).timestamp()),
        )
    return bytes(pdf)


_one_at_a_time = Lock()  # the compiler refuses a second thread while it works


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
    languages = [language for language in ("fr", "ar") if getattr(face, f"title_{language}")]
    sides = [_side(face, language, assessed=assessed) for language in languages]
    first = sides[0]
    return {
        "heading": f"{first['title']['text']} – {first['name']['text']}",
        "author": _either(face.issuer_fr, face.issuer_ar, languages[0])["text"],
        "description": first["kind"],
        "main_language": languages[0],
        "sides": sides,
        "deep": art.PALETTES[face.theme].deep,
        "badge": art.badge_svg(
            achievement_id=face.achievement_id,
            issuer_id=face.issuer_id,
            theme=face.theme,
            hours=face.hours,
            level=face.cnc_level,
            assessed=assessed,
        ),
        "badge_alt": first["title"]["text"],
        "frieze": art.zellige_band_svg(theme=face.theme, achievement_id=face.achievement_id),
        "qr": qr.qr_svg(face.qr_text, title="QR"),
        "qr_alt": f"QR {face.short_code}",
        "qr_modules": len(qr.qr_matrix(face.qr_text)) + 2 * qr.QUIET_ZONE,
        "module_mm": qr.MODULE_MM,
        "verify": [{"lang": language, "text": WORDS[language]["verify"]} for language in languages],
        "notes": {language: WORDS[language]["note"] for language in languages},
        "city_zgh": CITY_TIFINAGH,
        "short_code": _printable(face.short_code),
        "address": _printable(face.address),
        "jwt": face.jwt,
    }


def _side(face: CertificateFace, language: str, *, assessed: bool) -> dict[str, Any]:
    words = WORDS[language]
    arabic = language == "ar"
    facts = [
        (words["level"], _said(face.level_label.replace("CNC", words["framework"]), language)),
        (words["workload"], _said(_hours(face.hours, language), language)),
        (words["assessment"], _either(face.assessment_fr, face.assessment_ar, language)),
        (words["issuer"], _either(face.issuer_fr, face.issuer_ar, language)),
        (words["on"], _said(_day(face.awarded_on, language), language)),
    ]
    if face.valid_until:
        facts.append((words["until"], _said(_day(face.valid_until, language), language)))
    title = _said(face.title_ar if arabic else face.title_fr, language)
    outcome = _said(face.outcome_ar if arabic else face.outcome_fr, language)
    return {
        "lang": language,
        "dir": "rtl" if arabic else "ltr",
        "city": _printable(face.city_ar if arabic else face.city_fr),
        "kind": words[face.kind],
        "name": _either(face.name_latin, face.name_arabic, language),
        "did": words["assessed" if assessed else "attended"],
        "title": title | {"text": KEPT.sub("\u00a0", title["text"])},
        "outcome": outcome | {"text": _shortened(outcome["text"])},
        "facts": facts if facts[2][1]["text"] else facts[:2] + facts[3:],
    }


def _either(french: str, arabic: str, language: str) -> dict[str, str]:
    """The text in this language, else in the other."""
    return _said((arabic or french) if language == "ar" else (french or arabic), language)


def _said(text: str, language: str) -> dict[str, str]:
    """The text with the language that it turns out to be in, so that it runs its own way."""
    if ARABIC.search(text) is None:
        language = "fr"
    elif LATIN.search(text) is None:
        language = "ar"
    return {"lang": language, "text": _printable(text)}


def _printable(text: str) -> str:
    """The text on one line; a word too long for any line may be broken."""
    text = " ".join(UNPRINTABLE.sub(" ", text).split())
    return LONG_WORD.sub(lambda word: "\u200b".join(re.findall(".{1,24}", word[0])), text)


def _shortened(text: str) -> str:
    if len(text) <= OUTCOME_LIMIT:
        return text
    return text[:OUTCOME_LIMIT].rsplit(" ", 1)[0].rstrip(" ,;:.–،؛") + " …"


def _hours(hours: int, language: str) -> str:
    forms = HOURS[language]
    form = forms.get(Locale(language).plural_form(hours), forms["other"])
    return form.format(n=f"{hours:,}".replace(",", THOUSANDS[language]))


def _day(value: date, language: str) -> str:
    text = UNPRINTABLE.sub("", format_date(value, "d MMMM y", locale=f"{language}_MA"))
    return text.replace("1 ", "1er ", 1) if language == "fr" and value.day == 1 else text
