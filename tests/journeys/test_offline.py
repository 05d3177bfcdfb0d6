"""The server is killed: what a phone has learned still judges what is scanned, and says how old it is."""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from .employers import City, Employer, forged, switched_on, told
from .test_states import STATES, code_of

Comes = Callable[..., Employer]
DAY = 86_400
#: Scanned once while the city answers, and again when it does not.
LEARNED = ("valid", "revoked", "suspended", "replaced", "expired", "not-yet-valid", "key-withdrawn")
NAME = "Nadia Benjelloun"
#: How a verdict that rests on what was kept says so.
NO_NETWORK = {"fr": "Pas de réseau", "ar": "لا توجد شبكة", "en": "No network"}


def learn(phone: Employer, city: City) -> None:
    """One scan of each while the city answers; the page stays on the phone."""
    phone.settle()
    phone.without_http_cache()  # it holds five minutes; what the page itself keeps is to judge
    for state in LEARNED:
        assert phone.scan(city.codes[state]) == state
    phone.learns_the_city()


def give_the_file(phone: Employer, city: City) -> None:
    """Open the page as at an entrance, and hand it the city's file from a stick."""
    page = phone.page
    page.goto(f"{city.base_url}/v?kiosk")
    bundle = city.act("bundle")["bundle"].encode()
    page.locator("#kiosk [data-slot=file]").set_input_files(
        {"name": "bundle.jwt", "mimeType": "application/jwt", "buffer": bundle}
    )
    expect(page.locator("#kiosk [data-slot=some]")).to_be_visible()


@pytest.fixture(scope="module")
def silent(city: City, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator["Silent"]:
    """Phones that have learned, and a city whose web processes were killed after that."""
    city.start_web()
    folder = tmp_path_factory.mktemp("phone")
    with Silent(city, browser, folder) as silent:
        yield silent


class Silent:
    """Two phones that stay on, one that is switched off, and an entrance; then the server dies."""

    def __init__(self, city: City, browser: Browser, folder: Path) -> None:
        self.city, self.browser, self.folder = city, browser, folder
        self.phones = {
            language: Employer(
                browser.new_context(**Employer.phone(language=language)), city.base_url, language=language
            )
            for language in ("fr", "ar")
        }
        self.entrance = Employer(
            browser.new_context(**Employer.phone(language="fr")), city.base_url, language="fr"
        )

    def __enter__(self) -> "Silent":
        for phone in self.phones.values():
            learn(phone, self.city)
        self.entrance.settle()
        self.entrance.without_http_cache()
        give_the_file(self.entrance, self.city)
        switched_off = self.switched_on()
        learn(switched_off, self.city)
        assert switched_off.leave() == []
        self.city.kill_web()
        return self

    def switched_on(self) -> Employer:
        """The third phone's browser starts, with what it kept on its disk."""
        return switched_on(self.city, self.browser.browser_type, self.folder, language="en")

    def __exit__(self, *_: object) -> None:
        phones = (*self.phones.values(), self.entrance)
        complaints = [complaint for phone in phones for complaint in phone.leave()]
        self.city.start_web()
        assert complaints == []


# -- Without a server -------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["fr", "ar"])
def test_with_the_server_dead_what_was_learned_still_judges(silent: Silent, language: str) -> None:
    phone = silent.phones[language]
    for state in LEARNED:
        assert phone.scan(silent.city.codes[state]) == state
        assert phone.from_cache()
        expect(phone.page.locator("main")).to_contain_text(NO_NETWORK[language])
    assert phone.scan(forged(silent.city.codes["valid"])) == "tampered"
    expect(phone.page.locator("main")).not_to_contain_text(NAME)


def test_an_address_that_a_camera_app_mangled_works_without_a_server(silent: Silent) -> None:
    phone, code = silent.phones["fr"], silent.city.codes["valid"]
    for written in ("/v%23", "/v/"):
        assert phone.scan(code.replace("/v#", written)) == "valid"
        expect(phone.page.locator("main")).to_contain_text(NAME)


def test_another_certificate_of_a_known_issuer_is_judged_without_a_server(silent: Silent) -> None:
    phone = silent.phones["fr"]
    assert phone.scan(silent.city.codes["successor"]) == "valid"
    assert phone.from_cache()
    expect(phone.page.locator("main")).to_contain_text("Salma Idrissi")


def test_after_one_scan_a_phone_knows_every_issuer_of_the_city(silent: Silent) -> None:
    phone = silent.phones["fr"]
    assert "not-accredited" not in LEARNED
    assert phone.scan(silent.city.codes["not-accredited"]) == "not-accredited"
    assert phone.from_cache()
    expect(phone.page.locator("main")).to_contain_text("Driss Berrada")


def test_an_entrance_with_the_city_s_file_knows_every_state_and_every_issuer(silent: Silent) -> None:
    for state, shown in STATES.items():
        assert silent.entrance.scan(code_of(silent.city, state)) == state
        if shown.name:
            expect(silent.entrance.page.locator("main")).to_contain_text(shown.name)
        assert silent.entrance.from_cache() or state == "malformed"


def test_an_entrance_opens_without_a_server_and_says_what_it_knows(silent: Silent) -> None:
    page = silent.entrance.page
    page.goto(f"{silent.city.base_url}/v?kiosk")
    known = page.locator("#kiosk [data-slot=some]")
    expect(known).to_be_visible()
    expect(known.locator("[data-slot=issuers]")).to_have_text("3")
    page.evaluate("location.hash = '#" + silent.city.codes["suspended"].rpartition("#")[2] + "'")
    expect(page.locator("body[data-state=suspended]")).to_be_attached()
    expect(page).to_have_url(re.compile(r"/v\?kiosk$"))


def test_the_browser_is_started_anew_and_still_judges_without_a_server(silent: Silent) -> None:
    phone = silent.switched_on()
    for state in ("valid", "revoked", "suspended", "expired"):
        assert phone.scan(silent.city.codes[state]) == state
        assert phone.from_cache()
    expect(phone.page.locator("html")).to_have_attribute("lang", "en")
    assert phone.scan(silent.city.codes["valid"].replace("#", "%23")) == "valid"
    assert phone.leave() == []


@pytest.mark.parametrize(
    ("days", "state"), [(6, "valid"), (10, "status-stale"), (29, "status-stale"), (40, "status-unknown")]
)
def test_what_was_learned_is_worth_less_with_the_weeks(silent: Silent, days: int, state: str) -> None:
    phone = silent.phones["fr"]
    tone = "ok" if state == "valid" else "age"
    with phone.at(time.time() + days * DAY):
        assert phone.scan(silent.city.codes["valid"]) == state
        expect(phone.page.locator("main")).to_contain_text(NAME)
        expect(phone.page.locator(".verdict")).to_have_class(re.compile(rf"\b{tone}\b"))
        assert phone.scan(silent.city.codes["revoked"]) == "revoked"
        assert phone.scan(silent.city.codes["key-withdrawn"]) == "key-withdrawn"


def test_a_clock_set_back_brings_nothing_back(silent: Silent) -> None:
    phone = silent.phones["ar"]
    with phone.at(time.time() - 400 * DAY):
        assert phone.scan(silent.city.codes["expired"]) == "expired"
        assert phone.scan(silent.city.codes["revoked"]) == "revoked"


def test_nothing_of_a_certificate_is_kept(silent: Silent) -> None:
    phone = silent.phones["fr"]
    phone.scan(silent.city.codes["valid"])
    kept = phone.belongings()
    assert "did:web:localhost" in kept  # it was looked at where the keys are
    assert "Nadia" not in kept
    assert "نادية" not in kept
    assert [state for state in LEARNED if told(kept, silent.city.codes[state])] == []


# -- With the server back ---------------------------------------------------------------------------
def test_what_was_learned_is_shown_at_once_and_the_latest_word_follows(city: City, employer: Comes) -> None:
    phone = employer()
    phone.settle()
    phone.without_http_cache()
    assert phone.scan(city.codes["to-revoke"]) == "valid"
    city.act("revoke", "Zineb Lahlou")
    assert phone.scan(city.codes["to-revoke"]) == "revoked"
    assert not phone.from_cache()


def test_what_is_older_than_what_was_seen_is_not_believed(city: City, employer: Comes) -> None:
    before = city.act("published")
    city.act("revoke", "Omar Bennis")
    city.act("sign-anew")
    phone = employer()
    phone.settle()
    phone.without_http_cache()
    assert phone.scan(city.codes["valid-until"]) == "revoked"
    city.act("put-back", json.dumps(before))
    assert employer().scan(city.codes["valid-until"]) == "valid"  # who never saw the newer ones cannot know
    assert phone.scan(city.codes["valid-until"]) == "revoked"
    expect(phone.page.locator("body")).to_have_attribute("data-known", "not-trusted")
