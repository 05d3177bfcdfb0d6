"""Webhooks: what happened is written down for each endpoint in its own transaction, and told afterwards.

Every event is one row for each endpoint that wants it, delivered at least once under an id that stays. Nobody
waits for a slow endpoint: each is in one worker's hands at a time, has a thread of its own there for a few
seconds, and rests when it does not answer, longer each time.
"""

import json
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from secrets import SystemRandom
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from issuers import doorbell, outbound
from issuers.errors import AnswerTooLarge, AnswerUnreadable, OutboundError, Redirected
from issuers.models import Issuer, random_token

from . import endpoints, ledger, outbox, portions, standardwebhooks
from .errors import EndpointStopped, NotUndelivered, SecretUnreadable
from .models import Award, Batch, Credential, Delivery, Endpoint, StatusChange
from .portions import TAKEN_FOR, Result

log = logging.getLogger(__name__)

#: How long a failure rests, the first, the second … : ten tries within a day, each up to a fifth later.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 240, 480, 480))
MAX_ATTEMPTS = len(WAITS) + 1
#: So many endpoints a portion, each with a thread of its own and so many events.
ENDPOINTS = 8
EVENTS = 20
#: Nothing new is begun after so long; what is on its way ends with the client's own limit.
PATIENCE = timedelta(seconds=5)
LONGEST_REST = timedelta(hours=1)
SWITCHED_OFF_AFTER = timedelta(days=5)
KEPT = timedelta(days=30)
#: Beyond this the bell was not heard, and the sweeper delivers.
UNHEARD = timedelta(seconds=30)
#: Certificates of a long list come first, the news of them afterwards.
LONG_LISTS_TELL = timedelta(seconds=10)
TEST = "webhook.test"
GONE = 410  # "no more": the one status that ends it (Standard Webhooks 1.0, "Deliverability and reliability")
#: The endpoint as a whole is out of breath, whatever was sent.
OUT_OF_BREATH = (429, 502, 503, 504)
Event, State = Endpoint.Event, Delivery.State
_random = SystemRandom()  # a worker's children must not all wait equally long


# -- What happened: written in the transaction that it tells of -----------------------------------
def tell_issued(batch: Batch, credential_ids: Sequence[str], *, now: datetime) -> None:
    """One event for a chunk of certificates; the endpoints are asked for once."""
    after = LONG_LISTS_TELL if batch.row_count > ledger.CHUNK_ROWS else timedelta()
    data = {**_batch(batch.pk), **_certificates(credential_ids)}
    _tell(
        Event.CREDENTIAL_ISSUED,
        issuer_id=batch.issuer_id,
        subject=credential_ids[0],
        data=data,
        now=now,
        after=after,
    )


def tell_completed(batch_id: str) -> None:
    """An award or a list was completed just now; one that was mended ends once more, and that is told too."""
    batch = Batch.objects.only("issuer_id", "kind", "completed_at").get(pk=batch_id)
    if batch.completed_at is not None:
        _tell_batch(batch, Event.BATCH_COMPLETED, at=batch.completed_at)


def tell_held(batch: Batch, *, now: datetime) -> None:
    """A list waits for a second person."""
    _tell_batch(batch, Event.BATCH_HELD, at=now)


def _tell_batch(batch: Batch, event: str, *, at: datetime) -> None:
    if not _listening(batch.issuer_id, event):
        return
    states = Award.objects.filter(batch=batch.pk).order_by().values_list("state")
    data = {
        **_batch(batch.pk),
        "kind": batch.kind,
        "counts": dict.fromkeys(Award.State.values, 0) | dict(states.annotate(n=Count("pk"))),
    }
    subject = f"{batch.pk}:{at.timestamp():.6f}"
    _tell(event, issuer_id=batch.issuer_id, subject=subject, data=data, now=at)


def tell_status(change: StatusChange, *, now: datetime) -> None:
    """The status of a certificate changed."""
    credential = change.credential
    _tell_status(
        {credential.pk: None},
        issuer_id=credential.issuer_id,
        act=change.act,
        reason=change.reason,
        status=credential.status,
        subject=str(change.pk),
        now=now,
    )


def tell_replaced(rows: Sequence[Award], *, issuer_id: int, now: datetime) -> None:
    """The certificates that these rows replace were replaced: one event for all with the same reason."""
    for reason in sorted({row.reason for row in rows}):
        changed = {row.replaces_id or "": row.credential_id for row in rows if row.reason == reason}
        _tell_status(
            changed,
            issuer_id=issuer_id,
            act=StatusChange.Act.REPLACE,
            reason=reason or StatusChange.Reason.CORRECTED,
            status=Credential.Status.REPLACED,
            subject=min(changed.values()),  # a certificate takes one other's place, once
            now=now,
        )


def _tell_status(
    changed: Mapping[str, str | None],
    *,
    issuer_id: int,
    act: str,
    reason: str,
    status: str,
    subject: str,
    now: datetime,
) -> None:
    """One event for these certificates, each with its successor if it has one."""
    data = {
        "act": str(act),
        "reason": str(reason),
        "status": str(status),
        **_certificates(list(changed)),
        "replaced_by": {old: new for old, new in changed.items() if new},
    }
    _tell(Event.STATUS_CHANGED, issuer_id=issuer_id, subject=subject, data=data, now=now)


def _certificates(ids: Sequence[str]) -> dict[str, Any]:
    url = f"{settings.BASE_URL}/api/v1/credentials/{{id}}"
    return {"count": len(ids), "credentials": list(ids), "credential_url": url}


@transaction.atomic
def send_test(*, endpoint: Endpoint, by: Any, now: datetime) -> Delivery:
    """An event that says nothing, for trying an endpoint out. Raises NotAllowed, EndpointStopped."""
    held = endpoints.lock(endpoint=endpoint, by=by)
    if held.stopped_at is not None:
        raise EndpointStopped
    delivery = _delivery(held, TEST, random_token(), _body(TEST, {"endpoint": held.pk}, now), now)
    delivery.save(force_insert=True)
    ring()
    return delivery


def _batch(batch_id: str) -> dict[str, str]:
    return {"batch": batch_id, "batch_url": f"{settings.BASE_URL}/api/v1/batches/{batch_id}"}


def _tell(
    event: str,
    *,
    issuer_id: int,
    subject: str,
    data: Mapping[str, Any],
    now: datetime,
    after: timedelta = timedelta(),
) -> None:
    listening = _listening(issuer_id, event)
    if not listening:
        return
    body, due = _body(event, data, now), now + after
    # The constraint is the guard: what was told once is not told again.
    Delivery.objects.bulk_create(
        [_delivery(endpoint, event, subject, body, now, due) for endpoint in listening], ignore_conflicts=True
    )
    if not after:
        ring()


def _listening(issuer_id: int, event: str) -> list[Endpoint]:
    living = Endpoint.objects.filter(issuer=issuer_id, removed_at__isnull=True, stopped_at__isnull=True)
    return [endpoint for endpoint in living.only("events") if event in endpoint.events]


def _body(event: str, data: Mapping[str, Any], now: datetime) -> str:
    payload = {"type": str(event), "timestamp": now.isoformat().replace("+00:00", "Z"), "data": data}
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


def _delivery(
    endpoint: Endpoint, event: str, subject: str, body: str, now: datetime, due: datetime | None = None
) -> Delivery:
    return Delivery(
        endpoint=endpoint, event=event, subject=subject, body=body, not_before=due or now, created_at=now
    )


def ring() -> None:
    """Wake whoever delivers, once the transaction is committed."""
    doorbell.ring("credentials.deliver_webhooks", queue="messages")


# -- On their way ---------------------------------------------------------------------------------
@dataclass(slots=True)
class _Run:
    """One endpoint in this worker's hands: what is sent to it, with which secrets, and what came of it."""

    endpoint: Endpoint
    deliveries: list[Delivery]
    keys: list[bytes] = field(repr=False)
    results: list[Result] = field(default_factory=list)
    silent: bool = False
    gone: bool = False

    @property
    def answered(self) -> bool:
        return any(result.state == State.DELIVERED for result in self.results)


def deliver_due(*, now: datetime, client: outbound.Client | None = None) -> int:
    """Tell a portion of what is due and ring for the rest; returns how many arrived.

    Any status of 2xx is an arrival. 410 ends the endpoint. Any other answer, or none, is tried again later.
    """
    runs = _take(now=now)
    if not runs:
        return 0
    client = client or outbound.Client()
    until = time.monotonic() + PATIENCE.total_seconds()  # a lease, not a date
    with ThreadPoolExecutor(len(runs), thread_name_prefix="webhook") as threads:
        list(threads.map(partial(_hand_over, client=client, until=until, now=now), runs))
    for run in runs:
        _settle(run, now=now)
    if _ready(now=now).exists():
        ring()
    return sum(result.state == State.DELIVERED for run in runs for result in run.results)


def deliver_unheard(*, now: datetime, client: outbound.Client | None = None) -> int:
    """What the sweeper does: ring for what is due; deliver itself what has been due for a while."""
    waiting = _ready(now=now)
    if not waiting.exists():
        return 0
    ring()
    return deliver_due(now=now, client=client) if _ready(now=now - UNHEARD).exists() else 0


def _ready(*, now: datetime) -> QuerySet[Endpoint]:
    """Endpoints that something is due for, in no worker's hands and not at rest, by who waited longest."""
    mine = Delivery.objects.filter(endpoint=OuterRef("pk"))
    free = Q(rests_until__isnull=True) | Q(rests_until__lte=now)
    living = Endpoint.objects.filter(free, removed_at__isnull=True, stopped_at__isnull=True)
    waiting = living.filter(Exists(portions.due(mine, now=now)))
    return waiting.order_by(F("tried_at").asc(nulls_first=True), "created_at", "pk")


@transaction.atomic
def _take(*, now: datetime) -> list[_Run]:
    """A portion: some endpoints that are this worker's until they rest no more, and what is due for each."""
    locked = _ready(now=now).select_for_update(of=("self",), skip_locked=True)
    ids = list(locked.values_list("pk", flat=True)[:ENDPOINTS])
    _ready(now=now).filter(pk__in=ids).order_by().update(tried_at=now, rests_until=now + TAKEN_FOR)
    runs = []
    for endpoint in Endpoint.objects.filter(pk__in=ids).select_related("issuer"):
        waiting = Delivery.objects.filter(endpoint=endpoint).order_by("created_at", "pk")
        taken = portions.take(waiting, most=EVENTS, now=now)
        deliveries = list(waiting.filter(pk__in=taken))
        try:
            secret = endpoints.keys(endpoint, now=now)
        except SecretUnreadable:
            secret = []
            log.exception("secret of a webhook does not open", extra={"endpoint": endpoint.pk})
        runs.append(_Run(endpoint, deliveries, secret))
    return runs


def _hand_over(run: _Run, *, client: outbound.Client, until: float, now: datetime) -> None:
    """Tell one endpoint, one event after the other, until the time is up or it does not answer.

    Runs in a thread of its own and touches no database.
    """
    for delivery in run.deliveries:
        if time.monotonic() > until:
            return
        try:
            error = _try(run, delivery, client=client, now=now)
        except Exception as unforeseen:  # noqa: BLE001  # whatever one does, the others' events still go out
            error = type(unforeseen).__name__
            run.silent = True
        if not error:
            run.results.append(Result(delivery.pk, State.DELIVERED.value, delivery.attempts))
            continue
        log.info(
            "webhook not taken",
            extra={"delivery": delivery.pk, "endpoint": run.endpoint.pk, "error": error},
        )
        state = portions.after_failure(attempts=delivery.attempts, most=MAX_ATTEMPTS)
        ended = State.BOUNCED.value if run.gone else state
        run.results.append(Result(delivery.pk, ended, delivery.attempts, error))
        if run.silent or run.gone:
            return


def _try(run: _Run, delivery: Delivery, *, client: outbound.Client, now: datetime) -> str:
    """What went wrong with one event, if anything did; notes on the run what that says of the endpoint."""
    if not run.keys:
        run.silent = True
        return SecretUnreadable.__name__
    body = delivery.body.encode()
    headers = standardwebhooks.headers(
        message_id=delivery.pk, timestamp=int(now.timestamp()), body=body, keys=run.keys
    )
    try:
        answer = client.post(
            run.endpoint.url, body=body, headers={"Content-Type": "application/json", **headers}
        )
    except OutboundError as error:
        run.silent = not isinstance(error, Redirected | AnswerUnreadable | AnswerTooLarge)
        return type(error).__name__
    if 200 <= answer.status < 300:
        return ""
    run.gone, run.silent = answer.status == GONE, answer.status in OUT_OF_BREATH
    return f"http-{answer.status}"


@transaction.atomic
def _settle(run: _Run, *, now: datetime) -> None:
    """Write what became of one endpoint's events, and how the endpoint is."""
    left = {delivery.pk for delivery in run.deliveries} - {result.id for result in run.results}
    portions.settle(Delivery.objects.all(), run.results, left=left, wait=_wait, now=now)
    mine = Endpoint.objects.filter(pk=run.endpoint.pk, removed_at__isnull=True, stopped_at__isnull=True)
    failed = any(result.state != State.DELIVERED for result in run.results)
    if run.gone:
        _stop(mine, why=Endpoint.Why.GONE, now=now)
    elif run.answered or not failed:
        fine = {"failing_since": None, "failures": 0} if run.answered else {}
        mine.update(rests_until=_rest(1, now=now) if run.silent else None, **fine)
    else:
        failures = F("failures") + 1 if run.silent else F("failures")
        rests = _rest(run.endpoint.failures + 1, now=now) if run.silent else None
        mine.update(failing_since=Coalesce("failing_since", now), failures=failures, rests_until=rests)
        _stop(mine.filter(failing_since__lte=now - SWITCHED_OFF_AFTER), why=Endpoint.Why.SILENT, now=now)


def _stop(found: QuerySet[Endpoint], *, why: str, now: datetime) -> None:
    """Switch it off; what waits for it can be sent again, and the provider is told."""
    for endpoint in found.select_related("issuer"):
        if found.filter(pk=endpoint.pk).update(stopped_at=now, stopped_why=why):
            endpoint.stopped_at, endpoint.stopped_why = now, why
            endpoints.give_up(endpoint=endpoint)
            outbox.enqueue_stopped(endpoint, now=now)
            log.warning("webhook switched off", extra={"endpoint": endpoint.pk, "why": why})


def _wait(tried: int) -> timedelta:
    return WAITS[min(tried, len(WAITS)) - 1] * _random.uniform(1.0, 1.2)


def _rest(failures: int, *, now: datetime) -> datetime:
    """Until when an endpoint has peace that did not answer so many times in a row."""
    return now + min(timedelta(minutes=2 ** min(failures - 1, 6)), LONGEST_REST) * _random.uniform(1.0, 1.2)


# -- What did not arrive --------------------------------------------------------------------------
def of_issuers(*, issuers: Iterable[Issuer] | None) -> QuerySet[Delivery]:
    """The events for programs of these providers, or of the whole city (``None``), the newest first."""
    found = Delivery.objects.order_by("-created_at", "pk")
    return found if issuers is None else found.filter(endpoint__issuer__in=list(issuers))


def undelivered(*, issuers: Iterable[Issuer] | None) -> QuerySet[Delivery]:
    """Those that did not arrive and that nobody let go."""
    return portions.undelivered(of_issuers(issuers=issuers))


def resend(*, delivery: Delivery, now: datetime) -> None:
    """Put an event that did not arrive in line once more.

    Raises NotUndelivered for any other, EndpointStopped where nothing is sent.
    """
    if not _again(Delivery.objects.filter(pk=delivery.pk), now=now):
        living = Endpoint.objects.filter(pk=delivery.endpoint_id, removed_at=None, stopped_at=None)
        raise NotUndelivered if living.exists() else EndpointStopped


def resend_all(*, issuers: Iterable[Issuer] | None, now: datetime) -> int:
    """Put all events of these providers (or of the city) that did not arrive in line once more."""
    return _again(undelivered(issuers=issuers), now=now)


def forget(*, now: datetime) -> int:
    """Throw away what arrived, or was let go, a month ago."""
    over = Q(state=State.DELIVERED) | Q(let_go_at__isnull=False)
    old = Delivery.objects.filter(over, created_at__lt=now - KEPT).exclude(state=State.PENDING)
    return Delivery.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:5000])).delete()[0]


def _again(deliveries: QuerySet[Delivery], *, now: datetime) -> int:
    living = deliveries.filter(endpoint__removed_at__isnull=True, endpoint__stopped_at__isnull=True)
    again = portions.again(living, now=now)
    if again:
        ring()
    return again
