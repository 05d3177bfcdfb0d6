"""Everything that we issue keeps every schema that 1EdTech publishes for it, in its strict form too."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from issuers import reading as register
from tests import standards

from . import flips
from .verifiers import TAKEN_OUT
from .world import HOST, Certificates, World, furnish, opened

pytestmark = [pytest.mark.django_db, standards.needed]
ACHIEVEMENT = (
    "ob_v3p0_achievementcredential_schema.json",
    "ob_v3p0_achievementcredential_schema.strict-arrays.json",
    "clr_v2p0_achievementcredential_schema.json",
)
PROFILE = ("ob_v3p0_profile_schema.json", "clr_v2p0_profile_schema.json")


@pytest.fixture(scope="module")
def world(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with django_db_blocker.unblock(), opened(tmp_path_factory.mktemp("city"), host=HOST) as world:
        yield world


@pytest.fixture(scope="module")
def certificates(world: World) -> Certificates:
    return furnish()


def validator(name: str) -> Any:
    return jsonschema_rs.validator_for(json.loads((standards.SCHEMAS / name).read_text()))


@pytest.mark.parametrize("schema", ACHIEVEMENT)
@pytest.mark.parametrize("kind", ["json", "jwt", "png", "svg"])
def test_a_certificate_in_each_of_its_forms(
    kind: str, schema: str, world: World, certificates: Certificates
) -> None:
    document = credential_in(world.file(certificates.sound, kind), kind)
    validator(schema).validate(document)
    del document["credentialSubject"]["achievement"]["criteria"]
    assert not validator(schema).is_valid(document)


def credential_in(data: bytes, kind: str) -> dict[str, Any]:
    """The credential that a file of this kind carries."""
    match kind:
        case "jwt":
            found = flips.unb64(data.decode().split(".")[1]).decode()
        case "png" | "svg":
            found = TAKEN_OUT[kind](data)
        case _:
            found = data.decode()
    document: dict[str, Any] = json.loads(found)
    return document


@pytest.mark.parametrize("schema", PROFILE)
def test_an_issuers_and_the_citys_profile(schema: str, world: World, certificates: Certificates) -> None:
    issuer = certificates.sound.issuer
    served = json.loads(world.download(f"https://{HOST}/issuers/{issuer.slug}.json"))
    for profile in (served, register.profile_of(issuer), register.profile_of(issuer)["parentOrg"]):
        validator(schema).validate(profile)
        assert not validator(schema).is_valid({name: profile[name] for name in profile if name != "type"})
