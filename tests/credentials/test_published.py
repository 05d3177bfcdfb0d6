"""What the city and its issuers publish signed: handed out alike, to caches, to other origins, packed."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from credentials import bundling, statuslists
from credentials.models import Credential, StatusListVersion
from issuers import profiles, publications
from issuers.models import Publication
from issuers.views.published import WORTH_PACKING
from tests.factories import NOW, key_room, make_achievement, make_credential, make_issuer, publish_keys

__all__ = ["key_room"]


@dataclass(frozen=True)
class Document:
    """One that is published: its address, type, and for how many seconds a verifier relies on it."""

    path: Callable[[Credential], str]
    content_type: str
    ttl: int
    varies: tuple[str, ...] = ("Accept-Encoding",)


def listed(purpose: str, suffix: str = "") -> Callable[[Credential], str]:
    return lambda credential: f"/s/{purpose}/{credential.status_list_id}{suffix}"


DAY = profiles.DIRECTORY_TTL
TTL = statuslists.TTL_SECONDS
NEGOTIATED = ("Accept", "Accept-Encoding")
TABLE = {
    "keys": Document(lambda _: "/keys.jwt", "application/jwt", DAY),
    "key": Document(lambda credential: f"/k/{credential.key.kid8}", "application/jwt", DAY),
    "bundle": Document(lambda _: "/bundle.jwt", "application/jose", DAY),
    "revocation": Document(listed("revocation"), "application/vc+jwt", TTL, NEGOTIATED),
    "suspension": Document(listed("suspension"), "application/vc+jwt", TTL, NEGOTIATED),
    "replacement": Document(listed("replacement"), "application/vc+jwt", TTL, NEGOTIATED),
    "as JWT": Document(listed("revocation", ".jwt"), "application/vc+jwt", TTL),
    "as JSON": Document(listed("revocation", ".json"), "application/vc+ld+json", TTL),
}
pytestmark = pytest.mark.parametrize("document", TABLE.values(), ids=list(TABLE))


@pytest.fixture
def credential(db: None, key_room: Path) -> Credential:
    credential = make_credential(make_achievement(make_issuer()))
    publish_keys()
    bundling.tend(now=NOW)
    return credential


def shared(answer: Any, document: Document) -> None:
    """Caches keep one for all, while it may be relied on; any origin may read it; nobody is known by it."""
    kept = dict(part.partition("=")[::2] for part in answer["Cache-Control"].split(", "))
    assert set(kept) == {"public", "max-age"}
    assert 0 < int(kept["max-age"]) <= document.ttl
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert {part.strip() for part in answer["Vary"].split(",")} == set(document.varies)
    assert "Content-Language" not in answer
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert not answer.cookies


def test_it_is_for_everybody_and_kept_no_longer_than_it_may_be_relied_on(
    credential: Credential, client: Client, document: Document
) -> None:
    answer = client.get(document.path(credential))
    assert (answer.status_code, answer["Content-Type"]) == (200, document.content_type)
    if document.content_type.endswith(("jwt", "jose")):
        assert answer.content.count(b".") == 2
    else:
        assert answer.json()["proof"]["cryptosuite"] == "eddsa-rdfc-2022"
    assert int(answer["Content-Length"]) == len(answer.content)
    shared(answer, document)


def test_whoever_has_it_is_told_so(credential: Credential, client: Client, document: Document) -> None:
    path = document.path(credential)
    mark = client.get(path)["ETag"]
    for asked in (mark, f'W/{mark}, "other"', f'"other",{mark}', "*"):
        again = client.get(path, headers={"If-None-Match": asked})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", mark)
        shared(again, document)
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_head_says_the_same_without_the_document(
    credential: Credential, client: Client, document: Document
) -> None:
    path = document.path(credential)
    whole, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert dict(head.headers) == dict(whole.headers)


def test_it_goes_out_packed_to_whoever_takes_that(
    credential: Credential, client: Client, document: Document
) -> None:
    path = document.path(credential)
    plain = client.get(path)
    packed = client.get(path, headers={"Accept-Encoding": "br, gzip;q=0.5"})
    if len(plain.content) < WORTH_PACKING:
        assert "Content-Encoding" not in packed
        return
    assert packed["Content-Encoding"] == "gzip"
    assert packed["ETag"] == f"W/{plain['ETag']}"
    assert len(packed.content) < len(plain.content)
    assert gzip.decompress(packed.content) == plain.content
    assert packed["Content-Type"] == plain["Content-Type"]
    shared(packed, document)
    for mark in (plain["ETag"], packed["ETag"]):
        headers = {"Accept-Encoding": "gzip", "If-None-Match": mark}
        assert client.get(path, headers=headers).status_code == 304
    for unpacked in ("", "br", "gzip;q=0", "identity"):
        assert "Content-Encoding" not in client.get(path, headers={"Accept-Encoding": unpacked}).headers


def test_a_newer_one_has_another_mark(credential: Credential, client: Client, document: Document) -> None:
    path = document.path(credential)
    mark = client.get(path)["ETag"]
    later = NOW + publications.SIGN_ANEW_AFTER + statuslists.SIGN_ANEW_AFTER
    publications.tend(now=later)
    statuslists.publish_changed(now=later)
    bundling.tend(now=later)
    assert client.get(path, headers={"If-None-Match": mark}).status_code == 200


def test_whoever_comes_before_it_is_signed_is_told_to_come_again(
    credential: Credential, client: Client, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("issuers.orders.PATIENCE", 0)
    Publication.objects.all().delete()
    StatusListVersion.objects.all().delete()
    answer = client.get(document.path(credential))
    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (202, "2", "no-store")
    assert answer["Access-Control-Allow-Origin"] == "*"
