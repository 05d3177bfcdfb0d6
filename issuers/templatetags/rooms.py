"""The doors between the rooms of a provider's staff, as her roles open them, and of the city's."""

from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

from issuers.models import Membership

register = template.Library()

#: Room → (its address's name, its label, the roles that open it).
ROOMS: tuple[tuple[str, str, Any, frozenset[str]], ...] = (
    ("home", "teach-home", _("Overview"), frozenset({"trainer", "signer", "owner"})),
    ("award", "teach-award", _("Award"), frozenset({"trainer", "signer"})),
    ("lists", "teach-lists", _("Lists"), frozenset({"trainer", "signer"})),
    ("held", "teach-held", _("To release"), frozenset({"signer", "owner"})),
    ("certificates", "teach-certificates", _("Certificates"), frozenset({"trainer", "signer"})),
    ("courses", "teach-achievements", _("Courses"), frozenset({"trainer", "signer"})),
    ("health", "teach-health", _("How it runs"), frozenset({"trainer", "signer", "owner"})),
    ("messages", "teach-messages", _("What did not arrive"), frozenset({"signer", "owner"})),
    ("members", "teach-members", _("Members"), frozenset({"owner"})),
    ("clients", "teach-api-clients", _("API clients"), frozenset({"owner"})),
    ("webhooks", "teach-webhooks", _("Webhooks"), frozenset({"owner"})),
)
#: The city's rooms, which all its staff may enter.
CITY_ROOMS: tuple[tuple[str, str, Any], ...] = (
    ("register", "city-home", _("Register")),
    ("held", "city-held", _("To release")),
    ("health", "city-health", _("How it runs")),
    ("messages", "city-messages", _("What did not arrive")),
    ("keys", "city-keys", _("Signing keys")),
    ("people", "city-people", _("Who works for the city")),
)


@register.inclusion_tag("issuers/rooms.html", takes_context=True)
def teach_rooms(context: dict[str, Any], here: str) -> dict[str, Any]:
    """Links to the rooms that the reader's roles open; ``here`` is the one she is in."""
    held = Membership.objects.filter(person=context["request"].user, issuer__isnull=False)
    roles = set(held.values_list("role", flat=True))
    return {"rooms": [room[:3] for room in ROOMS if room[3] & roles], "here": here}


@register.inclusion_tag("issuers/rooms.html")
def city_rooms(here: str) -> dict[str, Any]:
    """Links to the rooms of the city; ``here`` is the one she is in."""
    return {"rooms": CITY_ROOMS, "here": here}
