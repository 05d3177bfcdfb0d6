"""The record of a passport (CLR 2.0) in verifiers by others and under the published schemas."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from django.utils import timezone
from openbadgeslib.ob3 import (
    OB3VerificationError,
    bundled_clr_contexts,
    resolve_verification_method,
    verify_data_integrity_proof,
)

from issuers import orders
from passport import records
from passport.models import Entry
from tests import standards
from tests.factories import make_learner
from verify.foreign.examining import examine
from verify.foreign.fetching import ACCEPT, Fetched

from . import flips
from .node import Node
from .verifiers import VERIFIERS
from .world import ARABIC_NAME, HOST, World, furnish, opened

pytestmark = [pytest.mark.django_db, standards.needed]


@pytest.fixture(scope="module")
def world(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with django_db_blocker.unblock(), opened(tmp_path_factory.mktemp("city"), host=HOST) as world:
        yield world


@pytest.fixture(scope="module")
def record(world: World) -> bytes:
    """The record of a passport with two certificates."""
    now = timezone.now()
    learner = make_learner()
    for credential in (furnish().sound, furnish().sound):
        Entry.objects.create(learner=learner, credential=credential, how=Entry.How.DESK, filed_at=now)
    body = records.obtain(learner=learner, now=now) or made(learner, now)
    return body.encode()


def made(learner: Any, now: Any) -> str:
    """The signer's part, and what is there then."""
    orders.fulfil(now=now)
    body = records.obtain(learner=learner, now=now)
    assert body is not None
    return body


def openbadgeslib_says(document: dict[str, Any], world: World) -> str:
    """What the library says of its proof; nothing where it holds."""
    method = document["proof"][0]["verificationMethod"]
    key = resolve_verification_method(method, download=world.download)
    try:
        verify_data_integrity_proof(document, key, extra_contexts=bundled_clr_contexts())
    except OB3VerificationError as error:
        return str(error)
    return ""


def test_digitalbazaar_accepts_it_and_all_accept_a_certificate_within(
    world: World, node: Node, record: bytes
) -> None:
    document = json.loads(record)
    node.pages = world.pages
    said = node.ask("digitalbazaar", credential=document)
    assert (said["verified"], said["why"]) == (True, [])
    assert said["credential"] == document
    names = [each["identityHash"] for each in said["credential"]["credentialSubject"]["identifier"]]
    assert ARABIC_NAME in names
    within = said["credential"]["credentialSubject"]["verifiableCredential"]
    assert len(within) == 2
    world.trust(within[1]["issuer"])
    for name, verify in VERIFIERS.items():
        assert (name, verify(within[1], world, node).why) == (name, "")


def test_openbadgeslib_takes_its_proof(world: World, record: bytes) -> None:
    assert openbadgeslib_says(json.loads(record), world) == ""


@pytest.mark.parametrize("place", flips.PLACES)
def test_one_changed_bit_is_refused(place: str, world: World, node: Node, record: bytes) -> None:
    changed = flips.document(record, place)
    node.pages = world.pages
    assert "Invalid signature." in node.ask("digitalbazaar", credential=changed)["why"]
    assert "signature" in openbadgeslib_says(changed, world)


def test_our_own_verifier_takes_it_as_anybodys(world: World, record: bytes) -> None:
    def fetch(url: str) -> Fetched:
        page = world.pages(url, ACCEPT)
        return Fetched(url=url, content_type=page.content_type, body=page.body)

    report = examine(data=record, now=timezone.now(), fetch=fetch)
    assert (report.worst, report.holds, len(report.inner)) == (None, True, 2)


def test_it_keeps_the_published_schema(record: bytes) -> None:
    schema = json.loads((standards.SCHEMAS / "clr_v2p0_clrcredential_schema.json").read_text())
    document = json.loads(record)
    jsonschema_rs.validator_for(schema).validate(document)
    del document["credentialSubject"]["verifiableCredential"]
    assert not jsonschema_rs.validator_for(schema).is_valid(document)
