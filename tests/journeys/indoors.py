"""A browser whose every request is answered by the product in this very process, on the database of the test.

What it reads comes with the product's own headers, so that policies hold as they do outside; and a test can
put into the database what no form would let in.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, Dialog, Page, Request, Route

HOUSE = "http://localhost:8000"
#: Told by the browser itself, whatever a page's scripts do.
TELL = """addEventListener("securitypolicyviolation", (violation) => {
  console.error("policy", violation.violatedDirective, violation.blockedURI, violation.sample);
});"""


class Indoors:
    """One visitor's browser; ``complaints`` is what must stay empty."""

    def __init__(self, browser: Browser, *, session: str = "", language: str = "fr") -> None:
        self.complaints: list[str] = []
        self.session, self.language = session, language
        shared = connections["default"]
        shared.inc_thread_sharing()
        # A thread beside the browser's loop, on the test's own connection and within its transaction.
        self.product = ThreadPoolExecutor(
            1, initializer=connections.__setitem__, initargs=("default", shared)
        )
        self.context = browser.new_context(
            base_url=HOUSE, viewport={"width": 360, "height": 780}, accept_downloads=True
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
        answer = self.page.goto(path, wait_until="load")
        assert answer
        assert answer.status < 400, f"{path} answered {answer.status}"
        return self.page

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
        asked = (request.method, request.url, request.headers.get("accept", "*/*"))
        answer = self.product.submit(self._ask, *asked, request.post_data_buffer or b"").result()
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        route.fulfill(status=answer.status_code, headers=dict(answer.headers), body=body)

    def _ask(self, method: str, url: str, accept: str, data: bytes) -> Any:
        client = Client(headers={"host": "localhost:8000", "accept": accept})
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = self.language
        if self.session:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.session
        answer = client.generic(method, url.removeprefix(HOUSE), data)
        for _step in range(5):
            if answer.status_code not in (301, 302):
                break
            # led on indoors, since the browser itself would go outside
            answer = client.get(answer.headers["Location"].removeprefix(HOUSE))
        if kept := client.cookies.get(settings.SESSION_COOKIE_NAME):
            self.session = kept.value
        return answer

    def close(self) -> None:
        """Leave nothing open."""
        self.context.close()
        self.product.shutdown()
        connections["default"].dec_thread_sharing()


@contextmanager
def visitor(browser: Browser, *, session: str = "", language: str = "fr") -> Iterator[Indoors]:
    """A visitor's browser for a while; whatever must not happen did not."""
    indoors = Indoors(browser, session=session, language=language)
    try:
        yield indoors
    finally:
        indoors.close()
    assert not indoors.complaints, "\n".join(indoors.complaints)
