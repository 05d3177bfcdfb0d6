"""Somebody listens on the wire and reads the logs: of a scanned certificate there is nothing to find."""

import http.client
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from .employers import City, Employer, Wire, forged, told

Comes = Callable[..., Employer]


@pytest.fixture
def wire(city: City) -> Iterator[Wire]:
    """A proxy's place in front of the city."""
    city.start_web()
    wire = Wire(city.stack.port)
    yield wire
    wire.end()


def test_of_a_scanned_code_no_digit_leaves_the_phone(city: City, employer: Comes, wire: Wire) -> None:
    phone = employer(base_url=wire.base_url)
    scanned = [code for state, code in city.codes.items() if state != "to-revoke"]
    scanned.append(forged(city.codes["valid"]))
    phone.scan(scanned[0])  # the first visit of all, before anything of the page is on the phone
    phone.settle()
    for code in scanned:
        phone.scan(code)
    phone.page.goto(wire.base_url + "/v")
    phone.page.fill("#pasted textarea", city.codes["valid"])
    phone.page.locator("#pasted button").click()
    assert phone.verdict() == "valid"
    expect(phone.page.locator("main")).to_contain_text("Nadia Benjelloun")
    phone.page.locator(".after-verdict a").first.click()
    heard = wire.heard
    assert "GET /v HTTP" in heard
    assert "GET /k/" in heard
    assert "GET /s/revocation/" in heard
    for code in scanned:
        assert told(heard, code) == []
        assert told(city.logged(), code) == []


def test_of_a_code_that_a_camera_app_mangled_only_its_own_request_tells(
    city: City, employer: Comes, wire: Wire
) -> None:
    code = city.codes["revoked"]
    for written in ("/v%23", "/v/"):
        phone = employer(base_url=wire.base_url)
        assert phone.scan(code.replace("/v#", written)) == "revoked"
    lines = told(wire.heard, code)
    assert [line.split("/v")[0] for line in lines] == ["GET ", "GET "]  # and no referrer, no second request
    assert told(city.logged(), code) == []


def test_our_logs_and_pages_keep_no_mangled_code_whatever_is_asked(city: City) -> None:
    city.start_web()
    digits = city.codes["suspended"].rpartition("#")[2]
    told_by = []
    for written in ("/v%23", "/v/", "/v%2523", "/v%23/../", "/v%23x?y="):
        for method in ("GET", "HEAD", "POST", "PUT", "BREW"):
            connection = http.client.HTTPConnection("127.0.0.1", city.stack.port, timeout=10)
            connection.request(method, written + digits, headers={"Host": f"localhost:{city.stack.port}"})
            answer = connection.getresponse()
            said = f"{answer.headers}{answer.read().decode()}"
            connection.close()
            assert answer.status < 500
            if told(said, digits):
                told_by.append(f"the answer to {method} {written}")
            if told(city.logged(), digits):
                told_by.append(f"the log, since {method} {written} or before")
    assert told_by == []
