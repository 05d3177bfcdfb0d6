"""A whole class for the print shop: ordered in a moment, made in portions, fetched as archives.

The database is the queue and the shelf: a portion is taken by compare-and-set with a lease on its clock, made
by whichever worker is free on whichever machine, and stored there; a worker that dies leaves it to the next.
What is handed out is looked at once more: what was revoked, erased or made private meanwhile is left out, and
said.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from issuers import audit, doorbell, jose
from issuers.models import Issuer, random_token

from . import parcels, printmaking
from .errors import NothingToPrint, NotYours, PrintGone, TooManyPrints
from .models import Batch, Credential, PrintOrder, PrintPart

log = logging.getLogger(__name__)

#: A portion: two sheets of cards. At 25 ms a page it is made in half a second.
A_PART = 20
#: What is fetched as one archive: some 40 MB of pages, so that a broken line costs little.
A_VOLUME = 500
PARTS_A_VOLUME = A_VOLUME // A_PART
PARTS_A_BELL = 8
LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 3
#: The files go a day after they were ready; the last fetching begins an hour before that.
KEPT = timedelta(days=1)
FETCHED = timedelta(hours=23)
REMEMBERED = timedelta(days=30)
MAX_LIVING = 10
State = PrintOrder.State
LIVING = (State.PREPARING, State.READY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an order is, in certificates."""

    total: int
    made: int
    volumes: int

    @property
    def percent(self) -> int:
        return self.made * 100 // self.total


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """One archive of an order: which of its certificates."""

    number: int
    first: int
    last: int


# -- The order --------------------------------------------------------------------------------------
def order_batch(*, batch: Batch, layout: str, by: Any, now: datetime) -> PrintOrder:
    """Order what a list or an award has issued, in its rows' order. Raises NothingToPrint, TooManyPrints."""
    issued = Credential.objects.filter(award__batch=batch).order_by("award__row")
    ids = list(issued.values_list("pk", flat=True))
    return _order(issuer=batch.issuer, batch=batch, ids=ids, layout=layout, by=by, now=now)


def order_chosen(
    *, issuers: Sequence[Issuer], ids: Sequence[str], layout: str, by: Any, now: datetime
) -> PrintOrder:
    """Order these certificates of one provider, in this order.

    Raises NotYours if one of them belongs to none of these issuers, or they to several; NothingToPrint,
    TooManyPrints.
    """
    ids = list(dict.fromkeys(ids))
    found = dict(Credential.objects.filter(pk__in=ids, issuer__in=issuers).values_list("pk", "issuer_id"))
    if not ids:
        raise NothingToPrint
    if len(found) != len(ids) or len(set(found.values())) != 1:
        raise NotYours
    issuer = next(issuer for issuer in issuers if issuer.pk in found.values())
    return _order(issuer=issuer, batch=None, ids=ids, layout=layout, by=by, now=now)


def _order(
    *, issuer: Issuer, batch: Batch | None, ids: list[str], layout: str, by: Any, now: datetime
) -> PrintOrder:
    """The same choice leads to the order that lives already."""
    if layout not in PrintOrder.Layout.values:
        raise NotYours
    if not _any_printable(ids):
        raise NothingToPrint
    digest = jose.digest("\n".join(ids).encode())
    living = PrintOrder.objects.filter(issuer=issuer, state__in=LIVING)
    same = living.filter(layout=layout, digest=digest)
    if found := same.exclude(ready_at__lte=now - FETCHED).first():
        return found
    if living.count() >= MAX_LIVING:
        raise TooManyPrints
    try:
        with transaction.atomic():
            same.update(state=State.EXPIRED)
            made = PrintOrder.objects.create(
                issuer=issuer,
                batch=batch,
                layout=layout,
                total=len(ids),
                digest=digest,
                ordered_by=by,
                ordered_at=now,
            )
            PrintPart.objects.bulk_create(
                PrintPart(order=made, number=number, first=start + 1, credentials=ids[start : start + A_PART])
                for number, start in enumerate(range(0, len(ids), A_PART))
            )
            audit.append(
                event="print-ordered",
                now=now,
                issuer=issuer,
                by=by,
                about=made.pk,
                certificates=len(ids),
                layout=layout,
            )
    except IntegrityError:  # the same was ordered in the same moment
        return same.get()
    doorbell.ring("credentials.prepare_prints", queue="messages")
    return made


def printable() -> QuerySet[Credential]:
    """What may go on paper: valid, not erased, and not kept private by its holder."""
    return Credential.objects.filter(status=Credential.Status.ACTIVE, erased_at__isnull=True).exclude(
        visibility=Credential.Visibility.PRIVATE
    )


def _any_printable(ids: list[str]) -> bool:
    rest = iter(ids)
    while some := list(islice(rest, A_VOLUME)):
        if printable().filter(pk__in=some).exists():
            return True
    return False


def of_issuers(*, issuers: Sequence[Issuer], order_id: str) -> PrintOrder:
    """The order of one of these issuers. Raises NotYours."""
    orders = PrintOrder.objects.select_related("issuer", "batch__achievement")
    found = orders.filter(issuer__in=issuers, pk=order_id).first()
    if found is None:
        raise NotYours
    return found


def progress(*, order: PrintOrder) -> Progress:
    """How many certificates have been gone through."""
    parts = order.parts.filter(made_at__isnull=False).count()
    made = min(parts * A_PART, order.total)
    return Progress(total=order.total, made=made, volumes=-(-order.total // A_VOLUME))


def is_kept(*, order: PrintOrder, now: datetime) -> bool:
    """Whether its files can be fetched."""
    return order.state == State.READY and order.ready_at is not None and order.ready_at > now - FETCHED


def kept_until(order: PrintOrder) -> datetime | None:
    """Until when its files can be fetched."""
    return order.ready_at + FETCHED if order.ready_at else None


def volumes(*, order: PrintOrder) -> list[Volume]:
    """The archives in which it is fetched."""
    starts = range(0, order.total, A_VOLUME)
    return [
        Volume(number=number, first=start + 1, last=min(start + A_VOLUME, order.total))
        for number, start in enumerate(starts, start=1)
    ]


# -- The work ---------------------------------------------------------------------------------------
def prepare(*, now: datetime, limit: int | None = None) -> int:
    """Make the portions that nobody makes, or so many of them; the bell rings for the rest."""
    _settle(now=now)
    done = 0
    while (limit is None or done < limit) and (part := _take()):
        _make(part, now=now)
        _settle(now=now, order_id=part.order_id)
        done += 1
    if done == limit and _waiting().exists():
        doorbell.ring("credentials.prepare_prints", queue="messages")
    return done


def _waiting() -> QuerySet[PrintPart]:
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=Now())
    return PrintPart.objects.filter(
        free, made_at__isnull=True, attempts__lt=MAX_ATTEMPTS, order__state=State.PREPARING
    )


def _take() -> PrintPart | None:
    """A portion for this worker alone; of every order the first ones first, so that a class passes a year."""
    while part := _waiting().order_by("number", "id").first():
        token = random_token()
        mine = _waiting().filter(pk=part.pk)
        if mine.update(lease_token=token, lease_until=Now() + LEASE, attempts=F("attempts") + 1):
            part.lease_token = token
            return part
    return None


def _make(part: PrintPart, *, now: datetime) -> None:
    """Make its files and store them, unless another has it by now."""
    order = part.order
    ids = list(part.credentials)
    files = printmaking.make(
        layout=order.layout, ids=ids, allowed=_allowed(ids), first=part.first, of=order.total
    )
    PrintPart.objects.filter(pk=part.pk, lease_token=part.lease_token, made_at__isnull=True).update(
        files=[[file.name, len(file.data), file.ids] for file in files],
        data=b"".join(file.data for file in files),
        made_at=now,
        lease_until=None,
    )


def _allowed(ids: list[str]) -> set[str]:
    return set(printable().filter(pk__in=ids).values_list("pk", flat=True))


def _settle(*, now: datetime, order_id: str = "") -> None:
    """End the orders in which nothing is left to make, or something cannot be made."""
    orders = PrintOrder.objects.filter(state=State.PREPARING)
    orders = orders.filter(pk=order_id) if order_id else orders
    unmade = PrintPart.objects.filter(made_at__isnull=True)
    over = unmade.filter(attempts__gte=MAX_ATTEMPTS, lease_until__lte=Now())
    failed = orders.filter(pk__in=over.values("order"))
    for pk in list(failed.values_list("pk", flat=True)):
        log.error("print order given up", extra={"order": pk})
        orders.filter(pk=pk).update(state=State.FAILED)
    orders.exclude(pk__in=unmade.values("order")).update(state=State.READY, ready_at=now)


# -- The archive ------------------------------------------------------------------------------------
def fetch(*, order: PrintOrder, volume: int, by: Any, now: datetime) -> Iterator[bytes]:
    """One archive of the order, portion by portion; it is written down that it was fetched.

    Its last file names what was left out, and why. Raises PrintGone, NotYours.
    """
    if not 1 <= volume <= len(volumes(order=order)):
        raise NotYours
    parts = order.parts.filter(number__gte=(volume - 1) * PARTS_A_VOLUME, number__lt=volume * PARTS_A_VOLUME)
    numbers = list(parts.order_by("number").values_list("number", flat=True))
    if not numbers or not is_kept(order=order, now=now):
        raise PrintGone
    audit.append(event="print-fetched", now=now, issuer=order.issuer, by=by, about=order.pk, volume=volume)
    return parcels.archive(_files(order, numbers), at=now)


def _files(order: PrintOrder, numbers: list[int]) -> Iterator[tuple[str, bytes]]:
    printed = 0
    missing: list[tuple[int, str]] = []
    for number in numbers:
        part = order.parts.get(number=number)
        ids = list(part.credentials)
        allowed, there = _allowed(ids), set()
        for file in _still(part, allowed, of=order):
            there.update(file.ids)
            yield file.name, file.data
        printed += len(there)
        missing += [(place, pk) for place, pk in enumerate(ids, start=part.first) if pk not in there]
    yield printmaking.NOTE_NAME, printmaking.note(printed=printed, missing=missing).encode()


def _still(part: PrintPart, allowed: set[str], *, of: PrintOrder) -> Iterator[printmaking.File]:
    """Its files as they were made; one with something that may no longer be printed is made without it."""
    data, start = bytes(part.data or b""), 0
    for name, length, ids in part.files:
        left = [pk for pk in ids if pk in allowed]
        if left == ids:
            yield printmaking.File(name=name, data=data[start : start + length], ids=ids)
        elif left:
            yield from printmaking.again(name=name, layout=of.layout, ids=left)
        start += length


# -- Forgetting -------------------------------------------------------------------------------------
def forget(*, now: datetime) -> int:
    """Throw away files a day after they were ready, orders after a month; returns how many orders ended."""
    old = PrintOrder.objects.filter(
        Q(state=State.READY, ready_at__lte=now - KEPT) | Q(state=State.FAILED, ordered_at__lte=now - KEPT)
    )
    gone = old.update(state=State.EXPIRED)
    fetched = Q(ready_at__gt=now - KEPT)  # one that was ordered anew may still be on its way to somebody
    expired = PrintOrder.objects.filter(~fetched | Q(ready_at__isnull=True), state=State.EXPIRED)
    PrintPart.objects.filter(order__in=expired).delete()
    expired.filter(ordered_at__lte=now - REMEMBERED).delete()
    return gone
