"""Files credentials into passports: at once when address and name agree, else as a question to the learner.

An address is not a person: phones are shared and numbers are given to somebody else. Every verb may run
twice, or in two processes at once: unique constraints decide.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import IntegrityError, transaction

from credentials.models import AddressKind, Award, Credential
from issuers import storing
from issuers.models import Issuer

from . import names
from .errors import AlreadyDecided, NotYourPassport
from .models import Address, Entry, Filing, Learner, MergedPassport, Proposal

Outcome = Filing.Outcome
REPLACED = Credential.Status.REPLACED.value
CHUNK = 400
MAX_PROPOSALS = 10
#: Questions shown at once; the next ones follow as these are answered.
MAX_QUESTIONS = 20


class Found(NamedTuple):
    """What filing needs of a credential."""

    pk: str
    address_kind: str
    address: str
    name_latin: str
    name_arabic: str
    status: str
    replaces_id: str | None


class NewEntry(NamedTuple):
    """A line of a passport, as it is written."""

    learner_id: int
    credential_id: str
    how: str
    filed_at: datetime


class NewFiling(NamedTuple):
    """What became of a look, as it is written."""

    credential_id: str
    outcome: str
    considered_at: datetime


class Reached(NamedTuple):
    """A learner whom an address reaches."""

    pk: int
    name_latin: str
    name_arabic: str


def consider(*, credential_ids: Sequence[str], now: datetime) -> int:
    """Look at these credentials; returns how many went into a passport."""
    return sum(
        _consider_chunk(credential_ids[start : start + CHUNK], now=now)
        for start in range(0, len(credential_ids), CHUNK)
    )


def consider_unfiled(
    *, now: datetime, limit: int = 500, within: timedelta | None = None, after: timedelta = timedelta()
) -> int:
    """Look at credentials that nobody has looked at yet: what a missed doorbell left behind.

    ``within`` looks at the newest alone, which costs the same however many there are; ``after`` leaves those
    alone that whoever issued them is about to file.
    """
    unfiled = Credential.objects.filter(
        filing__isnull=True, erased_at__isnull=True, issued_at__lte=now - after
    )
    if within is not None:
        # Naming the issuers lets the index on issuer and moment find them.
        issuers = list(Issuer.objects.values_list("pk", flat=True))
        unfiled = unfiled.filter(issuer__in=issuers, issued_at__gte=now - within)
    ids = list(unfiled.order_by("issued_at").values_list("pk", flat=True)[:limit])
    return consider(credential_ids=ids, now=now)


def address_proven(*, learner: Learner, kind: str, value: str, now: datetime) -> int:
    """The learner proved this address: look again at what was sent to it and is in no passport.

    What she was asked about already, or said no to, is not looked at again.
    """
    ids = list(
        Credential.objects.filter(
            address_kind=kind, address=value, entry__isnull=True, erased_at__isnull=True
        )
        .exclude(proposals__learner=learner)
        .order_by("issued_at")
        .values_list("pk", flat=True)
    )
    return consider(credential_ids=ids, now=now)


@transaction.atomic
def _consider_chunk(ids: Sequence[str], *, now: datetime) -> int:
    unfiled = Credential.objects.filter(pk__in=ids, entry__isnull=True, erased_at__isnull=True).order_by(
        "issued_at", "award_id"
    )
    columns = ("pk", *Found._fields[1:-1], "award__replaces_id")
    credentials = list(map(Found._make, unfiled.values_list(*columns)))
    by_address = _learners_by_address(credentials)
    holders = _holders_of_replaced(credentials)
    declined = set(
        Proposal.objects.filter(
            credential__in=[c.pk for c in credentials], answer=Proposal.Answer.NOT_MINE
        ).values_list("credential_id", "learner_id")
    )
    entries, proposals, filings = [], [], []
    for credential in credentials:
        reached = by_address.get((credential.address_kind, credential.address), [])
        candidates = [learner for learner in reached if (credential.pk, learner.pk) not in declined]
        entry = _entry_for(credential, candidates, holders, now)
        if entry:
            entries.append(entry)
            holders[credential.pk] = entry.learner_id  # its successor may be in this chunk too
            outcome = Outcome.FILED
        elif candidates:
            proposals += [
                Proposal(learner_id=learner.pk, credential_id=credential.pk, made_at=now)
                for learner in candidates[:MAX_PROPOSALS]
            ]
            outcome = Outcome.PROPOSED
        else:
            outcome = Outcome.UNCLAIMED
        filings.append(NewFiling(credential.pk, outcome.value, now))
    Proposal.objects.bulk_create(proposals, ignore_conflicts=True)
    there = _write(entries, filings)
    replaced = {credential.pk for credential in credentials if credential.status == REPLACED}
    _follow({pk: learner for pk, learner in there.items() if pk in replaced}, now=now)
    return len(there)


def _write(entries: Sequence[NewEntry], filings: Sequence[NewFiling]) -> dict[str, int]:
    """Write what was found; returns who holds which of these now."""
    considered = [filing.credential_id for filing in filings]
    if not Filing.objects.filter(credential__in=considered).exists():
        try:
            with transaction.atomic():
                storing.insert(Entry, fields=NewEntry._fields, rows=entries)
                storing.insert(Filing, fields=NewFiling._fields, rows=filings)
        except IntegrityError:
            pass  # another process looked at some of them a moment ago
        else:
            return {entry.credential_id: entry.learner_id for entry in entries}
    Entry.objects.bulk_create([Entry(**entry._asdict()) for entry in entries], ignore_conflicts=True)
    Filing.objects.bulk_create(
        [Filing(**filing._asdict()) for filing in filings],
        update_conflicts=True,
        unique_fields=["credential"],
        update_fields=["outcome", "considered_at"],
    )
    # Another process may have filed some of them meanwhile: what is there decides.
    held = Entry.objects.filter(credential__in=considered).values_list("credential_id", "learner_id")
    there = dict(held)
    Filing.objects.filter(credential_id__in=there).exclude(outcome=Outcome.FILED).update(
        outcome=Outcome.FILED
    )
    return there


def _learners_by_address(credentials: Iterable[Found]) -> dict[tuple[str, str], list[Reached]]:
    wanted = defaultdict(set)
    for credential in credentials:
        if credential.address_kind:
            wanted[credential.address_kind].add(credential.address)
    found: dict[tuple[str, str], list[Reached]] = defaultdict(list)
    for kind in (AddressKind.PHONE.value, AddressKind.EMAIL.value):
        if wanted[kind]:
            proven = Address.objects.filter(kind=kind, value__in=wanted[kind], verified_at__isnull=False)
            columns = ("value", "learner_id", "learner__name_latin", "learner__name_arabic")
            for value, *learner in proven.order_by("added_at", "pk").values_list(*columns):
                found[kind, value].append(Reached._make(learner))
    passport = AddressKind.PASSPORT.value
    if wanted[passport]:
        numbered = Learner.objects.filter(passport_number__in=wanted[passport])
        for number, *learner in numbered.values_list("passport_number", "pk", "name_latin", "name_arabic"):
            found[passport, number].append(Reached._make(learner))
        merged = MergedPassport.objects.filter(number__in=wanted[passport])
        columns = ("number", "learner_id", "learner__name_latin", "learner__name_arabic")
        for number, *learner in merged.values_list(*columns):  # two passports that became one
            found[passport, number] = [Reached._make(learner)]
    return found


def _holders_of_replaced(credentials: Iterable[Found]) -> dict[str, int]:
    """In whose passport the certificates are that some of these replace."""
    replaced = [c.replaces_id for c in credentials if c.replaces_id]
    if not replaced:
        return {}
    held = Entry.objects.filter(credential_id__in=replaced).values_list("credential_id", "learner_id")
    return dict(held)


def _entry_for(
    credential: Found, candidates: Iterable[Reached], holders: dict[str, int], now: datetime
) -> NewEntry | None:
    holder = holders.get(credential.replaces_id or "")
    if holder is not None:
        return NewEntry(holder, credential.pk, Entry.How.SUCCESSION.value, now)
    fitting = [
        learner
        for learner in candidates
        if names.match(
            latin=(credential.name_latin, learner.name_latin),
            arabic=(credential.name_arabic, learner.name_arabic),
        )
    ]
    if len(fitting) != 1:  # twins of one name and one phone: the people decide
        return None
    how = Entry.How.NUMBER if credential.address_kind == AddressKind.PASSPORT else Entry.How.MATCH
    return NewEntry(fitting[0].pk, credential.pk, how.value, now)


def _follow(holders: dict[str, int], *, now: datetime) -> None:
    """What replaced these certificates goes into the same passports, and so on down the line."""
    while holders:
        successors = Award.objects.filter(
            replaces_id__in=holders, credential__isnull=False, credential__entry__isnull=True
        )
        following = {
            credential_id: holders[replaced]
            for credential_id, replaced in successors.values_list("credential__pk", "replaces_id")
        }
        Entry.objects.bulk_create(
            [
                Entry(learner_id=learner_id, credential_id=pk, how=Entry.How.SUCCESSION, filed_at=now)
                for pk, learner_id in following.items()
            ],
            ignore_conflicts=True,
        )
        Filing.objects.filter(credential_id__in=following).update(outcome=Outcome.FILED)
        holders = following


# -- The learner's word -----------------------------------------------------------------------------
@transaction.atomic
def confirm(*, proposal: Proposal, now: datetime) -> Entry:
    """The learner says: mine. Raises AlreadyDecided when it was answered, here or by somebody else."""
    held = _open(proposal)
    entry, created = Entry.objects.get_or_create(
        credential_id=held.credential_id,
        defaults={"learner_id": held.learner_id, "how": Entry.How.CONFIRMED, "filed_at": now},
    )
    if not created:
        raise AlreadyDecided
    held.answer, held.answered_at = Proposal.Answer.MINE, now
    held.save(update_fields=["answer", "answered_at"])
    Filing.objects.filter(credential_id=held.credential_id).update(outcome=Outcome.FILED)
    _follow({held.credential_id: held.learner_id}, now=now)
    return entry


@transaction.atomic
def file_seen(*, learner: Learner, credential_id: str, now: datetime) -> Entry:
    """A clerk saw the person: it is hers, and nobody else is asked any more. Raises AlreadyDecided."""
    entry, created = Entry.objects.get_or_create(
        credential_id=credential_id,
        defaults={"learner": learner, "how": Entry.How.DESK, "filed_at": now},
    )
    if not created:
        raise AlreadyDecided
    asked = Proposal.objects.filter(credential_id=credential_id, answer=Proposal.Answer.OPEN)
    asked.filter(learner=learner).update(answer=Proposal.Answer.MINE, answered_at=now)
    asked.exclude(learner=learner).update(answer=Proposal.Answer.NOT_MINE, answered_at=now)
    Filing.objects.update_or_create(
        credential_id=credential_id, defaults={"outcome": Outcome.FILED, "considered_at": now}
    )
    _follow({credential_id: learner.pk}, now=now)
    return entry


@transaction.atomic
def decline(*, proposal: Proposal, now: datetime) -> None:
    """The learner says: not mine; the question stays open for others with that address."""
    held = _open(proposal)
    held.answer, held.answered_at = Proposal.Answer.NOT_MINE, now
    held.save(update_fields=["answer", "answered_at"])
    others = Proposal.objects.filter(credential_id=held.credential_id, answer=Proposal.Answer.OPEN)
    if not others.exists():
        Filing.objects.filter(credential_id=held.credential_id, outcome=Outcome.PROPOSED).update(
            outcome=Outcome.UNCLAIMED
        )


def _open(proposal: Proposal) -> Proposal:
    held = Proposal.objects.select_for_update().get(pk=proposal.pk)
    if held.answer != Proposal.Answer.OPEN:
        raise AlreadyDecided
    return held


def open_proposals(*, learner: Learner) -> list[Proposal]:
    """The questions that wait for this learner, about certificates that hold and that nobody has taken."""
    waiting = Proposal.objects.filter(
        learner=learner,
        answer=Proposal.Answer.OPEN,
        credential__entry__isnull=True,
        credential__status__in=(Credential.Status.ACTIVE, Credential.Status.SUSPENDED),
    )
    related = waiting.select_related("credential__achievement", "credential__issuer")
    return list(related.defer("credential__jwt", "credential__paper")[:MAX_QUESTIONS])


def proposal_of(*, learner: Learner, proposal_id: int) -> Proposal:
    """A question to this learner. Raises NotYourPassport for anybody else's."""
    found = Proposal.objects.filter(pk=proposal_id, learner=learner).first()
    if found is None:
        raise NotYourPassport
    return found
