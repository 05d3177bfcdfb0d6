"""Each broken document of elsewhere gets a report that names the one way in which it is broken."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.gallery.foreign import make
from verify.errors import Malformed
from verify.foreign import wording
from verify.foreign.examining import examine
from verify.foreign.report import Finding, ForeignReport
from verify.report import Outcome

from . import signers

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FILES = sorted(path for path in make.FOLDER.iterdir() if path.is_file() and path.suffix != ".py")
FETCH = signers.hosts(make.pages())
#: What cannot be told here leaves the answer open; everything else that is broken is refused.
OPEN = {
    "context-unknown",
    "method-unreachable",
    "method-unsupported",
    "proof-suite",
    "schema-not-known",
    "status-list-dates",
    "status-type",
    "status-unreachable",
    "too-complex",
}
#: What is so whenever something else is: dates that run backwards are over, or not reached.
ALONG = {"schema-order-validUntil": {"expired"}}


def examined(path: Path) -> ForeignReport:
    return examine(data=path.read_bytes(), now=NOW, fetch=FETCH)


def broken(report: ForeignReport) -> set[str]:
    """The codes of everything that failed, within too."""
    found: list[Finding] = [*report.findings, *(each for inner in report.inner for each in inner.findings)]
    return {each.code for each in found if each.outcome is Outcome.FAILED}


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_each_file_gets_the_report_that_it_is_named_for(path: Path) -> None:
    fault = path.name.split(".")[0]
    try:
        report = examined(path)
    except Malformed as refused:
        assert refused.fault == fault
        return
    worst = report.worst
    if fault == "whole":
        assert (report.holds, worst) == (True, None)
        return
    assert worst is not None
    assert worst.code == fault
    assert report.holds is (None if fault in OPEN else False)
    assert broken(report) - ALONG.get(fault, set()) == (set() if fault in OPEN else {fault})


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_each_fault_of_the_gallery_has_a_sentence_of_its_own(language: str) -> None:
    from django.utils import translation

    codes = {path.name.split(".")[0] for path in FILES} - {"whole"}
    with translation.override(language):
        said = {code: str(wording.FAULTS[code]) for code in codes if code in wording.FAULTS}
        assert all(said.values())


def test_the_gallery_is_as_its_maker_makes_it() -> None:
    made = dict(make.files())
    assert {path.name for path in FILES} == set(made)
    for path in FILES:
        assert path.read_bytes() == made[path.name], path.name
    assert sum(not name.startswith("whole.") for name in made) >= 150
