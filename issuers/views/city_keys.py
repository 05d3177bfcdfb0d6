"""The city's room of keys: what signs for whom, since when; and a withdrawal, which takes two people."""

from collections.abc import Callable
from itertools import groupby

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from issuers import reading, withdrawals
from issuers.access import city
from issuers.errors import IssuersError
from issuers.forms import WhyForm
from issuers.models import KeyWithdrawal, Membership, SigningKey

from .staff import refuse


@city("officer", "approver", "auditor")
@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """Every key of the city and of the providers, after what waits for a second person."""
    return _keys_page(request)


@city("officer", "approver")
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, thumbprint: str) -> HttpResponseBase:
    """Propose, with a reason, that a key be withdrawn; somebody else confirms it."""
    key = SigningKey.objects.filter(thumbprint=thumbprint).select_related("issuer").first()
    if key is None:
        raise Http404
    form = WhyForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                withdrawals.propose(
                    key=key, reason=form.cleaned_data["reason"], by=request.user, now=timezone.now()
                )
                return redirect("city-keys")
            except IssuersError as refusal:
                status = refusal.status
                refuse(form, refusal)
    return render(request, "issuers/city/key_withdraw.html", {"key": key, "form": form}, status=status)


@city("approver")
@require_POST
def confirm(request: HttpRequest, withdrawal_id: int) -> HttpResponseBase:
    """Withdraw a key that another person proposed."""
    return _act(request, withdrawal_id, withdrawals.confirm)


@city("officer", "approver")
@require_POST
def confirm_alone(request: HttpRequest, withdrawal_id: int) -> HttpResponseBase:
    """Withdraw a key without a second person, who had time to answer."""
    return _act(request, withdrawal_id, withdrawals.confirm_alone)


@city("officer", "approver")
@require_POST
def decline(request: HttpRequest, withdrawal_id: int) -> HttpResponseBase:
    """Drop a proposal."""
    return _act(request, withdrawal_id, withdrawals.decline)


def _act(request: HttpRequest, withdrawal_id: int, verb: Callable[..., object]) -> HttpResponseBase:
    found = KeyWithdrawal.objects.filter(pk=withdrawal_id).select_related("key__issuer").first()
    if found is None:
        raise Http404
    try:
        verb(withdrawal=found, by=request.user, now=timezone.now())
    except IssuersError as refusal:
        return _keys_page(request, refusal)
    return redirect("city-keys")


def _keys_page(request: HttpRequest, refusal: IssuersError | None = None) -> HttpResponse:
    held: list[Membership] = getattr(request, "memberships", [])
    now = timezone.now()
    waiting = withdrawals.waiting_for_a_second()
    houses = groupby(reading.signing_keys(), key=lambda key: key.issuer)
    return render(
        request,
        "issuers/city/keys.html",
        {
            "waiting": [(one, one.alone_from <= now) for one in waiting],
            "proposed": {one.key_id for one in waiting},
            "houses": [(issuer, list(keys)) for issuer, keys in houses],
            "roles": {membership.role for membership in held},
            "problem": refusal.message if refusal else "",
        },
        status=refusal.status if refusal else 200,
    )
