"""The examples of docs/api.md, taken from there and run against the product; the API laid out in a page."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from config.launch import BASE_DIR, Stack

from .door import sign_in, staff

OpenPage = Callable[..., Page]
PROGRAM = {"bash": ["bash"], "python": [sys.executable]}


def example(language: str) -> str:
    """The one example in this language."""
    (found,) = re.findall(
        rf"^```{language}\n(.*?)^```$", (BASE_DIR / "docs/api.md").read_text(), re.MULTILINE | re.DOTALL
    )
    return str(found)


@pytest.fixture
def token(open_page: OpenPage) -> str:
    """An owner allows a program, as docs/api.md says, and keeps the token."""
    page = open_page(language="en")
    sign_in(open_page, page, staff(open_page, "Owner")[0], to="/teach/members/")
    page.goto("/teach/api-clients/")
    page.locator('a[href^="/teach/api-clients/new/"]').first.click()
    page.fill("#id_name", "Examples")
    for scope in ("read", "issue", "revoke"):
        page.locator(f"input[value={scope}]").check()
    page.locator("main form button").click()
    return page.locator("#token").input_value()


@pytest.mark.parametrize("language", list(PROGRAM))
def test_the_example_does_what_the_docs_say(
    language: str, stack: Stack, token: str, open_page: OpenPage, tmp_path: Path
) -> None:
    program = tmp_path / "example"
    program.write_text(example(language))
    asked = open_page().request.get("/api/v1/achievements", headers={"Authorization": f"Bearer {token}"})
    done = subprocess.run(
        [*PROGRAM[language], str(program)],
        cwd=tmp_path,
        env={
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "LC_ALL": "C.UTF-8",
            "BASE": stack.base_url,
            "TOKEN": token,
            "COURSE": asked.json()["results"][0]["code"],
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    *_, counts, revoked = done.stdout.splitlines()
    assert ast.literal_eval(counts) == {
        "pending": 0,
        "issued": 3,
        "failed": 0,
        "duplicate": 0,
        "cancelled": 0,
    }
    assert revoked.endswith("revoked")
    assert "06 12 34 56 78" in done.stdout  # the remedy of the wrong row, by its example


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_the_document_is_laid_out_without_anything_from_elsewhere(open_page: OpenPage, language: str) -> None:
    page = open_page(language=language, width=1200)
    page.goto("/api/docs/")
    expect(page.locator("#operations-lists-batches_create")).to_be_visible(timeout=30_000)
    page.locator("#operations-lists-batches_create .opblock-summary-control").click()
    expect(page.locator("#operations-lists-batches_create")).to_contain_text("nobody-to-issue")
    page.locator("#operations-register-issuers_list .opblock-summary-control").click()
    page.locator("#operations-register-issuers_list .try-out__btn").click()
    page.locator("#operations-register-issuers_list .execute").click()
    expect(page.locator("#operations-register-issuers_list .live-responses-table")).to_contain_text(
        "did:web:"
    )


def test_the_document_fits_a_phone(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/api/docs/")
    expect(page.locator("#operations-lists-batches_create")).to_be_visible(timeout=30_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_without_scripts_the_page_leads_to_the_document(open_page: OpenPage) -> None:
    page = open_page(scripts=False)
    page.goto("/api/docs/")
    expect(page.locator('main a[href="/api/schema/"]')).to_be_visible()
