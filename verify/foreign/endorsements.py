"""Checks the endorsements within a document: each by its own signature, and that it is about the document.

Open Badges 3.0, 9.1: what endorses a credential, its achievement or its issuer is verified like a credential.
A broken one is named, and makes nothing else false: anybody may add to what others sign of themselves.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from verify.errors import VerifyError

from . import forms, reading
from .report import Endorsed, ForeignReport

KIND = "EndorsementCredential"
#: Of one document; the rest is counted and not looked at.
MOST = 10
Examine = Callable[[forms.Form], ForeignReport]


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What an endorsement in the name of this city is worth; ``name`` is its giver's in the register."""

    code: str
    name: str = ""

    @property
    def holds(self) -> bool | None:
        return True if self.code == "passed" else None if self.code == "too-slow" else False


#: Says what it is worth, if it is in the name of this city; for such nobody else is asked.
Ours = Callable[[forms.Form], Own | None]


def nobody(form: forms.Form) -> Own | None:
    """Where no register is at hand, every endorsement is of elsewhere."""
    return None


def check(credential: Mapping[str, Any], *, examine: Examine, ours: Ours = nobody) -> tuple[Endorsed, ...]:
    """A finding on each endorsement within, in order, at most ``MOST``."""
    found: list[Endorsed] = []
    for about, subject, given in _within(credential):
        if len(found) == MOST:
            found.append(Endorsed(about=about, code="endorsement-many", holds=None))
            break
        found.append(_one(about, subject, given, examine=examine, ours=ours))
    return tuple(found)


def _within(credential: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """What is endorsed, its id, and the endorsement as it stands there."""
    achievement = reading.member(reading.subject(credential), "achievement")
    for about, thing in (
        ("credential", credential),
        ("achievement", achievement),
        ("issuer", credential.get("issuer")),
    ):
        for name in ("endorsement", "endorsementJwt"):
            for given in reading.listed(reading.member(thing, name)):
                yield about, reading.text(reading.member(thing, "id")), given


def _one(about: str, subject: str, given: Any, *, examine: Examine, ours: Ours) -> Endorsed:
    try:
        form = forms.within(given)
        own = ours(form)
        if own is not None and form.document is None:
            return Endorsed(about=about, code=own.code, holds=own.holds)
        if own is not None and form.document is not None:
            return _read(about, subject, form.document, code=own.code, holds=own.holds, known=own.name)
        report = examine(form)
    except VerifyError:
        return Endorsed(about=about, code="endorsement-form", holds=False)
    worst = report.worst
    return _read(about, subject, report.document, code=worst.code if worst else "passed", holds=report.holds)


def _read(
    about: str,
    subject: str,
    document: Mapping[str, Any],
    *,
    code: str,
    holds: bool | None,
    known: str = "",
) -> Endorsed:
    """What it says, where it holds and speaks of what it lies in."""
    endorser = reading.issuer_id(document)
    if KIND not in reading.types(document):
        code, holds = "endorsement-form", False
    elif holds and reading.text(reading.subject(document).get("id")) != subject:
        code, holds = "endorsement-subject", False
    comments = reading.texts(reading.subject(document).get("endorsementComment"))
    return Endorsed(
        about=about,
        code=code,
        holds=holds,
        endorser_id=endorser[:300],
        # Only what is proved is repeated: anybody may have written the rest.
        endorser_name=(known or reading.issuer_name(document)) if holds else "",
        known=bool(known and holds),
        comment=comments[0].text if holds and comments else "",
        since=reading.moment(reading.starts(document)) if holds else None,
    )
