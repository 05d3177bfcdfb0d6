"""Shapes a bench for its page and for a spreadsheet: verdicts in shape, word and colour; what differs."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from credentials.listings import FORMULA

from . import presenting
from .bench_examining import NOT_READ, PRINT_DIFFERS
from .bench_receipts import Receipt
from .comparing import Field
from .errors import REMEDIES, Malformed, NotKnown, TooLarge
from .foreign.wording import elsewhere
from .models import BenchItem
from .report import Reason, Text
from .wording import FACES, Face, Sentence

#: What a line may have come to, from the best to the worst, as the summary counts it.
COUNTED: dict[str, Sentence] = {
    "valid": gettext_lazy("valid"),
    "expired": gettext_lazy("expired"),
    "not-yet-valid": gettext_lazy("not valid yet"),
    "suspended": gettext_lazy("suspended"),
    "replaced": gettext_lazy("replaced"),
    "revoked": gettext_lazy("revoked"),
    PRINT_DIFFERS: gettext_lazy("with a changed print"),
    "tampered": gettext_lazy("altered"),
    "unknown-issuer": gettext_lazy("of an unknown issuer"),
    "not-checkable": gettext_lazy("not checkable"),
    NOT_READ: gettext_lazy("not read"),
}
FIELDS: dict[str, Sentence] = {
    Field.NAME: gettext_lazy("Name"),
    Field.TITLE: gettext_lazy("Title"),
    Field.LEVEL: gettext_lazy("Level"),
    Field.HOURS: gettext_lazy("Hours"),
    Field.AWARDED: gettext_lazy("Date of the award"),
    Field.UNTIL: gettext_lazy("Valid until"),
    Field.CODE: gettext_lazy("Short code"),
}
SAYINGS: dict[str, Sentence] = {
    Field.OVERLAY: gettext_lazy("Something was laid over the page after it was made."),
    Field.UNREADABLE: gettext_lazy("Its print cannot be read here. Compare it with what was signed by eye."),
}
_PRINT_DIFFERS = Face(
    state=PRINT_DIFFERS,
    tone="bent",
    seal="broken",
    headline=gettext_lazy("Genuine file, changed print"),
    sentence=gettext_lazy("Only what was signed counts. The print says otherwise: do not rely on it."),
)
_NOT_READ = Face(state=NOT_READ, tone="far", seal="unknown", headline=gettext_lazy("Not read"), sentence="")
_FAULTS: dict[str, Sentence] = {
    "not-known": NotKnown.message,
    "file-too-large": TooLarge.message,
    "pdf-without-credential": gettext_lazy(
        "No signed file is inside this PDF. Photograph the square code, or ask for the original file."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """A difference as it is shown: what was signed beside what stands on the print."""

    label: str
    signed: Text
    printed: Text
    day: date | None = None  # of a signed date, written as the page writes dates


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table."""

    number: int
    name: str
    face: Face
    sentence: str
    names: list[Text] = field(default_factory=list)
    titles: list[Text] = field(default_factory=list)
    level: str = ""
    hours: int | None = None
    issuer: Text | None = None
    issuer_url: str = ""
    signer: str = ""  # who signed a document of elsewhere, by its own words
    signer_id: str = ""
    awarded_on: date | None = None
    until: datetime | None = None
    link: str = ""
    successor: str = ""
    differing: list[Differing] = field(default_factory=list)
    sayings: list[str] = field(default_factory=list)

    @property
    def is_bad(self) -> bool:
        return self.face.tone in ("off", "bent")


def rows(items: Iterable[BenchItem]) -> list[Row]:
    """The lines as the page shows them, in the reader's language."""
    return [_row(item) for item in items]


def summary(outcomes: dict[str, int]) -> list[tuple[str, int, Sentence]]:
    """(outcome, how many, the word), the best first."""
    return [(outcome, outcomes[outcome], word) for outcome, word in COUNTED.items() if outcomes.get(outcome)]


def receipt_context(receipt: Receipt) -> dict[str, Any]:
    """What the page about a receipt shows: when it was signed, what was counted, each line's word."""
    lines = [
        {"name": item["name"], "word": COUNTED.get(item["verdict"], ""), "sha256": item["sha256"]}
        for item in receipt.items
    ]
    return {"signed_at": receipt.signed_at, "summary": summary(receipt.counts), "lines": lines}


def _row(item: BenchItem) -> Row:
    found = item.finding
    face = _face(item)
    shown: dict[str, Any] = {}
    if stated := found.get("stated"):
        until, awarded = stated["valid_until"], stated["awarded_on"]
        shown = {
            "names": _texts(stated["names"]),
            "titles": _texts(stated["titles"]),
            "level": stated["level"],
            "hours": stated["hours"],
            "awarded_on": date.fromisoformat(awarded) if awarded else None,
            "until": datetime.fromisoformat(until) if until else None,
            "link": stated["id"],
        }
    if issuer := found.get("issuer"):
        shown["issuer"] = presenting.of_reader(fr=issuer["fr"], ar=issuer["ar"])
        shown["issuer_url"] = issuer["url"]
    if foreign := found.get("foreign"):
        until = foreign["valid_until"]
        shown["titles"] = _texts(foreign["titles"])
        shown["until"] = datetime.fromisoformat(until) if until else None
        shown["signer"], shown["signer_id"] = foreign["issuer"], foreign["id"]
    differences = found.get("differences", [])
    return Row(
        number=item.number,
        name=item.name,
        face=face,
        sentence=_sentence(face, found),
        successor=found.get("successor", ""),
        differing=[_differing(each) for each in differences if each["field"] in FIELDS],
        sayings=[str(SAYINGS[each["field"]]) for each in differences if each["field"] in SAYINGS],
        **shown,
    )


def _face(item: BenchItem) -> Face:
    if item.outcome == PRINT_DIFFERS:
        return _PRINT_DIFFERS
    return _NOT_READ if item.outcome == NOT_READ else FACES[Reason(item.finding["reason"])]


def _sentence(face: Face, found: dict[str, Any]) -> str:
    if face is _NOT_READ:
        fault = found.get("fault", "")
        return str(_FAULTS.get(fault) or REMEDIES.get(fault) or Malformed.message)
    if found.get("concealed"):
        return _("Its holder shows nothing but this verdict. Ask the person for the paper or the file.")
    if foreign := found.get("foreign"):
        return str(elsewhere(foreign["holds"], code=foreign["code"], step=foreign["step"]))
    return "" if face.state == Reason.VALID else str(face.sentence)


def _texts(pairs: list[list[str]]) -> list[Text]:
    return presenting.in_reading_order(Text(text=text, language=language) for text, language in pairs)


def _differing(found: dict[str, Any]) -> Differing:
    field, language = found["field"], found["language"]
    dated = field in (Field.AWARDED, Field.UNTIL)
    spoken = field in (Field.NAME, Field.TITLE)
    return Differing(
        label=str(FIELDS[field]),
        signed=Text(text=found["signed"], language=language if spoken else ""),
        printed=Text(text=found["printed"], language=language),
        day=date.fromisoformat(found["signed"]) if dated else None,
    )


# -- For a spreadsheet ----------------------------------------------------------------------------
def as_csv(items: Iterable[BenchItem]) -> bytes:
    """UTF-8 with a mark, so that every spreadsheet reads it; no cell can be taken for a formula."""
    text = io.StringIO()
    table = csv.writer(text, delimiter="," if (get_language() or "").startswith("en") else ";")
    head = (_("No."), _("File"), _("Verdict"), _("Why"), _("Name"), _("Title"), _("Level"), _("Hours"))
    further = (_("Issuer"), _("Date of the award"), _("Valid until"), _("Differences"), _("Certificate"))
    table.writerow([*head, *further])
    for row in rows(items):
        cells = [row.number, row.name, str(row.face.headline), row.sentence]
        cells += [_joined(row.names), _joined(row.titles), row.level, row.hours or ""]
        cells += [row.issuer.text if row.issuer else row.signer, _iso(row.awarded_on), _iso(row.until)]
        cells += [_differences(row), row.link]
        table.writerow([_plain(cell) for cell in cells])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _joined(texts: list[Text]) -> str:
    return " / ".join(text.text for text in texts)


def _iso(value: date | datetime | None) -> str:
    return value.isoformat()[:10] if value else ""


def _differences(row: Row) -> str:
    told = [
        _("%(field)s: signed “%(signed)s”, printed “%(printed)s”")
        % {"field": each.label, "signed": each.signed.text, "printed": each.printed.text or "–"}
        for each in row.differing
    ]
    return " | ".join([*told, *row.sayings])


def _plain(cell: Any) -> Any:
    text = str(cell)
    return f"'{text}" if text.lstrip().startswith(FORMULA) or text.startswith(FORMULA) else cell
