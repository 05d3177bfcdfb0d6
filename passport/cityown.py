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
from verify import carriers, gate, shape
from verify.errors import Malformed, TooLarge
from verify.gate import Kind

from . import filing
from .models import Entry, Learner, Proposal


class Own(NamedTuple):
    """A certificate of the city, or what should be one and is not there."""

    certificate_id: str
    there: bool


def recognise(data: bytes | str) -> Own | None:
    """The certificate of the city that this is or names; nothing where it is from elsewhere."""
    try:
        source = gate.read_source(data, base_url=settings.BASE_URL)
        match source.kind:
            case Kind.LINK:
                found = source.text
            case Kind.SHORT_CODE:
                found = reading.by_short_code(source.text).pk
            case Kind.PAPER:
                stored = reading.by_cti(paper.parse(paper.cose_of(source.text)).claim.cti)
                found = stored.pk if stored else ""
            case Kind.TOKEN:
                found = _named(gate.open_token(source.text).payload)
            case _:
                found = _named(gate.strict_json(_text(data)))
    except NotYours:
        return Own("", there=False)
    except (Malformed, TooLarge, paper.PaperError):
        return None
    if not found and source.kind is not Kind.PAPER:
        return None
    there = Credential.objects.filter(pk=found, erased_at__isnull=True).exists()
    return Own(found if there else "", there=there)


def _text(data: bytes | str) -> str:
    """The JSON document itself, out of whatever carries it."""
    if isinstance(data, bytes) and carriers.is_png(data):
        return carriers.from_png(data)
    if isinstance(data, bytes) and carriers.is_pdf(data):
        return carriers.from_pdf(data)
    text = (data if isinstance(data, str) else data.decode("utf-8-sig")).strip().lstrip("\ufeff")
    return carriers.from_svg(text) if carriers.is_svg(text) else text


def _named(document: dict[str, Any]) -> str:
    """The id in an address of ours, also within a wrapper."""
    for wrapper in ("credential", "verifiableCredential"):
        inner = document.get(wrapper)
        if set(document) == {wrapper} and isinstance(inner, dict):
            document = inner
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
