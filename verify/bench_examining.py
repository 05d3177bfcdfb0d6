"""Examines one thing of a bench: the report that the verifier makes, and what a PDF prints otherwise."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings

from . import carriers, comparing, gate, printed, verifier
from .errors import Malformed, NotKnown
from .foreign import fetching
from .foreign.fetching import Fetch
from .report import Report, Text, moment

#: How pictures begin that a camera or a scanner makes: no server of ours looks at a picture.
PICTURES = (b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")
FILMED = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif")  # ISO base media: pictures of telephones
PRINT_DIFFERS = "print-differs"
NOT_READ = "not-read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What came of it: ``outcome`` is what is counted, ``finding`` what is shown and goes with the bench."""

    outcome: str
    finding: dict[str, Any] = field(default_factory=dict)


def examine(*, data: bytes, now: datetime, fetch: Fetch | None = None) -> Examined:
    """The report on this file or text as the table shows it; whatever it is, it gets a line.

    ``fetch`` asks others about documents of elsewhere, in its own way unless another is given.
    """
    try:
        source = gate.read_source(data, base_url=settings.BASE_URL, links=True)
        report = verifier.verify(source=source, now=now, door="bench", fetch=fetch or fetching.strangers())
    except Malformed as refused:
        return unread(_fault(data, refused.fault))
    except NotKnown:
        return unread("not-known")
    differences = _differences(data, report)
    outcome = PRINT_DIFFERS if differences and report.holds else report.verdict.value
    return Examined(outcome=outcome, finding=_finding(report, differences))


def unread(fault: str) -> Examined:
    """The line of what could not be read; ``fault`` leads to the sentence with the remedy."""
    return Examined(outcome=NOT_READ, finding={"fault": fault})


def _fault(data: bytes, fault: str) -> str:
    is_webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    filmed = data[4:8] == b"ftyp" and data[8:12] in FILMED
    if data.startswith(PICTURES) or is_webp or filmed or fault == "image-without-credential":
        return "picture"
    return fault


def _differences(data: bytes, report: Report) -> list[comparing.Difference]:
    if not (carriers.is_pdf(data) and report.stated):
        return []
    try:
        shown = printed.read(data)
    except Malformed:
        return [comparing.Difference(field=comparing.Field.UNREADABLE)]
    return comparing.differences(shown=shown, report=report)


def _finding(report: Report, differences: list[comparing.Difference]) -> dict[str, Any]:
    stated, issuer = report.stated, report.issuer
    found: dict[str, Any] = {
        "reason": report.reason.value,
        "checked_at": moment(report.checked_at),
        "as_of": moment(report.status_as_of),
        "concealed": report.concealed,
        "successor": report.successor_url,
        "lists": [
            {
                "purpose": seen.purpose,
                "number": seen.number,
                "version": seen.version,
                "iat": int(seen.signed_at.timestamp()),
            }
            for seen in report.lists
        ],
        "differences": [asdict(each) for each in differences],
    }
    if issuer:
        found["issuer"] = {"fr": issuer.name_fr, "ar": issuer.name_ar, "url": issuer.url}
    if report.foreign:
        found["foreign"] = _of_elsewhere(report.foreign)
    if stated:
        found["stated"] = {
            "id": stated.id,
            "names": _pairs(stated.names),
            "titles": _pairs(stated.titles),
            "level": stated.level,
            "hours": stated.hours,
            "awarded_on": stated.awarded_on.isoformat() if stated.awarded_on else "",
            "valid_from": moment(stated.valid_from),
            "valid_until": moment(stated.valid_until),
        }
    return found


def _of_elsewhere(foreign: dict[str, Any]) -> dict[str, Any]:
    """Of a document from elsewhere: who signed, what it says, and what speaks against it, in codes."""
    faults = [each for each in foreign["findings"] if each["outcome"] != "passed"]
    worst = min(faults, key=lambda each: each["outcome"] == "unknown", default=None)
    credential = foreign["credential"]
    return {
        "issuer": foreign["issuer"]["name"] or foreign["issuer"]["id"],
        "id": foreign["issuer"]["id"],
        "holds": foreign["holds"],
        "code": worst["code"] if worst else "",
        "step": worst["name"] if worst else "",
        "titles": [[title["text"], title["language"]] for title in credential["titles"]],
        "valid_until": credential["valid_until"],
    }


def _pairs(texts: tuple[Text, ...]) -> list[list[str]]:
    return [[text.text, text.language] for text in texts]
