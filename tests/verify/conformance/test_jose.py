"""The command line for VC-JOSE-COSE: what it issues it opens, and the suite's vectors end as they should."""

import base64
import json
from pathlib import Path
from typing import Any

import cbor2
import pytest

from issuers.jose import b64, unb64
from tests.standards import CONTEXTS, FOLDER, needed
from verify.conformance import jose, keyfiles, sdjwt
from verify.conformance.sdjwt import NotDisclosable

VECTORS = FOLDER / "vectors" / "vc-jose-cose"
DOCUMENT = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiableCredential"],
    "issuer": "https://issuer.example/i",
    "validFrom": "2024-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:subject", "name": "سلمى"},
}
HOLDER = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiablePresentation"],
    "holder": "https://issuer.example/i",
    "verifiableCredential": [
        {
            "@context": "https://www.w3.org/ns/credentials/v2",
            "type": "EnvelopedVerifiableCredential",
            "id": "data:application/vc+jwt,e30.e30.AA",
        }
    ],
}


def run(tmp_path: Path, act: str, given: Path | str, key: str, feature: str, *more: str) -> dict[str, str]:
    """What the command line writes for this input."""
    source, output = tmp_path / "input", tmp_path / "output.json"
    if isinstance(given, str):
        source.write_text(given)
    else:
        source = given
    contexts = tmp_path / "contexts.json"
    examples = CONTEXTS / "credentials-examples-v2.test-only.jsonld"
    contexts.write_text(json.dumps({"https://www.w3.org/ns/credentials/examples/v2": str(examples)}))
    arguments = [act, "--input", str(source), "--key", str(VECTORS / f"vm-{key}.json")]
    arguments += ["--feature", feature, "--output", str(output), "--contexts", str(contexts), *more]
    assert jose.main(arguments) == 0
    written: dict[str, str] = json.loads(output.read_text())
    return written


@needed
@pytest.mark.parametrize("key", ["p256", "p384", "p521", "ed25519", "did-ed25519"])
@pytest.mark.parametrize("form", ["jose", "sdjwt", "cose"])
@pytest.mark.parametrize(("kind", "document"), [("credential", DOCUMENT), ("presentation", HOLDER)])
def test_what_is_issued_opens_with_its_key_and_not_with_another(
    tmp_path: Path, key: str, form: str, kind: str, document: dict[str, Any]
) -> None:
    issued = run(tmp_path, "issue", json.dumps(document), key, f"{kind}_{form}")
    assert issued["result"] == "success"
    opened = run(tmp_path, "verify", issued["data"], key, f"{kind}_{form}")
    assert (opened["result"], json.loads(opened["data"])) == ("success", document)
    other = "p384" if key != "p384" else "p256"
    assert run(tmp_path, "verify", issued["data"], other, f"{kind}_{form}")["result"] == "failure"
    wrong_kind = "presentation" if kind == "credential" else "credential"
    assert run(tmp_path, "verify", issued["data"], key, f"{wrong_kind}_{form}")["result"] == "failure"


@needed
@pytest.mark.parametrize(
    ("file", "key", "feature", "result"),
    [
        ("credential-jose-minimal", "p256", "credential_jose", "success"),
        ("presentation-jose-multiple", "p384", "presentation_jose", "success"),  # its exp is of 2024
        ("credential-issuer-match-signed", "ed25519", "credential_jose", "success"),
        ("credential-jose-unknown-extensions", "ed25519", "credential_jose", "failure"),
        ("credential-jose-bad-signature", "ed25519", "credential_jose", "failure"),
        ("credential-jose-bad-media-type", "ed25519", "credential_jose", "failure"),
        ("presentation-jose-bad-media-type", "ed25519", "presentation_jose", "failure"),
        ("credential-jose-vc-vp-claims", "ed25519", "credential_jose", "failure"),
        ("presentation-jose-bad-credential", "ed25519", "presentation_jose", "failure"),
        ("credential-sdjwt-selective", "p384", "credential_sdjwt", "success"),
        ("credential-sdjwt-nested", "p521", "credential_sdjwt", "success"),
        ("presentation-sdjwt-selective", "p384", "presentation_sdjwt", "success"),
        ("credential-sdjwt-bad-signature", "p384", "credential_sdjwt", "failure"),
        ("credential-sdjwt-bad-media-type", "ed25519", "credential_sdjwt", "failure"),
        ("presentation-sdjwt-bad-media-type", "ed25519", "presentation_sdjwt", "failure"),
        ("presentation-sdjwt-bad-credential", "p521", "presentation_sdjwt", "failure"),
        ("credential-cose-minimal", "p256", "credential_cose", "success"),
        ("credential-cose-minimal-not-base64", "p256", "credential_cose", "failure"),
        ("presentation-cose-single", "p384", "presentation_cose", "success"),
        ("credential-cose-bad-signature", "ed25519", "credential_cose", "failure"),
        ("credential-cose-bad-media-type", "p384", "credential_cose", "failure"),
        ("presentation-cose-bad-media-type", "p384", "presentation_cose", "failure"),
        ("presentation-cose-bad-credential", "p256", "presentation_cose", "failure"),
    ],
)
def test_the_vectors_of_the_suite_end_as_it_says(
    tmp_path: Path, file: str, key: str, feature: str, result: str
) -> None:
    assert run(tmp_path, "verify", VECTORS / f"{file}.txt", key, feature)["result"] == result


@needed
@pytest.mark.parametrize(
    ("file", "key", "feature", "hidden"),
    [
        ("credential-full", "p384", "credential_jose", []),
        ("presentation-multiple", "p521", "presentation_jose", []),
        (
            "credential-nested-selective",
            "p521",
            "credential_sdjwt",
            ["credentialSubject.address.street", "credentialSubject.phoneNumbers[0]"],
        ),
        ("presentation-selective", "p384", "presentation_sdjwt", ["holder", "verifiableCredential[0]"]),
        ("presentation-single", "p384", "presentation_cose", []),
    ],
)
def test_the_documents_of_the_suite_are_issued(
    tmp_path: Path, file: str, key: str, feature: str, hidden: list[str]
) -> None:
    given = VECTORS / f"{file}.json"
    issued = run(tmp_path, "issue", given, key, feature, "--sd", json.dumps(hidden))
    assert issued["result"] == "success"
    assert issued["data"].count("~") == (len(hidden) + 1 if feature.endswith("sdjwt") else 0)
    opened = run(tmp_path, "verify", issued["data"], key, feature)
    assert json.loads(opened["data"]) == json.loads(given.read_text())


@needed
def test_members_that_the_model_does_not_know_are_not_issued(tmp_path: Path) -> None:
    given = VECTORS / "credential-unknown-extensions.json"
    assert "anotherBadOne" in run(tmp_path, "issue", given, "p521", "credential_jose")["data"]


@needed
def test_headers_of_a_jwt_and_of_cose_say_what_is_in_them(tmp_path: Path) -> None:
    given = json.dumps(DOCUMENT)
    token = run(tmp_path, "issue", given, "p256", "credential_jose")["data"]
    header = json.loads(unb64(token.partition(".")[0]))
    kid = "https://example.issuer/vc-jose-cose#key-1"
    assert header == {"alg": "ES256", "typ": "vc+jwt", "cty": "vc", "kid": kid}
    message = cbor2.loads(base64.b64decode(run(tmp_path, "issue", given, "p256", "credential_cose")["data"]))
    assert message.tag == 18
    assert cbor2.loads(message.value[0]) == {
        1: -7,
        3: "application/vc",
        4: kid.encode(),
        16: "application/vc+cose",
    }


@needed
@pytest.mark.parametrize("alg", ["none", "HS256", "ES256K"])
def test_an_algorithm_that_is_not_the_keys_opens_nothing(tmp_path: Path, alg: str) -> None:
    token = run(tmp_path, "issue", json.dumps(DOCUMENT), "p256", "credential_jose")["data"]
    header = json.loads(unb64(token.partition(".")[0])) | {"alg": alg}
    forged = ".".join([b64(json.dumps(header).encode()), *token.split(".")[1:]])
    assert run(tmp_path, "verify", forged, "p256", "credential_jose")["result"] == "failure"


@needed
def test_an_issuer_claim_that_names_another_opens_nothing(tmp_path: Path) -> None:
    key = keyfiles.read(json.loads((VECTORS / "vm-p256.json").read_text()))
    for iss, result in (("https://issuer.example/i", "success"), ("https://other.example", "failure")):
        head = {"alg": "ES256", "typ": "vc+jwt", "kid": key.kid}
        signed = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(DOCUMENT | {'iss': iss}).encode())}"
        token = f"{signed}.{b64(key.sign(signed.encode()))}"
        assert run(tmp_path, "verify", token, "p256", "credential_jose")["result"] == result


def test_a_key_that_cannot_be_read_is_an_error_and_no_verdict(tmp_path: Path) -> None:
    assert run(tmp_path, "verify", "a.b.c", "nobody", "credential_jose")["result"] == "error"


# -- Selective disclosure -----------------------------------------------------------------------------
def test_what_is_hidden_is_not_in_the_payload_and_comes_back_disclosure_by_disclosure() -> None:
    document = {"a": {"b": "secret", "c": [1, "two", 3]}, "d": "open"}
    payload, disclosures = sdjwt.hide(document, ["a.b", "a.c[1]", "a"])
    assert "secret" not in json.dumps(payload)
    assert sdjwt.put_back(payload, disclosures) == document
    assert sdjwt.put_back(payload, []) == {"d": "open"}


def test_disclosures_that_do_not_fit_are_refused() -> None:
    payload, disclosures = sdjwt.hide({"a": 1, "b": [2]}, ["a", "b[0]"])
    stray = b64(json.dumps(["salt", "c", 3]).encode())
    clash, shadowing = sdjwt.hide({"a": 1}, ["a"])
    for wrong, given in (
        (payload, [*disclosures, stray]),
        (payload, [disclosures[0], disclosures[0]]),
        (payload | {"_sd_alg": "md5"}, disclosures),
        (payload, ["not base64 of JSON"]),
        (payload | {"b": [{"...": payload["_sd"][0]}]}, disclosures),
        (clash | {"a": 2}, shadowing),
    ):
        with pytest.raises(NotDisclosable):
            sdjwt.put_back(wrong, given)
    for path in ("nobody", "b[5]", "a.b", ""):
        with pytest.raises(NotDisclosable):
            sdjwt.hide({"a": 1, "b": [2]}, [path])
