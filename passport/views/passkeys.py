"""Passkeys of learners: one more way in, beside the code by phone; never on a device that is shared."""

from typing import Any

from allauth.mfa.webauthn.internal import auth as webauthn
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from issuers.access import public, signed_in
from passport import secondfactors, shared
from passport.acting import learner_of
from passport.errors import PassportError
from passport.forms import PasskeyDoorForm, PasskeySetupForm, complain

from .door import enter, next_of


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The device names her passport and asks for her finger, her face or its own code: two proofs at once."""
    if request.user.is_authenticated:
        return redirect(next_of(request))
    if shared.device_is_shared(request):
        return redirect("account_login")
    form = PasskeyDoorForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        shared.choose(request, shared=False)
        form.save()  # allauth writes down what was proved, before it asks what is still needed
        return enter(request, form.cleaned_data["credential"].user, method="passkey")
    options = {"js_data": {"request_options": webauthn.begin_authentication()}}
    return render(request, "account/passkey_door.html", options | {"passkey": form})


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A passkey by which she comes in from now on; whoever is asked for a second step adds hers there."""
    learner = learner_of(request)
    context: dict[str, Any] = {"asked": secondfactors.asked(learner), "forgets": shared.forgets(request)}
    if not context["asked"] and not context["forgets"]:
        form = PasskeySetupForm(request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid():
            answer, name = form.cleaned_data["credential"], form.cleaned_data["name"]
            try:
                secondfactors.add_way_in(learner=learner, name=name, answer=answer)
            except PassportError as error:
                complain(form, error)
            else:
                messages.info(request, _("Your passkey opens your passport from now on."))
                return redirect("me-settings")
        context["passkey"] = form
        context["js_data"] = {"creation_options": webauthn.begin_registration(learner, passwordless=True)}
    return render(request, "passport/passkey.html", context)
