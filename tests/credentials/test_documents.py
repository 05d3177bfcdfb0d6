"""The composed documents, held against 1EdTech's schemas and our own stricter profile."""

import json
from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import jsonschema_rs
import pytest

from credentials import linting, openbadges, paper
from issuers import profiles
from issuers.signable import Form
from tests import standards

ISSUED = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


BASE_URL = "https://passeport.example"
PROFILE = profiles.issuer_profile(
    base_url=BASE_URL,
    slug="atlas",
    name="Atlas Relation Client",
    locality="Casablanca",
    region="Maârif",
    city_name="Casablanca",
)


def course(**changes: Any) -> dict[str, Any]:
    """A composed achievement, in both languages, with every optional member."""
    details: dict[str, Any] = {
        "id": "a" * 22,
        "code": "C03",
        "version": 1,
        "kind": "MicroCredential",
        "title_fr": "Français professionnel pour l’accueil – B1",
        "title_ar": "الفرنسية المهنية للاستقبال – B1",
        "description_fr": "Accueillir en français.",
        "description_ar": "الاستقبال بالفرنسية.",
        "criteria_fr": "Accueille et oriente un client.",
        "criteria_ar": "يستقبل الزبون ويوجهه.",
        "theme": "languages",
        "hours": 50,
        "cnc_level": 3,
        "cefr_level": "B1",
        "digcomp": (("2.1", "basic"),),
        "skills": (openbadges.Skill(uri="http://data.europa.eu/esco/skill/1", label="accueillir"),),
        "assessment": "oral",
        "assessment_uri": "http://data.europa.eu/snb/assessment/d30284d7df",
        "mode": "blended",
        "mode_uri": "http://data.europa.eu/snb/learning-assessment/e92d221e4d",
        "identity_check": "supervised_id",
        "prerequisites": "Niveau A2",
    }
    return openbadges.achievement_document(
        openbadges.AchievementFacts(**details | changes),
        base_url=BASE_URL,
        creator=PROFILE,
        quality_assurance="Accréditation par la ville",
    )


def facts(**changes: Any) -> openbadges.CredentialFacts:
    """One credential's facts."""
    details: dict[str, Any] = {
        "base_url": BASE_URL,
        "id": "c" * 22,
        "issuer": PROFILE,
        "subject": openbadges.SubjectFacts(
            id=UUID(int=7, version=4),
            name_latin="Fatima-Zahra El Idrissi",
            name_arabic="فاطمة الزهراء الإدريسي",
        ),
        "achievement": course(),
        "awarded_on": date(2026, 11, 20),
        "valid_from": ISSUED,
        "valid_until": datetime(2029, 11, 20, 23, 59, 59, tzinfo=UTC),
        "slot": openbadges.StatusSlot(list_number=3, index=77),
    }
    return openbadges.CredentialFacts(**details | changes)


@standards.needed
def test_a_credential_keeps_the_schema_of_open_badges_3() -> None:
    for name in (
        "ob_v3p0_achievementcredential_schema.strict-arrays.json",
        "ob_v3p0_achievementcredential_schema.json",
    ):
        schema = json.loads((standards.SCHEMAS / name).read_text())
        jsonschema_rs.validator_for(schema).validate(openbadges.credential(facts()))


def test_the_claims_repeat_the_credential() -> None:
    payload = openbadges.compose(facts())
    assert payload["iss"] == payload["issuer"]["id"] == "did:web:passeport.example:issuers:atlas"
    assert payload["jti"] == payload["id"] == "https://passeport.example/c/" + "c" * 22
    assert payload["sub"] == payload["credentialSubject"]["id"]
    assert payload["nbf"] == int(ISSUED.timestamp())
    assert payload["exp"] == 1889913599


def test_no_phone_and_no_email_can_stand_in_a_credential() -> None:
    kinds = {i["identityType"] for i in openbadges.credential(facts())["credentialSubject"]["identifier"]}
    assert kinds == {"name"}


def test_the_linter_hands_on_exactly_what_was_composed() -> None:
    payload = openbadges.compose(facts())
    signable = linting.lint_credential(payload, issuer_id=5)
    assert (signable.form, signable.issuer_id) == (Form.CREDENTIAL, 5)
    assert json.loads(signable.payload) == payload


def change(path: str, value: Any) -> dict[str, Any]:
    """The payload with one member changed; ``None`` takes it out."""
    payload = deepcopy(openbadges.compose(facts()))
    *parents, last = path.split("/")
    target: Any = payload
    for parent in parents:
        target = target[int(parent)] if parent.isdigit() else target[parent]
    if value is None:
        del target[last]
    else:
        target[last] = value
    return payload


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("iss", "did:web:passeport.example:issuers:other"),
        ("jti", "https://passeport.example/c/other"),
        ("sub", "urn:uuid:00000000-0000-4000-8000-000000000009"),
        ("nbf", None),
        ("exp", None),
        ("validUntil", "2026-01-01T00:00:00Z"),
        ("validFrom", "2026-11-24T10:00:00+01:00"),
        ("awardedDate", "2027-01-01T00:00:00Z"),
        ("type", ["VerifiableCredential"]),
        ("name", "Another name"),
        ("proof", {}),
        ("credentialStatus/statusListIndex", "131072"),
        ("credentialStatus/statusListIndex", "78"),
        ("credentialStatus/statusPurpose", "suspension"),
        ("credentialSubject/identifier", []),
        ("credentialSubject/email", "a@example.org"),
        ("credentialSubject/achievement/criteria", None),
        ("credentialSubject/achievement/volumeOfLearning", "PT0H"),
        ("credentialSubject/achievement/description", "a\u0000b"),
        ("credentialSubject/achievement/description", "\u202eevil"),
        ("credentialSubject/achievement/description", " edge"),
        ("credentialSubject/achievement/description", "e\u0301"),
        ("credentialSubject/achievement/creator/id", "did:web:elsewhere.example"),
        ("issuer/address/addressCountryCode", "FR"),
    ],
)
def test_what_we_would_regret_is_not_signed(path: str, value: Any) -> None:
    with pytest.raises(linting.LintError):
        linting.lint_credential(change(path, value), issuer_id=5)


def test_a_document_beyond_the_limit_is_not_signed() -> None:
    skill = [
        openbadges.Skill(uri=f"http://data.europa.eu/esco/skill/{n}", label="x" * 290) for n in range(36)
    ]
    long = course(skills=tuple(skill))
    with pytest.raises(linting.LintError):
        linting.lint_credential(openbadges.compose(facts(achievement=long)), issuer_id=5)


def claim(**changes: Any) -> paper.Claim:
    """A paper claim of usual length."""
    details: dict[str, Any] = {
        "name": "Fatima-Zahra El Idrissi",
        "second_name": "فاطمة الزهراء الإدريسي",
        "title": "Accueil et relation client – niveau 2",
        "level": "B1",
        "hours": 24,
        "status": 487783,
        "issued_at": 1795167000,
        "expires_at": 1889827200,
        "cti": bytes(16),
    }
    return paper.Claim(**details | changes)


def test_a_paper_claim_of_usual_length_is_signed() -> None:
    assert linting.lint_paper(claim(), issuer_id=5, prefix=27).form is Form.PAPER


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"title": "x" * 300},
        {"cti": bytes(15)},
        {"expires_at": 1},
        {"name": "a\u0007b"},
    ],
)
def test_a_paper_claim_outside_the_format_is_not_signed(changes: dict[str, Any]) -> None:
    with pytest.raises(linting.LintError):
        linting.lint_paper(claim(**changes), issuer_id=5, prefix=27)


def test_an_award_of_the_first_hour_of_a_day_here_is_signed_though_utc_says_yesterday() -> None:
    shortly_after_midnight = datetime(2026, 11, 26, 23, 20, tzinfo=UTC)
    signed = facts(valid_from=shortly_after_midnight, awarded_on=date(2026, 11, 27), valid_until=None)
    assert linting.lint_credential(openbadges.compose(signed), issuer_id=1).form is Form.CREDENTIAL
    early = facts(valid_from=shortly_after_midnight, awarded_on=date(2026, 11, 28), valid_until=None)
    with pytest.raises(linting.LintError, match="awarded before it is valid"):
        linting.lint_credential(openbadges.compose(early), issuer_id=1)
