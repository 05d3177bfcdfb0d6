"""Pure. A certificate as the European Learning Model says it (ELM 3, the credential profile of Europass).

Made from the signed Open Badges credential and not signed itself: European systems read it, and whoever wants
proof follows it to the signed file. The eleven elements of 2022/C 243/02 are named beside their members.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CONTEXTS = ["https://www.w3.org/2018/credentials/v1", "http://data.europa.eu/snb/model/context/edc-ap"]
PROFILE = "http://data.europa.eu/snb/model/ap/edc-generic-full"
SNB = "http://data.europa.eu/snb"
AUTHORITY = "http://publications.europa.eu/resource/authority"
#: The European list that a term belongs to ends so.
LIST = "25831c2"
ESCO_SKILLS = "http://data.europa.eu/esco/concept-scheme/skills"
LANGUAGES = {
    "fr": ("FRA", {"fr": "français", "ar": "الفرنسية"}),
    "ar": ("ARA", {"fr": "arabe", "ar": "العربية"}),
}
ARABIC = re.compile("[\u0600-\u06ff]")
Texts = dict[str, str]

GENERIC = {"fr": "Générique", "ar": "عام"}
MOROCCO = {"fr": "Maroc", "ar": "المغرب"}
BASE64, PNG = {"en": "base64"}, {"en": "PNG"}
QUALITY = {"fr": "Assurance qualité de l’établissement", "ar": "ضمان جودة المؤسسة"}
NON_FORMAL = {"fr": "apprentissage non formel", "ar": "تعلّم غير نظامي"}
PASSED = {"fr": "Réussi", "ar": "ناجح"}
#: What the file says of itself.
UNSIGNED = {
    "fr": "Copie non signée, à lire par les systèmes européens. Le certificat signé : {address}",
    "ar": "نسخة غير موقّعة، لتقرأها الأنظمة الأوروبية. الشهادة الموقّعة: {address}",
}
SIGNED = {"fr": "Certificat signé (Open Badges 3.0)", "ar": "الشهادة الموقّعة (Open Badges 3.0)"}
NUMBER, IN_ARABIC = "Open Badges 3.0", "Nom en écriture arabe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the signed credential says by code or in one language, in each language."""

    issuer: Texts
    city: Texts
    assessment: Texts
    mode: Texts
    identity: Texts


def european(document: Mapping[str, Any], *, words: Words, picture: bytes) -> dict[str, Any]:
    """The EuropeanDigitalCredential of this OpenBadgeCredential; ``picture`` is a PNG of its badge."""
    here = f"{document['id']}.elm.json"
    achievement = document["credentialSubject"]["achievement"]
    titles = dict(achievement.get("names") or {achievement["inLanguage"]: achievement["name"]})
    issuer = _issuer(document["issuer"], achievement, here=here, words=words)
    awarded = {
        "id": f"{here}#award",
        "type": "AwardingProcess",
        "awardingBody": issuer,  # M4
        "awardingDate": document["awardedDate"],
    }
    until = {"validUntil": document["validUntil"]} if "validUntil" in document else {}
    return {
        "@context": CONTEXTS,
        "id": here,
        "type": ["VerifiableCredential", "EuropeanDigitalCredential"],
        "credentialProfiles": _concept("credential", "e34929035b", GENERIC),
        "credentialSchema": {"id": PROFILE, "type": "ShaclValidator2017"},
        "identifier": {
            "id": f"{here}#number",
            "type": "Identifier",
            "schemeName": NUMBER,
            "notation": document["id"],
        },
        "displayParameter": _display(titles, achievement["inLanguage"], here=here, picture=picture),
        "issuer": issuer,
        "issuanceDate": document["validFrom"],
        "issued": document["awardedDate"],  # M5
        "validFrom": document["validFrom"],
        **until,
        "credentialSubject": {
            "id": document["credentialSubject"]["id"],
            "type": "Person",
            **_person(document["credentialSubject"]["identifier"], here=here),  # M1
            "hasClaim": _claim(document, titles, awarded, here=here, words=words),
        },
    }


def _person(identifiers: list[dict[str, Any]], *, here: str) -> dict[str, Any]:
    """The names: the model has room for one, so another script's stands as an identifier beside it."""
    names = [each["identityHash"] for each in identifiers if each["identityType"] == "name"]
    if not names:
        return {}
    first, *others = names
    person: dict[str, Any] = {"fullName": {"ar" if ARABIC.search(first) else "fr": first}}
    if others:
        person["identifier"] = [
            {"id": f"{here}#name-{number}", "type": "Identifier", "schemeName": IN_ARABIC, "notation": name}
            for number, name in enumerate(others)
        ]
    return person


def _issuer(
    profile: Mapping[str, Any], achievement: Mapping[str, Any], *, here: str, words: Words
) -> dict[str, Any]:
    country = _authority("country", "MAR", MOROCCO)
    city = {
        "id": profile["parentOrg"]["id"],
        "type": "Organisation",
        "legalName": words.city,
        "location": _place(f"{here}#city", country, words.city),
    }
    return {
        "id": profile["id"],
        "type": "Organisation",
        "legalName": words.issuer,
        "homepage": _page(f"{here}#homepage", profile["url"]),
        "location": _place(f"{here}#place", country, words.city),  # M3
        "accreditation": {  # M11
            "id": f"{here}#accreditation",
            "type": "Accreditation",
            "title": {"fr": achievement["qualityAssurance"]},
            "dcType": _concept("accreditation", "bb4618238e", QUALITY),
            "accreditingAgent": city,
        },
    }


def _place(name: str, country: dict[str, Any], locality: Texts) -> dict[str, Any]:
    address = {
        "id": f"{name}-address",
        "type": "Address",
        "countryCode": country,
        "fullAddress": _note(f"{name}-text", locality),
    }
    return {"id": name, "type": "Location", "address": address}


def _display(titles: Texts, language: str, *, here: str, picture: bytes) -> dict[str, Any]:
    primary = _language(language)
    image = {
        "id": f"{here}#picture",
        "type": "MediaObject",
        "content": b64encode(picture).decode(),
        "contentEncoding": _concept("encoding", "6146cde7dd", BASE64),
        "contentType": _authority("file-type", "PNG", PNG),
    }
    return {
        "id": f"{here}#display",
        "type": "DisplayParameter",
        "title": titles,
        "primaryLanguage": primary,
        "language": [_language(each) for each in titles],
        "individualDisplay": {
            "id": f"{here}#shown",
            "type": "IndividualDisplay",
            "language": primary,
            "displayDetail": {"id": f"{here}#page", "type": "DisplayDetail", "image": image, "page": 1},
        },
    }


def _claim(
    document: Mapping[str, Any], titles: Texts, awarded: dict[str, Any], *, here: str, words: Words
) -> dict[str, Any]:
    """The learning achievement (M2): what was learned, how it was proved, who says so."""
    achievement = document["credentialSubject"]["achievement"]
    signed = f"{document['id']}.json"
    note = {language: text.format(address=signed) for language, text in UNSIGNED.items()}
    claim = {
        "id": f"{here}#achievement",
        "type": "LearningAchievement",
        "title": titles,
        "description": {achievement["inLanguage"]: achievement["description"]},
        "additionalNote": _note(f"{here}#unsigned", note),
        "supplementaryDocument": _page(f"{here}#signed", signed) | {"title": SIGNED},
        "awardedBy": awarded,
        "specifiedBy": _specification(achievement, titles, here=here, words=words),
    }
    if achievement["achievementType"] == "MicroCredential":
        claim["provenBy"] = _assessment(document, awarded, here=here, words=words)
    return claim


def _assessment(
    document: Mapping[str, Any], awarded: dict[str, Any], *, here: str, words: Words
) -> dict[str, Any]:
    subject = document["credentialSubject"]
    result = next((each.get("value") or each.get("achievedLevel") for each in subject.get("result", ())), "")
    language = subject["achievement"]["inLanguage"]
    specification: dict[str, Any] = {
        "id": f"{here}#assessment-kind",
        "type": "LearningAssessmentSpecification",
        "title": words.assessment,
    }
    if uri := subject["achievement"].get("assessmentType"):
        specification["dcType"] = _term(uri, words.assessment)  # M9
    return {
        "id": f"{here}#assessment",
        "type": "LearningAssessment",
        "title": words.assessment,
        "awardedBy": awarded,
        "grade": _note(f"{here}#grade", {language: result} if result else PASSED),
        "additionalNote": _note(f"{here}#identity", words.identity),
        "specifiedBy": specification,
    }


def _specification(
    achievement: Mapping[str, Any], titles: Texts, *, here: str, words: Words
) -> dict[str, Any]:
    language = achievement["inLanguage"]
    outcomes = dict(achievement.get("criteriaIn") or {language: achievement["criteria"]["narrative"]})
    aligned = {framework: _aligned(achievement, framework) for framework in ("ESCO", "DigComp 3.0", "CEFR")}
    outcome: dict[str, Any] = {  # M6
        "id": f"{here}#outcome",
        "type": "LearningOutcome",
        "title": titles,
        "additionalNote": _note(f"{here}#criteria", outcomes),
        "relatedESCOSkill": [
            _of_scheme(each["targetUrl"], ESCO_SKILLS, {language: each["targetName"]})
            for each in aligned["ESCO"]
        ],
        "relatedSkill": [
            _of_scheme(each["targetUrl"], each["targetUrl"].partition("#")[0], {language: each["targetName"]})
            for each in aligned["DigComp 3.0"] + aligned["CEFR"]
        ],
    }
    specification: dict[str, Any] = {
        "id": achievement["id"],
        "type": "LearningAchievementSpecification",
        "title": titles,
        "learningOutcome": {name: value for name, value in outcome.items() if value},
        "learningSetting": _concept("learning-setting", "e207a81fc7", NON_FORMAL),
        "volumeOfLearning": achievement["volumeOfLearning"],  # M7
        "additionalNote": [  # M8: the national framework is not yet referenced to the European one
            _note(f"{here}#level-{number}", {language: each["targetName"]})
            for number, each in enumerate(_aligned(achievement, "CNC"))
        ],
        "homepage": _page(f"{here}#course", achievement["id"]),
    }
    if uri := achievement.get("learningMode"):
        specification["mode"] = _term(uri, words.mode)  # M10
    if needed := achievement.get("entryRequirement"):
        specification["entryRequirement"] = _note(f"{here}#entry", {language: needed})
    return specification


def _aligned(achievement: Mapping[str, Any], framework: str) -> list[dict[str, Any]]:
    return [each for each in achievement["alignment"] if each["targetFramework"] == framework]


# -- Terms of lists, notes, pages -----------------------------------------------------------------
def _of_scheme(uri: str, scheme: str, labels: Texts) -> dict[str, Any]:
    return {
        "id": uri,
        "type": "Concept",
        "inScheme": {"id": scheme, "type": "ConceptScheme"},
        "prefLabel": labels,
    }


def _concept(of_list: str, name: str, labels: Texts) -> dict[str, Any]:
    return _of_scheme(f"{SNB}/{of_list}/{name}", f"{SNB}/{of_list}/{LIST}", labels)


def _term(uri: str, labels: Texts) -> dict[str, Any]:
    """A term of a European list by its address; the list has one beside it."""
    return _of_scheme(uri, f"{uri.rpartition('/')[0]}/{LIST}", labels)


def _authority(of_list: str, name: str, labels: Texts) -> dict[str, Any]:
    concept = _of_scheme(f"{AUTHORITY}/{of_list}/{name}", f"{AUTHORITY}/{of_list}", labels)
    return concept | {"notation": of_list}


def _language(code: str) -> dict[str, Any]:
    name, labels = LANGUAGES[code]
    return _authority("language", name, labels)


def _note(name: str, texts: Texts) -> dict[str, Any]:
    return {"id": name, "type": "Note", "noteLiteral": texts}


def _page(name: str, address: str) -> dict[str, Any]:
    return {"id": name, "type": "WebResource", "contentURL": address}
