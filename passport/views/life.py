"""The learner's own lines: her home, what she declares, her skills."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from issuers.access import signed_in
from passport import declaring, homing, skills
from passport.acting import assisted, learner_of
from passport.errors import PassportError
from passport.forms import complain
from passport.forms_life import SKILLS, DeclarationForm
from passport.models import Declaration, Learner


@assisted
@signed_in
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Three large things first, then everything that she holds, newest first."""
    page = request.GET.get("page", "1")
    now = timezone.now()
    found = homing.home(
        learner=learner_of(request), page=int(page[:6]) if page.isdecimal() and page.isascii() else 1, now=now
    )
    return render(request, "passport/home.html", {"home": found, "learner": found.learner, "now": now})


@assisted
@signed_in
@require_safe
def skills_page(request: HttpRequest) -> HttpResponse:
    """What she can do: a wall of tiles, and the same in sentences."""
    learner = learner_of(request)
    picture = skills.of(learner=learner, now=timezone.now())
    return render(request, "passport/skills.html", {"learner": learner, "picture": picture})


# -- Declared learning ----------------------------------------------------------------------------
@assisted
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def declare(request: HttpRequest) -> HttpResponse:
    """A new line in her own words."""
    learner = learner_of(request)
    form = DeclarationForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            declaring.declare(learner=learner, now=timezone.now(), **form.told)
        except PassportError as error:
            complain(form, error)
        else:
            messages.info(request, _("It is on your timeline, marked as declared."))
            return redirect("me")
    return _page(request, learner, form, None)


@assisted
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def declaration(request: HttpRequest, declaration_id: str) -> HttpResponse:
    """One declared line, to be said anew, hidden or removed."""
    learner = learner_of(request)
    found = declaring.declaration_of(learner=learner, declaration_id=declaration_id)
    form = DeclarationForm(request.POST if request.method == "POST" else None, initial=_as_typed(found))
    if form.is_bound and form.is_valid():
        try:
            declaring.change(declaration=found, now=timezone.now(), **form.told)
        except PassportError as error:
            complain(form, error)
        else:
            messages.info(request, _("Kept. It holds from now on."))
            return redirect("me")
    return _page(request, learner, form, found)


def _page(
    request: HttpRequest, learner: Learner, form: DeclarationForm, found: Declaration | None
) -> HttpResponse:
    status = 422 if form.is_bound else 200
    context = {"learner": learner, "form": form, "declaration": found}
    return render(request, "passport/declaration.html", context, status=status)


def _as_typed(found: Declaration) -> dict[str, Any]:
    """The line as she would type it."""
    names = ("kind", "title", "place", "about", "evidence", "arrondissement")
    typed: dict[str, Any] = {name: getattr(found, name) for name in names}
    for name, day in (("began", found.began_on), ("ended", found.ended_on)):
        if day:
            typed[name] = str(day.year) if found.year_only else f"{day.month}/{day.year}"
    for number, skill in enumerate(found.skills[:SKILLS], start=1):
        typed[f"skill_{number}"] = skill["uri"]
    return typed


@assisted
@signed_in
@require_POST
def hide_declaration(request: HttpRequest, declaration_id: str) -> HttpResponse:
    """Take it off the timeline, or put it back."""
    found = declaring.declaration_of(learner=learner_of(request), declaration_id=declaration_id)
    if found.hidden_at:
        declaring.show(declaration=found)
        messages.info(request, _("It is back in your passport."))
        return redirect("me")
    declaring.hide(declaration=found, now=timezone.now())
    messages.info(request, _("It is hidden. You find it again under Settings."))
    return redirect("me")


@assisted
@signed_in
@require_POST
def remove_declaration(request: HttpRequest, declaration_id: str) -> HttpResponse:
    """Forget it."""
    found = declaring.declaration_of(learner=learner_of(request), declaration_id=declaration_id)
    declaring.remove(declaration=found)
    messages.info(request, _("It is removed. Nobody else had seen it unless you shared it."))
    return redirect("me")
