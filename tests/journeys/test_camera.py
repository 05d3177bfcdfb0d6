"""A browser's camera looks at a printed certificate: near, far, blurred, not allowed, without a server."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Request, expect

from .employers import City, Employer, forged, told
from .films import (
    ALLOWED,
    CAMERA,
    FAR,
    MENU,
    NEAR,
    Hand,
    Print,
    drawn,
    frames,
    phone,
    printed,
    start,
    wait_for_scanner,
    write_film,
)

NAME = "Nadia Benjelloun"
Scans = Callable[..., Employer]

TOO_FAR = Hand(closeness=5, blur=1.3)  # 720 lines from 20 centimetres
BLURRED = Hand(closeness=6.7, blur=1.6)


#: Settles when a verdict gives way, for however short a time: the next one may follow at once.
GONE = """() => new Promise((gone) => {
  const watch = () => document.body.dataset.state || gone();
  new MutationObserver(watch).observe(document.body, { attributeFilter: ["data-state"] });
})"""


# -- Prints and films -----------------------------------------------------------------------------
@pytest.fixture(scope="module")
def sheet(city: City) -> Print:
    """A certificate's page as the product prints it."""
    city.start_web()
    address = city.act("address", NAME)["address"]
    return printed(city.fetched(f"{address}.pdf"))


@pytest.fixture(scope="module")
def menu() -> Print:
    """What hangs in a café."""
    return drawn(MENU, module=40)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Print, Hand], Path]:
    """Films, each made once."""
    folder = tmp_path_factory.mktemp("films")
    made: dict[tuple[bytes, Hand], Path] = {}

    def film(sheet: Print, hand: Hand) -> Path:
        key = (sheet.page.tobytes(), hand)
        if key not in made:
            made[key] = folder / f"{len(made)}.y4m"
            write_film(made[key], sheet, hand)
        return made[key]

    return film


def sent(employer: Employer) -> str:
    """All that her browser asked for, as far as it can be seen from within."""

    def lines(request: Request) -> str:
        return f"{request.url} {request.headers} {request.post_data or ''}"

    return "\n".join(lines(request) for request in employer.asked)


# -- What the camera sees -------------------------------------------------------------------------
@pytest.mark.parametrize(("hand", "language"), [(NEAR, "fr"), (FAR, "ar")], ids=["near", "far"])
def test_the_camera_reads_a_print_and_the_page_judges_it(
    city: City,
    browser: Browser,
    sheet: Print,
    films: Callable[..., Path],
    hand: Hand,
    language: str,
) -> None:
    with phone(city, browser.browser_type, ALLOWED, film=films(sheet, hand), language=language) as employer:
        start(employer)
        assert employer.verdict() == "valid"
        expect(employer.page.locator("main")).to_contain_text(NAME)
        expect(employer.page.locator("video")).to_have_count(0)
        assert told(sent(employer), city.codes["valid"]) == []
        assert told(city.logged(), city.codes["valid"]) == []


@pytest.mark.parametrize(
    ("hand", "hint", "words"),
    [(TOO_FAR, "closer", "Approchez-vous"), (BLURRED, "still", "Ne bougez plus")],
    ids=["too far", "blurred"],
)
def test_a_code_that_is_seen_and_not_read_brings_advice(
    city: City,
    browser: Browser,
    sheet: Print,
    films: Callable[..., Path],
    hand: Hand,
    hint: str,
    words: str,
) -> None:
    with phone(city, browser.browser_type, ALLOWED, film=films(sheet, hand)) as employer:
        start(employer)
        place = employer.page.locator(f"[role=status][data-hint={hint}]")
        expect(place).to_contain_text(words, timeout=30_000)
        expect(employer.page.locator("body[data-state]")).to_have_count(0)


def test_somebody_elses_code_is_named_and_never_opened(
    city: City, browser: Browser, menu: Print, films: Callable[..., Path]
) -> None:
    with phone(city, browser.browser_type, ALLOWED, film=films(menu, NEAR)) as employer:
        start(employer)
        expect(employer.page.locator("[data-hint=other]")).to_be_visible()
        expect(employer.page.locator("video")).to_be_visible()
        expect(employer.page).to_have_url(re.compile(r"/v$"))
        assert "cafe.example" not in sent(employer)


def test_the_printed_host_counts_for_nothing_and_is_asked_for_nothing(
    city: City, browser: Browser, films: Callable[..., Path]
) -> None:
    digits = city.codes["valid"].partition("#")[2]
    film = films(drawn(f"https://evil.example/v#{digits}"), NEAR)
    with phone(city, browser.browser_type, ALLOWED, film=film) as employer:
        start(employer)
        assert employer.verdict() == "valid"
        expect(employer.page.locator("main")).to_contain_text(NAME)
        assert "evil.example" not in sent(employer)
        assert "evil.example" not in employer.belongings()


def test_our_host_on_a_forged_print_makes_it_no_better(
    city: City, browser: Browser, films: Callable[..., Path]
) -> None:
    code = forged(city.codes["valid"])
    assert code.startswith(f"{city.base_url}/v#")
    with phone(city, browser.browser_type, ALLOWED, film=films(drawn(code), NEAR)) as employer:
        start(employer)
        assert employer.verdict() == "tampered"
        expect(employer.page.locator("main")).not_to_contain_text(NAME)


def test_the_camera_rests_while_the_page_is_not_seen_and_when_it_is_closed(
    city: City, browser: Browser, menu: Print, films: Callable[..., Path]
) -> None:
    with phone(city, browser.browser_type, ALLOWED, film=films(menu, NEAR)) as employer:
        start(employer)
        video = employer.page.locator("video")
        expect(employer.page.locator("[data-hint=other]")).to_be_visible()
        track = video.evaluate_handle("video => video.srcObject.getVideoTracks()[0]")
        seen = """hidden => {
          Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
          document.dispatchEvent(new Event("visibilitychange"));
        }"""
        employer.page.evaluate(seen, True)
        assert track.evaluate("track => track.readyState") == "ended"
        expect(video).to_be_hidden()
        employer.page.evaluate(seen, False)
        expect(employer.page.locator("[data-hint=other]")).to_be_visible()
        employer.page.get_by_role("button", name="Fermer la caméra").click()
        expect(video).to_be_hidden()
        again = employer.page.get_by_role("button", name="Ouvrir la caméra")
        expect(again).to_be_focused()
        again.click()
        expect(video).to_be_visible()


def test_without_a_server_the_camera_reads_and_judges_all_the_same(
    city: City, browser: Browser, sheet: Print, films: Callable[..., Path]
) -> None:
    city.start_web()
    with phone(city, browser.browser_type, ALLOWED, film=films(sheet, NEAR)) as employer:
        employer.settle()
        start(employer)
        assert employer.verdict() == "valid"
        employer.page.goto(f"{employer.base_url}/v")
        wait_for_scanner(employer)
        city.kill_web()
        try:
            start(employer)
            assert employer.verdict() == "valid"
            assert employer.from_cache()
        finally:
            city.start_web()


def test_at_an_entrance_the_camera_opens_by_itself_and_goes_on_after_a_verdict(
    city: City, browser: Browser, sheet: Print, films: Callable[..., Path]
) -> None:
    with phone(city, browser.browser_type, ALLOWED, film=films(sheet, NEAR)) as employer:
        employer.page.goto(f"{employer.base_url}/v?kiosk")
        valid = employer.page.locator("body[data-state=valid]")
        valid.wait_for()
        track = employer.page.locator("video").evaluate_handle("video => video.srcObject.getVideoTracks()[0]")
        employer.page.evaluate(GONE)
        assert track.evaluate("track => track.readyState") == "live"
        valid.wait_for()


# -- Where WebAssembly does not come --------------------------------------------------------------
def test_without_the_compiled_reader_a_plain_one_reads(
    city: City, browser: Browser, sheet: Print, films: Callable[..., Path]
) -> None:
    with phone(
        city, browser.browser_type, ALLOWED, film=films(sheet, NEAR), service_workers="block"
    ) as employer:
        employer.context.route("**/*.wasm", lambda route: route.abort())
        start(employer)
        assert employer.verdict() == "valid"
        used = employer.page.evaluate("import('/static/verify/decoding.js').then(({ engine }) => engine())")
        assert used["name"] == "qr"
        assert used["why"]


# -- Where no camera opens ------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("flags", "words"),
    [((CAMERA, "--deny-permission-prompts"), "autorisez la caméra"), ((ALLOWED,), "Aucune caméra")],
    ids=["denied", "absent"],
)
def test_a_camera_that_does_not_open_is_explained_and_a_photo_works(
    city: City, browser: Browser, sheet: Print, tmp_path: Path, flags: tuple[str, ...], words: str
) -> None:
    photo = tmp_path / "photo.jpg"
    next(frames(sheet, NEAR)).save(photo, quality=80)
    with phone(city, browser.browser_type, *flags) as employer:
        start(employer)
        expect(employer.page.get_by_role("alert").filter(has_text=words)).to_be_visible()
        expect(employer.page.get_by_role("button", name="Ouvrir la caméra")).to_be_visible()
        employer.page.get_by_label("Choisir une image").set_input_files(photo)
        assert employer.verdict() == "valid"
        expect(employer.page.locator("main")).to_contain_text(NAME)


def test_a_photo_of_a_whole_page_on_its_side_is_read(city: City, employer: Scans, sheet: Print) -> None:
    visitor = employer()
    start(visitor)
    table = Image.new("L", (4000, 3000), 90)
    page = sheet.page.resize((1350, 1350)).rotate(117, expand=True, fillcolor=90)
    table.paste(page, (1900, 900))
    file = io.BytesIO()
    table.save(file, "JPEG", quality=70)
    choose(visitor, "photo.jpg", "image/jpeg", file.getvalue())
    assert visitor.verdict() == "valid"


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [("wall.png", "image/png", "Aucun code lisible"), ("note.txt", "text/plain", "pas une image")],
)
def test_a_file_without_a_code_says_so(employer: Scans, name: str, kind: str, words: str) -> None:
    visitor = employer()
    start(visitor)
    content = io.BytesIO()
    Image.effect_noise((640, 480), 40).save(content, "PNG")
    choose(visitor, name, kind, content.getvalue() if kind == "image/png" else b"only words")
    expect(visitor.page.locator("[data-slot=photo]")).to_contain_text(words)


def choose(visitor: Employer, name: str, kind: str, content: bytes) -> None:
    """Hand a file to the scanner."""
    visitor.page.get_by_label("Choisir une image").set_input_files(
        {"name": name, "mimeType": kind, "buffer": content}
    )


def test_the_scanner_is_used_by_keyboard_and_stays_within_320_pixels(employer: Scans) -> None:
    visitor = employer(language="ar", width=320)
    visitor.page.goto(f"{visitor.base_url}/v")
    visitor.page.locator("#scan-start").focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.get_by_role("alert").first).to_be_visible()
    reached = []
    for _ in range(3):
        visitor.page.keyboard.press("Tab")
        reached.append(
            visitor.page.evaluate("document.activeElement.closest('label,button').innerText.trim()")
        )
    assert reached == ["فتح الكاميرا", "التقاط صورة", "اختيار صورة"]
    for control in visitor.page.locator(".scanner .btn:visible").all():
        box = control.bounding_box()
        assert box
        assert box["height"] >= 44
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 320
