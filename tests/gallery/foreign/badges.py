"""Documents with proofs inside them: whole in each suite, and broken in one place each."""

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.verify.foreign import signers
from tests.verify.foreign.signers import ED25519, OB3, OTHER, P256, V2, badge, signed

File = tuple[str, Mapping[str, Any]]
V1 = "https://www.w3.org/2018/credentials/v1"
SUITES = ("eddsa-rdfc-2022", "eddsa-jcs-2022", "ecdsa-rdfc-2019", "ecdsa-jcs-2019")
JCS = "eddsa-jcs-2022"
ALIGNMENT = {"type": ["Alignment"], "targetName": "x"}
ACHIEVEMENT = "credentialSubject/achievement"
#: What nobody has to look at, since something before it is wrong.
SOME = signed(badge())["proof"]


def of_ecdsa() -> str:
    return signers.did_key(P256)


def credential(first: str = V2, **changes: Any) -> dict[str, Any]:
    """A plain credential, no badge."""
    dates = {"validFrom": "2024-05-02T10:00:00Z"} if first == V2 else {"issuanceDate": "2024-05-02T10:00:00Z"}
    made = {
        "@context": [first] if first == V2 else [first, "https://w3id.org/security/data-integrity/v2"],
        "id": "urn:uuid:0c0d7e6a-6c1b-4c5e-9d67-2a6f3d3e9a12",
        "type": ["VerifiableCredential"],
        "issuer": signers.DID,
        "credentialSubject": {"id": "urn:uuid:5a0b3a9e-17b8-46ad-8c9a-6f6f4a9f9f11"},
    }
    return made | dates | changes


def put(document: Mapping[str, Any], path: str, value: Any = ...) -> dict[str, Any]:
    """A copy with this member set, or without it where no value is given."""
    whole = copy.deepcopy(dict(document))
    *above, last = [int(part) if part.isdecimal() else part for part in path.split("/")]
    place: Any = whole
    for part in above:
        place = place[part]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return whole


def whole() -> Iterator[File]:
    """Nothing is wrong with these."""
    for suite in SUITES:
        key = P256 if suite.startswith("ecdsa") else ED25519
        yield f"whole.{suite}", signed(badge(signers.did_key(key)), key=key, suite=suite)
    old: dict[str, Any] = {"type": "Ed25519Signature2020", "cryptosuite": None}
    context = ["https://w3id.org/security/suites/ed25519-2020/v1"]
    yield "whole.Ed25519Signature2020", signed(badge() | {"@context": [V2, OB3, *context]}, suite="", **old)
    yield "whole.model-2", signed(credential())
    yield "whole.model-1", signed(credential(V1))
    first = signed(badge(), id="urn:uuid:00000000-0000-4000-8000-000000000001")
    second = signed(badge(), previous=first["proof"], previousProof=first["proof"][0]["id"])
    yield "whole.chain", first | {"proof": [*first["proof"], *second["proof"]]}
    yield "whole.proof-object", signed(badge()) | {"proof": signed(badge())["proof"][0]}


#: Members that are signed, and what a forger would rather read there.
FORGED = {
    "name": "ماستر الترجمة",
    "id": "urn:uuid:0c0d7e6a-6c1b-4c5e-9d67-2a6f3d3e9a13",
    "validFrom": "2023-05-02T10:00:00Z",
    "issuer/name": "Université Meilleure",
    "credentialSubject/id": "urn:uuid:5a0b3a9e-17b8-46ad-8c9a-6f6f4a9f9f12",
    "credentialSubject/identifier/0/salt": "kosher",
    "credentialSubject/identifier/0/identityHash": "sha256$" + "0" * 64,
    "credentialSubject/achievement/id": "https://ailleurs.example/achievements/autre",
    "credentialSubject/achievement/name": "مبادئ الترجمه",
    "credentialSubject/achievement/description": "Traduire un texte court",
    "credentialSubject/achievement/criteria/narrative": "Trois textes traduits devant un jury.",
    "proof/0/created": "2024-05-02T10:00:02Z",
}


def tampered() -> Iterator[File]:
    """Changed after it was signed, one member each."""
    for path, value in FORGED.items():
        yield f"proof-tampered.{path.replace('/', '-')}", put(signed(badge()), path, value)
    for suite in SUITES[1:]:
        key = P256 if suite.startswith("ecdsa") else ED25519
        sealed = signed(badge(signers.did_key(key)), key=key, suite=suite)
        yield f"proof-tampered.{suite}", put(sealed, "name", "x")
    added = put(signed(badge()), "credentialSubject/achievement/tag", ["traduction"])
    yield "proof-tampered.added-member", added
    yield "proof-tampered.validUntil", signed(badge()) | {"validUntil": "2030-01-01T00:00:00Z"}
    other = signed(badge(name="autre"))["proof"]
    yield "proof-tampered.of-another-document", signed(badge()) | {"proof": other}
    foreign = signed(badge(), key=OTHER, method=signers.method_of(signers.DID))
    yield "proof-tampered.by-another-key", foreign
    yield "proof-tampered.model-2", signed(credential()) | {"issuer": {"id": signers.DID, "name": "x"}}


def proofs() -> Iterator[File]:
    """Proofs that are none, or prove something else."""
    yield "proof-missing.none", badge()
    yield "proof-missing.text", credential(proof="signed")
    yield "proof-suite.unknown", put(signed(badge()), "proof/0/cryptosuite", "bbs-2023")
    yield "proof-suite.old", put(signed(badge()), "proof/0/type", "RsaSignature2018")
    value = signed(badge())["proof"][0]["proofValue"]
    for name, wrong in {
        "cut": value[:-3],
        "prefix": "m" + value[1:],
        "sign": value[:-1] + "0",
        "empty": "z",
        "long": value + "1",
    }.items():
        yield f"proof-value.{name}", put(signed(badge()), "proof/0/proofValue", wrong)
    yield "proof-value.missing", put(signed(badge()), "proof/0/proofValue")
    yield "proof-purpose.authentication", signed(badge(), proofPurpose="authentication")
    yield "proof-purpose.missing", put(signed(badge()), "proof/0/proofPurpose")
    yield "proof-expired.expires", signed(badge(), expires="2025-01-01T00:00:00Z")
    yield "proof-key.other-kind", signed(badge(), key=P256, suite=SUITES[0])
    yield "proof-previous.unknown", signed(badge(), previousProof="urn:uuid:nowhere")
    yield "proof-previous.number", put(signed(badge()), "proof/0/previousProof", 7)
    named: dict[str, Any] = {"@context": [V2, OB3]}
    jcs = signed(badge(), suite=JCS, **named)
    swapped = [V2, OB3.replace("3.0.3", "3.0.2")]
    yield "proof-context.other", jcs | {"@context": swapped}
    yield "too-complex.proofs", badge(proof=SOME * 9)
    yield "method-url.name", signed(badge(), method="key-1", suite=JCS)
    yield "method-url.http", signed(badge(), method="http://ailleurs.example/key")
    yield "method-url.no-fragment", signed(badge(), method=signers.DID)
    yield "method-url.cut", signed(badge(), method=signers.method_of(signers.DID[:-4]))
    yield "method-unsupported.ion", signed(badge(), method="did:ion:EiA#key-1")
    yield "method-not-found.fragment", signed(badge(), method=f"{signers.DID}#key-1")
    yield "issuer-not-controller.other-key", signed(badge(), key=OTHER)
    yield "issuer-not-controller.model-2", signed(credential(issuer="did:web:ailleurs.example"))


def graphs() -> Iterator[File]:
    """What cannot be read as linked data, or only at a price."""
    yield (
        "context-unknown.badge",
        badge(proof=SOME) | {"@context": [V2, OB3, "https://ailleurs.example/terms"]},
    )
    yield "term-undefined.member", badge(favouriteColour="bleu", proof=SOME)
    deep = put(badge(proof=SOME), "credentialSubject/achievement/colour", "bleu")
    yield "term-undefined.deep", deep
    yield "term-undefined.type", badge(proof=SOME) | {"type": [*badge()["type"], "MedalCredential"]}
    term = {"knows": {"@id": "https://ailleurs.example/knows", "@type": "@id"}}
    relative = {"id": "urn:uuid:5a0b3a9e-17b8-46ad-8c9a-6f6f4a9f9f11", "knows": "people/7"}
    yield "id-relative.member", credential(credentialSubject=relative, proof=SOME) | {"@context": [V2, term]}
    redefined = [V2, {"VerifiableCredential": "https://ailleurs.example/Credential"}]
    yield "not-linked-data.protected-term", credential(proof=SOME) | {"@context": redefined}
    control = put(badge(proof=SOME), "credentialSubject/achievement/description", "a\x01b")
    yield "not-linked-data.control-character", control
    texts = dict.fromkeys(("targetCode", "targetName", "targetFramework", "targetDescription"), "mot")
    ends = [ALIGNMENT | texts | {"targetUrl": f"https://ailleurs.example/{each}"} for each in range(320)]
    yield "too-complex.quads", put(badge(proof=SOME), f"{ACHIEVEMENT}/alignment", ends)
    evidence = [{"type": ["Evidence"], "name": f"page {number}"} for number in range(450)]
    yield "too-complex.nameless-nodes", badge(evidence=evidence, proof=SOME)
    names = [f"_:n{number}" for number in range(9)]
    poison = [{"id": one, "knows": [other for other in names if other != one]} for one in names]
    subject = {"id": "urn:uuid:5a0b3a9e-17b8-46ad-8c9a-6f6f4a9f9f11", "knows": poison}
    yield "too-complex.twins", credential(credentialSubject=subject, proof=SOME) | {"@context": [V2, term]}


#: Broken in its structure and signed as it is: path, and the value there (none: left out).
STRUCTURE: dict[str, tuple[str, Any]] = {
    "schema-missing-context.top": ("@context", ...),
    "schema-missing-id.top": ("id", ...),
    "schema-missing-credentialSubject.top": ("credentialSubject", ...),
    "schema-missing-validFrom.top": ("validFrom", ...),
    "schema-missing-type.profile": ("issuer/type", ...),
    "schema-missing-achievement.subject": ("credentialSubject/achievement", ...),
    "schema-missing-type.subject": ("credentialSubject/type", ...),
    "schema-missing-id.achievement": (f"{ACHIEVEMENT}/id", ...),
    "schema-missing-name.achievement": (f"{ACHIEVEMENT}/name", ...),
    "schema-missing-description.achievement": (f"{ACHIEVEMENT}/description", ...),
    "schema-missing-criteria.achievement": (f"{ACHIEVEMENT}/criteria", ...),
    "schema-missing-criteria.empty": (f"{ACHIEVEMENT}/criteria", {}),
    "schema-missing-type.evidence": ("evidence", [{"name": "x"}]),
    "schema-missing-targetUrl.alignment": (f"{ACHIEVEMENT}/alignment", [ALIGNMENT]),
    "schema-missing-identityHash.identity": ("credentialSubject/identifier/0/identityHash", ...),
    "schema-null-description.achievement": (f"{ACHIEVEMENT}/description", None),
    "schema-null-termsOfUse.top": ("termsOfUse", None),
    "schema-empty-evidence.top": ("evidence", []),
    "schema-empty-tag.achievement": (f"{ACHIEVEMENT}/tag", []),
    "schema-unknown-name.identity": ("credentialSubject/identifier/0/name", "Personne Inventée"),
    "schema-form-context.order": ("@context", [OB3, V2]),
    "schema-form-context.text": ("@context", V2),
    "schema-form-type.badge-alone": ("type", ["OpenBadgeCredential"]),
    "schema-form-id.relative": ("id", "7"),
    "schema-form-name.number": ("name", 7),
    "schema-form-achievementType.invented": (f"{ACHIEVEMENT}/achievementType", "Medal"),
    "schema-form-inLanguage.words": (f"{ACHIEVEMENT}/inLanguage", "arabe"),
    "schema-form-identityHash.short": ("credentialSubject/identifier/0/identityHash", "sha256$b580"),
    "schema-form-identityHash.algorithm": ("credentialSubject/identifier/0/identityHash", "sha1$" + "0" * 40),
    "schema-form-identityHash.plain": ("credentialSubject/identifier/0/identityHash", "a@example.com"),
    "schema-form-identityType.invented": ("credentialSubject/identifier/0/identityType", "shoeSize"),
    "schema-form-awardedDate.no-zone": ("awardedDate", "2024-05-02T10:00:00"),
    "schema-order-validUntil.top": ("validUntil", "2024-05-01T10:00:00Z"),
    "schema-missing-id.credentialSchema": ("credentialSchema", [{"type": "1EdTechJsonSchemaValidator2019"}]),
    "schema-not-known.credentialSchema": (
        "credentialSchema",
        [{"id": "https://ailleurs.example/schema.json", "type": "JsonSchema"}],
    ),
    "expired.top": ("validUntil", "2026-11-24T11:59:59Z"),
    "not-yet-valid.top": ("validFrom", "2027-01-01T00:00:00Z"),
}  # fmt: skip
#: The same of a credential that is no badge.
PLAIN: dict[str, tuple[str, Any]] = {
    "schema-empty-credentialSubject.model-2": ("credentialSubject", {}),
    "schema-form-credentialSubject.model-2": ("credentialSubject", "did:example:somebody"),
    "schema-missing-type.model-2-evidence": ("evidence", {"id": "https://ailleurs.example/1"}),
    "schema-missing-type.model-2-terms": ("termsOfUse", {"id": "https://ailleurs.example/1"}),
    "schema-form-relatedResource.model-2": ("relatedResource", {"id": "https://ailleurs.example/1"}),
    "schema-unknown-lang.model-2": ("name", {"@value": "x", "lang": "fr"}),
}
NO_IDENTITY = put(badge(), "credentialSubject/id")


def structures() -> Iterator[File]:
    """Signed as they are, by a suite that does not ask what their terms mean."""
    for name, (path, value) in STRUCTURE.items():
        yield name, signed(put(badge(), path, value), suite=JCS)
    for name, (path, value) in PLAIN.items():
        yield name, signed(put(credential(), path, value), suite=JCS)
    yield (
        "schema-missing-identifier.subject",
        signed(put(NO_IDENTITY, "credentialSubject/identifier"), suite=JCS),
    )
    old = put(credential(V1), "issuanceDate")
    yield "schema-missing-issuanceDate.model-1", signed(old, suite=JCS)
    yield "expired.model-1", signed(credential(V1, expirationDate="2025-01-01T00:00:00Z"))
    yield "proof-dates.no-zone", put(signed(credential()), "proof/0/created", "2024-05-02T10:00:01")


def records() -> Iterator[File]:
    """Learner records, whole and with something wrong within."""

    def record(*inner: Any, **changes: Any) -> dict[str, Any]:
        made: dict[str, Any] = {
            "@context": [V2, "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json", OB3],
            "id": "urn:uuid:0c0d7e6a-6c1b-4c5e-9d67-2a6f3d3e9a14",
            "type": ["VerifiableCredential", "ClrCredential"],
            "name": "سجل التعلم",
            "issuer": {"id": signers.DID, "type": ["Profile"], "name": "Une ville d'ailleurs"},
            "validFrom": "2026-01-02T10:00:00Z",
            "credentialSubject": {"type": ["ClrSubject"], "verifiableCredential": list(inner)},
        }
        return signed(made | changes, suite=JCS)

    whole = signed(badge())
    linked = {
        "type": ["Association"],
        "associationType": "isPartOf",
        "sourceId": "urn:uuid:1",
        "targetId": "urn:uuid:2",
    }
    subject = {"type": ["ClrSubject"], "verifiableCredential": [whole]}
    yield "whole.record", record(whole, signed(badge(name="autre")))
    yield "whole.record-associations", record(credentialSubject=subject | {"association": [linked]})
    yield "proof-tampered.record-inner", record(whole, put(whole, "name", "x"))
    yield "proof-tampered.record", record(whole) | {"name": "x"}
    yield "expired.record-inner", record(whole, signed(badge(validUntil="2025-01-01T00:00:00Z")))
    yield "proof-missing.record-inner", record(badge())
    yield "issuer-not-controller.record-inner", record(signed(badge(), key=OTHER))
    yield "schema-empty-verifiableCredential.record", record()
    yield "schema-missing-name.record", signed(put(record(whole), "name"), suite=JCS)
    invented = linked | {"associationType": "isFriendOf"}
    yield (
        "schema-form-associationType.record",
        record(credentialSubject=subject | {"association": [invented]}),
    )


def files() -> Iterator[tuple[str, bytes]]:
    """Every document, as JSON."""
    for part in (whole, tampered, proofs, graphs, structures, records):
        for name, document in part():
            yield f"{name}.json", json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
