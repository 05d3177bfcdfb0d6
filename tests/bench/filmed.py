"""What an employer waits for whose phone looks at a print: films of one, in the machine's own Chromium."""

import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from config.launch import Stack
from tests import services
from tests.conftest import QUIET
from tests.journeys import films
from tests.journeys.employers import City, Employer

from .figures import Figure, at_most, beside_limit
from .scans import leave
from .steps import inside

SCANS = 5
SECONDS = 3.0
#: From the tap on *Scan with the camera* to the first verdict, in milliseconds.
WATCH = """document.addEventListener("click", () => { window.tappedAt ??= performance.now(); }, true);
new MutationObserver(() => {
  if (document.body?.dataset.state) window.shownAfter ??= performance.now() - window.tappedAt;
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-state"] });"""


def camera(stack: Stack) -> list[Figure]:
    """Tap to verdict, by phones that were never here: 1080 and 720 lines from 15 centimetres."""
    city, figures = City(stack), list[Figure]()
    sheet = films.printed(city.fetched(f"/c/{inside(stack, 'ids')['ids'][0]}.pdf"), dots=300)
    with (
        tempfile.TemporaryDirectory(prefix="pp-film-", dir="/tmp") as folder,
        sync_playwright() as playwright,
    ):
        for hand in (films.NEAR, films.FAR):
            film = Path(folder) / f"{hand.closeness:g}.y4m"
            films.write_film(film, sheet, hand)
            args = [*QUIET, *films.seen_by_camera(film), films.ALLOWED]
            browser = playwright.chromium.launch(executable_path=services.require_chromium(), args=args)
            once, slow = (median(browser, city, rate=rate) for rate in (1, 4))
            browser.close()
            name = f"scan by camera, {hand.closeness:g} pixels a millimetre, tap to verdict"
            figures += [
                at_most(f"{name}: median", once, "s", SECONDS),
                beside_limit(f"{name}, page four times slower", slow, "s", SECONDS),
            ]
    return figures


def median(browser: Browser, city: City, *, rate: int) -> float:
    """Seconds; the processor is so many times slower for the page, though not for the worker that reads."""
    taken = []
    for _ in range(SCANS):
        phone = Employer(browser.new_context(**Employer.phone(language="fr")), city.base_url, language="fr")
        phone.context.add_init_script(WATCH)
        phone.context.new_cdp_session(phone.page).send("Emulation.setCPUThrottlingRate", {"rate": rate})
        films.start(phone)
        if phone.verdict() != "valid":
            raise SystemExit("a filmed certificate was not found valid")
        taken.append(float(phone.page.evaluate("window.shownAfter")) / 1000)
        leave(phone)
    return statistics.median(taken)
