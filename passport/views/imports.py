"""What others have given her, in the learner's room: bring it, see what was found, check again, remove."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from issuers import limits
from issuers.access import signed_in
from issuers.errors import TooOften
from passport import importing, presenting_imports
from passport.acting import assisted, learner_of
from passport.errors import PassportError
from passport.forms import complain
from passport.forms_imports import ImportForm
from passport.limits import Imports

DECODER = "verify/decoding.js"


@assisted
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def shelf(request: HttpRequest) -> HttpResponse:
    """Bring something, and everything that was brought."""
    learner, now = learner_of(request), timezone.now()
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    if form.is_bound and form.is_valid():
        try:
            limits.require(request, Imports(learner))
            made = importing.bring(learner=learner, data=form.handed_over, now=now)
        except (PassportError, TooOften) as error:
            complain(form, error)
        else:
            return redirect("me-import", made.pk)
    context = {
        "form": form,
        "lines": presenting_imports.lines(importing.brought(learner=learner), now=now),
        "decoder": static(DECODER),
    }
    return render(request, "passport/imports/shelf.html", context, status=422 if form.is_bound else 200)


@assisted
@signed_in
@require_safe
def one(request: HttpRequest, import_id: str) -> HttpResponse:
    """What was found; 202 as long as it is looked at."""
    learner = learner_of(request)
    brought = importing.one_of(learner=learner, import_id=import_id)
    context = presenting_imports.page(brought, learner=learner, now=timezone.now())
    response = render(request, "passport/imports/one.html", context, status=202 if brought.looking else 200)
    response["Cache-Control"] = "no-store"
    return response


@assisted
@signed_in
@require_POST
def again(request: HttpRequest, import_id: str) -> HttpResponse:
    """Check it once more, now."""
    learner = learner_of(request)
    brought = importing.one_of(learner=learner, import_id=import_id)
    try:
        limits.require(request, Imports(learner))
        importing.look_again(brought=brought, now=timezone.now())
    except (PassportError, TooOften) as error:
        messages.warning(request, str(error.message))
    return redirect("me-import", import_id)


@assisted
@signed_in
@require_POST
def hide(request: HttpRequest, import_id: str) -> HttpResponse:
    """Take it off the timeline, or put it back."""
    brought = importing.one_of(learner=learner_of(request), import_id=import_id)
    if brought.hidden_at:
        importing.show(brought=brought)
        messages.info(request, _("It is back in your passport."))
        return redirect("me")
    importing.hide(brought=brought, now=timezone.now())
    messages.info(request, _("It is hidden. You find it again under Settings."))
    return redirect("me")


@assisted
@signed_in
@require_POST
def remove(request: HttpRequest, import_id: str) -> HttpResponse:
    """Forget it."""
    importing.remove(brought=importing.one_of(learner=learner_of(request), import_id=import_id))
    messages.info(request, _("It is removed from here. Your own copy stays with you."))
    return redirect("me-imports")


@assisted
@signed_in
@require_safe
def file(request: HttpRequest, import_id: str) -> HttpResponse:
    """The document itself, exactly as it can be verified again."""
    brought = importing.one_of(learner=learner_of(request), import_id=import_id)
    name, kind, body = presenting_imports.download(brought)
    headers: dict[str, Any] = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(body, content_type=kind, headers=headers)
