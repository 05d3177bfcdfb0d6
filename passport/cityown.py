"""Certificates of the city that somebody brings as if from elsewhere: known by their id, filed as all are.

What was brought proves nothing here and needs to prove nothing: what it names is looked up in the city's own
register, and whose it is decide the rules by which every certificate is filed.
"""

from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings

from credentials import paper, reading
from credentials.errors import NotYours
from credentials.models import Credential
from issuers import profiles
from verify import gate, resolver, shape
from verify.errors import Malformed, TooLarge
from verify.gate import Kind

from . import filing
from .models import Entry, Learner, Proposal


class Own(NamedTuple):
    """What is the city's own: a certificate, a record of several, or what should be one and is not there."""

    ids: tuple[str, ...]
    record: bool = False


def recognise(data: bytes | str) -> Own | None:
    """What of the city this is or names; nothing where it is from elsewhere."""
    try:
        source = gate.read_source(data, base_url=settings.BASE_URL)
        match source.kind:
            case Kind.LINK:
                return _there(source.text)
            case Kind.SHORT_CODE:
                return _there(reading.by_short_code(source.text).pk)
            case Kind.PAPER:
                stored = reading.by_cti(paper.parse(paper.cose_of(source.text)).claim.cti)
                return _there(stored.pk) if stored else Own(())
            case Kind.TOKEN:
                document = gate.open_token(source.text).payload
            case Kind.PROOF:
                document = gate.strict_json(source.text)
            case _:
                return None
    except NotYours:
        return Own(())
    except (Malformed, TooLarge, paper.PaperError):
        return None
    if found := _named(document):
        return _there(found)
    return _record(document)


def _there(*ids: str, record: bool = False) -> Own:
    stored = Credential.objects.filter(pk__in=ids, erased_at__isnull=True)
    return Own(tuple(stored.values_list("pk", flat=True)), record=record)


def _record(document: dict[str, Any]) -> Own | None:
    """A record that the city or a provider of its register made: the certificates within it."""
    issuer = document.get("issuer")
    did = issuer.get("id") if isinstance(issuer, dict) else issuer
    if not isinstance(did, str) or not (_is_city(did) or resolver.is_registered(did=did)):
        return None
    subject = document.get("credentialSubject")
    within = subject.get("verifiableCredential") if isinstance(subject, dict) else None
    inner = within if isinstance(within, list) else [within]
    named = [_named(each) for each in inner if isinstance(each, dict)]
    return _there(*filter(None, named), record=True)


def _is_city(did: str) -> bool:
    return did == profiles.did_for_city(base_url=settings.BASE_URL)


def _named(document: dict[str, Any]) -> str:
    """The id in an address of ours."""
    address = document.get("id")
    if not isinstance(address, str) or not address.startswith(f"{settings.BASE_URL}/c/"):
        return ""
    return shape.credential_id(document, base_url=settings.BASE_URL)[:40]


def file(*, learner: Learner, certificate_id: str, now: datetime) -> str:
    """File it as every certificate is; where it is: ``here``, ``asked``, ``elsewhere``, ``unclaimed``."""
    if not Entry.objects.filter(credential=certificate_id).exists():
        filing.consider(credential_ids=[certificate_id], now=now)
    entry = Entry.objects.filter(credential=certificate_id).first()
    if entry is not None:
        return "here" if entry.learner_id == learner.pk else "elsewhere"
    open_questions = Proposal.objects.filter(
        credential=certificate_id, learner=learner, answer=Proposal.Answer.OPEN
    )
    return "asked" if open_questions.exists() else "unclaimed"
