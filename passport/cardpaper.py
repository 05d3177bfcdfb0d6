"""The sheet that a desk prints once: the card, and the slip with the PIN, which folds shut."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import timezone

from credentials import qr, typesetting
from issuers.models import City

from .cards import Secrets
from .models import Learner
from .numbers import grouped

TEMPLATE = str(Path(__file__).parent / "typst" / "sheet.typ")
#: What the sheet says, in the languages of paper: a reader of English takes the French one.
WORDS: dict[str, dict[str, str]] = {
    "fr": {
        "title": "Passeport de l’apprenant",
        "number": "Numéro du passeport",
        "qr": "Code QR de cette carte",
        "cut": "La carte : coupez le long du trait.",
        "how": "Pour ouvrir votre passeport : scannez le code de la carte, ou allez à cette adresse, puis "
        "tapez votre code secret.",
        "lost": "Carte perdue ? Allez à un guichet : la nouvelle éteint l’ancienne.",
        "fold": "Sans lire : pliez au trait 1, puis au trait 2, et fermez avec un autocollant.",
        "pin": "Votre code secret",
        "keep": "Ne le dites à personne, pas même au guichet. Gardez-le loin de la carte.",
    },
    "ar": {
        "title": "جواز المتعلّم",
        "number": "رقم الجواز",
        "qr": "رمز QR لهذه البطاقة",
        "cut": "البطاقة: اقطع على طول الخط.",
        "how": "لفتح جوازك: امسح رمز البطاقة، أو زُر هذا العنوان، ثم اكتب رمزك السري.",
        "lost": "ضاعت البطاقة؟ اقصد شباك الاستقبال: البطاقة الجديدة تُبطل القديمة.",
        "fold": "دون قراءة: اطوِ عند الخط 1، ثم عند الخط 2، وأغلق بملصق.",
        "pin": "رمزك السري",
        "keep": "لا تخبر به أحدًا، حتى موظف الشباك. احفظه بعيدًا عن البطاقة.",
    },
}


def sheet(*, learner: Learner, made: Secrets, address: str, now: datetime) -> bytes:
    """The PDF: card and slip, or the slip alone where the card stays the same."""
    main = "ar" if learner.language == "ar" else "fr"
    other = "fr" if main == "ar" else "ar"
    city = City.objects.filter(pk=1).first()
    spoken = [("fr", learner.name_latin), ("ar", learner.name_arabic)]
    if main == "ar":
        spoken.reverse()
    code = ""
    if made.link:
        code = qr.qr_svg(made.link, title=WORDS[main]["qr"])
    data: dict[str, Any] = {
        "main": main,
        "languages": [main, other],
        "words": WORDS,
        "names": [{"lang": lang, "text": name} for lang, name in spoken if name],
        "city": {"fr": city.name_fr if city else "", "ar": city.name_ar if city else ""},
        "number": grouped(learner.passport_number),
        "pin": f"{made.pin[:3]} {made.pin[3:]}",
        "qr": code,
        "address": address,
        "day": timezone.localdate(now).isoformat(),
    }
    return typesetting.set_pdf(template=TEMPLATE, data={"print": data}, dated=timezone.localdate(now))
