"""The signed status lists once more, as JSON with a Data Integrity proof, for verifiers that read no VC-JWT.

Whoever checks an embedded proof commonly reads lists that are secured in the same way (Bitstring Status List
1.0, section 2.2: a list SHOULD be secured as the credential is). What is proved is what the VC-JWT says.
"""

import json
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from issuers import jose, keys
from issuers.errors import NoActiveKey, SealBroken
from issuers.models import Issuer, SigningKey

from . import linting, proving
from .models import StatusListVersion

#: What the VC-JWT has beside the credential: the claims that repeat it, and our own counter.
CLAIMS = ("iss", "sub", "iat", "exp", "version")


def fields(payload: dict[str, Any], *, issuer: Issuer, now: datetime) -> dict[str, Any]:
    """The columns of a version that hold it; empty while the issuer has no key for proofs.

    To be stored in the transaction in which this is called. The VC-JWT does not wait for it.
    """
    try:
        signer = proving.signer_of(issuer, now=now)
        signer.require_active()
    except (NoActiveKey, SealBroken):
        return {"document": "", "proof_key": None}
    document = {name: value for name, value in payload.items() if name not in CLAIMS}
    lint = partial(linting.lint_list_proof, document, issuer_id=issuer.pk)
    secured = proving.proved(document, signer=signer, lint=lint, now=now, array=False)
    return {"document": json.dumps(secured, ensure_ascii=False, indent=1), "proof_key": signer.key}


def wanting() -> QuerySet[StatusListVersion]:
    """The versions without a proof that counts."""
    nobody = Q(proof_key__isnull=True) | Q(proof_key__state=SigningKey.State.COMPROMISED)
    return StatusListVersion.objects.filter(nobody)


@transaction.atomic
def prove(*, version_id: int, now: datetime) -> bool:
    """Prove a version that stands signed already; whether there is a proof now. Raises InvalidTokenError."""
    version = (
        wanting()
        .filter(pk=version_id)
        .select_related("status_list__issuer")
        .select_for_update(of=("self",))
        .first()
    )
    if version is None:
        return False
    issuer = version.status_list.issuer
    key = SigningKey.objects.get(issuer=issuer, thumbprint=jose.kid_of(version.body).rpartition("#")[2])
    payload = json.loads(keys.verify_jws(version.body, key=key))
    made = fields(payload, issuer=issuer, now=now)
    return bool(
        made["document"]
        and StatusListVersion.objects.filter(pk=version.pk, version=version.version).update(**made)
    )
