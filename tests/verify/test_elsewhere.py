"""Files with an embedded proof in the product: ours by the register alone, others for what they are."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from credentials import revocation, securing, statuslists
from credentials.models import Achievement, Credential, SecuredDocument
from issuers import keys, registry
from issuers.models import SigningKey
from tests.factories import NOW, city_officer, make_achievement, make_credential
from tests.verify.foreign import signers
from verify import bench_examining, bench_presenting, verifier
from verify.errors import Malformed, TooLarge
from verify.foreign.fetching import NO_FETCH, Fetch
from verify.models import BenchItem
from verify.report import Outcome, Reason, Report, Step, Verdict

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=5)


def nobody(url: str) -> Any:
    """Asking anybody at all is a fault."""
    raise AssertionError(url)


def check(source: Any, *, now: Any = SOON, fetch: Fetch = nobody) -> Report:
    given = source if isinstance(source, str | bytes) else json.dumps(source)
    return verifier.verify(source=given, now=now, door="api", fetch=fetch)


def file_of(credential: Credential) -> dict[str, Any]:
    """The certificate's file, made as the signer makes it."""
    securing.secure_new(now=SOON, within=None)
    document: dict[str, Any] = json.loads(SecuredDocument.objects.get(credential=credential).body)
    return document


# -- Ours -----------------------------------------------------------------------------------------
def test_our_file_passes_the_same_eight_checks_as_our_token(credential: Credential) -> None:
    document = file_of(credential)
    found, expected = check(document), check(credential.jwt)
    assert found.verdict is Verdict.VALID
    assert found.foreign is None
    assert [each.outcome for each in found.checks] == [Outcome.PASSED] * 8
    assert (found.issuer, found.stated, found.lists) == (expected.issuer, expected.stated, expected.lists)
    assert (found.short_code, found.files) == (expected.short_code, expected.files)
    assert check(json.dumps({"verifiableCredential": document})).verdict is Verdict.VALID


def test_one_changed_letter_anywhere_is_tampered_and_shows_nothing(credential: Credential) -> None:
    document = file_of(credential)
    whole = json.dumps(document, ensure_ascii=False)
    for old, new in (
        ("El Idrissi", "El Idrisso"),
        ("الإدريسي", "الادريسي"),
        (document["proof"][0]["created"], "2026-11-24T09:00:00Z"),
        ("Premiers pas", "Premiers  pas"),
        ('"statusListIndex": "', '"statusListIndex": "1'),
    ):
        changed = whole.replace(old, new)
        assert changed != whole
        report = check(changed)
        assert (report.verdict, report.holds) == (Verdict.TAMPERED, False), new
        assert (report.stated, report.issuer) == (None, None)


def test_a_member_that_no_context_defines_is_tampered(credential: Credential) -> None:
    assert check(file_of(credential) | {"grade": "20/20"}).verdict is Verdict.TAMPERED
    assert (
        check(file_of(credential) | {"@context": ["https://ailleurs.example/c"]}).verdict is Verdict.TAMPERED
    )


def revoked(credential: Credential) -> None:
    revocation.revoke(credential=credential, reason="fraud", by=None, now=NOW)


def suspended(credential: Credential) -> None:
    revocation.suspend(credential=credential, reason="under-review", by=None, now=NOW)


@pytest.mark.parametrize(
    ("act", "verdict"),
    [(revoked, Verdict.REVOKED), (suspended, Verdict.SUSPENDED)],
    ids=["revoked", "suspended"],
)
def test_its_status_is_that_of_the_certificate(
    credential: Credential, act: Callable[[Credential], None], verdict: Verdict
) -> None:
    document = file_of(credential)
    act(credential)
    statuslists.publish_changed(now=SOON)
    assert check(document).verdict is verdict


def test_a_replaced_files_successor_and_an_erased_ones_silence(credential: Credential) -> None:
    document = file_of(credential)
    Credential.objects.filter(pk=credential.pk).update(
        erased_at=NOW, jwt="", paper=b"", name_latin="", name_arabic="", address="", address_kind=""
    )
    report = check(document)
    assert (report.verdict, report.files) == (
        Verdict.VALID,
        False,
    )  # the copy that was given away still holds


def test_an_expired_one(achievement: Achievement) -> None:
    credential = make_credential(make_achievement(achievement.issuer, valid_months=1))
    document = file_of(credential)
    later = NOW + timedelta(days=400)
    statuslists.publish_changed(now=later)
    assert check(document, now=later).verdict is Verdict.EXPIRED


def test_its_key_must_be_of_the_register_sound_and_of_its_kind(credential: Credential) -> None:
    document = file_of(credential)
    key = SecuredDocument.objects.get(credential=credential).key
    did = document["issuer"]["id"]
    for fragment, reason in (("x" * 43, Reason.UNKNOWN_KEY), (credential.key.thumbprint, Reason.UNKNOWN_KEY)):
        renamed = [document["proof"][0] | {"verificationMethod": f"{did}#{fragment}"}]
        assert check(document | {"proof": renamed}).reason is reason
    SigningKey.objects.filter(pk=key.pk).update(not_before=SOON + timedelta(days=1))
    assert check(document).reason is Reason.OUTSIDE_KEY_PERIOD
    SigningKey.objects.filter(pk=key.pk).update(not_before=NOW - timedelta(days=1))
    keys.mark_compromised(key=key, by=None, now=SOON)
    assert check(document).reason is Reason.KEY_WITHDRAWN


def test_a_suspended_issuers_old_file_still_holds(credential: Credential) -> None:
    document = file_of(credential)
    registry.suspend_issuer(issuer=credential.issuer, reason="Contrôle", by=city_officer(), now=SOON)
    assert check(document).verdict is Verdict.VALID


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"cryptosuite": "eddsa-jcs-2022"}, "cryptosuite"),
        ({"type": "Ed25519Signature2020"}, "cryptosuite"),
        ({"proofPurpose": "authentication"}, "proof-purpose"),
        ({"created": "2026-11-24"}, "created"),
        ({"proofValue": "z"}, "proof-value"),
        ({"expires": "2030-01-01T00:00:00Z"}, "proof"),
        ({"verificationMethod": "did:web:localhost%3A8000:issuers:x"}, "verification-method"),
    ],
)
def test_another_form_than_ours_is_not_read(
    credential: Credential, changes: dict[str, str], detail: str
) -> None:
    document = file_of(credential)
    report = check(document | {"proof": [document["proof"][0] | changes]})
    assert (report.reason, report.checks[0].detail) == (Reason.MALFORMED, detail)
    assert check(document | {"proof": document["proof"] * 2}).reason is Reason.MALFORMED


def test_a_genuine_proof_under_another_issuers_name(credential: Credential) -> None:
    """Signed by one provider's key, and naming another as the issuer: its parts contradict each other."""
    document = file_of(credential)
    document["issuer"]["id"] = "did:web:localhost%3A8000:issuers:somebody-else"
    signer = keys.proof_signer(issuer=credential.issuer, now=NOW)
    again = signers.signed(
        {name: value for name, value in document.items() if name != "proof"},
        key=signer._private,
        method=signer.kid,
        created="2026-11-24T10:00:01Z",
    )
    assert check(again).reason is Reason.CONTRADICTORY


def test_what_speaks_in_our_name_asks_nobody(credential: Credential) -> None:
    """Neither a key that the document brings nor a stranger's proof beside ours leads anywhere."""
    document = file_of(credential)
    did = document["issuer"]["id"]
    strange = signers.signed({name: value for name, value in document.items() if name != "proof"})
    assert check(strange).reason in (Reason.UNKNOWN_ISSUER, Reason.UNKNOWN_KEY)
    assert check(strange).foreign is None
    brought = signers.claims(signers.badge(did))
    for header in ({"jwk": signers.jwk(signers.P256)}, {"kid": "https://ailleurs.example/k"}):
        report = check(signers.token(brought, key=signers.P256, alg="ES256", **header))
        assert (report.reason, report.foreign) == (Reason.MALFORMED, None)
    bare = signers.badge("did:web:localhost%3A8000:issuers:nobody", proof={"type": "DataIntegrityProof"})
    assert check(bare).reason is Reason.MALFORMED


# -- Others ---------------------------------------------------------------------------------------
def test_a_genuine_badge_of_elsewhere_is_told_as_genuine_and_not_recognised(db: None) -> None:
    report = check(signers.signed(signers.badge()))
    assert (report.verdict, report.holds, report.stated) == (Verdict.UNKNOWN_ISSUER, None, None)
    assert report.foreign is not None
    assert report.foreign["holds"] is True
    assert report.foreign["issuer"] == {"id": signers.DID, "name": "Université d'Ailleurs"}
    assert report.foreign["credential"]["titles"] == [{"text": "مبادئ الترجمة", "language": "ar"}]
    assert report.to_json()["foreign"] == report.foreign


def test_where_nothing_is_proved_nothing_is_repeated(db: None) -> None:
    for document in (
        signers.signed(signers.badge()) | {"name": "Docteur"},
        signers.signed(signers.badge(), key=signers.OTHER),
        signers.signed(signers.badge("did:web:ailleurs.example"), method="did:web:ailleurs.example#key-1"),
    ):
        report = check(document, fetch=NO_FETCH)
        assert report.verdict is Verdict.UNKNOWN_ISSUER
        assert report.foreign is not None
        assert report.foreign["holds"] is not True
        assert report.foreign["issuer"]["name"] == ""
        assert report.foreign["credential"]["titles"] == []


def test_tokens_of_other_algorithms(db: None) -> None:
    did = signers.did_key(signers.ED25519)
    text = signers.token(
        signers.claims(signers.badge(did)), key=signers.ED25519, alg="EdDSA", kid=signers.method_of(did)
    )
    report = check(text)
    assert report.verdict is Verdict.UNKNOWN_ISSUER
    assert report.foreign is not None
    assert report.foreign["holds"] is True
    none = signers.token(signers.claims(signers.badge(did)), key=signers.ED25519, alg="none", kid=f"{did}#x")
    assert (check(none).reason, check(none).foreign) == (Reason.MALFORMED, None)


def test_a_did_of_elsewhere_is_asked_where_the_entrance_allows_it(db: None) -> None:
    did = "did:web:ailleurs.example"
    document = signers.signed(signers.badge(did), method=f"{did}#key-1")
    pages = {
        "https://ailleurs.example/.well-known/did.json": signers.controller(did, signers.ED25519),
        "https://ailleurs.example/badge.json": document,
    }
    found = check(document, fetch=signers.hosts(pages)).foreign
    assert found is not None
    assert found["holds"] is True
    silent = check(document, fetch=NO_FETCH).foreign
    assert silent is not None
    assert silent["holds"] is None


# -- Entrances ------------------------------------------------------------------------------------
def post(client: Client, document: Any) -> dict[str, Any]:
    answer = client.post(
        "/api/v1/verify", json.dumps({"credential": document}), content_type="application/json"
    )
    found: dict[str, Any] = answer.json()
    return found


def test_the_api_tells_what_it_found(client: Client) -> None:
    found = post(client, signers.signed(signers.badge()))
    assert (found["verdict"], found["foreign"]["holds"]) == ("unknown-issuer", True)
    assert [each["name"] for each in found["foreign"]["findings"]] == [
        "form", "schema", "proof", "issuerBinding", "validity", "status"
    ]  # fmt: skip
    assert all(each["sentence"] for each in found["foreign"]["findings"])


def test_the_api_says_what_lies_behind_no_link(client: Client) -> None:
    answer = client.post(
        "/api/v1/verify",
        "https://10.0.0.1/badge.json",
        content_type="text/plain",
        headers={"accept-language": "en"},
    )
    assert answer.status_code == 400
    assert "behind this link" in answer.content.decode()


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_the_page_says_who_signed_and_asks_nobody(client: Client, language: str) -> None:
    did = "did:web:ailleurs.example"
    document = signers.signed(signers.badge(did), method=f"{did}#key-1")
    headers = {"accept-language": language}
    page = client.post("/v", {"text": json.dumps(document)}, headers=headers).content.decode()
    assert did in page
    assert "/bench" in page
    genuine = client.post("/v", {"text": json.dumps(signers.signed(signers.badge()))}, headers=headers)
    text = genuine.content.decode()
    assert "مبادئ الترجمة" in text
    assert "Université d&#x27;Ailleurs" in text


def test_a_line_of_the_bench(db: None) -> None:
    data = json.dumps(signers.signed(signers.badge())).encode()
    examined = bench_examining.examine(data=data, now=SOON, fetch=NO_FETCH)
    assert examined.outcome == "unknown-issuer"
    item = BenchItem(number=1, name="badge.json", outcome=examined.outcome, finding=examined.finding)
    with translation.override("en"):
        (row,) = bench_presenting.rows([item])
    assert (row.signer, row.signer_id) == ("Université d'Ailleurs", signers.DID)
    assert row.sentence.startswith("Genuine and current")
    assert [each.text for each in row.titles] == ["مبادئ الترجمة"]
    bent = json.dumps(signers.signed(signers.badge()) | {"name": "x"}).encode()
    finding = bench_examining.examine(data=bent, now=SOON, fetch=NO_FETCH).finding
    with translation.override("en"):
        (row,) = bench_presenting.rows([BenchItem(number=1, outcome="unknown-issuer", finding=finding)])
    assert row.sentence.startswith("It was changed after it was signed")
    assert row.signer == signers.DID
    linked = bench_examining.examine(data=b"https://ailleurs.example/b.json", now=SOON, fetch=NO_FETCH)
    assert linked.finding == {"fault": "link-unreachable"}
    found = bench_examining.examine(
        data=b"https://ailleurs.example/b.json",
        now=SOON,
        fetch=signers.hosts({"https://ailleurs.example/b.json": data}),
    )
    assert found.finding["foreign"]["holds"] is True


def test_what_is_too_large_or_no_document(db: None) -> None:
    with pytest.raises(TooLarge):
        check(json.dumps(signers.badge(name="x" * 600_000)))
    with pytest.raises(Malformed):
        check("https://ailleurs.example/badge.json")
    assert {
        each.step for each in check({"type": ["VerifiableCredential"], "proof": []}, fetch=NO_FETCH).checks
    } == (set(Step))
