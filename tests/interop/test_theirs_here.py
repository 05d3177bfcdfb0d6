"""What other libraries issue with keys of their own, examined by ours: it holds; not with one bit changed."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from verify.foreign import examining
from verify.foreign.fetching import NO_FETCH, Fetch, Fetched, FetchError
from verify.foreign.report import ForeignReport

from . import flips, makers
from .makers import ARABIC, LIST
from .node import Node

SUITES = ("eddsa-rdfc-2022", "ecdsa-rdfc-2019", "Ed25519Signature2020")
#: One bit changed may contradict a token's own claims before its signature is looked at.
REFUSED = ("proof-tampered", "token-claim")


def examined(data: bytes | str, *, fetch: Fetch = NO_FETCH) -> ForeignReport:
    return examining.examine(data=data, now=datetime.now(UTC), fetch=fetch)


def serving(pages: Mapping[str, bytes]) -> Fetch:
    """A world of these addresses."""

    def fetch(url: str) -> Fetched:
        if url not in pages:
            raise FetchError("not-found")
        return Fetched(url=url, content_type="application/json", body=pages[url])

    return fetch


def text(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def assert_holds(report: ForeignReport, securing: str) -> None:
    """Every check passed, by this way of securing, and the Arabic is as it was."""
    assert (report.worst, report.holds, report.securing) == (None, True, securing)
    assert [title.text for title in report.stated.titles] == [ARABIC]


# -- npm @digitalbazaar/vc ------------------------------------------------------------------------
@pytest.fixture(scope="module", params=SUITES)
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def proved(node: Node, suite: str) -> dict[str, Any]:
    """What the library issues with this suite."""
    document: dict[str, Any] = node.ask("issue", credential=makers.badge(), suite=suite)
    return document


def test_a_proof_by_digitalbazaar_holds(suite: str, proved: dict[str, Any]) -> None:
    report = examined(text(proved))
    assert_holds(report, suite)
    assert report.issuer_id == proved["issuer"]["id"]


@pytest.mark.parametrize("place", flips.PLACES)
def test_with_one_bit_changed_it_does_not(place: str, proved: dict[str, Any]) -> None:
    report = examined(text(flips.document(text(proved), place)))
    assert report.worst is not None
    assert (report.holds, report.worst.code) == (False, "proof-tampered")


def test_a_credential_of_the_older_data_model_holds_too(node: Node, suite: str) -> None:
    document = node.ask("issue", credential=makers.older_credential(), suite=suite)
    report = examined(text(document))
    assert (report.worst, report.holds, report.standard) == (None, True, "vc1")


@pytest.mark.parametrize(("index", "holds"), [(7, False), (8, True)])
def test_a_status_list_by_digitalbazaar_is_read(index: int, holds: bool, node: Node) -> None:
    badge = makers.badge() | {"credentialStatus": makers.status_entry(index)}
    made = node.ask("issueListed", credential=badge, list=LIST, revoked=[7])
    report = examined(text(made["credential"]), fetch=serving({LIST: text(made["list"])}))
    assert report.holds is holds
    assert (report.worst.code if report.worst else "") == ("" if holds else "status-revoked")
    forged = flips.document(text(made["list"]), "proof")
    doubted = examined(text(made["credential"]), fetch=serving({LIST: text(forged)}))
    assert doubted.worst is not None
    assert doubted.worst.code == "status-list-proof"


# -- PyPI openbadgeslib ---------------------------------------------------------------------------
@pytest.fixture(scope="module")
def embedded() -> dict[str, Any]:
    """A document with an embedded proof by a did:key."""
    return makers.embedded()


def test_an_embedded_proof_by_openbadgeslib_holds(embedded: dict[str, Any]) -> None:
    assert_holds(examined(text(embedded)), "eddsa-rdfc-2022")


@pytest.mark.parametrize("place", flips.PLACES)
def test_and_not_with_one_bit_changed(place: str, embedded: dict[str, Any]) -> None:
    report = examined(text(flips.document(text(embedded), place)))
    assert report.worst is not None
    assert report.worst.code == "proof-tampered"


@pytest.fixture(scope="module", params=makers.ALGORITHMS)
def token(request: pytest.FixtureRequest) -> str:
    """A token whose header brings the issuer's key."""
    return makers.token(request.param)


def test_a_token_by_openbadgeslib_holds(token: str) -> None:
    assert_holds(examined(token), "vc-jwt")


@pytest.mark.parametrize("place", flips.PLACES)
def test_and_no_token_with_one_bit_changed(place: str, token: str) -> None:
    report = examined(flips.token(token, place))
    assert report.worst is not None
    assert (report.holds, report.worst.code in REFUSED) == (False, True)


@pytest.mark.parametrize("kind", ["png", "svg"])
@pytest.mark.parametrize("bake", [makers.baked_token, makers.baked_document])
def test_pictures_that_openbadgeslib_baked_are_opened(kind: str, bake: Callable[[str], bytes]) -> None:
    report = examined(bake(kind))
    assert_holds(report, "vc-jwt" if bake is makers.baked_token else "eddsa-rdfc-2022")


@pytest.mark.parametrize(("index", "holds"), [(7, False), (8, True)])
def test_its_did_document_and_its_status_list_are_understood(index: int, holds: bool) -> None:
    issuer = makers.WebIssuer()
    pages = {issuer.did_address: text(issuer.did_document), LIST: issuer.status_list(revoked=[7]).encode()}
    report = examined(issuer.token(status=makers.status_entry(index)), fetch=serving(pages))
    assert report.issuer_id == issuer.did
    assert report.holds is holds
    assert (report.worst.code if report.worst else "") == ("" if holds else "status-revoked")
