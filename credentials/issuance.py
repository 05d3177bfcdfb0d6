"""Issues what was accepted: takes a chunk, lints, signs, checks its own signature, stores, all or nothing.

The database is the queue. A chunk is taken by compare-and-set with a lease on the database's clock; its
rows, credentials and messages move in one transaction that the lease token guards. What a worker left
behind is taken again when the lease has run out; a row that keeps failing is set aside without its
neighbours. ``docs/issuance.md`` tells the whole cycle.
"""

import hashlib
import logging
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from issuers import keys
from issuers.errors import IssuersError, NoActiveKey, NoKeyRoom
from issuers.models import City, random_token
from issuers.registry import require_mandate

from . import awards, facts, linting, openbadges, outbox, paper, statuslists
from .errors import BaseUrlChanged
from .models import LIST_SIZE, Award, Batch, Chunk, Credential, StatusChange
from .signals import credential_status_changed, credentials_issued

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
BACKOFF = timedelta(seconds=2)
MAX_ATTEMPTS = 3


class SelfCheckFailed(Exception):
    """What was just signed does not verify; nothing is stored."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A chunk that this worker holds until its lease runs out."""

    chunk_id: int
    token: str
    attempts: int
    rows: int


def issue_ready(*, kind: str, now: datetime, limit: int | None = None) -> int:
    """Issue chunks of this kind until none is ready, or ``limit`` are done; returns the credentials issued.

    Raises NoKeyRoom where this process cannot sign, before anything is taken.
    """
    if not keys.can_sign():
        raise NoKeyRoom
    issued = done = 0
    while limit is None or done < limit:
        taken = take(kind=kind)
        if taken is None:
            break
        issued += _work(taken, now=now)
        done += 1
    return issued


def take(*, kind: str) -> Taken | None:
    """Take the oldest ready chunk of this kind, if another worker is not quicker."""
    while True:
        free = Q(lease_until__isnull=True) | Q(lease_until__lte=Now())
        candidate = (
            Chunk.objects.filter(free, kind=kind, state=Chunk.State.READY, not_before__lte=Now())
            .order_by("id")
            .first()
        )
        if candidate is None:
            return None
        token = random_token()
        won = Chunk.objects.filter(free, pk=candidate.pk, state=Chunk.State.READY).update(
            lease_token=token, lease_until=Now() + LEASE, attempts=F("attempts") + 1
        )
        if won:
            return Taken(
                chunk_id=candidate.pk,
                token=token,
                attempts=candidate.attempts + 1,
                rows=candidate.last_row - candidate.first_row + 1,
            )


def _work(taken: Taken, *, now: datetime) -> int:
    """Issue one chunk; a failure gives it back with backoff, or sets the one bad row aside."""
    try:
        return issue_chunk(taken, now=now)
    except (NoActiveKey, NoKeyRoom, DatabaseError) as error:
        if isinstance(error, IntegrityError) and taken.attempts > MAX_ATTEMPTS:
            _set_aside(taken)
            return 0
        # Not the rows' fault: the attempt does not count.
        _give_back(taken, error, counts=isinstance(error, IntegrityError))
    except Exception as error:  # a poison row must not stop the queue; it is logged, counted and set aside
        log.exception("chunk failed", extra={"chunk": taken.chunk_id, "attempts": taken.attempts})
        if taken.attempts >= MAX_ATTEMPTS:
            _set_aside(taken)
        else:
            _give_back(taken, error, counts=True)
    return 0


def _give_back(taken: Taken, error: Exception, *, counts: bool) -> None:
    Chunk.objects.filter(pk=taken.chunk_id, lease_token=taken.token, state=Chunk.State.READY).update(
        lease_until=None,
        lease_token="",
        not_before=Now() + BACKOFF * taken.attempts,
        attempts=F("attempts") if counts else F("attempts") - 1,
        last_error=type(error).__name__,
    )


@transaction.atomic
def _set_aside(taken: Taken) -> None:
    """Split a failing chunk into single rows; a failing single row ends as failed, to be seen and retried."""
    chunk = Chunk.objects.select_for_update().filter(pk=taken.chunk_id, lease_token=taken.token).first()
    if chunk is None or chunk.state == Chunk.State.DONE:
        return
    if taken.rows > 1:
        Chunk.objects.bulk_create(
            Chunk(
                batch_id=chunk.batch_id,
                kind=chunk.kind,
                first_row=row,
                last_row=row,
                not_before=chunk.not_before,
            )
            for row in range(chunk.first_row, chunk.last_row + 1)
        )
    else:
        Award.objects.filter(batch_id=chunk.batch_id, row=chunk.first_row, state=Award.State.PENDING).update(
            state=Award.State.FAILED, error_code="quarantined"
        )
    chunk.state = Chunk.State.DONE
    chunk.save(update_fields=["state"])
    _close_batch(chunk.batch_id)


@transaction.atomic
def issue_chunk(taken: Taken, *, now: datetime) -> int:
    """Issue the pending rows of a taken chunk; returns how many credentials were stored.

    Nothing happens when the lease was lost meanwhile. A row that breaks a rule ends as failed with its
    code; the mandate is read inside this transaction.
    """
    chunk = (
        Chunk.objects.select_for_update(of=("self",))
        .select_related("batch__achievement__issuer")
        .filter(pk=taken.chunk_id, lease_token=taken.token, state=Chunk.State.READY)
        .first()
    )
    if chunk is None:
        return 0
    batch = chunk.batch
    rows = list(
        Award.objects.filter(
            batch=batch, row__gte=chunk.first_row, row__lte=chunk.last_row, state=Award.State.PENDING
        )
        .select_related("replaces")
        .order_by("row")
    )
    try:
        require_mandate(
            issuer=batch.issuer, theme=batch.achievement.theme, on=timezone.localdate(now), now=now
        )
        credentials = Signing(batch, now=now).run(rows)
    except (NoActiveKey, NoKeyRoom):
        raise
    except IssuersError as refusal:
        credentials = []
        for row in rows:
            _fail(row, type(refusal).__name__)
    _store(batch, rows, credentials, now=now)
    chunk.state = Chunk.State.DONE
    chunk.save(update_fields=["state"])
    _close_batch(batch.pk)
    if credentials:
        ids = [credential.pk for credential in credentials]
        transaction.on_commit(
            partial(credentials_issued.send_robust, sender=Credential, credential_ids=ids, now=now)
        )
    return len(credentials)


class Signing:
    """One batch's signing: the key, the profile and the achievement are read once for all its rows."""

    def __init__(self, batch: Batch, *, now: datetime) -> None:
        self.batch = batch
        self.now = now
        self.achievement = batch.achievement
        self.signer = keys.signer(issuer=batch.issuer, now=now)
        self.profile = facts.profile_of(batch.issuer)
        self.facts = facts.achievement_facts(batch.achievement)
        # The moment of acceptance is what the document says, whenever it is signed; never before its key.
        self.valid_from = max(batch.accepted_at, self.signer.key.not_before).replace(microsecond=0)
        if self.valid_from < self.signer.key.not_before:
            self.valid_from += timedelta(seconds=1)
        self.valid_until = awards.valid_until(batch.achievement, batch.awarded_on)

    def run(self, rows: list[Award]) -> list[Credential]:
        """Sign every row that may be signed; the others are marked failed or duplicate."""
        _require_base_url()
        replaced = {row.replaces_id for row in rows if row.replaces_id}
        living = Counter(
            Credential.objects.filter(
                achievement=self.achievement,
                awarded_on=self.batch.awarded_on,
                session=self.batch.session,
                person_hash__in=[row.person_hash for row in rows],
                status__in=("active", "suspended"),
            )
            .exclude(pk__in=replaced)
            .values_list("person_hash", flat=True)
        )
        credentials = []
        for row in rows:
            if living[row.person_hash]:
                row.state = Award.State.DUPLICATE
                continue
            try:
                credentials.append(self.sign(row))
            except linting.LintError as error:
                _fail(row, f"lint:{error.rule}"[:40], error.where[:40])
                continue
            living[row.person_hash] += 1
            row.state = Award.State.ISSUED
        return credentials

    def sign(self, row: Award) -> Credential:
        """Compose, lint, sign and check both forms of one credential. Raises LintError, SelfCheckFailed."""
        document = openbadges.compose(
            facts.credential_facts(
                achievement=self.achievement,
                credential_id=row.credential_id,
                subject=openbadges.SubjectFacts(
                    id=row.subject_id, name_latin=row.name_latin, name_arabic=row.name_arabic
                ),
                awarded_on=self.batch.awarded_on,
                valid_from=self.valid_from,
                valid_until=self.valid_until,
                slot=openbadges.StatusSlot(list_number=row.status_list_id, index=row.status_index),
                profile=self.profile,
                facts=self.facts,
            )
        )
        signable = linting.lint_credential(document, issuer_id=self.batch.issuer_id)
        token = self.signer.jws(signable)
        if keys.verify_jws(token, key=self.signer.key) != signable.payload:
            raise SelfCheckFailed
        digest = hashlib.sha256(token.rpartition(".")[0].encode()).digest()
        cose = self._paper(row, digest[:16])
        return Credential(
            id=row.credential_id,
            award=row,
            issuer_id=self.batch.issuer_id,
            achievement=self.achievement,
            key=self.signer.key,
            subject_id=row.subject_id,
            name_latin=row.name_latin,
            name_arabic=row.name_arabic,
            address_kind=row.address_kind,
            address=row.address,
            person_hash=row.person_hash,
            session=self.batch.session,
            awarded_on=self.batch.awarded_on,
            issued_at=self.now,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            jwt=token,
            paper=cose,
            cti=digest[:16],
            short_code=paper.short_code(digest[:16]),
            sha256=digest,
            status_list_id=row.status_list_id,
            status_index=row.status_index,
        )

    def _paper(self, row: Award, cti: bytes) -> bytes:
        claim = facts.paper_claim(
            achievement=self.achievement,
            name_latin=row.name_latin,
            name_arabic=row.name_arabic,
            status=row.status_list_id * LIST_SIZE + row.status_index,
            issued_at=openbadges.seconds(self.valid_from),
            expires_at=openbadges.seconds(self.valid_until) if self.valid_until else None,
            cti=cti,
        )
        signable = linting.lint_paper(claim, issuer_id=self.batch.issuer_id, prefix=facts.link_prefix())
        cose = self.signer.cose(signable)
        message = paper.parse(cose)
        if message.claim != claim or not keys.verify_raw(
            message.signed, message.signature, key=self.signer.key
        ):
            raise SelfCheckFailed
        return cose


def _store(batch: Batch, rows: list[Award], credentials: list[Credential], *, now: datetime) -> None:
    replacing = {c.pk: c.award.replaces for c in credentials if c.award.replaces is not None}
    for old in replacing.values():
        # The predecessor leaves the ranks of the living first, then learns its successor's id.
        Credential.objects.filter(pk=old.pk).update(status=Credential.Status.REVOKED)
    Credential.objects.bulk_create(credentials, batch_size=100)
    Award.objects.bulk_update(rows, ["state", "error_code", "error_field"], batch_size=200)
    by_id = {credential.pk: credential for credential in credentials}
    for new_id, old in replacing.items():
        _succeed(old, by_id[new_id], batch=batch, now=now)
    if batch.notify:
        outbox.enqueue_issued(credentials, now=now)


def _succeed(old: Credential, new: Credential, *, batch: Batch, now: datetime) -> None:
    """The old certificate's link leads on: both its bits are set, and its history says why."""
    Credential.objects.filter(pk=old.pk).update(
        status=Credential.Status.REPLACED, replaced_by=new, status_changed_at=now
    )
    statuslists.mark_changed(numbers=[old.status_list_id])
    StatusChange.objects.create(
        credential=old,
        act=StatusChange.Act.REPLACE,
        reason=new.award.reason or StatusChange.Reason.CORRECTED,
        note=new.award.note,
        by=batch.requested_by,
        at=now,
    )
    transaction.on_commit(
        partial(credential_status_changed.send_robust, sender=Credential, credential_id=old.pk, now=now)
    )


def _fail(row: Award, code: str, field: str = "") -> None:
    row.state, row.error_code, row.error_field = Award.State.FAILED, code, field


def _close_batch(batch_id: str) -> None:
    ready = Chunk.objects.filter(batch_id=batch_id, state=Chunk.State.READY)
    if not ready.exists():
        Batch.objects.filter(pk=batch_id, state=Batch.State.ACCEPTED).update(
            state=Batch.State.COMPLETE, completed_at=Now()
        )


def _require_base_url() -> None:
    """Write the address into the city's row at the first issue; refuse another one ever after."""
    City.objects.filter(pk=1, base_url="").update(base_url=settings.BASE_URL)
    if City.objects.values_list("base_url", flat=True).get(pk=1) != settings.BASE_URL:
        raise BaseUrlChanged
