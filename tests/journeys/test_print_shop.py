"""A trainer orders a class for the print shop and fetches it: in chromium, with and without scripts."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from verify import carriers

from .door import sign_in, staff

OpenPage = Callable[..., Page]
#: A page takes the worker a fortieth of a second; a loaded machine may take longer.
MADE = 60_000


@pytest.mark.parametrize(
    ("language", "scripts", "layout"), [("ar", True, "cards"), ("fr", False, "pages")], ids=["ar", "fr-plain"]
)
def test_certificates_are_ticked_made_and_fetched(
    open_page: OpenPage, tmp_path: Path, language: str, scripts: bool, layout: str
) -> None:
    page = open_page(language=language, width=360, scripts=scripts)
    sign_in(open_page, page, staff(open_page, "Trainer")[0], to="/teach/c/")
    boxes = page.locator("input[name=certificate]")
    chosen = min(boxes.count(), 12)
    assert chosen > 1
    for place in range(chosen):
        boxes.nth(place).check()
    page.locator(f"button[name=layout][value={layout}]").click()
    archive = page.locator('a[href$="/1.zip"]')
    expect(archive).to_be_visible(timeout=MADE)
    with page.expect_download() as begun:
        archive.click()
    parcel = tmp_path / "parcel.zip"
    begun.value.save_as(parcel)
    with zipfile.ZipFile(parcel) as files:
        assert files.testzip() is None
        prints = [name for name in files.namelist() if name.endswith(".pdf")]
        note = files.read("LISEZ-MOI.txt").decode("utf-8-sig").split("----")[0]
        left_out = re.findall(r"^\d+: (?:.+: )?(.+?)\r?$", note, re.MULTILINE)
        reasons = {why.lower() for why in left_out}
        assert reasons <= {"suspendu", "révoqué", "effacé"}, note
        printed = chosen - len(left_out)
        assert re.search(rf"\b{printed}\b", note.splitlines()[0])
        assert len(prints) == (printed if layout == "pages" else -(-chosen // 10))
        if layout == "pages":
            assert carriers.from_pdf(files.read(prints[0])).count(".") == 2
