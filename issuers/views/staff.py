"""The owner's room: who works for the provider in which role, and which programs act for it."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from issuers import colleagues, staff
from issuers.access import issuers_of, member
from issuers.errors import IssuersError
from issuers.forms import ApiClientForm, MemberForm, RoleForm
from issuers.models import ApiClient, Issuer, Membership


# -- Members --------------------------------------------------------------------------------------
@member("owner")
@require_safe
def members(request: HttpRequest) -> HttpResponse:
    """Everybody who works for her providers."""
    return _members_page(request)


@member("owner")
@require_http_methods(["GET", "HEAD", "POST"])
def member_new(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Give a colleague a role: number, name and role, then her name shown back, then yes."""
    issuer = _own_issuer(request, slug)
    form = MemberForm(request.POST if request.method == "POST" else None)
    found, status = None, 200
    if request.method == "POST" and request.POST.get("step") != "edit":
        status = 422
        if form.is_valid():
            try:
                found = colleagues.find(
                    passport_number=form.cleaned_data["passport_number"], name=form.cleaned_data["name"]
                )
                if request.POST.get("step") == "sure":
                    staff.add_member(
                        issuer=issuer,
                        person=found,
                        role=form.cleaned_data["role"],
                        by=request.user,
                        now=timezone.now(),
                    )
                    return redirect("teach-members")
                status = 200
            except IssuersError as refusal:
                found, status = None, refusal.status
                refuse(form, refusal)
    return render(
        request,
        "issuers/staff/member_new.html",
        {"issuer": issuer, "form": form, "found": found, "role": chosen(form, "role")},
        status=status,
    )


@member("owner")
@require_http_methods(["GET", "HEAD", "POST"])
def member_edit(request: HttpRequest, membership_id: int) -> HttpResponseBase:
    """Another role for a member."""
    held = _own_membership(request, membership_id)
    form = RoleForm(request.POST if request.method == "POST" else None, initial={"role": held.role})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                colleagues.change_role(
                    membership=held, role=form.cleaned_data["role"], by=request.user, now=timezone.now()
                )
                return redirect("teach-members")
            except IssuersError as refusal:
                status = refusal.status
                refuse(form, refusal)
    return render(request, "issuers/staff/member_edit.html", {"held": held, "form": form}, status=status)


@member("owner")
@require_POST
def member_remove(request: HttpRequest, membership_id: int) -> HttpResponseBase:
    """Take a role away; the last owner stays."""
    held = _own_membership(request, membership_id)
    try:
        staff.remove_member(membership=held, by=request.user, now=timezone.now())
    except IssuersError as refusal:
        return _members_page(request, refusal)
    return redirect("teach-members")


def _members_page(request: HttpRequest, refusal: IssuersError | None = None) -> HttpResponse:
    issuers = issuers_of(request)
    held = Membership.objects.filter(issuer__in=issuers).select_related("person").order_by("since", "id")
    return render(
        request,
        "issuers/staff/members.html",
        {
            "houses": [(issuer, [m for m in held if m.issuer_id == issuer.pk]) for issuer in issuers],
            "problem": refusal.message if refusal else "",
        },
        status=refusal.status if refusal else 200,
    )


# -- API clients ----------------------------------------------------------------------------------
@member("owner")
@require_safe
def api_clients(request: HttpRequest) -> HttpResponse:
    """The programs that act for her providers."""
    return _clients_page(request)


@member("owner")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def api_client_new(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Make a client; its token is on this one answer and nowhere else."""
    issuer = _own_issuer(request, slug)
    form = ApiClientForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = staff.create_api_client(
                    issuer=issuer,
                    name=form.cleaned_data["name"],
                    scopes=form.cleaned_data["scopes"],
                    by=request.user,
                    now=timezone.now(),
                )
                return render(request, "issuers/staff/api_client_made.html", {"made": made}, status=201)
            except IssuersError as refusal:
                status = refusal.status
                refuse(form, refusal)
    return render(
        request, "issuers/staff/api_client_new.html", {"issuer": issuer, "form": form}, status=status
    )


@member("owner")
@require_POST
def api_client_withdraw(request: HttpRequest, client_id: str) -> HttpResponseBase:
    """End a client: its token opens nothing from now on."""
    client = ApiClient.objects.filter(issuer__in=issuers_of(request), pk=client_id).first()
    if client is None:
        raise Http404
    try:
        staff.withdraw_api_client(client=client, by=request.user, now=timezone.now())
    except IssuersError as refusal:
        return _clients_page(request, refusal)
    return redirect("teach-api-clients")


def _clients_page(request: HttpRequest, refusal: IssuersError | None = None) -> HttpResponse:
    issuers = issuers_of(request)
    clients = ApiClient.objects.filter(issuer__in=issuers).select_related("created_by")
    labels = dict(ApiClient.Scope.choices)
    return render(
        request,
        "issuers/staff/api_clients.html",
        {
            "houses": [
                (issuer, [(c, [labels[s] for s in c.scopes]) for c in clients if c.issuer_id == issuer.pk])
                for issuer in issuers
            ],
            "problem": refusal.message if refusal else "",
        },
        status=refusal.status if refusal else 200,
    )


def _own_issuer(request: HttpRequest, slug: str) -> Issuer:
    for issuer in issuers_of(request):
        if issuer.slug == slug:
            return issuer
    raise Http404


def _own_membership(request: HttpRequest, membership_id: int) -> Membership:
    own = Membership.objects.filter(issuer__in=issuers_of(request)).select_related("person", "issuer")
    found = own.filter(pk=membership_id).first()
    if found is None:
        raise Http404
    return found


# -- Forms ----------------------------------------------------------------------------------------
def refuse(form: forms.Form, refusal: IssuersError) -> None:
    """Put a verb's sentence on the form that it refused, which keeps what was typed."""
    form.add_error(None, str(refusal.message))


def chosen(form: forms.Form, name: str) -> Any:
    """The label of the choice that a valid form holds, for showing it back."""
    value = getattr(form, "cleaned_data", {}).get(name)
    choices: Any = getattr(form.fields[name], "choices", ())
    return dict(choices).get(value, "")
