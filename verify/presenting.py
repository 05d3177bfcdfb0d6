"""Shapes a report for a page: the reader's script first, the facts that an employer compares, the checks."""

from collections.abc import Iterable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from issuers.models import Theme

from . import endorsed
from .foreign import wording
from .report import Reason, Report, Text
from .wording import BROWSER_FACES, CHECKS, FACES, KEPT

#: The answer to "Is it current?"; a valid one that ends names the day.
CURRENT: dict[str, str | Promise] = {
    "valid-until": _("Yes, until %(day)s"),
    Reason.VALID: _("Yes, and it does not expire"),
    Reason.LOGGED_BEFORE: _("Yes, and it does not expire"),
    Reason.EXPIRED: _("No, it has expired"),
    Reason.NOT_YET_VALID: _("Not yet"),
    Reason.SUSPENDED: _("No, it is suspended"),
    Reason.REPLACED: _("No, a corrected one counts"),
    Reason.REVOKED: _("No, it was revoked"),
    Reason.NOT_ACCREDITED: _("The city does not stand behind it"),
    Reason.STATUS_UNKNOWN: _("Not known at present"),
    Reason.STATUS_STALE: _("To be confirmed"),
}

#: What nobody knows who asks no other site.
ASKED_ELSEWHERE = ("method-unreachable", "status-unreachable", "ob2-unreachable")


def context(report: Report) -> dict[str, Any]:
    """What ``verify/parts/report.html`` needs."""
    stated, issuer = report.stated, report.issuer
    made = [check for check in report.checks if check.made]
    return {
        "report": report,
        "face": FACES[report.reason],
        "made": made,
        "stopped": len(made) < len(report.checks),
        "names": in_reading_order(stated.names) if stated else [],
        "titles": in_reading_order(stated.titles) if stated else [],
        "criteria": in_reading_order(stated.criteria)[:1] if stated else [],
        "issuer_name": of_reader(fr=issuer.name_fr, ar=issuer.name_ar) if issuer else None,
        "current": CURRENT.get(report.reason, ""),
        "endorsements": endorsed.shown(report),
        **(_elsewhere(report.foreign) if report.foreign else {}),
        "theme": Theme(stated.theme).label if stated and stated.theme in Theme.values else "",
    }


def _elsewhere(foreign: dict[str, Any]) -> dict[str, Any]:
    """What the page says of a document from elsewhere; ``foreign_asks`` when another site knows more."""
    faults = [each for each in foreign["findings"] if each["outcome"] != "passed"]
    worst = min(faults, key=lambda each: each["outcome"] == "unknown", default={"code": "", "name": ""})
    return {
        "foreign_sentence": wording.elsewhere(foreign["holds"], code=worst["code"], step=worst["name"]),
        "foreign_standard": wording.STANDARDS[foreign["standard"]],
        "foreign_asks": any(each["code"] in ASKED_ELSEWHERE for each in faults),
    }


def in_reading_order(texts: Iterable[Text]) -> list[Text]:
    """The texts with those in the reader's own script first."""
    return sorted(texts, key=lambda text: text.language != _script())


def _script() -> str:
    return "ar" if (get_language() or "").startswith("ar") else "fr"


def of_reader(*, fr: str, ar: str) -> Text:
    """The name in the script of whoever reads, or in the other."""
    texts = [Text(text=text, language=language) for text, language in ((fr, "fr"), (ar, "ar")) if text]
    return in_reading_order(texts)[0]


#: What a printed code alone cannot come to: it takes a file, a record of ours or the city's log.
_NEVER_ON_PAPER = {
    Reason.LOGGED_BEFORE,
    Reason.UNKNOWN_KEY,
    Reason.UNSIGNED,
    Reason.FOREIGN_PROOF,
    Reason.ERASED,
}


def browser_words() -> dict[str, Any]:
    """All sentences that the reader's own browser chooses from, in the page's language."""
    faces = [face for face in (*FACES.values(), *BROWSER_FACES) if face.state not in _NEVER_ON_PAPER]
    return {
        "faces": {
            face.state: {
                "tone": face.tone,
                "seal": face.seal,
                "headline": str(face.headline),
                "sentence": str(face.sentence),
                "todo": str(face.todo),
            }
            for face in faces
        },
        "checks": {
            f"{step}.{code}": [outcome.value, str(sentence)]
            for (step, code), (outcome, sentence) in CHECKS.items()
            if code not in _NEVER_ON_PAPER
        },
        "kept": {state: str(sentence) for state, sentence in KEPT.items()},
        "current": {
            state: str(sentence) for state, sentence in CURRENT.items() if state not in _NEVER_ON_PAPER
        },
    }
