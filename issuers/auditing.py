"""Re-computes the whole audit log from its rows and says what was done to it, if anything was.

Events give leaves, leaves give the root, and every checkpoint ever signed must have the root of its size.
Who edits rows cannot sign, so what was changed shows; who also takes the newest checkpoints away is found out
by one that is kept elsewhere (``against``): in a witness's mail, in a status list, in an auditor's file.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations, islice

from django.conf import settings

from . import audit, merkle, notes
from .models import AuditCheckpoint, AuditEvent, AuditLeaf, AuditWaiting, SigningKey

#: So many rows are held in memory at a time.
AT_ONCE = 2_000
#: In a run of so many leaves between two checkpoints it is tried what would mend it.
TRIED, PAIRED = 2_000, 64
LATE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong: ``code`` names it, ``where`` says at which number, event or checkpoint."""

    code: str
    where: str
    sentence: str


@dataclass(slots=True, kw_only=True)
class Result:
    """What a whole re-computation found."""

    events: int = 0
    checkpoints: int = 0
    root: bytes = merkle.EMPTY
    findings: list[Finding] = field(default_factory=list)

    def found(self, code: str, where: object, sentence: str) -> None:
        self.findings.append(Finding(code=code, where=str(where), sentence=sentence))


def verify(*, now: datetime, against: Iterable[str] = ()) -> Result:
    """Re-compute everything; ``against`` are signed checkpoints that were kept elsewhere."""
    return _Examination(now=now, against=against).run()


class _Examination:
    """One pass over leaves, events and checkpoints, side by side, with few of them in memory."""

    def __init__(self, *, now: datetime, against: Iterable[str]) -> None:
        self.now = now
        self.result = Result()
        self.tree = merkle.Tree()
        #: The tree as it was at the last checkpoint that held, and the leaves since: where a fault is sought.
        self.sound, self.since = merkle.Tree(), list[tuple[int, bytes]]()
        self.broken = False
        self.kept = sorted(self._genuine(against), key=lambda head: head.size)
        self.kept_at = 0

    def run(self) -> Result:
        checkpoints = self._checkpoints()
        expected = next(checkpoints, None)
        self._compare_kept()
        for number, event_id, leaf in self._leaves():
            self.tree.add(leaf)
            if len(self.since) <= TRIED:
                self.since.append((event_id, leaf))
            while expected is not None and expected.size <= self.tree.size:
                self._compare(expected, next_leaf=number + 1)
                expected = next(checkpoints, None)
            self._compare_kept()
        self._ending(expected, checkpoints)
        self._unnumbered()
        self.result.events, self.result.root = self.tree.size, self.tree.root()
        return self.result

    # -- Leaves ---------------------------------------------------------------------------------
    def _leaves(self) -> Iterator[tuple[int, int, bytes]]:
        """Number, event and hash of every leaf, each compared with its event on the way."""
        rows = AuditLeaf.objects.order_by("number").values_list("number", "event_id", "hash", "tile")
        stream, expected, tile = rows.iterator(chunk_size=AT_ONCE), 0, merkle.Tree()
        while chunk := list(islice(stream, AT_ONCE)):
            events = AuditEvent.objects.in_bulk([event_id for _, event_id, _, _ in chunk])
            hashes = {pk: audit.leaf_hash(event) for pk, event in events.items()}
            of_hash = {hashed: pk for pk, hashed in hashes.items()}
            for number, event_id, stored, whole in chunk:
                leaf = bytes(stored)
                if number != expected:
                    self._gap(expected, number)
                expected = number + 1
                self._compare_event(number, event_id, leaf, hashes, of_hash)
                made = tile.add(leaf)
                if not self.broken and (bytes(whole) if whole else None) != made:
                    self.result.found(
                        "tile-edited", f"number {number}", "A hash kept over 256 leaves is not theirs."
                    )
                yield number, event_id, leaf

    def _gap(self, expected: int, number: int) -> None:
        lost = str(expected) if number == expected + 1 else f"{expected} to {number - 1}"
        self.result.found("event-deleted", f"number {lost}", "The event was taken out of the log.")
        self.broken = True  # without its leaf no later root can be computed

    def _compare_event(
        self, number: int, event_id: int, leaf: bytes, hashes: dict[int, bytes], of_hash: dict[bytes, int]
    ) -> None:
        where = f"number {number}, event {event_id}"
        if event_id not in hashes:
            self.result.found("event-deleted", where, "The event was taken out; its hash is still there.")
        elif hashes[event_id] != leaf:
            if other := of_hash.get(leaf):
                sentence = f"Another event stands here; the one that was sealed here is event {other}."
                self.result.found("events-swapped", where, sentence)
            else:
                self.result.found("event-edited", where, "The event is not what it was when it was sealed.")

    # -- Checkpoints ----------------------------------------------------------------------------
    def _checkpoints(self) -> Iterator[AuditCheckpoint]:
        """Every genuine checkpoint in its order; what is wrong with the others is noted on the way."""
        last: AuditCheckpoint | None = None
        rows = AuditCheckpoint.objects.select_related("key").order_by("number")
        for checkpoint in rows.iterator(chunk_size=AT_ONCE):
            self.result.checkpoints += 1
            where = f"checkpoint {checkpoint.number}"
            if checkpoint.number != (last.number + 1 if last else 1):
                self.result.found("checkpoint-deleted", where, "A checkpoint before it is missing.")
            if last and (checkpoint.size <= last.size or checkpoint.sealed_at < last.sealed_at):
                self.result.found("checkpoint-forged", where, "It is smaller or older than the one before.")
            elif not audit.is_genuine(checkpoint):
                self.result.found("checkpoint-forged", where, "The log's key did not sign what it says.")
            else:
                yield checkpoint
            last = checkpoint

    def _compare(self, checkpoint: AuditCheckpoint, *, next_leaf: int) -> None:
        """Hold the tree against the checkpoint of its size; after one that fails all later ones would."""
        if self.broken:
            return
        if self.tree.size == checkpoint.size and self.tree.root() == bytes(checkpoint.root):
            self.sound, self.since = self.tree.copied(), []
            return
        self.broken = True
        code, where, sentence = self._diagnosis(checkpoint, next_leaf) or self._guess(checkpoint)
        self.result.found(code, where, f"{sentence} Checkpoint {checkpoint.number} signed something else.")

    def _diagnosis(self, checkpoint: AuditCheckpoint, next_leaf: int) -> tuple[str, str, str] | None:
        """What was done, if undoing it gives the root that was signed."""
        if len(self.since) > TRIED:
            return None
        leaves, root = [leaf for _, leaf in self.since], bytes(checkpoint.root)
        behind = AuditLeaf.objects.filter(number=next_leaf).values_list("hash", flat=True).first()
        if behind is not None:
            prefix = self.sound.copied()
            for place, leaf in enumerate(leaves):
                if _root(prefix, [*leaves[place + 1 :], bytes(behind)]) == root:
                    number = self.sound.size + place
                    where = f"number {number}, event {self.since[place][0]}"
                    return "event-inserted", where, "This event was put in between."
                prefix.add(leaf)
        for one, other in _pairs(len(leaves)):
            swapped = list(leaves)
            swapped[one], swapped[other] = leaves[other], leaves[one]
            if _root(self.sound, swapped) == root:
                first, second = self.sound.size + one, self.sound.size + other
                where = f"numbers {first} and {second}"
                return "events-swapped", where, "These two events were exchanged."
        return None

    def _guess(self, checkpoint: AuditCheckpoint) -> tuple[str, str, str]:
        where = f"numbers {self.sound.size} to {checkpoint.size - 1}"
        newest = AuditCheckpoint.objects.order_by("-number").values_list("size", flat=True).first() or 0
        if AuditLeaf.objects.count() < newest:
            return "event-deleted", where, "An event was taken out here, and the numbers were closed up."
        return "log-rewritten", where, "An event was changed or exchanged here, and its hash made anew."

    def _ending(self, expected: AuditCheckpoint | None, rest: Iterator[AuditCheckpoint]) -> None:
        """What stands beyond the last checkpoint, or should stand before it and does not."""
        last = AuditCheckpoint.objects.order_by("-number").first()
        signed = last.size if last else 0
        if expected is not None and not self.broken:
            sentence = (
                f"The log ends at {self.tree.size}; checkpoint {expected.number} signed {expected.size}."
            )
            self.result.found("event-deleted", f"number {self.tree.size} and after", sentence)
        for _ in rest:  # their own signatures are looked at all the same
            pass
        if self.tree.size > signed and not self.broken:
            sentence = "They have numbers and no checkpoint: they were put in, or it was taken away."
            self.result.found("event-unsigned", f"number {signed} and after", sentence)

    # -- Kept elsewhere -------------------------------------------------------------------------
    def _genuine(self, against: Iterable[str]) -> Iterator[notes.Head]:
        public = [
            audit.public_bytes(key.public_jwk)
            for key in SigningKey.objects.filter(purpose=SigningKey.Purpose.AUDIT)
        ]
        for place, text in enumerate(against, start=1):
            try:
                note = notes.read(text)
            except notes.NoteError:
                self.result.found("kept-unreadable", f"kept {place}", "This is no checkpoint.")
                continue
            known = note.head.origin == notes.origin(settings.BASE_URL)
            if known and any(notes.is_signed(note, public=key) for key in public):
                yield note.head
            else:
                self.result.found("kept-foreign", f"kept {place}", "This log's key did not sign it.")

    def _compare_kept(self) -> None:
        while self.kept_at < len(self.kept) and self.kept[self.kept_at].size <= self.tree.size:
            head = self.kept[self.kept_at]
            self.kept_at += 1
            if head.size == self.tree.size and head.root != self.tree.root() and not self.broken:
                sentence = "What is stored is not what was signed then: the log was written anew."
                self.result.found("log-rewritten", f"numbers 0 to {head.size - 1}", sentence)
                self.broken = True

    def _unnumbered(self) -> None:
        for head in self.kept[self.kept_at :]:
            sentence = f"Somebody keeps a checkpoint of {head.size} events; here are {self.tree.size}."
            self.result.found("log-truncated", f"number {self.tree.size} and after", sentence)
        lost = AuditEvent.objects.filter(leaf__isnull=True, waiting__isnull=True).order_by("id")
        for event_id in lost.values_list("pk", flat=True)[:100]:
            sentence = "It has no number and does not wait for one: it was put in, or taken out of the line."
            self.result.found("event-unnumbered", f"event {event_id}", sentence)
        late = AuditWaiting.objects.filter(event__at__lt=self.now - LATE).order_by("event_id").first()
        if late is not None:
            sentence = "It waits longer than it should: is the sweeper running?"
            self.result.found("sealing-late", f"event {late.event_id}", sentence)


def _root(tree: merkle.Tree, leaves: Iterable[bytes]) -> bytes:
    grown = tree.copied()
    for leaf in leaves:
        grown.add(leaf)
    return grown.root()


def _pairs(size: int) -> Sequence[tuple[int, int]]:
    """Which two leaves may have been exchanged: any of a few, neighbours among many."""
    return list(combinations(range(size), 2)) if size <= PAIRED else [(n, n + 1) for n in range(size - 1)]
