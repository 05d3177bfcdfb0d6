"""What every test stands on: closed sockets, real servers, a running product and a browser that minds."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.utils import translation
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    sync_playwright,
)
from redis import Redis

from config.launch import Stack

from . import services
from .triggers import audit_log_open

LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")  # noqa: S104  # compared, not bound
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
]


class SocketsAreClosed(RuntimeError):
    """A test tried to reach another machine."""


def only_this_machine(event: str, arguments: tuple[Any, ...]) -> None:
    """Audit hook: nothing under test speaks to anything but this machine."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = str(arguments[1][0])
    elif event == "socket.getaddrinfo":
        host = str(arguments[0] or "localhost")
    else:
        return
    if not host.startswith(LOOPBACK):
        raise SocketsAreClosed(f"{event}: {host}")


sys.addaudithook(only_this_machine)


#: Fixtures and marks by which a test touches a database.
TOUCHES = {"db", "transactional_db", "django_db_setup"}
#: Every route for every visitor, and what programs may send: PostgreSQL is the stricter reader.
ON_POSTGRESQL_ALONE = (
    *("tests/architecture/test_guessing.py", "tests/architecture/test_headers.py"),
    *("tests/architecture/test_matrix.py", "tests/config/test_api_fuzz.py", "tests/config/test_sessions.py"),
)
#: A year within one transaction, of which PostgreSQL has no statistics; it tells of the demo alone.
ON_SQLITE_ALONE = ("tests/passport/test_demo_year.py",)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With ``TEST_ONCE`` a test runs where it tells something: what touches no database once, on SQLite.

    ``make test`` sets it; by itself pytest runs whatever it is asked for.
    """
    if not os.environ.get("TEST_ONCE"):
        return
    postgresql = os.environ.get("TEST_DATABASE") == "postgresql"

    def tells(item: pytest.Item) -> bool:
        if item.nodeid.startswith(ON_POSTGRESQL_ALONE):
            return postgresql
        if item.nodeid.startswith(ON_SQLITE_ALONE):
            return not postgresql
        fixtures = set(getattr(item, "fixturenames", ()))
        return not postgresql or bool(TOUCHES & fixtures or item.get_closest_marker("django_db"))

    chosen = [item for item in items if tells(item)]
    config.hook.pytest_deselected(items=[item for item in items if not tells(item)])
    items[:] = chosen


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a test that did not run counts as failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    stats = reporter.stats if reporter else {}
    if os.environ.get("CI") and any(stats.get(kind) for kind in ("skipped", "xfailed", "xpassed")):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing running."""
    services.stop()


@pytest.fixture(autouse=True)
def nobody_was_here() -> None:
    """What this process counts of its visitors begins anew, and it speaks the house's language again."""
    caches["process"].clear()
    translation.deactivate()  # a page that was read in another language left it on


@pytest.fixture
def redis_url() -> str:
    """An empty Redis of this test process, the one that the settings name."""
    with Redis.from_url(settings.REDIS_URL) as client:
        client.flushall()
    return str(settings.REDIS_URL)


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The running product on a fresh database with the demo city."""
    with services.running_product() as product:
        yield product


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Tests that commit empty the database at their end; the audit log, which refuses, steps aside for it."""
    flush = connection.ops.execute_sql_flush

    def past_the_triggers(sql_list: Iterable[str]) -> None:
        with audit_log_open():
            flush(sql_list)

    connection.ops.execute_sql_flush = past_the_triggers  # type: ignore[method-assign]  # of this process


# -- The browser ----------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's Chromium."""
    program = services.require_chromium()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield chromium
        chromium.close()


class Minder:
    """Notes what a person would not see and must not happen: script errors, blocked or foreign requests."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.complaints: list[str] = []

    def watch(self, page: Page) -> None:
        """Listen to this page from now on."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("request", self._request)
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if urlsplit(request.url).scheme in ("http", "https") and not request.url.startswith(self.base_url):
            self.complaints.append(f"asked elsewhere: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 500 or (
            response.status >= 400 and not response.request.is_navigation_request()
        ):
            self.complaints.append(f"answered {response.status}: {response.url}")


@pytest.fixture
def open_page(stack: Stack, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages of new visitors: ``open_page(language="ar", width=360)``; each has cookies of her own.

    Script errors, CSP violations, foreign requests and broken parts fail the test at its end.
    """
    minder = Minder(stack.base_url)
    contexts: list[BrowserContext] = []

    def visit(*, language: str = "fr", width: int = 360, height: int = 780, scripts: bool = True) -> Page:
        context = browser.new_context(
            base_url=stack.base_url,
            viewport={"width": width, "height": height},
            locale={"fr": "fr-MA", "ar": "ar-MA"}.get(language, "en"),
            timezone_id="Africa/Casablanca",
            java_script_enabled=scripts,
            reduced_motion="reduce",
            accept_downloads=True,
        )
        context.add_cookies([{"name": "lang", "value": language, "url": stack.base_url}])
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        minder.watch(page)
        context.on("page", minder.watch)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert minder.complaints == []


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """A French reader's phone."""
    return open_page()
