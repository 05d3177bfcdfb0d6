"""Retention: how long things are kept, and what goes when that is over."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from dateutil.relativedelta import relativedelta
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from credentials import outbox
from credentials.models import LocalMessage, Message
from issuers import audit
from issuers.models import Membership
from verify.models import VerificationCount

from . import erasing, importing
from .errors import NotYourPassport, StillStaff
from .models import Address, Declaration, Entry, Erasure, IdleNotice, Import, Learner, Look, Opening, Record

IDLE = relativedelta(years=3)
#: From the notice until the passport is closed.
GRACE = timedelta(days=90)
COUNTS = relativedelta(months=13)
LOOKS = relativedelta(years=5)
RECEIPTS = relativedelta(years=5)
NOTICES = relativedelta(years=1)
RECEIVED = timedelta(days=30)
KEPT_RECORDS = timedelta(days=30)
AT_ONCE = 200


class Rule(NamedTuple):
    """What goes by itself: its name, which rows are over, and what is done with them."""

    name: str
    over: Callable[[datetime], QuerySet[Any]]
    act: Callable[[QuerySet[Any], datetime], int]


def idle(now: datetime) -> QuerySet[Learner]:
    """Who has not signed in for three years, in whose passport nothing was put, and who works for nobody."""
    since = now - IDLE
    used = (
        Entry.objects.filter(learner=OuterRef("pk"), filed_at__gt=since),
        Declaration.objects.filter(learner=OuterRef("pk"), made_at__gt=since),
        Import.objects.filter(learner=OuterRef("pk"), brought_at__gt=since),
        Look.objects.filter(learner=OuterRef("pk"), at__gt=since),
        Membership.objects.filter(person=OuterRef("pk")),
    )
    quiet = Learner.objects.filter(is_active=True, is_superuser=False, joined_at__lte=since)
    quiet = quiet.exclude(last_login__gt=since)
    for each in used:
        quiet = quiet.filter(~Exists(each))
    return quiet.order_by("pk")


def _untold(now: datetime) -> QuerySet[Learner]:
    return idle(now).filter(idle_notice__isnull=True)


def _tell(people: QuerySet[Learner], now: datetime) -> int:
    """Write to every address that she proved; without one the notice is noted all the same."""
    told = 0
    for learner in list(people[:AT_ONCE]):
        with transaction.atomic():
            _notice, made = IdleNotice.objects.get_or_create(learner=learner, defaults={"told_at": now})
            if not made:  # another process told her a moment ago
                continue
            for address in Address.objects.filter(learner=learner, verified_at__isnull=False):
                outbox.enqueue_idle(to=address.value, kind=address.kind, language=learner.language, now=now)
            audit.append(event="idle-notice", now=now, about=str(learner.pk))
        told += 1
    return told


def _came_back(now: datetime) -> QuerySet[IdleNotice]:
    return IdleNotice.objects.exclude(learner__in=idle(now).values("pk"))


def _still_idle(now: datetime) -> QuerySet[Learner]:
    return idle(now).filter(idle_notice__told_at__lte=now - GRACE)


def _close(people: QuerySet[Learner], now: datetime) -> int:
    """Close their passports; the certificates stay with their providers."""
    closed = 0
    for learner in list(people[:AT_ONCE]):
        try:
            erasing.close(learner=learner, certificates=False, kind=erasing.Kind.IDLE, now=now)
        except (NotYourPassport, StillStaff):  # she closed it herself, or was appointed, a moment ago
            continue
        closed += 1
    return closed


def _let_go(now: datetime) -> QuerySet[Record]:
    """Signed files of passports: who asks again is given a new one."""
    over = Q(presentation__withdrawn_at__isnull=False) | Q(presentation__expires_at__lte=now)
    return Record.objects.filter(over | Q(signed_at__lt=now - KEPT_RECORDS))


def _delete(rows: QuerySet[Any], now: datetime) -> int:
    return int(rows.delete()[0])


#: In the order in which they are applied.
RULES: tuple[Rule, ...] = (
    Rule("notices of those who came back", _came_back, _delete),
    Rule("passports idle for three years: a notice", _untold, _tell),
    Rule("passports idle 90 days after the notice: closed", _still_idle, _close),
    Rule(
        "counts of opened certificate pages, 13 months",
        lambda now: Opening.objects.filter(on__lt=_day(now - COUNTS)),
        _delete,
    ),
    Rule(
        "counts of verdicts, 13 months",
        lambda now: VerificationCount.objects.filter(on__lt=_day(now - COUNTS)),
        _delete,
    ),
    Rule("who looked, 5 years", lambda now: Look.objects.filter(at__lt=now - LOOKS), _delete),
    Rule("receipts of erasures, 5 years", lambda now: Erasure.objects.filter(at__lt=now - RECEIPTS), _delete),
    Rule(
        "notices that were sent, 1 year",
        lambda now: Message.objects.filter(kind=Message.Kind.IDLE, created_at__lt=now - NOTICES),
        _delete,
    ),
    Rule("brought from elsewhere and not kept, 7 days", lambda now: importing.over(now=now), _delete),
    Rule("signed files of passports, 30 days, or as long as their link", _let_go, _delete),
    Rule("sessions that ran out", lambda now: Session.objects.filter(expire_date__lt=now), _delete),
    Rule(
        "messages of the local outbox, 30 days",
        lambda now: LocalMessage.objects.filter(received_at__lt=now - RECEIVED),
        _delete,
    ),
)


def _day(moment: datetime) -> Any:
    return timezone.localdate(moment)


def due(*, now: datetime) -> dict[str, int]:
    """What would go or be written to now, by rule."""
    return {rule.name: rule.over(now).count() for rule in RULES}


def tend(*, now: datetime) -> dict[str, int]:
    """Apply every rule; returns how many each concerned."""
    return {rule.name: rule.act(rule.over(now), now) for rule in RULES}
