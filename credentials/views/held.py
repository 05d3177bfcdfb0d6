"""What waits for a second person: a provider's own, in its room; all of it, in the city's."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from credentials import holding, releasing
from credentials.errors import CredentialsError, NotYours
from credentials.models import Batch
from issuers.access import city, issuers_of, member
from issuers.errors import IssuersError
from issuers.forms import WhyForm
from issuers.models import Membership, Role

Refused = (CredentialsError, IssuersError)
ROOM, CITY = "teach-held", "city-held"


@member("signer", "owner")
@require_safe
def provider(request: HttpRequest) -> HttpResponse:
    """What waits of her own providers; each with its button where she is the second person."""
    return _page(request, ROOM, _own(request))


@member("signer", "owner")
@require_POST
def release(request: HttpRequest, batch_id: str) -> HttpResponseBase:
    """Let it be issued."""
    return _release(request, ROOM, _own(request), batch_id)


@member("signer", "owner")
@require_http_methods(["GET", "HEAD", "POST"])
def turn_down(request: HttpRequest, batch_id: str) -> HttpResponseBase:
    """End it, with a reason."""
    return _turn_down(request, ROOM, _own(request), batch_id)


@city("officer", "approver", "auditor")
@require_safe
def whole_city(request: HttpRequest) -> HttpResponse:
    """What waits of all providers; first what waits for the city alone."""
    return _page(request, CITY, holding.waiting())


@city("approver")
@require_POST
def city_release(request: HttpRequest, batch_id: str) -> HttpResponseBase:
    """Let it be issued, above the cap or not."""
    return _release(request, CITY, holding.waiting(), batch_id)


@city("approver")
@require_http_methods(["GET", "HEAD", "POST"])
def city_turn_down(request: HttpRequest, batch_id: str) -> HttpResponseBase:
    """End it, with a reason."""
    return _turn_down(request, CITY, holding.waiting(), batch_id)


def _own(request: HttpRequest) -> QuerySet[Batch]:
    return holding.waiting().filter(issuer__in=issuers_of(request))


def _one(waiting: QuerySet[Batch], batch_id: str) -> Batch:
    """One that waits here. Raises NotYours, also when it was decided meanwhile."""
    found = waiting.filter(pk=batch_id).first()
    if found is None:
        raise NotYours
    return found


def _page(
    request: HttpRequest, room: str, waiting: QuerySet[Batch], *, refusal: str = "", status: int = 200
) -> HttpResponse:
    held: Sequence[Membership] = getattr(request, "memberships", [])
    context: dict[str, Any] = {
        "in_the_city": room == CITY,
        "acts": room == ROOM or any(membership.role == Role.APPROVER for membership in held),
        "groups": [
            (because, _lines(request, waiting.filter(held_because=because)))
            for because in (Batch.Held.ABOVE_CAP, Batch.Held.UNUSUAL_SIZE)
        ],
        "release": f"{room}-release",
        "turn_down": f"{room}-turn-down",
        "refusal": refusal,
    }
    return render(request, "credentials/teach/held.html", context, status=status)


def _lines(request: HttpRequest, waiting: QuerySet[Batch]) -> list[tuple[Batch, bool]]:
    """Each with whether the reader may release it."""
    return [(batch, releasing.may_release(batch=batch, by=request.user)) for batch in waiting]


def _release(request: HttpRequest, room: str, waiting: QuerySet[Batch], batch_id: str) -> HttpResponseBase:
    try:
        releasing.release(batch=_one(waiting, batch_id), by=request.user, now=timezone.now())
    except NotYours:
        raise
    except Refused as refusal:
        return _page(request, room, waiting.all(), refusal=str(refusal.message), status=refusal.status)
    return redirect(room)


def _turn_down(request: HttpRequest, room: str, waiting: QuerySet[Batch], batch_id: str) -> HttpResponseBase:
    found = _one(waiting, batch_id)
    form, status = WhyForm(request.POST if request.method == "POST" else None), 200
    if request.method == "POST":
        if form.is_valid():
            why = form.cleaned_data["reason"]
            releasing.turn_down(batch=found, reason=why, by=request.user, now=timezone.now())
            return redirect(room)
        status = 422
    context = {"batch": found, "form": form, "room": room}
    return render(request, "credentials/teach/held_turn_down.html", context, status=status)
