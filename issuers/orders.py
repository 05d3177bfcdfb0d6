"""Signing orders: what somebody waits for and only the signer can make. The web orders it and never signs.

An order is a row, one for each thing that is wanted; it goes when the thing is there. The interactive worker
fulfils it at a bell, the sweeper where the bell was lost.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from . import doorbell, keys
from .errors import NoKeyRoom
from .models import SigningOrder, random_token

log = logging.getLogger(__name__)

Thing = TypeVar("Thing")
Maker = Callable[[str, datetime], object]

#: For how long a visitor waits with the page; afterwards she is told to come again.
PATIENCE = 2.0
LOOK_AGAIN = 0.05
COME_AGAIN = 2  # seconds, as Retry-After says
LEASE = timedelta(seconds=30)
BACKOFF = timedelta(seconds=2)
MAX_ATTEMPTS = 5

_makers: dict[str, Maker] = {}


def makes(kind: str) -> Callable[[Maker], Maker]:
    """Decorates the verb that makes things of this kind: it takes what is wanted, and ``now``."""

    def register(maker: Maker) -> Maker:
        _makers[kind] = maker
        return maker

    return register


# -- The web --------------------------------------------------------------------------------------
def obtain(*, kind: str, subject: str, look: Callable[[], Thing | None], now: datetime) -> Thing | None:
    """What ``look`` finds, ordered first if it is not there; ``None`` if that outlasts ``PATIENCE``."""
    found = look()
    if found is not None:
        return found
    place(kind=kind, subject=subject, now=now)
    until = time.monotonic() + PATIENCE
    while found is None and time.monotonic() < until:
        time.sleep(LOOK_AGAIN)
        found = look()
    return found


def place(*, kind: str, subject: str, now: datetime) -> None:
    """Order it without waiting, unless it is on order; one that was given up is taken up again."""
    try:
        with transaction.atomic():
            SigningOrder.objects.create(kind=kind, subject=subject, ordered_at=now, not_before=Now())
    except IntegrityError:
        SigningOrder.objects.filter(kind=kind, subject=subject, attempts__gte=MAX_ATTEMPTS).update(
            attempts=0, not_before=Now(), lease_token="", lease_until=None
        )
    doorbell.ring("issuers.fulfil_orders", queue="interactive")


# -- The signer -----------------------------------------------------------------------------------
def fulfil(*, now: datetime) -> int:
    """Make whatever is on order; returns how many things that was. Raises NoKeyRoom."""
    if not keys.can_sign():
        raise NoKeyRoom
    made = 0
    while order := _take():
        made += _make(order, now=now)
    return made


def _due() -> QuerySet[SigningOrder]:
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=Now())
    return SigningOrder.objects.filter(free, not_before__lte=Now(), attempts__lt=MAX_ATTEMPTS)


def _take() -> SigningOrder | None:
    """The order that has waited longest, for this worker alone until its lease runs out."""
    while order := _due().order_by("ordered_at", "pk").first():
        token = random_token()
        taken = _due().filter(pk=order.pk)
        if taken.update(lease_token=token, lease_until=Now() + LEASE, attempts=F("attempts") + 1):
            order.lease_token = token
            order.attempts += 1
            return order
    return None


def _make(order: SigningOrder, *, now: datetime) -> bool:
    mine = SigningOrder.objects.filter(pk=order.pk, lease_token=order.lease_token)
    try:
        _makers[order.kind](order.subject, now)
    except Exception:  # one thing that cannot be made must not keep the others waiting
        log.exception("order not fulfilled", extra={"kind": order.kind, "attempts": order.attempts})
        mine.update(lease_token="", lease_until=None, not_before=Now() + BACKOFF * order.attempts)
        return False
    mine.delete()
    return True
