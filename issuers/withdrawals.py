"""Withdraws a key that somebody else may hold: one person of the city says so, another confirms it.

If the second does not answer within a quarter of an hour, the first may act alone, and the record says so.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from . import keys, registry
from .errors import BadEntry, NotAllowed, NotFound, SamePerson, TooEarly, WrongState
from .models import KeyWithdrawal, Role, SigningKey

PATIENCE = timedelta(minutes=15)
PROPOSERS = (Role.OFFICER, Role.APPROVER)
CONFIRMERS = (Role.APPROVER,)
REASON_LENGTH = 300


def key_named(*, name: str) -> SigningKey:
    """The key of this thumbprint, short name (``kid8``) or ``did…#thumbprint``. Raises NotFound, BadEntry."""
    fragment = name.rpartition("#")[2]
    for field in ("thumbprint", "kid8"):
        found = list(SigningKey.objects.filter(**{field: fragment}).select_related("issuer")[:2])
        if len(found) > 1:
            raise BadEntry(_("Two keys share this short name. Give the whole thumbprint."))
        if found:
            return found[0]
    raise NotFound(_("Nothing in the register is called %(name)s.") % {"name": name})


def waiting_for_a_second() -> list[KeyWithdrawal]:
    """What was proposed and neither confirmed nor declined, the oldest first."""
    return list(_open().select_related("key__issuer", "proposed_by").order_by("proposed_at", "id"))


def propose(*, key: SigningKey, reason: str, by: Any, now: datetime) -> KeyWithdrawal:
    """Say that this key is to be withdrawn; it goes on signing until somebody else confirms.

    Raises NotAllowed, BadEntry without a reason, WrongState where that was said before.
    """
    registry.require_city_role(by, *PROPOSERS)
    reason = " ".join(reason.split())
    if not 0 < len(reason) <= REASON_LENGTH:
        raise BadEntry(_("Say why, in at most 300 characters."))
    if SigningKey.objects.filter(pk=key.pk, state=keys.State.COMPROMISED).exists():
        raise WrongState
    try:
        with transaction.atomic():
            made = KeyWithdrawal.objects.create(
                key=key, reason=reason, proposed_by=by, proposed_at=now, alone_from=now + PATIENCE
            )
            _record("key-withdrawal-proposed", made, by=by, now=now)
    except IntegrityError:
        raise WrongState from None
    return made


def confirm(*, withdrawal: KeyWithdrawal, by: Any, now: datetime) -> KeyWithdrawal:
    """Withdraw the key, as the second person: nothing under it counts any more, and the signer makes another.

    Raises NotAllowed, SamePerson, WrongState.
    """
    registry.require_city_role(by, *CONFIRMERS)
    if withdrawal.proposed_by_id == by.pk:
        raise SamePerson
    return _complete(withdrawal, by=by, now=now, confirmed_by=by)


def confirm_alone(*, withdrawal: KeyWithdrawal, by: Any, now: datetime) -> KeyWithdrawal:
    """Withdraw the key without a second person, who had time to answer; the record says so.

    Raises NotAllowed unless ``by`` proposed it, TooEarly, WrongState.
    """
    registry.require_city_role(by, *PROPOSERS)
    if withdrawal.proposed_by_id != by.pk:
        raise NotAllowed
    if now < withdrawal.alone_from:
        raise TooEarly
    return _complete(withdrawal, by=by, now=now, alone=True)


@transaction.atomic
def decline(*, withdrawal: KeyWithdrawal, by: Any, now: datetime) -> KeyWithdrawal:
    """Drop a proposal, one's own or as an approver; the key goes on. Raises NotAllowed, WrongState."""
    own = withdrawal.proposed_by_id == by.pk
    registry.require_city_role(by, *(PROPOSERS if own else CONFIRMERS))
    _settle(withdrawal, declined_by=by, declined_at=now)
    _record("key-withdrawal-declined", withdrawal, by=by, now=now)
    return withdrawal


@transaction.atomic
def revoke(
    *, key: SigningKey, reason: str, by: Any, seconded_by: Any = None, alone: bool = False, now: datetime
) -> KeyWithdrawal:
    """What an operator enters for two persons at once, or for one: a proposal, or its end ``alone``.

    With a second person the key is withdrawn; one of the two may have proposed it before. Raises what
    ``propose``, ``confirm`` and ``confirm_alone`` raise; NotFound when there is nothing to end alone.
    """
    waiting = _open().filter(key=key).select_related("key__issuer").first()
    if alone:
        if waiting is None:
            raise NotFound(_("Propose it first: the second person has fifteen minutes to answer."))
        return confirm_alone(withdrawal=waiting, by=by, now=now)
    if waiting is None:
        waiting = propose(key=key, reason=reason, by=by, now=now)
    elif not seconded_by:
        raise WrongState
    if not seconded_by:
        return waiting
    return confirm(withdrawal=waiting, by=by if waiting.proposed_by == seconded_by else seconded_by, now=now)


@transaction.atomic
def _complete(withdrawal: KeyWithdrawal, *, by: Any, now: datetime, **how: Any) -> KeyWithdrawal:
    _settle(withdrawal, confirmed_at=now, **how)
    alone = {"alone": True} if withdrawal.alone else {}
    keys.mark_compromised(key=withdrawal.key, by=by, now=now, reason=withdrawal.reason, **alone)
    return withdrawal


def _settle(withdrawal: KeyWithdrawal, **fields: Any) -> None:
    """Compare and set: a proposal ends once."""
    if not _open().filter(pk=withdrawal.pk).update(**fields):
        raise WrongState
    withdrawal.refresh_from_db()


def _open() -> QuerySet[KeyWithdrawal]:
    return KeyWithdrawal.objects.filter(confirmed_at__isnull=True, declined_at__isnull=True)


def _record(event: str, withdrawal: KeyWithdrawal, *, by: Any, now: datetime) -> None:
    key = withdrawal.key
    registry.record(
        event=event, issuer=key.issuer, by=by, now=now, kid=key.thumbprint, reason=withdrawal.reason
    )
