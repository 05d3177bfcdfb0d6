"""The city's rooms: propose, approve, suspend and close providers and their mandates, four eyes on each."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from issuers import colleagues, registry, staff
from issuers.access import city
from issuers.errors import IssuersError
from issuers.forms import CityMemberForm, MandateForm, OwnerForm, ProviderForm, WhyForm
from issuers.models import Issuer, Mandate, Membership, RegisterChange, Role, Theme

from .staff import chosen, refuse

HISTORY = 50

#: What each event of the register's history is called on the page.
EVENTS: dict[str, Any] = {
    "issuer-proposed": _("Provider proposed"),
    "issuer-approved": _("Provider approved"),
    "issuer-suspended": _("Provider suspended"),
    "issuer-reinstated": _("Provider reinstated"),
    "issuer-closed": _("Provider closed"),
    "mandate-proposed": _("Mandate proposed"),
    "mandate-approved": _("Mandate approved"),
    "mandate-suspended": _("Mandate suspended"),
    "mandate-reinstated": _("Mandate reinstated"),
    "member-added": _("Role given"),
    "member-removed": _("Role taken away"),
    "second-factor-reset": _("Second steps taken away after a loss"),
    "api-client-made": _("API client made"),
    "api-client-withdrawn": _("API client withdrawn"),
    "key-made": _("Signing key made"),
    "key-rotated": _("Signing key changed"),
    "key-prepared": _("Next signing key published"),
    "key-retired": _("Signing key retired"),
    "key-compromised": _("Signing key withdrawn"),
    "delegation-installed": _("Root's delegation installed"),
    "key-withdrawal-proposed": _("Withdrawal of a signing key proposed"),
    "key-withdrawal-declined": _("Withdrawal of a signing key dropped"),
    "batch-released": _("List released by a second person"),
    "batch-turned-down": _("List turned down by a second person"),
}


@city("officer", "approver", "auditor")
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What waits for a second pair of eyes, then every provider by state."""
    issuers = list(
        Issuer.objects.select_related("arrondissement", "proposed_by").prefetch_related("mandates")
    )
    waiting = Mandate.objects.filter(approved_at__isnull=True).exclude(issuer__state=Issuer.State.CLOSED)
    by_state = {state: [i for i in issuers if i.state == state] for state in Issuer.State.values}
    return render(
        request,
        "issuers/city/home.html",
        {
            "proposed": by_state["proposed"],
            "mandates": waiting.select_related("issuer", "proposed_by").order_by("proposed_at"),
            "waiting": len(by_state["proposed"]) + waiting.count(),
            "groups": [
                (Issuer.State(state), [(i, _themes(i)) for i in by_state[state]])
                for state in ("active", "suspended", "closed")
                if by_state[state]
            ],
            "counts": {state: len(found) for state, found in by_state.items()},
            "roles": _city_roles(request),
        },
    )


def _themes(issuer: Issuer) -> list[Any]:
    """The themes for which it holds a mandate today, each once."""
    today = timezone.localdate()
    held = {
        mandate.theme
        for mandate in issuer.mandates.all()
        if mandate.approved_at
        and not mandate.suspended_at
        and mandate.starts_on <= today
        and (mandate.ends_on is None or today < mandate.ends_on)
    }
    return [theme.label for theme in Theme if theme.value in held]


# -- Providers ------------------------------------------------------------------------------------
@city("officer")
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest) -> HttpResponseBase:
    """Enter a provider as proposed; somebody else approves it."""
    form = ProviderForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = registry.propose_issuer(**form.cleaned_data, by=request.user, now=timezone.now())
                return redirect("city-issuer", made.slug)
            except IssuersError as refusal:
                status = refusal.status
                refuse(form, refusal)
    return render(request, "issuers/city/propose.html", {"form": form}, status=status)


@city("officer", "approver", "auditor")
@require_safe
def issuer(request: HttpRequest, slug: str) -> HttpResponse:
    """One provider: facts, mandates, keys, people, history."""
    return _issuer_page(request, _issuer(slug))


@city("approver")
@require_POST
def approve(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Let a proposed provider become an issuer; whoever proposed it is refused."""
    return _act(request, _issuer(slug), registry.approve_issuer)


@city("approver")
@require_POST
def reinstate(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Let a suspended provider award again."""
    return _act(request, _issuer(slug), registry.reinstate_issuer)


@city("officer", "approver")
@require_http_methods(["GET", "HEAD", "POST"])
def suspend(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Stop a provider's awards, with a reason."""
    return _stop(request, _issuer(slug), registry.suspend_issuer, "suspend")


@city("approver")
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest, slug: str) -> HttpResponseBase:
    """End a provider for good, with a reason."""
    return _stop(request, _issuer(slug), registry.close_issuer, "close")


def _act(request: HttpRequest, found: Issuer, verb: Callable[..., object]) -> HttpResponseBase:
    try:
        verb(issuer=found, by=request.user, now=timezone.now())
    except IssuersError as refusal:
        return _issuer_page(request, _issuer(found.slug), refusal)
    return redirect("city-issuer", found.slug)


def _stop(
    request: HttpRequest,
    found: Issuer,
    verb: Callable[..., object],
    act: str,
    *,
    mandate: Mandate | None = None,
) -> HttpResponseBase:
    form = WhyForm(request.POST if request.method == "POST" else None)
    target: dict[str, Any] = {"mandate": mandate} if mandate else {"issuer": found}
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                verb(**target, reason=form.cleaned_data["reason"], by=request.user, now=timezone.now())
                return redirect("city-issuer", found.slug)
            except IssuersError as refusal:
                status = refusal.status
                refuse(form, refusal)
    context = {"issuer": found, "mandate": mandate, "act": act, "form": form}
    return render(request, "issuers/city/stop.html", context, status=status)


# -- Mandates -------------------------------------------------------------------------------------
@city("officer")
@require_http_methods(["GET", "HEAD", "POST"])
def mandate_new(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Propose that a provider may award a theme; somebody else approves it."""
    found = _issuer(slug)
    form = MandateForm(
        request.POST if request.method == "POST" else None, initial={"starts_on": timezone.localdate()}
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                registry.propose_mandate(
                    issuer=found, **form.cleaned_data, by=request.user, now=timezone.now()
                )
                return redirect("city-issuer", found.slug)
            except IssuersError as refusal:
                status = refusal.status
                refuse(form, refusal)
    return render(request, "issuers/city/mandate_new.html", {"issuer": found, "form": form}, status=status)


@city("approver")
@require_POST
def mandate_approve(request: HttpRequest, mandate_id: int) -> HttpResponseBase:
    """Give a proposed mandate; whoever proposed it is refused."""
    return _act_on_mandate(request, _mandate(mandate_id), registry.approve_mandate)


@city("approver")
@require_POST
def mandate_reinstate(request: HttpRequest, mandate_id: int) -> HttpResponseBase:
    """Let a suspended mandate hold again."""
    return _act_on_mandate(request, _mandate(mandate_id), registry.reinstate_mandate)


@city("officer", "approver")
@require_http_methods(["GET", "HEAD", "POST"])
def mandate_suspend(request: HttpRequest, mandate_id: int) -> HttpResponseBase:
    """Stop awards under one mandate, with a reason."""
    found = _mandate(mandate_id)
    return _stop(request, found.issuer, registry.suspend_mandate, "suspend", mandate=found)


def _act_on_mandate(request: HttpRequest, found: Mandate, verb: Callable[..., object]) -> HttpResponseBase:
    try:
        verb(mandate=found, by=request.user, now=timezone.now())
    except IssuersError as refusal:
        return _issuer_page(request, _issuer(found.issuer.slug), refusal)
    return redirect("city-issuer", found.issuer.slug)


# -- People ---------------------------------------------------------------------------------------
@city("officer")
@require_http_methods(["GET", "HEAD", "POST"])
def owner_new(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Name an owner of a provider: number and name, then her name shown back, then yes."""
    found = _issuer(slug)
    return _name_person(request, OwnerForm, found, role=Role.OWNER)


@city("officer", "approver", "auditor")
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Who works for the city, in which role."""
    return _people_page(request)


@city("approver")
@require_http_methods(["GET", "HEAD", "POST"])
def person_new(request: HttpRequest) -> HttpResponseBase:
    """Give a colleague a role of the city; nobody gives one to herself."""
    return _name_person(request, CityMemberForm, None)


@city("approver")
@require_POST
def person_remove(request: HttpRequest, membership_id: int) -> HttpResponseBase:
    """Take a role of the city away."""
    held = Membership.objects.filter(issuer__isnull=True, pk=membership_id).first()
    if held is None:
        raise Http404
    try:
        staff.remove_member(membership=held, by=request.user, now=timezone.now())
    except IssuersError as refusal:
        return _people_page(request, refusal)
    return redirect("city-people")


def _name_person(
    request: HttpRequest, kind: type[OwnerForm], found: Issuer | None, *, role: str = ""
) -> HttpResponseBase:
    form = kind(request.POST if request.method == "POST" else None)
    person, status = None, 200
    if request.method == "POST" and request.POST.get("step") != "edit":
        status = 422
        if form.is_valid():
            try:
                person = colleagues.find(
                    passport_number=form.cleaned_data["passport_number"], name=form.cleaned_data["name"]
                )
                if request.POST.get("step") == "sure":
                    staff.add_member(
                        issuer=found,
                        person=person,
                        role=role or form.cleaned_data["role"],
                        by=request.user,
                        now=timezone.now(),
                    )
                    return redirect("city-issuer", found.slug) if found else redirect("city-people")
                status = 200
            except IssuersError as refusal:
                person, status = None, refusal.status
                refuse(form, refusal)
    context = {
        "issuer": found,
        "form": form,
        "found": person,
        "role": Role(role).label if role else chosen(form, "role"),
    }
    return render(request, "issuers/city/person_new.html", context, status=status)


def _people_page(request: HttpRequest, refusal: IssuersError | None = None) -> HttpResponse:
    held = Membership.objects.filter(issuer__isnull=True).select_related("person").order_by("role", "since")
    return render(
        request,
        "issuers/city/people.html",
        {"held": held, "roles": _city_roles(request), "problem": refusal.message if refusal else ""},
        status=refusal.status if refusal else 200,
    )


# -- Reading --------------------------------------------------------------------------------------
def _issuer(slug: str) -> Issuer:
    found = (
        Issuer.objects.filter(slug=slug)
        .select_related("arrondissement", "proposed_by", "approved_by")
        .first()
    )
    if found is None:
        raise Http404
    return found


def _mandate(mandate_id: int) -> Mandate:
    found = Mandate.objects.filter(pk=mandate_id).select_related("issuer").first()
    if found is None:
        raise Http404
    return found


def _issuer_page(request: HttpRequest, found: Issuer, refusal: IssuersError | None = None) -> HttpResponse:
    history = RegisterChange.objects.filter(issuer=found).select_related("by")[:HISTORY]
    return render(
        request,
        "issuers/city/issuer.html",
        {
            "issuer": found,
            "mandates": found.mandates.select_related("proposed_by", "approved_by").order_by(
                "theme", "-starts_on"
            ),
            "owners": found.members.filter(role=Role.OWNER).select_related("person"),
            "keys": found.keys.order_by("-created_at", "algorithm"),
            "history": [(change, *_told(change)) for change in history],
            "today": timezone.localdate(),
            "roles": _city_roles(request),
            "problem": refusal.message if refusal else "",
        },
        status=refusal.status if refusal else 200,
    )


def _city_roles(request: HttpRequest) -> set[str]:
    held = Membership.objects.filter(person_id=request.user.pk, issuer__isnull=True)
    return set(held.values_list("role", flat=True))


def _told(change: RegisterChange) -> tuple[Any, list[Any]]:
    """The event in words, and what the record says of it."""
    detail = change.detail
    said: list[Any] = []
    if detail.get("theme") in Theme.values:
        said.append(Theme(detail["theme"]).label)
    if detail.get("role") in Role.values:
        said.append(Role(detail["role"]).label)
    if detail.get("reason"):
        said.append(detail["reason"])
    if detail.get("alone"):
        said.append(_("By one person alone: the second did not answer in time."))
    return EVENTS.get(change.event, change.event), said
