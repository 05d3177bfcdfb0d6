"""A certificate's way to its person: told once more, to a better address; several chosen ones at once."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from credentials import delivering, revocation, teaching
from credentials.errors import CredentialsError
from credentials.forms import AgainForm, ReasonForm, shown
from credentials.models import Credential
from issuers.access import issuers_of, member

MOST = teaching.FOUND_LIMIT


@member("trainer", "signer")
@require_http_methods(["GET", "HEAD", "POST"])
def tell(request: HttpRequest, credential_id: str) -> HttpResponseBase:
    """Tell the person again, at the address that is noted or at a better one."""
    found = teaching.own_credential(issuers=issuers_of(request), credential_id=credential_id)
    form = AgainForm(request.POST if request.method == "POST" else None, initial={"address": found.address})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            address = form.cleaned_data["address"]
            try:
                delivering.tell_again(credential=found, address=address, by=request.user, now=timezone.now())
                return redirect("teach-certificate", found.pk)
            except CredentialsError as refusal:
                form.add_error("address", str(refusal.message))
                status = refusal.status
    context = {"credential": found, "achievement": found.achievement, "form": form}
    return render(request, "credentials/teach/tell.html", context, status=status)


@member("trainer", "signer")
@require_POST
def tell_chosen(request: HttpRequest) -> HttpResponseBase:
    """Tell everybody of the ticked ones who can be told."""
    found = _chosen(request)
    told = delivering.tell_all_again(credentials=found, by=request.user, now=timezone.now())
    said = ngettext("%(number)s message is in line.", "%(number)s messages are in line.", told)
    messages.info(request, said % {"number": told})
    if left := len(found) - told:
        said = ngettext(
            "%(number)s was left out: it is in a passport, on paper, has ended, or left within the hour.",
            "%(number)s were left out: in a passport, on paper, ended, or sent within the hour.",
            left,
        )
        messages.info(request, said % {"number": left})
    return redirect("teach-certificates")


@member("signer")
@require_POST
def revoke_chosen(request: HttpRequest) -> HttpResponseBase:
    """Revoke the ticked ones with one reason; the first time it asks."""
    found = [one for one in _chosen(request) if "revoke" in revocation.possible_acts(one)]
    if not found:
        return redirect("teach-certificates")
    step = request.POST.get("step")
    form = ReasonForm(request.POST if step else None, act="revoke")
    if step == "sure" and form.is_valid():
        number = revocation.revoke_all(
            credentials=found,
            reason=form.cleaned_data["reason"],
            note=form.cleaned_data["note"],
            by=request.user,
            now=timezone.now(),
        )
        said = ngettext("%(number)s certificate is revoked.", "%(number)s certificates are revoked.", number)
        messages.info(request, said % {"number": number})
        return redirect("teach-certificates")
    asking = step == "look" and form.is_valid()
    return _revoke_page(request, found, form, asking=asking)


def _revoke_page(
    request: HttpRequest, found: list[Credential], form: ReasonForm, *, asking: bool
) -> HttpResponse:
    context = {
        "found": found,
        "form": form,
        "asking": asking,
        "reason": shown(form, "reason") if asking else "",
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "credentials/teach/revoke_chosen.html", context, status=status)


def _chosen(request: HttpRequest) -> list[Credential]:
    ids = request.POST.getlist("certificate")[:MOST]
    return delivering.chosen(issuers=issuers_of(request), ids=ids)
