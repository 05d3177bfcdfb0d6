"""Planned changes of keys: after a year a successor is published, and a week later it signs instead."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q

from . import keys
from .errors import NoActiveKey, WrongState
from .models import Issuer, SigningKey

ROTATE_AFTER = timedelta(days=365)
MOST_SIGNATURES = 1_000_000
State = keys.State


def tend(*, now: datetime, signatures: Mapping[int, int] | None = None) -> int:
    """Prepare and activate what is due among the issuers' keys; returns how many keys changed.

    ``signatures`` counts by primary key what each has signed, where somebody counted. The city's own keys
    change by an operator's hand: others have pinned them. Raises NoKeyRoom.
    """
    changed = 0
    waiting = SigningKey.objects.filter(
        issuer=OuterRef("issuer"), algorithm=OuterRef("algorithm"), state=State.PENDING
    )
    worn = [key for key, count in (signatures or {}).items() if count >= MOST_SIGNATURES]
    due = Q(not_before__lte=now - ROTATE_AFTER) | Q(pk__in=worn)
    active = SigningKey.objects.filter(due, ~Exists(waiting), issuer__isnull=False, state=State.ACTIVE)
    for key in active.select_related("issuer"):
        with suppress(WrongState):  # it was ended a moment ago
            keys.prepare_successor(key=key, by=None, now=now)
            changed += 1
    ripe = SigningKey.objects.filter(
        issuer__isnull=False, state=State.PENDING, created_at__lte=now - keys.OVERLAP
    )
    for key in ripe.select_related("issuer"):
        with suppress(WrongState):  # another signer was quicker
            keys.activate(key=key, by=None, now=now)
            changed += 1
    return changed


def rotate(
    *,
    issuer: Issuer | None,
    purpose: str = keys.Purpose.ISSUER,
    algorithm: str = "",
    by: Any = None,
    now: datetime,
    at_once: bool = False,
) -> list[SigningKey]:
    """Prepare a successor of each of these keys, or of the one algorithm; activate those that may sign now.

    Returns the successors. Raises NoKeyRoom, NoActiveKey where there is nothing to follow.
    """
    active = SigningKey.objects.filter(issuer=issuer, purpose=purpose, state=State.ACTIVE)
    if algorithm:
        active = active.filter(algorithm=algorithm)
    successors = []
    for key in active.select_related("issuer"):
        successor = keys.prepare_successor(key=key, by=by, now=now)
        if at_once or now - successor.created_at >= keys.OVERLAP:
            successor = keys.activate(key=successor, by=by, now=now, at_once=at_once)
        successors.append(successor)
    if not successors:
        raise NoActiveKey
    return successors
