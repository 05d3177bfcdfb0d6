"""What an employer waits for when she scans a printed certificate, in the machine's own Chromium."""

import gzip
import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from config.launch import Stack
from tests import services
from tests.conftest import QUIET
from tests.journeys.employers import City, Employer

from .figures import Figure, at_most, beside
from .steps import inside

SCANS = 11
#: A city's mobile network: seconds of a round trip, bytes a second down and up.
NETWORK = {"latency": 60, "downloadThroughput": 9e6 / 8, "uploadThroughput": 3e6 / 8}
KILO = 1024
#: Fetched once the verdict stands, once a day: what the whole city knows, and the module that reads it.
AFTERWARDS = ("/bundle.jwt", "/static/verify/bundle")
#: Notes when the page first shows a verdict, counted from the start of the navigation.
WATCH = """new MutationObserver(() => {
  if (document.body?.dataset.state) window.shownAfter ??= performance.now();
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-state"] });"""


def scan(stack: Stack) -> list[Figure]:
    """From opening a scanned address to its verdict with the server dead, and what a first scan fetches."""
    city, code = City(stack), inside(stack, "code")["code"]
    with chromium() as browser:
        scripts, frame = weight(browser, city, code)
        by_rate = dead(browser, city, code, rates=(1, 4))
    once, slow = (statistics.median(by_rate[rate]) for rate in (1, 4))
    return [
        at_most("scan without a server, address to verdict: median", once, "ms", 500.0),
        at_most("scan without a server, processor four times slower: median", slow, "ms", 1000.0),
        at_most("verifier page and its modules, gzipped", scripts / KILO, "KiB", 30.0),
        beside(
            "style sheets, fonts and marks of every page, gzipped",
            frame / KILO,
            "KiB",
            "that",
            scripts / KILO,
        ),
    ]


def first(stack: Stack) -> list[Figure]:
    """The same on a first visit of all."""
    city, code = City(stack), inside(stack, "code")["code"]
    with chromium() as browser:
        here, away = (
            statistics.median(first_visits(browser, city, code, network)) for network in ({}, NETWORK)
        )
    return [
        beside(
            "scan on a first visit, 60 ms round trips and 9 Mbit/s: median",
            away,
            "ms",
            f"{here:.0f} ms with no network between",
            here,
        )
    ]


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, for a while."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=services.require_chromium(), args=QUIET)
        yield browser
        browser.close()


def visitor(browser: Browser, city: City) -> Employer:
    """A phone that was never here."""
    phone = Employer(browser.new_context(**Employer.phone(language="fr")), city.base_url, language="fr")
    phone.context.add_init_script(WATCH)
    return phone


def shown_after(phone: Employer, code: str) -> float:
    """Milliseconds from opening this code to its verdict, which must be that it is valid."""
    if phone.scan(code) != "valid":
        raise SystemExit("a printed certificate was not found valid")
    return float(phone.page.evaluate("window.shownAfter"))


def leave(phone: Employer) -> None:
    """Nothing went wrong meanwhile."""
    if complaints := phone.leave():
        raise SystemExit("\n".join(complaints))


def dead(browser: Browser, city: City, code: str, *, rates: Sequence[int]) -> dict[int, list[float]]:
    """Scans after the web was killed, by how much slower the processor is; the first does not count."""
    phone = visitor(browser, city)
    phone.settle()
    phone.without_http_cache()
    shown_after(phone, code)
    devtools = phone.context.new_cdp_session(phone.page)
    city.kill_web()
    try:
        taken = {}
        for rate in rates:
            devtools.send("Emulation.setCPUThrottlingRate", {"rate": rate})
            taken[rate] = [shown_after(phone, code) for _ in range(SCANS + 1)][1:]
        if not phone.from_cache():
            raise SystemExit("the verdict did not come from the device")
    finally:
        city.start_web()
    leave(phone)
    return taken


def first_visits(browser: Browser, city: City, code: str, network: Mapping[str, float]) -> list[float]:
    """Scans by phones that were never here, over this network."""
    taken = []
    for _ in range(SCANS):
        phone = visitor(browser, city)
        devtools = phone.context.new_cdp_session(phone.page)
        devtools.send("Network.enable")
        if network:
            devtools.send("Network.emulateNetworkConditions", {"offline": False} | dict(network))
        taken.append(shown_after(phone, code))
        leave(phone)
    return taken


def weight(browser: Browser, city: City, code: str) -> tuple[int, int]:
    """Gzipped bytes that a first scan fetches: of the page with its modules, and of what every page has."""
    phone = visitor(browser, city)
    shown_after(phone, code)
    scripts = frame = 0
    for asked in phone.asked:
        answer, path = asked.response(), urlsplit(asked.url).path
        if answer is None or asked.service_worker or path.startswith(("/k/", "/s/", *AFTERWARDS)):
            continue
        size = len(gzip.compress(answer.body(), 9))
        if path == "/v" or path.endswith((".js", ".webmanifest")):
            scripts += size
        else:
            frame += size
    leave(phone)
    return scripts, frame
