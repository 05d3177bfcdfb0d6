"""The trainer's and the signer's room: award one certificate, watch it be issued, change one's mind."""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import uuid4

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from credentials import achievements, awards, delivering, holding, reading, releasing, revocation, teaching
from credentials.errors import CredentialsError, NotYours
from credentials.forms import ON_PAPER, AwardForm, PersonForm, ReasonForm, ReplaceForm, SearchForm, shown
from credentials.models import Achievement, Award, Batch, Credential, StatusChange
from issuers.access import issuers_of, member
from issuers.errors import IssuersError
from issuers.models import Issuer, Membership, Role

RECENT = 6
ISSUING = (Role.TRAINER, Role.SIGNER)
CHANGES: dict[str, Callable[..., StatusChange]] = {
    "suspend": revocation.suspend,
    "reinstate": revocation.reinstate,
    "revoke": revocation.revoke,
}
FINAL = ("revoke",)
SLOW_SECONDS = 10
Refused = (CredentialsError, IssuersError)
Typed = TypeVar("Typed", bound=forms.Form)


@member("trainer", "signer", "owner")
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What she may award, and what became of the newest awards."""
    issuing = _issuing(request)
    return render(
        request,
        "credentials/teach/home.html",
        {
            "issuers": issuers_of(request),
            "issuing": issuing,
            "achievements": achievements.published_for(issuers=issuing),
            "recent": [
                (line.batch, line.award, teaching.why_not_issued(line.award) if line.award else "")
                for line in teaching.recent(issuers=issuing, limit=RECENT)
            ],
            "search": SearchForm(),
        },
    )


# -- Award one ------------------------------------------------------------------------------------
@member("trainer", "signer")
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """Which achievement is to be awarded; those that the city does not allow today say why."""
    now = timezone.now()
    choices = achievements.published_for(issuers=issuers_of(request))
    offers = [(choice, teaching.obstacle(achievement=choice, now=now)) for choice in choices]
    return render(request, "credentials/teach/choose.html", {"offers": offers})


@member("trainer", "signer")
@require_http_methods(["GET", "HEAD", "POST"])
def award(request: HttpRequest, achievement_id: str) -> HttpResponseBase:
    """The form, the certificate as it will be, and the order to issue it: three steps under one address.

    What was typed travels with the pages in hidden fields, so that no name stands in an address.
    """
    achievement = teaching.awardable(issuers=issuers_of(request), achievement_id=achievement_id)
    now = timezone.now()
    if request.method != "POST":
        return _award_page(request, achievement, _opening_form(request))
    form = AwardForm(request.POST)
    step = request.POST.get("step")
    if not form.is_valid():
        return _award_page(request, achievement, _keyed(form), status=422)
    if step == "edit":
        return _award_page(request, achievement, form)
    day = form.cleaned_data["awarded_on"]
    try:
        if step == "issue":
            accepted = awards.accept(
                issuer=achievement.issuer,
                achievement=achievement,
                awarded_on=day,
                people=[form.person],
                kind=Batch.Kind.INTERACTIVE,
                requested_by=request.user,
                idempotency_key=form.cleaned_data["key"],
                now=now,
            )
            return redirect("teach-batch", accepted.batch.pk)
        preview = awards.preview(achievement=achievement, person=form.person, awarded_on=day, now=now)
    except Refused as refusal:
        return _award_page(request, achievement, _with_refusal(form, refusal), status=refusal.status)
    return _look(request, achievement, form, preview)


def _look(
    request: HttpRequest,
    achievement: Achievement,
    form: PersonForm,
    preview: awards.Preview,
    *,
    replaced: Credential | None = None,
) -> HttpResponse:
    """The certificate as it will be; what was typed is in the page's hidden fields."""
    person = awards.clean_person(form.person)
    return render(
        request,
        "credentials/teach/preview.html",
        {
            "achievement": achievement,
            "face": reading.achievement_face(achievement),
            "form": form,
            "person": person,
            "reached": shown(form, "address_kind") if person.address else "",
            "language": shown(form, "language"),
            "reason": shown(form, "reason") if replaced else "",
            "awarded_on": form.cleaned_data["awarded_on"],
            "preview": preview,
            "replaced": replaced,
        },
    )


def _opening_form(request: HttpRequest) -> AwardForm:
    """A fresh form; with ``?again=<batch>`` it holds what was typed for an award that was not issued."""
    typed: dict[str, Any] = {}
    if again := request.GET.get("again"):
        batch = teaching.own_batch(issuers=issuers_of(request), batch_id=again)
        if row := batch.awards.exclude(state=Award.State.ISSUED).first():
            typed = _typed(row) | {"awarded_on": batch.awarded_on, "language": row.language}
    return AwardForm.fresh(
        today=timezone.localdate(), language=translation.get_language() or "fr", typed=typed
    )


def _typed(source: Award | Credential) -> dict[str, Any]:
    names = ("name_latin", "name_arabic", "address")
    return {name: getattr(source, name) for name in names} | {"address_kind": source.address_kind or ON_PAPER}


def _award_page(
    request: HttpRequest, achievement: Achievement, form: forms.Form, *, status: int = 200
) -> HttpResponse:
    return render(
        request,
        "credentials/teach/award.html",
        {
            "achievement": achievement,
            "form": form,
            "obstacle": teaching.obstacle(achievement=achievement, now=timezone.now()),
        },
        status=status,
    )


def _keyed(form: Typed) -> Typed:
    """The form with a new key if its own was lost, since the reader cannot see that field to mend it."""
    if form.errors.pop("key", None):
        _exchange_key(form, _("This page was incomplete. Check it and send it again."))
    return form


def _exchange_key(form: forms.Form, sentence: str) -> None:
    form.data = {name: form.data.get(name) for name in form.data} | {"key": uuid4().hex}
    form.add_error(None, sentence)


def _with_refusal(form: Typed, refusal: CredentialsError | IssuersError) -> Typed:
    """The form as it was typed, with the sentence at its field; a used-up key is exchanged for a new one."""
    field = getattr(refusal, "field", "")
    if field == "idempotency_key":
        _exchange_key(form, _("This page was used for another award already. Check it and issue again."))
    else:
        form.add_error(field if field in form.fields else None, str(refusal.message))
    return form


@member("trainer", "signer")
@require_safe
def batch(request: HttpRequest, batch_id: str) -> HttpResponseBase:
    """How far the award is: 202 while it is being prepared, and the page asks again by itself.

    A list has a page of its own.
    """
    found = teaching.own_batch(issuers=issuers_of(request), batch_id=batch_id)
    if found.kind == Batch.Kind.ROSTER:
        return redirect("teach-list", found.pk)
    rows = list(found.awards.select_related("credential", "replaces").order_by("row")[:RECENT])
    held = holding.said(found)
    pending = not held and any(row.state == Award.State.PENDING for row in rows)
    response = render(
        request,
        "credentials/teach/batch.html",
        {
            "batch": found,
            "achievement": found.achievement,
            "rows": [(row, teaching.why_not_issued(row)) for row in rows],
            "pending": pending,
            "held": held,
            "may_release": releasing.may_release(batch=found, by=request.user),
            "slow": pending and (timezone.now() - found.accepted_at).total_seconds() > SLOW_SECONDS,
        },
        status=202 if pending else 200,
    )
    if pending:
        response["Retry-After"] = "1"
    return response


# -- Certificates ---------------------------------------------------------------------------------
@member("trainer", "signer")
@require_http_methods(["GET", "HEAD", "POST"])
def certificates(request: HttpRequest) -> HttpResponse:
    """Search by name or short code; by POST, so that no name stands in an address, a history or a log."""
    form = SearchForm(request.POST or None, initial={"only": request.GET.get("only", "")})
    text = form.cleaned_data["q"] if form.is_valid() else ""
    only = form.cleaned_data["only"] if form.is_bound and form.is_valid() else request.GET.get("only", "")
    found = teaching.find(issuers=issuers_of(request), text=text, only=only)
    return render(
        request,
        "credentials/teach/certificates.html",
        {
            "search": form,
            "text": text,
            "found": [(one, delivering.last_message(one)) for one in found[: teaching.FOUND_LIMIT]],
            "only": only,
            "filters": delivering.FILTERS,
            "signs": any(m.role == Role.SIGNER for m in _held(request)),
            "more": len(found) > teaching.FOUND_LIMIT,
            "limit": teaching.FOUND_LIMIT,
        },
    )


@member("trainer", "signer")
@require_safe
def certificate(request: HttpRequest, credential_id: str) -> HttpResponse:
    """One certificate of her provider: what it says, where its messages are, what was done to it."""
    found = teaching.own_credential(issuers=issuers_of(request), credential_id=credential_id)
    acts = revocation.possible_acts(found) if _signs_for(request, found.issuer) else []
    return render(
        request,
        "credentials/teach/certificate.html",
        {
            "credential": found,
            "achievement": found.achievement,
            "acts": acts,
            "may_change": _signs_for(request, found.issuer),
            "way": delivering.way(found),
            "may_tell": found.status == Credential.Status.ACTIVE
            and not found.erased_at
            and delivering.outcome_of(found) != "filed",
            "waiting": found.replacement_awards.filter(state=Award.State.PENDING).first(),
        },
    )


@member("signer")
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, credential_id: str, act: str) -> HttpResponseBase:
    """Suspend, reinstate or revoke, with a reason; what cannot be undone is asked twice."""
    found = teaching.own_credential(issuers=issuers_of(request), credential_id=credential_id)
    if act not in CHANGES:
        raise NotYours
    form = ReasonForm(request.POST if request.method == "POST" else None, act=act)
    step = request.POST.get("step")
    asking, status = False, 200
    if request.method == "POST" and step != "edit":
        if not form.is_valid():
            status = 422
        elif act in FINAL and step != "sure":
            asking = True
        else:
            try:
                CHANGES[act](
                    credential=found,
                    reason=form.cleaned_data["reason"],
                    note=form.cleaned_data["note"],
                    by=request.user,
                    now=timezone.now(),
                )
                return redirect("teach-certificate", found.pk)
            except Refused as refusal:
                form, status = _with_refusal(form, refusal), refusal.status
    return render(
        request,
        "credentials/teach/change.html",
        {
            "credential": found,
            "achievement": found.achievement,
            "act": act,
            "final": act in FINAL,
            "possible": act in revocation.possible_acts(found),
            "form": form,
            "asking": asking,
            "reason": shown(form, "reason") if asking else "",
        },
        status=status,
    )


@member("signer")
@require_http_methods(["GET", "HEAD", "POST"])
def replace(request: HttpRequest, credential_id: str) -> HttpResponseBase:
    """A corrected certificate: the same steps as an award, and the old one's link leads on to it."""
    found = teaching.own_credential(issuers=issuers_of(request), credential_id=credential_id)
    now = timezone.now()
    if request.method != "POST":
        initial = _typed(found) | {
            "awarded_on": found.awarded_on,
            "language": found.award.language,
            "reason": StatusChange.Reason.CORRECTED,
            "key": uuid4().hex,
        }
        return _replace_page(request, found, ReplaceForm(initial=initial))
    form = ReplaceForm(request.POST)
    step = request.POST.get("step")
    if not form.is_valid():
        return _replace_page(request, found, _keyed(form), status=422)
    if step == "edit":
        return _replace_page(request, found, form)
    day = form.cleaned_data["awarded_on"]
    try:
        if step == "issue":
            order = revocation.replace(
                credential=found,
                person=form.person,
                awarded_on=day,
                reason=form.cleaned_data["reason"],
                note=form.cleaned_data["note"],
                by=request.user,
                idempotency_key=form.cleaned_data["key"],
                now=now,
            )
            return redirect("teach-batch", order.pk)
        preview = awards.preview(
            achievement=found.achievement, person=form.person, awarded_on=day, now=now, replaces=found
        )
    except Refused as refusal:
        return _replace_page(request, found, _with_refusal(form, refusal), status=refusal.status)
    return _look(request, found.achievement, form, preview, replaced=found)


def _replace_page(
    request: HttpRequest, found: Credential, form: PersonForm, *, status: int = 200
) -> HttpResponse:
    return render(
        request,
        "credentials/teach/replace.html",
        {
            "credential": found,
            "achievement": found.achievement,
            "form": form,
            "possible": StatusChange.Act.REPLACE in revocation.possible_acts(found),
            "obstacle": teaching.obstacle(achievement=found.achievement, now=timezone.now()),
        },
        status=status,
    )


def _held(request: HttpRequest) -> list[Membership]:
    memberships: list[Membership] = getattr(request, "memberships", [])
    return memberships


def _issuing(request: HttpRequest) -> list[Issuer]:
    """The issuers for which she may award: an owner alone sees no names."""
    held = [m for m in _held(request) if m.role in ISSUING and m.issuer is not None]
    return list({m.issuer_id: m.issuer for m in held if m.issuer is not None}.values())


def _signs_for(request: HttpRequest, issuer: Issuer) -> bool:
    return any(m.role == Role.SIGNER and m.issuer_id == issuer.pk for m in _held(request))
