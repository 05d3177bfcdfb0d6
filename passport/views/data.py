"""My data: consents, who looked, everything in one file, what is to be corrected."""

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from credentials import corrections
from credentials.errors import CredentialsError
from issuers.access import signed_in
from passport import consents, desk, exporting, holding, overview, sharing
from passport.acting import acting_of, assisted, learner_of
from passport.errors import NotYourPassport
from passport.forms import complain
from passport.forms_data import CorrectionForm
from passport.models import Consent


@assisted
@signed_in
@require_safe
def my_data(request: HttpRequest) -> HttpResponse:
    """What she may do with her data, and what she agreed to."""
    learner = learner_of(request)
    return render(
        request,
        "passport/data/home.html",
        {
            "learner": learner,
            "consents": overview.consents_of(learner=learner),
            "passport_purpose": Consent.Purpose.PASSPORT.value,
            "acting": acting_of(request),
        },
    )


@assisted
@signed_in
@require_POST
def consent(request: HttpRequest, consent: str) -> HttpResponse:
    """Agree to one purpose, or take it back."""
    learner = learner_of(request)
    if consent not in consents.TEXTS:
        raise NotYourPassport
    if request.POST.get("act") == "give":
        consents.give(
            learner=learner,
            purpose=consent,
            language=(get_language() or "fr")[:2],
            now=timezone.now(),
            **_recorded(request),
        )
        messages.info(request, _("Kept. It holds from now on."))
    elif consent == Consent.Purpose.PASSPORT:
        return redirect("me-close")
    else:
        if consent == Consent.Purpose.SHOWING:
            sharing.take_back(learner=learner, now=timezone.now())
        else:
            consents.withdraw(learner=learner, purpose=consent, now=timezone.now())
        messages.info(request, _("Taken back. It holds from now on."))
    return redirect("me-data")


def _recorded(request: HttpRequest) -> dict[str, Any]:
    """Who recorded it and how, where that was not she herself."""
    acting = acting_of(request)
    if acting is None:
        return {}
    channel = Consent.Channel.DESK if acting.house else Consent.Channel.SELF
    return {"channel": channel.value, "by": acting.by, "house": acting.house}


@assisted
@signed_in
@require_safe
def who_looked(request: HttpRequest) -> HttpResponse:
    """Who saw her passport or acted in it, month by month; how often certificate pages were opened."""
    learner = learner_of(request)
    months = groupby(
        desk.lines(learner=learner), key=lambda line: timezone.localdate(line.look.at).replace(day=1)
    )
    return render(
        request,
        "passport/data/looks.html",
        {
            "months": [(month, list(lines)) for month, lines in months],
            "openings": overview.openings_of(learner=learner),
        },
    )


@assisted
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def export(request: HttpRequest) -> HttpResponseBase:
    """What the archive holds; then the archive."""
    learner = learner_of(request)
    if request.method != "POST":
        return render(request, "passport/data/export.html", {"learner": learner})
    parts = exporting.archive(learner=learner, now=timezone.now())
    response = StreamingHttpResponse(parts, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="passport-{learner.passport_number}.zip"'
    response["Cache-Control"] = "no-store"
    return response


@assisted
@signed_in
@require_safe
def to_correct(request: HttpRequest) -> HttpResponse:
    """Her certificates, each with what she has asked its provider."""
    learner = learner_of(request)
    return render(
        request,
        "passport/data/corrections.html",
        {
            "asked": overview.corrections_of(learner=learner),
            "entries": overview.correctable(learner=learner),
            "now": timezone.now(),
            "acting": acting_of(request),
        },
    )


@assisted
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, credential_id: str) -> HttpResponse:
    """What is wrong on this certificate?"""
    entry = holding.entry_of(learner=learner_of(request), credential_id=credential_id)
    form, status = CorrectionForm(request.POST if request.method == "POST" else None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                corrections.ask(credential=entry.credential, now=timezone.now(), **form.cleaned_data)
            except CredentialsError as error:
                complain(form, error)
                status = error.status
            else:
                messages.info(request, _("Sent. The provider answers within ten days."))
                return redirect("me-corrections")
    context = {"entry": entry, "credential": entry.credential, "form": form}
    return render(request, "passport/data/correct.html", context, status=status)
