"""Re-checks certificates against the audit log's events, apart from what wrote them there."""

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from issuers.models import AuditEvent, SigningKey

from . import reproof
from .models import Award, Batch

GRACE = timedelta(hours=1)
#: A list that is still being issued may have rows that the log learns of in a moment; one of yesterday not.
OPEN_FOR = timedelta(days=1)


class Held(Protocol):
    """What is looked at of a certificate."""

    @property
    def id(self) -> str: ...
    @property
    def sha256(self) -> bytes: ...
    @property
    def status_list_id(self) -> int: ...
    @property
    def status_index(self) -> int: ...
    @property
    def status(self) -> str: ...
    @property
    def issued_at(self) -> datetime: ...
    @property
    def award__row(self) -> int: ...


@dataclass(slots=True)
class _Chunk:
    """One event about a run of rows, and what was found of these."""

    at: datetime
    number: int | None
    detail: Mapping[str, Any]
    leaves: list[bytes] = field(default_factory=list)
    found: dict[int, str] = field(default_factory=dict)


class Log:
    """The log's events about some batches; they are read first, so that what they name is there already."""

    def __init__(self, batches: Sequence[str], *, now: datetime, fault: Callable[[str, str], None]) -> None:
        self._now, self._fault = now, fault
        self._runs: dict[str, list[tuple[int, int, _Chunk]]] = defaultdict(list)
        self._chunks: list[tuple[str, _Chunk]] = []
        events = AuditEvent.objects.filter(about__in=batches, event="chunk-issued").order_by("id")
        for event in events.select_related("leaf"):
            chunk = self._chunk(event)
            self._chunks.append((event.about, chunk))
            for run in chunk.detail["rows"].split():
                first, _, last = run.partition("-")
                self._runs[event.about].append((int(first), int(last or first), chunk))
        for runs in self._runs.values():
            runs.sort(key=lambda run: run[0])

    def _chunk(self, event: AuditEvent) -> _Chunk:
        leaf, where = getattr(event, "leaf", None), f"event {event.pk}"
        if leaf is None and event.at < self._now - GRACE:
            self._fault(where, "log-unsealed")
        columns = {
            "about": event.about,
            "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "by": event.by,
            "detail": event.detail,
            "event": event.event,
            "id": event.pk,
            "issuer": event.issuer_id,
            "salt": bytes(event.salt).hex(),
        }
        if leaf is not None and bytes(leaf.hash) != reproof.event_leaf(columns):
            self._fault(where, "log-edited")
        return _Chunk(event.at, leaf.number if leaf else None, json.loads(event.detail))

    def hold(self, row: Held, batch: Batch, *, key: SigningKey | None, logged: int) -> None:
        """Hold one certificate against the event that names its row; ``logged`` is for a compromised key."""
        chunk = self._of(batch.pk, row.award__row)
        if chunk is None:
            if batch.completed_at is not None or batch.accepted_at < self._now - OPEN_FOR:
                self._fault(row.id, "not-in-log")
            return
        thumbprint = key.thumbprint if key else ""
        chunk.found[row.award__row] = row.id
        values = [row.id, bytes(row.sha256).hex(), row.status_list_id, row.status_index, thumbprint]
        chunk.leaves.append(reproof.certificate_leaf(values))
        if chunk.at != row.issued_at and not chunk.detail.get("adopted"):
            self._fault(row.id, "issued-at")
        if chunk.detail["key"] != thumbprint:
            self._fault(row.id, "log-key")
        living = row.status in ("active", "suspended")
        if (
            key
            and key.state == "compromised"
            and living
            and not (chunk.number is not None and chunk.number < logged)
        ):
            self._fault(row.id, "key-compromised")

    def _of(self, batch: str, row: int) -> _Chunk | None:
        runs = self._runs[batch]
        place = bisect_right(runs, row, key=lambda run: run[0]) - 1
        return runs[place][2] if place >= 0 and row <= runs[place][1] else None

    def compare(self, faults: Mapping[str, list[str]]) -> None:
        """Compare roots; one that differs is held against certificates that are wrong anyhow, if any are."""
        for batch, chunk in self._chunks:
            rows = [
                row
                for first, last, each in self._runs[batch]
                if each is chunk
                for row in range(first, last + 1)
            ]
            missing = [row for row in rows if row not in chunk.found]
            lost = Award.objects.filter(batch=batch, row__in=missing) if missing else ()
            names = {award.row: award.credential_id for award in lost}
            for row in missing:
                self._fault(names.get(row, f"list {batch} row {row}"), "certificate-missing")
            whole = len(chunk.leaves) == chunk.detail["count"] and chunk.leaves
            if whole and reproof.tree_root(chunk.leaves).hex() == chunk.detail["root"]:
                continue
            suspects = [each for each in chunk.found.values() if each in faults]
            for each in suspects:
                self._fault(each, "log")
            if not suspects and not missing:
                self._fault(f"list {batch} rows {chunk.detail['rows']}", "log-root")
