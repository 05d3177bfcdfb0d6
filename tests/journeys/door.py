"""Brings the demo's staff through the door as they come in: an address, its code, a second proof."""

import itertools
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect

OpenPage = Callable[..., Page]
SIX_DIGITS = re.compile(r"\b\d{6}\b")
SECOND_STEP = re.compile(r"/accounts/(2fa|second-factor)/")
HALF_MINUTE = 31.0

_sessions: dict[str, str] = {}
_phones = itertools.count(683_008_000)


@dataclass(frozen=True)
class Staff:
    """A member of demo staff, as the demo's outbox names her."""

    name: str
    roles: tuple[str, ...]
    address: str


def new_phone() -> str:
    """A phone that nobody has, as it is typed: the journeys share one city."""
    return f"0{next(_phones)}"


def staff(open_page: OpenPage, role: str) -> list[Staff]:
    """The demo's people with a role of this English name, such as ``Trainer``."""
    outbox = open_page(language="en")
    outbox.goto("/outbox/")
    people = []
    for row in outbox.locator("tbody tr").all():
        name, roles, address = (row.locator("td").nth(i).inner_text().strip() for i in range(3))
        held = tuple(part.strip() for part in roles.split(", "))
        if any(part.startswith(role) for part in held):
            people.append(Staff(name=name, roles=held, address=address))
    assert people, f"nobody in the demo is a {role}"
    return people


def sign_in(open_page: OpenPage, page: Page, who: Staff, *, to: str) -> None:
    """Open ``to`` as this person: the door asks for what it needs and leads back there.

    Once a person has come in, her later pages go on with that session, as her own browser would.
    """
    kept = _sessions.get(who.address)
    if kept:
        page.goto("/")
        page.context.add_cookies([{"name": "session", "value": kept, "url": page.url}])
        page.goto(to)
        return
    page.goto(to)
    page.fill("#id_address", who.address)
    _send(page)
    page.fill("#id_code", sent_code(open_page, who.address))
    _send(page)
    tried = ""
    give_up = time.monotonic() + 2 * HALF_MINUTE
    while SECOND_STEP.search(page.url) and time.monotonic() < give_up:
        code = _present_code(open_page, who)
        if code == tried:  # every code counts once; the next one comes within half a minute
            page.wait_for_timeout(1000)
            continue
        tried = code
        page.fill("#id_code", code)
        _send(page)
    expect(page).to_have_url(re.compile(re.escape(to) + "$"))
    session = next(cookie for cookie in page.context.cookies() if cookie.get("name") == "session")
    _sessions[who.address] = session["value"]


def _send(page: Page) -> None:
    with page.expect_navigation():
        page.locator("main form.card button").click()


def sent_code(open_page: OpenPage, address: str) -> str:
    """The six digits of the newest message to this address."""
    outbox = open_page(language="en")
    outbox.goto("/outbox/")
    newest = outbox.locator("article", has=outbox.get_by_text(address, exact=True)).first
    found = SIX_DIGITS.search(newest.inner_text().replace(address, ""))
    assert found, "no code was sent"
    return found[0]


def _present_code(open_page: OpenPage, who: Staff) -> str:
    outbox = open_page(language="en")
    outbox.goto("/outbox/")
    row = outbox.locator("tbody tr", has=outbox.get_by_text(who.address, exact=True)).first
    return row.locator("td").nth(3).inner_text().strip()
