"""The scanner's hand tools: light, zoom, another camera; why none opens and what then; installing."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2  # type: ignore[import-untyped]  # it comes without types
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from .employers import City, Employer, switched_on

Comes = Callable[..., Employer]
NAME = "Nadia Benjelloun"
LANGUAGES = ("fr", "ar", "en")
#: What a browser does that has these cameras: a canvas stands before the lens, and what is asked is kept.
CAMERAS = """({ cameras }) => {
  window.asked = { opened: [], constraints: [] };
  const known = new WeakMap();
  const track = MediaStreamTrack.prototype;
  navigator.mediaDevices.getUserMedia = async ({ video }) => {
    window.asked.opened.push(video.deviceId?.exact ?? video.facingMode?.ideal);
    const id = video.deviceId?.exact ?? cameras[0].id;
    const lens = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
    lens.getContext("2d").fillRect(0, 0, 9, 9);
    const stream = lens.captureStream(10);
    known.set(stream.getVideoTracks()[0], cameras.find((camera) => camera.id === id));
    return stream;
  };
  const listed = cameras.map(({ id }) => ({ kind: "videoinput", deviceId: id }));
  navigator.mediaDevices.enumerateDevices = async () => listed;
  track.getCapabilities = function () { return known.get(this).can; };
  track.getSettings = function () { return { deviceId: known.get(this).id, ...known.get(this).set }; };
  track.applyConstraints = async function ({ advanced: [wish] }) {
    window.asked.constraints.push(wish);
    if (known.get(this).refuses?.some((name) => name in wish)) throw new OverconstrainedError("torch");
  };
}"""
REAR = {"id": "rear", "can": {"torch": True, "zoom": {"min": 1, "max": 4, "step": 0.5}}, "set": {"zoom": 1.5}}
FRONT = {"id": "front", "can": {}}


def look_through(phone: Employer, *cameras: dict[str, Any]) -> Page:
    """Open the scanner on a phone that has these cameras."""
    phone.context.add_init_script(f"({CAMERAS})({json.dumps({'cameras': cameras})})")
    phone.page.goto(f"{phone.base_url}/v")
    phone.page.locator("#scan-start").click()
    expect(phone.page.locator("[data-slot=view]")).to_be_visible()
    expect(phone.page.locator("[data-hint=search]")).to_be_visible()
    return phone.page


def tool(page: Page, name: str) -> Locator:
    """One of the scanner's parts."""
    return page.locator(f".scanner [data-slot={name}]")


def sent(page: Page, name: str) -> list[Any]:
    """What the page asked of its cameras for this."""
    wishes = page.evaluate("window.asked.constraints")
    return [wish[name] for wish in wishes if name in wish]


# -- What a camera can do -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("language", "words"), [("fr", "Lumière"), ("ar", "الضوء"), ("en", "Light")], ids=LANGUAGES
)
def test_the_light_is_switched_on_and_off(employer: Comes, language: str, words: str) -> None:
    page = look_through(employer(language=language), REAR)
    light = tool(page, "light")
    expect(light).to_be_visible()
    expect(light).to_have_text(words)
    expect(light).to_have_attribute("aria-pressed", "false")
    light.click()
    expect(light).to_have_attribute("aria-pressed", "true")
    light.press("Enter")
    expect(light).to_have_attribute("aria-pressed", "false")
    assert sent(page, "torch") == [True, False]


def test_a_light_that_does_not_come_on_is_not_shown_as_on(employer: Comes) -> None:
    page = look_through(employer(), REAR | {"refuses": ["torch"]})
    tool(page, "light").click()
    page.wait_for_function("() => window.asked.constraints.some((wish) => wish.torch)")
    expect(tool(page, "light")).to_have_attribute("aria-pressed", "false")


def test_zoom_goes_as_far_as_the_camera_does(employer: Comes) -> None:
    page = look_through(employer(), REAR)
    zoom = tool(page, "zoom")
    expect(zoom).to_be_visible()
    bounds = {name: zoom.get_attribute(name) for name in ("min", "max", "step")}
    assert bounds == {"min": "1", "max": "4", "step": "0.5"}
    expect(zoom).to_have_value("1.5")
    zoom.press("ArrowRight")
    zoom.press("End")
    expect(zoom).to_have_value("4")
    assert sent(page, "zoom") == [2, 4]


def test_what_the_camera_cannot_do_is_not_offered(employer: Comes) -> None:
    page = look_through(employer(), FRONT)
    expect(tool(page, "close")).to_be_visible()
    for name in ("light", "zoom-field", "other"):
        expect(tool(page, name)).to_be_hidden()


def test_another_camera_is_chosen_and_is_the_first_next_time(employer: Comes) -> None:
    phone = employer()
    page = look_through(phone, REAR, FRONT)
    tool(page, "light").click()
    expect(tool(page, "light")).to_have_attribute("aria-pressed", "true")
    tool(page, "other").click()
    expect(tool(page, "light")).to_be_hidden()
    expect(tool(page, "zoom-field")).to_be_hidden()
    assert page.evaluate("window.asked.opened") == ["environment", "front"]

    page.reload()
    page.locator("#scan-start").click()
    expect(tool(page, "other")).to_be_visible()
    expect(tool(page, "light")).to_be_hidden()
    assert page.evaluate("window.asked.opened") == ["front"]
    tool(page, "other").click()
    expect(tool(page, "light")).to_be_visible()
    expect(tool(page, "light")).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("window.asked.opened") == ["front", "rear"]


# -- Why no camera opens ------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Names under which a browser refuses a camera, and the sentences that explain and help."""

    errors: tuple[str, ...] = ()
    fr: tuple[str, str]
    ar: tuple[str, str]
    en: tuple[str, str]


REFUSALS = {
    "denied": Refusal(
        errors=("NotAllowedError", "SecurityError"),
        fr=("n’est pas autorisée", "autorisez la caméra"),
        ar=("غير مسموح", "اسمح"),
        en=("is not allowed", "allow the camera"),
    ),
    "absent": Refusal(
        errors=("NotFoundError", "OverconstrainedError"),
        fr=("Aucune caméra", "code court"),
        ar=("كاميرا", "الرمز القصير"),
        en=("No camera was found", "type the short code"),
    ),
    "busy": Refusal(
        errors=("NotReadableError", "AbortError"),
        fr=("autre programme", "Fermez-le"),
        ar=("برنامج آخر", "أغلقه"),
        en=("Another program", "Close it"),
    ),
    "insecure": Refusal(
        fr=("https", "code court"),
        ar=("https", "الرمز القصير"),
        en=("begins with https", "type the short code"),
    ),
    "other": Refusal(
        errors=("TypeError", "NotSupportedError"),
        fr=("ne s’est pas ouverte", "code court"),
        ar=("لم تُفتح الكاميرا", "الرمز القصير"),
        en=("did not open", "type the short code"),
    ),
}
#: A browser that opens its camera for nobody, or, under plain http, has no way to ask for it.
REFUSE = """(error) => {
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("refused", error));
}"""
WITHOUT_HTTPS = """() => {
  Object.defineProperty(Navigator.prototype, "mediaDevices", { get: () => undefined });
  Object.defineProperty(window, "isSecureContext", { get: () => false });
}"""


@pytest.fixture(scope="module")
def picture(city: City) -> bytes:
    """A photo of a printed certificate."""
    city.start_web()
    address = city.act("address", NAME)["address"]
    photo = io.BytesIO()
    sheet = pypdfium2.PdfDocument(city.fetched(f"{address}.pdf"))[0].render(scale=3).to_pil()
    sheet.convert("RGB").save(photo, "JPEG", quality=85)
    return photo.getvalue()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", REFUSALS)
def test_a_camera_that_is_refused_is_explained_and_another_way_is_offered(
    employer: Comes, picture: bytes, reason: str, language: str
) -> None:
    refusal = REFUSALS[reason]
    sentences = getattr(refusal, language)
    for error in refusal.errors or ("",):
        phone = employer(language=language)
        phone.context.add_init_script(f"({REFUSE})({json.dumps(error)})" if error else f"({WITHOUT_HTTPS})()")
        page = phone.page
        page.goto(f"{phone.base_url}/v")
        page.locator("#scan-start").click()
        told = page.get_by_role("alert").and_(tool(page, "why"))
        expect(told).to_be_visible()
        for sentence in sentences:
            expect(told).to_contain_text(sentence)
        expect(tool(page, "view")).to_be_hidden()
        expect(tool(page, "again")).to_be_visible()
        expect(page.locator("input[name=code]")).to_be_visible()
    file = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": picture}
    page.locator(".scanner input[type=file]").last.set_input_files(file)  # type: ignore[arg-type]  # a payload
    assert phone.verdict() == "valid"
    expect(page.locator("main")).to_contain_text(NAME)


def test_who_then_allows_the_camera_opens_it(employer: Comes) -> None:
    phone = employer()
    phone.context.add_init_script(f"({CAMERAS})({json.dumps({'cameras': [REAR]})})")
    page = phone.page
    page.goto(f"{phone.base_url}/v")
    page.evaluate("""() => {
      const real = navigator.mediaDevices.getUserMedia;
      navigator.mediaDevices.getUserMedia = () => {
        navigator.mediaDevices.getUserMedia = real;
        return Promise.reject(new DOMException("refused", "NotAllowedError"));
      };
    }""")
    page.locator("#scan-start").click()
    expect(tool(page, "why")).to_be_visible()
    tool(page, "again").click()
    expect(tool(page, "view")).to_be_visible()
    expect(tool(page, "refused")).to_be_hidden()


# -- On the home screen -------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["fr", "ar"])
def test_the_browser_finds_nothing_that_keeps_the_page_from_being_installed(
    city: City, browser: Browser, tmp_path: Path, language: str
) -> None:
    city.start_web()
    # In a private window nothing can be installed.
    phone = switched_on(city, browser.browser_type, tmp_path, language=language)
    phone.settle()
    devtools = phone.context.new_cdp_session(phone.page)
    manifest = devtools.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert json.loads(manifest["data"])["lang"] == language
    assert devtools.send("Page.getInstallabilityErrors") == {"installabilityErrors": []}
    assert phone.leave() == []


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_the_install_button_comes_when_the_browser_offers_it_and_goes_when_it_is_done(
    employer: Comes, language: str
) -> None:
    phone = employer(language=language)
    page = phone.page
    page.goto(f"{phone.base_url}/v")
    button = page.locator("#install")
    page.locator("details.keep summary").click()
    expect(button).to_be_hidden()
    offered = page.evaluate("""() => {
      window.prompted = 0;
      const offer = new Event("beforeinstallprompt", { cancelable: true });
      offer.prompt = async () => { window.prompted += 1; };
      window.dispatchEvent(offer);
      return offer.defaultPrevented;
    }""")
    assert offered  # the browser's own bar stays away
    expect(button).to_be_visible()
    button.click()
    assert page.evaluate("window.prompted") == 1
    page.evaluate("window.dispatchEvent(new Event('appinstalled'))")
    expect(button).to_be_hidden()
