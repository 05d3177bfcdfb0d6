"""Re-checks everything ever issued, apart from signer and verifier: rows, documents, lists, log must agree.

It walks batch by batch, in pieces, so that memory does not grow with what is stored, and yields what is
wrong with which certificate. What was erased keeps its id, slot, hash and place in the log, and is checked
for these.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from issuers.models import AuditCheckpoint, Issuer, Mandate, SigningKey

from . import reproof
from .models import Achievement, Award, Batch, Credential, StatusChange
from .relisting import Lists
from .relogging import Log
from .reproof import PRIVATE, Wrong

PIECE = 1_000
#: What the workers and the sweeper are about to do is not held against anybody for so long.
GRACE = timedelta(hours=1)
SLOT = ("status_list_id", "status_index")
BITS = {
    "revocation": ("revoked", "replaced"),
    "suspension": ("suspended",),
    "replacement": ("replaced",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One certificate (or list, or run of rows) and all that is wrong with it."""

    subject: str
    codes: tuple[str, ...]


@dataclass(slots=True)
class Tally:
    """How much was looked at."""

    checked: int = 0
    erased: int = 0


class Row(NamedTuple):
    """A certificate as its row has it, beside what its award and its batch say."""

    id: str
    award_id: int
    issuer_id: int
    achievement_id: str
    key_id: int
    subject_id: Any
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
    status: str
    status_changed_at: datetime | None
    replaced_by_id: str | None
    visibility: str
    erased_at: datetime | None
    award__row: int
    award__state: str
    award__credential_id: str
    award__subject_id: Any
    award__name_latin: str
    award__name_arabic: str
    award__address_kind: str
    award__address: str
    award__person_hash: str
    award__awarded_on: date


class Key(NamedTuple):
    """A signing key, its public half opened, and which checkpoint is the last that speaks for it."""

    row: SigningKey
    public: Any
    #: Of a compromised key: events below this number were logged before.
    logged: int


def recheck(*, now: datetime, since: datetime | None = None, tally: Tally | None = None) -> Iterator[Fault]:
    """Everything that is wrong, as it is found; ``since`` leaves out lists that were complete before.

    ``tally`` is counted up on the way.
    """
    walk = _Walk(now=now, tally=tally or Tally())
    for group in _groups(since):
        yield from walk.group(group)
    yield from walk.strays()


def _groups(since: datetime | None) -> Iterator[list[Batch]]:
    """Batches in their order, as many at a time as have a piece's rows together."""
    batches = Batch.objects.exclude(state="draft").order_by("pk")
    if since is not None:
        batches = batches.filter(Q(completed_at__gte=since) | Q(completed_at__isnull=True))
    group, rows = list[Batch](), 0
    for batch in batches.iterator(chunk_size=PIECE):
        group.append(batch)
        rows += batch.row_count
        if rows >= PIECE:
            yield group
            group, rows = [], 0
    if group:
        yield group


class _Walk:
    """One walk over all batches: what is the same for many certificates is read once."""

    def __init__(self, *, now: datetime, tally: Tally) -> None:
        self.now, self.tally = now, tally
        self.base = settings.BASE_URL
        self.issuers = {issuer.pk: issuer for issuer in Issuer.objects.all()}
        self.mandates: dict[int, list[Mandate]] = defaultdict(list)
        for mandate in Mandate.objects.filter(approved_at__isnull=False):
            self.mandates[mandate.issuer_id].append(mandate)
        self.faults: dict[str, list[str]] = {}
        self.achievement = lru_cache(4096)(lambda pk: Achievement.objects.filter(pk=pk).first())
        self.key = lru_cache(4096)(self._key)
        self.lists = Lists(self.issuers, fault=self.fault)

    def fault(self, subject: str, code: str) -> None:
        codes = self.faults.setdefault(subject, [])
        if code not in codes:
            codes.append(code)

    def drain(self) -> Iterator[Fault]:
        for subject, codes in self.faults.items():
            yield Fault(subject=subject, codes=tuple(codes))
        self.faults = {}

    # -- Batch by batch -------------------------------------------------------------------------
    def group(self, group: Sequence[Batch]) -> Iterator[Fault]:
        """Check the certificates of these batches, then the log's events about them."""
        batches = {batch.pk: batch for batch in group}
        log = Log(list(batches), now=self.now, fault=self.fault)
        rows = (
            Credential.objects.filter(award__batch__in=list(batches))
            .order_by("award__batch", "award__row")
            .values_list("award__batch_id", *Row._fields)
        )
        stream = rows.iterator(chunk_size=PIECE)
        while piece := [(found[0], Row(*found[1:])) for found in islice(stream, PIECE)]:
            changes = self._changes([row for _, row in piece])
            for batch_id, row in piece:
                self._certificate(row, batches[batch_id], changes)
                key = self.key(row.key_id)
                log.hold(
                    row, batches[batch_id], key=key.row if key else None, logged=key.logged if key else 0
                )
        log.compare(self.faults)
        yield from self.drain()

    def strays(self) -> Iterator[Fault]:
        """Awards without a certificate, certificates without an award, slots that are given twice."""
        certificate = Credential.objects.filter(award=OuterRef("pk"))
        for lost in Award.objects.filter(~Exists(certificate), state="issued").iterator(chunk_size=PIECE):
            self.fault(lost.credential_id, "certificate-missing")
        award = Award.objects.filter(pk=OuterRef("award_id")).exclude(batch__state="draft")
        found = Credential.objects.filter(~Exists(award))
        for pk in found.values_list("pk", flat=True).iterator(chunk_size=PIECE):
            self.fault(pk, "award-missing")
        slots = Credential.objects.order_by().values_list("status_list_id", "status_index")
        for number, index in slots.annotate(n=Count("pk")).filter(n__gt=1).values_list(*SLOT):
            for pk in Credential.objects.filter(status_list=number, status_index=index).values_list(
                "pk", flat=True
            ):
                self.fault(pk, "slot-twice")
        yield from self.drain()

    def _certificate(self, row: Row, batch: Batch, changes: "_Changes") -> None:
        self.tally.checked += 1
        for code in self._columns(row, batch):
            self.fault(row.id, code)
        if row.erased_at:
            self.tally.erased += 1
            if row.jwt or bytes(row.paper):
                self.fault(row.id, "erased-and-kept")
        else:
            for code in self._documents(row):
                self.fault(row.id, code)
        for code in self._status(row, changes):
            self.fault(row.id, code)

    # -- The row beside its award, key and mandate -----------------------------------------------
    def _columns(self, row: Row, batch: Batch) -> Iterator[str]:
        same = {
            "award": (row.award__credential_id, row.award__state) == (row.id, "issued"),
            "issuer": row.issuer_id == batch.issuer_id,
            "achievement": row.achievement_id == batch.achievement_id,
            "session": row.session == batch.session,
            "subject": row.subject_id == row.award__subject_id,
            "names": (row.name_latin, row.name_arabic) == (row.award__name_latin, row.award__name_arabic),
            "address": (row.address_kind, row.address) == (row.award__address_kind, row.award__address),
            "person": row.person_hash == row.award__person_hash,
            "awarded-on": row.awarded_on == row.award__awarded_on,
            "visibility": row.visibility in Credential.Visibility.values,
            "cti": bytes(row.cti) == bytes(row.sha256)[:16],
            "short-code": row.short_code == reproof.short_code(bytes(row.cti)),
        }
        yield from (code for code, holds in same.items() if not holds)
        key = self.key(row.key_id)
        if key is None or key.row.issuer_id != row.issuer_id:
            yield "key"
        elif not (
            key.row.not_before <= row.valid_from
            and (key.row.not_after is None or row.valid_from < key.row.not_after)
            and (key.row.not_after is None or row.issued_at <= key.row.not_after)
        ):
            yield "key-period"
        if not self._was_accredited(row):
            yield "accreditation"

    def _key(self, pk: int) -> Key | None:
        row = SigningKey.objects.filter(pk=pk, purpose="issuer", algorithm="ES256").defer("sealed").first()
        try:
            public, thumbprint = reproof.public_key(row.public_jwk if row else {})
        except Wrong:
            return None
        if row is None or thumbprint != row.thumbprint or reproof.raw(thumbprint)[:8].hex() != row.kid8:
            return None
        logged = 0
        if row.compromised_at:
            later = (
                AuditCheckpoint.objects.filter(sealed_at__gte=row.compromised_at).order_by("number").first()
            )
            before = AuditCheckpoint.objects.filter(number__lt=later.number if later else 2**62)
            newest = before.order_by("-number").first()
            logged = newest.size if newest else 0
        return Key(row, public, logged)

    def _was_accredited(self, row: Row) -> bool:
        issuer, achievement = self.issuers.get(row.issuer_id), self.achievement(row.achievement_id)
        if issuer is None or achievement is None or issuer.approved_at is None:
            return False
        day = timezone.localdate(row.issued_at)
        stops = [issuer.suspended_at]
        return any(
            mandate.theme == achievement.theme
            and mandate.starts_on <= day
            and (mandate.ends_on is None or day < mandate.ends_on)
            and all(
                stop is None or day <= timezone.localdate(stop) for stop in (*stops, mandate.suspended_at)
            )
            for mandate in self.mandates[row.issuer_id]
        )

    # -- The row beside its two documents ---------------------------------------------------------
    def _documents(self, row: Row) -> Iterator[str]:
        key, issuer = self.key(row.key_id), self.issuers.get(row.issuer_id)
        if key is None or issuer is None:
            return
        did = reproof.did(self.base, issuer.slug)
        try:
            payload = reproof.jws(row.jwt, key=key.public, kid=f"{did}#{key.row.thumbprint}", typ="JWT")
        except Wrong as wrong:
            yield f"jwt: {wrong}"
            payload = {}
        if reproof.signing_digest(row.jwt) != bytes(row.sha256):
            yield "sha256"
        try:
            yield from self._payload(row, payload, did) if payload else ()
        except (KeyError, TypeError):
            yield "jwt: members"
        try:
            claims = reproof.cose(bytes(row.paper), key=key.public, kid8=bytes.fromhex(key.row.kid8))
        except Wrong as wrong:
            yield f"paper: {wrong}"
        else:
            if not _paper_says(claims, row, payload):
                yield "paper"

    def _payload(self, row: Row, payload: dict[str, Any], did: str) -> Iterator[str]:
        """What the document says, member by member, against the row."""
        url, subject = f"{self.base}/c/{row.id}", f"urn:uuid:{row.subject_id}"
        listed = f"{self.base}/s/revocation/{row.status_list_id}"
        course, until = self.achievement(row.achievement_id), row.valid_until
        about, status = payload["credentialSubject"], payload["credentialStatus"]
        taught = about["achievement"]
        pairs: dict[str, tuple[list[object], list[object]]] = {
            "id": ([payload["id"], payload["jti"]], [url, url]),
            "issuer": ([payload["issuer"]["id"], payload["iss"], taught["creator"]["id"]], [did] * 3),
            "subject": ([about["id"], payload["sub"]], [subject] * 2),
            "achievement": (
                [taught["id"], taught["name"], taught["humanCode"], taught["version"]],
                [
                    f"{self.base}/a/{row.achievement_id}",
                    *(
                        (course.title_fr or course.title_ar, course.code, str(course.version))
                        if course
                        else ()
                    ),
                ],
            ),
            "valid-from": (
                [payload["validFrom"], payload["nbf"]],
                [_moment(row.valid_from), row.valid_from.timestamp()],
            ),
            "valid-until": (
                [payload.get("validUntil"), payload.get("exp")],
                [_moment(until), until.timestamp()] if until else [None, None],
            ),
            "awarded-on": ([payload["awardedDate"]], [f"{row.awarded_on.isoformat()}T00:00:00Z"]),
            "slot": (
                [status["statusListCredential"], status["statusListIndex"], status["id"]],
                [listed, str(row.status_index), f"{listed}#{row.status_index}"],
            ),
            "names": (
                [each["identityHash"] for each in about["identifier"]],
                [name for name in (row.name_latin, row.name_arabic) if name],
            ),
        }
        yield from (code for code, (said, stored) in pairs.items() if said != stored)

    # -- The row beside its lists and its history -------------------------------------------------
    def _changes(self, rows: Sequence[Row]) -> "_Changes":
        ids = [row.id for row in rows]
        last: dict[str, tuple[str, datetime]] = {}
        acts = StatusChange.objects.filter(credential__in=ids).order_by("at", "id")
        for credential_id, act, at in acts.values_list("credential_id", "act", "at"):
            last[credential_id] = (act, at)
        heirs = Award.objects.filter(replaces__in=ids, state="issued")
        return _Changes(last, set(heirs.values_list("replaces_id", "credential_id")))

    def _status(self, row: Row, changes: "_Changes") -> Iterator[str]:
        act, at = changes.last.get(row.id, ("", None))
        leads_to = {"": "active", "reinstate": "active", "suspend": "suspended", "revoke": "revoked"}
        wrong = []
        if (row.status, row.status_changed_at) != (leads_to.get(act, "replaced"), at):
            wrong.append("status-history")
        heir = row.replaced_by_id
        if (heir is None) == (row.status == "replaced") or (heir and (row.id, heir) not in changes.heirs):
            wrong.append("successor")
        published = self.lists.of(row.status_list_id) if row.status_index < reproof.LIST_BITS else {}
        if not published and row.issued_at < self.now - GRACE:
            wrong.append("list-missing")
        for purpose, (bits, signed_at) in published.items():
            told = bool(bits[row.status_index >> 3] >> (7 - (row.status_index & 7)) & 1)
            changed = row.status_changed_at
            waits = changed is not None and changed >= signed_at and changed > self.now - GRACE
            if told != (row.status in BITS[purpose]) and not waits:
                wrong.append(f"list: {purpose}")
        if wrong and not self._changed_meanwhile(row):
            yield from wrong

    def _changed_meanwhile(self, row: Row) -> bool:
        """Whether somebody changed its status between the reading of the row and that of the list."""
        present = Credential.objects.filter(pk=row.id).values_list("status", "status_changed_at").first()
        return present != (row.status, row.status_changed_at)


class _Changes(NamedTuple):
    """The last act upon each certificate, and which certificate was issued in whose place."""

    last: dict[str, tuple[str, datetime]]
    heirs: set[tuple[str | None, str]]


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _paper_says(claims: dict[int, Any], row: Row, payload: dict[str, Any]) -> bool:
    """Whether the paper says what the row says and, of the course, what the file says."""
    private, names = claims[PRIVATE], [name for name in (row.name_latin, row.name_arabic) if name]
    until = int(row.valid_until.timestamp()) if row.valid_until else None
    taught = payload.get("credentialSubject", {}).get("achievement", {})
    printed = [private.get(1), *([private[6]] if 6 in private else [])]
    return (
        printed in (names, names[:1])
        and claims.get(6) == int(row.valid_from.timestamp())
        and claims.get(4) == until
        and claims.get(7) == bytes(row.cti)
        and private.get(5) == row.status_list_id * reproof.LIST_BITS + row.status_index
        and (not taught or private.get(2) == taught.get("name"))
        and (not taught or f"PT{private.get(4)}H" == taught.get("volumeOfLearning"))
    )
