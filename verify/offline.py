"""The verifier page without a network: its shell, the release that a service worker keeps, its manifest."""

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.html import json_script
from django.utils.translation import gettext as _

from issuers import trust

from . import presenting, scanning
from .scripts import lighter

WORKER = Path(__file__).parent / "static" / "verify" / "service-worker.js"
#: What the page loads by itself, by static name; the scanner and the kiosk come when they are asked for.
FIRST = (
    "verify/address.js",
    "verify/cose.js",
    "verify/drawing.js",
    "verify/installing.js",
    "verify/jws.js",
    "verify/knowledge.js",
    "verify/lists.js",
    "verify/memory.js",
    "verify/packing.js",
    "verify/page.js",
    "verify/sp1.js",
    "verify/store.js",
    "verify/trust.js",
    "verify/verdict.js",
)
#: What it loads once its first verdict stands.
THEN = ("verify/bundle.js", "verify/points.js")
KIOSK = ("verify/kiosk.js", "verify/wedge.js")
FRAME = ("built/style.css", "img/mark.svg", "built/fonts/plex-latin.woff2")
#: Faces that a language's page begins with; on others they come with the first name in that script.
FACES = {"ar": ("built/fonts/plex-arabic-400.woff2", "built/fonts/plex-arabic-600.woff2")}
#: Name of the drawing → its size and what a launcher may do with it; config/icons.py draws them.
ICONS = (
    ("built/icons/app-192.png", 192, "any"),
    ("built/icons/app-512.png", 512, "any"),
    ("built/icons/app-maskable-512.png", 512, "maskable"),
)
SEALS = (
    "valid",
    "clock",
    "expired",
    "not-yet",
    "revoked",
    "paused",
    "replaced",
    "unknown",
    "broken",
)  # parts/seal.html draws these


def page_context(*, kiosk: bool) -> dict[str, Any]:
    """What ``verify/check.html`` needs, whoever asks; ``kiosk`` for the page that stands at an entrance."""
    config = {
        "home": reverse("verify"),
        "worker": reverse("verify-worker"),
        "keys": reverse("key", args=["0"]).removesuffix("0"),
        "lists": reverse("status-list", args=["revocation", 0]).removesuffix("revocation/0"),
        "bundle": reverse("bundle"),
        "issuers": reverse("issuers"),
        "city": trust.city(),
        "roots": trust.pinned(),
        "title": f"{_('Check a certificate')} · {_('Learner passport')}",
        "words": presenting.browser_words(),
    }
    return {"config": json_script(config, "config", encoder=_Plain), "seals": SEALS, "kiosk": kiosk}


class _Plain(DjangoJSONEncoder):
    """Arabic as it is: with escapes its sentences would weigh a third more on the way to a phone."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**(options | {"ensure_ascii": False}))


def shell(request: HttpRequest, language: str, *, kiosk: bool) -> bytes:
    """The verifier page in this language, the same for everybody: it knows its host, and no visitor."""
    return _shell(request.get_host(), request.scheme or "http", language, kiosk)


def _shell(host: str, scheme: str, language: str, kiosk: bool) -> bytes:
    nobody = HttpRequest()
    nobody.method = "GET"
    nobody.path = nobody.path_info = reverse("verify")
    nobody.META = {"HTTP_HOST": host, "SERVER_NAME": host, "SERVER_PORT": "443", "wsgi.url_scheme": scheme}
    with translation.override(language):
        return bytes(render(nobody, "verify/check.html", page_context(kiosk=kiosk)).content)


def service_worker(request: HttpRequest) -> bytes:
    """The worker's script. It names every file of the page by its hash, so a deploy makes another worker."""
    return _service_worker(request.get_host(), request.scheme or "http", json.dumps(trust.pinned()))


@lru_cache(maxsize=16)
def _service_worker(host: str, scheme: str, _roots: str) -> bytes:
    parts = {"page": _digests(*FRAME, *FIRST, *THEN), "entrance": _digests(*KIOSK)}
    for language, _name in settings.LANGUAGES:
        page = reverse("verify-shell", args=[language])
        parts[language] = {page: _digest(_shell(host, scheme, language, False))}
        parts[language] |= _digests(*FACES.get(language, ()))
        parts[f"entrance {language}"] = {f"{page}?kiosk": _digest(_shell(host, scheme, language, True))}
    release = {
        "home": reverse("verify"),
        "static": settings.STATIC_URL,
        "shell": reverse("verify-shell", args=["-"]).removesuffix("-"),
        "languages": [language for language, _name in settings.LANGUAGES],
        "parts": parts,
        "scanner": [static(name) for name in (*scanning.FILES, *scanning.FALLBACK)],
    }
    script = lighter(WORKER.read_text()).encode()
    version = _digest(json.dumps(release).encode() + script)[:16]
    return b"const RELEASE = %s;\n%s" % (json.dumps({"version": version} | release).encode(), script)


def _digests(*names: str) -> dict[str, str]:
    return {static(name): _digest(content_of(name)) for name in names}


def content_of(name: str) -> bytes:
    """A static file as it goes out, by its name in the source."""
    if settings.STATIC_ROOT:
        stored = staticfiles_storage.stored_name(name)  # type: ignore[attr-defined]  # one with hashed names
        with staticfiles_storage.open(stored) as file:
            return bytes(file.read())
    found = finders.find(name)
    if found is None:
        raise FileNotFoundError(name)
    return Path(found).read_bytes()


def _digest(content: bytes) -> str:
    """Half of a SHA-256 tells releases apart; whoever could forge a file here could write the worker, too."""
    return hashlib.sha256(content).hexdigest()[:32]


def manifest(language: str) -> dict[str, Any]:
    """The web app manifest (W3C) in this language."""
    home = reverse("verify")
    with translation.override(language):
        return {
            "id": home,
            "name": _("Check a certificate, Casablanca"),
            "short_name": _("Certificates"),
            "description": _("Checks printed certificates of the city, also without a network."),
            "lang": language,
            "dir": "rtl" if translation.get_language_bidi() else "ltr",
            "start_url": home,
            "scope": home,
            "display": "standalone",
            "background_color": "#ffffff",
            "theme_color": "#ffffff",
            "icons": [
                {"src": static(name), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
                for name, size, purpose in ICONS
            ],
            "shortcuts": [
                {"name": _("Stand at an entrance"), "url": f"{home}?kiosk"},
            ],
        }
