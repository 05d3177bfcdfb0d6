"""The structure of foreign credentials: what the published schemas refuse, our own rules refuse too."""

import copy
import json
from typing import Any

import jsonschema_rs
import pytest

from credentials import openbadges
from tests import standards
from tests.credentials.test_documents import facts
from verify.foreign import schemas, shapes
from verify.report import Outcome

from . import published

OB_STRICT = "ob_v3p0_achievementcredential_schema.strict-arrays.json"
#: What the published schemas of the compact form refuse and we do not, with the clause that allows it.
ALLOWED = {
    "wrapped type": "VCDM 2.0, 4.5: types may be several",
    "wrapped domain": "Data Integrity 1.0, 2.1: a domain or a set of them",
    "wrapped credentialStatus": "VCDM 2.0, 4.10: a status or several",
    "wrapped credentialSubject/verifiableCredential/0/credentialSubject": "VCDM 2.0, 4.8: one or several",
}


def is_allowed(what: str) -> bool:
    """Whether this mutation, or the same of any member of that name, is one that a clause allows."""
    done, path = what.split()
    return what in ALLOWED or f"{done} {path.rpartition('/')[2]}" in ALLOWED


@standards.needed
@pytest.mark.parametrize(
    ("file", "root", "strict"),
    [
        (OB_STRICT, "AchievementCredential", True),
        ("ob_v3p0_achievementcredential_schema.json", "AchievementCredential", False),
        ("ob_v3p0_endorsementcredential_schema.json", "EndorsementCredential", False),
        ("clr_v2p0_clrcredential_schema.json", "ClrCredential", False),
    ],
)
def test_a_document_with_every_member_passes_and_each_mutation_that_is_refused_there_is_refused_here(
    file: str, root: str, strict: bool
) -> None:
    schema = published.load(file)
    theirs = jsonschema_rs.Draft201909Validator(schema, validate_formats=True)
    whole = published.whole(schema)
    assert theirs.is_valid(whole)
    assert list(schemas.faults(whole, root=root, strict=strict)) == []
    refused, passed_over = 0, []
    for what, document in published.mutations(whole):
        if theirs.is_valid(document):
            continue
        refused += 1
        if next(schemas.faults(document, root=root, strict=strict), None) is None:
            passed_over.append(what)
    assert refused > 2000
    reasons = [
        what
        for what in passed_over
        if strict
        or (what not in ALLOWED and f"{what.split()[0]} {what.rpartition('/')[2].split()[-1]}" not in ALLOWED)
    ]
    assert reasons == []


@standards.needed
def test_the_published_examples_pass() -> None:
    vector = json.loads((standards.FOLDER / "vectors/ob3-guide/ob3-vector.json").read_text())
    documents = [each for each in _objects(vector) if "credentialSubject" in each]
    assert documents
    for document in documents:
        assert schemas.check(document).outcome is Outcome.PASSED


@standards.needed
@pytest.mark.parametrize("folder", ["vc-di-eddsa", "vc-di-ecdsa"])
def test_the_credentials_of_the_w3c_vectors_pass(folder: str) -> None:
    found = 0
    for path in sorted((standards.FOLDER / "vectors" / folder).rglob("*.json")):
        document = json.loads(path.read_text())
        if isinstance(document, dict) and "credentialSubject" in document:
            found += 1
            assert schemas.check(document).code == "passed", path.name
    assert found > 1


def _objects(value: Any) -> list[dict[str, Any]]:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return ([value] if isinstance(value, dict) else []) + [each for item in inner for each in _objects(item)]


# -- What no published schema says ----------------------------------------------------------------
HASH = "sha256$b5809d8a92f8858436d7e6b87c12ebc0ae1eac4baecc2c0b913aee2c922ef399"
BADGE: dict[str, Any] = {
    "@context": [shapes.V2, "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
    "id": "urn:uuid:6e0f7f0a-9d4c-4b5a-8f5e-000000000001",
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "issuer": {"id": "did:web:school.example", "type": ["Profile"], "name": "Une école"},
    "validFrom": "2026-01-10T00:00:00Z",
    "credentialSubject": {
        "type": ["AchievementSubject"],
        "identifier": [
            {
                "type": "IdentityObject",
                "hashed": True,
                "identityHash": "sha256$"
                + "b5809d8a92f8858436d7e6b87c12ebc0ae1eac4baecc2c0b913aee2c922ef399",
                "identityType": "emailAddress",
                "salt": "Kosher",
            }
        ],
        "achievement": {
            "id": "https://school.example/a/1",
            "type": ["Achievement"],
            "name": "Soudure",
            "description": "Souder à l'arc.",
            "criteria": {"narrative": "Un ouvrage."},
        },
    },
}
PLAIN: dict[str, Any] = {
    "@context": [shapes.V2],
    "type": ["VerifiableCredential"],
    "issuer": "did:web:school.example",
    "credentialSubject": {"id": "urn:uuid:6e0f7f0a-9d4c-4b5a-8f5e-000000000002"},
}
OLD: dict[str, Any] = PLAIN | {"@context": [shapes.V1], "issuanceDate": "2020-01-01T00:00:00"}
_IDENTITY = "credentialSubject/identifier/0"
_ACHIEVEMENT = "credentialSubject/achievement"


def changed(document: dict[str, Any], path: str, value: Any = ...) -> dict[str, Any]:
    """A copy with this member set, or without it."""
    whole = copy.deepcopy(document)
    *above, last = path.split("/")
    place: Any = whole
    for part in above:
        place = place[int(part) if part.isdecimal() else part]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return whole


@pytest.mark.parametrize("document", [BADGE, PLAIN, OLD])
def test_a_whole_document_passes(document: dict[str, Any]) -> None:
    assert schemas.check(document).code == "passed"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (changed(BADGE, "credentialSubject/identifier"), "schema-missing-identifier"),
        (changed(BADGE, f"{_ACHIEVEMENT}/criteria", {}), "schema-missing-criteria"),
        (changed(BADGE, f"{_ACHIEVEMENT}/criteria"), "schema-missing-criteria"),
        (changed(BADGE, f"{_IDENTITY}/identityHash", "sha256$12"), "schema-form-identityHash"),
        (changed(BADGE, f"{_IDENTITY}/identityHash", "a@b.example"), "schema-form-identityHash"),
        (changed(BADGE, f"{_IDENTITY}/name", "x"), "schema-unknown-name"),
        (changed(BADGE, f"{_ACHIEVEMENT}/tag", []), "schema-empty-tag"),
        (changed(BADGE, "credentialSubject/extra", None), "schema-null-extra"),
        (changed(BADGE, f"{_ACHIEVEMENT}/achievementType", "Medal"), "schema-form-achievementType"),
        (changed(BADGE, "validFrom", "2026-01-10T00:00:00"), "schema-form-validFrom"),
        (changed(BADGE, "validFrom", "2026-01-10"), "schema-form-validFrom"),
        (changed(BADGE, "validUntil", "2026-01-09T23:59:59Z"), "schema-order-validUntil"),
        (changed(BADGE, "@context", BADGE["@context"][::-1]), "schema-form-context"),
        (changed(BADGE, "@context", shapes.V2), "schema-form-context"),
        (changed(BADGE, "id", "7"), "schema-form-id"),
        (changed(PLAIN, "credentialSubject", {}), "schema-empty-credentialSubject"),
        (changed(PLAIN, "credentialSubject", []), "schema-empty-credentialSubject"),
        *(
            (changed(PLAIN, "credentialSubject", bad), "schema-form-credentialSubject")
            for bad in (None, True, 4, "did:x")
        ),
        *(
            (changed(PLAIN, member, {"id": "https://a.example/1"}), "schema-missing-type")
            for member in ("evidence", "credentialStatus", "credentialSchema", "refreshService", "termsOfUse")
        ),
        (changed(PLAIN, "credentialSchema", {"type": "JsonSchema"}), "schema-missing-id"),
        (changed(PLAIN, "credentialSchema", {"type": "JsonSchema", "id": "no"}), "schema-form-id"),
        (changed(PLAIN, "name", {"@value": "x", "@dir": "rtl"}), "schema-unknown-dir"),
        (changed(PLAIN, "name", 7), "schema-form-name"),
        (changed(PLAIN, "relatedResource", {"id": "https://a.example/1"}), "schema-form-relatedResource"),
        (
            changed(PLAIN, "relatedResource", [{"id": "https://a.example/1", "digestSRI": "sha256-x"}] * 2),
            "schema-twice-relatedResource",
        ),
        (changed(PLAIN, "issuer", {"name": "x"}), "schema-missing-id"),
        (changed(PLAIN, "type", ["Credential"]), "schema-form-type"),
        (changed(OLD, "issuanceDate"), "schema-missing-issuanceDate"),
        (changed(OLD, "expirationDate", "2019-01-01T00:00:00Z"), "schema-order-validUntil"),
        (changed(OLD, "credentialStatus", {"type": "X"}), "schema-missing-id"),
    ],
)
def test_each_fault_is_named_by_its_member(document: dict[str, Any], code: str) -> None:
    found = schemas.check(document)
    assert (found.outcome, found.code) == (Outcome.FAILED, code)


@pytest.mark.parametrize(
    "members",
    [
        {"name": {"@value": "شهادة", "@language": "ar", "@direction": "rtl"}},
        {"name": [{"@value": "x", "@language": "fr"}, {"@value": "y"}]},
        {"credentialStatus": [{"type": "X"}, {"type": "Y"}]},
        {"issuer": {"id": "https://school.example", "name": "x"}},
        {"validFrom": "2026-01-10T00:30:00+01:00", "validUntil": "2026-01-09T23:30:00Z"},
        {"credentialSubject": [{"id": "urn:a:1"}, {"name": "x"}]},
    ],
)
def test_what_the_data_model_allows_passes(members: dict[str, Any]) -> None:
    assert schemas.check(PLAIN | members).code == "passed"


def test_an_early_badge_on_the_older_data_model_passes() -> None:
    contexts = [shapes.V1, "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json"]
    early = changed(BADGE, "validFrom") | {"@context": contexts, "issuanceDate": "2022-05-01T10:00:00Z"}
    assert schemas.check(early).code == "passed"


def declared(name: str, kind: str = "1EdTechJsonSchemaValidator2019") -> dict[str, Any]:
    return {"credentialSchema": [{"id": name, "type": kind}]}


def test_a_declared_schema_is_checked_when_it_is_one_of_the_published_and_unknown_otherwise() -> None:
    base = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/"
    fitting = BADGE | declared(f"{base}ob_v3p0_achievementcredential_schema.json")
    assert schemas.check(fitting).code == "passed"
    other = BADGE | declared(f"{base}ob_v3p0_endorsementcredential_schema.json")
    assert schemas.check(other).outcome is Outcome.FAILED
    for strange in (declared("https://school.example/schema.json"), declared(f"{base}x.json", "JsonSchema")):
        found = schemas.check(BADGE | strange)
        assert (found.outcome, found.code) == (Outcome.UNKNOWN, "schema-not-known")


def test_what_we_issue_keeps_the_rules_that_we_hold_others_to() -> None:
    document = openbadges.credential(facts())
    assert schemas.check(document).code == "passed"
    assert list(schemas.faults(document, root="AchievementCredential", strict=True)) == []
