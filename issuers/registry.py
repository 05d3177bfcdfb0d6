"""The city's register of issuers: what one officer proposes another approves, and all of it is recorded."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import audit, doorbell
from .errors import (
    AlreadyRegistered,
    BadEntry,
    IssuerSuspended,
    NotAllowed,
    OutsideMandate,
    SamePerson,
    WrongState,
)
from .models import Arrondissement, Issuer, IssuerKind, Mandate, Membership, RegisterChange, Role, Theme

State = Issuer.State
Period = tuple[date, date | None]

PROPOSERS = (Role.OFFICER,)
APPROVERS = (Role.APPROVER,)
SUSPENDERS = (Role.OFFICER, Role.APPROVER)  # stopping harm needs one person; allowing more needs two


# -- Issuers --------------------------------------------------------------------------------------
@transaction.atomic
def propose_issuer(
    *,
    slug: str,
    name_fr: str,
    name_ar: str,
    kind: str,
    arrondissement: Arrondissement,
    email: str = "",
    by: Any,
    now: datetime,
) -> Issuer:
    """Enter a provider as proposed; it can do nothing yet. Raises NotAllowed, BadEntry, AlreadyRegistered."""
    require_city_role(by, *PROPOSERS)
    if not name_fr.strip() or not name_ar.strip() or kind not in IssuerKind.values:
        raise BadEntry
    if Issuer.objects.filter(slug=slug).exists():
        raise AlreadyRegistered
    issuer = Issuer(
        slug=slug,
        name_fr=name_fr.strip(),
        name_ar=name_ar.strip(),
        kind=kind,
        arrondissement=arrondissement,
        email=email,
        proposed_by=by,
        proposed_at=now,
    )
    try:
        issuer.clean_fields()
    except ValidationError:
        raise BadEntry from None
    issuer.save(force_insert=True)
    record(event="issuer-proposed", issuer=issuer, by=by, now=now)
    return issuer


@transaction.atomic
def approve_issuer(*, issuer: Issuer, by: Any, now: datetime) -> Issuer:
    """Let a proposed provider become an issuer; the signer makes its keys.

    Raises NotAllowed, SamePerson when ``by`` proposed it, WrongState.
    """
    require_city_role(by, *APPROVERS)
    if issuer.proposed_by_id == by.pk:
        raise SamePerson
    _move_issuer(issuer, [State.PROPOSED], state=State.ACTIVE, approved_by=by, approved_at=now)
    record(event="issuer-approved", issuer=issuer, by=by, now=now)
    return issuer


@transaction.atomic
def suspend_issuer(*, issuer: Issuer, reason: str, by: Any, now: datetime) -> Issuer:
    """Stop an issuer's awards from now on; what it awarded stays good.

    Raises NotAllowed, BadEntry without a reason, WrongState.
    """
    require_city_role(by, *SUSPENDERS)
    reason = _reason(reason)
    _move_issuer(issuer, [State.ACTIVE], state=State.SUSPENDED, suspended_at=now, state_reason=reason)
    record(event="issuer-suspended", issuer=issuer, by=by, now=now, reason=reason)
    return issuer


@transaction.atomic
def reinstate_issuer(*, issuer: Issuer, by: Any, now: datetime) -> Issuer:
    """Let a suspended issuer award again. Raises NotAllowed, WrongState."""
    require_city_role(by, *APPROVERS)
    _move_issuer(issuer, [State.SUSPENDED], state=State.ACTIVE, suspended_at=None, state_reason="")
    record(event="issuer-reinstated", issuer=issuer, by=by, now=now)
    return issuer


@transaction.atomic
def close_issuer(*, issuer: Issuer, reason: str, by: Any, now: datetime) -> Issuer:
    """End an issuer for good; its keys and lists go on being published.

    Raises NotAllowed, BadEntry without a reason, WrongState.
    """
    require_city_role(by, *APPROVERS)
    reason = _reason(reason)
    issuer.refresh_from_db(fields=["suspended_at"])
    _move_issuer(
        issuer,
        [State.ACTIVE, State.SUSPENDED],
        state=State.CLOSED,
        suspended_at=issuer.suspended_at or now,
        state_reason=reason,
    )
    record(event="issuer-closed", issuer=issuer, by=by, now=now, reason=reason)
    return issuer


def _move_issuer(issuer: Issuer, before: Sequence[str], **fields: Any) -> None:
    """Compare-and-set: whoever comes second learns that the state has changed."""
    if not Issuer.objects.filter(pk=issuer.pk, state__in=before).update(**fields):
        raise WrongState
    issuer.refresh_from_db()
    doorbell.ring("issuers.tend", queue="upkeep")


# -- Mandates -------------------------------------------------------------------------------------
@transaction.atomic
def propose_mandate(
    *,
    issuer: Issuer,
    theme: str,
    starts_on: date,
    ends_on: date | None = None,
    daily_cap: int = 500,
    by: Any,
    now: datetime,
) -> Mandate:
    """Propose that an issuer may award a theme.

    Raises NotAllowed, BadEntry, AlreadyRegistered, and WrongState for a closed issuer.
    """
    require_city_role(by, *PROPOSERS)
    if theme not in Theme.values or daily_cap < 1 or (ends_on is not None and ends_on <= starts_on):
        raise BadEntry
    if Issuer.objects.filter(pk=issuer.pk, state=State.CLOSED).exists():
        raise WrongState
    mandate = Mandate(
        issuer=issuer,
        theme=theme,
        starts_on=starts_on,
        ends_on=ends_on,
        daily_cap=daily_cap,
        proposed_by=by,
        proposed_at=now,
    )
    try:
        with transaction.atomic():
            mandate.save(force_insert=True)
    except IntegrityError:
        raise AlreadyRegistered from None
    _record_mandate("mandate-proposed", mandate, by=by, now=now)
    return mandate


@transaction.atomic
def approve_mandate(*, mandate: Mandate, by: Any, now: datetime) -> Mandate:
    """Give a proposed mandate. Raises NotAllowed, SamePerson when ``by`` proposed it, WrongState."""
    require_city_role(by, *APPROVERS)
    if mandate.proposed_by_id == by.pk:
        raise SamePerson
    _move_mandate(mandate, Q(approved_at__isnull=True), approved_by=by, approved_at=now)
    _record_mandate("mandate-approved", mandate, by=by, now=now)
    return mandate


@transaction.atomic
def suspend_mandate(*, mandate: Mandate, reason: str, by: Any, now: datetime) -> Mandate:
    """Stop awards under a mandate from now on. Raises NotAllowed, BadEntry, WrongState."""
    require_city_role(by, *SUSPENDERS)
    reason = _reason(reason)
    given = Q(approved_at__isnull=False, suspended_at__isnull=True)
    _move_mandate(mandate, given, suspended_at=now, state_reason=reason)
    _record_mandate("mandate-suspended", mandate, by=by, now=now, reason=reason)
    return mandate


@transaction.atomic
def reinstate_mandate(*, mandate: Mandate, by: Any, now: datetime) -> Mandate:
    """Let a suspended mandate hold again. Raises NotAllowed, WrongState."""
    require_city_role(by, *APPROVERS)
    _move_mandate(mandate, Q(suspended_at__isnull=False), suspended_at=None, state_reason="")
    _record_mandate("mandate-reinstated", mandate, by=by, now=now)
    return mandate


def _move_mandate(mandate: Mandate, before: Q, **fields: Any) -> None:
    if not Mandate.objects.filter(before, pk=mandate.pk).update(**fields):
        raise WrongState
    mandate.refresh_from_db()
    doorbell.ring("issuers.tend", queue="upkeep")


# -- An operator's shortcut -----------------------------------------------------------------------
@transaction.atomic
def register(
    *,
    slug: str,
    name_fr: str,
    name_ar: str,
    kind: str,
    arrondissement: Arrondissement,
    email: str = "",
    themes: Sequence[str],
    starts_on: date,
    proposed_by: Any,
    approved_by: Any,
    now: datetime,
) -> Issuer:
    """Propose and approve an issuer with its mandates in one transaction: still two persons."""
    issuer = propose_issuer(
        slug=slug,
        name_fr=name_fr,
        name_ar=name_ar,
        kind=kind,
        arrondissement=arrondissement,
        email=email,
        by=proposed_by,
        now=now,
    )
    approve_issuer(issuer=issuer, by=approved_by, now=now)
    for theme in themes:
        mandate = propose_mandate(issuer=issuer, theme=theme, starts_on=starts_on, by=proposed_by, now=now)
        approve_mandate(mandate=mandate, by=approved_by, now=now)
    return issuer


# -- What the register says -----------------------------------------------------------------------
def require_mandate(*, issuer: Issuer, theme: str, on: date, now: datetime) -> Mandate:
    """The mandate under which this issuer may award this theme on that day.

    Reads the register afresh. Raises IssuerSuspended when the issuer or the mandate is stopped at present,
    OutsideMandate when nothing was ever given for that day.
    """
    given = list(
        Mandate.objects.filter(_open_on(on), issuer=issuer, theme=theme, approved_at__isnull=False)
        .select_related("issuer")
        .order_by("-starts_on")
    )
    for mandate in given:
        if mandate.suspended_at is None and mandate.issuer.state == State.ACTIVE:
            return mandate
    if given or not Issuer.objects.filter(pk=issuer.pk, state=State.ACTIVE).exists():
        raise IssuerSuspended
    raise OutsideMandate


def _open_on(day: date) -> Q:
    return Q(starts_on__lte=day) & (Q(ends_on__isnull=True) | Q(ends_on__gt=day))


def was_accredited(*, issuer: Issuer, theme: str, on: date) -> bool:
    """Whether the issuer could award this theme on that day of the city, as the register stands.

    A suspension ends a period with the day on which it was spoken: that day's certificates stay good.
    """
    return any(
        start <= on and (end is None or on < end)
        for start, end in accredited_periods(issuer=issuer).get(theme, ())
    )


def accredited_periods(*, issuer: Issuer) -> dict[str, list[Period]]:
    """By theme, the periods for which the issuer is or was accredited; each excludes its end."""
    if issuer.approved_at is None:
        return {}
    periods: dict[str, list[Period]] = {}
    for mandate in issuer.mandates.all():
        if mandate.approved_at is None:
            continue
        stops = [_day_after(moment) for moment in (mandate.suspended_at, issuer.suspended_at) if moment]
        ends = [end for end in (mandate.ends_on, *stops) if end is not None]
        end = min(ends, default=None)
        if end is None or end > mandate.starts_on:
            periods.setdefault(mandate.theme, []).append((mandate.starts_on, end))
    return {theme: sorted(spans, key=lambda span: span[0]) for theme, spans in sorted(periods.items())}


def _day_after(moment: datetime) -> date:
    return timezone.localdate(moment) + timedelta(days=1)


# -- Roles and the record -------------------------------------------------------------------------
def require_city_role(person: Any, *roles: str) -> None:
    """Raises NotAllowed unless this person holds one of these roles of the city."""
    if not Membership.objects.filter(person=person, issuer__isnull=True, role__in=roles).exists():
        raise NotAllowed


def record(*, event: str, issuer: Issuer | None, by: Any, now: datetime, **detail: Any) -> None:
    """Write one line of the register's history, in the transaction of the change."""
    change = RegisterChange.objects.create(at=now, by=by, issuer=issuer, event=event, detail=detail)
    audit.append(event=event, now=now, issuer=issuer, by=by, change=change.pk, **audit.wordless(detail))


def _record_mandate(event: str, mandate: Mandate, *, by: Any, now: datetime, **detail: Any) -> None:
    period = {
        "theme": mandate.theme,
        "starts_on": mandate.starts_on.isoformat(),
        "ends_on": mandate.ends_on.isoformat() if mandate.ends_on else None,
    }
    record(event=event, issuer=mandate.issuer, by=by, now=now, mandate=mandate.pk, **period, **detail)


def _reason(text: str) -> str:
    text = " ".join(text.split())
    if not 0 < len(text) <= 300:
        raise BadEntry(_("Say why, in at most 300 characters."))
    return text
