"""Issues what was accepted: takes a chunk, lints, signs, checks its own signature, stores, all or nothing.

The database is the queue. A chunk is taken by compare-and-set with a lease on the database's clock; its
rows, credentials and messages move in one transaction that the lease token guards. What a worker left
behind is taken again when the lease has run out; a row that keeps failing is set aside without its
neighbours. ``docs/issuance.md`` tells the whole cycle.
"""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    close_old_connections,
    transaction,
)
from django.utils import timezone

from issuers import keys, storing
from issuers import reading as register
from issuers.errors import IssuersError, NoActiveKey, NoKeyRoom
from issuers.registry import require_mandate

from . import (
    apart,
    awards,
    batches,
    bitstring,
    evidence,
    facts,
    ledger,
    linting,
    openbadges,
    outbox,
    paper,
    queue,
    succession,
    webhooks,
)
from .errors import BaseUrlChanged
from .models import LIST_SIZE, Award, Batch, Chunk, Credential, Message, StatusChange
from .signals import credentials_issued

log = logging.getLogger(__name__)

State = Award.State
#: After so many a worker looks up: it may be asked to stop, and the broker's patience is a minute.
CHUNKS_A_BELL = 5
#: Messages of a long list leave once it has had time to end: first everybody's certificate, then the news.
LONG_LISTS_TELL = timedelta(seconds=10)
#: What the person is told, by the kind of batch.
TELLS = {
    Batch.Kind.INTERACTIVE.value: Message.Kind.ISSUED,
    Batch.Kind.ROSTER.value: Message.Kind.ISSUED,
    Batch.Kind.REISSUE.value: Message.Kind.RENEWED,
}


class Signed(NamedTuple):
    """One credential as it is stored; the names are those of the table's columns."""

    id: str
    award_id: int
    issuer_id: int
    achievement_id: str
    key_id: int
    subject_id: UUID
    name_latin: str
    name_arabic: str
    address_kind: str
    address: str
    person_hash: str
    session: str
    awarded_on: date
    issued_at: datetime
    valid_from: datetime
    valid_until: datetime | None
    jwt: str
    paper: bytes
    cti: bytes
    short_code: str
    sha256: bytes
    status_list_id: int
    status_index: int
    status: str = Credential.Status.ACTIVE.value
    visibility: str = Credential.Visibility.LINK.value


def issue_ready(*, kind: str, now: datetime, limit: int | None = None, in_child: bool = False) -> int:
    """Issue chunks of this kind until none is ready, or ``limit`` are done; returns the credentials issued.

    Whoever finds more than one chunk rings for a colleague, and whoever stops before the end rings too. Who
    must not die of a row works ``in_child``. Raises NoKeyRoom where this process cannot sign, before anything
    is taken.
    """
    if not keys.can_sign():
        raise NoKeyRoom
    issued = done = 0
    while True:
        taken = queue.take(kind=kind)
        if taken is None:
            return issued
        done += 1
        last = done == limit
        if taken.more and (done == 1 or last):
            ledger.ring(kind)
        issued += _work(taken, now=now, in_child=in_child)
        batches.close(batch_id=taken.chunk.batch_id)
        if last:
            return issued


def _work(taken: queue.Taken, *, now: datetime, in_child: bool = False) -> int:
    """Issue one chunk; what fails is given back with backoff, then split, then its one bad row set aside.

    A chunk in which a worker died is worked on by a child. A single row that has failed too often is probed:
    only what kills two children in a row, or fails in them, and does so again some seconds later, is set
    aside, however many workers died: somebody may be killing whatever runs.
    """
    if taken.tried and taken.rows > 1:
        queue.split(taken)
        return 0
    act = partial(_try, taken, now=now)
    probing = taken.tried
    outcome = apart.run(taken, act) if in_child or taken.suspect or probing else act()
    if outcome.guilty and probing:
        outcome = apart.run(taken, act)
        if outcome.guilty and taken.probed:
            log.error("row quarantined", extra={"chunk": taken.chunk_id, "error": outcome.error})
            queue.quarantine(taken)
            return 0
        if outcome.guilty:
            queue.give_back(taken, error=queue.PROBE_DIED, counts=True)
            return 0
    if outcome.innocent:
        close_old_connections()  # what failed may have been this one
    if outcome.error:
        queue.give_back(taken, error=outcome.error, counts=outcome.guilty)
    return outcome.issued


def _try(taken: queue.Taken, *, now: datetime) -> apart.Outcome:
    """Issue the chunk in this process, once; a failure is told, not raised."""
    try:
        return apart.Outcome(issued=issue_chunk(taken, now=now))
    except Exception as error:  # a poison row must not stop the queue; it is logged, counted and set aside
        innocent = _innocent(error)
        name = type(error).__name__
        if innocent:
            log.warning("chunk given back", extra={"chunk": taken.chunk_id, "error": name})
        else:
            log.exception("chunk failed", extra={"chunk": taken.chunk_id, "attempts": taken.attempts})
        return apart.Outcome(error=name, innocent=innocent)


def _innocent(error: Exception) -> bool:
    """Whether it cannot be the rows' fault: no key, no database, no room on its disk, another BASE_URL."""
    if isinstance(error, DatabaseError):
        return not isinstance(error, (IntegrityError, DataError))
    return isinstance(error, (NoActiveKey, NoKeyRoom, InterfaceError, BaseUrlChanged, ImproperlyConfigured))


def issue_chunk(taken: queue.Taken, *, now: datetime) -> int:
    """Issue the pending rows of a taken chunk; returns how many credentials were stored.

    Nothing happens when the lease was lost meanwhile. A row that breaks a rule ends as failed with its
    code. Signing comes before the transaction, so that a database with one writer is not held up by it; what
    was signed counts for nothing unless lease, mandate and key still hold in the transaction that stores it.
    """
    keeper, chunk = queue.Keeper(taken), taken.chunk
    pending = Award.objects.filter(
        batch=chunk.batch_id, row__gte=chunk.first_row, row__lte=chunk.last_row, state=State.PENDING
    )
    rows = list(pending.order_by("row"))
    signed: list[Signed] = []
    signing: Signing | None = None
    try:
        _require_mandate(chunk.batch, now=now)
        signing = Signing(chunk, now=now)
        signed = signing.run(rows, keeper)
    except queue.LeaseLost:
        return 0
    except (NoActiveKey, NoKeyRoom):
        raise
    except IssuersError as refusal:
        _fail_all(rows, refusal)
    return _store(taken, rows, signed, signing=signing, now=now)


def _require_mandate(batch: Batch, *, now: datetime) -> None:
    require_mandate(issuer=batch.issuer, theme=batch.achievement.theme, on=timezone.localdate(now), now=now)


class Signing:
    """One chunk's signing: key, profile and achievement are read and composed once for all its rows."""

    def __init__(self, chunk: Chunk, *, now: datetime) -> None:
        self.chunk, self.batch = chunk, chunk.batch
        self.now = now
        self.achievement = self.batch.achievement
        self.signer = keys.signer(issuer=self.batch.issuer, now=now)
        self.city = register.the_city()
        self.profile = register.profile_of(self.batch.issuer, city=self.city)
        self.document = facts.achievement_document(self.achievement, profile=self.profile)
        # The moment of acceptance is what the document says, whenever it is signed; never before its key.
        self.valid_from = max(self.batch.accepted_at, self.signer.key.not_before).replace(microsecond=0)
        if self.valid_from < self.signer.key.not_before:
            self.valid_from += timedelta(seconds=1)
        if chunk.status_list is None:  # a constraint of the database: a chunk that is ready has slots
            raise ValueError("a chunk without slots is not signed")
        self.list_number = chunk.status_list.number
        self.permutation = bytes(chunk.status_list.permutation_key)

    def run(self, rows: Sequence[Award], keeper: queue.Keeper) -> list[Signed]:
        """Sign every row that may be signed; the others are marked failed or duplicate. Raises LeaseLost."""
        awards.require_base_url(of=self.city, write=True)
        living = self._living(rows)
        signed = []
        for row in rows:
            keeper.keep()
            if (row.person_hash, row.awarded_on) in living:
                row.state = Award.State.DUPLICATE
                continue
            try:
                signed.append(self.sign(row))
            except linting.LintError as error:
                _fail(row, f"lint:{error.rule}"[:40], error.where[:40])
                continue
            living.add((row.person_hash, row.awarded_on))
            row.state = Award.State.ISSUED
        return signed

    def _living(self, rows: Sequence[Award]) -> set[tuple[str, date]]:
        """Who of these has this certificate already, apart from those that are being replaced."""
        return set(
            Credential.objects.filter(
                achievement=self.achievement,
                awarded_on__in={row.awarded_on for row in rows},
                session=self.batch.session,
                person_hash__in=[row.person_hash for row in rows],
                status__in=("active", "suspended"),
            )
            .exclude(pk__in={row.replaces_id for row in rows if row.replaces_id})
            .values_list("person_hash", "awarded_on")
        )

    def sign(self, row: Award) -> Signed:
        """Compose, lint, sign and check both forms of one credential. Raises LintError, SelfCheckFailed."""
        index = bitstring.slot(self.permutation, self.chunk.first_slot + row.row - self.chunk.first_row)
        slot = openbadges.StatusSlot(list_number=self.list_number, index=index)
        until = awards.valid_until(self.achievement, row.awarded_on)
        document = openbadges.compose(
            openbadges.CredentialFacts(
                base_url=settings.BASE_URL,
                id=row.credential_id,
                issuer=self.profile,
                subject=openbadges.SubjectFacts(
                    id=row.subject_id, name_latin=row.name_latin, name_arabic=row.name_arabic
                ),
                achievement=self.document,
                awarded_on=row.awarded_on,
                valid_from=self.valid_from,
                valid_until=until,
                slot=slot,
                result=row.result if self.achievement.results else "",
            )
        )
        signable = linting.lint_credential(document, issuer_id=self.batch.issuer_id)
        token = keys.signed(signable, by=self.signer)
        digest = hashlib.sha256(token.rpartition(".")[0].encode()).digest()
        return Signed(
            id=row.credential_id,
            award_id=row.pk,
            issuer_id=self.batch.issuer_id,
            achievement_id=self.achievement.pk,
            key_id=self.signer.key.pk,
            subject_id=row.subject_id,
            name_latin=row.name_latin,
            name_arabic=row.name_arabic,
            address_kind=row.address_kind,
            address=row.address,
            person_hash=row.person_hash,
            session=self.batch.session,
            awarded_on=row.awarded_on,
            issued_at=self.now,
            valid_from=self.valid_from,
            valid_until=until,
            jwt=token,
            paper=self._paper(row, slot=slot, until=until, cti=digest[:16]),
            cti=digest[:16],
            short_code=paper.short_code(digest[:16]),
            sha256=digest,
            status_list_id=slot.list_number,
            status_index=slot.index,
        )

    def _paper(self, row: Award, *, slot: openbadges.StatusSlot, until: datetime | None, cti: bytes) -> bytes:
        claim = facts.paper_claim(
            achievement=self.achievement,
            name_latin=row.name_latin,
            name_arabic=row.name_arabic,
            status=slot.list_number * LIST_SIZE + slot.index,
            issued_at=openbadges.seconds(self.valid_from),
            expires_at=openbadges.seconds(until) if until else None,
            cti=cti,
        )
        signable = linting.lint_paper(claim, issuer_id=self.batch.issuer_id, prefix=facts.link_prefix())
        return keys.sealed(signable, by=self.signer)


@transaction.atomic
def _store(
    taken: queue.Taken,
    rows: Sequence[Award],
    signed: Sequence[Signed],
    *,
    signing: Signing | None,
    now: datetime,
) -> int:
    """Store a chunk whole, or nothing of it; returns how many credentials that is.

    Raises NoActiveKey when the key was ended since it signed: the chunk is signed again with another.
    """
    chunk = taken.chunk
    if queue.locked(taken) is None:
        return 0
    storing.commit_lightly()
    if signing is not None:
        signing.signer.require_active()
        try:
            _require_mandate(chunk.batch, now=now)
        except IssuersError as refusal:
            signed = []
            _fail_all(rows, refusal)
    # Predecessors leave the ranks of the living first, then learn their successors' ids.
    before = succession.step_aside([row for row in rows if row.state == State.ISSUED])
    signed = _inherit(signed, rows, before)
    storing.insert(Credential, fields=Signed._fields, rows=signed)
    if signing is not None and signed:
        evidence.log_chunk(chunk, rows=rows, signed=signed, key=signing.signer.key, now=now)
    _settle(chunk, rows)
    succession.lead_on(rows=rows, before=before, batch=chunk.batch, now=now)
    if chunk.batch.notify:
        after = LONG_LISTS_TELL if chunk.batch.row_count > ledger.CHUNK_ROWS else timedelta()
        issued = [row for row in rows if row.state == State.ISSUED]
        outbox.enqueue_issued(issued, kind=TELLS[chunk.batch.kind], now=now, after=after)
    chunk.state = Chunk.State.DONE
    chunk.save(update_fields=["state"])
    if signed:
        ids = [credential.id for credential in signed]
        webhooks.tell_issued(chunk.batch, ids, now=now)
        transaction.on_commit(
            partial(credentials_issued.send_robust, sender=Credential, credential_ids=ids, now=now)
        )
    return len(signed)


def _settle(chunk: Chunk, rows: Sequence[Award]) -> None:
    """Write how each row ended: those that were issued, which are nearly all, in one statement."""
    others: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for row in rows:
        if row.state != State.ISSUED:
            others[row.state, row.error_code, row.error_field].append(row.pk)
    for (state, code, field), ids in others.items():
        Award.objects.filter(pk__in=ids).update(state=state, error_code=code, error_field=field)
    Award.objects.filter(
        batch_id=chunk.batch_id, row__gte=chunk.first_row, row__lte=chunk.last_row, state=State.PENDING
    ).update(state=State.ISSUED)


def _inherit(
    signed: Sequence[Signed], rows: Sequence[Award], before: Mapping[str, succession.Predecessor]
) -> list[Signed]:
    """What takes another's place is seen by whom that was seen, and suspended if that was.

    Where the other was ended meanwhile nothing takes its place: the row fails, and is not stored.
    """
    replacing = {row.credential_id: row for row in rows if row.replaces_id and row.state == State.ISSUED}
    if not replacing:
        return list(signed)
    kept = []
    for each in signed:
        if row := replacing.get(each.id):
            old = before.get(row.replaces_id or "")
            if old is None:
                _fail(row, "predecessor-ended")
                continue
            again = row.reason == StatusChange.Reason.KEY_COMPROMISED
            status = old.status if again else each.status
            kept.append(each._replace(visibility=old.visibility, status=status))
        else:
            kept.append(each)
    return kept


def _fail_all(rows: Sequence[Award], refusal: IssuersError) -> None:
    for row in rows:
        _fail(row, type(refusal).__name__)


def _fail(row: Award, code: str, field: str = "") -> None:
    row.state, row.error_code, row.error_field = Award.State.FAILED, code, field
