"""Shared devices: the mark on one, five more minutes, the blank page at the end; and signing out."""

from typing import Any

from allauth.account.views import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from issuers.access import public
from passport import shared


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def device(request: HttpRequest) -> HttpResponse:
    """Mark this device as shared, or take the mark off."""
    if request.method == "POST":
        response = redirect("shared-device")
        shared.mark(response, shared=request.POST.get("shared") == "yes")
        return response
    return render(request, "account/shared.html", {"marked": shared.device_is_shared(request)})


@public
@never_cache
@require_safe
def stay(request: HttpRequest) -> HttpResponse:
    """Somebody is still there; 403 where the session is over."""
    return HttpResponse(status=204 if request.user.is_authenticated else 403)


@public
@never_cache
@require_safe
def forgotten(request: HttpRequest) -> HttpResponse:
    """Nothing of whoever was here. The session ended by itself; what a browser keeps is told to go."""
    response = render(request, "account/forgotten.html")
    _clear(response)
    return response


@public
def sign_out(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
    """Leave; and the browser throws away the pages that it kept."""
    response: HttpResponseBase = logout(request, **kwargs)
    _clear(response)
    return response


def _clear(response: HttpResponseBase) -> None:
    # Storage stays: it holds the verifier's page and the city's lists, and nothing of a person.
    response["Clear-Site-Data"] = '"cache"'
