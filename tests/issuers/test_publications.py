"""The signed key directory: what it says, when it is signed anew, and that nobody else signs it."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from django.db import connection
from pytest_django import Settings

from issuers import jose, keys, publications, registry, tasks
from issuers.errors import NoActiveKey, NoKeyRoom
from issuers.models import Issuer, Publication, SigningKey, Theme
from tests.factories import NOW, city_officer, make_issuer, publish_keys

DAY = timedelta(days=1)


def opened(name: str = "keys") -> dict[str, Any]:
    """The payload of a publication, checked as a verifier page does: against a pinned key alone."""
    publication = publications.read(name=name)
    assert publication is not None
    [anchor] = publications.trust_anchors()
    header = jwt.get_unverified_header(publication.body)
    assert header == {
        "alg": "ES256",
        "typ": "keys+jwt",
        "kid": f"did:web:localhost%3A8000#{anchor['kid']}",
    }
    payload = jwt.api_jws.decode(publication.body, jwt.PyJWK.from_dict(anchor), algorithms=["ES256"])
    return dict(json.loads(payload))


def paper_key(issuer: Issuer) -> SigningKey:
    return SigningKey.objects.get(issuer=issuer, algorithm="ES256", state="active")


def test_the_directory_lists_every_approved_issuer(db: None, key_room: Path) -> None:
    for slug, state in (("a", "active"), ("b", "suspended"), ("c", "closed"), ("d", "proposed")):
        make_issuer(slug=slug, state=state)
    publish_keys()
    directory = opened()
    assert [issuer["slug"] for issuer in directory["issuers"]] == ["a", "b", "c"]
    assert (directory["iss"], directory["ttl"]) == ("did:web:localhost%3A8000", 86_400)
    assert directory["iat"] == int(NOW.timestamp())


def test_tending_makes_the_keys_that_are_missing(db: None, key_room: Path) -> None:
    issuer = make_issuer(with_keys=False)
    publish_keys()
    [listed] = opened()["issuers"]
    assert listed["keys"][0]["kid"] == paper_key(issuer).kid8
    assert {key.purpose for key in SigningKey.objects.filter(issuer=None)} == {
        "directory",
        "service",
        "audit",
    }


def test_a_closed_issuer_keeps_a_key_for_its_lists(db: None, key_room: Path) -> None:
    issuer = make_issuer(state="closed", with_keys=False)
    publish_keys()
    assert keys.signer(issuer=issuer, now=NOW).key.issuer == issuer


def test_a_single_key_says_the_same_in_less_than_a_kilobyte(db: None, key_room: Path) -> None:
    issuer, _ = make_issuer(themes=[Theme.DIGITAL]), make_issuer()
    publish_keys()
    name = f"k/{paper_key(issuer).kid8}"
    everybody = {each["slug"]: each for each in opened()["issuers"]}
    assert opened(name)["issuers"] == [everybody[issuer.slug]]
    publication = publications.read(name=name)
    assert publication is not None
    assert len(publication.body) < 1024


def test_a_key_under_the_short_name_of_another_is_never_signed(db: None, key_room: Path) -> None:
    one, other = make_issuer(), make_issuer()
    short = paper_key(one).kid8
    publish_keys()
    SigningKey.objects.filter(pk=paper_key(other).pk).update(kid8=short)
    with pytest.raises(ValueError, match="wrong name"):
        publish_keys(now=NOW + DAY)


def test_nothing_is_signed_twice_while_nothing_changes(db: None, key_room: Path) -> None:
    make_issuer()
    assert publish_keys() == 2
    assert publish_keys(now=NOW + timedelta(hours=5)) == 0


def test_a_stale_directory_is_signed_anew_with_a_higher_version(db: None, key_room: Path) -> None:
    make_issuer()
    publish_keys()
    before = opened()
    assert publish_keys(now=NOW + timedelta(hours=6)) == 2
    after = opened()
    assert after["version"] > before["version"]
    assert after["iat"] == before["iat"] + 6 * 3600


def test_a_change_of_the_register_is_published_at_once(db: None, key_room: Path) -> None:
    issuer, _ = make_issuer(slug="a"), make_issuer(slug="b")
    publish_keys()
    versions = {each.name: each.version for each in Publication.objects.all()}
    registry.suspend_issuer(issuer=issuer, reason="Contrôle", by=city_officer(), now=NOW)
    assert publish_keys(now=NOW) == 2  # the directory and the key of that issuer
    assert opened()["issuers"][0]["accredited"]["digital"] == [["2025-09-01", "2026-11-25"]]
    risen = {each.name for each in Publication.objects.all() if each.version > versions[each.name]}
    assert risen == {"keys", f"k/{paper_key(issuer).kid8}"}


def test_the_version_rises_even_in_a_restored_database(db: None, key_room: Path) -> None:
    make_issuer()
    publish_keys()
    lost = opened()["version"]
    Publication.objects.all().delete()
    publish_keys(now=NOW + timedelta(hours=1))
    assert opened()["version"] > lost


def test_a_compromised_key_is_told_at_once(db: None, key_room: Path) -> None:
    issuer = make_issuer()
    publish_keys()
    bad = paper_key(issuer)
    keys.mark_compromised(key=bad, by=None, now=NOW)
    publish_keys(now=NOW)
    told = {key["kid"]: key for key in opened()["issuers"][0]["keys"]}
    assert told[bad.kid8]["compromised"] is True
    assert told[bad.kid8]["until"] == int(NOW.timestamp())
    assert told[paper_key(issuer).kid8]["compromised"] is False


def test_a_body_that_somebody_edited_is_signed_anew(db: None, key_room: Path) -> None:
    make_issuer()
    publish_keys()
    Publication.objects.filter(pk="keys").update(body="e30.e30.e30")
    assert publish_keys() == 1
    opened()


def test_a_new_directory_key_signs_everything_anew(db: None, key_room: Path) -> None:
    make_issuer()
    publish_keys()
    keys.retire(key=SigningKey.objects.get(purpose="directory"), by=None, now=NOW)
    assert publish_keys(now=NOW) == 2
    opened()


def test_a_process_without_the_key_room_signs_no_directory(db: None, settings: Settings) -> None:
    settings.KEY_ENCRYPTION_KEY_FILE = ""
    with pytest.raises(NoKeyRoom):
        publications.tend(now=NOW)
    with pytest.raises(NoKeyRoom):
        publications.refresh(now=NOW)


def test_without_a_directory_key_nothing_is_published(db: None, key_room: Path) -> None:
    with pytest.raises(NoActiveKey):
        publications.refresh(now=NOW)


def test_another_signer_that_was_quicker_wins(db: None, key_room: Path) -> None:
    make_issuer()
    begun: list[str] = []

    def rival(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("SAVEPOINT") and not begun:
            begun.append(sql)
            publications.refresh(now=NOW)
        return execute(sql, *rest)

    keys.ensure_city_keys(now=NOW)
    with connection.execute_wrapper(rival):
        publications.refresh(now=NOW)
    assert begun
    assert Publication.objects.count() == 2
    opened()


def test_the_next_directory_key_is_an_anchor_already_and_an_ended_one_no_more(
    db: None, key_room: Path
) -> None:
    publish_keys()
    SigningKey.objects.filter(purpose="directory").update(state="pending")
    publish_keys()
    assert len(publications.trust_anchors()) == 2
    keys.retire(key=SigningKey.objects.get(purpose="directory", state="active"), by=None, now=NOW)
    [anchor] = publications.trust_anchors()
    assert set(anchor) == {"alg", "crv", "kid", "kty", "x", "y"}


@pytest.mark.parametrize("fault", ["private", "name", "point"])
def test_a_directory_with_an_unsound_key_is_not_signable(db: None, key_room: Path, fault: str) -> None:
    make_issuer()
    publish_keys()
    document = opened()
    key = document["issuers"][0]["keys"][0]
    if fault == "private":
        key["jwk"]["d"] = jose.b64(bytes(32))
    elif fault == "name":
        key["kid"] = "0" * 16
    else:
        key["jwk"]["y"] = jose.b64(bytes(32))
    with pytest.raises(ValueError, match=r"public|wrong name|curve|point"):
        publications.lint_directory(document)


def test_the_bell_tends(db: None, key_room: Path) -> None:
    make_issuer(with_keys=False)
    tasks.tend()
    assert opened()["issuers"]
