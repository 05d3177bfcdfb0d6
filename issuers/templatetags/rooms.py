"""The doors between the rooms of a provider's staff, as her roles open them, and of the city's."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

from issuers import waiting
from issuers.models import Membership

register = template.Library()

#: Room → (its address's name, its label, the roles that open it).
ROOMS: tuple[tuple[str, str, Any, frozenset[str]], ...] = (
    ("home", "teach-home", _("Overview"), frozenset({"trainer", "signer", "owner"})),
    ("award", "teach-award", _("Award"), frozenset({"trainer", "signer"})),
    ("sessions", "teach-sessions", _("Sessions"), frozenset({"clerk", "trainer", "signer"})),
    ("lists", "teach-lists", _("Lists"), frozenset({"trainer", "signer"})),
    ("held", "teach-held", _("To release"), frozenset({"signer", "owner"})),
    ("certificates", "teach-certificates", _("Certificates"), frozenset({"trainer", "signer"})),
    ("corrections", "teach-corrections", _("To correct"), frozenset({"trainer", "signer"})),
    ("courses", "teach-achievements", _("Courses"), frozenset({"trainer", "signer"})),
    ("reviews", "teach-reviews", _("To review"), frozenset({"signer", "owner"})),
    ("endorsements", "teach-endorsements", _("Endorsements"), frozenset({"signer", "owner"})),
    ("health", "teach-health", _("How it runs"), frozenset({"trainer", "signer", "owner"})),
    ("messages", "teach-messages", _("What did not arrive"), frozenset({"signer", "owner"})),
    ("desk", "desk-home", _("Desk"), frozenset({"clerk"})),
    ("desks", "desk-acts", _("What desks do"), frozenset({"owner"})),
    ("members", "teach-members", _("Members"), frozenset({"owner"})),
    ("clients", "teach-api-clients", _("API clients"), frozenset({"owner"})),
    ("webhooks", "teach-webhooks", _("Webhooks"), frozenset({"owner"})),
)
#: The city's rooms, which all its staff may enter.
CITY_ROOMS: tuple[tuple[str, str, Any], ...] = (
    ("register", "city-home", _("Register")),
    ("held", "city-held", _("To release")),
    ("pathways", "city-pathways", _("Pathways")),
    ("reviews", "city-reviews", _("To review")),
    ("endorsements", "city-endorsements", _("Endorsements")),
    ("health", "city-health", _("How it runs")),
    ("messages", "city-messages", _("What did not arrive")),
    ("keys", "city-keys", _("Signing keys")),
    ("people", "city-people", _("Who works for the city")),
)


@dataclass(frozen=True, slots=True)
class Door:
    """The way into one room, with how much waits there."""

    key: str
    address: str
    label: Any
    waiting: int


@register.inclusion_tag("issuers/rooms.html", takes_context=True)
def teach_rooms(context: dict[str, Any], here: str) -> dict[str, Any]:
    """Links to the rooms that the reader's roles open; ``here`` is the one she is in."""
    held = Membership.objects.filter(person=context["request"].user, issuer__isnull=False)
    roles: dict[int, set[str]] = {}
    for issuer, role in held.values_list("issuer_id", "role"):
        roles.setdefault(issuer or 0, set()).add(role)
    doors = []
    for key, address, label, opened_by in ROOMS:
        issuers = [issuer for issuer, held_there in roles.items() if held_there & opened_by]
        if issuers:
            doors.append(Door(key, address, label, waiting.in_room(key, issuers)))
    return {"rooms": doors, "here": here}


@register.inclusion_tag("issuers/rooms.html")
def city_rooms(here: str) -> dict[str, Any]:
    """Links to the rooms of the city; ``here`` is the one she is in."""
    return {"rooms": [Door(*room, waiting.in_room(room[0], None)) for room in CITY_ROOMS], "here": here}
