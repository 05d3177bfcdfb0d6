"""Courses that wait for other eyes: a provider's own in its room; in the city's those of one person."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from credentials import completeness, reading, reviewing
from credentials.errors import CredentialsError, NotYours
from credentials.forms import SendBackForm
from credentials.models import Achievement
from issuers.access import city, issuers_of, member
from issuers.errors import IssuersError

ROOM, CITY = "teach-reviews", "city-reviews"
PAGES = {ROOM: "credentials/teach/reviews.html", CITY: "credentials/city/reviews.html"}


@member("signer", "owner")
@require_safe
def provider(request: HttpRequest) -> HttpResponse:
    """What her own providers' colleagues have handed in."""
    return _shelf(request, ROOM, reviewing.waiting(issuers=issuers_of(request)))


@member("signer", "owner")
@require_http_methods(["GET", "HEAD", "POST"])
def provider_one(request: HttpRequest, achievement_id: str) -> HttpResponseBase:
    """One of them, to be published or sent back."""
    return _one(request, ROOM, reviewing.waiting(issuers=issuers_of(request)), achievement_id)


@city("officer", "approver", "auditor")
@require_safe
def whole_city(request: HttpRequest) -> HttpResponse:
    """What nobody else at its provider can review."""
    return _shelf(request, CITY, reviewing.waiting(issuers=None))


@city("officer", "approver")
@require_http_methods(["GET", "HEAD", "POST"])
def city_one(request: HttpRequest, achievement_id: str) -> HttpResponseBase:
    """One of them, to be published or sent back."""
    return _one(request, CITY, reviewing.waiting(issuers=None), achievement_id)


def _shelf(request: HttpRequest, room: str, waiting: Sequence[Achievement]) -> HttpResponse:
    lines = [(one, reviewing.may_review(achievement=one, by=request.user)) for one in waiting]
    return render(request, PAGES[room], {"lines": lines, "one": f"{room}-one"})


def _one(
    request: HttpRequest, room: str, waiting: Sequence[Achievement], achievement_id: str
) -> HttpResponseBase:
    found = next((one for one in waiting if one.pk == achievement_id), None)
    if found is None:
        raise NotYours
    form, problem, status = SendBackForm(request.POST or None), "", 200
    if request.method == "POST" and form.is_valid():
        given: dict[str, Any] = {"achievement": found, "by": request.user, "now": timezone.now()}
        try:
            if request.POST.get("act") == "publish":
                reviewing.publish(**given)
            else:
                reviewing.send_back(**given, note=form.cleaned_data["note"])
            return redirect(room)
        except (CredentialsError, IssuersError) as refusal:
            status = refusal.status
            if getattr(refusal, "field", "") == "note":
                form.add_error("note", str(refusal.message))
            else:
                problem = str(refusal.message)
    context = {
        "achievement": found,
        "room": room,
        "form": form,
        "problem": problem,
        "may_review": reviewing.may_review(achievement=found, by=request.user),
        "differences": reviewing.differences(found),
        "spoken": completeness.spoken(found),
        "acts": found.acts.select_related("by"),
        "face": reading.achievement_face(found),
        "person": reading.SPECIMEN,
        "awarded_on": timezone.localdate(),
    }
    return render(request, "credentials/teach/review.html", context, status=status)
