"""A whole list is written down in a session; and slips for a list whose people gave no phone."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from credentials import paperslips, seating, sessions, slipsheets, teaching
from credentials.errors import CredentialsError, NothingToPrint
from credentials.forms_lists import SeatsForm
from credentials.models import Batch
from issuers.access import issuers_of, member
from issuers.errors import IssuersError
from issuers.limits import ListsPerIssuer, require

HOLDING = ("trainer", "signer")
Refused = (CredentialsError, IssuersError)


@member(*HOLDING)
@require_http_methods(["GET", "HEAD", "POST"])
def fill(request: HttpRequest, session_id: str) -> HttpResponseBase:
    """The file of those who come; rows that cannot be read stay on the page with what to mend."""
    session = sessions.own(issuers=issuers_of(request), session_id=session_id)
    language = (translation.get_language() or "fr")[:2]
    form = SeatsForm(
        request.POST if request.method == "POST" else None,
        request.FILES or None,
        initial={"language": language},
    )
    filled, status, wait = None, 200, 0
    if form.is_bound:
        status = 422
        if form.is_valid():
            try:
                require(request, ListsPerIssuer(session.issuer))
                filled = seating.fill(
                    session=session,
                    sheet=form.sheet,
                    language=form.cleaned_data["language"],
                    now=timezone.now(),
                )
            except Refused as refusal:
                form.add_error("file", str(refusal.message))
                status, wait = refusal.status, getattr(refusal, "wait", 0)
            else:
                status = 200  # what could be done is done
                if not filled.left:
                    messages.info(request, _written(filled.new))
                    return redirect("teach-session", session.pk)
    context = {"session": session, "form": form, "filled": filled}
    response = render(request, "credentials/sessions/fill.html", context, status=status)
    if wait:
        response["Retry-After"] = str(wait)
    return response


def _written(number: int) -> str:
    return ngettext("%(number)d person is written down.", "%(number)d people are written down.", number) % {
        "number": number
    }


@member(*HOLDING)
@require_POST
def print_slips(request: HttpRequest, batch_id: str) -> HttpResponseBase:
    """A slip for everybody of a list whose certificate is in no passport yet."""
    batch = teaching.own_batch(issuers=issuers_of(request), batch_id=batch_id)
    try:
        made = paperslips.of_batch(batch=batch, by=request.user, now=timezone.now())
    except NothingToPrint as refusal:
        messages.warning(request, str(refusal.message))
        return redirect("teach-list" if batch.kind == Batch.Kind.ROSTER else "teach-batch", batch.pk)
    pdf = slipsheets.render(
        slips=made, achievement=batch.achievement, group=batch.session, place="", on=batch.awarded_on
    )
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="slips.pdf"'
    response["Cache-Control"] = "no-store"
    return response
