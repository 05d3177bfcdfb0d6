"""The doors between the rooms of a learner, and the pages behind her settings."""

from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

from passport.acting import acting_of

register = template.Library()

#: Room → (its address's name, its label, whether somebody who acts for her may enter).
ROOMS: tuple[tuple[str, str, Any, bool], ...] = (
    ("passport", "me", _("My passport"), True),
    ("settings", "me-settings", _("Settings"), False),
)
#: What lies behind her settings: (address's name, icon, label, what it is for).
SETTINGS: tuple[tuple[str, str, Any, Any], ...] = ()


@register.inclusion_tag("issuers/rooms.html", takes_context=True)
def me_rooms(context: dict[str, Any], here: str) -> dict[str, Any]:
    """Links to her rooms; ``here`` is the one that is open."""
    acting = acting_of(context["request"]) is not None
    rooms = [
        {"key": key, "address": address, "label": label}
        for key, address, label, assisted in ROOMS
        if assisted or not acting
    ]
    return {"rooms": rooms, "here": here}


@register.inclusion_tag("passport/settings_links.html")
def settings_links() -> dict[str, Any]:
    """The pages behind her settings, each with what it is for."""
    return {
        "links": [dict(zip(("address", "icon", "label", "about"), link, strict=True)) for link in SETTINGS]
    }
