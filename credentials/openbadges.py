"""Pure. Composes the documents that are signed: Open Badges 3.0 credentials and status list credentials.

Open Badges 3.0 (1EdTech, document 1.2) on VCDM 2.0 (W3C REC 2025-05-15). The data come in as frozen
dataclasses; what comes out is JSON-ready and final: nothing is added between composing and signing.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from . import results

VC_CONTEXT = "https://www.w3.org/ns/credentials/v2"
OB_CONTEXT = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
ELM = "http://data.europa.eu/snb/model/elm/"

#: The city's terms for what Open Badges has no member for, defined in line so that nobody has to fetch
#: a context of ours: the European Learning Model's own properties, and names per language.
CITY_CONTEXT: dict[str, Any] = {
    "volumeOfLearning": {
        "@id": ELM + "volumeOfLearning",
        "@type": "http://www.w3.org/2001/XMLSchema#duration",
    },
    "learningMode": {"@id": ELM + "mode", "@type": "@id"},
    "assessmentType": {"@id": ELM + "assessmentType", "@type": "@id"},
    "identityVerification": {"@id": ELM + "idVerification"},
    "qualityAssurance": {"@id": ELM + "accreditation"},
    "entryRequirement": {"@id": ELM + "entryRequirement"},
    "names": {"@id": "https://schema.org/alternateName", "@container": "@language"},
    "criteriaIn": {"@id": ELM + "learningOutcome", "@container": "@language"},
}

#: A status list carries the audit log's newest checkpoint, so that whoever keeps lists keeps witness too.
CHECKPOINT_CONTEXT: dict[str, Any] = {"auditCheckpoint": {"@id": "https://c2sp.org/tlog-checkpoint"}}

ESCO_FRAMEWORK = "ESCO"
CNC_URL = "http://data.europa.eu/snb/eqf/{level}"
CEFR_URL = "https://www.coe.int/lang-cefr#{level}"
DIGCOMP_URL = "https://joint-research-centre.ec.europa.eu/digcomp#{code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """An ESCO skill with its labels."""

    uri: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AchievementFacts:
    """What an achievement says, in French, Arabic or both."""

    id: str
    code: str
    version: int
    kind: str
    title_fr: str
    title_ar: str
    description_fr: str
    description_ar: str
    criteria_fr: str
    criteria_ar: str
    theme: str
    hours: int
    cnc_level: int
    cefr_level: str = ""
    digcomp: tuple[tuple[str, str], ...] = ()
    skills: tuple[Skill, ...] = ()
    assessment: str = ""
    assessment_uri: str = ""
    mode: str = ""
    mode_uri: str = ""
    identity_check: str = ""
    prerequisites: str = ""
    results: str = ""

    @property
    def language(self) -> str:
        return "fr" if self.title_fr else "ar"

    @property
    def title(self) -> str:
        return self.title_fr or self.title_ar

    @property
    def description(self) -> str:
        return (self.description_fr if self.title_fr else self.description_ar) or self.title

    @property
    def criteria(self) -> str:
        return (self.criteria_fr if self.title_fr else self.criteria_ar) or self.description


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectFacts:
    """Whom a credential is about: a random id of this credential alone, and the names."""

    id: UUID
    name_latin: str = ""
    name_arabic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusSlot:
    """Where a credential's status bits are."""

    list_number: int
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialFacts:
    """Everything that one credential says. ``issuer`` is an Open Badges Profile, ``achievement`` composed."""

    base_url: str
    id: str
    issuer: dict[str, Any]
    subject: SubjectFacts
    achievement: dict[str, Any]
    awarded_on: date
    valid_from: datetime
    valid_until: datetime | None
    slot: StatusSlot
    result: str = ""


def moment(value: datetime) -> str:
    """An xsd:dateTimeStamp in UTC with whole seconds (VCDM 2.0, section 4.9)."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(value: datetime) -> int:
    """A NumericDate (RFC 7519)."""
    return int(value.timestamp())


def compose(facts: CredentialFacts) -> dict[str, Any]:
    """The VC-JWT payload: the credential itself and the JWT claims that repeat it (Open Badges 3.0, 8.2)."""
    document = credential(facts)
    claims: dict[str, Any] = {
        "iss": document["issuer"]["id"],
        "jti": document["id"],
        "nbf": seconds(facts.valid_from),
        "sub": document["credentialSubject"]["id"],
    }
    if facts.valid_until:
        claims["exp"] = seconds(facts.valid_until)
    return document | claims


def credential(facts: CredentialFacts) -> dict[str, Any]:
    """The OpenBadgeCredential without proof (Open Badges 3.0, appendix B)."""
    names = [name for name in (facts.subject.name_latin, facts.subject.name_arabic) if name]
    document: dict[str, Any] = {
        "@context": [VC_CONTEXT, OB_CONTEXT, CITY_CONTEXT],
        "id": f"{facts.base_url}/c/{facts.id}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": facts.achievement["name"],
        "issuer": facts.issuer,
        "validFrom": moment(facts.valid_from),
        "awardedDate": f"{facts.awarded_on.isoformat()}T00:00:00Z",
        "credentialSubject": {
            "id": f"urn:uuid:{facts.subject.id}",
            "type": ["AchievementSubject"],
            "identifier": [
                {"type": "IdentityObject", "hashed": False, "identityHash": name, "identityType": "name"}
                for name in names
            ],
            "achievement": facts.achievement,
        },
        "credentialStatus": {
            "id": f"{facts.base_url}/s/revocation/{facts.slot.list_number}#{facts.slot.index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(facts.slot.index),
            "statusListCredential": f"{facts.base_url}/s/revocation/{facts.slot.list_number}",
        },
    }
    if facts.result:
        document["credentialSubject"]["result"] = results.stated(
            facts.result, achievement_url=facts.achievement["id"]
        )
    if facts.valid_until:
        document["validUntil"] = moment(facts.valid_until)
    return document


def achievement_document(
    a: AchievementFacts, *, base_url: str, creator: dict[str, Any], quality_assurance: str
) -> dict[str, Any]:
    """The Achievement (Open Badges 3.0, B.1.2) with the eleven elements of 2022/C 243/02.

    It stands inside credentials, and is served alone under its own address.
    """
    document: dict[str, Any] = {
        "id": f"{base_url}/a/{a.id}",
        "type": ["Achievement"],
        "achievementType": a.kind,
        "name": a.title,
        "description": a.description,
        "criteria": {"narrative": a.criteria},
        "creator": {"id": creator["id"], "type": ["Profile"], "name": creator["name"]},
        "humanCode": a.code,
        "version": str(a.version),
        "inLanguage": a.language,
        "fieldOfStudy": a.theme,
        "image": {"id": f"{base_url}/a/{a.id}/badge.svg", "type": "Image"},
        "alignment": _alignments(a),
        "volumeOfLearning": f"PT{a.hours}H",
        "qualityAssurance": quality_assurance,
    }
    if a.title_fr and a.title_ar:
        document["names"] = {"fr": a.title_fr, "ar": a.title_ar}
        document["related"] = [
            {"id": f"{base_url}/a/{a.id}?lang=ar", "type": ["Related"], "inLanguage": "ar"}
        ]
        if a.criteria_fr and a.criteria_ar:
            document["criteriaIn"] = {"fr": a.criteria_fr, "ar": a.criteria_ar}
    if a.results:
        document["resultDescription"] = results.description(
            a.results, achievement_url=document["id"], language=a.language
        )
    optional = {
        "learningMode": a.mode_uri,
        "assessmentType": a.assessment_uri,
        "identityVerification": a.identity_check,
        "entryRequirement": a.prerequisites,
    }
    return document | {name: value for name, value in optional.items() if value}


def _alignments(a: AchievementFacts) -> list[dict[str, Any]]:
    rows: list[tuple[str, str, str, str, str]] = [
        ("CFItem", f"CNC {a.cnc_level}", CNC_URL.format(level=a.cnc_level), "CNC", str(a.cnc_level)),
    ]
    if a.cefr_level:
        rows.append(
            ("CFItem", f"CEFR {a.cefr_level}", CEFR_URL.format(level=a.cefr_level), "CEFR", a.cefr_level)
        )
    rows += [
        (
            "ceasn:Competency",
            f"DigComp 3.0 {code} ({level})",
            DIGCOMP_URL.format(code=code),
            "DigComp 3.0",
            code,
        )
        for code, level in a.digcomp
    ]
    rows += [
        ("ceasn:Competency", skill.label, skill.uri, ESCO_FRAMEWORK, skill.uri.rsplit("/", 1)[-1])
        for skill in a.skills
    ]
    return [
        {
            "type": ["Alignment"],
            "targetType": kind,
            "targetName": name,
            "targetUrl": url,
            "targetFramework": framework,
            "targetCode": code,
        }
        for kind, name, url, framework, code in rows
    ]


def status_list(
    *,
    base_url: str,
    number: int,
    purpose: str,
    issuer_id: str,
    packed: bytes,
    version: int,
    valid_from: datetime,
    valid_until: datetime,
    ttl_seconds: int,
    checkpoint: str = "",
) -> dict[str, Any]:
    """A BitstringStatusListCredential (Bitstring Status List 1.0, section 2.2) as a VC-JWT payload.

    ``version`` rises with every signature, so that an older list can be told and refused. ``checkpoint`` is
    the signed head of the audit log, if there is one yet.
    """
    url = f"{base_url}/s/{purpose}/{number}"
    document = {
        "@context": [VC_CONTEXT],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer_id,
        "validFrom": moment(valid_from),
        "validUntil": moment(valid_until),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": "u" + urlsafe_b64encode(packed).rstrip(b"=").decode(),
            "ttl": ttl_seconds * 1000,
        },
        "iss": issuer_id,
        "sub": url,
        "iat": seconds(valid_from),
        "exp": seconds(valid_until),
        "version": version,
    }
    if checkpoint:
        document |= {"@context": [VC_CONTEXT, CHECKPOINT_CONTEXT], "auditCheckpoint": checkpoint}
    return document
