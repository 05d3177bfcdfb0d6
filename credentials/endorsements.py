"""Pure. Composes endorsements (Open Badges 3.0, EndorsementCredential) and the lists of withdrawn ones.

An endorsement says whose word it is, of what, in a few sentences, and where its withdrawal would be seen.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from . import openbadges

TYPES: Final = ["VerifiableCredential", "EndorsementCredential"]
SUBJECT: Final = "EndorsementSubject"
#: In which sentence a verifier that reads nothing else names it.
NAMES: Final = {"fr": "Recommandation : {title}", "ar": "تزكية: {title}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EndorsementFacts:
    """What one endorsement says; ``subject`` is the id of the course or provider, ``title`` its name.

    ``endorser`` is the Profile of whoever says it, ``status_list`` the address of the endorser's list.
    """

    base_url: str
    id: str
    endorser: dict[str, Any]
    subject: str
    title: str
    comment_fr: str
    comment_ar: str
    endorsed_at: datetime
    status_list: str
    slot: int

    @property
    def comment(self) -> str:
        """Both languages as one text: the standard has one member for it, without a language."""
        return "\n\n".join(text for text in (self.comment_fr, self.comment_ar) if text)


def compose(facts: EndorsementFacts) -> dict[str, Any]:
    """The EndorsementCredential without its proof (Open Badges 3.0, B.1.8 and B.1.9)."""
    language = "fr" if facts.comment_fr else "ar"
    return {
        "@context": [openbadges.VC_CONTEXT, openbadges.OB_CONTEXT],
        "id": f"{facts.base_url}/e/{facts.id}",
        "type": TYPES,
        "name": NAMES[language].format(title=facts.title),
        "issuer": facts.endorser,
        "validFrom": openbadges.moment(facts.endorsed_at),
        "credentialSubject": {
            "id": facts.subject,
            "type": [SUBJECT],
            "endorsementComment": facts.comment,
        },
        "credentialStatus": {
            "id": f"{facts.status_list}#{facts.slot}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(facts.slot),
            "statusListCredential": facts.status_list,
        },
    }


def status_list(
    *,
    address: str,
    endorser_id: str,
    packed: bytes,
    valid_from: datetime,
    valid_until: datetime,
    ttl_seconds: int,
) -> dict[str, Any]:
    """Which of its endorsements this body has withdrawn (Bitstring Status List 1.0, section 2.2)."""
    return {
        "@context": [openbadges.VC_CONTEXT],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": endorser_id,
        "validFrom": openbadges.moment(valid_from),
        "validUntil": openbadges.moment(valid_until),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": "u" + urlsafe_b64encode(packed).rstrip(b"=").decode(),
            "ttl": ttl_seconds * 1000,
        },
    }
