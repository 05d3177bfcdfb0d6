"""Takes a picture of every page that links lead to: French and Arabic, phone and desk, some in the dark.

``make shots`` starts the product with the demo city, signs in as a learner, as staff of a provider and of the
city, and follows their links; ``tests.journeys.pictures`` takes what no link leads to in a furnished house.
All of it lies in ``var/shots/`` with a contact sheet, ``index.html``.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

import django
from playwright.sync_api import Browser, Page, Response, sync_playwright
from playwright.sync_api import Error as BrowserError

from . import services
from .conftest import QUIET

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "var" / "shots"
LANGUAGES = ("fr", "ar")
WIDTHS = {360: 780, 1280: 800}
#: Pages whose colours in the dark are looked at too.
DARK = ("home", "me", "me-entry", "verify", "credential", "teach-home", "city-home")
#: Readers beside the visitor and the learner, by their role in the demo's outbox.
STAFF = ("Trainer", "Owner", "Signer", "Approver", "Auditor", "City officer")
LEARNER = ("0683000001", "+212683000001")
#: Answers that are no pages, and what would end the visit.
LEFT = (".pdf", ".jwt", ".json", ".csv", ".zip", ".svg", ".png", ".xlsx", "/lang/", "/accounts/logout")


HEAD = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Every page</title><style>
body{font:16px sans-serif} img{height:24rem;border:1px solid #999;margin:4px} small{font-weight:400}
</style>"""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A page: its route's name, an address of it, and the session that opens it."""

    route: str
    path: str
    reader: str
    session: str


class Studio:
    """A browser on the running product."""

    def __init__(self, browser: Browser, base_url: str) -> None:
        self.browser, self.base_url = browser, base_url

    def open_page(
        self, *, language: str = "fr", width: int = 360, session: str = "", dark: bool = False
    ) -> Page:
        """A page of a new visitor, or of whoever holds this session."""
        context = self.browser.new_context(
            base_url=self.base_url,
            viewport={"width": width, "height": WIDTHS.get(width, 780)},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            timezone_id="Africa/Casablanca",
        )
        kept = {"lang": language} | ({"session": session} if session else {})
        context.add_cookies(
            [{"name": name, "value": value, "url": self.base_url} for name, value in kept.items()]
        )
        return context.new_page()

    def sessions(self) -> Iterator[tuple[str, str, str]]:
        """Who looks, her session, and where she begins."""
        from tests.journeys import door  # needs Django, which main() has set up

        yield "visitor", "", "/"
        page = self.open_page()
        page.goto("/me/")
        page.fill("#id_address", LEARNER[0])
        door._send(page)  # the same door
        page.fill("#id_code", door.sent_code(self.open_page, LEARNER[1]))
        door._send(page)
        yield "learner", _session(page), "/me/"
        for role in STAFF:
            try:
                who = door.staff(self.open_page, role)[0]
            except AssertionError:
                continue
            begin = "/city/" if role in STAFF[3:] else "/teach/"
            page = self.open_page()
            door.sign_in(self.open_page, page, who, to=begin)
            yield role.lower().replace(" ", "-"), _session(page), begin

    def pages(self, reader: str, session: str, begin: str, known: set[str]) -> Iterator[Found]:
        """One page of each route that links lead to, as long as nobody before has seen it."""
        from django.urls import Resolver404, resolve

        page = self.open_page(session=session)
        waiting, asked = [begin], set[str]()
        while waiting:
            path = waiting.pop(0)
            try:
                route = resolve(urlsplit(path).path).url_name or ""
            except Resolver404:
                continue
            if route in asked or any(part in path for part in LEFT):
                continue
            asked.add(route)
            answer = _opened(page, path)
            if answer and urlsplit(page.url).path != urlsplit(path).path:  # led on, to the door for example
                waiting.append(urlsplit(page.url).path)
                continue
            if answer is None or answer.status >= 400 or not page.locator("html[lang]").count():
                continue
            links: list[str] = page.eval_on_selector_all(
                "a[href]", "all => all.filter((a) => a.origin === location.origin).map((a) => a.pathname)"
            )
            waiting += links
            if route not in known:
                known.add(route)
                yield Found(route=route, path=path, reader=reader, session=session)
        page.context.close()

    def take(self, found: Found) -> None:
        """Take its pictures."""
        for language in LANGUAGES:
            for width in WIDTHS:
                for dark in (False, True)[: 1 + (found.route in DARK)]:
                    page = self.open_page(language=language, width=width, session=found.session, dark=dark)
                    page.goto(found.path)
                    page.reload()  # now the faces are there
                    name = f"{found.route}.{language}.{width}{'.dark' if dark else ''}.png"
                    page.screenshot(path=FOLDER / name, full_page=True)
                    page.context.close()


def _opened(page: Page, path: str) -> Response | None:
    """The answer; nothing where the address is a file to be taken along."""
    try:
        return page.goto(path)
    except BrowserError as error:
        if "Download is starting" not in str(error):
            raise
        return None


def _session(page: Page) -> str:
    return next(str(c.get("value")) for c in page.context.cookies() if c.get("name") == "session")


@contextmanager
def studio() -> Iterator[Studio]:
    """The product with the demo city, and a browser before it."""
    program = services.require_chromium()
    with services.running_product() as product, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield Studio(browser, product.base_url)
        browser.close()


def contact_sheet(seen: dict[str, str]) -> str:
    """All pictures side by side, each leading to its full size; ``seen`` says where a route was found."""
    parts: list[str] = []
    shown = ""
    for picture in sorted(FOLDER.glob("*.png")):
        name, route = escape(picture.name), picture.name.partition(".")[0]
        if route != shown:
            parts.append(
                f"<h2>{escape(route)} <small>{escape(seen.get(route, 'furnished house'))}</small></h2>"
            )
            shown = route
        parts.append(f'<a href="{name}"><img src="{name}" alt="{name}" loading="lazy"></a>')
    return HEAD + "".join(parts)


def in_the_house() -> int:
    """Take what no link leads to; returns what pytest says."""
    pictures = Path(__file__).parent / "journeys" / "pictures.py"
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", str(pictures)], cwd=ROOT, check=False
    ).returncode


def main() -> int:
    """Take all pictures; prints how many there are."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    seen: dict[str, str] = {}
    known: set[str] = set()
    with studio() as here:
        for reader, session, begin in here.sessions():
            for found in list(here.pages(reader, session, begin, known)):
                seen[found.route] = f"{found.reader}: {found.path}"
                here.take(found)
    failed = in_the_house()
    (FOLDER / "index.html").write_text(contact_sheet(seen))
    pictures = [picture.name.partition(".")[0] for picture in FOLDER.glob("*.png")]
    sys.stdout.write(
        f"{len(pictures)} pictures of {len(set(pictures))} pages: {FOLDER.relative_to(ROOT)}/index.html\n"
    )
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
