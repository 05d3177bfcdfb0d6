"""The bench: up to two hundred certificates are checked at once, shown, and forgotten within the hour."""

import hashlib
import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from issuers import doorbell
from issuers.models import SigningOrder

from . import bench_examining
from .carriers import MAX_FILE
from .errors import BenchEmpty, BenchFull, BenchGone, BenchTooLarge, BenchTooMany
from .models import Bench, BenchItem

log = logging.getLogger(__name__)

MAX_ITEMS = 200
MAX_BYTES = 60 * 1024 * 1024
MAX_NAME = 120
NAME_OF_TEXT = 48  # characters of a pasted text that stand for it
KEPT_FOR = timedelta(hours=1)
#: What all benches together may have waiting: beyond it the next is asked to come later.
MAX_WAITING = 4_000
RECEIPT = "bench-receipt"
State = BenchItem.State
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """A file or a text that somebody hands over; it is read when it is its turn."""

    name: str
    size: int
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a bench is, and what was found: outcome → how many, the most first."""

    total: int
    checked: int
    outcomes: dict[str, int]

    @property
    def working(self) -> bool:
        return self.checked < self.total


# -- Handing over ---------------------------------------------------------------------------------
def of_text(text: str) -> list[Handed]:
    """The links, codes and texts that were pasted, one a line; a JSON document is one."""
    text = text.strip()
    parts = [text] if text.startswith("{") else text.splitlines()
    found = []
    for part in (part.strip() for part in parts):
        if part:
            data = part.encode(errors="replace")
            found.append(Handed(name=_beginning(part), size=len(data), read=lambda data=data: data))  # type: ignore[misc]  # bound now, not when it is called
    return found


def _beginning(text: str) -> str:
    """How a text begins, told without what a code says of its holder."""
    place, found, _claim = text.partition("#")
    shown = f"{place}#…" if found else text
    return shown if len(shown) <= NAME_OF_TEXT else f"{shown[:NAME_OF_TEXT]}…"


def make(*, handed: Sequence[Handed], now: datetime) -> Bench:
    """A new bench with all of these to be checked. What is wrong with one gets its line, and spoils no other.

    Raises BenchEmpty, BenchTooMany, BenchTooLarge, and BenchFull where too much is waiting already.
    """
    if not handed:
        raise BenchEmpty
    if len(handed) > MAX_ITEMS:
        raise BenchTooMany
    if sum(each.size for each in handed) > MAX_BYTES:
        raise BenchTooLarge
    if BenchItem.objects.filter(state=State.WAITING).count() + len(handed) > MAX_WAITING:
        raise BenchFull
    with transaction.atomic():
        bench = Bench.objects.create(made_at=now)
        for number, each in enumerate(handed, start=1):  # one at a time: together they may be 60 MB
            _put(bench, number, each)
        doorbell.ring("verify.check_benches", queue="benches")
    log.info("bench made", extra={"items": len(handed)})
    return bench


def _put(bench: Bench, number: int, handed: Handed) -> None:
    item = BenchItem(bench=bench, number=number, name=tidy(handed.name) or str(number), not_before=Now())
    if handed.size > MAX_FILE:
        _settle_at_once(item, "file-too-large")
    else:
        data = handed.read()
        item.content, item.sha256 = data, hashlib.sha256(data).digest()
        if not data.strip():
            _settle_at_once(item, "empty-file")
    item.save(force_insert=True)


def _settle_at_once(item: BenchItem, fault: str) -> None:
    examined = bench_examining.unread(fault)
    item.state, item.content = State.CHECKED, None
    item.outcome, item.finding = examined.outcome, examined.finding


def tidy(name: str) -> str:
    """A name that can be shown, signed and written into a table: its beginning and its ending at least."""
    clean = " ".join(unicodedata.normalize("NFC", _UNSEEN.sub(" ", name)).split())
    clean = "".join(c for c in clean if unicodedata.category(c) not in ("Co", "Cn", "Cs"))
    if len(clean) <= MAX_NAME:
        return clean
    return unicodedata.normalize("NFC", f"{clean[: MAX_NAME - 12].rstrip()}…{clean[-10:]}".strip())


# -- Looking on -----------------------------------------------------------------------------------
def find(*, bench_id: str, now: datetime) -> Bench:
    """The bench with this address. Raises BenchGone an hour after it was made, swept or not."""
    found = Bench.objects.filter(pk=bench_id, made_at__gt=now - KEPT_FOR).first()
    if found is None:
        raise BenchGone
    return found


def progress(*, bench: Bench) -> Progress:
    """How far it is."""
    outcomes = Counter(bench.items.order_by().values_list("outcome", flat=True))
    waiting = outcomes.pop("", 0)
    checked = sum(outcomes.values())
    return Progress(total=waiting + checked, checked=checked, outcomes=dict(outcomes.most_common()))


def items(*, bench: Bench, problems: bool = False) -> QuerySet[BenchItem]:
    """Its lines in their order, without what was handed over; or those alone that are not simply valid."""
    found = bench.items.defer("content").order_by("number")
    return found.exclude(outcome="valid") if problems else found


def checked(*, bench: Bench) -> QuerySet[BenchItem]:
    """Those of its lines that are decided."""
    return items(bench=bench).filter(state=State.CHECKED)


# -- Forgetting -----------------------------------------------------------------------------------
def delete(*, bench: Bench) -> None:
    """Forget it now: what was handed over, names, verdicts, receipt."""
    _forget([bench.pk])


def forget(*, now: datetime) -> int:
    """Forget every bench that was made an hour ago or earlier; returns how many."""
    old = list(Bench.objects.filter(made_at__lte=now - KEPT_FOR).values_list("pk", flat=True)[:500])
    _forget(old)
    return len(old)


@transaction.atomic
def _forget(ids: Iterable[str]) -> None:
    ids = list(ids)
    BenchItem.objects.filter(bench__in=ids).delete()
    SigningOrder.objects.filter(kind=RECEIPT, subject__in=ids).delete()
    Bench.objects.filter(pk__in=ids).delete()
