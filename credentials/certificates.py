"""The certificate on paper: one A4 page in both scripts, with badge, code and the signed file inside."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from babel import Locale
from babel.dates import format_date

from . import art, qr, typesetting
from .errors import QrTooDense

#: Controls, and the marks that turn the direction of writing: they have no place in a printed text.
UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+"
)
ARABIC = re.compile("[\u0620-\u064a\u066e-\u06d3]")
LATIN = re.compile("[A-Za-zÀ-ɏ]")
LONG_WORD = re.compile(r"\S{25,}")
#: A dash and a short last word keep with what stands before them.
KEPT = re.compile(r" (?=[–-] |\S{1,2}$)")
#: Where a long address may go on in the next line.
BREAKS = re.compile("(?<=[./-])")
OUTCOME_LIMIT = 420
ASSESSED = "MicroCredential"
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
        "result": "Résultat",
        "issuer": "Délivrée par",
        "on": "Le",
        "until": "Valable jusqu’au",
        "verify": "Vérifier",
        "stamp": "Cachet",
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
        "result": "النتيجة",
        "issuer": "الجهة المُصدِرة",
        "on": "بتاريخ",
        "until": "صالحة إلى غاية",
        "verify": "تحقَّق",
        "stamp": "الختم",
        "note": "يمكن التحقّق من هذه الورقة دون حساب.",
    },
}
#: A workload by plural category (CLDR); the Arabic one and two are said without a figure.
HOURS: dict[str, dict[str, str]] = {
    "fr": {"one": "{n} heure", "other": "{n} heures"},
    "ar": {"one": "ساعة واحدة", "two": "ساعتان", "few": "{n} ساعات", "other": "{n} ساعة"},
}
#: Across what is no certificate yet.
SPECIMEN = [{"lang": "fr", "text": "SPÉCIMEN"}, {"lang": "ar", "text": "نموذج"}]
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
    place: str
    cnc_level: int
    jwt: str
    result: str = ""
    specimen: bool = False


def render_pdf(face: CertificateFace) -> bytes:
    """One A4 page, landscape, fonts embedded, tagged; ``certificate.jwt`` is attached to it.

    The same face gives the same bytes. Long texts are set smaller, an outcome beyond 420 characters ends in
    an ellipsis; nothing leaves the page. Raises QrTooDense when the code would be too dense to scan.
    """
    try:
        data = _data(face)
    except qr.TooDense as error:
        raise QrTooDense from error
    return typesetting.set_pdf(template="certificate.typ", data={"face": data}, dated=face.awarded_on)


def _data(face: CertificateFace) -> dict[str, Any]:
    languages = languages_of(face)
    sides = [_side(face, language) for language in languages]
    first = sides[0]
    return {
        "heading": f"{first['title']['text']} – {first['name']['text']}",
        "author": either(face.issuer_fr, face.issuer_ar, languages[0])["text"],
        "description": first["kind"],
        "main_language": languages[0],
        "sides": sides,
        "stamp": word("stamp", languages),
        "notes": {language: WORDS[language]["note"] for language in languages},
        "city_zgh": CITY_TIFINAGH,
        "day": face.awarded_on.isoformat(),
        "specimen": SPECIMEN if face.specimen else [],
    } | marks(face, languages, badge_alt=first["title"]["text"])


def languages_of(face: CertificateFace) -> list[str]:
    """The languages that the achievement has a title in."""
    return [language for language in ("fr", "ar") if getattr(face, f"title_{language}")]


def marks(face: CertificateFace, languages: list[str], *, badge_alt: str) -> dict[str, Any]:
    """What every print carries: colours and badge of the course, the code and what stands below it, the file.

    Raises TooDense.
    """
    return {
        "deep": art.PALETTES[face.theme].deep,
        "badge": _badge(
            achievement_id=face.achievement_id,
            issuer_id=face.issuer_id,
            place=face.place,
            theme=face.theme,
            hours=face.hours,
            level=face.cnc_level,
            assessed=face.kind == ASSESSED,
        ),
        "badge_alt": badge_alt,
        "frieze": _frieze(theme=face.theme, achievement_id=face.achievement_id),
        "qr": qr.qr_svg(face.qr_text, title="QR"),
        "qr_alt": f"QR {face.short_code}",
        "qr_modules": len(qr.qr_matrix(face.qr_text)) + 2 * qr.QUIET_ZONE,
        "module_mm": qr.MODULE_MM,
        "verify": word("verify", languages),
        "short_code": printable(face.short_code),
        "address": printable(face.address),
        "address_parts": BREAKS.split(printable(face.address)),
        "jwt": face.jwt,
    }


def word(name: str, languages: list[str]) -> list[dict[str, str]]:
    """One of the fixed words, in each of these languages."""
    return [{"lang": language, "text": WORDS[language][name]} for language in languages]


#: A class has one badge and one frieze: drawn once, not once a learner.
_badge = lru_cache(maxsize=64)(art.badge_svg)
_frieze = lru_cache(maxsize=64)(art.zellige_band_svg)


def _side(face: CertificateFace, language: str) -> dict[str, Any]:
    words = WORDS[language]
    arabic = language == "ar"
    facts = [
        (words["level"], said(face.level_label.replace("CNC", words["framework"]), language)),
        (words["workload"], said(hours(face.hours, language), language)),
        (words["assessment"], either(face.assessment_fr, face.assessment_ar, language)),
        (words["issuer"], either(face.issuer_fr, face.issuer_ar, language)),
        (words["on"], said(day(face.awarded_on, language), language)),
    ]
    if face.valid_until:
        facts.append((words["until"], said(day(face.valid_until, language), language)))
    if face.result:
        facts.insert(3, (words["result"], {"lang": "fr", "text": printable(face.result)}))
    outcome = said(face.outcome_ar if arabic else face.outcome_fr, language)
    return {
        "lang": language,
        "dir": "rtl" if arabic else "ltr",
        "city": printable(face.city_ar if arabic else face.city_fr),
        "kind": words[face.kind],
        "name": either(face.name_latin, face.name_arabic, language),
        "did": words["assessed" if face.kind == ASSESSED else "attended"],
        "title": title_of(face, language),
        "outcome": outcome | {"text": _shortened(outcome["text"])},
        "facts": facts if facts[2][1]["text"] else facts[:2] + facts[3:],
    }


def title_of(face: CertificateFace, language: str) -> dict[str, str]:
    """The title in this language, with what belongs together kept on one line."""
    title = said(face.title_ar if language == "ar" else face.title_fr, language)
    return title | {"text": KEPT.sub("\u00a0", title["text"])}


def either(french: str, arabic: str, language: str) -> dict[str, str]:
    """The text in this language, else in the other."""
    return said((arabic or french) if language == "ar" else (french or arabic), language)


def said(text: str, language: str) -> dict[str, str]:
    """The text with the language that it turns out to be in, so that it runs its own way."""
    if ARABIC.search(text) is None:
        language = "fr"
    elif LATIN.search(text) is None:
        language = "ar"
    return {"lang": language, "text": printable(text)}


def printable(text: str) -> str:
    """The text on one line; a word too long for any line may be broken."""
    text = " ".join(UNPRINTABLE.sub(" ", text).split())
    return LONG_WORD.sub(lambda word: "\u200b".join(re.findall(".{1,24}", word[0])), text)


def _shortened(text: str) -> str:
    if len(text) <= OUTCOME_LIMIT:
        return text
    return text[:OUTCOME_LIMIT].rsplit(" ", 1)[0].rstrip(" ,;:.–،؛") + " …"


def hours(number: int, language: str) -> str:
    """A workload in words."""
    forms = HOURS[language]
    form = forms.get(Locale(language).plural_form(number), forms["other"])
    return form.format(n=f"{number:,}".replace(",", THOUSANDS[language]))


def day(value: date, language: str, *, short: bool = False) -> str:
    """A date in words, as Morocco writes them."""
    form = "d MMM y" if short else "d MMMM y"
    text = UNPRINTABLE.sub("", format_date(value, form, locale=f"{language}_MA"))
    return text.replace("1 ", "1er ", 1) if language == "fr" and value.day == 1 else text
