"""Pure. What Open Badges 3.0 (appendix B) and CLR 2.0 say about each class, as one table.

The JSON schema that is made from it comes in two forms, as ``shapes`` tells them apart.
"""

import re

from .shapes import (
    BOOLEAN,
    CLR_CONTEXT,
    DAY,
    IRI,
    JWS,
    LANGUAGE,
    MOMENT,
    NUMBER,
    OB_CONTEXT,
    STRING,
    TEXT,
    V1,
    V2,
    Kind,
    Schema,
    choice,
    closed,
    cls,
    contexts,
    many,
    method,
    one,
    open_choice,
    reference,
    status,
    texts,
    types,
    words,
)

# -- The words of the standards -------------------------------------------------------------------
_ACHIEVEMENTS = (
    "Achievement ApprenticeshipCertificate Assessment Assignment AssociateDegree Award Badge BachelorDegree "
    "Certificate CertificateOfCompletion Certification CommunityService Competency Course CoCurricular "
    "Degree Diploma DoctoralDegree Fieldwork GeneralEducationDevelopment JourneymanCertificate "
    "LearningProgram License Membership ProfessionalDoctorate QualityAssuranceCredential MasterCertificate "
    "MasterDegree MicroCredential ResearchDoctorate SecondarySchoolDiploma"
)
_IDENTIFIERS = (
    "name sourcedId systemId productId userName accountId emailAddress nationalIdentityNumber isbn issn "
    "lisSourcedId oneRosterSourcedId sisSourcedId ltiContextId ltiDeploymentId ltiToolId ltiPlatformId "
    "ltiUserId identifier"
)
_RESULTS = (
    "GradePointAverage LetterGrade Percent PerformanceLevel PredictedScore RawScore Result RubricCriterion "
    "RubricCriterionLevel RubricScore ScaledScore Status"
)
_TARGETS = "ceasn:Competency ceterms:Credential CFItem CFRubric CFRubricCriterion CFRubricCriterionLevel CTDL"
_ASSOCIATIONS = "exactMatchOf isChildOf isParentOf isPartOf isPeerOf isRelatedTo precedes replacedBy"
_STATES = "Completed Enrolled Failed InProgress OnHold Provisional Withdrew"

#: What every credential has (VCDM 2.0), besides what its class says.
_CREDENTIAL: dict[str, Kind] = {
    "id": IRI,
    "name": TEXT,
    "description": TEXT,
    "issuer": reference("Profile"),
    "validFrom": MOMENT,
    "validUntil": MOMENT,
    "awardedDate": MOMENT,
    "image": one("Image"),
    "proof": many(one("Proof")),
    "credentialSchema": many(one("Identified")),
    "credentialStatus": status,
    "refreshService": one("Identified"),
    "termsOfUse": many(one("Typed")),
    "evidence": many(one("Evidence")),
    "endorsement": many(one("EndorsementCredential")),
    "endorsementJwt": many(JWS),
}
_ENDORSED: dict[str, Kind] = {"endorsement": _CREDENTIAL["endorsement"], "endorsementJwt": many(JWS)}
_V2, _V1 = (f"^{re.escape(address)}$" for address in (V2, V1))

CLASSES = {
    "AchievementCredential": cls(
        "at_context id type credentialSubject issuer validFrom",
        **_CREDENTIAL,
        at_context=contexts(_V2, OB_CONTEXT),
        type=types("VerifiableCredential", "AchievementCredential|OpenBadgeCredential"),
        credentialSubject=one("AchievementSubject"),
    ),
    "EndorsementCredential": cls(
        "at_context id type name credentialSubject issuer validFrom",
        **_CREDENTIAL,
        at_context=contexts(_V2, OB_CONTEXT),
        type=types("VerifiableCredential", "EndorsementCredential"),
        credentialSubject=one("EndorsementSubject"),
    ),
    "ClrCredential": cls(
        "at_context id type name credentialSubject issuer validFrom",
        **_CREDENTIAL,
        partial=BOOLEAN,
        at_context=contexts(_V2, CLR_CONTEXT, OB_CONTEXT),
        type=types("VerifiableCredential", "ClrCredential"),
        credentialSubject=one("ClrSubject"),
    ),
    "VerifiableCredential": cls(
        "at_context type credentialSubject issuer validFrom",
        **{name: kind for name, kind in _CREDENTIAL.items() if name not in ("name", "description", "image")},
        at_context=contexts(_V2),
        type=types("VerifiableCredential"),
        credentialSubject=many(one("Subject")),
    ),
    "AchievementSubject": cls(
        "type achievement",
        type=types("AchievementSubject"),
        id=IRI,
        activityEndDate=MOMENT,
        activityStartDate=MOMENT,
        creditsEarned=NUMBER,
        achievement=one("Achievement"),
        identifier=many(one("IdentityObject")),
        image=one("Image"),
        licenseNumber=TEXT,
        narrative=TEXT,
        result=many(one("Result")),
        role=TEXT,
        source=one("Profile"),
        term=TEXT,
    ),
    "EndorsementSubject": cls("id type", id=IRI, type=types("EndorsementSubject"), endorsementComment=TEXT),
    "ClrSubject": cls(
        "type verifiableCredential",
        id=IRI,
        type=types("ClrSubject"),
        identifier=many(one("IdentityObject")),
        achievement=many(one("Achievement")),
        verifiableCredential=many(one("VerifiableCredential")),
        association=many(one("Association")),
    ),
    "Association": closed(
        cls(
            "type associationType sourceId targetId",
            type=types("Association"),
            associationType=choice(_ASSOCIATIONS),
            sourceId=IRI,
            targetId=IRI,
        )
    ),
    "Achievement": cls(
        "id type criteria description name",
        **_ENDORSED,
        id=IRI,
        type=types("Achievement"),
        alignment=many(one("Alignment")),
        achievementType=open_choice(_ACHIEVEMENTS),
        creator=one("Profile"),
        creditsAvailable=NUMBER,
        criteria=one("Criteria"),
        description=TEXT,
        fieldOfStudy=TEXT,
        humanCode=TEXT,
        image=one("Image"),
        inLanguage=LANGUAGE,
        name=TEXT,
        otherIdentifier=many(one("IdentifierEntry")),
        related=many(one("Related")),
        resultDescription=many(one("ResultDescription")),
        specialization=TEXT,
        tag=many(TEXT),
        version=TEXT,
    ),
    "Alignment": cls(
        "type targetName targetUrl",
        type=types("Alignment"),
        targetCode=TEXT,
        targetDescription=TEXT,
        targetName=TEXT,
        targetFramework=TEXT,
        targetType=open_choice(_TARGETS),
        targetUrl=IRI,
    ),
    "Criteria": cls("", id=IRI, narrative=TEXT),
    "Evidence": cls(
        "type",
        id=IRI,
        type=types("Evidence"),
        narrative=TEXT,
        name=TEXT,
        description=TEXT,
        genre=TEXT,
        audience=TEXT,
    ),
    "IdentityObject": closed(
        cls(
            "type hashed identityHash identityType",
            type=choice("IdentityObject"),
            hashed=BOOLEAN,
            identityHash=STRING,
            identityType=open_choice(_IDENTIFIERS),
            salt=STRING,
        )
    ),
    "IdentifierEntry": closed(
        cls(
            "type identifier identifierType",
            type=choice("IdentifierEntry"),
            identifier=TEXT,
            identifierType=open_choice(_IDENTIFIERS),
        )
    ),
    "Image": closed(cls("id type", id=IRI, type=choice("Image"), caption=TEXT)),
    "Proof": cls(
        "type",
        type=STRING,
        created=MOMENT,
        expires=MOMENT,
        **dict.fromkeys(["cryptosuite", "challenge", "nonce", "proofPurpose", "proofValue"], STRING),
        domain=words,
        verificationMethod=method,
    ),
    "Result": cls(
        "type",
        type=types("Result"),
        achievedLevel=IRI,
        alignment=many(one("Alignment")),
        resultDescription=IRI,
        status=choice(_STATES),
        value=TEXT,
    ),
    "ResultDescription": cls(
        "id type name resultType",
        id=IRI,
        type=types("ResultDescription"),
        alignment=many(one("Alignment")),
        allowedValue=many(TEXT),
        name=TEXT,
        requiredLevel=IRI,
        requiredValue=TEXT,
        resultType=open_choice(_RESULTS),
        rubricCriterionLevel=many(one("RubricCriterionLevel")),
        valueMax=TEXT,
        valueMin=TEXT,
    ),
    "RubricCriterionLevel": cls(
        "id type name",
        id=IRI,
        type=types("RubricCriterionLevel"),
        alignment=many(one("Alignment")),
        **texts("description level name points"),
    ),
    "Related": cls("id type", id=IRI, type=types("Related"), inLanguage=LANGUAGE, version=TEXT),
    "Profile": cls(
        "id type",
        **_ENDORSED,
        id=IRI,
        type=types("Profile"),
        **texts(
            "name phone description email official familyName givenName additionalName "
            "patronymicName honorificPrefix honorificSuffix familyNamePrefix"
        ),
        url=IRI,
        image=one("Image"),
        address=one("Address"),
        otherIdentifier=many(one("IdentifierEntry")),
        parentOrg=one("Profile"),
        dateOfBirth=DAY,
    ),
    "Address": cls(
        "type",
        type=types("Address"),
        **texts(
            "addressCountry addressCountryCode addressRegion addressLocality streetAddress "
            "postOfficeBoxNumber postalCode"
        ),
        geo=one("GeoCoordinates"),
    ),
    "GeoCoordinates": cls(
        "type latitude longitude", type=choice("GeoCoordinates"), latitude=NUMBER, longitude=NUMBER
    ),
    "Subject": cls("", id=IRI),
    "Typed": cls("type", id=IRI, type=words),
    "Identified": cls("id type", id=IRI, type=words),
}


def schema(root: str, *, strict: bool, version: str = V2) -> Schema:
    """The JSON schema (2020-12) of a credential of this class, on VCDM 2.0 or, as early badges are, 1.1."""
    definitions: dict[str, Schema] = {}
    for name, each in CLASSES.items():
        definitions[name] = {
            "type": "object",
            "required": each.required,
            "properties": {member: kind(strict) for member, kind in each.members.items()},
        } | ({"additionalProperties": False} if each.closed else {})
    if version == V1:
        whole = definitions[root]
        dates = {"issuanceDate": MOMENT(strict), "expirationDate": MOMENT(strict)}
        context = whole["properties"]["@context"]
        first, *others = context["prefixItems"]
        context = context | {"prefixItems": [first | {"pattern": _V1}, *others]}
        definitions[root] = whole | {
            "required": ["issuanceDate" if name == "validFrom" else name for name in whole["required"]],
            "properties": whole["properties"] | dates | {"@context": context},
        }
    return {"$ref": f"#/$defs/{root}", "$defs": definitions}
