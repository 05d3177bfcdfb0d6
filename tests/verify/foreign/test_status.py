"""The status of foreign credentials: by bits and by names, and every way in which a list may be wrong."""

import json
import zlib
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

import pytest

from credentials import bitstring
from verify.foreign import status
from verify.foreign.fetching import NO_FETCH, Fetch, Fetched, FetchError
from verify.foreign.report import Finding
from verify.report import Outcome

from . import signers
from .signers import V2, badge, hosts

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LIST = "https://ailleurs.example/status/1"
SUSPENDED = "https://ailleurs.example/status/2"
NAMES = "https://ailleurs.example/revoked.json"
PASSED, FAILED, UNKNOWN = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN


def packed(indexes: list[int], *, size: int = bitstring.SIZE) -> str:
    return "u" + urlsafe_b64encode(bitstring.encode(indexes, size=size)).decode().rstrip("=")


def signed(document: dict[str, Any], **options: Any) -> dict[str, Any]:
    """The list with a proof that does not ask what its terms mean, since some of them mean nothing."""
    return signers.signed(document, suite="eddsa-jcs-2022", **options)


def listing(*indexes: int, address: str = LIST, **changes: Any) -> dict[str, Any]:
    """A status list of elsewhere, not signed yet; ``changes`` are members of its subject."""
    subject = {
        "id": f"{address}#list",
        "type": "BitstringStatusList",
        "statusPurpose": "revocation",
        "encodedList": packed(list(indexes)),
    }
    return {
        "@context": [V2],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": signers.DID,
        "validFrom": "2026-11-24T00:00:00Z",
        "credentialSubject": {
            name: value for name, value in (subject | changes).items() if value is not None
        },
    }


def entry(**changes: Any) -> dict[str, Any]:
    made = {
        "id": f"{LIST}#7",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "7",
        "statusListCredential": LIST,
    } | changes
    return {name: value for name, value in made.items() if value is not None}


def checked(entries: Any, pages: Any = None, *, fetch: Fetch | None = None, now: datetime = NOW) -> Finding:
    """The finding on a badge with these entries, where these pages are hosted."""
    found = fetch or hosts(pages or {})
    prove = status.proving(fetch=found, now=now)
    return status.check(badge(credentialStatus=entries), fetch=found, prove=prove, now=now)


def outcome(*args: Any, **options: Any) -> tuple[Outcome, str]:
    found = checked(*args, **options)
    return found.outcome, found.code


# -- By bits --------------------------------------------------------------------------------------
def test_without_an_entry_nothing_can_be_revoked_and_that_is_said() -> None:
    found = status.check(badge(), fetch=NO_FETCH, prove=status.proving(fetch=NO_FETCH, now=NOW), now=NOW)
    assert (found.outcome, found.code) == (PASSED, "no-status")


@pytest.mark.parametrize("index", [0, 7, 8, 131_071])
def test_a_bit_that_is_set_revokes_and_its_neighbours_do_not(index: int) -> None:
    pages = {LIST: signed(listing(index))}
    assert outcome(entry(statusListIndex=str(index)), pages) == (FAILED, "status-revoked")
    for other in {index - 1, index + 1} & set(range(bitstring.SIZE)):
        assert outcome(entry(statusListIndex=str(other)), pages) == (PASSED, "passed")


@pytest.mark.parametrize(
    ("purpose", "expected"),
    [
        ("suspension", (FAILED, "status-suspended")),
        ("refresh", (PASSED, "status-refresh")),
        ("message", (PASSED, "status-message")),
        ("somethingElse", (UNKNOWN, "status-unknown-purpose")),
    ],
)
def test_a_bit_that_is_set_means_what_its_purpose_says(purpose: str, expected: tuple[Outcome, str]) -> None:
    pages = {LIST: signed(listing(7, statusPurpose=purpose))}
    assert outcome(entry(statusPurpose=purpose), pages) == expected
    assert outcome(entry(statusPurpose=purpose, statusListIndex="8"), pages) == (PASSED, "passed")


def test_a_list_by_a_bare_key_at_the_issuers_address_counts() -> None:
    address, issuer = "https://ailleurs.example/k/1", "https://ailleurs.example/issuer"
    page = signers.token(listing(7) | {"issuer": issuer}, key=signers.P256, alg="ES256", kid=address)
    fetch = hosts({LIST: page.encode(), address: signers.jwk(signers.P256)})
    prove = status.proving(fetch=fetch, now=NOW)
    document = badge(issuer, credentialStatus=entry())
    found = status.check(document, fetch=fetch, prove=prove, now=NOW)
    assert found.code == "status-revoked"
    other = status.check(
        badge("https://autre.example", credentialStatus=entry()), fetch=fetch, prove=prove, now=NOW
    )
    assert other.code == "status-list-issuer"


def test_a_list_with_the_proof_of_badges_counts_as_well() -> None:
    assert outcome(entry(), {LIST: signers.signed(listing(7))}) == (FAILED, "status-revoked")


def test_a_list_as_a_token_counts_as_well() -> None:
    token = signers.token(
        listing(7), key=signers.ED25519, alg="EdDSA", typ="vc+jwt", kid=signers.method_of(signers.DID)
    )
    assert outcome(entry(), {LIST: token.encode()}) == (FAILED, "status-revoked")


def test_of_several_entries_the_worst_counts() -> None:
    pages = {
        LIST: signed(listing()),
        SUSPENDED: signed(listing(7, address=SUSPENDED, statusPurpose="suspension")),
    }
    other = entry(id=f"{SUSPENDED}#7", statusListCredential=SUSPENDED, statusPurpose="suspension")
    assert outcome([entry(), other], pages) == (FAILED, "status-suspended")
    assert outcome([entry()] * 9, pages) == (FAILED, "status-entry")


def test_a_status_of_several_bits_is_read_whole() -> None:
    pages = {
        LIST: signed(listing(15, statusPurpose="message", encodedList=packed([15], size=bitstring.SIZE * 2)))
    }
    assert outcome(entry(statusPurpose="message", statusSize=2), pages) == (PASSED, "status-message")
    small = {LIST: signed(listing(15, statusPurpose="message"))}
    assert outcome(entry(statusPurpose="message", statusSize=2), small) == (FAILED, "status-list-length")


@pytest.mark.parametrize(
    "changes",
    [
        {"statusListIndex": None},
        {"statusListIndex": "-1"},
        {"statusListIndex": "07"},
        {"statusListIndex": True},
        {"statusListCredential": None},
        {"statusPurpose": None},
        {"id": LIST},
        {"statusSize": 0},
        {"statusSize": "1"},
    ],
)
def test_an_entry_that_is_not_whole_fails(changes: dict[str, Any]) -> None:
    assert outcome(entry(**changes), {LIST: signed(listing())}) == (FAILED, "status-entry")


def test_an_entry_that_is_no_object_fails_and_an_unknown_type_is_unknown() -> None:
    assert outcome("revoked?") == (FAILED, "status-entry")
    assert outcome({"id": LIST, "type": "SomeOtherStatus"}) == (UNKNOWN, "status-type")


def unsigned(**changes: Any) -> dict[str, Any]:
    return listing(**changes)


def tampered() -> dict[str, Any]:
    whole = signed(listing(7))
    return {**whole, "credentialSubject": {**whole["credentialSubject"], "encodedList": packed([])}}


def of_another() -> dict[str, Any]:
    """A list that names the issuer and is signed by somebody else."""
    return signed(listing(), key=signers.OTHER)


def by_another() -> dict[str, Any]:
    """A list of somebody else's, rightly signed."""
    return signed(listing() | {"issuer": signers.did_key(signers.OTHER)}, key=signers.OTHER)


BOMB = zlib.compressobj(9, zlib.DEFLATED, 31)
BOMB_BYTES = BOMB.compress(bytes(64 * 1024 * 1024)) + BOMB.flush()


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (unsigned(), (FAILED, "status-list-proof")),
        (tampered(), (FAILED, "status-list-proof")),
        (of_another(), (FAILED, "status-list-issuer")),
        (by_another(), (FAILED, "status-list-issuer")),
        (b"[]", (FAILED, "status-list-proof")),
        (b"{", (FAILED, "status-list-proof")),
        (b"{\xff}", (FAILED, "status-list-form")),
        (signed(listing() | {"type": ["VerifiableCredential"]}), (FAILED, "status-list-form")),
        (signed(listing(type="BitstringStatusListEntry")), (FAILED, "status-list-form")),
        (signed(listing(ttl=-1)), (FAILED, "status-list-form")),
        (signed(listing() | {"validUntil": "2027"}), (FAILED, "status-list-form")),
        (signed(listing() | {"validUntil": "2026-11-24T12:00:00Z"}), (UNKNOWN, "status-list-dates")),
        (signed(listing() | {"validFrom": "2026-11-24T12:00:01Z"}), (UNKNOWN, "status-list-dates")),
        (signed(listing(statusPurpose="suspension")), (FAILED, "status-purpose")),
        (signed(listing(encodedList=packed([], size=131_064))), (FAILED, "status-list-length")),
        (signed(listing(encodedList=packed([])[1:])), (FAILED, "status-list-encoding")),
        (signed(listing(encodedList="u" + "A" * 5)), (FAILED, "status-list-encoding")),
        (signed(listing(encodedList="u!!")), (FAILED, "status-list-encoding")),
        (
            signed(listing(encodedList="u" + urlsafe_b64encode(BOMB_BYTES).decode().rstrip("="))),
            (FAILED, "status-list-encoding"),
        ),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_a_list_that_breaks_a_rule_is_named_for_it(page: Any, expected: tuple[Outcome, str]) -> None:
    assert outcome(entry(), {LIST: page}) == expected


def test_a_list_whose_proof_cannot_be_judged_here_leaves_the_status_unknown() -> None:
    page = signed(listing())
    page["proof"][0]["cryptosuite"] = "ecdsa-sd-2023"
    assert outcome(entry(), {LIST: page}) == (UNKNOWN, "status-list-proof")


def test_an_index_beyond_the_list_fails() -> None:
    assert outcome(entry(statusListIndex="131072"), {LIST: signed(listing())}) == (FAILED, "status-index")


def test_a_list_of_several_purposes_and_one_with_its_time_to_live_pass() -> None:
    page = signed(listing(statusPurpose=["revocation", "suspension"], ttl=300_000))
    assert outcome(entry(), {LIST: page}) == (PASSED, "passed")


@pytest.mark.parametrize("code", ["not-found", "too-slow", "refused"])
def test_a_list_that_does_not_come_leaves_the_status_unknown(code: str) -> None:
    def nobody(url: str) -> Fetched:
        raise FetchError(code)

    found = checked(entry(), fetch=nobody)
    assert (found.outcome, found.code, found.detail) == (UNKNOWN, "status-unreachable", code)


# -- Status List 2021 -----------------------------------------------------------------------------
@pytest.mark.parametrize("index", ["7", 7])
def test_the_forerunner_is_read_with_its_own_encoding(index: Any) -> None:
    contexts = ["https://www.w3.org/2018/credentials/v1", "https://w3id.org/vc/status-list/2021/v1"]
    page = listing(type="StatusList2021", encodedList=packed([7])[1:]) | {
        "@context": contexts,
        "type": ["VerifiableCredential", "StatusList2021Credential"],
        "issuanceDate": "2026-11-24T00:00:00Z",
    }
    del page["validFrom"]
    token = signers.token(
        {"vc": page, "iss": signers.DID}, key=signers.ED25519, alg="EdDSA", kid=signers.method_of(signers.DID)
    )
    old = entry(type="StatusList2021Entry", statusListIndex=index)
    assert outcome(old, {LIST: token.encode()}) == (FAILED, "status-revoked")
    assert outcome(old | {"statusListIndex": "8"}, {LIST: token.encode()}) == (PASSED, "passed")
    assert outcome(entry(), {LIST: token.encode()}) == (FAILED, "status-list-form")


# -- 1EdTech's revocation list --------------------------------------------------------------------
NAMED = {"id": NAMES, "type": "1EdTechRevocationList"}
ID = badge()["id"]


def revoked(*names: Any, **changes: Any) -> dict[str, Any]:
    return {"id": NAMES, "issuer": signers.DID, "revokedCredential": list(names)} | changes


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (revoked(), (PASSED, "passed")),
        (revoked({"id": "urn:uuid:somebody-else"}), (PASSED, "passed")),
        (revoked({"id": ID}), (FAILED, "status-revoked")),
        (revoked({"id": ID, "revoked": True, "revocationReason": "x"}), (FAILED, "status-revoked")),
        (revoked({"id": ID.replace(":", "%3A", 1) + " "}), (FAILED, "status-revoked")),
        (revoked({"id": ID, "revoked": False}), (PASSED, "passed")),
        (revoked(ID), (FAILED, "status-list-form")),
        (revoked(revokedCredential={}), (FAILED, "status-list-form")),
        (revoked(issuer={"id": "did:web:other.example"}), (FAILED, "status-list-issuer")),
        (b"no list", (FAILED, "status-list-form")),
    ],
)
def test_a_credential_is_revoked_when_the_issuers_list_names_it(page: Any, expected: Any) -> None:
    body = page if isinstance(page, bytes) else json.dumps(page).encode()
    assert outcome(NAMED, {NAMES: body}) == expected


def test_a_list_of_names_that_does_not_come_is_unknown_and_one_without_address_fails() -> None:
    assert outcome(NAMED) == (UNKNOWN, "status-unreachable")
    assert outcome({"type": "1EdTechRevocationList"}) == (FAILED, "status-entry")
