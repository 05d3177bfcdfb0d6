"""The clerk's desk: find the person, open her passport with her, print her card, help her claim."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from credentials.errors import BadAward
from issuers.access import issuers_of, member
from passport import acting, birthyears, cardpaper, cards, codes, desk
from passport.errors import NobodyHere, PassportError
from passport.forms import complain
from passport.forms_desk import (
    BirthYearForm,
    DeskAddressForm,
    DeskCodeForm,
    FactForm,
    FindForm,
    PinForm,
    VouchForm,
    YearForm,
)

from . import standing
from .door import told_to_wait

CODE = "desk.code"
View = Callable[..., HttpResponse]


def with_somebody(view: View) -> View:
    """A page about the person at the desk; where nobody is, back to finding one."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NobodyHere as error:
            messages.warning(request, str(error.message))
            return redirect("desk-home")

    return guarded


def page(request: HttpRequest, name: str, context: dict[str, Any], refusal: Any = None) -> HttpResponse:
    """A page of the desk; what was refused keeps what was typed."""
    drawn = render(
        request, f"passport/desk/{name}.html", {"house_here": standing.house_of(request)} | context
    )
    if refusal is not None:
        drawn.status_code = refusal.status
    return told_to_wait(drawn, refusal)


# -- Finding --------------------------------------------------------------------------------------
@member("clerk")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """Find a person, open a passport, see what was done today."""
    now = timezone.now()
    form = FindForm(request.POST if request.method == "POST" else None)
    refusal: PassportError | None = None
    if form.is_bound and form.is_valid():
        try:
            found = standing.find(request, **form.cleaned_data, now=now)
        except PassportError as error:
            refusal = error
            complain(form, error)
        else:
            if len(found) == 1:
                return redirect("desk-person")
            return page(request, "found", {"found": found})
    done = [
        (look, desk.deed(act=look.act, what=look.what))
        for look in desk.today(by=standing.clerk_of(request), house=standing.house_of(request), now=now)
    ]
    return page(request, "home", {"form": form, "done": done}, refusal)


@member("clerk")
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """One of several who fit."""
    chosen = standing.choose(request, number=request.POST.get("passport", ""), now=timezone.now())
    return redirect("desk-person" if chosen else "desk-home")


@member("clerk")
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """The person goes; nothing of her stays open."""
    acting.stop(request)
    standing.leave(request)
    return redirect("desk-home")


# -- The person -----------------------------------------------------------------------------------
@member("clerk")
@never_cache
@with_somebody
@require_safe
def person(request: HttpRequest) -> HttpResponse:
    """What can be done for whoever stands here."""
    here = standing.of(request, now=timezone.now())
    return page(
        request,
        "person",
        {"here": here, "learner": here.learner, "card": cards.of_learner(learner=here.learner)},
    )


@member("clerk")
@never_cache
@with_somebody
@require_http_methods(["GET", "HEAD", "POST"])
def open_passport(request: HttpRequest) -> HttpResponse:
    """Her own pages, for both: after her card, her PIN, or the clerk's word, which she reads."""
    now = timezone.now()
    here = standing.of(request, now=now)
    if request.method == "POST" and here.proof:
        return _begin(request, here.learner, here.proof)
    card = cards.of_learner(learner=here.learner)
    by_pin = request.POST.get("act") == "pin"
    pin_form = PinForm(request.POST if by_pin else None)
    vouch_form = VouchForm(request.POST if request.method == "POST" and not by_pin else None)
    form: Form = pin_form if by_pin else vouch_form
    refusal: PassportError | None = None
    if form.is_bound and form.is_valid():
        try:
            if by_pin:
                cards.check_of(learner=here.learner, pin=form.cleaned_data["pin"], now=now)
            else:
                by, house = standing.clerk_of(request), standing.house_of(request)
                desk.vouch(learner=here.learner, **form.cleaned_data, by=by, house=house, now=now)
        except PassportError as error:
            refusal = error
            complain(form, error)
        else:
            return _begin(request, here.learner, "pin" if by_pin else "identity")
    context = {"here": here, "learner": here.learner, "card": card}
    return page(request, "open", context | {"pin_form": pin_form, "form": vouch_form}, refusal)


def _begin(request: HttpRequest, learner: Any, proof: str) -> HttpResponse:
    now = timezone.now()
    standing.put(request, learner=learner, proof=proof, now=now)
    acting.begin(request, learner=learner, role="clerk", house=standing.house_of(request), now=now)
    return redirect("me-merge" if request.GET.get("to") == "merge" else "me")


# -- Card and PIN ---------------------------------------------------------------------------------
@member("clerk")
@never_cache
@with_somebody
@require_http_methods(["GET", "HEAD", "POST"])
def card_page(request: HttpRequest) -> HttpResponse:
    """A card, or another instead of a lost one: the sheet is this one answer, and is kept nowhere."""
    return _printed(request, "card", desk.print_card)


@member("clerk")
@never_cache
@with_somebody
@require_http_methods(["GET", "HEAD", "POST"])
def pin_page(request: HttpRequest) -> HttpResponse:
    """A new PIN on a new slip; the card stays the same."""
    return _printed(request, "pin", desk.print_pin)


def _printed(request: HttpRequest, name: str, verb: Callable[..., cards.Secrets]) -> HttpResponse:
    now = timezone.now()
    here = standing.of(request, now=now)
    form = FactForm(request.POST if request.method == "POST" else None)
    refusal: PassportError | None = None
    if form.is_bound and form.is_valid():
        try:
            made = verb(
                learner=here.learner,
                proof=here.proof,
                **form.cleaned_data,
                by=standing.clerk_of(request),
                house=standing.house_of(request),
                now=now,
            )
        except PassportError as error:
            refusal = error
            complain(form, error)
        else:
            return _sheet(here, made)
    card = cards.of_learner(learner=here.learner)
    return page(request, name, {"here": here, "learner": here.learner, "card": card, "form": form}, refusal)


def _sheet(here: standing.Standing, made: cards.Secrets) -> HttpResponse:
    address = f"{settings.HOST}{reverse('account_card')}"
    data = cardpaper.sheet(learner=here.learner, made=made, address=address, now=timezone.now())
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="passport-card.pdf"'
    return response


# -- Certificates and addresses -------------------------------------------------------------------
@member("clerk")
@never_cache
@with_somebody
@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest) -> HttpResponse:
    """Certificates that wait for somebody of her name: she says which is hers."""
    now = timezone.now()
    here = standing.of(request, now=now)
    if not here.proof:
        return redirect("desk-open")
    if request.method == "POST":
        desk.claim(
            learner=here.learner,
            credential_id=request.POST.get("certificate", "")[:22],
            by=standing.clerk_of(request),
            house=standing.house_of(request),
            now=now,
        )
        messages.info(request, _("It is in her passport now."))
        return redirect("desk-claim")
    form = YearForm(request.GET if "year" in request.GET else None)
    found = desk.claimable(learner=here.learner, year=form.cleaned_data["year"]) if form.is_valid() else []
    context = {"here": here, "learner": here.learner, "form": form, "found": found}
    return page(request, "claim", context | {"asked": form.is_bound and form.is_valid()})


@member("clerk")
@never_cache
@with_somebody
@require_http_methods(["GET", "HEAD", "POST"])
def address(request: HttpRequest) -> HttpResponse:
    """Her own phone or e-mail: a code goes there, and she says it here."""
    now = timezone.now()
    here = standing.of(request, now=now)
    if not here.proof:
        return redirect("desk-open")
    if request.POST.get("act") == "other":
        request.session.pop(CODE, None)
        return redirect("desk-address")
    held = codes.held(code_id=request.session.get(CODE, ""), now=now)
    kind = DeskCodeForm if held else DeskAddressForm
    form = kind(request.POST if request.method == "POST" else None)
    refusal: BadAward | PassportError | None = None
    if form.is_bound and form.is_valid():
        try:
            return _add(request, here, held.pk, form) if held else _ask(request, here, form)
        except (BadAward, PassportError) as error:
            refusal = error
            complain(form, error)
    context = {"here": here, "learner": here.learner, "form": form, "sent_to": held}
    return page(request, "address", context, refusal)


def _ask(request: HttpRequest, here: standing.Standing, form: Form) -> HttpResponse:
    code = codes.ask(
        address=form.cleaned_data["address"],
        language=here.learner.language,
        place=get_ip(request),
        held="",
        now=timezone.now(),
    )
    request.session[CODE] = code.pk
    return redirect("desk-address")


def _add(request: HttpRequest, here: standing.Standing, code_id: str, form: Form) -> HttpResponse:
    now = timezone.now()
    code = codes.check(code_id=code_id, typed=form.cleaned_data["code"], now=now)
    desk.add_address(
        learner=here.learner,
        code=code,
        by=standing.clerk_of(request),
        house=standing.house_of(request),
        now=now,
    )
    request.session.pop(CODE, None)
    messages.info(request, _("It leads to her passport from now on."))
    return redirect("desk-person")


@member("clerk")
@never_cache
@with_somebody
@require_http_methods(["GET", "HEAD", "POST"])
def birth_year(request: HttpRequest) -> HttpResponse:
    """A wrong year of birth, by the identity paper that the clerk sees."""
    now = timezone.now()
    here = standing.of(request, now=now)
    if not here.proof:
        return redirect("desk-open")
    form = BirthYearForm(request.POST if request.method == "POST" else None)
    refusal: PassportError | None = None
    if form.is_bound and form.is_valid():
        try:
            birthyears.correct(
                learner=here.learner,
                **form.cleaned_data,
                by=standing.clerk_of(request),
                house=standing.house_of(request),
                now=now,
            )
        except PassportError as error:
            refusal = error
            complain(form, error)
        else:
            messages.info(request, _("The year is corrected. She reads who did it."))
            return redirect("desk-person")
    return page(request, "birth_year", {"here": here, "learner": here.learner, "form": form}, refusal)


# -- What desks do --------------------------------------------------------------------------------
@member("owner")
@require_safe
def acts(request: HttpRequest) -> HttpResponse:
    """For the owner: how often each clerk did what in the last thirty days."""
    houses = issuers_of(request)
    rows = desk.counts(houses=houses, now=timezone.now())
    return render(
        request,
        "passport/desk/acts.html",
        {"houses": [(house, [row for row in rows if row["house_id"] == house.pk]) for house in houses]},
    )
