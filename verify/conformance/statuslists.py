"""The conformance issuer's own status list: 131,072 places, none of them set (Bitstring Status List 1.0)."""

from base64 import urlsafe_b64encode
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.urls import reverse

from credentials import bitstring

from .datamodel import V2
from .throwaway import signer

PURPOSE = "revocation"
TTL_SECONDS = 300


def address() -> str:
    """Where the list is."""
    return f"{settings.BASE_URL}{reverse('vc-api-status-list')}"


def entry(*, index: int) -> dict[str, Any]:
    """One place in the list (section 2.1); its id is not the list's address."""
    return {
        "id": f"{address()}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": PURPOSE,
        "statusListIndex": str(index),
        "statusListCredential": address(),
    }


def unsigned(*, now: datetime) -> dict[str, Any]:
    """The list as a credential, before it is signed (section 2.2)."""
    url = address()
    return {
        "@context": [V2],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": signer("Ed25519").did,
        "validFrom": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": PURPOSE,
            "encodedList": _nothing_set(),
            "ttl": TTL_SECONDS * 1000,
        },
    }


@lru_cache(maxsize=1)
def _nothing_set() -> str:
    return "u" + urlsafe_b64encode(bitstring.encode(())).rstrip(b"=").decode()
