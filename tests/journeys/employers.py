"""An employer with a phone, a city whose server can die, and a wire on which every byte is overheard."""

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    BrowserContext,
    BrowserType,
    ConsoleMessage,
    Page,
    Request,
    Response,
    WebError,
    expect,
)

from config.launch import BASE_DIR, Stack
from tests import services
from tests.conftest import QUIET

from .indoors import TELL

PATIENCE = 120.0
WINDOW = 12  # digits in a row that are nobody's by chance
#: Everything that the page put away on its reader's device, as one text.
BELONGINGS = """async () => {
  const asked = (request) => new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
  const kept = [document.cookie, location.href, document.title];
  kept.push(...[localStorage, sessionStorage].map((storage) => JSON.stringify({...storage})));
  for (const { name } of await indexedDB.databases()) {
    const database = await asked(indexedDB.open(name));
    for (const shelf of database.objectStoreNames) {
      const place = database.transaction(shelf).objectStore(shelf);
      kept.push(JSON.stringify(await Promise.all([asked(place.getAllKeys()), asked(place.getAll())])));
    }
    database.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const answer = await cache.match(request);
      const type = answer.headers.get("Content-Type") || "";
      kept.push(name, request.url, /text|json|javascript/.test(type) ? await answer.text() : "");
    }
  }
  return kept.join("\\n");
}"""


@dataclass
class City:
    """A running product, and by state what a camera reads from the certificates that it issued."""

    stack: Stack
    codes: dict[str, str] = field(default_factory=dict)

    @property
    def base_url(self) -> str:
        """Where it is."""
        return self.stack.base_url

    def act(self, name: str, *arguments: str) -> Any:
        """Have an operator's process do something (``papers.py``); returns what it made."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.journeys.papers", name, *arguments],
            cwd=BASE_DIR,
            env=self.stack.operator_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def kill_web(self) -> None:
        """SIGKILL to every process that answers requests; nobody listens any more."""
        for child in [child for child in self.stack.children if child.name == "web"]:
            os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()
            self.stack.children.remove(child)
        assert not self.stack.web_answers()

    def start_web(self) -> None:
        """The web answers, again if it had been killed."""
        if not any(child.name == "web" for child in self.stack.children):
            self.stack.start_web()
            self.stack.wait_until(self.stack.web_answers, "The web server does not answer.")

    def fetched(self, path: str) -> bytes:
        """What the web answers there to anybody; a file that is still being signed is asked for again."""
        here = f"http://127.0.0.1:{self.stack.port}{path}"
        asked = urllib.request.Request(here, headers={"Host": urlsplit(self.base_url).netloc})
        until = time.monotonic() + PATIENCE
        while True:
            with urllib.request.urlopen(asked) as answer:  # noqa: S310  # our own address
                body = bytes(answer.read())
            if answer.status == HTTPStatus.OK:
                return body
            assert answer.status == HTTPStatus.ACCEPTED, answer.status
            assert time.monotonic() < until, f"{path} is not signed"
            time.sleep(0.5)

    def logged(self) -> str:
        """All that the product's processes wrote so far."""
        return "".join(path.read_text(errors="replace") for path in self.stack.log_dir.glob("*.log*"))


class Employer:
    """Somebody with a phone who checks what is shown to her."""

    def __init__(self, context: BrowserContext, base_url: str, *, language: str) -> None:
        self.context, self.base_url, self.language = context, base_url, language
        self.complaints: list[str] = []
        self.asked: list[Request] = []
        context.add_cookies([{"name": "lang", "value": language, "url": base_url}])
        context.add_init_script(TELL)
        context.set_default_timeout(60_000)  # a loaded machine takes its time
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)
        context.on("response", self._response)
        self.page = context.pages[0] if context.pages else context.new_page()

    @staticmethod
    def phone(*, language: str, width: int = 360) -> dict[str, Any]:
        """How her browser is set up."""
        return {
            "viewport": {"width": width, "height": 780},
            "locale": {"fr": "fr-MA", "ar": "ar-MA"}.get(language, "en"),
            "timezone_id": "Africa/Casablanca",
            "reduced_motion": "reduce",
        }

    # -- What she does ----------------------------------------------------------------------------
    def scan(self, code: str, *, page: Page | None = None) -> str:
        """Open what a camera read, wherever it was printed; returns the state that the page shows."""
        page = page or self.page
        page.goto("about:blank")
        page.goto(self.base_url + "/v" + code.rpartition("/v")[2])
        return self.verdict(page)

    def verdict(self, page: Page | None = None) -> str:
        """The state that the page comes to show, once it has cleaned its address."""
        page = page or self.page
        page.wait_for_selector("body[data-state]:not([data-known=asking])")
        expect(page).to_have_url(re.compile(r"/v$"))
        return str(page.evaluate("document.body.dataset.state"))

    def settle(self) -> None:
        """The page is on this device: its worker has come, and answers from now on."""
        self.page.goto(self.base_url + "/v")
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")

    def from_cache(self) -> bool:
        """Whether the verdict rests on what the device had kept, and the page says so."""
        return self.page.locator("body[data-known=offline]").count() == 1

    @contextmanager
    def at(self, moment: float) -> Iterator[None]:
        """Her clock shows this moment, in seconds, on the pages that she opens meanwhile."""
        self.context.clock.set_fixed_time(moment)
        yield
        self.context.clock.set_fixed_time(time.time())

    def without_http_cache(self) -> None:
        """What was fetched a moment ago is fetched again."""
        devtools = self.context.new_cdp_session(self.page)
        devtools.send("Network.enable")
        devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def learns_the_city(self) -> None:
        """Wait until the page has, after a verdict, brought all keys and lists."""
        give_up = time.monotonic() + 60
        while '"directory"' not in self.belongings() and time.monotonic() < give_up:
            self.page.wait_for_timeout(500)
        assert '"directory"' in self.belongings()

    def belongings(self) -> str:
        """All that the page keeps in her browser: databases, caches, storage, cookies."""
        return str(self.page.evaluate(BELONGINGS))

    # -- What must not happen ---------------------------------------------------------------------
    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"console: {message.text}")

    def _error(self, error: WebError) -> None:
        self.complaints.append(f"script: {error.error}")

    def _request(self, request: Request) -> None:
        self.asked.append(request)
        if urlsplit(request.url).scheme in ("http", "https") and not request.url.startswith(self.base_url):
            self.complaints.append(f"asked elsewhere: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"answered {response.status}: {response.url}")

    def leave(self) -> list[str]:
        """Close her browser; returns what went wrong meanwhile."""
        self.context.close()
        return self.complaints


# -- The wire ---------------------------------------------------------------------------------------
class Wire:
    """A proxy's place in front of the product: it passes on every byte and keeps what the browser sent."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._heard: list[bytes] = []
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.2)
        self._threads = [threading.Thread(target=self._listen)]
        self._threads[0].start()

    @property
    def base_url(self) -> str:
        """Where a browser comes to it."""
        return f"http://localhost:{self._listener.getsockname()[1]}"

    @property
    def heard(self) -> str:
        """All that browsers sent: addresses, headers and bodies."""
        return b"".join(self._heard).decode("latin-1")

    def _listen(self) -> None:
        while not self._ended.is_set():
            with suppress(TimeoutError):
                near, _ = self._listener.accept()
                self._threads.append(threading.Thread(target=self._pass_on, args=(near,)))
                self._threads[-1].start()

    def _pass_on(self, near: socket.socket) -> None:
        with near, socket.create_connection(("127.0.0.1", self.port)) as far:
            while not self._ended.is_set():
                ready, _, _ = select.select([near, far], [], [], 0.2)
                for end in ready:
                    try:
                        data = end.recv(65536)
                    except ConnectionError:
                        return
                    if not data:
                        return
                    if end is near:
                        self._heard.append(data)
                    (far if end is near else near).sendall(data)

    def end(self) -> None:
        """Hang up."""
        self._ended.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()


def windows_of(code: str) -> set[str]:
    """Every run of twelve digits of a printed code's claim."""
    digits = re.search(r"[0-9]+$", code)
    assert digits
    return {digits[0][at : at + WINDOW] for at in range(len(digits[0]) - WINDOW + 1)}


def told(text: str, code: str) -> list[str]:
    """What a text tells of a printed code: lines with any twelve digits in a row of its claim."""
    windows = windows_of(code)
    return [
        line
        for line in text.splitlines()
        for run in re.findall(r"[0-9]{12,}", line)
        if any(run[at : at + WINDOW] in windows for at in range(len(run) - WINDOW + 1))
    ]


def switched_on(
    city: City, chromium: BrowserType, folder: Path, *flags: str, language: str = "fr"
) -> Employer:
    """A phone whose browser starts with what it kept in this folder."""
    context = chromium.launch_persistent_context(
        folder,
        executable_path=services.require_chromium(),
        args=[*QUIET, *flags],
        **Employer.phone(language=language),
    )
    return Employer(context, city.base_url, language=language)


def forged(code: str) -> str:
    """The same code with one bit of its signature changed."""
    return code[:-30] + str(int(code[-30:]) ^ 1).zfill(30)
