"""Endorsements: a provider or the city puts its signature to a course or a provider of somebody else.

What is endorsed shows it, unless its owner refuses; whoever gave it may withdraw it. It is signed by the
signer, with the endorser's own Ed25519 key, and once more should that key be compromised. Those of one
person's certificate have their own rules in ``endorsing_certificates.py``.
"""

import json
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from issuers import audit, keys, orders, profiles, reading, vouching
from issuers.errors import NoActiveKey, NoKeyRoom, SealBroken
from issuers.models import Issuer, SigningKey

from . import endorsementlists, endorsements, linting, proving
from .errors import (
    AlreadyEndorsed,
    BadAward,
    CannotEndorse,
    EndorsementWithdrawn,
    NotEndorsable,
    NotYours,
)
from .models import LIST_SIZE, Achievement, Credential, Endorsement
from .models.endorsements import MAX_COMMENT
from .people import tidy

KIND = "endorsement"
#: With the certificate that it is about, without the certificate's own documents.
OF_CERTIFICATE = ("credential__achievement",)
DOCUMENTS = ("credential__jwt", "credential__paper")
ABOUT_NOBODY = Q(credential__isnull=True)
#: Its holder agreed, lets the certificate be seen, and it holds.
SHOWN_BY_HER = Q(
    shown_at__isnull=False,
    credential__status=Credential.Status.ACTIVE,
    credential__visibility__in=(Credential.Visibility.LINK, Credential.Visibility.PUBLIC),
    credential__erased_at__isnull=True,
)
NOT_PUBLISHED = (Achievement.State.DRAFT, Achievement.State.IN_REVIEW)
ACTIVE, COMPROMISED = Issuer.State.ACTIVE, SigningKey.State.COMPROMISED


# -- Whoever endorses -----------------------------------------------------------------------------
@transaction.atomic
def endorse(
    *,
    endorser: Issuer | None,
    owner: Issuer,
    achievement: Achievement | None = None,
    comment_fr: str,
    comment_ar: str,
    by: Any,
    now: datetime,
) -> Endorsement:
    """Say a word for this course of ``owner``, or for ``owner`` itself; the city does where nobody else does.

    Raises CannotEndorse, NotEndorsable, BadAward for a comment that cannot be signed, AlreadyEndorsed.
    """
    if endorser is not None and endorser.state != ACTIVE:
        raise CannotEndorse
    if owner.pk == (endorser and endorser.pk) or owner.state != ACTIVE:
        raise NotEndorsable
    if achievement and (
        achievement.issuer_id != owner.pk or achievement.state != Achievement.State.PUBLISHED
    ):
        raise NotEndorsable
    return give(
        endorser=endorser,
        owner=owner,
        achievement=achievement,
        comment_fr=comment_fr,
        comment_ar=comment_ar,
        by=by,
        now=now,
    )


def give(
    *,
    endorser: Issuer | None,
    owner: Issuer,
    achievement: Achievement | None = None,
    credential: Credential | None = None,
    comment_fr: str,
    comment_ar: str,
    by: Any,
    now: datetime,
) -> Endorsement:
    """Write it down and order its signature, once the caller knows that it may be, in his transaction.

    Raises BadAward, AlreadyEndorsed.
    """
    texts = {"comment_fr": plain(comment_fr, "comment_fr"), "comment_ar": plain(comment_ar, "comment_ar")}
    if not any(texts.values()):
        raise BadAward(_("Say in a sentence why you endorse it."), field="comment_fr")
    endorsementlists.open_for(endorser)
    try:
        with transaction.atomic():
            made = Endorsement.objects.create(
                endorser=endorser,
                owner=owner,
                achievement=achievement,
                credential=credential,
                **texts,
                slot=_free_slot(endorser),
                by=by,
                endorsed_at=now.replace(microsecond=0),
            )
    except IntegrityError:
        raise AlreadyEndorsed from None
    log("endorsement-given", made, by=by, now=now)
    orders.place(kind=KIND, subject=made.pk, now=now)
    return made


def plain(text: str, field: str = "") -> str:
    """The comment as it will be signed. Raises BadAward."""
    kept = tidy(text)
    if len(kept) > MAX_COMMENT:
        raise BadAward(_("At most %(most)s characters.") % {"most": MAX_COMMENT}, field=field)
    try:
        linting.check_text(kept, field)
    except linting.LintError:
        raise BadAward(_("It holds a character that cannot be signed."), field=field) from None
    return kept


def _free_slot(endorser: Issuer | None) -> int:
    """By lot, so that a database that was restored gives hardly out anew what it had given out before."""
    while Endorsement.objects.filter(endorser=endorser, slot=(slot := secrets.randbelow(LIST_SIZE))).exists():
        pass
    return slot


@transaction.atomic
def withdraw(*, endorsement: Endorsement, by: Any, now: datetime) -> None:
    """Take it back for good; its list says so from now on. Raises EndorsementWithdrawn if that was done."""
    living = Endorsement.objects.filter(pk=endorsement.pk, withdrawn_at__isnull=True)
    if not living.update(withdrawn_at=now, withdrawn_by=by):
        raise EndorsementWithdrawn
    endorsementlists.mark_changed(endorser=endorsement.endorser, now=now)
    log("endorsement-withdrawn", endorsement, by=by, now=now)


# -- Whoever is endorsed --------------------------------------------------------------------------
@transaction.atomic
def refuse(*, endorsement: Endorsement, by: Any, now: datetime) -> None:
    """Show it no longer on what is one's own; it goes on being the endorser's word."""
    if Endorsement.objects.filter(pk=endorsement.pk, refused_at__isnull=True).update(refused_at=now):
        log("endorsement-refused", endorsement, by=by, now=now)


@transaction.atomic
def show(*, endorsement: Endorsement, by: Any, now: datetime) -> None:
    """Show it again."""
    if Endorsement.objects.filter(pk=endorsement.pk, refused_at__isnull=False).update(refused_at=None):
        log("endorsement-shown", endorsement, by=by, now=now)


def log(event: str, endorsement: Endorsement, *, by: Any, now: datetime) -> None:
    """Write it into the audit log: ids alone."""
    about = {"credential": endorsement.credential_id} if endorsement.credential_id else {}
    audit.append(
        event=event,
        now=now,
        issuer=endorsement.endorser,
        by=by,
        about=endorsement.pk,
        owner=endorsement.owner_id,
        achievement=endorsement.achievement_id or "",
        **about,
    )


# -- The signer -----------------------------------------------------------------------------------
def obtain(*, endorsement: Endorsement, now: datetime) -> str | None:
    """Its signed form, ordered first where it is not there; None if the signer takes longer than a page may.

    Raises EndorsementWithdrawn.
    """
    if endorsement.withdrawn_at:
        raise EndorsementWithdrawn
    look = partial(_body, endorsement.pk)
    return orders.obtain(kind=KIND, subject=endorsement.pk, look=look, now=now)


def _body(endorsement_id: str) -> str | None:
    return _signed().filter(pk=endorsement_id).values_list("body", flat=True).first()


def _signed() -> QuerySet[Endorsement]:
    return Endorsement.objects.filter(key__isnull=False).exclude(key__state=COMPROMISED)


@orders.makes(KIND)
def _make(subject: str, now: datetime) -> None:
    """Sign this one, unless it was signed or withdrawn meanwhile."""
    found = _wanting().filter(pk=subject).first()
    if found is not None:
        _sign(found, now=now)


def tend(*, now: datetime) -> int:
    """Sign what nobody has asked for yet, and lists that are stale; returns how many. Raises NoKeyRoom."""
    if not keys.can_sign():
        raise NoKeyRoom
    made = 0
    for each in _wanting():
        try:
            made += _sign(each, now=now)
        except (NoActiveKey, SealBroken):  # it waits for its endorser's next key
            continue
    return made + endorsementlists.tend(now=now)


def _wanting() -> QuerySet[Endorsement]:
    unsigned = Q(key__isnull=True) | Q(key__state=COMPROMISED)
    living = Endorsement.objects.filter(unsigned, withdrawn_at__isnull=True)
    return living.select_related("endorser", "owner", "achievement__issuer", "credential__achievement")


def _sign(endorsement: Endorsement, *, now: datetime) -> bool:
    signer = proving.signer_of(endorsement.endorser, now=now)
    document = endorsements.compose(_facts(endorsement))
    lint = partial(linting.lint_endorsement, document, issuer_id=endorsement.endorser_id)
    secured = proving.proved(document, signer=signer, lint=lint, now=now, array=True)
    with transaction.atomic():
        signer.require_active()
        body = json.dumps(secured, ensure_ascii=False, indent=1)
        return bool(_wanting().filter(pk=endorsement.pk).update(body=body, key=signer.key))


def _facts(endorsement: Endorsement) -> endorsements.EndorsementFacts:
    base, owner, certificate = settings.BASE_URL, endorsement.owner, endorsement.credential
    course = certificate.achievement if certificate else endorsement.achievement
    if endorsement.endorser:
        profile = reading.profile_of(endorsement.endorser)
    else:
        profile = profiles.city_profile(base_url=base, name=reading.the_city().name_fr)
    french = bool(endorsement.comment_fr)
    if certificate:
        subject = f"{base}/c/{certificate.pk}"  # as it stands in what was signed (openbadges.py)
    elif course:
        subject = f"{base}/a/{course.pk}"
    else:
        subject = profiles.did_for_issuer(base_url=base, slug=owner.slug)
    return endorsements.EndorsementFacts(
        base_url=base,
        id=endorsement.pk,
        endorser=profile,
        subject=subject,
        title=(
            (course.title_fr or course.title_ar if french else course.title_ar or course.title_fr)
            if course
            else (owner.name_fr if french else owner.name_ar)
        ),
        comment_fr=endorsement.comment_fr,
        comment_ar=endorsement.comment_ar,
        endorsed_at=endorsement.endorsed_at,
        status_list=endorsementlists.address_of(endorsement.endorser),
        slot=endorsement.slot,
    )


# -- Whoever reads --------------------------------------------------------------------------------
def one(endorsement_id: str) -> Endorsement:
    """The endorsement of this id; of one person's certificate only while it is shown. Raises NotYours."""
    ended = Q(withdrawn_at__isnull=False)
    return _one(Endorsement.objects.filter(ABOUT_NOBODY | SHOWN_BY_HER | ended, pk=endorsement_id))


def given_by(*, issuers: Sequence[Issuer] | None, endorsement_id: str) -> Endorsement:
    """One that these providers gave; ``None`` stands for the city. Raises NotYours."""
    return _one(_given(issuers).filter(pk=endorsement_id))


def received_by(*, issuers: Sequence[Issuer], endorsement_id: str) -> Endorsement:
    """One that is about these providers or their courses, as long as it holds. Raises NotYours."""
    living = Endorsement.objects.filter(ABOUT_NOBODY, owner__in=issuers, withdrawn_at__isnull=True)
    return _one(living.filter(pk=endorsement_id))


def _one(found: QuerySet[Endorsement]) -> Endorsement:
    endorsement = found.select_related("endorser", "owner", "achievement", *OF_CERTIFICATE).first()
    if endorsement is None:
        raise NotYours
    return endorsement


def given(*, issuers: Sequence[Issuer] | None) -> list[Endorsement]:
    """What these providers endorse, the newest first; ``None`` stands for the city."""
    living = _given(issuers).filter(withdrawn_at__isnull=True).order_by("-endorsed_at")
    return list(living.select_related("endorser", "owner", "achievement", *OF_CERTIFICATE).defer(*DOCUMENTS))


def _given(issuers: Sequence[Issuer] | None) -> QuerySet[Endorsement]:
    if issuers is None:
        return Endorsement.objects.filter(endorser__isnull=True)
    return Endorsement.objects.filter(endorser__in=issuers)


def received(*, issuers: Sequence[Issuer]) -> list[Endorsement]:
    """Who endorses these providers and their courses, the newest first."""
    living = Endorsement.objects.filter(ABOUT_NOBODY, owner__in=issuers, withdrawn_at__isnull=True)
    return list(living.select_related("endorser", "owner", "achievement").order_by("-endorsed_at"))


def shown(*, achievement: Achievement) -> list[Endorsement]:
    """What stands on a course: signed, not withdrawn, not refused, by whoever may still sign."""
    return list(public().filter(achievement=achievement))


@vouching.brings
def shown_of_provider(issuer: Issuer) -> list[Endorsement]:
    """The same, on a provider."""
    return list(public().filter(ABOUT_NOBODY, owner=issuer, achievement__isnull=True))


def beside(*, certificate: str, course: str, provider: str) -> list[Endorsement]:
    """All that stands beside a certificate: on itself, its course, its provider (a slug); one question."""
    owner = Issuer.objects.filter(slug=provider).order_by().values("pk")
    of_certificate = Q(SHOWN_BY_HER, credential=certificate)
    of_course = Q(achievement=course) & ~Q(achievement__state__in=NOT_PUBLISHED)
    of_provider = Q(ABOUT_NOBODY, owner=Subquery(owner), achievement__isnull=True)
    found = public().filter(of_certificate | of_course | of_provider)
    return sorted(found, key=lambda each: (each.credential_id is None, each.achievement_id is None))


def public() -> QuerySet[Endorsement]:
    """Signed, not withdrawn, not refused, by whoever may still sign."""
    may_sign = Q(endorser__isnull=True) | Q(endorser__state=ACTIVE)
    living = _signed().filter(may_sign, withdrawn_at__isnull=True, refused_at__isnull=True)
    return living.select_related("endorser", "owner", "achievement")


def documents(found: Iterable[Endorsement]) -> list[dict[str, Any]]:
    """Them as they were signed, to be embedded in what they are about."""
    return [json.loads(each.body) for each in found]


def endorsable(*, endorser: Issuer | None) -> list[tuple[Issuer, list[Achievement]]]:
    """Every other provider in the register with its published courses."""
    others = Issuer.objects.filter(state=ACTIVE)
    if endorser:
        others = others.exclude(pk=endorser.pk)
    courses: dict[int, list[Achievement]] = {}
    published = Achievement.objects.filter(state=Achievement.State.PUBLISHED, issuer__in=others)
    for course in published.only("issuer_id", "title_fr", "title_ar", "code").order_by("code"):
        courses.setdefault(course.issuer_id, []).append(course)
    return [(issuer, courses.get(issuer.pk, [])) for issuer in others.order_by("name_fr")]
