"""Re-reads the published status lists from their signed form, apart from the code that uses them."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from django.conf import settings

from issuers.models import Issuer, SigningKey

from . import reproof
from .models import StatusList, StatusListVersion
from .reproof import Wrong

#: So many lists are held in memory; three times 16 KB each.
AT_ONCE = 64
Bits = dict[str, tuple[bytes, datetime]]


class Lists:
    """The bits of lists by purpose, each with the moment at which it was signed."""

    def __init__(self, issuers: Mapping[int, Issuer], *, fault: Callable[[str, str], None]) -> None:
        self._issuers, self._fault = issuers, fault
        self._held: dict[int, Bits] = {}

    def of(self, number: int) -> Bits:
        """What the issuer's keys signed of this list; what they did not is left out and told."""
        if number not in self._held:
            if len(self._held) >= AT_ONCE:
                self._held.clear()
            self._held[number] = dict(self._read(number))
        return self._held[number]

    def _read(self, number: int) -> Iterator[tuple[str, tuple[bytes, datetime]]]:
        owner = StatusList.objects.filter(pk=number).values_list("issuer_id", flat=True).first()
        issuer = self._issuers.get(owner) if owner else None
        if issuer is None:
            return
        did = reproof.did(settings.BASE_URL, issuer.slug)
        keys = SigningKey.objects.filter(issuer=issuer, algorithm="ES256").exclude(state="compromised")
        known = {f"{did}#{key.thumbprint}": key.public_jwk for key in keys.defer("sealed")}
        for version in StatusListVersion.objects.filter(status_list=number):
            try:
                yield version.purpose, (_signed_bits(version, did=did, known=known), version.signed_at)
            except (Wrong, KeyError, TypeError, ValueError):
                self._fault(f"list {number} {version.purpose}", "list-signature")


def _signed_bits(version: StatusListVersion, *, did: str, known: Mapping[str, Mapping[str, str]]) -> bytes:
    """The bits of a published list, if one of these keys signed it and the row says the same."""
    kid = json.loads(reproof.raw(version.body.split(".")[0]))["kid"]
    key, _ = reproof.public_key(known[kid])
    payload = reproof.jws(version.body, key=key, kid=kid, typ="vc+jwt")
    subject = payload["credentialSubject"]
    named = f"{settings.BASE_URL}/s/{version.purpose}/{version.status_list_id}"
    if (payload["issuer"], payload["id"], subject["statusPurpose"]) != (did, named, version.purpose):
        raise Wrong("another list")
    bits = reproof.bits_of(subject["encodedList"])
    if reproof.inflated(bytes(version.bits)) != bits:
        raise Wrong("other bits beside it")
    return bits
