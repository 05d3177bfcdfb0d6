"""The city's room of pathways: an officer writes, an approver publishes."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from credentials.models import Achievement
from issuers.access import city
from issuers.models import Membership, Role
from passport import pathways, requirements, signposts
from passport.errors import PassportError
from passport.forms import complain
from passport.forms_life import PathwayForm
from passport.models import Pathway


@city("officer", "approver", "auditor")
@require_safe
def shelf(request: HttpRequest) -> HttpResponse:
    """What waits for a second pair of eyes, then what is published."""
    context = {"pathways": signposts.shelf(), "roles": _roles(request)}
    return render(request, "passport/city/pathways.html", context)


@city("officer", "approver", "auditor")
@require_safe
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """The wordings of one pathway, and what may be done with them."""
    return _show(request, slug)


def _show(request: HttpRequest, slug: str, refusal: PassportError | None = None) -> HttpResponse:
    found = signposts.living(slug=slug)
    context = {
        "wordings": pathways.standings(pathways=found, learner=None, now=timezone.now()),
        "roles": _roles(request),
        "refusal": refusal,
    }
    return render(request, "passport/city/pathway.html", context, status=refusal.status if refusal else 200)


@city("officer")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponseBase:
    """Propose a pathway."""
    return _write(request, None)


@city("officer")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Propose another wording."""
    return _write(request, signposts.living(slug=slug)[0])


def _write(request: HttpRequest, before: Pathway | None) -> HttpResponseBase:
    form = PathwayForm(
        request.POST if request.method == "POST" else None, initial=PathwayForm.of(before) if before else None
    )
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        slug = before.slug if before else ""
        try:
            made = signposts.propose(slug=slug, **form.told, by=request.user, now=timezone.now())
            return redirect("city-pathway", made.slug)
        except PassportError as refusal:
            status = refusal.status
            complain(form, refusal)
    context = {"form": form, "before": before, "ways": _ways()}
    return render(request, "passport/city/pathway_write.html", context, status=status)


def _ways() -> list[tuple[str, str]]:
    """What a step may ask for, as the list beside the form shows it."""
    courses = Achievement.objects.filter(state=Achievement.State.PUBLISHED).select_related("issuer")
    titled = [
        (
            str(requirements.Course(issuer=course.issuer.slug, code=course.code)),
            _("%(title)s, %(provider)s") % {"title": course.title, "provider": course.issuer.name},
        )
        for course in courses
    ]
    return sorted(titled, key=lambda way: way[1]) + [(str(one), one.label) for one in requirements.levels()]


@city("approver")
@require_POST
def publish(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Show it to everybody."""
    return _act(request, slug, Pathway.State.PROPOSED, signposts.publish)


@city("approver")
@require_POST
def decline(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Turn it down."""
    return _act(request, slug, Pathway.State.PROPOSED, signposts.decline)


@city("officer", "approver")
@require_POST
def withdraw(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Take it down."""
    return _act(request, slug, Pathway.State.PUBLISHED, signposts.withdraw)


def _act(request: HttpRequest, slug: str, state: str, verb: Callable[..., Any]) -> HttpResponseBase:
    try:
        verb(pathway=signposts.wording(slug=slug, state=state), by=request.user, now=timezone.now())
    except PassportError as refusal:
        if refusal.status == 404:
            raise
        return _show(request, slug, refusal)
    return redirect("city-pathways")


def _roles(request: HttpRequest) -> set[Role]:
    held: list[Membership] = getattr(request, "memberships", [])
    return {Role(membership.role) for membership in held}
