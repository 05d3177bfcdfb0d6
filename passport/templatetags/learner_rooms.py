"""The doors between the rooms of a learner, and the pages behind her settings."""

from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

from passport.acting import acting_of

register = template.Library()

#: Room → (its address's name, its label, whether somebody who acts for her may enter).
ROOMS: tuple[tuple[str, str, Any, bool], ...] = (
    ("passport", "me", _("My passport"), True),
    ("family", "me-family", _("Family"), True),
    ("skills", "me-skills", _("Skills"), True),
    ("pathways", "me-pathways", _("Pathways"), True),
    ("share", "me-share", _("Share"), True),
    ("settings", "me-settings", _("Settings"), False),
)
#: What lies behind her settings: (address's name, icon, label, what it is for).
SETTINGS: tuple[tuple[str, str, Any, Any], ...] = (
    (
        "me-data",
        "lock",
        _("My data"),
        _("Consents, who looked, everything in one file, correct, hide, erase."),
    ),
    ("me-family", "users", _("Family"), _("For whom you answer, and who answers for you.")),
    ("me-about", "pen", _("About me"), _("Year of birth, district: for statistics, if you like.")),
    ("me-merge", "plus", _("Two passports?"), _("Bring another passport of yours into this one.")),
)


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
