"""The conformance endpoints stand apart: not there by default, and without a key that anybody trusts."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from issuers.models import Publication, SigningKey
from verify.conformance import urls
from verify.conformance.throwaway import signer

from .conftest import Suite

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
