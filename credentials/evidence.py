"""What the audit log holds of certificates: one event a chunk, from which each certificate can be proved.

The event's root is that of a small Merkle tree over the chunk's certificates in the order of their rows.
A leaf covers id, SHA-256 of the VC-JWT's signing input, status list, index and key: nothing by which
anybody can be found, and all of it kept when a certificate is erased, so that the log goes on proving what
was signed.
"""

from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import orjson
from django.db import transaction
from django.db.models import Q

from issuers import audit, merkle
from issuers.models import AuditCheckpoint, AuditEvent, Issuer, SigningKey

from .models import Award, Batch, Chunk, Credential, StatusChange

CHUNK_ISSUED = "chunk-issued"
ADOPTED_AT_ONCE = 400


class Issued(Protocol):
    """What a leaf is made of, as it is about to be stored or as it is."""

    @property
    def id(self) -> str: ...
    @property
    def sha256(self) -> bytes | memoryview: ...
    @property
    def status_list_id(self) -> int: ...
    @property
    def status_index(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """That a certificate was in a chunk (``index``, ``path``) whose event is in the log (``proof``)."""

    entry: bytes
    index: int
    count: int
    root: bytes
    path: tuple[bytes, ...]
    proof: audit.Proof

    def to_json(self) -> dict[str, Any]:
        """Two inclusion proofs of RFC 9162, for whoever checks them without us."""
        return {
            "certificate": {
                "leaf": self.entry.decode(),
                "index": self.index,
                "size": self.count,
                "path": [_base64(step) for step in self.path],
                "root": _base64(self.root),
            },
            "event": {
                "leaf": self.proof.entry.decode(),
                "index": self.proof.number,
                "size": self.proof.checkpoint.size,
                "path": [_base64(step) for step in self.proof.path],
                "root": _base64(bytes(self.proof.checkpoint.root)),
            },
            "checkpoint": self.proof.checkpoint.body,
        }


def _base64(data: bytes) -> str:
    return b64encode(data).decode()


# -- Writing --------------------------------------------------------------------------------------
def log_chunk(
    chunk: Chunk, *, rows: Iterable[Award], signed: Sequence[Issued], key: SigningKey, now: datetime
) -> None:
    """Log what is being stored of a chunk, in the same transaction: one event, whatever it holds."""
    numbers = [row.row for row in rows if row.state == Award.State.ISSUED]
    audit.append(
        event=CHUNK_ISSUED,
        now=now,
        issuer=chunk.batch.issuer,
        about=chunk.batch_id,
        **_detail(
            chunk.batch_id, numbers, signed, key=key.thumbprint, first=chunk.first_row, last=chunk.last_row
        ),
    )


def _detail(
    batch_id: str, rows: Iterable[int], issued: Sequence[Issued], *, key: str, first: int, last: int
) -> dict[str, Any]:
    """What an event says of the certificates in these rows."""
    return {
        "batch": batch_id,
        "first": first,
        "last": last,
        "rows": spans(rows),
        "count": len(issued),
        "key": key,
        "root": merkle.root(merkle.leaf_hash(entry(each, key=key)) for each in issued).hex(),
    }


def adopt(*, now: datetime) -> int:
    """Log the certificates that no event names: those of a release without the log; returns how many.

    They count as logged from now on, and not from when they were issued.
    """
    adopted = 0
    for batch in Batch.objects.exclude(state=Batch.State.DRAFT).order_by("accepted_at").iterator():
        with transaction.atomic():
            adopted += _adopt(batch, now=now)
    return adopted


def _adopt(batch: Batch, *, now: datetime) -> int:
    logged = set[int]()
    for event in audit.events_about(batch.pk, event=CHUNK_ISSUED):
        for first, last in within(audit.detail_of(event)["rows"]):
            logged.update(range(first, last + 1))
    by_key: dict[str, list[tuple[int, Credential]]] = defaultdict(list)
    held = Credential.objects.filter(award__batch=batch).order_by("award__row")
    for credential in held.select_related("key", "award").defer("jwt", "paper"):
        if credential.award.row not in logged:
            by_key[credential.key.thumbprint].append((credential.award.row, credential))
    for key, found in by_key.items():
        for start in range(0, len(found), ADOPTED_AT_ONCE):
            piece = found[start : start + ADOPTED_AT_ONCE]
            rows, issued = [row for row, _ in piece], [credential for _, credential in piece]
            audit.append(
                event=CHUNK_ISSUED,
                now=now,
                issuer=batch.issuer,
                about=batch.pk,
                adopted=True,
                **_detail(batch.pk, rows, issued, key=key, first=rows[0], last=rows[-1]),
            )
    return sum(map(len, by_key.values()))


def log_status(change: StatusChange, *, issuer: Issuer, now: datetime, **detail: Any) -> None:
    """Log a change of mind, in the transaction that makes it; what somebody noted stays out."""
    audit.append(
        event="status-changed",
        now=now,
        issuer=issuer,
        by=change.by,
        about=change.credential_id,
        change=change.pk,
        act=str(change.act),
        reason=str(change.reason),
        **detail,
    )


def log_succession(
    *, batch: Batch, pairs: Sequence[tuple[str, str]], reasons: Iterable[str], now: datetime
) -> None:
    """Log that certificates were replaced, in the transaction that does it: one event, however many.

    Each pair is an old id and its successor's; ``root`` is that of a small Merkle tree over them.
    """
    audit.append(
        event="certificates-replaced",
        now=now,
        issuer=batch.issuer,
        by=batch.requested_by,
        about=pairs[0][0] if len(pairs) == 1 else batch.pk,
        batch=batch.pk,
        count=len(pairs),
        reasons=sorted(set(reasons)),
        root=merkle.root(merkle.leaf_hash(orjson.dumps(pair)) for pair in pairs).hex(),
    )


def entry(issued: Issued, *, key: str) -> bytes:
    """What a certificate's leaf covers, in one spelling."""
    return orjson.dumps(
        [issued.id, bytes(issued.sha256).hex(), issued.status_list_id, issued.status_index, key]
    )


def spans(numbers: Iterable[int]) -> str:
    """Rising numbers as runs: ``1-57 59-400``. A chunk is opened again for a row that was mended."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return " ".join(f"{first}-{last}" if first < last else str(first) for first, last in runs)


def within(text: str) -> Iterator[tuple[int, int]]:
    """The runs of ``spans``, each with its first and last number."""
    for run in text.split():
        first, _, last = run.partition("-")
        yield int(first), int(last or first)


# -- Proving --------------------------------------------------------------------------------------
def prove(credential: Credential, *, before: datetime | None = None) -> Evidence | None:
    """The proof that this certificate, as it is stored, is in the log; ``None`` if it is not (yet).

    With ``before``, in the log as a checkpoint that is older than this moment signed it.
    """
    row = Award.objects.only("batch_id", "row").get(pk=credential.award_id)
    checkpoint = audit.newest() if before is None else audit.older_than(before)
    for event in audit.events_about(row.batch_id, event=CHUNK_ISSUED):
        runs = list(within(audit.detail_of(event)["rows"]))
        if any(first <= row.row <= last for first, last in runs):
            return _prove(credential, event, runs, checkpoint=checkpoint)
    return None


def _prove(
    credential: Credential,
    event: AuditEvent,
    runs: Sequence[tuple[int, int]],
    *,
    checkpoint: AuditCheckpoint | None,
) -> Evidence | None:
    proof = audit.prove(event, checkpoint=checkpoint)
    if proof is None or not proof.holds():
        return None
    inside = Q()
    for first, last in runs:
        inside |= Q(award__row__gte=first, award__row__lte=last)
    fellows = (
        Credential.objects.filter(inside, award__batch=event.about)
        .select_related("key")
        .only("id", "sha256", "status_list_id", "status_index", "key__thumbprint")
        .order_by("award__row")
    )
    entries = [entry(fellow, key=fellow.key.thumbprint) for fellow in fellows]
    mine = entry(credential, key=credential.key.thumbprint)
    leaves, root = [merkle.leaf_hash(each) for each in entries], audit.detail_of(event)["root"]
    if mine not in entries or merkle.root(leaves).hex() != root:
        return None
    index = entries.index(mine)
    return Evidence(
        entry=mine,
        index=index,
        count=len(leaves),
        root=bytes.fromhex(root),
        path=tuple(merkle.proof(merkle.inclusion_parts(index, len(leaves)), leaves)),
        proof=proof,
    )


def was_logged_before(credential: Credential, moment: datetime) -> bool:
    """Whether the log shows that this very certificate was signed before that moment.

    Whoever has a stolen key writes any date into what is signed with it. What decides is a checkpoint that is
    older than the moment, and whose root covers the certificate's chunk.
    """
    return prove(credential, before=moment) is not None
