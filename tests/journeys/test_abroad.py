"""A learner of the demo city takes her badge as a picture; verifiers by others open it, its Arabic intact."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openbadgeslib.verify import verify_badge
from playwright.sync_api import Page

from config.launch import Stack
from tests import standards
from tests.interop.node import Node, running
from tests.interop.verifiers import TAKEN_OUT, VERIFIERS
from tests.interop.world import HOSTS, Running
from verify import shape

from .door import sent_code

pytestmark = standards.needed
NAME, TITLE = "فاطمة الزهراء الإدريسي", "الفرنسية للحياة اليومية – A1"


@pytest.fixture
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with running(tmp_path_factory.mktemp("node"), hosts=HOSTS) as process:
        yield process


def test_her_badge_is_opened_by_verifiers_of_others(
    stack: Stack, open_page: Callable[..., Page], node: Node
) -> None:
    pictures = taken_away(open_page)
    world = Running(base_url=stack.base_url)
    said = {form: verify_badge(pictures[form], resolve_did=True, download=world.download, check_status=True)
            for form in TAKEN_OUT}  # fmt: skip
    assert {form: (found.valid, found.reason) for form, found in said.items()} == dict.fromkeys(
        TAKEN_OUT, (True, None)
    )
    for form, take_out in TAKEN_OUT.items():
        document = json.loads(take_out(pictures[form]))
        world.trust(document["issuer"])
        for name, verify in VERIFIERS.items():
            found = verify(document, world, node)
            assert (name, found.accepted, found.why) == (name, True, "")
            assert_arabic(found.credential)


def taken_away(open_page: Callable[..., Page]) -> dict[str, bytes]:
    """She comes in with her phone, opens the certificate and takes both pictures of it."""
    page = open_page(language="ar")
    page.goto("/me/")
    page.fill("#id_address", "0683000001")
    page.locator("main form.card button").click()
    page.wait_for_url("**/accounts/code/")
    page.fill("#id_code", sent_code(open_page, "+212683000001"))
    page.locator("main form.card button").click()
    page.wait_for_url("**/me/")
    page.locator(".life h3 a", has_text=TITLE).first.click()
    page.wait_for_url("**/me/c/*")
    return {form: page.request.get(f"{page.url}.{form}").body() for form in TAKEN_OUT}


def assert_arabic(credential: dict[str, Any]) -> None:
    """Letter by letter, in what the library hands on."""
    stated = shape.stated(credential)
    assert NAME in [name.text for name in stated.names]
    assert TITLE in [title.text for title in stated.titles]
