"""What the other sees of a shared passport: who, what she can do, who says so, and whether it is current.

Each certificate is verified anew, and names, providers and status come from what was signed and from the
city's register. The learner sees the very same before she shares it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.urls import reverse

from credentials import endorsing_certificates, paper
from credentials.models import Achievement, Credential, Endorsement
from verify import counting, verifier
from verify.report import Reason, Report
from verify.wording import FACES, Face

from . import consents, looks, names, presenting_imports, sharing, skills
from .errors import LeadsNowhere, LinkHasExpired
from .evidence import Shown
from .models import (
    Address,
    Consent,
    Declaration,
    Entry,
    Import,
    Learner,
    Look,
    Presentation,
    PresentationOpening,
)
from .sharing import Detail, Item, Kind

#: How many skills are shown in one glance.
AT_A_GLANCE = 6
_RANK = {reason: rank for rank, reason in enumerate(Reason)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A name in both scripts, whole or as its first name and an initial."""

    name_latin: str
    name_arabic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate as the other sees it; ``named`` only where it names somebody else than the page."""

    credential: Credential
    achievement: Achievement
    report: Report
    face: Face
    named: Named | None
    link: str
    code: str
    endorsements: tuple[Endorsement, ...] = ()

    @property
    def holds(self) -> bool:
        return self.report.holds is True


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """A certificate from elsewhere as the other sees it; ``named`` only where it names somebody else."""

    line: presenting_imports.Line
    named: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """The page behind a link."""

    person: Named
    detail: Detail
    certificates: list[Certificate]
    imports: list[Foreign]
    declarations: list[Declaration]
    skills: list[skills.Line]
    contact: Address | None
    public: bool
    expires_at: datetime | None
    checked_at: datetime

    @property
    def genuine(self) -> int:
        """How many certificates are genuine and current."""
        return sum(one.holds for one in self.certificates)

    @property
    def in_file(self) -> int:
        """How many certificates the signed file of this page holds (see ``records.py``)."""
        active = Credential.Status.ACTIVE
        return sum(bool(one.link) and one.credential.status == active for one in self.certificates)

    @property
    def providers(self) -> int:
        """How many providers say so."""
        return len({one.credential.issuer_id for one in self.certificates if one.holds})

    @property
    def face(self) -> Face:
        """The tile of the page: the worst of the certificates', since one that fails must be seen."""
        reasons = [one.report.reason for one in self.certificates]
        return FACES[min(reasons, key=_RANK.__getitem__)] if reasons else FACES[Reason.UNSIGNED]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A page that somebody opened by its link."""

    shared: Shared
    language: str


# -- The page ---------------------------------------------------------------------------------------
def preview(
    *,
    learner: Learner,
    chosen: Sequence[Item],
    detail: Detail,
    kind: str,
    expires_at: datetime | None,
    now: datetime,
) -> Shared:
    """The page as the other would see it now."""
    entries = [item for item in chosen if isinstance(item, Entry)]
    said: dict[str, list[Endorsement]] = {}
    for each in endorsing_certificates.shown(ids=[entry.credential_id for entry in entries]):
        said.setdefault(str(each.credential_id), []).append(each)
    certificates = [
        _certificate(entry, said.get(entry.credential_id, ()), learner=learner, detail=detail, now=now)
        for entry in entries
    ]
    return Shared(
        person=_named(learner.name_latin, learner.name_arabic, whole=detail.whole_name),
        detail=detail,
        certificates=certificates,
        imports=[
            _foreign(item, learner=learner, detail=detail, now=now)
            for item in chosen
            if isinstance(item, Import)
        ],
        declarations=[item for item in chosen if isinstance(item, Declaration)],
        skills=skills.glance(
            [Shown(credential=one.credential, expired=False) for one in certificates if one.holds]
        )[:AT_A_GLANCE],
        contact=sharing.contact_of(learner=learner, detail=detail),
        public=kind == Kind.PAGE,
        expires_at=expires_at,
        checked_at=now,
    )


def of(*, presentation: Presentation, now: datetime) -> Shared:
    """The page behind this link, whatever became of it since."""
    return preview(
        learner=presentation.learner,
        chosen=sharing.items_of(presentation=presentation),
        detail=sharing.detail_of(presentation),
        kind=presentation.kind,
        expires_at=presentation.expires_at,
        now=now,
    )


def _certificate(
    entry: Entry, said: Sequence[Endorsement], *, learner: Learner, detail: Detail, now: datetime
) -> Certificate:
    credential = entry.credential
    report = verifier.verify_stored(credential=credential, now=now)
    hers = names.match(
        latin=(credential.name_latin, learner.name_latin),
        arabic=(credential.name_arabic, learner.name_arabic),
    )
    # Its own page names her in full and has its dates: it is linked only where this page shows them too.
    linked = detail.whole and credential.visibility != Credential.Visibility.PRIVATE
    return Certificate(
        credential=credential,
        achievement=credential.achievement,
        report=report,
        face=FACES[report.reason],
        named=None
        if hers
        else _named(credential.name_latin, credential.name_arabic, whole=detail.whole_name),
        link=reverse("credential", args=[credential.pk]) if linked else "",
        code=paper.group_code(credential.short_code) if linked else "",
        endorsements=tuple(said),
    )


def _foreign(brought: Import, *, learner: Learner, detail: Detail, now: datetime) -> Foreign:
    """As its last check left it: whoever opens the page makes nobody ask its site."""
    line = presenting_imports.line(brought, now=now)
    if presenting_imports.is_named(brought, learner):
        return Foreign(line=line, named=())
    return Foreign(line=line, named=tuple(n if detail.whole_name else _short(n) for n in brought.names))


def _named(latin: str, arabic: str, *, whole: bool) -> Named:
    if whole:
        return Named(name_latin=latin, name_arabic=arabic)
    return Named(name_latin=_short(latin), name_arabic=_short(arabic))


def _short(name: str) -> str:
    """``Fatima-Zahra E.``"""
    first, *rest = name.split() or [""]
    last = rest[-1].removeprefix("ال") if rest else ""
    return f"{first} {last[0]}." if last else first


# -- Opening it -------------------------------------------------------------------------------------
def open_link(*, token: str, counts: bool, reader: Any, now: datetime) -> Opened:
    """The page behind the link of this token, verified anew. Raises LeadsNowhere and LinkHasExpired.

    ``counts`` says that a person opens it; her own look at it is none.
    """
    presentation = open_presentation(token=token, now=now)
    shared = of(presentation=presentation, now=now)
    if counts and reader != presentation.learner:
        count_opening(presentation=presentation, now=now)
        for one in shared.certificates:
            counting.count(verdict=one.report.verdict, door="shared", now=now)
    return Opened(shared=shared, language=presentation.language)


def open_presentation(*, token: str, now: datetime) -> Presentation:
    """What this token leads to, while she shows it. Raises LeadsNowhere and LinkHasExpired."""
    presentation = (
        Presentation.objects.filter(
            digest=sharing.digest_of(token), withdrawn_at__isnull=True, learner__is_active=True
        )
        .select_related("learner")
        .first()
    )
    if presentation is None or not consents.holds(
        learner=presentation.learner, purpose=Consent.Purpose.SHOWING
    ):
        raise LeadsNowhere
    if sharing.state_of(presentation, now=now) == "expired":
        raise LinkHasExpired
    return presentation


@transaction.atomic
def count_opening(*, presentation: Presentation, now: datetime) -> None:
    """One more opening in this hour; the first of the hour is a line in what she reads of who looked."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    opening, first = PresentationOpening.objects.get_or_create(
        presentation=presentation, hour=hour, defaults={"times": 1}
    )
    if first:
        looks.note(
            learner=presentation.learner,
            act=Look.Act.SHOWN,
            what="shared",
            about=presentation.pk,
            now=now,
        )
    else:
        PresentationOpening.objects.filter(pk=opening.pk).update(times=F("times") + 1)


def openings(*, presentation: Presentation, limit: int = 50) -> list[PresentationOpening]:
    """The newest hours in which it was opened."""
    return list(presentation.openings.all()[:limit])
