"""Our certificates in verifiers by others: they accept them, and not with one bit changed or once revoked."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from openbadgeslib.ob3 import OB3Verifier

from issuers import keys
from issuers.models import SigningKey
from tests import standards
from verify import shape
from verify.foreign.examining import examine
from verify.foreign.fetching import ACCEPT, Fetched

from . import flips
from .node import Node
from .verifiers import VERIFIERS, Verifier, openbadgeslib_token
from .world import ARABIC_NAME, ARABIC_TITLE, HOST, Certificates, World, furnish, opened

pytestmark = [pytest.mark.django_db, standards.needed]
#: What each says of a signature that does not fit.
BROKEN = {
    "openbadgeslib": "signature",
    "@digitalbazaar/vc": "Invalid signature",
    "@digitalcredentials/verifier-core": "invalid_signature",
}
#: And of a list's.
BROKEN_LIST = {
    "openbadgeslib": "proof is invalid: Invalid signature",
    "@digitalbazaar/vc": '"BitstringStatusListCredential" not verified',
    "@digitalcredentials/verifier-core": "status_list_signature_error",
}


@pytest.fixture(scope="module")
def world(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with django_db_blocker.unblock(), opened(tmp_path_factory.mktemp("city"), host=HOST) as world:
        yield world


@pytest.fixture(scope="module")
def certificates(world: World) -> Certificates:
    made = furnish()
    world.trust(world.document(made.sound)["issuer"])
    return made


@pytest.fixture(params=VERIFIERS)
def verifier(request: pytest.FixtureRequest) -> Verifier:
    return VERIFIERS[request.param]


def test_they_accept_ours_with_its_arabic_intact(
    verifier: Verifier, world: World, node: Node, certificates: Certificates
) -> None:
    document = world.document(certificates.sound)
    said = verifier(document, world, node)
    assert (said.accepted, said.why) == (True, "")
    stated = shape.stated(said.credential)
    assert ARABIC_NAME in [name.text for name in stated.names]
    assert ARABIC_TITLE in [title.text for title in stated.titles]
    assert said.credential == document


@pytest.mark.parametrize("place", flips.PLACES)
@pytest.mark.parametrize("name", VERIFIERS)
def test_one_changed_bit_is_refused(
    name: str, place: str, world: World, node: Node, certificates: Certificates
) -> None:
    changed = flips.document(world.file(certificates.sound, "json"), place)
    said = VERIFIERS[name](changed, world, node)
    assert not said.accepted
    assert BROKEN[name] in said.why


def test_a_revoked_one_is_refused(
    verifier: Verifier, world: World, node: Node, certificates: Certificates
) -> None:
    said = verifier(world.document(certificates.revoked), world, node)
    assert not said.accepted
    assert "revo" in said.why


# -- As VC-JWT ------------------------------------------------------------------------------------
def test_the_token_is_accepted(world: World, certificates: Certificates) -> None:
    token = world.file(certificates.sound, "jwt").decode()
    said = openbadgeslib_token(token, world)
    assert (said.accepted, said.why) == (True, "")
    assert said.credential == json.loads(flips.unb64(token.split(".")[1]))
    assert said.credential["credentialSubject"]["achievement"]["names"]["ar"] == ARABIC_TITLE


@pytest.mark.parametrize("place", flips.PLACES)
def test_one_changed_bit_of_a_token_is_refused(place: str, world: World, certificates: Certificates) -> None:
    token = world.file(certificates.sound, "jwt").decode()
    said = openbadgeslib_token(flips.token(token, place), world)
    assert (said.accepted, said.why) == (False, "Invalid signature")


def test_a_revoked_token_is_refused(world: World, certificates: Certificates) -> None:
    said = openbadgeslib_token(world.file(certificates.revoked, "jwt").decode(), world)
    assert not said.accepted
    assert "'revocation' is set" in said.why


# -- The status list on its way -------------------------------------------------------------------
@pytest.mark.parametrize("name", VERIFIERS)
def test_a_list_that_was_changed_on_its_way_is_refused(
    name: str, world: World, node: Node, certificates: Certificates
) -> None:
    document = world.document(certificates.sound)
    address = document["credentialStatus"]["statusListCredential"]
    if name == "openbadgeslib":  # it reads lists as tokens, the others as JSON
        world.forged[address] = flips.token(world.download(address).decode(), "proof").encode()
    else:
        listed = world.pages(address, "application/json").body
        world.forged[address] = json.dumps(flips.document(listed, "proof")).encode()
    try:
        said = VERIFIERS[name](document, world, node)
    finally:
        world.forged.clear()
    assert not said.accepted
    assert BROKEN_LIST[name] in said.why


@pytest.mark.parametrize("form", ["application/vc+jwt", "application/json"])
def test_the_list_is_a_credential_that_verifies_by_itself(
    form: str, world: World, node: Node, certificates: Certificates
) -> None:
    address = world.document(certificates.sound)["credentialStatus"]["statusListCredential"]
    page = world.pages(address, form)
    assert page.content_type.startswith(form)
    if form == "application/json":
        node.pages = world.pages
        said = node.ask("digitalbazaar", credential=json.loads(page.body))
        assert (said["verified"], said["why"]) == (True, [])
        assert flips.document(page.body, "proof") != json.loads(page.body)
        changed = node.ask("digitalbazaar", credential=flips.document(page.body, "proof"))
        assert (changed["verified"], "Invalid signature." in changed["why"]) == (False, True)
    else:
        did = json.loads(flips.unb64(page.body.decode().split(".")[1]))["issuer"]
        signer = OB3Verifier.for_issuer_did(did, download=world.download)
        assert signer._decode_payload(page.body.decode())["id"] == address


# -- A key that was withdrawn ---------------------------------------------------------------------
def test_what_a_withdrawn_key_signed_is_refused(world: World, node: Node) -> None:
    others = furnish()
    world.trust(world.document(others.sound)["issuer"])
    document, token = world.document(others.sound), world.file(others.sound, "jwt").decode()
    for key in SigningKey.objects.filter(issuer=others.sound.issuer):
        keys.mark_compromised(key=key, by=None, now=timezone.now())
    for name in ("@digitalbazaar/vc", "@digitalcredentials/verifier-core"):
        said = VERIFIERS[name](document, world, node)
        assert (name, said.accepted) == (name, False)
    # A limit of openbadgeslib 4.6.3 (docs/conformance.md): it reads no relation and no "revoked" of a key.
    assert openbadgeslib_token(token, world).accepted


# -- The same software, in another city ------------------------------------------------------------
@pytest.mark.parametrize("kind", ["json", "jwt", "png", "svg", "pdf"])
def test_our_own_verifier_takes_ours_as_anybodys(kind: str, world: World, certificates: Certificates) -> None:
    def fetch(url: str) -> Fetched:
        page = world.pages(url, ACCEPT)
        return Fetched(url=url, content_type=page.content_type, body=page.body)

    report = examine(data=world.file(certificates.sound, kind), now=timezone.now(), fetch=fetch)
    assert (report.worst, report.holds) == (None, True)
    assert report.issuer_id == world.document(certificates.sound)["issuer"]["id"]
    revoked = examine(data=world.file(certificates.revoked, kind), now=timezone.now(), fetch=fetch)
    assert revoked.worst is not None
    assert revoked.worst.code == "status-revoked"
