"""What holders want corrected: the provider replaces it, or says why not."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from credentials import corrections
from credentials.errors import SayWhat
from credentials.forms_corrections import DeclineForm
from issuers.access import issuers_of, member
from issuers.models import Membership, Role


@member("trainer", "signer")
@require_safe
def room(request: HttpRequest) -> HttpResponse:
    """What waits for an answer, the most urgent first; a signer answers."""
    held: list[Membership] = getattr(request, "memberships", [])
    signs_for = {each.issuer_id for each in held if each.role == Role.SIGNER}
    asked = corrections.waiting(issuers=issuers_of(request))
    return render(
        request,
        "credentials/teach/corrections.html",
        {
            "asked": [(each, each.credential.issuer_id in signs_for) for each in asked],
            "now": timezone.now(),
        },
    )


@member("signer")
@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: HttpRequest, request_id: str) -> HttpResponse:
    """Say no, with a reason that the holder reads."""
    found = corrections.request_of(issuers=issuers_of(request), request_id=request_id)
    form, status = DeclineForm(request.POST if request.method == "POST" else None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                corrections.decline(
                    request=found, reason=form.cleaned_data["reason"], by=request.user, now=timezone.now()
                )
            except SayWhat as error:
                form.add_error("reason", str(error.message))
            else:
                return redirect("teach-corrections")
    context = {"asked": found, "credential": found.credential, "form": form}
    return render(request, "credentials/teach/correction_decline.html", context, status=status)
