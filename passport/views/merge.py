"""Two passports of one person: an address of the other, its code, both side by side, and one."""

from typing import Any

from allauth.core.internal.ratelimit import get_ip
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from credentials.errors import BadAward
from issuers.access import signed_in
from passport import codes, merging, recognising
from passport.acting import acting_of, assisted, learner_of
from passport.errors import PassportError
from passport.forms import AddressForm, CodeForm, complain
from passport.forms_families import FactForm
from passport.models import Code, Learner

from .door import told_to_wait

CODE, KNOWN = "merge.code", "merge.known"


@assisted
@signed_in
@never_cache
@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest) -> HttpResponse:
    """One address for the whole way; what is done already stands in the session."""
    learner, now = learner_of(request), timezone.now()
    if request.POST.get("act") == "afresh":
        _forget(request)
        return redirect("me-merge")
    held = codes.held(code_id=request.session.get(CODE, ""), now=now)
    if held is None:
        return _ask(request)
    if not held.proved_at:
        return _check(request, held)
    return _compare(request, learner, held)


def _forget(request: HttpRequest) -> None:
    request.session.pop(CODE, None)
    request.session.pop(KNOWN, None)


def _ask(request: HttpRequest) -> HttpResponse:
    """An address of the other passport."""
    form, refusal = AddressForm(request.POST or None), None
    if form.is_bound and form.is_valid():
        try:
            code = codes.ask(
                address=form.cleaned_data["address"],
                language=get_language() or "fr",
                place=get_ip(request),
                held="",
                now=timezone.now(),
            )
        except (BadAward, PassportError) as error:
            refusal = error
            complain(form, error)
        else:
            request.session[CODE] = code.pk
            return redirect("me-merge")
    return told_to_wait(_page(request, "address", form=form), refusal)


def _check(request: HttpRequest, held: Code) -> HttpResponse:
    """The code that was sent there."""
    form, refusal = CodeForm(request.POST or None), None
    if form.is_bound and form.is_valid():
        try:
            codes.check(code_id=held.pk, typed=form.cleaned_data["code"], now=timezone.now())
        except PassportError as error:
            refusal = error
            complain(form, error)
        else:
            return redirect("me-merge")
    return told_to_wait(_page(request, "code", form=form, sent_to=held), refusal)


def _compare(request: HttpRequest, learner: Learner, code: Code) -> HttpResponse:
    """Both side by side; one tap makes them one."""
    now, form = timezone.now(), None
    found = merging.others(learner=learner, code=code)
    chosen = next((one for one in found if str(one.pk) == request.POST.get("passport")), None)
    chosen = chosen or (found[0] if len(found) == 1 else None)
    refusal: PassportError | None = None
    if (
        chosen
        and request.session.get(KNOWN) != chosen.pk
        and recognising.asks(learner=chosen, code=code, now=now)
    ):
        form = FactForm(request.POST if "fact" in request.POST else None)
        if form.is_bound and form.is_valid():
            try:
                recognising.require(learner=chosen, code=code, fact=form.cleaned_data["fact"])
            except PassportError as error:
                refusal = error
                complain(form, error)
            else:
                request.session[KNOWN], form = chosen.pk, None
    elif chosen and request.POST.get("act") == "merge":
        open_one = acting_of(request)
        try:
            merging.merge(
                kept=learner,
                other_id=chosen.pk,
                code=code,
                by=open_one.by if open_one else None,
                house=open_one.house if open_one else None,
                now=now,
            )
        except PassportError as error:
            refusal = error
        else:
            _forget(request)
            messages.info(request, _("It is one passport now. The other number leads here."))
            return redirect("me")
    page = _page(
        request,
        "compare" if chosen else "choose",
        form=form,
        code=code,
        people=[recognising.shown(one, code=code, now=now) for one in found],
        person=recognising.shown(chosen, code=code, now=now) if chosen else None,
        sides=[merging.side(learner), merging.side(chosen)] if chosen and form is None else [],
        refusal=refusal,
    )
    if refusal is not None and form is None:
        page.status_code = refusal.status
    return page


def _page(request: HttpRequest, step: str, **context: Any) -> HttpResponse:
    return render(request, "passport/merge.html", {"step": step} | context)
