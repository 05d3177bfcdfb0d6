"""The local outbox of a demo: messages that would have left, and the codes of demo staff's second factor."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from credentials.models import LocalMessage
from issuers.access import public
from passport import secondfactors
from passport.demo.desks import card_to_try


@public
@never_cache
@require_safe
def outbox(request: HttpRequest) -> HttpResponse:
    """Newest first; only where DEMO is on."""
    if not settings.DEMO:
        raise Http404
    return render(
        request,
        "passport/outbox.html",
        {
            "received": LocalMessage.objects.all()[:50],
            "staff": secondfactors.demo_codes(),
            "card": card_to_try(),
        },
    )
