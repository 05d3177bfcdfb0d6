"""Pure. Reads what a foreign credential says, for people: whoever issued it, to whom, for what, until when.

All of it was written by strangers: every member may be missing or of another kind, and nothing is believed
here that the checks have not confirmed.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from verify import shape
from verify.report import Text

from . import stamps
from .report import HashedIdentifier, Standard, Stated

V1 = "https://www.w3.org/2018/credentials/v1"
V2 = "https://www.w3.org/ns/credentials/v2"
BADGES = frozenset({"OpenBadgeCredential", "AchievementCredential", "EndorsementCredential"})
MAX_TEXT = 4_000
MAX_TEXTS = 8
MAX_IDENTIFIERS = 20
MAX_IMAGE = 300_000  # characters of a data: URL


def standard(credential: Mapping[str, Any]) -> Standard:
    """What kind of credential it says it is."""
    kinds = types(credential)
    if "ClrCredential" in kinds:
        return Standard.CLR2
    if kinds & BADGES:
        return Standard.OB3
    return Standard.VC1 if listed(credential.get("@context"))[:1] == [V1] else Standard.VC2


def types(credential: Mapping[str, Any]) -> set[str]:
    """Its types."""
    return {kind for kind in listed(credential.get("type")) if isinstance(kind, str)}


def issuer_id(credential: Mapping[str, Any]) -> str:
    """The issuer's identifier, whether it stands alone or in a profile."""
    issuer = credential.get("issuer")
    return text(issuer) or text(member(issuer, "id"))


def issuer_name(credential: Mapping[str, Any]) -> str:
    """What the issuer calls itself."""
    return next((each.text for each in texts(member(credential.get("issuer"), "name"))), "")


def starts(credential: Mapping[str, Any]) -> Any:
    """The member that says from when it counts, as it stands there (VCDM 2.0, or 1.1)."""
    return credential.get("validFrom", credential.get("issuanceDate"))


def ends(credential: Mapping[str, Any]) -> Any:
    """The member that says until when it counts, as it stands there."""
    return credential.get("validUntil", credential.get("expirationDate"))


def subject(credential: Mapping[str, Any]) -> Mapping[str, Any]:
    """Its subject, the first one where there are several."""
    return next((each for each in listed(credential.get("credentialSubject")) if isinstance(each, dict)), {})


def identifiers(credential: Mapping[str, Any]) -> tuple[HashedIdentifier, ...]:
    """By what it names its subject (Open Badges 3.0, IdentityObject)."""
    found = []
    for each in listed(subject(credential).get("identifier"))[:MAX_IDENTIFIERS]:
        kind, value = text(member(each, "identityType")), text(member(each, "identityHash"))
        if kind and value:
            hashed = member(each, "hashed") is not False
            salt = text(member(each, "salt"))
            found.append(HashedIdentifier(type=kind, hashed=hashed, value=value[:300], salt=salt[:300]))
    return tuple(found)


def names(credential: Mapping[str, Any]) -> tuple[str, ...]:
    """The plain names of its subject."""
    told = [
        each.value
        for each in identifiers(credential)
        if each.type in ("name", "ext:name") and not each.hashed
    ]
    own = [each.text for each in texts(subject(credential).get("name"))]
    return tuple(dict.fromkeys([*told, *own]))


def stated(credential: Mapping[str, Any]) -> Stated:
    """What was achieved, in the document's own words."""
    achievement = member(subject(credential), "achievement")
    achievement = achievement if isinstance(achievement, dict) else {}
    language = text(achievement.get("inLanguage"))
    criteria = member(achievement, "criteria")
    return Stated(
        titles=texts(achievement.get("name"), language) or texts(credential.get("name")),
        descriptions=texts(achievement.get("description"), language) or texts(credential.get("description")),
        criteria=texts(member(criteria, "narrative"), language),
        criteria_url=text(member(criteria, "id"))[:MAX_TEXT],
        achievement_id=text(achievement.get("id"))[:MAX_TEXT],
        achievement_type=text(achievement.get("achievementType"))[:100],
        awarded_at=moment(credential.get("awardedDate")),
        valid_from=moment(starts(credential)),
        valid_until=moment(ends(credential)),
        image=_image(achievement.get("image")) or _image(credential.get("image")),
    )


def _image(value: Any) -> str:
    found = text(value) or text(member(value, "id"))
    return found if len(found) <= MAX_IMAGE else ""


def texts(value: Any, language: str = "") -> tuple[Text, ...]:
    """A text, or the texts of language value objects (VCDM 2.0, 11.1), with their languages."""
    found = []
    for each in listed(value)[:MAX_TEXTS]:
        words = text(each) or text(member(each, "@value"))
        code = text(member(each, "@language")) or language
        if words.strip():
            words = words[:MAX_TEXT]
            found.append(Text(text=words, language=(code or shape.script(words))[:20]))
    return tuple(found)


def moment(value: Any) -> datetime | None:
    """A dateTimeStamp in UTC, or ``None``."""
    return stamps.read(value)


def text(value: Any) -> str:
    """The text, or none for whatever else it is."""
    return value if isinstance(value, str) else ""


def member(value: Any, name: str) -> Any:
    """A member of an object, or none."""
    return value.get(name) if isinstance(value, dict) else None


def listed(value: Any) -> list[Any]:
    """The values, whether one stands alone or several in a list."""
    return value if isinstance(value, list) else [] if value is None else [value]
