"""Makes the badge from elsewhere that the demo's learner brings: ``python -m tests.passport.demo_badge``."""

import json
from typing import Any

import django
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.passport.elsewhere import identity
from tests.verify.foreign import signers

#: Of an academy that there is not; everybody may know it.
KEY = Ed25519PrivateKey.from_private_bytes(signers._secret("the demo's academy of elsewhere"))
SKILL = "http://data.europa.eu/esco/skill/15a33d76-4640-438d-ae64-fdc0c1d3eebc"


def badge() -> dict[str, Any]:
    """In Arabic, given to her e-mail, with one skill; the same at each making."""
    issuer = signers.did_key(KEY)
    document = {
        "@context": [signers.V2, signers.OB3],
        "id": "urn:uuid:7d1f7a52-3f0c-4c1b-9b41-1f6f0a5d2c63",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "العناية بالزبناء: الاستقبال والإصغاء",
        "issuer": {"id": issuer, "type": ["Profile"], "name": "أكاديمية الضفتين"},
        "validFrom": "2025-03-14T10:00:00Z",
        "credentialSubject": {
            "id": "urn:uuid:c3a8a0d5-8f8e-4a57-9a4e-59d9b6f6d1b0",
            "type": ["AchievementSubject"],
            "identifier": [
                identity("fatima-zahra@example.org", hashed=True, salt="ضفتان"),
                identity("Fatima-Zahra El Idrissi", kind="name"),
            ],
            "achievement": {
                "id": "https://academie.example/achievements/accueil",
                "type": ["Achievement"],
                "achievementType": "Badge",
                "name": "العناية بالزبناء: الاستقبال والإصغاء",
                "inLanguage": "ar",
                "description": "دورة عبر الإنترنت من ثلاثين ساعة حول استقبال الزبناء والإصغاء إليهم.",
                "criteria": {"narrative": "ثلاثة مواقف مصوّرة قيّمها مكوّنان."},
                "alignment": [
                    {
                        "type": ["Alignment"],
                        "targetType": "ceasn:Competency",
                        "targetName": "خدمة الزبناء",
                        "targetUrl": SKILL,
                        "targetFramework": "ESCO",
                    }
                ],
            },
        },
    }
    return signers.signed(document, key=KEY, created="2025-03-14T10:00:01Z")


def text() -> str:
    """As it lies in the file."""
    return json.dumps(badge(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    django.setup()
    from passport.demo.elsewhere import BADGE

    BADGE.write_text(text())
