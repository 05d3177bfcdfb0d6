"""Each broken document of elsewhere gets a report that names the one way in which it is broken."""

import copy
import json
import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from credentials import dataintegrity
from issuers.jose import b64, unb64
from tests.gallery.foreign import make
from verify.errors import Malformed
from verify.foreign import wording
from verify.foreign.apart import Reader
from verify.foreign.examining import examine
from verify.foreign.report import Finding, ForeignReport
from verify.report import Outcome

from . import signers

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FILES = sorted(path for path in make.FOLDER.iterdir() if path.is_file() and path.suffix != ".py")
#: The real reader, which may take longer where many tests run on few processors.
READER = Reader(seconds=60)
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
    return examine(data=path.read_bytes(), now=NOW, fetch=FETCH, hashing=READER.hash_data)


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
    said = {}
    for path in FILES:
        with suppress(Malformed):
            worst = examined(path).worst
            if worst is not None:
                said[worst.code] = wording.of(worst)
    with translation.override(language):
        told = {code: str(sentence) for code, sentence in said.items()}
    assert len(told) > 80
    # A kind of signature that we cannot check, or a mistake in general, says nothing of this one.
    assert len(set(told.values())) == len(told)


def test_the_gallery_is_as_its_maker_makes_it() -> None:
    made = dict(make.files())
    assert {path.name for path in FILES} == set(made)
    for path in FILES:
        assert path.read_bytes() == made[path.name], path.name
    assert sum(not name.startswith("whole.") for name in made) >= 150


# -- Nothing breaks it ----------------------------------------------------------------------------
def leaves(value: object, path: str = "") -> Iterator[str]:
    """The paths to every text of a document."""
    if isinstance(value, str):
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from leaves(item, f"{path}/{name}".lstrip("/"))


KIND = ("proof/0/type", "proof/0/cryptosuite")  # of a signature that we do not know, nothing can be said
SEALED = signers.signed(signers.badge(), suite="eddsa-jcs-2022")


@pytest.mark.parametrize("path", sorted(leaves(SEALED)))
def test_a_letter_changed_in_any_member_fails(path: str) -> None:
    *above, last = [int(part) if part.isdecimal() else part for part in path.split("/")]
    document = copy.deepcopy(SEALED)
    place: Any = document
    for part in above:
        place = place[part]
    place[last] = place[last][:-1] + ("x" if place[last][-1] != "x" else "y")
    report = examine(data=json.dumps(document), now=NOW, fetch=FETCH)
    assert report.holds is False or (report.holds is None and path in KIND)


STRANGE: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    7.5,
    "",
    "x",
    "https://[",
    "did:",
    "data:,",
    [],
    {},
    [[]],
    [None],
    {"id": []},
    {"@id": {}},
)
PLAIN = [
    path for path in FILES if path.suffix in (".json", ".jwt") and path.name.startswith(("whole", "status"))
]


@pytest.mark.parametrize("path", PLAIN, ids=[path.name for path in PLAIN])
def test_a_strange_value_in_any_place_is_reported_or_refused_and_breaks_nothing(path: Path) -> None:
    """Without a look at the graph: that is ``test_apart`` and ``test_linkeddata``."""
    source = random.Random(path.name)
    text = path.read_text()
    whole = json.loads(text) if path.suffix == ".json" else json.loads(unb64(text.split(".")[1]))
    if "id" in whole and str(whole["id"]).startswith("data:"):
        return
    places = [place for place, _value in places_of(whole)]
    for place in source.sample(places, min(len(places), 40)):
        bent = copy.deepcopy(whole)
        inner: Any = bent
        for part in place[:-1]:
            inner = inner[part]
        inner[place[-1]] = source.choice(STRANGE)
        data = json.dumps(bent)
        if path.suffix == ".jwt":
            head, _body, signature = text.split(".")
            data = f"{head}.{b64(data.encode())}.{signature}"
        try:
            report = examine(data=data, now=NOW, fetch=FETCH, hashing=no_graph)
        except Malformed as refused:
            assert refused.fault
        else:
            assert len(report.findings) == 6


def places_of(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every place of a document and what stands there."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield (*path, name), item
        yield from places_of(item, (*path, name))


def no_graph(document: Any, proof: Any, **_options: Any) -> bytes:
    """Sixty-four bytes that nobody signed."""
    dataintegrity.suite_of(proof)
    return bytes(64)
