"""What stands beside the entries of a passport, for the export: links, cards, passkeys, family, seats."""

from datetime import UTC, datetime
from typing import Any

from credentials.models import AddressKind, Enrolment

from . import secondfactors
from .models import Assent, Card, Guardianship, Learner, MergedPassport, Presentation


def gather(*, learner: Learner) -> dict[str, Any]:
    """Members of ``passport.json``; nobody else is named, and no link or PIN can be made out of them."""
    shared = Presentation.objects.filter(learner=learner).prefetch_related("shown", "openings")
    family = Guardianship.objects.filter(ward=learner) | Guardianship.objects.filter(guardian=learner)
    seats = Enrolment.objects.filter(address_kind=AddressKind.PASSPORT, address=learner.passport_number)
    return {
        "shared": [
            {
                "title": each.title,
                "kind": each.kind,
                "shows": [item.entry_id or item.declaration_id for item in each.shown.all()],
                "made_at": moment(each.made_at),
                "expires_at": moment(each.expires_at),
                "withdrawn_at": moment(each.withdrawn_at),
                "opened": [[moment(one.hour), one.times] for one in each.openings.all()],
            }
            for each in shared
        ],
        "cards": [
            {
                "desk": each.house.slug,
                "issued_at": moment(each.issued_at),
                "replaced_at": moment(each.replaced_at),
            }
            for each in Card.objects.filter(learner=learner).select_related("house")
        ],
        "family": [
            {
                "as": "ward" if each.ward_id == learner.pk else "guardian",
                "relationship": each.relationship,
                "how": each.how,
                "since": moment(each.since),
                "ended_at": moment(each.ended_at),
            }
            for each in family.order_by("since")
        ],
        "assents": [
            {
                "purpose": each.purpose,
                "yes": each.yes,
                "text_version": each.text_version,
                "said_at": moment(each.said_at),
            }
            for each in Assent.objects.filter(learner=learner).order_by("said_at")
        ],
        "sessions": [
            {
                "course": each.session.achievement.title_fr or each.session.achievement.title_ar,
                "place": each.session.place,
                "joined_at": moment(each.joined_at),
                "days": each.days,
                "outcome": each.outcome,
                "result": each.result,
            }
            for each in seats.select_related("session__achievement").order_by("joined_at")
        ],
        "second_steps": [
            {
                "kind": each.kind,
                "name": each.name,
                "added_at": moment(each.added_at),
                "last_used_at": moment(each.last_used_at),
            }
            for each in secondfactors.of(learner)
        ],
        "other_numbers": list(
            MergedPassport.objects.filter(learner=learner).values_list("number", flat=True)
        ),
    }


def moment(value: datetime | None) -> str | None:
    """ISO 8601 in UTC, to the second."""
    return value.astimezone(UTC).isoformat(timespec="seconds") if value else None
