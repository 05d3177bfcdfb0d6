"""Every state of the verifier page, shown to real phones by a running product, in the three languages."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from .employers import City, Employer, forged

Comes = Callable[..., Employer]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What an employer sees: the tile's shape and tone, whose name if any, the headline by language."""

    seal: str
    tone: str
    name: str = ""
    fr: str
    ar: str
    en: str


STATES = {
    "valid": Shown(
        seal="valid",
        tone="ok",
        name="Nadia Benjelloun",
        fr="Certificat valide",
        ar="شهادة صالحة",
        en="Valid certificate",
    ),
    "revoked": Shown(
        seal="revoked",
        tone="off",
        name="Hajar Tazi",
        fr="Certificat révoqué",
        ar="شهادة ملغاة",
        en="Revoked certificate",
    ),
    "suspended": Shown(
        seal="paused",
        tone="off",
        name="Imane Chraibi",
        fr="Certificat suspendu",
        ar="شهادة موقوفة مؤقتًا",
        en="Suspended certificate",
    ),
    "replaced": Shown(
        seal="replaced",
        tone="off",
        name="Salma Idrisi",
        fr="Certificat remplacé",
        ar="شهادة مستبدَلة",
        en="Replaced certificate",
    ),
    "expired": Shown(
        seal="expired",
        tone="age",
        name="Youssef Alaoui",
        fr="Certificat expiré",
        ar="شهادة منتهية الصلاحية",
        en="Expired certificate",
    ),
    "not-yet-valid": Shown(
        seal="not-yet",
        tone="age",
        name="Karim Sefrioui",
        fr="Pas encore valide",
        ar="لم تبدأ صلاحيتها بعد",
        en="Not valid yet",
    ),
    "status-unknown": Shown(
        seal="clock",
        tone="age",
        name="Nadia Benjelloun",
        fr="Authentique, statut inconnu",
        ar="أصلية، وحالتها غير معروفة",
        en="Genuine, status not known",
    ),
    "not-accredited": Shown(
        seal="unknown",
        tone="far",
        name="Driss Berrada",
        fr="Émetteur non agréé pour cela",
        ar="جهة غير معتمدة لهذا",
        en="Issuer not accredited for this",
    ),
    "tampered": Shown(
        seal="broken",
        tone="bent",
        fr="Document modifié",
        ar="وثيقة تم تغييرها",
        en="Document changed",
    ),
    "key-withdrawn": Shown(
        seal="broken",
        tone="bent",
        fr="Clé de l’émetteur retirée",
        ar="سُحب مفتاح الجهة المُصدِرة",
        en="Issuer's key withdrawn",
    ),
    "outside-key-period": Shown(
        seal="broken",
        tone="bent",
        fr="Signée hors de la période de la clé",
        ar="موقَّعة خارج مدة المفتاح",
        en="Signed outside the key's period",
    ),
    "contradictory": Shown(
        seal="broken",
        tone="bent",
        fr="Certificat qui se contredit",
        ar="شهادة تناقض نفسها",
        en="Certificate that contradicts itself",
    ),
    "unknown-issuer": Shown(
        seal="unknown",
        tone="far",
        fr="Émetteur non reconnu",
        ar="جهة مُصدِرة غير معترف بها",
        en="Issuer not recognised",
    ),
    "malformed": Shown(
        seal="unknown",
        tone="far",
        fr="Pas un certificat que nous savons lire",
        ar="ليست شهادة يمكننا قراءتها",
        en="Not a certificate that we can read",
    ),
}
#: What a reader sees and what a screen reader is told, in one look.
LOOK = """() => {
  const verdict = document.querySelector(".verdict");
  const headline = verdict.querySelector("h1");
  const seals = [...document.querySelectorAll("template[id^=seal-]")];
  const drawn = verdict.querySelector("svg.seal").innerHTML;
  return {
    headline: headline.textContent,
    title: document.title,
    focused: document.activeElement === headline,
    announced: Boolean(headline.closest("[role=status]")),
    seal: seals.find((each) => each.content.querySelector("svg").innerHTML === drawn)?.id,
    tone: verdict.className,
    language: [document.documentElement.lang, document.documentElement.dir],
    fits: document.documentElement.scrollWidth <= innerWidth,
    text: document.querySelector("main").innerText,
  };
}"""
NAMES = {shown.name for shown in STATES.values() if shown.name}


def code_of(city: City, state: str) -> str:
    """A printed code that brings the page into this state."""
    made_here = {
        "tampered": lambda: forged(city.codes["valid"]),
        "malformed": lambda: city.codes["valid"][:-40],
    }
    return str(made_here[state]()) if state in made_here else city.codes[state]


@pytest.mark.parametrize(("language", "width"), [("fr", 360), ("ar", 320), ("en", 320)])
def test_each_state_has_its_headline_shape_and_fields(
    city: City, employer: Comes, language: str, width: int
) -> None:
    phone = employer(language=language, width=width)
    for state, shown in STATES.items():
        assert phone.scan(code_of(city, state)) == state
        seen = phone.page.evaluate(LOOK)
        text = seen.pop("text")
        assert seen == {
            "headline": getattr(shown, language),
            "title": getattr(shown, language),
            "focused": True,
            "announced": True,
            "seal": f"seal-{shown.seal}",
            "tone": f"verdict gradin {shown.tone}",
            "language": [language, "rtl" if language == "ar" else "ltr"],
            "fits": True,
        }, state
        assert [name for name in NAMES if name in text] == [shown.name] * bool(shown.name), state
