"""The owner's room for programs that are told what happens: addresses, their secrets, what they were sent."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from credentials import deadletters, endpoints, webhooks
from credentials.errors import CredentialsError, NotYours
from credentials.forms_webhooks import EndpointForm
from credentials.models import Endpoint
from issuers.access import issuers_of, member
from issuers.errors import IssuersError
from issuers.models import Issuer

A_PAGE = 30
Refused = (CredentialsError, IssuersError)


@member("owner")
@require_safe
def shelf(request: HttpRequest) -> HttpResponse:
    """The addresses that her programs are told at."""
    issuers = issuers_of(request)
    found = list(endpoints.of_issuers(issuers=issuers))
    houses = [(issuer, [each for each in found if each.issuer_id == issuer.pk]) for issuer in issuers]
    return render(request, "credentials/teach/webhooks.html", {"houses": houses})


@member("owner")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Register an address; its secret is on this one answer and nowhere else."""
    issuer = _own_issuer(request, slug)
    form = EndpointForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = endpoints.register(
                    issuer=issuer,
                    url=form.cleaned_data["url"],
                    events=form.cleaned_data["events"],
                    by=request.user,
                    now=timezone.now(),
                )
                return _secret_page(request, made)
            except Refused as refusal:
                status = refusal.status
                field = "url" if isinstance(refusal, IssuersError) else getattr(refusal, "field", "")
                form.add_error(field if field in form.fields else None, str(refusal.message))
    context = {"issuer": issuer, "form": form}
    return render(request, "credentials/teach/webhook_new.html", context, status=status)


@member("owner")
@require_safe
def show(request: HttpRequest, endpoint_id: str) -> HttpResponse:
    """One address and what was sent there."""
    return _page(request, _own(request, endpoint_id))


@member("owner")
@never_cache
@require_POST
def rotate(request: HttpRequest, endpoint_id: str) -> HttpResponseBase:
    """A new secret, on this one answer; for a day the old one signs too."""
    endpoint = _own(request, endpoint_id)
    return _secret_page(request, endpoints.rotate(endpoint=endpoint, by=request.user, now=timezone.now()))


@member("owner")
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, endpoint_id: str) -> HttpResponseBase:
    """Tell this address nothing more; asked twice."""
    endpoint = _own(request, endpoint_id)
    if request.method != "POST":
        return render(request, "credentials/teach/webhook_remove.html", {"endpoint": endpoint})
    endpoints.remove(endpoint=endpoint, by=request.user, now=timezone.now())
    return redirect("teach-webhooks")


@member("owner")
@require_POST
def test(request: HttpRequest, endpoint_id: str) -> HttpResponseBase:
    """Send an event that says nothing."""
    said = _("A test is on its way. Reload this page in a moment to see whether it arrived.")
    return _do(request, endpoint_id, webhooks.send_test, said)


@member("owner")
@require_POST
def resume(request: HttpRequest, endpoint_id: str) -> HttpResponseBase:
    """Switch an address on again."""
    said = _("It is switched on. What did not arrive can be sent again.")
    return _do(request, endpoint_id, endpoints.resume, said)


def _do(request: HttpRequest, endpoint_id: str, act: Callable[..., object], said: str) -> HttpResponseBase:
    endpoint = _own(request, endpoint_id)
    try:
        act(endpoint=endpoint, by=request.user, now=timezone.now())
    except Refused as refusal:
        return _page(request, endpoint, refusal=refusal)
    messages.info(request, said)
    return redirect("teach-webhook", endpoint.pk)


def _page(request: HttpRequest, endpoint: Endpoint, *, refusal: Any = None) -> HttpResponse:
    sent = Paginator(endpoint.deliveries.order_by("-created_at", "pk"), A_PAGE)
    page = sent.get_page(request.GET.get("page"))
    context = {
        "endpoint": endpoint,
        "page": page,
        "here": request.path,
        "lines": [(each, deadletters.why(each) if each.last_error else "") for each in page.object_list],
        "problem": refusal.message if refusal else "",
    }
    status = refusal.status if refusal else 200
    return render(request, "credentials/teach/webhook.html", context, status=status)


def _secret_page(request: HttpRequest, made: endpoints.Secret) -> HttpResponse:
    context = {"endpoint": made.endpoint, "secret": made.secret}
    return render(request, "credentials/teach/webhook_secret.html", context, status=201)


def _own(request: HttpRequest, endpoint_id: str) -> Endpoint:
    return endpoints.own(issuers=issuers_of(request), endpoint_id=endpoint_id)


def _own_issuer(request: HttpRequest, slug: str) -> Issuer:
    for issuer in issuers_of(request):
        if issuer.slug == slug:
            return issuer
    raise NotYours
