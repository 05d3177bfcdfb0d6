"""The conformance endpoints stand apart: not there by default, and without a key that anybody trusts."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from issuers.models import Publication, SigningKey
from tests.factories import key_room, make_issuer
from verify.conformance import fetching, urls
from verify.conformance.throwaway import signer
from verify.foreign.examining import examine
from verify.foreign.report import Step
from verify.report import Verdict
from verify.verifier import verify

from .conftest import Suite

__all__ = ["key_room"]
ROOT = Path(__file__).resolve().parents[3]
ADDRESSES = ("/vc-api/status", "/vc-api/status/lists/revocation", "/1.0/identifiers/did:key:z6Mk")


@pytest.mark.django_db
def test_by_default_none_of_the_addresses_is_there() -> None:
    assert settings.VC_API is False
    for address in ADDRESSES:
        assert Client().get(address).status_code == 404, address
    assert Client().post("/vc-api/status/credentials/issue").status_code == 404


@pytest.mark.parametrize(("said", "there"), [("on", "True"), ("off", "False")])
def test_the_setting_alone_brings_the_addresses(said: str, there: str) -> None:
    program = (
        "import django; django.setup(); from django.urls import NoReverseMatch, reverse\n"
        "try: print(bool(reverse('vc-api-issue', args=['jose'])))\n"
        "except NoReverseMatch: print(False)"
    )
    environment = os.environ | {"VC_API": said, "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment | {"SECRET_KEY": "of-a-test"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == there


def test_each_address_says_who_may_come_in() -> None:
    for pattern in urls.urlpatterns:
        assert getattr(pattern.callback, "access", "") == "public", pattern.name


def test_nothing_of_it_can_reach_a_key_of_the_city_or_of_an_issuer() -> None:
    closed = {"keys", "keyroom", "root", "localroot", "rotation", "signable", "orders"}
    for path in (ROOT / "verify/conformance").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                module = node.module or ""
                names = {each.name for each in node.names} | {module.rpartition(".")[2]}
                if module.startswith("issuers"):
                    assert not names & closed, (path.name, names)
                assert "linting" not in names, path.name


@pytest.mark.django_db
def test_what_it_signs_needs_no_key_of_ours_and_leaves_no_trace(suite: type[Suite]) -> None:
    issued = suite("status").issued()
    method = issued["proof"]["verificationMethod"]
    assert method == signer("Ed25519").method
    assert not SigningKey.objects.exists()
    assert not Publication.objects.exists()
    assert suite("status").verify(issued).status_code == 200


@pytest.mark.urls("tests.verify.conformance.urls")
@pytest.mark.django_db
@pytest.mark.usefixtures("key_room")
@pytest.mark.parametrize("name", ["jose", "eddsa-rdfc-2022"])
def test_what_it_signs_in_an_issuers_name_is_not_valid_to_anybody(suite: type[Suite], name: str) -> None:
    issuer = make_issuer()
    whose = f"did:web:passport.example:issuers:{issuer.slug}"
    issued = suite(name).issued(issuer=whose, validFrom="2026-01-01T00:00:00Z")
    shown = issued["id"].partition(",")[2] if name == "jose" else json.dumps(issued)
    report = verify(source=shown, now=timezone.now(), door="api")
    assert report.verdict is not Verdict.VALID
    found = examine(data=shown, now=timezone.now(), fetch=fetching.ours_first(now=timezone.now()))
    assert found.holds is False
    assert found.worst is not None
    assert found.worst.step is Step.ISSUER_BINDING


@pytest.mark.django_db
def test_its_keys_are_made_anew_by_each_process() -> None:
    program = "from verify.conformance.throwaway import signer; print(signer('Ed25519').did)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("did:key:z6Mk")
    assert done.stdout.strip() != signer("Ed25519").did


@pytest.mark.urls("tests.verify.conformance.urls")
@pytest.mark.django_db
def test_a_suite_that_we_do_not_have_is_not_there(suite: type[Suite]) -> None:
    assert suite("bbs-2023").issue({}).status_code == 404
    assert Client().get("/vc-api/jose/credentials/issue", secure=True).status_code == 405
