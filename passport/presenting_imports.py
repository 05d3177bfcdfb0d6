"""What pages show of documents from elsewhere: their face, who signed, each check with its sentence."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from verify.foreign import wording
from verify.foreign.report import Step

from . import belonging, import_looking
from .errors import NotYourPassport
from .import_wording import Face, face_of
from .importing import AGAIN, Answer
from .models import Import, Learner

#: A key as people compare it: its beginning and its end.
HEAD, TAIL = 18, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One of them in a list."""

    brought: Import
    face: Face
    signer: str


def lines(brought: Iterable[Import], *, now: datetime) -> list[Line]:
    """Each with its face."""
    return [line(each, now=now) for each in brought]


def line(brought: Import, *, now: datetime) -> Line:
    """This one with its face."""
    return Line(brought=brought, face=face_of(brought, now=now), signer=signer_of(brought))


def signer_of(brought: Import) -> str:
    """Who signed, as the signature shows it: a site's name, or a key. What it calls itself proves nothing."""
    address = brought.issuer_id
    if address.startswith("did:web:"):
        return unquote(address.removeprefix("did:web:").split(":")[0])
    if address.startswith("https://"):
        return address.removeprefix("https://").split("/")[0]
    if len(address) > HEAD + TAIL:
        return f"{address[:HEAD]}…{address[-TAIL:]}"
    return address


def is_named(brought: Import, learner: Learner) -> bool:
    """Whether the names in it are hers, or it has none."""
    return not brought.names or belonging.is_named(brought.names, import_looking.person_of(learner))


def page(brought: Import, *, learner: Learner, now: datetime) -> dict[str, Any]:
    """All of its own page."""
    face = face_of(brought, now=now)
    report = brought.report or {}
    return {
        "brought": brought,
        "face": face,
        "signer": signer_of(brought),
        "checks": checks(report.get("findings", [])),
        "report": report,
        "fault": fault_of(brought),
        "other_name": not is_named(brought, learner),
        "again": brought.answer in AGAIN and bool(brought.content),
        "now": now,
    }


def checks(findings: Iterable[dict[str, str]]) -> list[dict[str, Any]]:
    """Each check of the last look, with its sentence."""
    return [
        {"outcome": each["outcome"], "sentence": wording.sentence(each["code"], each["step"])}
        for each in findings
    ]


def fault_of(brought: Import) -> object:
    """What was found, where an answer rests on a finding; nothing where its own sentence says it all."""
    told = brought.answer in (Answer.BROKEN, Answer.UNCHECKABLE)
    if not told or not brought.finding or brought.finding in import_looking.ELSEWHERE:
        return ""
    return wording.sentence(brought.finding, Step.PROOF.value)


def download(brought: Import) -> tuple[str, str, bytes]:
    """Its file's name and type, and what is in it. Raises NotYourPassport where nothing is kept."""
    if not brought.raw:
        raise NotYourPassport
    ending, kind = form_of(brought.raw)
    return f"certificate-{brought.pk}.{ending}", kind, brought.raw.encode()


def form_of(raw: str) -> tuple[str, str]:
    """How a document's file ends, and its media type."""
    if raw.lstrip().startswith("{"):
        return "json", "application/json"
    return (
        ("jwt", "text/plain; charset=utf-8")
        if raw.startswith("eyJ")
        else ("txt", "text/plain; charset=utf-8")
    )
