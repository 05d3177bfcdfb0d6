"""The signed key directory: what it says, when it is signed anew, and that nobody else signs it."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from issuers import jose, keys, localroot, publications, registry, tasks, trust
from issuers.errors import NoActiveKey, NoDelegation, NoKeyRoom, NotTrusted
from issuers.models import Issuer, Publication, SigningKey, Theme
from tests.factories import NOW, city_officer, make_issuer, publish_keys

DAY = timedelta(days=1)


def opened(name: str = "keys") -> dict[str, Any]:
    """The payload of a publication, checked as a foreign verifier does: from a pinned root down."""
    publication = publications.read(name=name)
    assert publication is not None
    header = jwt.get_unverified_header(publication.body)
    unverified = jwt.decode(publication.body, options={"verify_signature": False, "verify_iat": False})
    inside = unverified["delegation"]
    root = next(each for each in trust.pinned() if each["kid"] == jwt.get_unverified_header(inside)["kid"])
    said = json.loads(jwt.api_jws.decode(inside, jwt.PyJWK.from_dict(root), algorithms=["ES256"]))
    assert header == {"alg": "ES256", "typ": "keys+jwt", "kid": said["sub"]}
    key = jwt.PyJWK.from_dict(said["jwk"] | {"alg": "ES256"})
    payload = json.loads(jwt.api_jws.decode(publication.body, key, algorithms=["ES256"]))
    assert payload["sub"] == name
    return dict(payload)


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


def test_a_single_key_says_the_same_and_brings_its_delegation_in_less_than_two_kilobytes(
    db: None, key_room: Path
) -> None:
    issuer, _ = make_issuer(themes=[Theme.DIGITAL]), make_issuer()
    publish_keys()
    name = f"k/{paper_key(issuer).kid8}"
    everybody = {each["slug"]: each for each in opened()["issuers"]}
    assert opened(name)["issuers"] == [everybody[issuer.slug]]
    publication = publications.read(name=name)
    assert publication is not None
    assert len(publication.body) < 2048


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


def test_a_directory_key_that_the_root_has_not_delegated_to_signs_nothing(db: None, key_room: Path) -> None:
    make_issuer()
    publish_keys()
    before = list(Publication.objects.values_list("name", "version"))
    keys.retire(key=SigningKey.objects.get(purpose="directory"), by=None, now=NOW)
    with pytest.raises(NoDelegation):
        publications.tend(now=NOW + DAY)
    assert list(Publication.objects.values_list("name", "version")) == before


def test_after_the_delegations_year_nothing_is_signed(db: None, key_room: Path) -> None:
    make_issuer()
    publish_keys()
    assert publications.tend(now=NOW + timedelta(days=365) - 2 * DAY) == 2
    with pytest.raises(NoDelegation):
        publications.tend(now=NOW + timedelta(days=365))


def test_a_newer_delegation_to_the_same_key_is_published_at_once(db: None, key_room: Path) -> None:
    make_issuer()
    publish_keys()
    before = opened()["delegation"]
    soon = NOW + timedelta(days=320)
    assert localroot.delegate(now=soon) == 1
    assert publications.tend(now=soon) == 2
    assert opened()["delegation"] != before
    assert trust.read_directory(Publication.objects.get(pk="keys").body, name="keys").delegation.seq == int(
        soon.timestamp()
    )


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

    localroot.delegate(now=NOW)
    with connection.execute_wrapper(rival):
        publications.refresh(now=NOW)
    assert begun
    assert Publication.objects.count() == 2
    opened()


# -- What is stored is believed for its signatures alone ----------------------------------------------
def changed(**members: Any) -> str:
    """The directory with these members, signed by the city's directory key."""
    document = opened() | members
    signer = keys.city_signer(purpose=keys.Purpose.DIRECTORY, now=NOW)
    return signer.jws(publications.lint_directory(document))


def test_a_friend_written_into_the_stored_directory_is_refused_at_load(db: None, key_room: Path) -> None:
    make_issuer()
    publish_keys()
    head, _, signature = Publication.objects.get(pk="keys").body.split(".")
    document = opened()
    document["issuers"].append(document["issuers"][0] | {"slug": "friend"})
    body = f"{head}.{jose.b64(json.dumps(document).encode())}.{signature}"
    Publication.objects.filter(pk="keys").update(body=body)
    with pytest.raises(NotTrusted) as refused:
        publications.read(name="keys")
    assert refused.value.reason == "signature"
    assert publish_keys() == 1  # and mended
    assert "friend" not in {issuer["slug"] for issuer in opened()["issuers"]}


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"iss": "did:web:rabat.example"}, "city"),
        ({"sub": "k/0123456789abcdef"}, "name"),
        ({"iat": int((NOW + timedelta(days=366)).timestamp())}, "outside"),
        ({"iat": int((NOW - DAY).timestamp())}, "outside"),
        ({"iat": -1}, "members"),
        ({"ttl": "day"}, "members"),
        ({"version": True}, "members"),
        ({"delegation": None}, "members"),
        ({"delegation": "a.b"}, "form"),
        ({"delegation": "e30.e30.AAAA"}, "header"),
        ({"version": 1}, "row"),
    ],
)
def test_a_stored_directory_that_says_something_else_is_refused_at_load(
    db: None, key_room: Path, members: dict[str, Any], reason: str
) -> None:
    make_issuer()
    publish_keys()
    Publication.objects.filter(pk="keys").update(body=changed(**members))
    with pytest.raises(NotTrusted) as refused:
        publications.read(name="keys")
    assert refused.value.reason == reason


def test_a_directory_of_one_key_does_not_stand_in_for_another(db: None, key_room: Path) -> None:
    one, other = make_issuer(), make_issuer()
    publish_keys()
    body = Publication.objects.get(pk=f"k/{paper_key(other).kid8}").body
    Publication.objects.filter(pk=f"k/{paper_key(one).kid8}").update(body=body)
    with pytest.raises(NotTrusted) as refused:
        publications.read(name=f"k/{paper_key(one).kid8}")
    assert refused.value.reason == "name"


def test_without_a_pinned_root_no_directory_is_believed(db: None, key_room: Path, settings: Settings) -> None:
    make_issuer()
    publish_keys()
    settings.ROOT_KEYS_FILE = ""
    with pytest.raises(NotTrusted) as refused:
        publications.read(name="keys")
    assert refused.value.reason == "root"


def test_a_stored_version_never_falls(db: None, key_room: Path) -> None:
    make_issuer()
    publish_keys()
    ahead = Publication.objects.get(pk="keys").version + 10**6
    Publication.objects.filter(pk="keys").update(version=ahead, body="e30.e30.e30")
    publish_keys()
    assert opened()["version"] == ahead + 1


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
    localroot.delegate(now=timezone.now())
    tasks.tend()
    assert opened()["issuers"]


# -- Believed once for the same bytes ------------------------------------------------------------------
@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what was read from the roots down since."""
    seen: list[str] = []
    read = trust.read_directory

    def watched(token: str, *, name: str) -> Any:
        seen.append(name)
        return read(token, name=name)

    monkeypatch.setattr(trust, "read_directory", watched)
    publications._believed.clear()
    return seen


def test_the_same_bytes_are_read_from_the_roots_down_once(
    db: None, key_room: Path, looked: list[str]
) -> None:
    make_issuer()
    publish_keys()
    looked.clear()
    for _ in range(3):
        publications.read(name="keys")
    assert looked == ["keys"]
    publish_keys(now=NOW + publications.SIGN_ANEW_AFTER)
    looked.clear()
    for _ in range(3):
        publications.read(name="keys")
    assert looked == ["keys"]


def test_a_changed_row_is_read_anew_whatever_its_mark_says(
    db: None, key_room: Path, looked: list[str]
) -> None:
    make_issuer()
    publish_keys()
    publications.read(name="keys")
    body = Publication.objects.get(pk="keys").body
    Publication.objects.filter(pk="keys").update(body=body[:-4] + "AAAA")  # its etag stays
    for _ in range(2):
        with pytest.raises(NotTrusted):
            publications.read(name="keys")
    Publication.objects.filter(pk="keys").update(body=body, version=1)
    with pytest.raises(NotTrusted) as refused:
        publications.read(name="keys")
    assert refused.value.reason == "row"


def test_what_was_believed_under_other_roots_is_read_anew(
    db: None, key_room: Path, settings: Settings, tmp_path: Path
) -> None:
    make_issuer()
    publish_keys()
    assert publications.read(name="keys")
    other = tmp_path / "other"
    other.mkdir()
    localroot.make(other)
    settings.ROOT_KEYS_FILE = str(other / localroot.ROOTS)
    with pytest.raises(NotTrusted) as refused:
        publications.read(name="keys")
    assert refused.value.reason == "root"


def test_what_is_remembered_of_them_is_bounded(
    db: None, key_room: Path, looked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publications, "MOST_BELIEVED", 2)
    for _ in range(4):
        make_issuer()
    publish_keys()
    for name in Publication.objects.values_list("pk", flat=True):
        publications.read(name=name)
        assert len(publications._believed) <= 2
