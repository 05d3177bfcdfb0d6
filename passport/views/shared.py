"""What a link leads to: a shared passport, for whoever has it, without an account."""

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from credentials.qr import qr_svg
from issuers import limits
from issuers.access import public
from passport import showing

#: Who fetches an address to draw a preview of it, or to search it, as they name themselves.
PREVIEWS = re.compile(
    r"bot\b|bots\b|preview|crawl|spider|facebook|facebot|whatsapp|viber|skype|slack|curl|python|scan|monitor",
    re.IGNORECASE,
)


@public
@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """The entries that somebody shares, each verified anew."""
    limits.require_link(request, token)
    opened = showing.open_link(
        token=token, counts=_by_a_person(request), reader=request.user, now=timezone.now()
    )
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        translation.activate(opened.language)  # as she chose for whoever has not chosen for himself
    here = f"{settings.BASE_URL}{request.path}"
    response = render(
        request,
        "passport/shared.html",
        {
            "shared": opened.shared,
            "link": here,
            "token": token,
            "qr": SafeString(qr_svg(here, title=_("QR code of this page"))),
        },
    )
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _by_a_person(request: HttpRequest) -> bool:
    """Whether somebody opens it to read it: no HEAD, no fetching ahead, no preview drawn by a messenger.

    A browser says that it navigates (Fetch Metadata); an old one says nothing, and is taken at its name.
    """
    headers = request.headers
    ahead = headers.get("Sec-Purpose", "") + headers.get("Purpose", "") + headers.get("X-Moz", "")
    name = headers.get("User-Agent", "")
    mode = headers.get("Sec-Fetch-Mode", "navigate")
    return (
        request.method == "GET"
        and "prefetch" not in ahead
        and mode == "navigate"
        and name.startswith("Mozilla/")
        and not PREVIEWS.search(name)
    )
