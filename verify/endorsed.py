"""Endorsements in the name of this city: judged by the register alone, shown beside what they are about."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from credentials import endorsing
from credentials.models import Endorsement
from issuers.models import Issuer, SigningKey
from issuers.reading import the_city

from . import embedded, gate, resolver, shape
from .errors import Malformed
from .foreign import apart, forms
from .foreign.endorsements import KIND, Ours, Own
from .report import Report


def is_endorsement(document: Mapping[str, Any]) -> bool:
    """Whether it says that it is an endorsement, which is no certificate."""
    types = document.get("type")
    return KIND in (types if isinstance(types, list) else [types])


def judging(*, now: datetime) -> Ours:
    """What judges endorsements in the name of this city, as of ``now``."""

    def judge(form: forms.Form) -> Own | None:
        base_url = settings.BASE_URL
        if form.document is None:  # a token; the city endorses by none
            ours = any(embedded.is_ours(name, base_url=base_url) for name in gate.names_in_token(form.raw))
            return Own(code="endorsement-unknown") if ours else None
        if not embedded.speaks_for_us(form.document, base_url=base_url):
            return None
        return _judged(form.document, now=now)

    return judge


def _judged(document: dict[str, Any], *, now: datetime) -> Own:
    """Form, key, signature, the endorser's standing and whether it was withdrawn, in this order."""
    try:
        opened = embedded.open_document(document)
    except Malformed:
        return Own(code="endorsement-form")
    found = _endorser(opened)
    if found is None or shape.issuer_id(document) != opened.did:
        return Own(code="method-not-found" if found is None else "issuer-not-controller")
    key, endorser = found
    try:
        if not embedded.is_signed(opened, key=key):
            return Own(code="proof-tampered")
    except apart.TooSlow:
        return Own(code="too-slow")
    if key.state == SigningKey.State.COMPROMISED:
        return Own(code="method-revoked")
    if opened.created < key.not_before or (key.not_after is not None and opened.created >= key.not_after):
        return Own(code="method-expired")
    name = endorser.name if endorser else the_city().name_fr
    return Own(code=_standing(document, endorser), name=name)


def _endorser(opened: embedded.Embedded) -> tuple[SigningKey, Issuer | None] | None:
    """The key of the register, and whose it is; the city's where there is no issuer."""
    if service := resolver.service_key(did=opened.did, fragment=opened.fragment):
        return service, None
    ed25519 = SigningKey.Algorithm.ED25519
    issuer = resolver.key_of(did=opened.did, fragment=opened.fragment, algorithm=ed25519)
    return (issuer.key, issuer.issuer) if issuer else None


def _standing(document: Mapping[str, Any], endorser: Issuer | None) -> str:
    """Whether it still counts, as we know ourselves."""
    name = str(document.get("id", "")).removeprefix(f"{settings.BASE_URL}/e/")
    kept = Endorsement.objects.filter(pk=name, endorser=endorser).only("withdrawn_at").first()
    if kept is None:
        return "endorsement-unknown"
    if kept.withdrawn_at:
        return "status-revoked"
    active = endorser is None or endorser.state == Issuer.State.ACTIVE
    return "passed" if active else "endorsement-not-active"


def shown(report: Report) -> list[Endorsement]:
    """Who endorses a certificate of ours that may be shown, its course and its provider."""
    if report.stated is None or report.issuer is None or not report.issuer.slug:
        return []
    return endorsing.beside(
        certificate=report.stated.id.removeprefix(f"{settings.BASE_URL}/c/"),
        course=report.stated.achievement_url.removeprefix(f"{settings.BASE_URL}/a/"),
        provider=report.issuer.slug,
    )
