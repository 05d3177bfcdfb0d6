"""Endorsing one person's certificate: found by its link or short code, written, looked at, then signed."""

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_http_methods

from credentials import endorsing_certificates
from credentials.errors import NotYours
from credentials.forms_endorsements import EndorseCertificateForm
from issuers import limits
from issuers.access import city, issuers_of, member
from issuers.models import Issuer

from .endorsements import written


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
    posted = request.method == "POST"
    if posted:
        limits.require(request, limits.Links())  # as often as links may be opened: nobody tries out codes
    form = EndorseCertificateForm(request.POST if posted else None, endorser=endorser)
    return written(request, form, endorser=endorser, verb=endorsing_certificates.endorse, back=back)
