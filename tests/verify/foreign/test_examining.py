"""Documents of elsewhere in every form: what each check finds, and what the report says of them."""

import json
import struct
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from verify.errors import Malformed, TooLarge
from verify.foreign import wording
from verify.foreign.examining import examine
from verify.foreign.fetching import NO_FETCH
from verify.foreign.report import ForeignReport, Standard, Step
from verify.report import Outcome

from . import signers
from .signers import ED25519, OTHER, P256, badge, claims, hosts, signed, token

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
HOST = "https://ailleurs.example"
DID = "did:web:ailleurs.example"
PAGE = f"{HOST}/.well-known/did.json"


PLAIN = ("passed", "no-status")


def report(document: Any, *, fetch: Any = NO_FETCH, now: datetime = NOW) -> ForeignReport:
    given = document if isinstance(document, str | bytes) else json.dumps(document)
    return examine(data=given, now=now, fetch=fetch)


def codes(found: ForeignReport) -> dict[str, str]:
    """What did not simply pass; where nothing is proved, nobody is asked for its status."""
    return {each.step.value: each.code for each in found.findings if each.code not in PLAIN}


def worst(document: Any, **given: Any) -> str:
    found = report(document, **given).worst
    return found.code if found else ""


# -- What it says ---------------------------------------------------------------------------------
def test_a_genuine_badge_and_all_that_is_known_of_it() -> None:
    text = json.dumps(signed(badge()), ensure_ascii=False, indent=1)
    found = report(text)
    assert found.holds is True
    assert found.worst is None
    assert [each.step for each in found.findings] == list(Step)
    assert (found.standard, found.securing) == (Standard.OB3, "eddsa-rdfc-2022")
    assert found.raw == text
    assert found.document == json.loads(text)
    assert (found.issuer_id, found.issuer_name) == (signers.DID, "Université d'Ailleurs")
    assert [(each.text, each.language) for each in found.stated.titles] == [("مبادئ الترجمة", "ar")]
    assert found.stated.valid_from == datetime(2024, 5, 2, 10, 0, tzinfo=UTC)
    (identifier,) = found.identifiers
    assert (identifier.type, identifier.hashed, identifier.salt) == ("emailAddress", True, "Kosher")
    assert found.subject_id.startswith("urn:uuid:")
    said = found.to_json()
    assert said["holds"] is True
    assert identifier.value not in json.dumps(said)


@pytest.mark.parametrize("suite", ["eddsa-rdfc-2022", "eddsa-jcs-2022", "ecdsa-rdfc-2019", "ecdsa-jcs-2019"])
def test_every_suite(suite: str) -> None:
    key = ED25519 if suite.startswith("eddsa") else P256
    document = signed(badge(signers.did_key(key)), key=key, suite=suite)
    assert report(document).holds is True
    assert worst(document | {"name": "x"}) == "proof-tampered"


def test_a_token() -> None:
    text = token(claims(badge(DID)), key=P256, alg="ES256", kid=f"{DID}#key-1")
    found = report(text, fetch=hosts({PAGE: signers.controller(DID, P256)}))
    assert found.holds is True
    assert (found.securing, found.raw, found.document) == ("vc-jwt", text, badge(DID))
    assert report(text).holds is None
    assert worst(text) == "method-unreachable"


def test_plain_credentials_of_both_models() -> None:
    new = {
        "@context": [signers.V2],
        "type": ["VerifiableCredential"],
        "issuer": signers.DID,
        "name": [{"@value": "Permis", "@language": "fr"}, {"@value": "رخصة", "@language": "ar"}],
        "credentialSubject": {"id": "did:example:learner"},
    }
    found = report(signed(new))
    assert (found.standard, found.holds) == (Standard.VC2, True)
    assert [each.language for each in found.stated.titles] == ["fr", "ar"]
    old = {
        "@context": [
            "https://www.w3.org/2018/credentials/v1",
            "https://w3id.org/security/suites/ed25519-2020/v1",
        ],
        "type": ["VerifiableCredential"],
        "issuer": signers.DID,
        "issuanceDate": "2024-05-02T10:00:00Z",
        "credentialSubject": {"id": "did:example:learner"},
    }
    given: dict[str, Any] = {"type": "Ed25519Signature2020", "cryptosuite": None}
    found = report(signed(old, **given))
    assert (found.standard, found.securing, found.holds) == (Standard.VC1, "Ed25519Signature2020", True)


# -- Every form -----------------------------------------------------------------------------------
def png(text: str) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    inside = chunk(b"iTXt", b"openbadgecredential\0\0\0\0\0" + text.encode())
    return b"\x89PNG\r\n\x1a\n" + header + inside + chunk(b"IEND", b"")


def test_every_form_carries_the_same() -> None:
    document = signed(badge())
    text = json.dumps(document, ensure_ascii=False)
    did = signers.did_key(P256)
    jws = token(claims(badge(did)), key=P256, alg="ES256", kid=signers.method_of(did))
    space = "https://purl.imsglobal.org/ob/v3p0"
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="{space}">'
    envelope = {
        "@context": signers.V2,
        "type": "EnvelopedVerifiableCredential",
        "id": f"data:application/vc+jwt,{jws}",
    }
    for form in (
        text,
        text.encode(),
        {"credential": document},
        {"verifiableCredential": jws},
        png(text),
        png(jws),
        f'{svg}<openbadges:credential verify="{jws}"/></svg>',
        f"{svg}<openbadges:credential><![CDATA[{text}]]></openbadges:credential></svg>",
        jws,
        jws[:70] + "\r\n  " + jws[70:],
        envelope,
    ):
        assert report(form).holds is True, form


def test_a_link_is_asked_once_and_leads_no_further() -> None:
    text = json.dumps(signed(badge())).encode()
    assert report(f" {HOST}/badge.json\n", fetch=hosts({f"{HOST}/badge.json": text})).holds is True
    for page, fault in (
        (f"{HOST}/other.json".encode(), "unknown-form"),
        (b"<html>", "unknown-form"),
        (b"\xff", "unknown-form"),
    ):
        with pytest.raises(Malformed) as refused:
            report(f"{HOST}/badge.json", fetch=hosts({f"{HOST}/badge.json": page}))
        assert refused.value.fault == fault
    with pytest.raises(Malformed) as unreachable:
        report(f"{HOST}/badge.json")
    assert unreachable.value.fault == "link-unreachable"


@pytest.mark.parametrize(
    "given",
    ["", "hello", b"\xff\xfe", "{}", "[]", '{"type": "Person"}', "a.b.c", "{", f"{HOST}/a {HOST}/b"],
)
def test_what_is_no_credential(given: Any) -> None:
    with pytest.raises(Malformed):
        report(given)


def test_what_is_too_large() -> None:
    with pytest.raises(TooLarge):
        report(b"x" * (10 * 1024 * 1024 + 1))
    with pytest.raises(TooLarge):
        report(signed(badge()) | {"name": "x" * 600_000})


# -- Each check has a finding of its own -----------------------------------------------------------
def test_what_was_changed_is_found_by_the_proof_alone() -> None:
    found = report(signed(badge()) | {"name": "مبادئ الطبخ"})
    assert codes(found) == {
        "proof": "proof-tampered",
        "issuerBinding": "not-made",
        "status": "not-made",
    }
    assert found.holds is False


def test_another_key_than_the_issuers() -> None:
    found = report(signed(badge(), key=OTHER))
    assert codes(found) == {"issuerBinding": "issuer-not-controller"}
    assert worst(signed(badge() | {"issuer": {"type": ["Profile"], "name": "X"}})) == "schema-missing-id"


def test_a_key_that_stands_for_something_else() -> None:
    document = signed(badge(DID), method=f"{DID}#key-1")
    listed = signers.controller(DID, ED25519, assertionMethod=[], authentication=[f"{DID}#key-1"])
    found = report(document, fetch=hosts({PAGE: listed}))
    assert codes(found) == {"issuerBinding": "method-not-authorised"}
    assert found.findings[2].outcome is Outcome.PASSED


def test_a_bare_key_counts_for_issuers_of_its_origin() -> None:
    key = f"{HOST}/k/1"
    for issuer, expected in (
        (f"{HOST}/issuer", ""),
        (DID, ""),
        ("https://somebody.example/issuer", "issuer-not-controller"),
        ("http://ailleurs.example/issuer", "issuer-not-controller"),
    ):
        text = token(claims(badge(issuer)), key=P256, alg="ES256", kid=key)
        assert worst(text, fetch=hosts({key: signers.jwk(P256)})) == expected


def test_dates() -> None:
    ends = signed(badge(validUntil="2026-01-01T00:00:00Z"))
    assert codes(report(ends)) == {"validity": "expired"}
    assert report(ends, now=datetime(2025, 1, 1, tzinfo=UTC)).holds is True
    begins = signed(badge(validFrom="2027-01-01T00:00:00Z"))
    assert codes(report(begins)) == {"validity": "not-yet-valid"}
    soon = signed(badge(validFrom=f"{NOW + timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"))
    assert report(soon).holds is True
    assert codes(report(signed(badge(validFrom="yesterday"))))["validity"] == "dates-unreadable"


def test_the_claims_of_a_token_bound_it_too() -> None:
    plain = {
        "@context": [signers.V2],
        "type": ["VerifiableCredential"],
        "issuer": signers.did_key(P256),
        "credentialSubject": {"id": "did:example:learner"},
    }
    kid = signers.method_of(signers.did_key(P256))
    for changes, expected in (
        ({}, ""),
        ({"exp": 1700000000}, "expired"),
        ({"nbf": 1900000000}, "not-yet-valid"),
        ({"iat": "2010-01-01T19:23:24Z"}, ""),
    ):
        assert worst(token(plain | changes, key=P256, alg="ES256", kid=kid)) == expected


def test_what_cannot_be_told_is_unknown_and_not_wrong() -> None:
    document = signed(badge())
    for changed, code in (
        (document | {"@context": [*document["@context"], f"{HOST}/context"]}, "context-unknown"),
        (document | {"proof": [document["proof"][0] | {"cryptosuite": "bbs-2023"}]}, "proof-suite"),
    ):
        found = report(changed)
        assert (found.holds, worst(changed)) == (None, code)
    many = [{"id": f"urn:uuid:{n}", "type": ["Evidence"], "name": "x"} for n in range(1500)]
    assert report(document | {"evidence": many}).holds is None


def test_a_token_that_says_nothing_readable() -> None:
    did = signers.did_key(P256)
    kid = signers.method_of(did)
    found = report(token(claims(badge(did), jti="urn:uuid:2"), key=P256, alg="ES256", kid=kid))
    assert (found.document, codes(found)["proof"]) == (badge(did), "token-claim")
    with pytest.raises(Malformed):
        report(token({"name": "x"}, key=P256, alg="ES256", kid=kid))


def test_a_status_is_asked_for_what_is_proved_alone() -> None:
    asked = []

    def fetch(url: str) -> Any:
        asked.append(url)
        return hosts({})(url)

    entry = {
        "id": f"{HOST}/s/1#7",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "7",
        "statusListCredential": f"{HOST}/s/1",
    }
    document = signed(badge(credentialStatus=entry))
    assert report(document, fetch=fetch).holds is None
    assert asked == [f"{HOST}/s/1"]
    assert report(document | {"name": "x"}, fetch=fetch).holds is False
    assert len(asked) == 1
    assert report(document).holds is None


# -- A learner record ------------------------------------------------------------------------------
CLR = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"


def record(*inner: Any) -> dict[str, Any]:
    return {
        "@context": [signers.V2, CLR, signers.OB3],
        "id": "urn:uuid:7a3e8d3e-8b5e-4a83-8a55-0d8b9b1d6f01",
        "type": ["VerifiableCredential", "ClrCredential"],
        "name": "Relevé",
        "issuer": {"id": signers.DID, "type": ["Profile"], "name": "Université d'Ailleurs"},
        "validFrom": "2024-05-02T10:00:00Z",
        "credentialSubject": {
            "id": "urn:uuid:5a0b3a9e-17b8-46ad-8c9a-6f6f4a9f9f10",
            "type": ["ClrSubject"],
            "verifiableCredential": list(inner),
        },
    }


def test_a_record_is_examined_with_every_credential_within() -> None:
    inner = [signed(badge(signers.did_key(OTHER)), key=OTHER), signed(badge())]
    found = report(signed(record(*inner)))
    assert (found.standard, found.holds) == (Standard.CLR2, True)
    assert [each.issuer_id for each in found.inner] == [signers.did_key(OTHER), signers.DID]
    assert len(found.to_json()["inner"]) == 2
    broken = report(signed(record(inner[0], inner[1] | {"name": "x"})))
    assert (broken.holds, codes(broken)) == (False, {})
    assert broken.worst is not None
    assert broken.worst.code == "proof-tampered"
    strange = report(signed(record(inner[0], {"type": ["VerifiableCredential"], "id": "urn:x:1"})))
    assert strange.holds is False


def test_too_many_within_are_not_examined() -> None:
    found = report(record(*[{"type": ["VerifiableCredential"]}] * 201))
    assert found.inner == ()
    assert codes(found)["form"] == "too-complex"


# -- Words -----------------------------------------------------------------------------------------
def test_every_finding_has_a_sentence() -> None:
    found = report(signed(badge()) | {"name": "x"})
    said = wording.told(found.to_json())
    assert all(each["sentence"] and each["title"] for each in said["findings"])
    assert {str(wording.of(each)) for each in found.findings} == {
        each["sentence"] for each in said["findings"]
    }
