"""The provider's achievements: drafts, their publication, new versions."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from credentials import achievements, completeness, reading, reviewing, teaching
from credentials.errors import CredentialsError, NotYours
from credentials.forms import AchievementForm
from credentials.models import Achievement
from issuers.access import issuers_of, member
from issuers.models import Issuer, Membership, Role


@member("trainer", "signer")
@require_safe
def shelf(request: HttpRequest) -> HttpResponse:
    """Every version of every achievement of her provider."""
    issuers = issuers_of(request)
    return render(
        request,
        "credentials/teach/shelf.html",
        {"issuers": issuers, "achievements": achievements.all_for(issuers=issuers)},
    )


@member("trainer", "signer")
@require_http_methods(["GET", "HEAD", "POST"])
def draft_new(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Write the first draft of an achievement of this provider."""
    issuer = _own_issuer(request, slug)
    form = AchievementForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = achievements.create_draft(
                issuer=issuer, fields=form.values, by=request.user, now=timezone.now()
            )
            return redirect("teach-achievement", made.pk)
        except CredentialsError as refusal:
            _refuse(form, refusal)
    return _draft_page(request, issuer, form)


@member("trainer", "signer")
@require_safe
def achievement(request: HttpRequest, achievement_id: str) -> HttpResponse:
    """One achievement as others will read it, with what may be done next."""
    issuers = issuers_of(request)
    return _read_page(request, teaching.own_achievement(issuers=issuers, achievement_id=achievement_id))


@member("trainer", "signer")
@require_http_methods(["GET", "HEAD", "POST"])
def draft_edit(request: HttpRequest, achievement_id: str) -> HttpResponseBase:
    """Change a draft; a published one leads back to its page."""
    found = teaching.own_achievement(issuers=issuers_of(request), achievement_id=achievement_id)
    if found.state != Achievement.State.DRAFT and request.method != "POST":
        return redirect("teach-achievement", found.pk)
    if request.method == "POST":
        form = AchievementForm(request.POST, kept=found.skills)
    else:
        form = AchievementForm.of(found)
    if request.method == "POST" and form.is_valid():
        try:
            achievements.update_draft(
                achievement=found, fields=form.values, by=request.user, now=timezone.now()
            )
            return redirect("teach-achievement", found.pk)
        except CredentialsError as refusal:
            _refuse(form, refusal)
    return _draft_page(request, found.issuer, form, found)


@member("trainer", "signer")
@require_POST
def submit(request: HttpRequest, achievement_id: str) -> HttpResponseBase:
    """Hand a draft in for a colleague's review."""
    return _act(request, achievement_id, reviewing.submit)


@member("trainer", "signer")
@require_POST
def take_back(request: HttpRequest, achievement_id: str) -> HttpResponseBase:
    """Make a draft again of what waits for review."""
    return _act(request, achievement_id, reviewing.take_back)


@member("signer")
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, achievement_id: str) -> HttpResponseBase:
    """End new awards of a published one; asked first."""
    if request.method == "POST":
        return _act(request, achievement_id, reviewing.withdraw)
    found = teaching.own_achievement(issuers=issuers_of(request), achievement_id=achievement_id)
    return render(request, "credentials/teach/course_withdraw.html", {"achievement": found})


@member("trainer", "signer")
@require_safe
def specimen(request: HttpRequest, achievement_id: str) -> HttpResponse:
    """The certificate as it would be printed, marked as a specimen."""
    found = teaching.own_achievement(issuers=issuers_of(request), achievement_id=achievement_id)
    response = HttpResponse(
        reading.specimen_pdf(found, on=timezone.localdate()), content_type="application/pdf"
    )
    response["Content-Disposition"] = f'inline; filename="specimen-{found.code}.pdf"'
    response["Cache-Control"] = "no-store"
    return response


def _act(request: HttpRequest, achievement_id: str, verb: Callable[..., Achievement]) -> HttpResponseBase:
    """Do it and show the course; a refusal is said on the page."""
    found = teaching.own_achievement(issuers=issuers_of(request), achievement_id=achievement_id)
    try:
        verb(achievement=found, by=request.user, now=timezone.now())
    except CredentialsError as refusal:
        return _read_page(request, found, str(refusal.message), status=refusal.status)
    return redirect("teach-achievement", found.pk)


@member("trainer", "signer")
@require_POST
def new_version(request: HttpRequest, achievement_id: str) -> HttpResponseBase:
    """Start a draft that will take the place of a published achievement."""
    found = teaching.own_achievement(issuers=issuers_of(request), achievement_id=achievement_id)
    try:
        made = achievements.new_version(achievement=found, by=request.user, now=timezone.now())
    except CredentialsError as refusal:
        return _read_page(request, found, str(refusal.message), status=refusal.status)
    return redirect("teach-achievement", made.pk)


def _own_issuer(request: HttpRequest, slug: str) -> Issuer:
    for issuer in issuers_of(request):
        if issuer.slug == slug:
            return issuer
    raise NotYours


def _refuse(form: AchievementForm, refusal: CredentialsError) -> None:
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal.message))


def _draft_page(
    request: HttpRequest, issuer: Issuer, form: AchievementForm, found: Achievement | None = None
) -> HttpResponse:
    return render(
        request,
        "credentials/teach/draft.html",
        {"issuer": issuer, "form": form, "achievement": found},
        status=422 if form.errors else 200,
    )


def _read_page(
    request: HttpRequest, found: Achievement, problem: str = "", *, status: int = 200
) -> HttpResponse:
    held: list[Membership] = getattr(request, "memberships", [])
    context: dict[str, Any] = {
        "achievement": found,
        "problem": problem,
        "signs": any(m.role == Role.SIGNER and m.issuer_id == found.issuer_id for m in held),
        "may_review": reviewing.may_review(achievement=found, by=request.user),
        "needs_city": reviewing.needs_city(found),
        "newer": Achievement.objects.filter(supersedes=found).first(),
        "elements": completeness.elements(found),
        "lacking": completeness.lacking(found),
        "acts": found.acts.select_related("by"),
        "face": reading.achievement_face(found),
        "person": reading.SPECIMEN,
        "awarded_on": timezone.localdate(),
    }
    return render(request, "credentials/teach/achievement.html", context, status=status)
