"""Endorsements: the signed files for everybody, a provider's room, and the city's."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from credentials import endorsementlists, endorsing
from credentials.errors import BadAward, CredentialsError, NotYours
from credentials.forms_endorsements import EndorseCertificateForm, EndorseForm
from credentials.models import Endorsement
from issuers import jose
from issuers.access import city, issuers_of, member, public
from issuers.models import Issuer, Membership, Role
from issuers.views.published import document, once_signed
from issuers.views.waiting import being_prepared

from .files import endorsement_file

JSON_TYPE = "application/vc+ld+json"
MAX_AGE = 300  # seconds; a withdrawal is seen everywhere within five minutes


# -- For everybody --------------------------------------------------------------------------------
@public
@require_safe
def endorsement(request: HttpRequest, endorsement_id: str) -> HttpResponseBase:
    """The EndorsementCredential at the address that is its id; 410 once it was withdrawn."""
    found = endorsing.one(endorsement_id)
    signed = endorsing.obtain(endorsement=found, now=timezone.now())
    if signed is None:
        return being_prepared()
    body = signed.encode()
    if found.credential_id:  # its holder may take back her yes at any moment
        return endorsement_file(signed)
    return document(request, body, content_type=JSON_TYPE, etag=jose.digest(body), max_age=MAX_AGE)


@public
@require_safe
def status(request: HttpRequest, slug: str = "") -> HttpResponseBase:
    """The list of what this provider has withdrawn, or the city."""
    found = endorsementlists.wanted(slug=slug, now=timezone.now())
    return once_signed(request, found, content_type=JSON_TYPE, max_age=endorsementlists.TTL_SECONDS)


# -- A provider's room ----------------------------------------------------------------------------
@member("signer", "owner")
@require_safe
def room(request: HttpRequest) -> HttpResponse:
    """Who endorses her provider and its courses, and what it endorses itself."""
    issuers = issuers_of(request)
    context = {
        "issuers": issuers,
        "received": endorsing.received(issuers=issuers),
        "given": endorsing.given(issuers=issuers),
    }
    return render(request, "credentials/teach/endorsements.html", context)


@member("signer", "owner")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Endorse in the name of this provider: written, looked at once more, then signed."""
    issuer = next((each for each in issuers_of(request) if each.slug == slug), None)
    if issuer is None:
        raise NotYours
    return _new(request, issuer, back="teach-endorsements")


@member("signer", "owner")
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, endorsement_id: str) -> HttpResponseBase:
    """Take back what her provider gave; asked first."""
    found = endorsing.given_by(issuers=issuers_of(request), endorsement_id=endorsement_id)
    return _withdraw(request, found, back="teach-endorsements")


@member("signer", "owner")
@require_POST
def refuse(request: HttpRequest, endorsement_id: str) -> HttpResponseBase:
    """Show it no longer."""
    found = endorsing.received_by(issuers=issuers_of(request), endorsement_id=endorsement_id)
    endorsing.refuse(endorsement=found, by=request.user, now=timezone.now())
    return redirect("teach-endorsements")


@member("signer", "owner")
@require_POST
def show(request: HttpRequest, endorsement_id: str) -> HttpResponseBase:
    """Show it again."""
    found = endorsing.received_by(issuers=issuers_of(request), endorsement_id=endorsement_id)
    endorsing.show(endorsement=found, by=request.user, now=timezone.now())
    return redirect("teach-endorsements")


# -- The city's room ------------------------------------------------------------------------------
@city("officer", "approver", "auditor")
@require_safe
def city_room(request: HttpRequest) -> HttpResponse:
    """What the city endorses."""
    held: list[Membership] = getattr(request, "memberships", [])
    context = {
        "given": endorsing.given(issuers=None),
        "signs": any(each.role == Role.APPROVER for each in held),
    }
    return render(request, "credentials/city/endorsements.html", context)


@city("approver")
@require_http_methods(["GET", "HEAD", "POST"])
def city_new(request: HttpRequest) -> HttpResponseBase:
    """Endorse in the city's name: written, looked at once more, then signed."""
    return _new(request, None, back="city-endorsements")


@city("approver")
@require_http_methods(["GET", "HEAD", "POST"])
def city_withdraw(request: HttpRequest, endorsement_id: str) -> HttpResponseBase:
    """Take back what the city gave; asked first."""
    found = endorsing.given_by(issuers=None, endorsement_id=endorsement_id)
    return _withdraw(request, found, back="city-endorsements")


def _withdraw(request: HttpRequest, found: Endorsement, *, back: str) -> HttpResponseBase:
    if request.method == "POST":
        endorsing.withdraw(endorsement=found, by=request.user, now=timezone.now())
        return redirect(back)
    context = {"endorsement": found, "back": back}
    return render(request, "credentials/teach/endorsement_withdraw.html", context)


def _new(request: HttpRequest, endorser: Issuer | None, *, back: str) -> HttpResponseBase:
    choices = endorsing.endorsable(endorser=endorser)
    form = EndorseForm(request.POST if request.method == "POST" else None, choices=choices)
    return written(request, form, endorser=endorser, verb=endorsing.endorse, back=back)


def written(
    request: HttpRequest,
    form: EndorseForm | EndorseCertificateForm,
    *,
    endorser: Issuer | None,
    verb: Callable[..., Endorsement],
    back: str,
) -> HttpResponseBase:
    """The form, then what will be signed, then the signature; nothing that was typed is lost on the way."""
    context: dict[str, Any] = {"form": form, "endorser": endorser, "back": back}
    if not form.is_bound:
        return render(request, "credentials/teach/endorse.html", context)
    act = request.POST.get("act", "")
    if not form.is_valid():
        return render(request, "credentials/teach/endorse.html", context, status=422)
    if act == "sign":
        said = {name: form.cleaned_data[name] for name in ("comment_fr", "comment_ar")}
        try:
            verb(endorser=endorser, **form.thing, **said, by=request.user, now=timezone.now())
        except BadAward as refusal:
            form.add_error(refusal.field or None, str(refusal.message))
        except CredentialsError as refusal:
            form.add_error(form.subject, str(refusal.message))
        else:
            return redirect(back)
        return render(request, "credentials/teach/endorse.html", context, status=422)
    if act == "change":
        return render(request, "credentials/teach/endorse.html", context)
    return render(request, "credentials/teach/endorse_sure.html", context | {"thing": form.thing})
