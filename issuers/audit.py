"""The audit log: what is done is written once, beside the act; it can be added to, and proved, never changed.

Writers only insert, each in the transaction of its own act; ``sealing`` numbers what was committed and signs
the root of the tree over it. Here are the writing, the reading and the proofs, which need no key.
"""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from django.conf import settings
from django.db import transaction

from . import jose, merkle, notes
from .models import ApiClient, AuditCheckpoint, AuditEvent, AuditLeaf, AuditWaiting, Issuer
from .signable import Form, Signable

SALT = 16  # bytes
#: Words that people type: their hash is logged in their place, so that the log names nobody.
TYPED = ("reason", "note")


# -- Writing --------------------------------------------------------------------------------------
def append(
    *, event: str, now: datetime, issuer: Issuer | None = None, by: Any = None, about: str = "", **detail: Any
) -> AuditEvent:
    """Write one act in the caller's transaction; it is undone with it, and otherwise never.

    ``about`` is an id by which it is looked up later. ``detail`` takes ids, hashes, counts and codes alone.
    """
    with transaction.atomic(savepoint=False):
        row = AuditEvent.objects.create(
            at=now,
            event=event,
            issuer=issuer,
            by=_whom(by),
            about=about,
            detail=canonical(detail),
            salt=secrets.token_bytes(SALT),
        )
        AuditWaiting.objects.create(event=row)
    return row


def wordless(detail: Mapping[str, Any]) -> dict[str, Any]:
    """The detail with a hash in the place of whatever somebody typed."""
    return {
        name: jose.digest(str(value).encode()) if name in TYPED else value for name, value in detail.items()
    }


def canonical(detail: Mapping[str, Any]) -> str:
    """JSON in one spelling. Raises TypeError or ValueError for what has none."""
    return json.dumps(detail, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def _whom(person: Any) -> str:
    """Who did it: an id, which tells nobody's name and outlives the account."""
    if person is None:
        return ""
    return f"{'client' if isinstance(person, ApiClient) else 'learner'}/{person.pk}"


# -- Leaves ---------------------------------------------------------------------------------------
def entry(event: AuditEvent) -> bytes:
    """What a leaf's hash covers: every column of the event, in one spelling."""
    return canonical(
        {
            "about": event.about,
            "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "by": event.by,
            "detail": event.detail,
            "event": event.event,
            "id": event.pk,
            "issuer": event.issuer_id,
            "salt": bytes(event.salt).hex(),
        }
    ).encode()


def leaf_hash(event: AuditEvent) -> bytes:
    """The event's leaf hash."""
    return merkle.leaf_hash(entry(event))


def tree_of(start: int, stop: int) -> merkle.Tree:
    """The tree over the stored leaves of a run, by the roots of its whole tiles.

    A run begins where a subtree begins, as those of proofs do. A missing leaf makes it smaller.
    """
    tree = merkle.Tree()
    rest = start
    if start % merkle.TILE == 0:
        rest = stop - stop % merkle.TILE
        whole = AuditLeaf.objects.filter(number__gte=start, number__lt=rest, tile__isnull=False)
        for tile in whole.order_by("number").values_list("tile", flat=True).iterator(chunk_size=5000):
            tree.add_tile(bytes(tile or b""))
    for leaf in _hashes(max(rest, start), stop):
        tree.add(leaf)
    return tree


def _hashes(start: int, stop: int) -> Iterable[bytes]:
    leaves = AuditLeaf.objects.filter(number__gte=start, number__lt=stop).order_by("number")
    return map(bytes, leaves.values_list("hash", flat=True).iterator(chunk_size=5000))


# -- Checkpoints ----------------------------------------------------------------------------------
def newest() -> AuditCheckpoint | None:
    """The newest checkpoint, or ``None`` before the first; any process may read."""
    return AuditCheckpoint.objects.order_by("-number").first()


def newest_note() -> str:
    """The newest checkpoint's signed text, or nothing before the first."""
    found = AuditCheckpoint.objects.order_by("-number").values_list("body", flat=True).first()
    return found or ""


def older_than(moment: datetime) -> AuditCheckpoint | None:
    """The last checkpoint before the first that is not older: one that was dated back helps nobody."""
    later = AuditCheckpoint.objects.filter(sealed_at__gte=moment).order_by("number").first()
    older = AuditCheckpoint.objects.filter(sealed_at__lt=moment)
    if later is not None:
        older = older.filter(number__lt=later.number)
    return older.select_related("key").order_by("-number").first()


def lint_checkpoint(head: notes.Head, *, before: notes.Head | None) -> Signable:
    """A checkpoint as bytes to be signed: of this log, growing, in its one spelling. Raises ValueError."""
    if head.origin != notes.origin(settings.BASE_URL):
        raise ValueError("a checkpoint of another log")
    if head.size < 1 or (before is not None and head.size <= before.size):
        raise ValueError("a log only grows")
    text = head.text()
    notes.read_head(text)
    return Signable(Form.CHECKPOINT, None, text.encode())


def is_genuine(checkpoint: AuditCheckpoint) -> bool:
    """Whether the row says what its signed text says, and one of the log's own keys signed that."""
    try:
        note = notes.read(checkpoint.body)
    except notes.NoteError:
        return False
    key = checkpoint.key
    return (
        (note.head.size, note.head.root) == (checkpoint.size, bytes(checkpoint.root))
        and note.head.origin == notes.origin(settings.BASE_URL)
        and key.purpose == key.Purpose.AUDIT
        and notes.is_signed(note, public=public_bytes(key.public_jwk))
    )


def public_bytes(jwk: Mapping[str, str]) -> bytes:
    """The 32 bytes of an Ed25519 public JWK."""
    return jose.unb64(jwk["x"])


# -- Proofs ---------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That an event is in the log as this checkpoint signs it; ``path`` leads from its leaf to the root."""

    number: int
    entry: bytes
    path: tuple[bytes, ...]
    checkpoint: AuditCheckpoint

    def holds(self) -> bool:
        """Whether the path leads to the checkpoint's root, and the checkpoint is genuine."""
        found = merkle.root_by_inclusion(
            leaf=merkle.leaf_hash(self.entry), index=self.number, size=self.checkpoint.size, path=self.path
        )
        return found == bytes(self.checkpoint.root) and is_genuine(self.checkpoint)


def prove(event: AuditEvent, *, checkpoint: AuditCheckpoint | None) -> Proof | None:
    """The proof that this checkpoint covers the event, or ``None`` if it does not."""
    leaf = AuditLeaf.objects.filter(event=event).first()
    if leaf is None or checkpoint is None or leaf.number >= checkpoint.size:
        return None
    parts = merkle.inclusion_parts(leaf.number, checkpoint.size)
    return Proof(
        number=leaf.number,
        entry=entry(event),
        path=tuple(tree_of(start, stop).root() for start, stop in parts),
        checkpoint=checkpoint,
    )


def events_about(about: str, *, event: str) -> list[AuditEvent]:
    """The events of this kind that were written about this id, the oldest first."""
    return list(AuditEvent.objects.filter(about=about, event=event).order_by("id"))


def detail_of(event: AuditEvent) -> dict[str, Any]:
    """An event's detail, read."""
    return cast(dict[str, Any], json.loads(event.detail))
