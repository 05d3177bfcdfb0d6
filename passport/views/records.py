"""My passport as one file: what it is, and the signed file itself, for her and for whoever has a link."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from credentials.views.files import json_file
from issuers import limits
from issuers.access import public, signed_in
from passport import records, sharing
from passport.acting import assisted, learner_of


@assisted
@signed_in
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """What the file is, what is in it, who can read it."""
    learner = learner_of(request)
    inside = records.size(learner=learner)
    return render(request, "passport/data/record.html", {"learner": learner, "inside": inside})


@assisted
@signed_in
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """Her whole passport, but for what she has hidden, as one signed file."""
    learner = learner_of(request)
    body = records.obtain(learner=learner, now=timezone.now())
    return _file(request, body, name=f"passport-{learner.passport_number}")


@assisted
@signed_in
@require_safe
def of_share(request: HttpRequest, presentation_id: str) -> HttpResponse:
    """The file that one of her links gives."""
    learner = learner_of(request)
    presentation = sharing.one_of(learner=learner, presentation_id=presentation_id)
    body = records.obtain(learner=learner, presentation=presentation, now=timezone.now())
    return _file(request, body, name="shared-passport")


@public
@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """The same for whoever has the link, as long as the link leads somewhere."""
    limits.require_link(request, token)
    body = records.take(token=token, counts=request.method == "GET", reader=request.user, now=timezone.now())
    return _file(request, body, name="shared-passport")


def _file(request: HttpRequest, body: str | None, *, name: str) -> HttpResponse:
    """The file under its own name; 202 while it is being signed."""
    response = json_file(request, body)
    if body is not None:
        response["Content-Disposition"] = f'attachment; filename="{name}.json"'
    response["Referrer-Policy"] = "no-referrer"
    return response
