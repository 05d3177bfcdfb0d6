"""What stands beside the entries of a passport, for the export: brought, links, cards, family, seats."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, QuerySet

from credentials.models import AddressKind, Endorsement, Enrolment

from . import presenting_imports, secondfactors
from .models import Assent, Card, Entry, Guardianship, Import, Learner, MergedPassport, Presentation, Record


def kept(*, learner: Learner) -> QuerySet[Import]:
    """What she brought from elsewhere and is kept, hidden or not."""
    return Import.objects.filter(learner=learner, state=Import.State.KEPT)


def documents(*, learner: Learner) -> Iterator[tuple[str, bytes]]:
    """Their documents, exactly as they can be verified again; and what waits or was answered, as it came."""
    for each in kept(learner=learner):
        yield file_of(each), each.raw.encode()
    for each in Import.objects.filter(learner=learner, content__isnull=False):
        yield f"imported/{each.pk}.bin", bytes(each.content or b"")
    for said in _endorsements(learner).exclude(body=""):
        yield f"endorsements/{said.pk}.json", said.body.encode()


def _endorsements(learner: Learner) -> QuerySet[Endorsement]:
    """What others say of her certificates, whatever she answered, withdrawn or not."""
    hers = Entry.objects.filter(learner=learner).values("credential")
    return Endorsement.objects.filter(credential__in=hers).select_related("endorser").order_by("endorsed_at")


def file_of(each: Import) -> str:
    """The file in the archive that holds this document."""
    return f"imported/{each.pk}.{presenting_imports.form_of(each.raw)[0]}"


def gather(*, learner: Learner) -> dict[str, Any]:
    """Members of ``passport.json``; nobody else is named, and no link or PIN can be made out of them."""
    shared = Presentation.objects.filter(learner=learner).prefetch_related("shown", "openings")
    family = Guardianship.objects.filter(ward=learner) | Guardianship.objects.filter(guardian=learner)
    seats = Enrolment.objects.filter(address_kind=AddressKind.PASSPORT, address=learner.passport_number)
    return {
        "imported": [_imported(each) for each in Import.objects.filter(learner=learner)],
        "endorsements": [_endorsement(each) for each in _endorsements(learner)],
        "shared": [
            {
                "title": each.title,
                "kind": each.kind,
                "shows": [
                    item.entry_id or item.declaration_id or item.imported_id for item in each.shown.all()
                ],
                "made_at": moment(each.made_at),
                "expires_at": moment(each.expires_at),
                "withdrawn_at": moment(each.withdrawn_at),
                "opened": [[moment(one.hour), one.times] for one in each.openings.all()],
            }
            for each in shared
        ],
        "signed_files": [
            {
                "of": each.presentation_id or "passport",
                "signed_at": moment(each.signed_at),
                "certificates": each.inside,
            }
            for each in Record.objects.filter(learner=learner).annotate(inside=Count("credentials"))
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


def _imported(each: Import) -> dict[str, Any]:
    return {
        "state": each.state,
        "file": file_of(each) if each.raw else f"imported/{each.pk}.bin" if each.content else None,
        "brought_at": moment(each.brought_at),
        "not_kept_because": each.answer or None,
        "issuer": {"id": each.issuer_id, "name": each.issuer_name},
        "titles": each.titles,
        "names": each.names,
        "awarded_on": each.happened_on.isoformat() if each.happened_on else None,
        "valid_until": moment(each.valid_until),
        "matched_by": each.hers or None,
        "standing": each.standing or None,
        "checked_at": moment(each.checked_at),
        "genuine_at": moment(each.genuine_at),
        "report": each.report,
        "hidden_at": moment(each.hidden_at),
    }


def _endorsement(each: Endorsement) -> dict[str, Any]:
    return {
        "certificate": each.credential_id,
        "by": each.endorser.slug if each.endorser else "the city",
        "file": f"endorsements/{each.pk}.json" if each.body else None,
        "comment_fr": each.comment_fr,
        "comment_ar": each.comment_ar,
        "endorsed_at": moment(each.endorsed_at),
        "shown_at": moment(each.shown_at),
        "refused_at": moment(each.refused_at),
        "withdrawn_at": moment(each.withdrawn_at),
    }


def moment(value: datetime | None) -> str | None:
    """ISO 8601 in UTC, to the second."""
    return value.astimezone(UTC).isoformat(timespec="seconds") if value else None
