"""The city's officials write pathways: one proposes, another publishes, each act stands in the log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Prefetch
from django.utils.text import slugify

from issuers import audit
from issuers.registry import APPROVERS, PROPOSERS, SUSPENDERS, require_city_role
from issuers.waiting import counts

from .errors import NoSuchPathway, OwnPathway, PathwayChanged, PathwayIncomplete
from .models import Pathway, Step
from .requirements import Unreadable, read_all

State = Pathway.State
FEWEST, MOST = 2, 8


@transaction.atomic
def propose(
    *,
    slug: str = "",
    theme: str,
    title_fr: str,
    title_ar: str,
    about_fr: str,
    about_ar: str,
    steps: Sequence[Sequence[str]],
    by: Any,
    now: datetime,
) -> Pathway:
    """A new wording, of the pathway with this slug or of a new one; it takes the place of one that waits.

    Raises NotAllowed, PathwayIncomplete.
    """
    require_city_role(by, *PROPOSERS)
    texts = {
        name: text.strip()
        for name, text in (
            ("title_fr", title_fr),
            ("title_ar", title_ar),
            ("about_fr", about_fr),
            ("about_ar", about_ar),
        )
    }
    asked = [list(dict.fromkeys(any_of)) for any_of in steps if any_of]
    slug = slug or _free(slugify(texts["title_fr"].replace("’", "-"))[:50])
    if not slug or not all(texts.values()) or not FEWEST <= len(asked) <= MOST:
        raise PathwayIncomplete
    try:
        for any_of in asked:
            read_all(any_of)
    except Unreadable:
        raise PathwayIncomplete from None
    Pathway.objects.filter(slug=slug, state=State.PROPOSED).delete()
    made = Pathway.objects.create(slug=slug, theme=theme, proposed_by=by, proposed_at=now, **texts)
    Step.objects.bulk_create(
        Step(pathway=made, place=place, any_of=any_of) for place, any_of in enumerate(asked, start=1)
    )
    audit.append(event="pathway-proposed", by=by, about=slug, now=now, pathway=made.pk)
    return made


def _free(slug: str) -> str:
    """This short name, or with the first number that makes it a new one; “new” is a page of its own."""
    found, number = slug, 1
    while found == "new" or (found and Pathway.objects.filter(slug=found).exists()):
        number += 1
        found = f"{slug}-{number}"
    return found


@transaction.atomic
def publish(*, pathway: Pathway, by: Any, now: datetime) -> Pathway:
    """Show it to all, in the place of the wording before. Raises NotAllowed, OwnPathway, PathwayChanged."""
    require_city_role(by, *APPROVERS)
    if pathway.proposed_by_id == by.pk:
        raise OwnPathway
    Pathway.objects.filter(slug=pathway.slug, state=State.PUBLISHED).update(
        state=State.WITHDRAWN, decided_by=by, decided_at=now
    )
    return _move(pathway, State.PROPOSED, State.PUBLISHED, by=by, now=now)


@transaction.atomic
def decline(*, pathway: Pathway, by: Any, now: datetime) -> Pathway:
    """Turn a proposal down. Raises NotAllowed, PathwayChanged."""
    require_city_role(by, *APPROVERS)
    return _move(pathway, State.PROPOSED, State.DECLINED, by=by, now=now)


@transaction.atomic
def withdraw(*, pathway: Pathway, by: Any, now: datetime) -> Pathway:
    """Take a published pathway down; one person is enough. Raises NotAllowed, PathwayChanged."""
    require_city_role(by, *SUSPENDERS)
    return _move(pathway, State.PUBLISHED, State.WITHDRAWN, by=by, now=now)


def _move(pathway: Pathway, before: State, after: State, *, by: Any, now: datetime) -> Pathway:
    """Compare-and-set: whoever comes second learns that somebody has decided."""
    moved = Pathway.objects.filter(pk=pathway.pk, state=before).update(
        state=after, decided_by=by, decided_at=now
    )
    if not moved:
        raise PathwayChanged
    audit.append(event=f"pathway-{after}", by=by, about=pathway.slug, now=now, pathway=pathway.pk)
    pathway.refresh_from_db()
    return pathway


def shelf() -> list[Pathway]:
    """What waits, then what is published."""
    found = Pathway.objects.filter(state__in=(State.PROPOSED, State.PUBLISHED)).select_related("proposed_by")
    return sorted(found, key=lambda pathway: (pathway.state != State.PROPOSED, pathway.theme, pathway.title))


def living(*, slug: str) -> list[Pathway]:
    """The wordings of this pathway that wait or are published, waiting first. Raises NoSuchPathway."""
    found = (
        Pathway.objects.filter(slug=slug, state__in=(State.PROPOSED, State.PUBLISHED))
        .select_related("proposed_by")
        .prefetch_related(Prefetch("steps", queryset=Step.objects.order_by("place")))
        .order_by("state")
    )
    if not found:
        raise NoSuchPathway
    return list(found)


def wording(*, slug: str, state: str) -> Pathway:
    """The one wording in this state. Raises NoSuchPathway; PathwayChanged if there is only another."""
    found = next((one for one in living(slug=slug) if one.state == state), None)
    if found is None:
        raise PathwayChanged
    return found


@counts("pathways")
def _waiting(issuers: Any) -> int:
    return Pathway.objects.filter(state=State.PROPOSED).count() if issuers is None else 0
