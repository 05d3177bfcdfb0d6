"""JSON-LD: contexts as published, terms that are defined, canonical as the W3C's vectors, and bounded."""

import json
from pathlib import Path
from typing import Any

import pytest
from pyld import jsonld
from pyld.canon import URDNA2015

from credentials import linkeddata
from tests import standards

pytestmark = standards.needed
INDEX = json.loads((standards.CONTEXTS / "index.json").read_text()) if standards.CONTEXTS.is_dir() else {}
RDFC = standards.FOLDER / "vectors/rdfc10"
ENTRIES = json.loads((RDFC / "manifest.jsonld").read_text())["entries"] if RDFC.is_dir() else []
#: Escapes in the N-Quads that come in: nothing that we read comes as N-Quads.
NOT_OUR_PATH = {"#test060c"}
BADGE = standards.FOLDER / "vectors/ob3-guide/ob3-vector.json"


def badge(**changed: Any) -> dict[str, Any]:
    """The implementation guide's badge, with these members changed."""
    unsigned: dict[str, Any] = json.loads(BADGE.read_text())["unsigned"]
    return unsigned | changed


@pytest.mark.parametrize("address", [address for address in linkeddata.CONTEXTS if address in INDEX])
def test_a_packages_context_is_the_published_one(address: str) -> None:
    published = json.loads((standards.CONTEXTS / INDEX[address]["file"]).read_text())
    assert json.loads(Path(linkeddata.CONTEXTS[address]).read_text()) == published


def test_the_contexts_that_we_sign_with_are_there() -> None:
    ours = {address for address in linkeddata.CONTEXTS if address in INDEX}
    assert {"https://www.w3.org/ns/credentials/v2", "https://w3id.org/security/data-integrity/v2"} <= ours
    assert sum("purl.imsglobal.org" in address for address in ours) == 5


OURS = [
    entry
    for entry in ENTRIES
    if entry["id"] not in NOT_OUR_PATH and "Map" not in entry["type"] and "hashAlgorithm" not in entry
]


@pytest.mark.parametrize("entry", OURS, ids=lambda entry: str(entry["id"]))
def test_canonical_as_the_specification_says(entry: dict[str, Any]) -> None:
    dataset = jsonld.JsonLdProcessor.parse_nquads((RDFC / entry["action"]).read_text())
    canonical = linkeddata._Canonical(linkeddata.Bounds(twins=12))
    if "Negative" in entry["type"]:
        with pytest.raises(linkeddata.TooComplex):
            canonical.main(dataset, {"format": "application/n-quads"})
        return
    assert canonical.main(dataset, {"format": "application/n-quads"}) == (RDFC / entry["result"]).read_text()


@pytest.mark.parametrize(
    ("changed", "error", "where"),
    [
        ({"nickname": "Tim"}, linkeddata.UndefinedTerm, "nickname"),
        ({"type": ["VerifiableCredential", "Medal"]}, linkeddata.UndefinedTerm, "Medal"),
        ({"id": "credentials/1"}, linkeddata.RelativeIdentifier, "credentials/1"),
        ({"@context": ["https://example.com/c"]}, linkeddata.UnknownContext, "https://example.com/c"),
        ({"name": "a bell: \a"}, linkeddata.NotLinkedData, "control character"),
        (
            {"name": {"@value": "x", "@language": 5}},
            linkeddata.NotLinkedData,
            "invalid language-tagged string",
        ),
    ],
)
def test_what_a_signature_would_not_cover_is_refused(
    changed: dict[str, Any], error: type[linkeddata.LinkedDataError], where: str
) -> None:
    for read in (linkeddata.canonical, linkeddata.check):
        with pytest.raises(error) as refusal:
            read(badge(**changed))
        assert refusal.value.where == where


def test_a_term_deep_inside_is_seen_too() -> None:
    document = badge()
    document["credentialSubject"]["achievement"]["criteria"]["secret"] = True
    with pytest.raises(linkeddata.UndefinedTerm, match="secret"):
        linkeddata.canonical(document)


@pytest.mark.parametrize(
    ("bounds", "measure"), [({"quads": 3}, "quads"), ({"blank_nodes": 0}, "blank nodes")]
)
def test_a_large_graph_is_refused_before_the_work(bounds: dict[str, int], measure: str) -> None:
    with pytest.raises(linkeddata.TooComplex, match=measure):
        linkeddata.canonical(badge(), bounds=linkeddata.Bounds(**bounds))


def test_nodes_that_look_alike_are_tried_within_bounds() -> None:
    """A clique of nodes without names: every order of them would be tried."""
    nodes = [f"_:n{number}" for number in range(8)]
    quads = "".join(f"{one} <urn:p> {other} .\n" for one in nodes for other in nodes if one != other)
    dataset = jsonld.JsonLdProcessor.parse_nquads(quads)
    with pytest.raises(linkeddata.TooComplex, match="twins"):
        linkeddata._Canonical(linkeddata.FOREIGN).main(dataset, {"format": "application/n-quads"})


def test_twins_within_bounds_come_out_as_the_plain_algorithm_has_them() -> None:
    quads = "".join(f"_:a{n} <urn:p> _:b{n} .\n_:b{n} <urn:p> _:a{n} .\n" for n in range(3))
    form = {"format": "application/n-quads"}
    ours = linkeddata._Canonical(linkeddata.FOREIGN).main(jsonld.JsonLdProcessor.parse_nquads(quads), form)
    assert ours == URDNA2015().main(jsonld.JsonLdProcessor.parse_nquads(quads), form)


def test_contexts_of_types_are_made_once_and_the_reading_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linkeddata._Reading, "_kept", {})
    first = linkeddata.canonical(badge())
    made: list[str] = []
    define = jsonld.JsonLdProcessor._create_term_definition

    def counted(self: Any, active: Any, local: Any, term: str, *rest: Any, **named: Any) -> Any:
        made.append(term)
        return define(self, active, local, term, *rest, **named)

    monkeypatch.setattr(jsonld.JsonLdProcessor, "_create_term_definition", counted)
    assert linkeddata.canonical(badge()) == first
    assert made == []
    monkeypatch.setattr(linkeddata._Reading, "_kept", {})
    assert linkeddata.canonical(badge()) == first
    assert "achievement" in made


def test_documents_with_contexts_of_their_own_are_kept_apart_and_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linkeddata._Reading, "_kept", {})
    monkeypatch.setattr(linkeddata, "KEPT", 5)
    for word in ("one", "two", "three", "four", "five", "six", "seven"):
        own = {"Thing": {"@id": "urn:Thing", "@context": {"says": f"urn:{word}"}}}
        read = linkeddata.canonical({"@context": own, "@type": "Thing", "says": "x"})
        assert f"<urn:{word}>" in read
        assert len(linkeddata._Reading._kept) <= 5
    assert linkeddata._Reading._kept
