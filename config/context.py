"""What every page's frame needs: the sections that this reader may enter, and the languages."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from issuers.models import Membership
from passport import shared
from passport.acting import Acting, acting_of

#: An address of the verifier that carries a scanned code: no page repeats it, whatever became of the request.
_MANGLED = re.compile(r"^/v(?:%(?:25)?23|[#/?]).*$", re.DOTALL)
LANGUAGES = (("fr", "FR", "Français"), ("ar", "ع", "العربية"), ("en", "EN", "English"))

#: Name of the address → its label, and what else lies behind this door.
DOORS: dict[str, tuple[Promise, tuple[str, ...]]] = {
    "home": (_("Learn"), ("/catalogue", "/a/")),
    "me": (_("My passport"), ("/me/",)),
    "teach-home": (_("Teach"), ("/teach/",)),
    "desk-home": (_("Desk"), ("/desk/",)),
    "verify": (_("Verify"), ("/v/", "/c/")),
    "city-home": (_("The city"), ("/city/",)),
}


@dataclass(frozen=True, slots=True)
class Section:
    """One door of the house in the masthead."""

    url: str
    label: str
    current: bool


class Frame:
    """The masthead's facts; the database is asked only when a template draws them."""

    languages = LANGUAGES

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.demo = settings.DEMO
        here = request.get_full_path() if request.method == "GET" else request.path
        self.here = _MANGLED.sub(reverse("verify"), here)

    @cached_property
    def signed_in(self) -> bool:
        """Whether somebody has signed in."""
        user = getattr(self.request, "user", None)
        return bool(user and user.is_authenticated)

    @cached_property
    def acting(self) -> Acting | None:
        """Whose passport is open to whoever acts for her, if any."""
        return acting_of(self.request)

    @cached_property
    def forgets(self) -> bool:
        """Whether this device forgets whoever is signed in after a while."""
        return shared.forgets(self.request)

    @cached_property
    def sections(self) -> list[Section]:
        """The doors that this reader may open, in their order."""
        held: list[tuple[int | None, str]] = []
        if self.signed_in:
            mine = Membership.objects.filter(person_id=self.request.user.pk)
            held = list(mine.values_list("issuer_id", "role"))
        roles = {role for house, role in held if house is not None}
        closed = set() if roles - {"clerk"} else {"teach-home"}
        if "clerk" not in roles:
            closed.add("desk-home")
        if None not in {house for house, _role in held}:
            closed.add("city-home")
        return [
            Section(
                url=reverse(name),
                label=str(label),
                current=self.request.path == reverse(name) or self.request.path.startswith(behind),
            )
            for name, (label, behind) in DOORS.items()
            if name not in closed
        ]


class FrameInTheDark(Frame):
    """The frame while the database may be out of reach: nobody is recognised."""

    @cached_property
    def signed_in(self) -> bool:
        """Nobody: the session lies in the database."""
        return False

    @cached_property
    def acting(self) -> None:
        """Nobody: as above."""

    @cached_property
    def forgets(self) -> bool:
        """Nobody is signed in: as above."""
        return False


def house(request: HttpRequest) -> dict[str, Any]:
    """``house`` in every template."""
    return {"house": Frame(request)}
