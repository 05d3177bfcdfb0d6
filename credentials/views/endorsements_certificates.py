"""Endorsing one person's certificate: found by its link or short code, written, looked at, then signed."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from credentials import endorsing_certificates
from credentials.errors import BadAward, CredentialsError, NotYours
from credentials.forms_endorsements import EndorseCertificateForm
from issuers import limits
from issuers.access import city, issuers_of, member
from issuers.models import Issuer


@member("signer", "owner")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponseBase:
    """In the name of this provider."""
    issuer = next((each for each in issuers_of(request) if each.slug == slug), None)
    if issuer is None:
        raise NotYours
    return _new(request, issuer, back="teach-endorsements")


@city("approver")
@require_http_methods(["GET", "HEAD", "POST"])
def city_new(request: HttpRequest) -> HttpResponseBase:
    """In the city's name."""
    return _new(request, None, back="city-endorsements")


def _new(request: HttpRequest, endorser: Issuer | None, *, back: str) -> HttpResponseBase:
    """The form, then what will be signed, then the signature; nothing that was typed is lost on the way."""
    posted = request.method == "POST"
    form = EndorseCertificateForm(request.POST if posted else None, endorser=endorser)
    context: dict[str, Any] = {"form": form, "endorser": endorser, "back": back}
    if not posted:
        return render(request, "credentials/teach/endorse.html", context)
    limits.require(request, limits.Links())  # as often as links may be opened: nobody tries out codes
    act = request.POST.get("act", "")
    if not form.is_valid():
        return render(request, "credentials/teach/endorse.html", context, status=422)
    found = form.cleaned_data["certificate"]
    if act == "sign":
        said = {name: form.cleaned_data[name] for name in ("comment_fr", "comment_ar")}
        try:
            endorsing_certificates.endorse(
                endorser=endorser, credential=found, **said, by=request.user, now=timezone.now()
            )
        except BadAward as refusal:
            form.add_error(refusal.field or None, str(refusal.message))
        except CredentialsError as refusal:
            form.add_error("certificate", str(refusal.message))
        else:
            return redirect(back)
        return render(request, "credentials/teach/endorse.html", context, status=422)
    if act == "change":
        return render(request, "credentials/teach/endorse.html", context)
    return render(request, "credentials/teach/endorse_sure.html", context | {"certificate": found})
