"""What becomes of the year's certificates: some are changed, passports are opened, questions are answered."""

import random
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from credentials import revocation
from credentials.models import Batch, Credential, StatusChange
from credentials.people import Person
from issuers.models import Issuer, Role
from passport import filing
from passport.models import Address, Learner, Proposal

from . import season
from .crowd import Citizen
from .rosters import Seat
from .timetable import Change

ANSWERED, ANSWERED_AFTER = 0.7, timedelta(days=2)  # how many questions, and when
UNSAID = 12  # one learner in so many does not say whether woman or man
Reason = StatusChange.Reason
#: Why, and in whose words.
WHY: dict[str, tuple[tuple[str, str], ...]] = {
    "revoke": (
        (Reason.ISSUED_IN_ERROR, "Inscrite deux fois dans la liste."),
        (Reason.NOT_ACHIEVED, "Épreuve finale non passée."),
        (Reason.ISSUED_IN_ERROR, "Le nom d’une autre personne du groupe."),
        (Reason.NOT_ACHIEVED, "Heures de présence insuffisantes."),
        (Reason.HOLDER_REQUEST, "À la demande de la personne."),
    ),
    "suspend": (
        (Reason.UNDER_REVIEW, "Feuille de présence à vérifier."),
        (Reason.UNDER_REVIEW, "Note à confirmer par le jury."),
        (Reason.UNDER_REVIEW, "Identité à confirmer."),
    ),
    "reinstate": (
        (Reason.REVIEW_CLOSED, "Feuille de présence retrouvée."),
        (Reason.REVIEW_CLOSED, "Jury consulté, le résultat est confirmé."),
    ),
    "replace": ((Reason.CORRECTED, "Nom corrigé d’après la pièce d’identité."),),
}


def change(change: Change) -> Batch | None:
    """Revoke, suspend, reinstate or replace one certificate, for a reason; a replacement is to be issued."""
    credential = Credential.objects.select_related("issuer", "achievement", "award__batch").get(
        award__batch__idempotency_key=change.key, award__row=change.row
    )
    reason, note = WHY[change.act][change.row % len(WHY[change.act])]
    act = partial(
        getattr(revocation, change.act),
        credential=credential,
        reason=reason,
        note=note,
        by=staff_of(credential.issuer, Role.SIGNER),
        now=change.moment,
    )
    if change.act != "replace":
        act()
        return None
    citizen = change.seat.citizen
    batch: Batch = act(
        person=person_of(change.seat, name_latin=citizen.name_latin, name_arabic=citizen.name_arabic),
        idempotency_key=f"{change.key}-{change.row}",
        notify=False,
    )
    return batch


def open_passports(
    joining: Sequence[tuple[datetime, Citizen]], *, written: Collection[tuple[str, str]]
) -> None:
    """Open their passports; what was ``written`` to their addresses before is looked at again."""
    learners = [_learner(one, joined_at=moment) for moment, one in joining]
    Learner.objects.bulk_create(learners)
    proven = [
        Address(
            learner=learner,
            kind=kind,
            value=value,
            verified_at=learner.joined_at,
            primary=True,
            added_at=learner.joined_at,
        )
        for (_moment, one), learner in zip(joining, learners, strict=True)
        for kind, value in (("phone", one.phone), ("email", one.email))
        if value
    ]
    Address.objects.bulk_create(proven)
    for address in proven:
        if (address.kind, address.value) in written:
            filing.address_proven(
                learner=address.learner, kind=address.kind, value=address.value, now=address.added_at
            )


def answer_questions(lines: Mapping[tuple[str, int], Seat], *, key: str, now: datetime) -> None:
    """Most say after two days whether a certificate is theirs, and say it right."""
    asked = (now - ANSWERED_AFTER).date()
    waiting = Proposal.objects.filter(
        answer=Proposal.Answer.OPEN,
        made_at__gte=season.at(asked, hour=0),
        made_at__lt=season.at(asked + timedelta(days=1), hour=0),
        credential__entry__isnull=True,
        credential__award__batch__idempotency_key__startswith=key,
    ).select_related("learner", "credential__award__batch")
    for proposal in waiting.defer("credential__jwt", "credential__paper"):
        award, number = proposal.credential.award, proposal.learner.passport_number
        seat = lines.get((award.batch.idempotency_key, award.row))
        dice = random.Random(f"{award.batch.idempotency_key} {award.row} {number}")  # noqa: S311  # a story
        if seat is None or dice.random() >= ANSWERED:
            continue
        if seat.citizen.passport_number == number:
            filing.confirm(proposal=proposal, now=now)
        else:
            filing.decline(proposal=proposal, now=now)


def person_of(seat: Seat, **names: str) -> Person:
    """A line of a list as an award names her; ``names`` where they were put right."""
    return Person(
        **{"name_latin": seat.name_latin, "name_arabic": seat.name_arabic} | names,
        address_kind=seat.kind,
        address=seat.address,
        language=seat.citizen.language,
    )


def staff_of(issuer: Issuer, *roles: Role) -> Learner:
    """Somebody with the first of these roles that anybody has there."""
    members = {member.role: member.person for member in issuer.members.select_related("person")}
    found: Learner = next(members[role] for role in roles if role in members)
    return found


def _learner(one: Citizen, *, joined_at: datetime) -> Learner:
    learner = Learner(
        passport_number=one.passport_number,
        name_latin=one.name_latin if one.scripts != "arabic" else "",
        name_arabic=one.name_arabic if one.scripts != "latin" else "",
        language=one.language,
        arrondissement_id=one.district,
        birth_year=one.birth_year,
        gender=one.gender if int(one.passport_number) % UNSAID else "",
        joined_at=joined_at,
    )
    learner.set_unusable_password()
    return learner
