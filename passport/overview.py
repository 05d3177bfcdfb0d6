"""What a learner's data pages show: her consents a purpose, her wishes, how often her pages were opened."""

from dataclasses import dataclass

from django.db.models import QuerySet

from credentials.models import CorrectionRequest, Credential

from .consents import TEXTS
from .models import Consent, Entry, Learner, Opening

OPENINGS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One purpose: its words, the consent that lives, if any, and those of before."""

    purpose: str
    label: str
    words: str
    living: Consent | None
    earlier: list[Consent]
    #: Whether she agreed to these very words.
    current: bool


def consents_of(*, learner: Learner) -> list[Line]:
    """Every purpose there is, with what she said to it."""
    given: dict[str, list[Consent]] = {}
    for each in Consent.objects.filter(learner=learner).select_related("by", "house"):
        given.setdefault(each.purpose, []).append(each)
    lines = []
    for purpose, (version, words) in TEXTS.items():
        all_of_it = given.get(purpose, [])
        living = next((each for each in all_of_it if each.withdrawn_at is None), None)
        lines.append(
            Line(
                purpose=purpose,
                label=str(Consent.Purpose(purpose).label),
                words=str(words),
                living=living,
                earlier=[each for each in all_of_it if each.withdrawn_at is not None],
                current=living is not None and living.text_version == version,
            )
        )
    return lines


def openings_of(*, learner: Learner) -> list[Opening]:
    """The newest days on which somebody opened one of her certificates' pages, and how often."""
    mine = Opening.objects.filter(credential__entry__learner=learner).order_by("-on", "credential")
    return list(
        mine.select_related("credential__achievement").defer("credential__jwt", "credential__paper")[
            :OPENINGS
        ]
    )


def corrections_of(*, learner: Learner) -> list[CorrectionRequest]:
    """What she asked providers to correct, the newest first."""
    mine = CorrectionRequest.objects.filter(credential__entry__learner=learner).order_by("-asked_at")
    related = mine.select_related("credential__achievement", "credential__issuer")
    return list(related.defer("credential__jwt", "credential__paper"))


def correctable(*, learner: Learner) -> list[Entry]:
    """Her certificates that a provider can correct, and about which nothing is asked."""
    return [
        entry
        for entry in held(learner=learner).filter(credential__status__in=("active", "suspended"))
        if not any(each.state == CorrectionRequest.State.OPEN for each in entry.credential.corrections.all())
    ]


def held(*, learner: Learner) -> QuerySet[Entry]:
    """All her certificates, hidden or not, without their documents."""
    mine = Entry.objects.filter(learner=learner).select_related(
        "credential__achievement", "credential__issuer"
    )
    mine = mine.prefetch_related("credential__corrections").exclude(
        credential__status=Credential.Status.REPLACED
    )
    return mine.defer("credential__jwt", "credential__paper")
