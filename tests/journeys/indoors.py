"""A browser whose every request is answered by the product in this very process, on the database of the test.

What it reads comes with the product's own headers, so that policies hold as they do outside; and a test can
put into the database what no form would let in.
"""

import gzip
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, Dialog, Page, Request, Route

if TYPE_CHECKING:  # benches come indoors before Django is set up
    from tests.furnished import House

HOUSE = "http://localhost:8000"
#: Told by the browser itself, whatever a page's scripts do.
TELL = """addEventListener("securitypolicyviolation", (violation) => {
  console.error("policy", violation.violatedDirective, violation.blockedURI, violation.sample);
});"""


@dataclass(frozen=True, kw_only=True)
class Carried:
    """One answer as it would travel: its address, what it is for, and its bytes with its headers."""

    path: str
    kind: str
    weight: int


class Indoors:
    """One visitor's browser; ``complaints`` is what must stay empty."""

    def __init__(
        self,
        browser: Browser,
        *,
        session: str = "",
        language: str = "fr",
        first_visit: bool = False,
    ) -> None:
        self.complaints: list[str] = []
        self.carried: list[Carried] = []
        #: Fonts wait here while this is a list, as they do on a slow network.
        self.late: list[tuple[Route, Request]] | None = None
        self.session, self.language = session, language
        #: Where the page that stands there is at home, after whatever led on to it.
        self.led = ""
        shared = connections["default"]
        shared.inc_thread_sharing()
        # A thread beside the browser's loop, on the test's own connection and within its transaction.
        self.product = ThreadPoolExecutor(
            1, initializer=connections.__setitem__, initargs=("default", shared)
        )
        self.context = browser.new_context(
            base_url=HOUSE,
            viewport={"width": 360, "height": 780},
            accept_downloads=True,
            reduced_motion="reduce",
            service_workers="block" if first_visit else "allow",
        )
        self.context.add_init_script(TELL)
        self.context.route("**/*", self._answer)
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.page.on("console", lambda m: self._complain(f"console: {m.text}") if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self._complain(f"script: {error}"))
        self.page.on("dialog", self._dialog)

    def open(self, path: str) -> Page:
        """Go there; what the page's scripts do at once is done."""
        self.here = path
        self.carried.clear()
        answer = self.page.goto(path, wait_until="load" if self.late is None else "domcontentloaded")
        assert answer
        assert answer.status < 400, f"{path} answered {answer.status}"
        return self.page

    def let_fonts_come(self) -> None:
        """What waited arrives, and whatever is asked for from now on arrives at once."""
        waiting, self.late = self.late or [], None
        for route, request in waiting:
            self._answer(route, request)

    def _complain(self, what: str) -> None:
        self.complaints.append(f"{self.here}: {what}")

    def _dialog(self, dialog: Dialog) -> None:
        self._complain(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _answer(self, route: Route, request: Request) -> None:
        if not request.url.startswith(HOUSE + "/"):
            self._complain(f"asked elsewhere: {request.url}")
            route.abort()
            return
        if self.late is not None and request.resource_type == "font":
            self.late.append((route, request))
            return
        asked = (request.method, request.url, request.headers)
        answer, at = self.product.submit(self._ask, *asked, request.post_data_buffer or b"").result()
        if request.resource_type == "document":
            self.led = at
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        headers = dict(answer.headers)
        spoken = sum(len(name) + len(value) + 4 for name, value in headers.items())
        path = request.url.removeprefix(HOUSE)
        self.carried.append(Carried(path=path, kind=request.resource_type, weight=len(body) + spoken))
        if headers.pop("Content-Encoding", "") == "gzip":  # what is put in here counts as unpacked
            body = gzip.decompress(body)
            headers["Content-Length"] = str(len(body))
        route.fulfill(status=answer.status_code, headers=headers, body=body)

    def _ask(self, method: str, url: str, said: dict[str, str], data: bytes) -> tuple[Any, str]:
        accept, kind = said.get("accept", "*/*"), said.get("content-type", "application/octet-stream")
        client = Client(headers={"host": "localhost:8000", "accept": accept, "accept-encoding": "gzip"})
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = self.language
        if self.session:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.session
        at = url.removeprefix(HOUSE)
        answer = client.generic(method, at, data, content_type=kind)
        for _step in range(5):
            if answer.status_code not in (301, 302):
                break
            # led on indoors, since the browser itself would go outside
            at = answer.headers["Location"].removeprefix(HOUSE)
            answer = client.get(at)
        if kept := client.cookies.get(settings.SESSION_COOKIE_NAME):
            self.session = kept.value
        return answer, urlsplit(at).path

    def close(self) -> None:
        """Leave nothing open."""
        self.context.close()
        self.product.shutdown()
        connections["default"].dec_thread_sharing()


@contextmanager
def visitor(
    browser: Browser, *, session: str = "", language: str = "fr", first_visit: bool = False
) -> Iterator[Indoors]:
    """A visitor's browser for a while; whatever must not happen did not.

    At a ``first_visit`` no service worker answers in the place of the product.
    """
    indoors = Indoors(browser, session=session, language=language, first_visit=first_visit)
    try:
        yield indoors
    finally:
        indoors.close()
    assert not indoors.complaints, "\n".join(indoors.complaints)


@contextmanager
def reader_of(
    house: "House", browser: Browser, reader: str, *, language: str = "fr", first_visit: bool = False
) -> Iterator[Indoors]:
    """The browser of somebody of this role in the furnished house; at a clerk's desk stands the learner."""
    if reader == "clerk":
        house.stand_at_the_desk()
    session = house.sessions.get(reader, "")
    with visitor(browser, session=session, language=language, first_visit=first_visit) as indoors:
        yield indoors
