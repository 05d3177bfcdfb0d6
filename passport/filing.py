"""Files credentials into passports: at once when address and name agree, else as a question to the learner.

An address is not a person: phones are shared and numbers are given to somebody else. Every verb may run
twice, or in two processes at once: unique constraints decide.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from credentials.models import AddressKind, Award, Credential
from issuers.models import Issuer

from . import names
from .errors import AlreadyDecided, NotYourPassport
from .models import Address, Entry, Filing, Learner, Proposal

Outcome = Filing.Outcome
CHUNK = 200
MAX_PROPOSALS = 10
#: Questions shown at once; the next ones follow as these are answered.
MAX_QUESTIONS = 20

#: What filing needs of a credential: not its documents.
_NEEDED = ("address_kind", "address", "name_latin", "name_arabic", "award__replaces_id")


def consider(*, credential_ids: Sequence[str], now: datetime) -> int:
    """Look at these credentials; returns how many went into a passport."""
    return sum(
        _consider_chunk(credential_ids[start : start + CHUNK], now=now)
        for start in range(0, len(credential_ids), CHUNK)
    )


def consider_unfiled(*, now: datetime, limit: int = 500, within: timedelta | None = None) -> int:
    """Look at credentials that nobody has looked at yet: what a missed doorbell left behind.

    ``within`` looks at the newest alone, which costs the same however many there are.
    """
    unfiled = Credential.objects.filter(filing__isnull=True, erased_at__isnull=True)
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
    credentials = list(
        Credential.objects.filter(pk__in=ids, entry__isnull=True)
        .select_related("award")
        .only(*_NEEDED)
        .order_by("issued_at", "award_id")
    )
    by_address = _learners_by_address(credentials)
    holders = _holders_of_replaced(credentials)
    declined = set(
        Proposal.objects.filter(credential__in=credentials, answer=Proposal.Answer.NOT_MINE).values_list(
            "credential_id", "learner_id"
        )
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
                Proposal(learner=learner, credential=credential, made_at=now)
                for learner in candidates[:MAX_PROPOSALS]
            ]
            outcome = Outcome.PROPOSED
        else:
            outcome = Outcome.UNCLAIMED
        filings.append(Filing(credential=credential, outcome=outcome, considered_at=now))
    Entry.objects.bulk_create(entries, ignore_conflicts=True)
    Proposal.objects.bulk_create(proposals, ignore_conflicts=True)
    Filing.objects.bulk_create(
        filings,
        update_conflicts=True,
        unique_fields=["credential"],
        update_fields=["outcome", "considered_at"],
    )
    # Another process may have filed some of them meanwhile: what is there decides.
    there = dict(Entry.objects.filter(credential__in=credentials).values_list("credential_id", "learner_id"))
    Filing.objects.filter(credential_id__in=there).exclude(outcome=Outcome.FILED).update(
        outcome=Outcome.FILED
    )
    _follow(there, now=now)
    return len(there)


def _learners_by_address(credentials: Iterable[Credential]) -> dict[tuple[str, str], list[Learner]]:
    wanted = defaultdict(set)
    for credential in credentials:
        if credential.address_kind:
            wanted[credential.address_kind].add(credential.address)
    found: dict[tuple[str, str], list[Learner]] = defaultdict(list)
    for kind in (AddressKind.PHONE, AddressKind.EMAIL):
        if wanted[kind]:
            proven = Address.objects.filter(kind=kind, value__in=wanted[kind], verified_at__isnull=False)
            for address in proven.select_related("learner").order_by("added_at", "pk"):
                found[kind, address.value].append(address.learner)
    if wanted[AddressKind.PASSPORT]:
        for learner in Learner.objects.filter(passport_number__in=wanted[AddressKind.PASSPORT]):
            found[AddressKind.PASSPORT, learner.passport_number].append(learner)
    return found


def _holders_of_replaced(credentials: Iterable[Credential]) -> dict[str, int]:
    """In whose passport the certificates are that some of these replace."""
    replaced = [c.award.replaces_id for c in credentials if c.award.replaces_id]
    held = Entry.objects.filter(credential_id__in=replaced).values_list("credential_id", "learner_id")
    return dict(held)


def _entry_for(
    credential: Credential, candidates: Iterable[Learner], holders: dict[str, int], now: datetime
) -> Entry | None:
    holder = holders.get(credential.award.replaces_id or "")
    if holder is not None:
        return Entry(learner_id=holder, credential=credential, how=Entry.How.SUCCESSION, filed_at=now)
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
    return Entry(learner=fitting[0], credential=credential, how=how, filed_at=now)


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
    """The questions that wait for this learner, without those that somebody else has answered."""
    waiting = Proposal.objects.filter(
        learner=learner, answer=Proposal.Answer.OPEN, credential__entry__isnull=True
    )
    related = waiting.select_related("credential__achievement", "credential__issuer")
    return list(related.defer("credential__jwt", "credential__paper")[:MAX_QUESTIONS])


def proposal_of(*, learner: Learner, proposal_id: int) -> Proposal:
    """A question to this learner. Raises NotYourPassport for anybody else's."""
    found = Proposal.objects.filter(pk=proposal_id, learner=learner).first()
    if found is None:
        raise NotYourPassport
    return found
