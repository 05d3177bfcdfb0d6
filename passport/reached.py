"""Where staff are reached: by the e-mail that they have proven, else by the phone."""

from collections.abc import Iterable

from issuers import reaching

from .models import Address


@reaching.finds
def proven(people: Iterable[int]) -> list[reaching.Reached]:
    """One proven address of each of these learners: an e-mail before a phone, the primary one first."""
    held = Address.objects.filter(
        learner__in=list(people), learner__is_active=True, verified_at__isnull=False
    ).select_related("learner")
    chosen: dict[int, reaching.Reached] = {}
    for address in held.order_by("learner", "kind", "-primary", "added_at"):  # "email" comes before "phone"
        chosen.setdefault(
            address.learner_id,
            reaching.Reached(address.learner_id, address.kind, address.value, address.learner.language),
        )
    return list(chosen.values())
