"""After a key was withdrawn: what it signed is signed anew, saying the same, and old links lead on.

Each certificate is awarded once more in a batch of its own kind; its successor takes its place in the lists
and in the passport, keeps its visibility, and is suspended where the old one was. Asking twice orders
nothing twice.
"""

import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from issuers.errors import IssuerSuspended, OutsideMandate, WrongState
from issuers.models import SigningKey
from issuers.registry import require_mandate

from . import ledger
from .models import Achievement, Award, Batch, Credential, StatusChange
from .people import Person
from .succession import LIVING

PORTION = 5_000
KEY = "reissue:"
_COLUMNS = (
    *("pk", "name_latin", "name_arabic", "address_kind", "address", "award__language"),
    *("awarded_on", "person_hash", "award__result"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far it is: the key's living certificates that wait for a successor, and those not ordered yet."""

    waiting: int
    not_ordered: int
    replaced: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """What was ordered, and by theme what may not be: its provider has no mandate for it any more."""

    ordered: int
    without_mandate: dict[str, int]


def order(*, key: SigningKey, by: Any, now: datetime) -> Ordered:
    """Order a successor for every certificate of this key that still holds; workers do the rest.

    What is expired, revoked or erased is left, and what was ordered before is not ordered again. Raises
    WrongState unless the key was withdrawn.
    """
    if key.state != SigningKey.State.COMPROMISED:
        raise WrongState
    ordered, refused = 0, Counter[str]()
    for achievement, session, ids in _groups(key, now=now):
        try:
            require_mandate(
                issuer=achievement.issuer, theme=achievement.theme, on=timezone.localdate(now), now=now
            )
        except (IssuerSuspended, OutsideMandate):
            refused[achievement.theme] += len(ids)
            continue
        for start in range(0, len(ids), PORTION):
            ordered += _open(key, achievement, session, ids[start : start + PORTION], by=by, now=now)
    return Ordered(ordered=ordered, without_mandate=dict(refused))


def standing(*, key: SigningKey, now: datetime) -> Standing:
    """How far the re-issue of this key's certificates is, counted now."""
    open_ones, living = _not_ordered(key, now=now).count(), _living(key, now=now).count()
    replaced = Credential.objects.filter(
        key=key, status=Credential.Status.REPLACED, replacement_awards__batch__kind=Batch.Kind.REISSUE
    )
    return Standing(waiting=living - open_ones, not_ordered=open_ones, replaced=replaced.distinct().count())


def _living(key: SigningKey, *, now: datetime) -> QuerySet[Credential]:
    unended = Q(valid_until__isnull=True) | Q(valid_until__gt=now)
    return Credential.objects.filter(unended, key=key, status__in=LIVING, erased_at__isnull=True)


def _not_ordered(key: SigningKey, *, now: datetime) -> QuerySet[Credential]:
    ordered = Award.objects.filter(
        replaces=OuterRef("pk"), state=Award.State.PENDING, batch__kind=Batch.Kind.REISSUE
    )
    return _living(key, now=now).filter(~Exists(ordered))


def _groups(key: SigningKey, *, now: datetime) -> Iterator[tuple[Achievement, str, list[str]]]:
    """The ids of what is to be signed anew, by course and group, as a batch has them."""
    columns = ("achievement_id", "session", "pk")
    found = _not_ordered(key, now=now).order_by(*columns).values_list(*columns)
    courses = Achievement.objects.select_related("issuer").in_bulk()
    for (course, session), members in groupby(list(found), key=itemgetter(0, 1)):
        yield courses[course], session, [pk for _, _, pk in members]


@transaction.atomic
def _open(
    key: SigningKey, achievement: Achievement, session: str, ids: Sequence[str], *, by: Any, now: datetime
) -> int:
    """One batch of successors; returns how many there are."""
    portion = list(_not_ordered(key, now=now).filter(pk__in=ids).order_by("pk").values_list(*_COLUMNS))
    if not portion:  # ordered by somebody else a moment ago
        return 0
    batch = Batch.objects.create(
        issuer=achievement.issuer,
        achievement=achievement,
        kind=Batch.Kind.REISSUE,
        awarded_on=max(row[6] for row in portion),
        session=session,
        requested_by=by,
        idempotency_key=f"{KEY}{secrets.token_hex(16)}",
        request_hash="",
        row_count=len(portion),
        accepted_at=now,
    )
    rows = [
        ledger.Row(
            line=line,
            person=Person(
                name_latin=latin, name_arabic=arabic, address_kind=kind, address=address, language=language
            ),
            awarded_on=awarded_on,
            person_hash=hashed,
            replaces_id=pk,
            result=result,
        )
        for line, (pk, latin, arabic, kind, address, language, awarded_on, hashed, result) in enumerate(
            portion, 1
        )
    ]
    ledger.write_rows(batch=batch, rows=rows, reason=StatusChange.Reason.KEY_COMPROMISED.value)
    ledger.open_chunks(batch=batch, pending=range(1, len(rows) + 1))
    return len(rows)
