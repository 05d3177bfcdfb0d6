"""What did not arrive, on a page: a provider sees and mends its own, the city all of it without names."""

from collections.abc import Collection, Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from credentials import deadletters, outbox, webhooks
from credentials.errors import CredentialsError, NotYours
from issuers.access import city, issuers_of, member
from issuers.models import Issuer, Membership, Role

A_PAGE = 25


@member("owner", "signer")
@require_safe
def provider(request: HttpRequest) -> HttpResponse:
    """What did not arrive, of her own providers."""
    return _provider_page(request)


@member("owner", "signer")
@require_POST
def provider_act(request: HttpRequest) -> HttpResponseBase:
    """Send again, or let go."""
    try:
        _act(request, issuers_of(request))
    except CredentialsError as refusal:
        if isinstance(refusal, NotYours):
            raise
        return _provider_page(request, refusal=refusal)
    return redirect("teach-messages")


@city("officer", "approver", "auditor")
@require_safe
def whole_city(request: HttpRequest) -> HttpResponse:
    """The same of the whole city, without anybody's name or address."""
    return _city_page(request)


@city("officer", "approver")
@require_POST
def city_act(request: HttpRequest) -> HttpResponseBase:
    """Send again, or let go, for any provider."""
    try:
        _act(request, None)
    except CredentialsError as refusal:
        if isinstance(refusal, NotYours):
            raise
        return _city_page(request, refusal=refusal)
    return redirect("city-messages")


def _act(request: HttpRequest, issuers: Sequence[Issuer] | None) -> None:
    chosen: dict[str, Any] = {
        "issuers": issuers,
        "kind": request.POST.get("kind", ""),
        "pk": request.POST.get("id", "")[:22],
        "now": timezone.now(),
    }
    if request.POST.get("act") == "let-go":
        number = deadletters.let_go(**chosen, by=request.user)
        said = ngettext("%(number)s was let go.", "%(number)s were let go.", number)
    else:
        number = deadletters.again(**chosen)
        said = ngettext("%(number)s is in line again.", "%(number)s are in line again.", number)
    messages.info(request, said % {"number": number})


def _provider_page(request: HttpRequest, *, refusal: CredentialsError | None = None) -> HttpResponse:
    held: list[Membership] = getattr(request, "memberships", [])
    opens = {membership.issuer_id for membership in held if membership.role == Role.SIGNER}
    context = _context(request, issuers_of(request), opens=opens)
    context |= {"action": reverse("teach-messages-act"), "here": reverse("teach-messages"), "may_act": True}
    return _render(request, "credentials/teach/messages.html", context, refusal)


def _city_page(request: HttpRequest, *, refusal: CredentialsError | None = None) -> HttpResponse:
    held: list[Membership] = getattr(request, "memberships", [])
    may_act = any(membership.role in (Role.OFFICER, Role.APPROVER) for membership in held)
    context = _context(request, None, opens=())
    context |= {"action": reverse("city-messages-act"), "here": reverse("city-messages"), "may_act": may_act}
    return _render(request, "credentials/city/messages.html", context, refusal)


def _render(
    request: HttpRequest, template: str, context: dict[str, Any], refusal: CredentialsError | None
) -> HttpResponse:
    context["problem"] = refusal.message if refusal else ""
    response = render(request, template, context, status=refusal.status if refusal else 200)
    response["Cache-Control"] = "no-store"
    return response


def _context(
    request: HttpRequest, issuers: Sequence[Issuer] | None, *, opens: Collection[int | None]
) -> dict[str, Any]:
    about = (
        *("credential__achievement", "credential__issuer"),
        *("endpoint__issuer", "batch__issuer", "batch__achievement"),
    )
    lost = outbox.undelivered(issuers=issuers).select_related(*about)
    lost = lost.defer("credential__jwt", "credential__paper")
    missed = webhooks.undelivered(issuers=issuers).select_related("endpoint__issuer").defer("body")
    page = Paginator(lost, A_PAGE).get_page(request.GET.get("page"))
    events = Paginator(missed, A_PAGE).get_page(request.GET.get("events"))
    return {
        "issuers": issuers or (),
        "waiting": outbox.waiting_for_room(issuers=issuers),
        "page": page,
        "events": events,
        "lines": [
            (each, deadletters.why(each), each.credential is not None and each.credential.issuer_id in opens)
            for each in page.object_list
        ],
        "event_lines": [(each, deadletters.why(each)) for each in events.object_list],
        "days": deadletters.by_day(issuers=issuers, now=timezone.now()),
        "lists": deadletters.by_list(issuers=issuers),
        "several": issuers is None or len(issuers) > 1,
    }
