"""The bundle: written and strictly read, made of what issuers signed, signed no oftener than it must be."""

import json
import random
import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from config import restoring
from credentials import bitstring, bundle, bundling, linting, revocation, statuslists
from credentials.bundle import Listed
from credentials.models import Credential, StatusListVersion
from issuers import jose, keys, orders, publications, registry, trust
from issuers.errors import NoKeyRoom, NotTrusted
from issuers.models import Publication, SigningKey
from issuers.signable import Form, Signable, header
from tests.factories import (
    NOW,
    city_officer,
    key_room,
    make_achievement,
    make_credential,
    make_issuer,
    publish_keys,
)

__all__ = ["key_room"]

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


# -- Gaps -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("indexes", "text"),
    [
        ([], ""),
        ([0], "AA"),
        ([0, 1, 2], "AAAA"),
        ([127], "fw"),
        ([128], "gAE"),
        ([131_071], "__8H"),
        ([5, 300], "BaYC"),
    ],
)
def test_gaps_are_written_as_the_format_says(indexes: list[int], text: str) -> None:
    assert bundle.gaps(indexes) == text
    assert bundle.places(text) == frozenset(indexes)


@given(st.sets(st.integers(0, 131_071), max_size=300))
def test_every_set_of_places_comes_back(indexes: set[int]) -> None:
    assert bundle.places(bundle.gaps(indexes)) == indexes


@pytest.mark.parametrize(
    "text",
    [
        "gA",  # cut off within a gap
        "gAA",  # 0 in two bytes
        "gIAA",
        "gICAAQ",  # four bytes
        "gIAI",  # 131,072: one past the end
        "__8HAA",  # and one after the last
        "AB",  # another spelling of 0
        "AA==",
        "A A",
        "A",
        "é",
        None,
        7,
    ],
)
def test_gaps_in_any_other_form_are_refused(text: Any) -> None:
    with pytest.raises(ValueError):  # its words are for nobody
        bundle.places(text)


def test_the_places_of_a_list_are_found() -> None:
    indexes = [0, 7, 8, 40_000, 131_071]
    assert bitstring.set_places(bitstring.decode(bitstring.encode(indexes))) == indexes


# -- Made by the signer -------------------------------------------------------------------------------
@pytest.fixture
def credential(db: None, key_room: Path) -> Credential:
    credential = make_credential(make_achievement(make_issuer(slug="ennour")))
    publish_keys()
    return credential


def opened() -> bundle.Bundle:
    """The published bundle, read as a verifier with the pinned roots reads it."""
    body = Publication.objects.get(pk="bundle").body
    return bundle.read(body, roots=trust.roots(), city=trust.city())


def test_it_says_of_keys_what_the_directory_says_and_of_lists_what_the_issuers_say(
    credential: Credential,
) -> None:
    revocation.revoke(credential=credential, reason="fraud", by=None, now=NOW)
    statuslists.publish_changed(now=NOW + MINUTE)
    assert bundling.tend(now=NOW + 2 * MINUTE) == 1
    found = opened()
    directory = trust.read_directory(Publication.objects.get(pk="keys").body, name="keys")
    assert found.issuers == directory.document["issuers"]
    assert found.lists == {
        credential.status_list_id: Listed(
            number=credential.status_list_id,
            issuer="did:web:localhost%3A8000:issuers:ennour",
            issued_at=int((NOW + MINUTE).timestamp()),
            expires_at=int((NOW + MINUTE + statuslists.VALID_FOR).timestamp()),
            marks={
                "revocation": frozenset({credential.status_index}),
                "suspension": frozenset(),
                "replacement": frozenset(),
            },
        )
    }
    document = found.directory.document
    assert set(document) == {"iss", "sub", "iat", "ttl", "version", "delegation", "issuers", "lists"}
    assert (document["sub"], document["ttl"], document["iat"]) == (
        "bundle",
        86_400,
        int((NOW + 2 * MINUTE).timestamp()),
    )


def test_it_is_as_old_as_the_oldest_of_three_lists(credential: Credential) -> None:
    statuslists.publish(
        status_list=credential.status_list, purpose=StatusListVersion.Purpose.REVOCATION, now=NOW + HOUR
    )
    bundling.tend(now=NOW + 2 * HOUR)
    [listed] = opened().lists.values()
    assert listed.issued_at == int(NOW.timestamp())
    assert listed.expires_at == int((NOW + statuslists.VALID_FOR).timestamp())


def test_there_is_none_before_there_is_a_directory(db: None, key_room: Path) -> None:
    make_issuer()
    assert bundling.tend(now=NOW) == 0


def test_a_process_that_cannot_sign_says_so(credential: Credential, settings: Settings) -> None:
    settings.KEY_ENCRYPTION_KEY_FILE = ""
    with pytest.raises(NoKeyRoom):
        bundling.tend(now=NOW)


def test_a_number_without_all_three_lists_is_not_there(credential: Credential) -> None:
    StatusListVersion.objects.filter(purpose="suspension").delete()
    bundling.tend(now=NOW)
    assert opened().lists == {}


def test_a_list_of_a_withdrawn_key_is_not_vouched_for(credential: Credential) -> None:
    keys.mark_compromised(key=credential.key, by=None, now=NOW)
    publish_keys(now=NOW + MINUTE)
    bundling.tend(now=NOW + MINUTE)
    assert opened().lists == {}
    statuslists.publish_changed(now=NOW + MINUTE)  # signed anew by its successor
    bundling.tend(now=NOW + HOUR)
    assert set(opened().lists) == {credential.status_list_id}


def test_bits_written_into_the_database_get_no_word_of_the_citys(credential: Credential) -> None:
    StatusListVersion.objects.update(bits=bitstring.encode([credential.status_index]))
    version = StatusListVersion.objects.get(purpose="suspension")
    head, payload, signature = version.body.split(".")
    document = json.loads(jose.unb64(payload))
    document["credentialSubject"]["encodedList"] = "u" + jose.b64(bitstring.encode([1]))
    body = f"{head}.{jose.b64(json.dumps(document).encode())}.{signature}"
    bundling.tend(now=NOW)
    assert opened().lists[version.status_list_id].marks["suspension"] == frozenset()
    StatusListVersion.objects.filter(pk=version.pk).update(body=body, version=version.version + 1)
    bundling.tend(now=NOW + HOUR)
    assert opened().lists == {}


def test_a_list_of_another_issuer_or_purpose_does_not_stand_in(credential: Credential) -> None:
    revoked = StatusListVersion.objects.get(purpose="revocation")
    StatusListVersion.objects.filter(purpose="suspension").update(body=revoked.body)
    bundling.tend(now=NOW)
    assert opened().lists == {}


# -- How large ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("lists", "years"), [(8, 1), (200, 1), (200, 2), (200, 3)])
def test_a_citys_bundle_fits_in_100_kb(lists: int, years: int) -> None:
    """200 issuers, with a key for each year, and a million certificates of which some are marked."""
    chance = random.Random(lists)
    issuers = [city_issuer(number, years, chance) for number in range(200)]
    each = 1_000_000 // lists
    document = bundle.compose(
        city="did:web:skills.casablanca.example",
        issuers=issuers,
        lists=[
            Listed(
                number=number,
                issuer=issuers[number % 200]["did"],
                issued_at=int(NOW.timestamp()) - chance.randrange(43_200),
                expires_at=int(NOW.timestamp()) + chance.randrange(43_200),
                marks={
                    purpose: frozenset(chance.sample(range(bitstring.SIZE), each // share))
                    for purpose, share in (("revocation", 100), ("suspension", 1000), ("replacement", 1000))
                },
            )
            for number in range(1, lists + 1)
        ],
        delegation=jose.b64(chance.randbytes(620)),
        version=int(NOW.timestamp()),
        issued_at=NOW,
    )
    signable = linting.lint_bundle(document)
    key = ec.generate_private_key(ec.SECP256R1())
    assert len(jose.compact(header(Form.BUNDLE, "did:web:" + "k" * 80), signable.payload, key)) < 100_000


def city_issuer(number: int, years: int, chance: random.Random) -> dict[str, Any]:
    """An issuer as the directory lists it."""
    listed = []
    for year in range(years):
        jwk = jose.jwk_of(ec.generate_private_key(ec.SECP256R1()).public_key())
        since = int(NOW.timestamp()) - chance.randrange(31_536_000 * year, 31_536_000 * (year + 1))
        listed.append(
            {
                "kid": jose.kid8(jose.thumbprint(jwk)),
                "jwk": jwk,
                "nbf": since,
                "until": since + 31_536_000 if year else None,
                "compromised": False,
            }
        )
    slug = f"maison-de-{chance.choice(('sidi', 'hay', 'ain', 'derb'))}-{number}"
    return {
        "did": f"did:web:skills.casablanca.example:issuers:{slug}",
        "slug": slug,
        "names": {"fr": f"Maison de quartier {number}", "ar": f"دار الحي {number}"},
        "keys": listed,
        "accredited": {
            theme: [["2025-09-01", None]] for theme in chance.sample(("digital", "languages", "trades"), 2)
        },
    }


# -- When ---------------------------------------------------------------------------------------------
def change(credential: Credential, *, now: datetime) -> None:
    """A list changes and is published."""
    statuslists.mark_changed(numbers=[credential.status_list_id])
    statuslists.publish_changed(now=now)


def test_it_is_not_signed_twice_while_nothing_changes(credential: Credential) -> None:
    assert bundling.tend(now=NOW) == 1
    assert bundling.tend(now=NOW + 5 * HOUR) == 0
    assert bundling.tend(now=NOW + publications.SIGN_ANEW_AFTER) == 1


def test_a_change_is_in_it_five_minutes_later(credential: Credential) -> None:
    bundling.tend(now=NOW)
    revocation.revoke(credential=credential, reason="fraud", by=None, now=NOW)
    statuslists.publish_changed(now=NOW + MINUTE)
    assert bundling.tend(now=NOW + MINUTE) == 0
    assert bundling.tend(now=NOW + 4 * MINUTE) == 1
    assert credential.status_index in opened().lists[credential.status_list_id].marks["revocation"]


def test_after_a_quiet_time_a_change_is_in_it_at_once(credential: Credential) -> None:
    bundling.tend(now=NOW)
    change(credential, now=NOW + HOUR)
    assert bundling.tend(now=NOW + HOUR) == 1


def test_lists_that_change_all_day_long_are_bundled_every_four_minutes(credential: Credential) -> None:
    signed = 0
    for second in range(0, 3600, 30):
        change(credential, now=NOW + timedelta(seconds=second))
        signed += bundling.tend(now=NOW + timedelta(seconds=second))
    assert signed == 15


def test_a_withdrawn_key_is_told_at_once(credential: Credential) -> None:
    bundling.tend(now=NOW)
    keys.mark_compromised(key=credential.key, by=None, now=NOW)
    publish_keys(now=NOW)
    assert bundling.tend(now=NOW + timedelta(seconds=3)) == 1
    told = {key["kid"]: key["compromised"] for issuer in opened().issuers for key in issuer["keys"]}
    assert told[credential.key.kid8] is True


def test_a_list_signed_while_it_is_made_is_news_the_next_time(
    credential: Credential, monkeypatch: pytest.MonkeyPatch
) -> None:
    compose = bundle.compose

    def slowly(**parts: Any) -> dict[str, Any]:
        change(credential, now=NOW + MINUTE)
        return compose(**parts)

    with monkeypatch.context() as patch:
        patch.setattr(bundle, "compose", slowly)
        bundling.tend(now=NOW)
    assert bundling.tend(now=NOW + 5 * MINUTE) == 1


def test_its_version_rises_after_a_restore(credential: Credential) -> None:
    bundling.tend(now=NOW)
    lost = opened().directory.version
    Publication.objects.all().delete()
    publish_keys(now=NOW + HOUR)
    bundling.tend(now=NOW + HOUR)
    assert opened().directory.version > lost


def test_a_restored_database_has_it_signed_anew(credential: Credential) -> None:
    bundling.tend(now=NOW)
    restoring.after_restore(now=NOW + MINUTE)
    assert publications.tend(now=NOW + 2 * MINUTE) > 0
    assert bundling.tend(now=NOW + 2 * MINUTE) == 1


def test_one_that_somebody_edited_is_refused_and_signed_anew(credential: Credential) -> None:
    bundling.tend(now=NOW)
    head, payload, signature = Publication.objects.get(pk="bundle").body.split(".")
    document = json.loads(bundle.unpacked(jose.unb64(payload))) | {"iat": 1}
    edited = f"{head}.{jose.b64(bundle.packed(json.dumps(document).encode()))}.{signature}"
    Publication.objects.filter(pk="bundle").update(body=edited)
    with pytest.raises(NotTrusted):
        publications.read(name="bundle", reader=bundling._version)
    assert bundling.tend(now=NOW + MINUTE) == 1
    opened()


def test_a_suspended_issuer_is_told_at_once(credential: Credential) -> None:
    bundling.tend(now=NOW)
    registry.suspend_issuer(issuer=credential.issuer, reason="Contrôle", by=city_officer(), now=NOW)
    publish_keys(now=NOW)
    assert bundling.tend(now=NOW + MINUTE) == 1


# -- Handed out ---------------------------------------------------------------------------------------
def test_whoever_asks_first_waits_for_the_signer_who_makes_it(
    credential: Credential, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "PATIENCE", 0)
    first = client.get("/bundle.jwt")
    assert (first.status_code, first["Retry-After"]) == (202, "2")
    assert orders.fulfil(now=NOW) == 1
    answer = client.get("/bundle.jwt")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/jose")
    assert answer["Cache-Control"] == "public, max-age=300"
    bundle.read(answer.content.decode(), roots=trust.roots(), city=trust.city())


# -- Refused --------------------------------------------------------------------------------------------
def forged(*, form: Form = Form.BUNDLE, payload: bytes | None = None, **members: Any) -> str:
    """The bundle with these members, signed by the city's directory key without any lint."""
    packed = bundle.packed(json.dumps(said() | members).encode())
    signer = keys.city_signer(purpose=keys.Purpose.DIRECTORY, now=NOW)
    return signer.jws(Signable(form, None, packed if payload is None else payload))


def said() -> dict[str, Any]:
    """What the published bundle says."""
    return dict(opened().directory.document)


def reason(token: str, **rest: Any) -> str:
    given: dict[str, Any] = {"roots": trust.roots(), "city": trust.city()} | rest
    with pytest.raises(NotTrusted) as refused:
        bundle.read(token, **given)
    return str(refused.value.reason)


@pytest.fixture
def made(credential: Credential) -> Iterator[Credential]:
    bundling.tend(now=NOW)
    yield credential


def test_what_is_not_the_citys_is_refused(made: Credential) -> None:
    token = Publication.objects.get(pk="bundle").body
    head, payload, _ = token.split(".")
    assert reason(f"{head}.{payload}") == "form"
    assert reason(token + "A" * bundle.MAX_FILE) == "form"
    assert reason(Publication.objects.get(pk="keys").body) == "header"
    assert reason(token, roots={}) == "root"
    assert reason(token, city="did:web:rabat.example") == "city"
    assert reason(f"{head}.{payload}.{jose.b64(bytes(64))}") == "signature"
    assert reason(forged(form=Form.KEY_DIRECTORY)) == "header"
    version = opened().directory.version
    assert reason(token, above=version + 1) == "older"
    assert reason(token, after=opened().directory.delegation.seq + 1) == "older"


def test_another_key_than_the_delegated_one_signs_no_bundle(made: Credential) -> None:
    document = bundle.packed(json.dumps(said()).encode())
    rival = ec.generate_private_key(ec.SECP256R1())
    kid = f"{trust.city()}#{jose.thumbprint(jose.jwk_of(rival.public_key()))}"
    other = jose.compact(header(Form.BUNDLE, kid), document, rival)
    assert reason(other) == "directory-key"
    true = f"{trust.city()}#{SigningKey.objects.get(purpose='directory').thumbprint}"
    other = jose.compact(header(Form.BUNDLE, true), document, rival)
    assert reason(other) == "signature"


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"iss": "did:web:rabat.example"}, "city"),
        ({"sub": "keys"}, "name"),
        ({"iat": -1}, "members"),
        ({"iat": int((NOW + timedelta(days=366)).timestamp())}, "outside"),
        ({"ttl": "day"}, "members"),
        ({"version": True}, "members"),
        ({"delegation": None}, "members"),
        ({"more": 1}, "members"),
        ({"payload": b"{}"}, "form"),
        ({"payload": bitstring.gzipped(b"{}") + b"x"}, "form"),
        ({"payload": bitstring.gzipped(b"\xff")}, "form"),
        ({"payload": bitstring.gzipped(b"[]")}, "form"),
        ({"payload": bitstring.gzipped(b'{"issuers":[],"issuers":[]}')}, "form"),
        ({"payload": bitstring.gzipped(b" " * 4_000_001)}, "form"),
        ({"issuers": 7}, "members"),
        ({"lists": {}}, "members"),
    ],
)
def test_a_bundle_that_breaks_a_rule_is_refused(
    made: Credential, members: dict[str, Any], expected: str
) -> None:
    assert reason(forged(**members)) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"number": "1"},
        {"number": -1},
        {"issuer": "did:web:localhost%3A8000:issuers:nobody"},
        {"issuer": 5},
        {"iat": 1.5},
        {"exp": None},
        {"iat": int(NOW.timestamp()) + 301},
        {"revocation": "gAA"},
        {"replacement": ["AA"]},
        {"more": ""},
    ],
)
def test_a_list_that_breaks_a_rule_is_refused(made: Credential, changes: dict[str, Any]) -> None:
    [listed] = said()["lists"]
    assert reason(forged(lists=[listed | changes])) == "members"


def test_lists_stand_in_their_order_and_once(made: Credential) -> None:
    [listed] = said()["lists"]
    later = listed | {"number": listed["number"] + 1}
    bundle.read(forged(lists=[listed, later]), roots=trust.roots(), city=trust.city())
    assert reason(forged(lists=[listed, listed])) == "members"
    assert reason(forged(lists=[later, listed])) == "members"


def altered(path: Sequence[Any], value: Any) -> list[Any]:
    """The issuers with one value put in another's place."""
    issuers = json.loads(json.dumps(said()["issuers"]))
    place = issuers
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return list(issuers)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((0,), "ennour"),
        ((0, "did"), None),
        ((0, "names"), {"fr": "x"}),
        ((0, "names", "ar"), 1),
        ((0, "more"), 1),
        ((0, "keys"), {}),
        ((0, "keys", 0, "kid"), "0" * 16),
        ((0, "keys", 0, "point"), 7),
        ((0, "keys", 0, "point"), ""),
        ((0, "keys", 0, "point"), jose.b64(b"\x02" + (1).to_bytes(32))),  # no point of the curve
        ((0, "keys", 0, "point"), jose.b64(b"\x05" + bytes(32))),
        ((0, "keys", 0, "point"), jose.b64(b"\x02" + b"\xff" * 32)),
        ((0, "keys", 0, "nbf"), "now"),
        ((0, "keys", 0, "until"), False),
        ((0, "keys", 0, "compromised"), 0),
        ((0, "accredited"), []),
        ((0, "accredited", "digital"), [["2025-09-01"]]),
        ((0, "accredited", "digital"), [["yesterday", None]]),
        ((0, "accredited", "digital"), [["2025-09-01", 7]]),
    ],
)
def test_an_issuer_that_breaks_a_rule_is_refused(made: Credential, path: tuple[Any, ...], value: Any) -> None:
    assert reason(forged(issuers=altered(path, value))) == "members"


def test_what_its_own_reader_would_refuse_is_not_signable(made: Credential) -> None:
    document = dict(opened().directory.document)
    linting.lint_bundle(document)
    for fault in (
        {"lists": ""},
        {"more": 1},
        {"issuers": altered((0, "keys", 0, "d"), "AA")},
        {"delegation": secrets.token_urlsafe(bundle.MAX_FILE)},
    ):
        with pytest.raises(linting.LintError):
            linting.lint_bundle(document | fault)


def test_no_flipped_byte_survives(made: Credential) -> None:
    token = Publication.objects.get(pk="bundle").body
    for position in range(0, len(token), 7):
        other = "A" if token[position] != "A" else "B"
        broken = token[:position] + other + token[position + 1 :]
        with pytest.raises(NotTrusted):
            bundle.read(broken, roots=trust.roots(), city=trust.city())
