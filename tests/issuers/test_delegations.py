"""Delegations and directories, tampered with: each is refused, and by the rule that it breaks."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from issuers import delegations, jose
from issuers.delegations import Reason, Request
from issuers.errors import BadDelegationRequest, NotTrusted
from issuers.signable import Form

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
CITY = "did:web:passeport.casablanca.ma"


def key_pair() -> tuple[ec.EllipticCurvePrivateKey, dict[str, str]]:
    private = ec.generate_private_key(ec.SECP256R1())
    return private, jose.jwk_of(private.public_key())


ROOT, ROOT_JWK = key_pair()
SPARE, SPARE_JWK = key_pair()
STRANGER, STRANGER_JWK = key_pair()
DIRECTORY, DIRECTORY_JWK = key_pair()
ROOTS = {jose.thumbprint(jwk): jwk for jwk in (ROOT_JWK, SPARE_JWK)}
KID = f"{CITY}#{jose.thumbprint(DIRECTORY_JWK)}"


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def payload(**members: Any) -> dict[str, Any]:
    sound = {
        "iss": CITY,
        "sub": KID,
        "jwk": DIRECTORY_JWK,
        "nbf": seconds(NOW),
        "exp": seconds(NOW + 365 * DAY),
        "seq": 7,
    }
    return sound | members


def signed(
    said: Any,
    *,
    by: ec.EllipticCurvePrivateKey = ROOT,
    kid: str = "",
    typ: str = Form.DELEGATION.value,
    **header: Any,
) -> str:
    kid = kid or jose.thumbprint(jose.jwk_of(by.public_key()))
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    members = {"typ": typ, "alg": "ES256", "kid": kid} | header
    segments = f"{jose.b64(json.dumps(members).encode())}.{jose.b64(body)}"
    return f"{segments}.{jose.b64(jose.raw_signature(by, segments.encode()))}"


def read(token: str, **rest: Any) -> delegations.Delegation:
    return delegations.read_delegation(token, **({"roots": ROOTS, "city": CITY} | rest))


def reason_of(act: Callable[[], Any]) -> str:
    with pytest.raises(NotTrusted) as refused:
        act()
    return refused.value.reason


# -- The delegation -------------------------------------------------------------------------------
@pytest.mark.parametrize("root", [ROOT, SPARE])
def test_what_either_root_signed_is_read_back(root: ec.EllipticCurvePrivateKey) -> None:
    found = read(signed(payload(), by=root))
    assert (found.city, found.seq, found.jwk, found.kid) == (CITY, 7, DIRECTORY_JWK, KID)
    assert (found.not_before, found.not_after) == (NOW, NOW + 365 * DAY)
    assert found.root == jose.thumbprint(jose.jwk_of(root.public_key()))


@pytest.mark.parametrize("member", sorted(payload()))
def test_a_member_changed_after_signing_breaks_the_signature(member: str) -> None:
    head, body, signature = signed(payload()).split(".")
    said = json.loads(jose.unb64(body))
    said[member] = {"seq": 8, "nbf": said["nbf"] - 1, "exp": said["exp"] + 1}.get(member, STRANGER_JWK)
    if member in ("iss", "sub"):
        said[member] = f"did:web:rabat.example{'#x' if member == 'sub' else ''}"
    tampered = f"{head}.{jose.b64(json.dumps(said).encode())}.{signature}"
    assert reason_of(lambda: read(tampered)) == Reason.SIGNATURE


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"iss": "did:web:rabat.example"}, Reason.CITY),
        ({"iss": None}, Reason.CITY),
        ({"iss": [CITY]}, Reason.CITY),
        ({"sub": f"did:web:rabat.example#{jose.thumbprint(DIRECTORY_JWK)}"}, Reason.KEY),
        ({"sub": f"{CITY}#{jose.thumbprint(STRANGER_JWK)}"}, Reason.KEY),
        ({"sub": 7}, Reason.KEY),
        ({"jwk": STRANGER_JWK}, Reason.KEY),
        ({"jwk": DIRECTORY_JWK | {"d": "AAAA"}}, Reason.KEY),
        ({"jwk": DIRECTORY_JWK | {"crv": "P-384"}}, Reason.KEY),
        ({"jwk": DIRECTORY_JWK | {"kty": "OKP"}}, Reason.KEY),
        ({"jwk": DIRECTORY_JWK | {"y": DIRECTORY_JWK["x"]}}, Reason.KEY),
        ({"jwk": DIRECTORY_JWK | {"x": "A" * 42}}, Reason.KEY),
        ({"jwk": DIRECTORY_JWK | {"x": 1}}, Reason.KEY),
        ({"jwk": {name: DIRECTORY_JWK[name] for name in ("crv", "kty", "x")}}, Reason.KEY),
        ({"jwk": "key"}, Reason.KEY),
        ({"nbf": seconds(NOW + 366 * DAY)}, Reason.PERIOD),
        ({"nbf": seconds(NOW - 36 * DAY)}, Reason.PERIOD),
        ({"nbf": str(seconds(NOW))}, Reason.MEMBERS),
        ({"nbf": 1.5}, Reason.MEMBERS),
        ({"exp": seconds(NOW)}, Reason.PERIOD),
        ({"exp": seconds(NOW + 400 * DAY) + 1}, Reason.PERIOD),
        ({"exp": 2**53}, Reason.MEMBERS),
        ({"exp": 2**53 - 1}, Reason.MEMBERS),
        ({"exp": None}, Reason.MEMBERS),
        ({"seq": 0}, Reason.OLDER),
        ({"seq": -1}, Reason.MEMBERS),
        ({"seq": True}, Reason.MEMBERS),
        ({"seq": "7"}, Reason.MEMBERS),
        ({"aud": "everybody"}, Reason.MEMBERS),
    ],
)
def test_a_member_that_no_root_should_have_signed_is_refused_by_name(
    members: dict[str, Any], reason: Reason
) -> None:
    assert reason_of(lambda: read(signed(payload(**members)))) == reason


@pytest.mark.parametrize("member", sorted(payload()))
def test_a_missing_member_is_refused(member: str) -> None:
    said = payload()
    del said[member]
    assert reason_of(lambda: read(signed(said))) == Reason.MEMBERS


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ({"by": STRANGER}, Reason.ROOT),
        ({"by": STRANGER, "kid": jose.thumbprint(ROOT_JWK)}, Reason.SIGNATURE),
        ({"kid": jose.thumbprint(SPARE_JWK)}, Reason.SIGNATURE),
        ({"by": DIRECTORY, "kid": KID}, Reason.ROOT),
        ({"typ": "keys+jwt"}, Reason.HEADER),
        ({"typ": "JWT"}, Reason.HEADER),
        ({"alg": "none"}, Reason.HEADER),
        ({"alg": "HS256"}, Reason.HEADER),
        ({"kid": "x", "jwk": STRANGER_JWK}, Reason.HEADER),
        ({"crit": ["b64"], "b64": False}, Reason.HEADER),
        ({"alg": ["ES256"]}, Reason.HEADER),
    ],
)
def test_another_signer_or_header_is_refused(rest: dict[str, Any], reason: Reason) -> None:
    assert reason_of(lambda: read(signed(payload(), **rest))) == reason


@pytest.mark.parametrize(
    "spoilt",
    [
        "",
        "a.b",
        "a.b.c.d",
        "é.b.c",
        "e30.e30.",
        "x" * 5000,
        signed(payload()) + "=",
        signed(payload())[:-1] + ("B" if signed(payload())[-1] == "A" else "A") + "A",
        signed(b'{"iss":1,"iss":2}'),
        signed(b'{"iss":NaN}'),
        signed(b"[]"),
        signed(b"[" * 2000),
        signed(b"\xff"),
    ],
    ids=range(13),
)
def test_what_is_no_jws_of_ours_is_refused_as_such(spoilt: str) -> None:
    assert reason_of(lambda: read(spoilt)) in (Reason.FORM, Reason.SIGNATURE)


@given(st.data())
def test_no_changed_character_is_believed(data: st.DataObject) -> None:
    token = signed(payload())
    at = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("ABab01-_.=~ é"))
    if letter != token[at]:
        assert reason_of(lambda: read(token[:at] + letter + token[at + 1 :]))


def test_one_that_is_not_newer_is_older() -> None:
    token = signed(payload())
    assert read(token, after=6).seq == 7
    assert reason_of(lambda: read(token, after=7)) == Reason.OLDER


def test_its_period_includes_its_start_and_not_its_end() -> None:
    found = read(signed(payload()))
    delegations.require_period(found, now=NOW)
    early = NOW - timedelta(seconds=1)
    assert reason_of(lambda: delegations.require_period(found, now=early)) == Reason.NOT_YET
    assert reason_of(lambda: delegations.require_period(found, now=NOW + 365 * DAY)) == Reason.EXPIRED


# -- The directory --------------------------------------------------------------------------------
def directory(**members: Any) -> dict[str, Any]:
    sound = {
        "iss": CITY,
        "sub": "keys",
        "iat": seconds(NOW + DAY),
        "ttl": 86_400,
        "version": 12,
        "issuers": [],
        "delegation": signed(payload()),
    }
    return sound | members


def published(said: Any, **rest: Any) -> str:
    usual: dict[str, Any] = {"by": DIRECTORY, "kid": KID, "typ": "keys+jwt"}
    return signed(said, **(usual | rest))


def believed(token: str, **rest: Any) -> delegations.Directory:
    return delegations.read_directory(token, **({"name": "keys", "roots": ROOTS, "city": CITY} | rest))


def test_a_directory_is_believed_from_the_pinned_roots_alone() -> None:
    found = believed(published(directory()))
    assert (found.version, found.issued_at, found.delegation.seq) == (12, NOW + DAY, 7)
    delegations.require_fresh(found, now=NOW + DAY)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"iss": "did:web:rabat.example"}, Reason.CITY),
        ({"sub": "k/0123456789abcdef"}, Reason.NAME),
        ({"iat": seconds(NOW - DAY)}, Reason.OUTSIDE),
        ({"iat": seconds(NOW + 365 * DAY)}, Reason.OUTSIDE),
        ({"iat": "now"}, Reason.MEMBERS),
        ({"ttl": None}, Reason.MEMBERS),
        ({"version": -1}, Reason.MEMBERS),
        ({"issuers": {}}, Reason.MEMBERS),
        ({"delegation": None}, Reason.MEMBERS),
        ({"delegation": signed(payload(iss="did:web:rabat.example"))}, Reason.CITY),
        ({"delegation": signed(payload(), by=STRANGER)}, Reason.ROOT),
        ({"delegation": published(payload())}, Reason.HEADER),
        (
            {"delegation": signed(payload(jwk=STRANGER_JWK, sub=f"{CITY}#{jose.thumbprint(STRANGER_JWK)}"))},
            Reason.DIRECTORY_KEY,
        ),
    ],
)
def test_a_directory_that_its_key_should_not_have_signed_is_refused_by_name(
    members: dict[str, Any], reason: Reason
) -> None:
    assert reason_of(lambda: believed(published(directory(**members)))) == reason


@pytest.mark.parametrize("member", sorted(directory()))
def test_a_directory_without_one_of_its_members_is_refused(member: str) -> None:
    said = directory()
    del said[member]
    assert reason_of(lambda: believed(published(said))) in (Reason.MEMBERS, Reason.CITY, Reason.NAME)


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ({"by": STRANGER}, Reason.SIGNATURE),
        ({"by": ROOT}, Reason.SIGNATURE),
        ({"by": STRANGER, "kid": f"{CITY}#{jose.thumbprint(STRANGER_JWK)}"}, Reason.DIRECTORY_KEY),
        ({"typ": "delegation+jwt"}, Reason.HEADER),
    ],
)
def test_a_directory_signed_by_anybody_else_is_refused(rest: dict[str, Any], reason: Reason) -> None:
    assert reason_of(lambda: believed(published(directory(), **rest))) == reason


def test_an_older_directory_and_an_older_delegation_are_refused() -> None:
    token = published(directory())
    assert believed(token, after=7, above=12).version == 12
    assert reason_of(lambda: believed(token, above=13)) == Reason.OLDER
    assert reason_of(lambda: believed(token, after=8)) == Reason.OLDER


def test_a_directory_counts_for_a_day() -> None:
    found = believed(published(directory()))
    early, late = NOW, NOW + 2 * DAY
    assert reason_of(lambda: delegations.require_fresh(found, now=early)) == Reason.NOT_YET
    assert reason_of(lambda: delegations.require_fresh(found, now=late)) == Reason.EXPIRED


# -- Roots ----------------------------------------------------------------------------------------
def test_the_pinned_set_is_read_as_it_is_written() -> None:
    assert delegations.read_roots(json.dumps(delegations.roots_set(ROOTS))) == ROOTS


@pytest.mark.parametrize(
    "spoilt",
    [
        {"keys": []},
        {"keys": [ROOT_JWK, SPARE_JWK, STRANGER_JWK]},
        {"keys": [ROOT_JWK, ROOT_JWK]},
        {"keys": [ROOT_JWK | {"d": jose.b64(bytes(32))}]},
        {"keys": [ROOT_JWK | {"kid": jose.thumbprint(SPARE_JWK)}]},
        {"keys": [ROOT_JWK | {"alg": "ES384"}]},
        {"keys": [ROOT_JWK | {"y": ROOT_JWK["x"]}]},
        {"keys": ["key"]},
        {"keys": [ROOT_JWK], "more": 1},
        {"keys": {}},
        ROOT_JWK,
        [],
    ],
)
def test_a_set_of_anything_else_pins_nothing(spoilt: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        delegations.read_roots(json.dumps(spoilt))


# -- Requests -------------------------------------------------------------------------------------
def request(**members: Any) -> Request:
    sound: dict[str, Any] = {
        "city": CITY,
        "jwk": DIRECTORY_JWK,
        "not_before": NOW,
        "not_after": NOW + 365 * DAY,
        "after": 0,
    }
    return Request(**(sound | members))


def test_a_request_is_read_as_it_is_written() -> None:
    asked = request(after=41)
    assert delegations.read_request(delegations.request_text(asked)) == asked


@pytest.mark.parametrize(
    "members",
    [
        {"format": "delegation"},
        {"city": "did:web:a b"},
        {"city": "did:key:z6Mk"},
        {"city": 1},
        {"jwk": DIRECTORY_JWK | {"d": "AAAA"}},
        {"nbf": "today"},
        {"exp": 1.5},
        {"after": -1},
        {"more": 1},
    ],
)
def test_a_damaged_request_is_refused(members: dict[str, Any]) -> None:
    document = json.loads(delegations.request_text(request())) | members
    with pytest.raises(BadDelegationRequest):
        delegations.read_request(json.dumps(document))


@pytest.mark.parametrize(
    "members",
    [
        {"not_after": NOW},
        {"not_after": NOW + 401 * DAY},
        {"not_before": NOW - 100 * DAY, "not_after": NOW + DAY},
        {"not_before": NOW + 100 * DAY, "not_after": NOW + 200 * DAY},
        {"not_before": NOW - 20 * DAY, "not_after": NOW - DAY},
        {"after": seconds(NOW + 2 * DAY)},
        {"city": "passeport.casablanca.ma"},
        {"jwk": DIRECTORY_JWK | {"y": DIRECTORY_JWK["x"]}},
    ],
)
def test_a_root_signs_no_period_number_or_key_that_does_not_fit(members: dict[str, Any]) -> None:
    with pytest.raises(BadDelegationRequest):
        delegations.lint_delegation(request=request(**members), now=NOW)


def test_the_number_rises_with_the_clock_and_beyond_what_was_installed() -> None:
    def number(after: int) -> int:
        return int(
            json.loads(delegations.lint_delegation(request=request(after=after), now=NOW).payload)["seq"]
        )

    assert number(0) == seconds(NOW)
    assert number(seconds(NOW)) == seconds(NOW) + 1
