"""Every state of the verifier page, shown to real phones by a running product, in the three languages."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.utils import translation
from django.utils.html import strip_tags
from django.utils.translation import gettext
from playwright.sync_api import Browser, expect

from credentials import paper
from credentials.models import LIST_SIZE
from issuers import jose
from verify.wording import BROWSER_FACES, FACES, KEPT

from . import films
from .employers import City, Employer, forged
from .films import ALLOWED, MENU, NEAR, drawn, write_film

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
#: States of the reader's device rather than of the certificate.
ON_THE_DEVICE = {
    "status-stale": Shown(
        seal="clock",
        tone="age",
        name="Nadia Benjelloun",
        fr="Authentique, statut à rafraîchir",
        ar="أصلية، وحالتها تحتاج إلى تحيين",
        en="Genuine, status to be refreshed",
    ),
    "offline": Shown(
        seal="clock",
        tone="age",
        fr="Non vérifié : pas de réseau",
        ar="لم يتم التحقّق: لا توجد شبكة",
        en="Not checked: no connection",
    ),
    "not-trusted": Shown(
        seal="unknown",
        tone="far",
        fr="Vérification impossible en ce moment",
        ar="تعذّر التحقّق الآن",
        en="Not checkable at present",
    ),
    "old-browser": Shown(
        seal="clock",
        tone="age",
        fr="Ce navigateur est trop ancien",
        ar="هذا المتصفح قديم جدًّا",
        en="This browser is too old",
    ),
    "not-ours": Shown(
        seal="unknown",
        tone="far",
        fr="Ce n’est pas un certificat de cette ville",
        ar="ليست شهادة من هذه المدينة",
        en="Not a certificate of this city",
    ),
}
LANGUAGES = ("fr", "ar", "en")
MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "ar": "يناير فبراير مارس أبريل ماي يونيو يوليوز غشت شتنبر أكتوبر نونبر دجنبر",
    "en": "January February March April May June July August September October November December",
}
HOURS = {"fr": "heures", "ar": "ساعة", "en": "hours"}
DAY = 86_400
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
#: The words of a verdict, and of the fields that were signed, each by its place on the page.
WORDS = """() => {
  const said = (part) => part?.checkVisibility() ? part.textContent.replace(/\\s+/g, " ").trim() : null;
  const slot = (name) => said(document.querySelector(`#result .four [data-slot=${name}]`));
  return {
    sentence: said(document.querySelector(".verdict .say")),
    todo: said(document.querySelector(".verdict .todo")),
    whole: said(document.getElementById("result")),
    four: Object.fromEntries(["level", "hours", "signed", "until", "asof"].map((name) => [name, slot(name)])),
    known: document.body.dataset.known,
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


def shows(phone: Employer, state: str, shown: Shown, code: str, *, listed: int | None) -> None:
    """The page says of this code what it must; ``listed`` is when its lists were signed."""
    language = phone.language
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
    words = phone.page.evaluate(WORDS)
    face = {each.state: each for each in (*FACES.values(), *BROWSER_FACES)}[state]
    with translation.override(language):
        kept = KEPT.get(state, "") if words["known"] in ("offline", "not-trusted") else ""
        assert words["sentence"] == str(kept or face.sentence), state
        assert words["todo"] == (str(face.todo) or None), state
        host = {"host": urlsplit(phone.base_url).netloc}
        true_host = gettext('Check that the address above is <bdi dir="ltr">%(host)s</bdi>.') % host
        compare = gettext(
            "The printed name, title and level must be exactly these. Then ask for an identity document."
        )
    assert strip_tags(true_host) in words["whole"], state
    assert (compare in words["whole"]) == bool(shown.name), state
    # Morocco's hour is a matter of decrees, on which Python and browsers are not always of one age.
    offset = phone.page.evaluate("(listed) => new Date(1000 * listed).getTimezoneOffset()", listed or 0)
    moment = listed and datetime.fromtimestamp(listed, timezone(timedelta(minutes=-offset)))
    assert_fields(words["four"], language, code if shown.name else "", moment or None)


def assert_fields(four: dict[str, str | None], language: str, code: str, listed: datetime | None) -> None:
    """What was signed stands on the page, and of when its status is; nothing where nothing may be shown."""
    if not code:
        assert set(four.values()) == {None}
        return
    claim = paper.parse(paper.cose_of(code.rpartition("#")[2])).claim
    assert four["level"] == claim.level
    assert four["hours"] == f"{claim.hours} {HOURS[language]}"
    assert four["signed"] == day_of(datetime.fromtimestamp(claim.issued_at, UTC), language)
    until = four["until"]
    if claim.expires_at is None:
        assert until is None
    else:
        assert until
        assert until.endswith(day_of(datetime.fromtimestamp(claim.expires_at, UTC), language))
    asof = four["asof"]
    if listed is None:
        assert asof is None
    else:
        assert asof
        assert day_of(listed, language) in asof
        assert asof.endswith(f"{listed:%H:%M}")


def day_of(moment: datetime, language: str) -> str:
    """As it is written out in this language, in Morocco."""
    return f"{moment.day} {MONTHS[language].split()[moment.month - 1]} {moment.year}"


def listed_at(city: City, code: str) -> int | None:
    """When the oldest of the three lists of this code was signed; None where there are no such lists."""
    number = paper.parse(paper.cose_of(code.rpartition("#")[2])).claim.status // LIST_SIZE
    signed = []
    for purpose in ("revocation", "suspension", "replacement"):
        try:
            with urllib.request.urlopen(f"{city.base_url}/s/{purpose}/{number}") as answer:  # noqa: S310  # ours
                signed.append(int(json.loads(jose.unb64(answer.read().decode().split(".")[1]))["iat"]))
        except urllib.error.HTTPError as error:
            assert error.code == 404
            return None
    return min(signed)


@pytest.mark.parametrize(("language", "width"), [("fr", 360), ("ar", 320), ("en", 320)])
def test_each_state_has_its_headline_shape_words_and_fields(
    city: City, employer: Comes, language: str, width: int
) -> None:
    phone = employer(language=language, width=width)
    for state, shown in STATES.items():
        code = code_of(city, state)
        assert phone.scan(code) == state
        shows(phone, state, shown, code, listed=listed_at(city, code) if shown.name else None)


def test_what_is_old_and_what_was_never_heard_of_are_told_apart_without_a_server(
    city: City, employer: Comes
) -> None:
    code, learned, fresh = city.codes["valid"], [], []
    for language in LANGUAGES:
        learned.append(employer(language=language))
        fresh.append(employer(language=language))
        for phone in (learned[-1], fresh[-1]):
            phone.settle()
            phone.without_http_cache()
        assert learned[-1].scan(code) == "valid"
    listed = listed_at(city, code)
    city.kill_web()
    try:
        for phone in learned:
            with phone.at(time.time() + 10 * DAY):
                assert phone.scan(code) == "status-stale"
                shows(phone, "status-stale", ON_THE_DEVICE["status-stale"], code, listed=listed)
        for phone in fresh:
            assert phone.scan(code) == "offline"
            shows(phone, "offline", ON_THE_DEVICE["offline"], code, listed=None)
    finally:
        city.start_web()


@pytest.mark.parametrize("language", LANGUAGES)
def test_keys_older_than_what_was_seen_are_not_relied_on(city: City, employer: Comes, language: str) -> None:
    phone, code = employer(language=language), city.codes["valid"]
    assert phone.scan(code) == "valid"
    phone.page.evaluate("""() => {
      for (const [place, text] of Object.entries(localStorage)) {
        if (!place.startsWith("trust ")) continue;
        const seen = JSON.parse(text);
        localStorage.setItem(place, JSON.stringify({ ...seen, seq: seen.seq + 1 }));
      }
    }""")
    assert phone.scan(code) == "not-trusted"
    shows(phone, "not-trusted", ON_THE_DEVICE["not-trusted"], code, listed=None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_browser_that_cannot_check_says_so(city: City, employer: Comes, language: str) -> None:
    phone, code = employer(language=language), city.codes["valid"]
    phone.context.add_init_script("delete window.DecompressionStream")
    assert phone.scan(code) == "old-browser"
    shows(phone, "old-browser", ON_THE_DEVICE["old-browser"], code, listed=None)


@pytest.fixture(scope="module")
def menu(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of somebody else's code."""
    film = tmp_path_factory.mktemp("films") / "menu.y4m"
    write_film(film, drawn(MENU, module=40), NEAR)
    return film


@pytest.mark.parametrize("language", LANGUAGES)
def test_at_an_entrance_somebody_elses_code_is_none_of_ours(
    city: City, browser: Browser, menu: Path, language: str
) -> None:
    city.start_web()
    with films.phone(city, browser.browser_type, ALLOWED, film=menu, language=language) as visitor:
        visitor.page.goto(f"{visitor.base_url}/v?kiosk")
        visitor.page.locator("body[data-state=not-ours]").wait_for()
        shows(visitor, "not-ours", ON_THE_DEVICE["not-ours"], "", listed=None)
        expect(visitor.page.locator("main")).not_to_contain_text("cafe.example")
