"""Endorsements of one person's certificate: shown to nobody before its holder agrees.

Whoever could see it anyway may write one. Who the holder is, is not known here: whoever keeps passports asks
her, and calls ``show`` or ``hide``.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from issuers.models import Issuer

from . import endorsementlists, endorsing, reading
from .errors import BadAward, CannotEndorse, CertificateNotEndorsable, EndorsementWithdrawn, NotYours
from .models import Credential, Endorsement
from .paper import read_short_code

LIVING = {"withdrawn_at__isnull": True}


# -- Whoever endorses -----------------------------------------------------------------------------
def find(*, text: str, endorser: Issuer | None) -> Credential:
    """The certificate of this link or short code, as she could see it anyway, if she may endorse it.

    Raises NotYours for an unknown or a private one, CertificateNotEndorsable.
    """
    compact = "".join(text.split())
    if code := read_short_code(text):
        found = reading.open_to_all(reading.by_short_code(code).pk)
    else:
        found = reading.open_to_all(_id_in(compact))
    _require_endorsable(found, endorser)
    return found


def _id_in(link: str) -> str:
    """The id in a certificate's address. Raises NotYours."""
    home = urlsplit(settings.BASE_URL)
    try:
        parts = urlsplit(link if "://" in link else f"//{link}")
    except ValueError:
        raise NotYours from None
    before, _slash, after = parts.path.removeprefix(home.path).partition("/c/")
    if before or parts.netloc.lower() != home.netloc.lower():
        raise NotYours
    return after.rstrip("/")


def _require_endorsable(credential: Credential, endorser: Issuer | None) -> None:
    own = endorser is not None and credential.issuer_id == endorser.pk
    if own or credential.status != Credential.Status.ACTIVE:
        raise CertificateNotEndorsable


@transaction.atomic
def endorse(
    *,
    endorser: Issuer | None,
    credential: Credential,
    comment_fr: str,
    comment_ar: str,
    by: Any,
    now: datetime,
) -> Endorsement:
    """Say a word for what this certificate says of its holder; it is hers to show.

    Raises CannotEndorse, NotYours, CertificateNotEndorsable, AlreadyEndorsed, BadAward for a comment that
    cannot be signed or that names her.
    """
    if endorser is not None and endorser.state != endorsing.ACTIVE:
        raise CannotEndorse
    # Locked: whoever erases it at this moment waits, and ends this one too.
    Credential.objects.select_for_update(of=("self",)).filter(pk=credential.pk).first()
    held = reading.open_to_all(credential.pk)
    _require_endorsable(held, endorser)
    for field, text in (("comment_fr", comment_fr), ("comment_ar", comment_ar)):
        if _names(held, text):
            raise BadAward(_("Leave the name out: the certificate says whose it is."), field=field)
    return endorsing.give(
        endorser=endorser,
        owner=held.issuer,
        credential=held,
        comment_fr=comment_fr,
        comment_ar=comment_ar,
        by=by,
        now=now,
    )


def _names(credential: Credential, text: str) -> bool:
    """Whether the text repeats the name on the certificate, whole."""
    said = " ".join(text.split()).casefold()
    return any(name and name.casefold() in said for name in (credential.name_latin, credential.name_arabic))


# -- Whoever holds it -----------------------------------------------------------------------------
def of(*, credential: Credential) -> list[Endorsement]:
    """What was signed for this certificate and not withdrawn, shown or not: for its holder alone."""
    return list(_signed().filter(credential=credential))


def unanswered(*, credentials: QuerySet[Any]) -> list[Endorsement]:
    """Those of these certificates, by their ids, to which nobody has said yes or no, as far as they hold."""
    asked = _signed().filter(credential__in=credentials, shown_at=None, refused_at=None)
    asked = asked.filter(credential__status=Credential.Status.ACTIVE)
    return list(asked.select_related("endorser", *endorsing.OF_CERTIFICATE).defer(*endorsing.DOCUMENTS))


@transaction.atomic
def show(*, endorsement: Endorsement, now: datetime) -> None:
    """Its holder shows it. Raises EndorsementWithdrawn."""
    if not _answer(endorsement, shown_at=Coalesce("shown_at", now), refused_at=None):
        raise EndorsementWithdrawn
    if endorsement.shown_at is None:
        endorsing.log("endorsement-shown", endorsement, by=None, now=now)


@transaction.atomic
def hide(*, endorsement: Endorsement, now: datetime) -> None:
    """Its holder shows it not, or no longer; it is still the endorser's word. Raises EndorsementWithdrawn."""
    if not _answer(endorsement, shown_at=None, refused_at=Coalesce("refused_at", now)):
        raise EndorsementWithdrawn
    if endorsement.refused_at is None:
        endorsing.log("endorsement-refused", endorsement, by=None, now=now)


def _answer(endorsement: Endorsement, **said: Any) -> int:
    living = Endorsement.objects.filter(pk=endorsement.pk, credential__isnull=False, **LIVING)
    return living.update(**said)


def one_of(*, credential: Credential, endorsement_id: str) -> Endorsement:
    """One of those of this certificate. Raises NotYours."""
    found = _signed().filter(credential=credential, pk=endorsement_id).first()
    if found is None:
        raise NotYours
    return found


# -- Whoever reads --------------------------------------------------------------------------------
def shown(*, ids: Iterable[str]) -> list[Endorsement]:
    """What holders show on these certificates, as far as those hold and are not private."""
    return list(endorsing.public().filter(endorsing.SHOWN_BY_HER, credential__in=list(ids)))


def documents(*, credential_id: str) -> list[dict[str, Any]]:
    """Those of one certificate, as they were signed. Raises NotYours where its own file is not to be had."""
    held = reading.open_to_all(credential_id)
    return endorsing.documents(shown(ids=[held.pk]))


def _signed() -> QuerySet[Endorsement]:
    signed = Endorsement.objects.filter(credential__isnull=False, key__isnull=False, **LIVING)
    signed = signed.exclude(key__state=endorsing.COMPROMISED)
    return signed.select_related("endorser", "owner")


# -- When nobody holds it any more, or it is erased -----------------------------------------------
def ask_anew(*, ids: Sequence[str]) -> None:
    """Show none of those of these certificates: their holder has left, and whoever comes next is asked."""
    Endorsement.objects.filter(credential__in=ids).update(shown_at=None, refused_at=None)


def end(*, ids: Sequence[str], by: Any, now: datetime) -> int:
    """Take back what was said for these certificates, and forget the words; returns how many there were.

    The lists of their endorsers say so to whoever kept a copy.
    """
    held = Endorsement.objects.filter(credential__in=ids, erased_at__isnull=True).select_related("endorser")
    living = [each for each in held.select_for_update(of=("self",)) if each.withdrawn_at is None]
    gone = {"comment_fr": "", "comment_ar": "", "body": "", "key": None, "shown_at": None, "erased_at": now}
    ended = Endorsement.objects.filter(credential__in=ids, erased_at__isnull=True).update(
        **gone, withdrawn_at=Coalesce(F("withdrawn_at"), now)
    )
    for each in living:
        endorsementlists.mark_changed(endorser=each.endorser, now=now)
        endorsing.log("endorsement-ended", each, by=by, now=now)
    return ended


def as_json(found: list[dict[str, Any]]) -> str:
    """The file in which they are handed out."""
    return json.dumps(found, ensure_ascii=False, indent=1)
