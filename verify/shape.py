"""Pure. What a signed credential states, and whether its parts say the same (Open Badges 3.0, 8.2.4)."""

import re
from datetime import UTC, datetime
from typing import Any

from credentials.ownterms import in_our_words

from .report import Stated, Text

CONTEXT = "https://www.w3.org/ns/credentials/v2"
TYPES = ("OpenBadgeCredential", "AchievementCredential")
HOURS = re.compile(r"PT(\d{1,5})H")
STATUS_URL = re.compile(r"/s/revocation/(\d{1,6})")
ARABIC = re.compile(r"[\u0600-\u06ff\u0750-\u077f]")
MAX_TEXTS = 6
MAX_RESULT = 12


def contradiction(payload: dict[str, Any], *, did: str, base_url: str) -> str:
    """The first rule that this payload, signed under ``did``, breaks; empty when there is none."""
    subject = _object(payload.get("credentialSubject"))
    types = _list(payload.get("type"))
    rules: tuple[tuple[str, bool], ...] = (
        ("@context", _list(payload.get("@context"))[:1] == [CONTEXT]),
        ("type", "VerifiableCredential" in types and any(kind in types for kind in TYPES)),
        ("issuer is the signer", issuer_id(payload) == did),
        ("iss", payload.get("iss") == did),
        ("id", _text(payload.get("id")).startswith(f"{base_url}/c/")),
        ("jti", payload.get("jti") == payload.get("id")),
        ("sub", bool(_text(subject.get("id"))) and payload.get("sub") == subject["id"]),
        ("nbf", same_moment(payload.get("nbf"), payload.get("validFrom"))),
        ("validFrom", read_moment(payload.get("validFrom")) is not None),
        ("exp", ("exp" in payload) == ("validUntil" in payload)),
        ("exp", "exp" not in payload or same_moment(payload["exp"], payload.get("validUntil"))),
        ("vc", "vc" not in payload and "vp" not in payload),
        ("achievement", bool(_text(_object(subject.get("achievement")).get("name")))),
        ("credentialStatus", status_slot(payload, base_url=base_url) is not None),
    )
    return next((rule for rule, kept in rules if not kept), "")


def issuer_id(payload: dict[str, Any]) -> str:
    """The issuer's id, whether it stands alone or in a Profile."""
    issuer = payload.get("issuer")
    return _text(issuer if isinstance(issuer, str) else _object(issuer).get("id"))


def credential_id(payload: dict[str, Any], *, base_url: str) -> str:
    """The id of this certificate in our address ``/c/<id>``."""
    return _text(payload.get("id")).removeprefix(f"{base_url}/c/")


def status_slot(payload: dict[str, Any], *, base_url: str) -> tuple[int, int] | None:
    """The number of the status list and the index in it, if both are written as we write them."""
    entry = _object(payload.get("credentialStatus"))
    address = _text(entry.get("statusListCredential"))
    found = STATUS_URL.fullmatch(address.removeprefix(base_url)) if address.startswith(base_url) else None
    index = _text(entry.get("statusListIndex"))
    if entry.get("type") != "BitstringStatusListEntry" or entry.get("statusPurpose") != "revocation":
        return None
    if found is None or not (index.isascii() and index.isdigit() and len(index) <= 6):
        return None
    return int(found[1]), int(index)


def names(payload: dict[str, Any]) -> tuple[Text, ...]:
    """The plain names of the subject."""
    found = []
    for item in _list(_object(payload.get("credentialSubject")).get("identifier"))[:MAX_TEXTS]:
        identity = _object(item)
        name = _text(identity.get("identityHash"))
        if identity.get("identityType") == "name" and identity.get("hashed") is False and name:
            found.append(Text(text=name, language=script(name)))
    return tuple(found)


def stated(payload: dict[str, Any]) -> Stated:
    """All that the credential states about whom, what and when. Call it for verified payloads alone."""
    achievement = in_our_words(_object(_object(payload.get("credentialSubject")).get("achievement")))
    language = _text(achievement.get("inLanguage")) or "fr"
    hours = HOURS.fullmatch(_text(achievement.get("volumeOfLearning")))
    awarded = read_moment(payload.get("awardedDate"))
    kind = _text(achievement.get("achievementType"))
    return Stated(
        id=_text(payload.get("id")),
        names=names(payload),
        titles=_texts(achievement.get("names"), achievement.get("name"), language),
        criteria=_texts(
            achievement.get("criteriaIn"), _object(achievement.get("criteria")).get("narrative"), language
        ),
        level=_level(achievement),
        hours=int(hours[1]) if hours else None,
        assessed=kind == "MicroCredential" if kind else None,
        result=_result(_object(payload.get("credentialSubject")), achievement),
        theme=_text(achievement.get("fieldOfStudy")),
        awarded_on=awarded.date() if awarded else None,
        valid_from=read_moment(payload.get("validFrom")),
        valid_until=read_moment(payload.get("validUntil")),
        achievement_url=_text(achievement.get("id")),
    )


def _texts(by_language: Any, alone: Any, language: str) -> tuple[Text, ...]:
    pairs = [(_text(text), code) for code, text in _object(by_language).items()] or [(_text(alone), language)]
    return tuple(Text(text=text, language=code) for text, code in pairs[:MAX_TEXTS] if text)


def _level(achievement: dict[str, Any]) -> str:
    """The level as the certificate prints it, such as ``B1 · CNC 3``."""
    by_framework = {
        _text(_object(item).get("targetFramework")): _text(_object(item).get("targetCode"))
        for item in _list(achievement.get("alignment"))
    }
    cnc = by_framework.get("CNC", "")
    return " · ".join(part for part in (by_framework.get("CEFR", ""), f"CNC {cnc}" if cnc else "") if part)


def _result(subject: dict[str, Any], achievement: dict[str, Any]) -> str:
    """What was reached, as people write it: ``14/20``, ``80 %``, ``B1``."""
    result = _object(next(iter(_list(subject.get("result"))), None))
    described = map(_object, _list(achievement.get("resultDescription"))[:MAX_TEXTS])
    how = next((d for d in described if d.get("id") == result.get("resultDescription")), {})
    value = _text(result.get("value"))[:MAX_RESULT]
    written = value.replace(".", ",")
    match _text(how.get("resultType")):
        case "RawScore" if _text(how.get("valueMax")):
            return f"{written}/{_text(how['valueMax'])[:MAX_RESULT]}" if value else ""
        case "Percent":
            return f"{written}\u00a0%" if value else ""
        case _:
            return value


def script(text: str) -> str:
    """The language that a text's letters suggest, for its direction and its voice."""
    return "ar" if ARABIC.search(text) else "fr"


# -- Values that anybody may have written ---------------------------------------------------------
def read_moment(value: Any) -> datetime | None:
    """An xsd:dateTimeStamp in UTC, or ``None`` when it is none (VCDM 2.0, section 4.9)."""
    try:
        moment = datetime.fromisoformat(_text(value))
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def same_moment(number: Any, text: Any) -> bool:
    """Whether a NumericDate and a dateTimeStamp name the same second."""
    moment = read_moment(text)
    return moment is not None and type(number) is int and number == int(moment.timestamp())


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
