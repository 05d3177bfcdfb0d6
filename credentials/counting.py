"""How issuing fares, counted when somebody asks: rows, chunks, messages, filing, lists, provider by provider.

No counter is kept: a row that every worker updates would be the one they all wait for. What is counted is
bounded by what is open or by days and found by an index, so that the certificates of earlier years cost
nothing. The state of an award has no index, on purpose: with one, no change of it could stay on its page
(``0006_storage``).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

from django.db import connection
from django.db.models import (
    Case,
    Count,
    DateTimeField,
    Exists,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Now
from django.utils import timezone

from issuers.models import Issuer

from . import batches
from .models import Award, Batch, Chunk, Credential, Message, StatusList, StatusListVersion

MINUTE = timedelta(minutes=1)
FIVE_MINUTES = timedelta(minutes=5)
WEEK = timedelta(days=7)
#: Longer than this a row waits only if something is wrong, or if many are before it.
PROMPT = timedelta(seconds=60)
#: A provider whose rows wait so long, and move not at all, is stuck whatever moves elsewhere.
PATIENCE = timedelta(minutes=10)
#: How long a certificate may be on its way into a passport, and a list of bits on its way to be signed.
SETTLES = timedelta(minutes=1)
OVERDUE = timedelta(minutes=10)
SHOWN = 10
DAYS = 14
DECIDED = (Award.State.FAILED, Award.State.DUPLICATE, Award.State.CANCELLED)
ACCEPTED = (Batch.State.ACCEPTED, Batch.State.COMPLETE, Batch.State.CANCELLED)


#: A line of a query: the provider, as ``of``, and its figures.
Lines = Iterable[dict[str, Any]]


class Pace(StrEnum):
    """How the queue moves, from the best to the worst."""

    QUIET = "quiet"
    MOVING = "moving"
    LATE = "late"
    STUCK = "stuck"

    @property
    def rank(self) -> int:
        return list(Pace).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What is counted of one provider, or of several together.

    Rows that failed, were repeats or were stopped are those of lists accepted today. A certificate counts at
    the moment its worker was called, some seconds before it was stored. Messages that left or did not arrive
    are those about certificates of the last seven days; of these too the ones in no passport yet.
    """

    accepted: int = 0
    issued: int = 0
    failed: int = 0
    duplicate: int = 0
    cancelled: int = 0
    last_minute: int = 0
    five_minutes: int = 0
    last_issued_at: datetime | None = None
    # the queue
    waiting: int = 0
    waiting_since: datetime | None = None
    ready: int = 0
    resting: int = 0
    working: int = 0
    stalled: int = 0
    # messages
    messages_waiting: int = 0
    messages_retried: int = 0
    messages_due_since: datetime | None = None
    messages_sent: int = 0
    messages_delivered: int = 0
    messages_bounced: int = 0
    messages_failed: int = 0
    # what follows
    unfiled: int = 0
    lists_stale: int = 0
    lists_overdue: int = 0

    @property
    def chunks(self) -> int:
        return self.ready + self.resting + self.working + self.stalled

    @property
    def per_second(self) -> float:
        """Certificates a second, over the last five minutes."""
        return self.five_minutes / FIVE_MINUTES.total_seconds()

    @property
    def undelivered(self) -> int:
        return self.messages_bounced + self.messages_failed

    @property
    def moved(self) -> bool:
        """Whether something was issued a moment ago, or is in a worker's hands."""
        return bool(self.last_minute or self.working)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfIssuer:
    """One provider's line."""

    issuer: Issuer
    counts: Counts
    pace: Pace


@dataclass(frozen=True, slots=True, kw_only=True)
class OfBatch:
    """One list that is being issued, or of which rows failed: how many."""

    batch: Batch
    waiting: int = 0
    failed: int = 0

    @property
    def done(self) -> int:
        return self.batch.row_count - self.waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How issuing fares ``at`` a moment: all together, each provider, why rows failed, which lists.

    Providers come in the order of their trouble, and their slowest ``pace`` is that of all.
    """

    at: datetime
    total: Counts
    pace: Pace
    by_issuer: tuple[OfIssuer, ...]
    reasons: tuple[tuple[str, int], ...]
    in_progress: tuple[OfBatch, ...]
    with_failures: tuple[OfBatch, ...]

    @property
    def oldest_seconds(self) -> int:
        """How long the oldest row has waited; 0 when none waits."""
        return _seconds(self.total.waiting_since, self.at)

    @property
    def oldest_message_seconds(self) -> int:
        """How long a message has been due without being sent."""
        return _seconds(self.total.messages_due_since, self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """How many certificates were issued on one day; ``share`` in percent of the best day, rounded up."""

    on: date
    issued: int
    share: int


def health(*, issuers: Sequence[Issuer] | None, now: datetime) -> Health:
    """Count what there is of these providers, or of the whole city (``None``)."""
    everyone = list(Issuer.objects.all())
    chosen = everyone if issuers is None else list(issuers)
    ids = [issuer.pk for issuer in chosen]
    tallies: dict[int, dict[str, Any]] = {pk: {} for pk in ids}
    reasons = _rows_of_today(tallies, now=now)
    for count in COUNTS:
        for line in count(ids, now=now):
            tallies[line.pop("of")].update(line)
    counted = {pk: Counts(**tally) for pk, tally in tallies.items()}
    total = _together(counted.values())
    moving = total.moved or _moves([issuer.pk for issuer in everyone], now=now)
    lines = [
        OfIssuer(issuer=issuer, counts=counted[issuer.pk], pace=_pace(counted[issuer.pk], moving, now=now))
        for issuer in chosen
    ]
    lines.sort(key=lambda line: (-line.pace.rank, -line.counts.issued))
    return Health(
        at=now,
        total=total,
        pace=lines[0].pace if lines else Pace.QUIET,
        by_issuer=tuple(lines),
        reasons=reasons,
        in_progress=_in_progress(ids),
        with_failures=_with_failures(ids, now=now),
    )


def history(*, issuers: Sequence[Issuer] | None, now: datetime) -> tuple[Day, ...]:
    """How many certificates were issued on each of the last fourteen days, the latest last."""
    chosen = Issuer.objects.values_list("pk", flat=True) if issuers is None else [i.pk for i in issuers]
    today = timezone.localdate(now)
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    # A day of the city may have 23 or 25 hours, so each has its own bounds.
    bounds = [_midnight(day) for day in (*days, today + timedelta(days=1))]
    spans = [Q(issued_at__gte=start, issued_at__lt=end) for start, end in pairwise(bounds)]
    number = Case(*(When(span, then=Value(n)) for n, span in enumerate(spans)))
    recent = Credential.objects.filter(
        issuer__in=list(chosen), issued_at__gte=bounds[0], issued_at__lt=bounds[-1]
    )
    found = dict(recent.order_by().values_list(number).annotate(n=Count("pk")))
    best = max(found.values(), default=0)
    return tuple(
        Day(on=day, issued=found.get(n, 0), share=-(-found.get(n, 0) * 100 // best) if best else 0)
        for n, day in enumerate(days)
    )


def certificates() -> int:
    """How many certificates there are, about: where counting them would be slow, as the database guesses."""
    if connection.vendor != "postgresql":
        return Credential.objects.count()
    with connection.cursor() as cursor:
        # -1: the table was never looked at; it is new, or small
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [Credential._meta.db_table])
        guess = int(cursor.fetchone()[0])
    return guess if guess >= 0 else Credential.objects.count()


# -- What is counted: for each provider (``of``) its figures, under the names that Counts gives them --------
def _rows_of_today(tallies: dict[int, dict[str, Any]], *, now: datetime) -> tuple[tuple[str, int], ...]:
    """Rows of the lists accepted today, by what became of them; returns why rows failed, most often first."""
    rows = Award.objects.filter(
        batch__issuer__in=list(tallies),
        batch__accepted_at__gte=_midnight(timezone.localdate(now)),
        batch__state__in=ACCEPTED,
    )
    found = rows.order_by().values_list("batch__issuer", "state", "error_code").annotate(n=Count("pk"))
    reasons: dict[str, int] = defaultdict(int)
    for pk, state, code, n in found:
        tally = tallies[pk]
        tally["accepted"] = tally.get("accepted", 0) + n
        if state in DECIDED:
            tally[state] = tally.get(state, 0) + n
        if code:
            reasons[code] += n
    return tuple(sorted(reasons.items(), key=lambda reason: (-reason[1], reason[0])))


def _issued(ids: list[int], *, now: datetime) -> Lines:
    today = _midnight(timezone.localdate(now))
    recent = Credential.objects.filter(issuer__in=ids, issued_at__gte=min(today, now - FIVE_MINUTES))
    return _of(
        "issuer",
        recent,
        issued=Count("pk", filter=Q(issued_at__gte=today)),
        last_minute=Count("pk", filter=Q(issued_at__gt=now - MINUTE)),
        five_minutes=Count("pk", filter=Q(issued_at__gt=now - FIVE_MINUTES)),
    )


def _last_issued(ids: list[int], *, now: datetime) -> Lines:
    own = Credential.objects.filter(issuer=OuterRef("pk"), issued_at__lte=now)
    newest = Subquery(own.order_by("-issued_at").values("issued_at")[:1])
    return _of("pk", Issuer.objects.filter(pk__in=ids), last_issued_at=newest)


def _queue(ids: list[int], *, now: datetime) -> Lines:
    """Chunks by who holds them: leases and backoff run on the database's clock."""
    free, due = Q(lease_until__isnull=True), Q(not_before__lte=Now())
    since = Case(
        # One that has not failed waits since it was put in line: a list may be mended long after it came.
        When(last_error="", then="not_before"),
        default="batch__accepted_at",
        output_field=DateTimeField(),
    )
    waiting = Chunk.objects.filter(state=Chunk.State.READY, batch__issuer__in=ids)
    return _of(
        "batch__issuer",
        waiting,
        ready=Count("pk", filter=free & due),
        resting=Count("pk", filter=free & ~due),
        working=Count("pk", filter=Q(lease_until__gt=Now())),
        stalled=Count("pk", filter=Q(lease_until__lte=Now())),
        waiting_since=Min(since),
    )


def _rows_waiting(ids: list[int], *, now: datetime) -> Lines:
    return _of("batch__issuer", _pending(ids), waiting=Count("pk"))


def _messages_due(ids: list[int], *, now: datetime) -> Lines:
    waiting = Message.objects.filter(state=Message.State.PENDING, credential__issuer__in=ids)
    return _of(
        "credential__issuer",
        waiting,
        messages_waiting=Count("pk"),
        messages_retried=Count("pk", filter=~Q(last_error="")),
        messages_due_since=Min("not_before", filter=Q(not_before__lte=now)),
    )


def _messages_gone(ids: list[int], *, now: datetime) -> Lines:
    recent = Message.objects.filter(credential__issuer__in=ids, credential__issued_at__gte=now - WEEK)
    return _of(
        "credential__issuer",
        recent,
        messages_sent=Count("pk", filter=Q(state=Message.State.SENT)),
        messages_delivered=Count("pk", filter=Q(state=Message.State.DELIVERED)),
        messages_bounced=Count("pk", filter=Q(state=Message.State.BOUNCED, let_go_at__isnull=True)),
        messages_failed=Count("pk", filter=Q(state=Message.State.FAILED, let_go_at__isnull=True)),
    )


def _unfiled(ids: list[int], *, now: datetime) -> Lines:
    recent = Credential.objects.filter(
        issuer__in=ids, issued_at__gte=now - WEEK, issued_at__lte=now - SETTLES, erased_at__isnull=True
    )
    return _of("issuer", recent.filter(filing__isnull=True), unfiled=Count("pk"))


def _lists(ids: list[int], *, now: datetime) -> Lines:
    """Lists of bits that are to be signed anew, and those that should have been a while ago."""
    versions = StatusListVersion.objects.filter(status_list=OuterRef("pk"))
    good = versions.filter(stale_at__gt=now, changes__gte=OuterRef("changes"))
    signed = {purpose: Exists(good.filter(purpose=purpose)) for purpose in StatusListVersion.Purpose.values}
    lists = StatusList.objects.filter(issuer__in=ids).alias(**signed)
    return _of(
        "issuer",
        lists,
        lists_stale=Count("pk", filter=~Q(**dict.fromkeys(signed, True))),
        lists_overdue=Count("pk", filter=Exists(versions.filter(stale_at__lte=now - OVERDUE))),
    )


def _of(path: str, found: QuerySet[Any], **figures: Any) -> Lines:
    """A line for each provider, whose key is at the end of ``path``, with these figures."""
    lines: Lines = found.order_by().values(of=F(path)).annotate(**figures)
    return lines


def _pending(ids: list[int]) -> QuerySet[Award]:
    """Rows that wait to be signed: what is pending in a list with a chunk that is ready."""
    return Award.objects.filter(batch__issuer__in=ids, batch__in=_open(), state=Award.State.PENDING)


def _open() -> Any:
    """Lists with a chunk that is ready, by the index of these alone."""
    return Chunk.objects.filter(state=Chunk.State.READY).order_by().values("batch")


#: Each asks the database once, for all providers together.
COUNTS: tuple[Callable[..., Lines], ...] = (
    *(_issued, _last_issued, _queue, _rows_waiting, _messages_due, _messages_gone, _unfiled, _lists),
)


# -- Lists of people ------------------------------------------------------------------------------
def _in_progress(ids: list[int]) -> tuple[OfBatch, ...]:
    """The lists, or single awards, of which rows wait, the oldest first."""
    return _counted(Batch.objects.filter(pk__in=_open(), issuer__in=ids).order_by("accepted_at"))


def _with_failures(ids: list[int], *, now: datetime) -> tuple[OfBatch, ...]:
    """What was accepted within the week and has rows that failed, the newest first."""
    failed = Award.objects.filter(batch=OuterRef("pk"), state=Award.State.FAILED).order_by().values("batch")
    # A number, not EXISTS: PostgreSQL would turn that into a look at every award that there is.
    number = Subquery(failed.annotate(n=Count("pk")).values("n"))
    recent = Batch.objects.filter(issuer__in=ids, accepted_at__gte=now - WEEK, state__in=ACCEPTED)
    return _counted(recent.alias(n=number).filter(n__gt=0).order_by("-accepted_at"))


def _counted(found: QuerySet[Batch]) -> tuple[OfBatch, ...]:
    shown = list(found.select_related("issuer", "achievement")[:SHOWN])
    rows = batches.counts(batches=shown)
    return tuple(
        OfBatch(
            batch=batch,
            waiting=rows.get(batch.pk, {}).get(Award.State.PENDING, 0),
            failed=rows.get(batch.pk, {}).get(Award.State.FAILED, 0),
        )
        for batch in shown
    )


# -- Putting together -----------------------------------------------------------------------------
def _together(counted: Iterable[Counts]) -> Counts:
    """The sum; of moments the first, of the last certificate the last."""
    counted = list(counted)
    together: dict[str, Any] = {}
    for name in (field.name for field in fields(Counts)):
        values = [value for counts in counted if (value := getattr(counts, name)) is not None]
        if name in ("waiting_since", "messages_due_since"):
            together[name] = min(values, default=None)
        elif name == "last_issued_at":
            together[name] = max(values, default=None)
        else:
            together[name] = sum(values)
    return Counts(**together)


def _pace(counts: Counts, moving: bool, *, now: datetime) -> Pace:
    if not counts.chunks:
        return Pace.QUIET
    waited = timedelta(seconds=_seconds(counts.waiting_since, now))
    if waited <= PROMPT:
        return Pace.MOVING
    if counts.moved or (moving and waited <= PATIENCE):
        return Pace.LATE  # many rows are before it, its own or others'
    return Pace.STUCK


def _moves(ids: list[int], *, now: datetime) -> bool:
    """Whether anything in the city was issued a moment ago, or is in a worker's hands."""
    held = Chunk.objects.filter(state=Chunk.State.READY, lease_until__gt=Now())
    return held.exists() or Credential.objects.filter(issuer__in=ids, issued_at__gt=now - MINUTE).exists()


def _midnight(day: date) -> datetime:
    """When this day begins in the city."""
    return timezone.make_aware(datetime.combine(day, time.min))


def _seconds(since: datetime | None, now: datetime) -> int:
    return max(0, int((now - since).total_seconds())) if since else 0
