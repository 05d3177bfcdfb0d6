"""Two passports of one person: the other is proved by its address or its card, both side by side, and one."""

from datetime import datetime, timedelta
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
from issuers import limits
from issuers.access import signed_in
from passport import cards, codes, merging, recognising
from passport.acting import acting_of, assisted, learner_of
from passport.errors import PassportError, SamePassport
from passport.forms import AddressForm, CodeForm, complain
from passport.forms_desk import CardForm
from passport.forms_families import FactForm
from passport.models import Card, Code, Learner

from .card import Cards
from .door import told_to_wait

CODE, CARD, KNOWN = "merge.code", "merge.card", "merge.known"
#: For so long a PIN that was typed counts, as a code does.
HOLDS = timedelta(minutes=10)


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
    card = _proved_card(request, now)
    if card is not None:
        return _compare(request, learner, card=card)
    held = codes.held(code_id=request.session.get(CODE, ""), now=now)
    if held is None:
        by_card = request.POST.get("act") == "card"
        return _ask_card(request, learner) if by_card else _ask(request)
    if not held.proved_at:
        return _check(request, held)
    return _compare(request, learner, code=held)


def _forget(request: HttpRequest) -> None:
    for kept in (CODE, CARD, KNOWN):
        request.session.pop(kept, None)


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
    return told_to_wait(_page(request, "ways", form=form, card_form=CardForm()), refusal)


def _ask_card(request: HttpRequest, learner: Learner) -> HttpResponse:
    """The number on the other passport's card, and its PIN."""
    form, refusal = CardForm(request.POST), None
    if form.is_valid():
        limits.require(request, Cards())
        now = timezone.now()
        try:
            card = cards.check_number(**form.cleaned_data, now=now)
            if card.learner_id == learner.pk:
                raise SamePassport(_("This is the passport you are in. Type the number of the other card."))
        except PassportError as error:
            refusal = error
            complain(form, error)
        else:
            request.session[CARD] = {"card": card.pk, "until": (now + HOLDS).isoformat()}
            return redirect("me-merge")
    return told_to_wait(_page(request, "ways", form=AddressForm(), card_form=form), refusal)


def _proved_card(request: HttpRequest, now: datetime) -> Card | None:
    kept = request.session.get(CARD)
    if not kept or now >= datetime.fromisoformat(kept["until"]):
        return None
    return cards.living(card_id=kept["card"])


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


def _compare(
    request: HttpRequest, learner: Learner, *, code: Code | None = None, card: Card | None = None
) -> HttpResponse:
    """Both side by side; one tap makes them one."""
    now, form = timezone.now(), None
    found = merging.others(learner=learner, code=code) if code else [card.learner] if card else []
    chosen = next((one for one in found if str(one.pk) == request.POST.get("passport")), None)
    chosen = chosen or (found[0] if len(found) == 1 else None)
    refusal: PassportError | None = None
    if (
        chosen
        and code
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
                card=card,
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
    shown = [recognising.shown(one, code=code, now=now) if code else one for one in found]
    page = _page(
        request,
        "compare" if chosen else "choose",
        form=form,
        code=code,
        people=shown,
        person=next((one for one in shown if chosen and one.pk == chosen.pk), None),
        sides=[merging.side(learner), merging.side(chosen)] if chosen and form is None else [],
        refusal=refusal,
    )
    if refusal is not None and form is None:
        page.status_code = refusal.status
    return page


def _page(request: HttpRequest, step: str, **context: Any) -> HttpResponse:
    return render(request, "passport/merge.html", {"step": step} | context)
