"""Sharing: a learner puts entries behind a link, sees when it was opened, and takes it back.

What she shares is looked up anew each time: what is hidden, erased or taken out of the passport is gone from
every link at once.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet, Sum
from django.urls import reverse

from credentials.models import Credential
from issuers.models import Issuer

from . import consents, families, importing, seals
from .errors import (
    LinkUnreadable,
    NoPublicPageYet,
    NothingChosen,
    NotYourPassport,
    SecretUnreadable,
    ShareIsOver,
    TooManyChosen,
    TooManyShares,
)
from .models import Address, Consent, Declaration, Entry, Import, Learner, Presentation, Shown

Kind = Presentation.Kind
#: For how many days she may share; the third is what the form proposes.
DAYS = (1, 7, 30, 365)
USUAL_DAYS = 30
MAX_SHARES = 50
CERTIFICATE, IMPORTED, DECLARED = "c", "i", "d"
#: What may stand behind a link.
Item = Entry | Import | Declaration


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """How much of herself she shows: ``contact`` is the id of one of her proven addresses, or nothing."""

    whole_name: bool = True
    with_dates: bool = True
    with_levels: bool = True
    contact: int | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing that a certificate's own page shows is left out."""
        return self.whole_name and self.with_dates and self.with_levels


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Who does it for her, where somebody does: recorded with her consent."""

    by: Learner
    channel: str = Consent.Channel.SELF.value
    house: Issuer | None = None


class Choosable(NamedTuple):
    """What she may put behind a link, the newest first."""

    entries: list[Entry]
    imports: list[Import]
    declarations: list[Declaration]

    @property
    def items(self) -> list[Item]:
        """All of them, certificates first, then what is from elsewhere."""
        return [*self.entries, *self.imports, *self.declarations]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One of her links, as her list of links has it."""

    presentation: Presentation
    state: str
    times: int
    last: datetime | None


# -- What may be shared -----------------------------------------------------------------------------
def require_may_share(*, learner: Learner, now: datetime) -> None:
    """Of age, or with her guardian's yes and her own. Raises GuardianNeeded, AssentNeeded."""
    families.require_may_share(learner, now)


def choosable(*, learner: Learner) -> Choosable:
    """Her certificates, what she brought from elsewhere and what she declares, unless hidden or erased."""
    entries = (
        Entry.objects.filter(learner=learner, hidden_at__isnull=True, credential__erased_at__isnull=True)
        .select_related("credential__achievement__issuer", "credential__issuer")
        .defer("credential__paper")
    )
    declared = Declaration.objects.filter(learner=learner, hidden_at__isnull=True)
    imports = importing.kept(learner=learner)
    return Choosable(entries=list(entries), imports=list(imports), declarations=list(declared))


def holding_now(*, there: Choosable, now: datetime) -> list[Entry]:
    """Those of them that hold: what a form proposes."""
    return [
        entry
        for entry in there.entries
        if entry.credential.status == Credential.Status.ACTIVE
        and (entry.credential.valid_until is None or entry.credential.valid_until > now)
    ]


def key_of(item: Item) -> str:
    """By which name a form chooses it."""
    if isinstance(item, Declaration):
        return f"{DECLARED}:{item.pk}"
    if isinstance(item, Import):
        return f"{IMPORTED}:{item.pk}"
    return f"{CERTIFICATE}:{item.credential_id}"


def chosen_of(*, learner: Learner, keys: Sequence[str], kind: str) -> list[Item]:
    """What these names stand for, in the order of the passport. Raises NothingChosen and TooManyChosen.

    A name of something that is not hers, or is hidden meanwhile, stands for nothing.
    """
    there, wanted = choosable(learner=learner), set(keys)
    items: list[Item] = there.items if kind == Kind.CHOSEN else [*there.entries]
    chosen = [item for item in items if key_of(item) in wanted]
    if not chosen:
        raise NothingChosen
    if len(chosen) > Presentation.MAX_ENTRIES:
        raise TooManyChosen
    return chosen


# -- Making one -------------------------------------------------------------------------------------
@transaction.atomic
def make(
    *,
    learner: Learner,
    keys: Sequence[str],
    detail: Detail,
    days: int,
    title: str,
    language: str,
    now: datetime,
    desk: Desk | None = None,
) -> Presentation:
    """Put these entries behind a new link for so many days; she agrees to showing in the same step.

    Raises GuardianNeeded, AssentNeeded, NothingChosen, TooManyChosen and TooManyShares.
    """
    if days not in DAYS:
        raise ValueError("she chooses from DAYS")
    chosen = _may_make(learner=learner, keys=keys, kind=Kind.CHOSEN, language=language, desk=desk, now=now)
    made = _new(
        learner=learner,
        kind=Kind.CHOSEN,
        detail=detail,
        title=title,
        language=language,
        expires_at=now + timedelta(days=days),
        now=now,
    )
    Shown.objects.bulk_create(_shown(made, place, item) for place, item in enumerate(chosen))
    return made


@transaction.atomic
def open_page(
    *, learner: Learner, keys: Sequence[str], language: str, now: datetime, desk: Desk | None = None
) -> Presentation:
    """Open her public page, or change what is on it: exactly these certificates become public.

    Raises NoPublicPageYet, NothingChosen, TooManyChosen and TooManyShares.
    """
    if families.is_minor(learner, now):
        raise NoPublicPageYet
    chosen = _may_make(learner=learner, keys=keys, kind=Kind.PAGE, language=language, desk=desk, now=now)
    _close_all_public(learner)
    on_it = [item.credential_id for item in chosen if isinstance(item, Entry)]
    Credential.objects.filter(pk__in=on_it).update(visibility=Credential.Visibility.PUBLIC)
    page = page_of(learner=learner)
    return page or _new(
        learner=learner,
        kind=Kind.PAGE,
        detail=Detail(),
        title="",
        language=language,
        expires_at=None,
        now=now,
    )


def _may_make(
    *, learner: Learner, keys: Sequence[str], kind: str, language: str, desk: Desk | None, now: datetime
) -> list[Item]:
    Learner.objects.select_for_update().get(pk=learner.pk)
    require_may_share(learner=learner, now=now)
    chosen = chosen_of(learner=learner, keys=keys, kind=kind)
    if not consents.holds(learner=learner, purpose=Consent.Purpose.SHOWING):
        stop_all(learner=learner, now=now)  # what she had stopped by taking it back does not begin again
    elif _living(learner).exclude(expires_at__lte=now).count() >= MAX_SHARES:
        raise TooManyShares
    consents.give(
        learner=learner,
        purpose=Consent.Purpose.SHOWING,
        language=language,
        now=now,
        channel=desk.channel if desk else Consent.Channel.SELF.value,
        by=desk.by if desk else None,
        house=desk.house if desk else None,
    )
    return chosen


def _new(
    *,
    learner: Learner,
    kind: str,
    detail: Detail,
    title: str,
    language: str,
    expires_at: datetime | None,
    now: datetime,
) -> Presentation:
    token = secrets.token_urlsafe(16)
    contact = contact_of(learner=learner, detail=detail)
    return Presentation.objects.create(
        learner=learner,
        kind=kind,
        digest=digest_of(token),
        sealed=seals.seal(token),
        title=title.strip()[:80],
        whole_name=detail.whole_name,
        with_dates=detail.with_dates,
        with_levels=detail.with_levels,
        contact=contact,
        language=language,
        made_at=now,
        expires_at=expires_at,
    )


def contact_of(*, learner: Learner, detail: Detail) -> Address | None:
    """The proven address of hers that this detail shows, if any."""
    if detail.contact is None:
        return None
    return Address.objects.filter(pk=detail.contact, learner=learner, verified_at__isnull=False).first()


def _shown(presentation: Presentation, place: int, item: Item) -> Shown:
    if isinstance(item, Declaration):
        return Shown(presentation=presentation, place=place, declaration=item)
    if isinstance(item, Import):
        return Shown(presentation=presentation, place=place, imported=item)
    return Shown(presentation=presentation, place=place, entry=item)


def digest_of(token: str) -> str:
    """By what a link's token is found: 128 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


# -- Her links --------------------------------------------------------------------------------------
def of(*, learner: Learner, now: datetime) -> list[Share]:
    """Her links, the newest first, with how often each was opened."""
    found = Presentation.objects.filter(learner=learner).annotate(
        times=Sum("openings__times"), last=Max("openings__hour")
    )
    return [
        Share(presentation=each, state=state_of(each, now=now), times=each.times or 0, last=each.last)
        for each in found
    ]


def one_of(*, learner: Learner, presentation_id: str) -> Presentation:
    """One of her links. Raises NotYourPassport, the same for foreign and unknown."""
    found = Presentation.objects.filter(learner=learner, pk=presentation_id).first()
    if found is None:
        raise NotYourPassport
    return found


def page_of(*, learner: Learner) -> Presentation | None:
    """Her public page, if she has one."""
    return _living(learner).filter(kind=Kind.PAGE).first()


def state_of(presentation: Presentation, *, now: datetime) -> str:
    """``open``, ``expired`` or ``withdrawn``."""
    if presentation.withdrawn_at:
        return "withdrawn"
    over = presentation.expires_at is not None and presentation.expires_at <= now
    return "expired" if over else "open"


def link_of(presentation: Presentation) -> str:
    """The link that she gives. Raises LinkUnreadable."""
    try:
        token = seals.unseal(presentation.sealed)
    except SecretUnreadable:
        raise LinkUnreadable from None
    return settings.BASE_URL + reverse("shared", args=[token])


def detail_of(presentation: Presentation) -> Detail:
    """How much of herself it shows."""
    return Detail(
        whole_name=presentation.whole_name,
        with_dates=presentation.with_dates,
        with_levels=presentation.with_levels,
        contact=presentation.contact_id,
    )


def items_of(*, presentation: Presentation) -> list[Item]:
    """What lies behind this link now, in its order: less than she chose where some is hidden or gone."""
    there = choosable(learner=presentation.learner)
    if presentation.kind == Kind.PAGE:
        public = Credential.Visibility.PUBLIC
        shown = [entry for entry in there.entries if entry.credential.visibility == public]
        return [*shown[: Presentation.MAX_ENTRIES]]
    chosen = presentation.shown.values_list("entry", "imported", "declaration")
    places = {each: place for place, each in enumerate(chosen)}
    kept = [item for item in there.items if _place(item) in places]
    return sorted(kept, key=lambda item: places[_place(item)])


def _place(item: Item) -> tuple[Any, Any, Any]:
    return (
        item.pk if isinstance(item, Entry) else None,
        item.pk if isinstance(item, Import) else None,
        item.pk if isinstance(item, Declaration) else None,
    )


def extend(*, presentation: Presentation, days: int, now: datetime) -> None:
    """It holds for so many days from now on. Raises ShareIsOver and AskYourGuardian."""
    if days not in DAYS:
        raise ValueError("she chooses from DAYS")
    require_may_share(learner=presentation.learner, now=now)
    living = Presentation.objects.filter(pk=presentation.pk, kind=Kind.CHOSEN, withdrawn_at__isnull=True)
    if not living.update(expires_at=now + timedelta(days=days)):
        raise ShareIsOver


@transaction.atomic
def withdraw(*, presentation: Presentation, now: datetime) -> None:
    """The link leads nowhere from now on; with a public page nothing is public any more."""
    ended = Presentation.objects.filter(pk=presentation.pk, withdrawn_at__isnull=True)
    if ended.update(withdrawn_at=now) and presentation.kind == Kind.PAGE:
        _close_all_public(presentation.learner)


@transaction.atomic
def take_back(*, learner: Learner, now: datetime) -> None:
    """She no longer agrees to show anything: the consent ends, and with it every link."""
    consents.withdraw(learner=learner, purpose=consents.Purpose.SHOWING.value, now=now)
    stop_all(learner=learner, now=now)


def stop_all(*, learner: Learner, now: datetime) -> int:
    """All her links lead nowhere from now on; how many there were."""
    _close_all_public(learner)
    return _living(learner).update(withdrawn_at=now)


def _living(learner: Learner) -> QuerySet[Presentation]:
    return Presentation.objects.filter(learner=learner, withdrawn_at__isnull=True)


def _close_all_public(learner: Learner) -> None:
    """Back to what they were at the beginning: whoever has the link sees them."""
    Credential.objects.filter(entry__learner=learner, visibility=Credential.Visibility.PUBLIC).update(
        visibility=Credential.Visibility.LINK
    )
