"""Certificates for the print shop: ordered from a list, an award or a choice, watched, fetched."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from credentials import printing, teaching
from credentials.errors import NothingToPrint, TooManyPrints
from credentials.models import PrintOrder
from issuers.access import issuers_of, member

ISSUING = ("trainer", "signer")
#: More than a page of search results shows cannot have been chosen there.
MOST_CHOSEN = teaching.FOUND_LIMIT


@member(*ISSUING)
@require_POST
def of_batch(request: HttpRequest, batch_id: str) -> HttpResponseBase:
    """Order what a list or an award has issued; the same once more leads to the same order."""
    batch = teaching.own_batch(issuers=issuers_of(request), batch_id=batch_id)
    try:
        order = printing.order_batch(
            batch=batch, layout=_layout(request), by=request.user, now=timezone.now()
        )
    except (NothingToPrint, TooManyPrints) as refusal:
        messages.warning(request, str(refusal.message))
        return redirect("teach-batch", batch.pk)
    return redirect("teach-print", order.pk)


@member(*ISSUING)
@require_POST
def chosen(request: HttpRequest) -> HttpResponseBase:
    """Order the certificates that were ticked."""
    try:
        order = printing.order_chosen(
            issuers=issuers_of(request),
            ids=request.POST.getlist("certificate")[:MOST_CHOSEN],
            layout=_layout(request),
            by=request.user,
            now=timezone.now(),
        )
    except (NothingToPrint, TooManyPrints) as refusal:
        messages.warning(request, str(refusal.message))
        return redirect("teach-certificates")
    return redirect("teach-print", order.pk)


def _layout(request: HttpRequest) -> str:
    return request.POST.get("layout", PrintOrder.Layout.PAGES.value)


@member(*ISSUING)
@require_safe
def show(request: HttpRequest, print_id: str) -> HttpResponse:
    """How far the order is, and then its archives."""
    return _page(request, print_id, "credentials/teach/print.html")


@member(*ISSUING)
@require_safe
def progress(request: HttpRequest, print_id: str) -> HttpResponse:
    """The part of the page that moves, for the page itself: 202 while files are being made."""
    return _page(request, print_id, "credentials/teach/print_progress.html")


def _page(request: HttpRequest, print_id: str, template: str) -> HttpResponse:
    order = printing.of_issuers(issuers=issuers_of(request), order_id=print_id)
    working = order.state == PrintOrder.State.PREPARING
    response = render(
        request,
        template,
        {
            "order": order,
            "working": working,
            "kept": printing.is_kept(order=order, now=timezone.now()),
            "kept_until": printing.kept_until(order),
            "progress": printing.progress(order=order),
            "volumes": printing.volumes(order=order),
            "here": reverse("teach-print", args=[order.pk]),
        },
        status=202 if working else 200,
    )
    if working:
        response["Retry-After"] = "1"
    response["Cache-Control"] = "no-store"
    return response


@member(*ISSUING)
@require_safe
def archive(request: HttpRequest, print_id: str, volume: int) -> HttpResponseBase:
    """One archive, sent as it is read."""
    order = printing.of_issuers(issuers=issuers_of(request), order_id=print_id)
    parcel = printing.fetch(order=order, volume=volume, by=request.user, now=timezone.now())
    response = StreamingHttpResponse(parcel, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{order.layout}-{order.pk[:6]}-{volume}.zip"'
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
