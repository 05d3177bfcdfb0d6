"""The bench at its size: two hundred real files dropped at once, two hundred links, a table, a receipt."""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
from playwright.sync_api import Page, expect

from .employers import City, Employer
from .piles import Piece, drop, forms_of, pile
from .test_bench import edited
from .test_states import STATES

Comes = Callable[..., Employer]
SIZE = 200
CHECKED = 240_000.0  # milliseconds, on a loaded machine
#: Whose certificates are handed over, by the state in which they are.
STATED = ("valid", "revoked", "suspended", "replaced", "expired", "not-yet-valid")
HEADLINES = {state: STATES[state].fr for state in (*STATED, "tampered")} | {
    "print-differs": "Fichier authentique, texte imprimé modifié",
    "not-read": "Non lu",
}
#: Keeps, from page to page, how far the upload was and how many lines were checked.
WATCH = """(() => {
  const keep = (name, value) => {
    const kept = JSON.parse(sessionStorage.getItem(name) || "[]");
    if (kept.at(-1) !== value) sessionStorage.setItem(name, JSON.stringify([...kept, value]));
  };
  const look = () => {
    const [sent, said] = [document.querySelector("#sent"), document.querySelector("[data-said] .big")];
    if (sent && !document.getElementById("sending").hidden) keep("sent", Number(sent.value));
    if (said) keep("checked", Number(said.textContent));
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
})()"""


@pytest.fixture(scope="module")
def addresses(city: City) -> dict[str, str]:
    """Where a certificate in each state is shown."""
    return {state: city.act("address", STATES[state].name)["address"] for state in STATED}


@pytest.fixture
def certificates(city: City, addresses: dict[str, str]) -> dict[str, tuple[str, dict[str, bytes]]]:
    """Each of them in every form."""
    city.start_web()
    return {state: (state, forms_of(city.fetched, address)) for state, address in addresses.items()}


def hand_over(page: Page) -> None:
    """Press the button, and wait for the table."""
    page.locator("form#bench > p > button").click()
    expect(page.locator(".benched tbody tr")).to_have_count(SIZE, timeout=CHECKED)


def lines_of(page: Page) -> dict[str, str]:
    """The table as it is seen: the headline by the name of the file."""
    names, headlines = (page.locator(f".benched tbody {each}") for each in ("bdi.long", ".found b"))
    seen = list(zip(names.all_text_contents(), headlines.all_text_contents(), strict=True))
    assert len(seen) == SIZE
    return dict(seen)


def sheet_of(page: Page) -> list[list[str]]:
    """The file for a spreadsheet, without its head."""
    with page.expect_download() as download:
        page.locator("a[href$='table.csv']").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))[1:]


def receipt_of(page: Page, city: City) -> dict[str, Any]:
    """What the receipt says, once its signature is found to be the city's, by the lines of docs/bench.md."""
    receipt = city.fetched(f"{urlsplit(page.url).path}/receipt.jwt").decode()
    header = jwt.get_unverified_header(receipt)
    did = page.request.get(f"{city.base_url}/.well-known/did.json").json()
    method = next(m for m in did["verificationMethod"] if m["id"] == header["kid"] and "revoked" not in m)
    assert header["typ"] == "receipt+jwt"
    assert method["id"] in did["assertionMethod"]
    return dict(jwt.decode(receipt, jwt.PyJWK(method["publicKeyJwk"]), algorithms=["ES256"]))


def test_two_hundred_files_of_every_form_are_dropped_and_each_has_its_verdict(
    city: City,
    employer: Comes,
    certificates: dict[str, tuple[str, dict[str, bytes]]],
    tmp_path: Path,
) -> None:
    pieces = pile(certificates, size=SIZE, edited=edited)
    assert len({piece.name for piece in pieces}) == SIZE
    visitor = employer(width=1280)
    visitor.context.add_init_script(WATCH)
    page = visitor.page
    page.goto(f"{city.base_url}/bench")
    drop(page, pieces, tmp_path)
    expect(page.locator("#picked li")).to_have_count(SIZE)
    expect(page.locator("#counted b")).to_have_text(str(SIZE))
    hand_over(page)

    expected = {piece.name: piece.verdict for piece in pieces}
    seen = lines_of(page)
    assert {name: seen[name] for name in expected} == {
        name: HEADLINES[verdict] for name, verdict in expected.items()
    }
    moved(page)
    rows = sheet_of(page)
    assert {row[1]: row[2] for row in rows} == seen
    assert len(rows) == SIZE

    receipt = receipt_of(page, city)
    assert receipt["counts"] == Counter(expected.values())
    assert {item["name"]: item["verdict"] for item in receipt["items"]} == expected
    sent = {piece.name: hashlib.sha256(piece.data).hexdigest() for piece in pieces if not is_photo(piece)}
    assert {item["name"]: item["sha256"] for item in receipt["items"] if item["name"] in sent} == sent


def is_photo(piece: Piece) -> bool:
    """Of a photo the code's text alone is handed over."""
    return piece.name.endswith("photo.png")


def moved(page: Page) -> None:
    """The numbers that she saw while she waited rose, and came to their end."""
    far = {
        name: page.evaluate("(name) => JSON.parse(sessionStorage.getItem(name))", name)
        for name in ("sent", "checked")
    }
    assert far["checked"] == sorted(far["checked"])
    assert far["checked"][0] < SIZE
    assert far["checked"][-1] == SIZE
    assert len({share for share in far["sent"] if 0 < share < 100}) > 10  # photo by photo, then byte by byte


def test_two_hundred_links_are_pasted_and_each_has_its_verdict(
    city: City, employer: Comes, addresses: dict[str, str]
) -> None:
    pasted = [
        (state, f"{city.base_url}{address}{ending}")
        for ending in ("", ".pdf", ".json")
        for state, address in addresses.items()
    ]
    lines = [pasted[number % len(pasted)] for number in range(SIZE - 1)]
    page = employer(width=1280).page
    page.goto(f"{city.base_url}/bench")
    page.fill(
        "textarea[name=text]", "\n".join([*(link for _state, link in lines), f"{city.base_url}/c/nobody"])
    )
    hand_over(page)
    expected = Counter({"not-read": 1}) + Counter(state for state, _link in lines)
    found = page.locator(".benched .found b").all_inner_texts()
    assert found == [HEADLINES[state] for state, _link in lines] + [HEADLINES["not-read"]]
    assert [row[2] for row in sheet_of(page)] == found
    receipt = receipt_of(page, city)
    assert receipt["counts"] == expected
    assert [item["n"] for item in receipt["items"]] == list(range(1, SIZE + 1))
