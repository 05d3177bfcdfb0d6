"""Reads certificates for those who show them: by id, short code or cti, and as the face that is printed."""

from datetime import UTC, date
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import translation

from issuers.models import Issuer

from . import paper, results
from .cards import render_card
from .certificates import CertificateFace, render_pdf
from .errors import NotYours
from .models import Achievement, Credential
from .people import Person

#: For whom a specimen is made out.
SPECIMEN = Person(name_latin="Prénom Nom", name_arabic="الاسم العائلي والشخصي")
RELATED = ("issuer", "achievement", "key", "status_list", "replaced_by")


def by_id(credential_id: str) -> Credential:
    """The credential with its issuer, achievement and key. Raises NotYours."""
    return _one(Credential.objects.filter(pk=credential_id))


def by_short_code(code: str) -> Credential:
    """The credential whose printed short code this is. Raises NotYours."""
    return _one(Credential.objects.filter(short_code=code))


def by_cti(cti: bytes) -> Credential | None:
    """The credential that a paper claim is bound to, if it is here."""
    return Credential.objects.select_related(*RELATED).filter(cti=cti).first()


def of_issuers(*, issuers: list[Issuer], credential_id: str) -> Credential:
    """The credential if one of these issuers made it. Raises NotYours, the same for foreign and unknown."""
    return _one(Credential.objects.filter(issuer__in=issuers, pk=credential_id))


def open_to_all(credential_id: str) -> Credential:
    """The credential if whoever has the link may have its files. Raises NotYours."""
    visible = (Credential.Visibility.LINK, Credential.Visibility.PUBLIC)
    return _one(Credential.objects.filter(pk=credential_id, visibility__in=visible, erased_at__isnull=True))


def to_post(credential_id: str) -> Credential:
    """The credential if whoever has the link may see it, and it holds. Raises NotYours."""
    credential = open_to_all(credential_id)
    if credential.status != Credential.Status.ACTIVE:
        raise NotYours
    return credential


def _one(found: QuerySet[Credential]) -> Credential:
    credential = found.select_related(*RELATED).first()
    if credential is None:
        raise NotYours
    return credential


def published_achievement(achievement_id: str) -> Achievement:
    """The achievement, once it was published. Raises NotYours."""
    found = (
        Achievement.objects.select_related("issuer")
        .filter(pk=achievement_id)
        .exclude(state__in=(Achievement.State.DRAFT, Achievement.State.IN_REVIEW))
        .first()
    )
    if found is None:
        raise NotYours
    return found


def any_achievement(achievement_id: str) -> Achievement:
    """The achievement, drafts too: its badge tells nothing that is secret. Raises NotYours."""
    found = Achievement.objects.select_related("issuer").filter(pk=achievement_id).first()
    if found is None:
        raise NotYours
    return found


def qr_text(credential: Credential) -> str:
    """The text of the certificate's QR code."""
    return paper.qr_text(base_url=settings.BASE_URL, cose=bytes(credential.paper))


def pdf(credential: Credential) -> bytes:
    """The certificate as a one-page PDF that carries its VC-JWT."""
    return render_pdf(face_of(credential))


def card(credential: Credential) -> bytes:
    """The same on a card for the wallet."""
    return render_card(face_of(credential))


def specimen_pdf(achievement: Achievement, *, on: date) -> bytes:
    """The certificate as it would be printed for nobody, marked as a specimen; nothing in it is signed."""
    return render_pdf(
        CertificateFace(
            **achievement_face(achievement),
            name_latin=SPECIMEN.name_latin,
            name_arabic=SPECIMEN.name_arabic,
            awarded_on=on,
            valid_until=None,
            qr_text=f"{settings.BASE_URL}/a/{achievement.pk}",
            short_code="XXXX-XXXX-XXXX",
            address=f"{settings.HOST}/v",
            jwt="",
            specimen=True,
        )
    )


def face_of(credential: Credential) -> CertificateFace:
    """What the printed certificate shows, all of it from what was signed."""
    achievement = credential.achievement
    return CertificateFace(
        **achievement_face(achievement),
        name_latin=credential.name_latin,
        name_arabic=credential.name_arabic,
        awarded_on=credential.awarded_on,
        valid_until=credential.valid_until.astimezone(UTC).date() if credential.valid_until else None,
        qr_text=qr_text(credential),
        short_code=paper.group_code(credential.short_code),
        address=f"{settings.HOST}/v",
        jwt=credential.jwt,
        result=results.shown(achievement.results, credential.award.result) if achievement.results else "",
    )


def achievement_face(achievement: Achievement) -> dict[str, Any]:
    """The part of a certificate's face that its achievement gives."""
    return {
        "title_fr": achievement.title_fr,
        "title_ar": achievement.title_ar,
        "outcome_fr": achievement.criteria_fr,
        "outcome_ar": achievement.criteria_ar,
        "issuer_fr": achievement.issuer.name_fr,
        "issuer_ar": achievement.issuer.name_ar,
        "kind": achievement.kind,
        "theme": achievement.theme,
        "level_label": achievement.level_label,
        "hours": achievement.hours,
        "assessment_fr": _in("fr", achievement),
        "assessment_ar": _in("ar", achievement),
        "city_fr": "Casablanca, ville apprenante",
        "city_ar": "الدار البيضاء، مدينة التعلّم",
        "achievement_id": achievement.pk,
        "issuer_id": achievement.issuer.slug,
        "place": achievement.issuer.arrondissement_id,
        "cnc_level": achievement.cnc_level,
    }


def _in(language: str, achievement: Achievement) -> str:
    with translation.override(language):
        return str(Achievement.Assessment(achievement.assessment).label)
