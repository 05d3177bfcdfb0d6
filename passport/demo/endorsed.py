"""Endorsements of the demo city: the city speaks for a provider, an employer for a course of the same one.

Another one speaks for a certificate of Fatima-Zahra's, who shows it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from credentials import endorsing, endorsing_certificates
from credentials.models import Achievement, Credential
from issuers.models import Issuer, IssuerKind, Membership, Role
from passport import endorsed
from passport.models import Learner

from . import people

PROVIDER_FR = (
    "La ville a visité ses ateliers deux fois cette année : les formateurs sont présents, les épreuves sont "
    "surveillées et les résultats sont remis à temps."
)
PROVIDER_AR = (
    "زارت المدينة ورشاتها مرتين هذه السنة: المكونون حاضرون، والاختبارات محروسة، والنتائج تسلم في وقتها."
)
COURSE_FR = "Nous avons recruté six de ses diplômés à l’accueil : ils étaient à l’aise dès le premier jour."
COURSE_AR = "وظفنا ستة من خريجيه في الاستقبال: كانوا متمكنين منذ اليوم الأول."
HERS_FR = "Pendant son stage, elle a tenu le poste seule dès la deuxième semaine. Nous la reprendrions."
HERS_AR = "خلال تدريبها تولت العمل وحدها منذ الأسبوع الثاني. ولن نتردد في تشغيلها."


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
    _hers(issuers[employer], by=signers[employer], now=now)


def _hers(employer: Issuer, *, by: Any, now: datetime) -> None:
    """The newest certificate of hers that holds, that she shows to whoever has the link, and not its own."""
    fatima = Learner.objects.get(addresses__value=people.FATIMA_PHONE)
    held = Credential.objects.filter(
        entry__learner=fatima, status=Credential.Status.ACTIVE, visibility=Credential.Visibility.LINK
    ).exclude(issuer=employer)
    certificate = held.order_by("-awarded_on").first()
    if certificate is None:
        raise LookupError("a certificate of Fatima-Zahra's that holds")
    said = endorsing_certificates.endorse(
        endorser=employer,
        credential=certificate,
        comment_fr=HERS_FR,
        comment_ar=HERS_AR,
        by=by,
        now=now - timedelta(days=9),
    )
    endorsing.tend(now=now)
    endorsed.answer(
        learner=fatima,
        credential_id=certificate.pk,
        endorsement_id=said.pk,
        shows=True,
        now=now - timedelta(days=8),
    )
