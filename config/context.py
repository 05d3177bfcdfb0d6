"""What every page's frame needs: the sections that this reader may enter, and the languages."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from issuers.models import Membership

LANGUAGES = (("fr", "FR", "Français"), ("ar", "ع", "العربية"), ("en", "EN", "English"))


@dataclass(frozen=True, slots=True)
class Section:
    """One door of the house in the masthead."""

    url: str
    label: str
    current: bool


def house(request: HttpRequest) -> dict[str, Any]:
    """``house`` in every template; nothing is read from the database until the frame is drawn."""
    return {
        "house": {
            "demo": settings.DEMO,
            "here": request.get_full_path() if request.method == "GET" else request.path,
            "languages": LANGUAGES,
            "signed_in": _signed_in(request),
            "sections": SimpleLazyObject(lambda: _sections(request)),
        }
    }


def _signed_in(request: HttpRequest) -> bool:
    return bool(getattr(request, "user", None) and request.user.is_authenticated)


def _sections(request: HttpRequest) -> list[Section]:
    doors = [("home", _("Learn")), ("me", _("My passport"))]
    if _signed_in(request):
        held = Membership.objects.filter(person_id=request.user.pk).values_list("issuer_id", flat=True)
        if any(issuer is not None for issuer in held):
            doors.append(("teach-home", _("Teach")))
        if any(issuer is None for issuer in held):
            doors.append(("city-home", _("The city")))
    doors.append(("verify", _("Verify")))
    sections = []
    for name, label in doors:
        url = reverse(name)
        current = request.path == url if url == "/" else request.path.startswith(url)
        sections.append(Section(url=url, label=label, current=current))
    return sections
