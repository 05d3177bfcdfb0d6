"""Endorsements of the demo city: the city speaks for a provider, an employer for a course of the same one."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from credentials import endorsing
from credentials.models import Achievement
from issuers.models import Issuer, IssuerKind, Membership, Role

PROVIDER_FR = (
    "La ville a visité ses ateliers deux fois cette année : les formateurs sont présents, les épreuves sont "
    "surveillées et les résultats sont remis à temps."
)
PROVIDER_AR = (
    "زارت المدينة ورشاتها مرتين هذه السنة: المكونون حاضرون، والاختبارات محروسة، والنتائج تسلم في وقتها."
)
COURSE_FR = "Nous avons recruté six de ses diplômés à l’accueil : ils étaient à l’aise dès le premier jour."
COURSE_AR = "وظفنا ستة من خريجيه في الاستقبال: كانوا متمكنين منذ اليوم الأول."


def tell(
    *,
    issuers: Mapping[str, Issuer],
    signers: Mapping[str, Any],
    courses: Mapping[str, Achievement],
    shown: str,
    now: datetime,
) -> None:
    """Both about the provider whose staff sign in: so she sees what others say of it."""
    course = courses[shown]
    approver = Membership.objects.get(issuer__isnull=True, role=Role.APPROVER).person
    employer = min(name for name, issuer in issuers.items() if issuer.kind == IssuerKind.COMPANY)
    endorsing.endorse(
        endorser=None,
        owner=course.issuer,
        comment_fr=PROVIDER_FR,
        comment_ar=PROVIDER_AR,
        by=approver,
        now=now - timedelta(days=40),
    )
    endorsing.endorse(
        endorser=issuers[employer],
        owner=course.issuer,
        achievement=course,
        comment_fr=COURSE_FR,
        comment_ar=COURSE_AR,
        by=signers[employer],
        now=now - timedelta(days=25),
    )
    endorsing.tend(now=now)
