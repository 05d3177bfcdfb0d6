"""The second step of staff: set up an authenticator app or a passkey, give it, add one, take one off."""

from datetime import timedelta
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth as webauthn
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from credentials.qr import qr_svg
from issuers.access import has_second_factor, public, signed_in
from issuers.models import Membership, Role
from passport import secondfactors
from passport.acting import learner_of
from passport.errors import LastFactor
from passport.forms import TRIED_OUT, AppCodeForm, AppSetupForm, PasskeyForm, PasskeySetupForm
from passport.models import Learner

from .door import NEXT, next_of

SECRET = "door.app-secret"  # noqa: S105  # the session's key for it, not a secret
AGAIN = "door.second-step-again"
#: Second steps are changed by whoever has given one as lately as this, not by whoever finds an open session.
FRESH = timedelta(minutes=10)
#: Five wrong tries, then so many seconds: allauth's limit ``login_failed`` for each person.
TRIED_OUT_SECONDS = 300


class SignInStep(AuthenticateView):  # type: ignore[misc]  # allauth is not typed
    """Between the code and the passport, for whoever has a second factor; allauth leads here and on."""

    form_class = AppCodeForm
    webauthn_form_class = PasskeyForm
    template_name = "account/second_factor.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        learner = self.stage.login.user
        return context | _ways(learner, context["form"], context["webauthn_form"])

    def form_invalid(self, form: Any) -> HttpResponse:
        return _told_to_wait(super().form_invalid(form), form)


sign_in_step = public(require_http_methods(["GET", "HEAD", "POST"])(SignInStep.as_view()))


@signed_in
@never_cache
@require_http_methods(["GET", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """For staff in a session that was opened without: the second step, or its first setting up."""
    learner = learner_of(request)
    if not secondfactors.asked(learner):
        return redirect("me")
    if secondfactors.of(learner):
        within = FRESH if request.session.get(AGAIN) else None
        given = has_second_factor(request, within=within)
        return _onward(request, learner) if given else _ask(request, learner)
    return _set_up(request, learner, first=True)


@signed_in
@never_cache
@require_http_methods(["GET", "POST"])
def add_factor(request: HttpRequest) -> HttpResponse:
    """One more: a passkey, or the app for whoever has passkeys alone. It takes a fresh second step first."""
    learner = learner_of(request)
    if not secondfactors.asked(learner):
        return redirect("me-passkey")
    if not has_second_factor(request, within=FRESH):
        return _again(request, reverse("second-factor-add"))
    return _set_up(request, learner, first=False)


@signed_in
@require_POST
def remove_factor(request: HttpRequest, factor_id: int) -> HttpResponse:
    """Take one off. Where a second step is asked for, it takes a fresh one first."""
    learner = learner_of(request)
    if secondfactors.asked(learner) and not has_second_factor(request, within=FRESH):
        return _again(request, reverse("me-settings"))
    try:
        secondfactors.remove(learner=learner, factor_id=factor_id)
    except LastFactor as error:
        messages.warning(request, str(error.message))
    return redirect("me-settings")


def _again(request: HttpRequest, target: str) -> HttpResponse:
    """A second step once more, then on."""
    request.session[NEXT], request.session[AGAIN] = target, True
    return redirect("second-factor")


def _told_to_wait(page: HttpResponse, form: Any) -> HttpResponse:
    """The page; after too many wrong tries, with how long the right ones wait."""
    if any(error.code == TRIED_OUT for errors in form.errors.as_data().values() for error in errors):
        page.status_code = 429
        page["Retry-After"] = str(TRIED_OUT_SECONDS)
    return page


def _ask(request: HttpRequest, learner: Learner) -> HttpResponse:
    form = AppCodeForm(user=learner, data=request.POST if "code" in request.POST else None)
    passkey = PasskeyForm(user=learner, data=request.POST if "credential" in request.POST else None)
    for given in (form, passkey):
        if given.is_bound and given.is_valid():
            given.save()  # allauth writes the second step into the session
            return _onward(request, learner)
    options = {"js_data": {"request_options": webauthn.begin_authentication(learner)}}
    page = render(request, "account/second_factor.html", options | _ways(learner, form, passkey))
    return _told_to_wait(page, passkey if passkey.is_bound else form)


def _ways(learner: Learner, form: Any, passkey: Any) -> dict[str, Any]:
    """The forms that this person can fill: digits for who has the app, a passkey for who has one."""
    kinds = {factor.kind for factor in secondfactors.of(learner)}
    return {
        "form": form if Authenticator.Type.TOTP in kinds else None,
        "passkey": passkey if Authenticator.Type.WEBAUTHN in kinds else None,
    }


def _set_up(request: HttpRequest, learner: Learner, *, first: bool) -> HttpResponse:
    has_app = any(factor.kind == Authenticator.Type.TOTP for factor in secondfactors.of(learner))
    secret = request.session.setdefault(SECRET, secondfactors.new_secret())
    act = request.POST.get("act", "")
    app = AppSetupForm(request.POST if act == "app" else None, learner=learner, secret=secret)
    passkey = PasskeySetupForm(request.POST if act == "passkey" else None)
    if app.is_bound and app.is_valid():
        added = secondfactors.set_up_app(learner=learner, secret=secret)
        return _added(request, learner, added, first=first)
    if passkey.is_bound and passkey.is_valid():
        answer, name = passkey.cleaned_data["credential"], passkey.cleaned_data["name"]
        added = secondfactors.add_passkey(learner=learner, name=name, answer=answer)
        return _added(request, learner, added, first=first)
    context: dict[str, Any] = {
        "first": first,
        "passkey": passkey,
        "js_data": {"creation_options": webauthn.begin_registration(learner, passwordless=False)},
    }
    if not has_app:
        uri = get_adapter().build_totp_url(learner, secret)
        context |= {"app": app, "secret": secret}
        context["code"] = SafeString(qr_svg(uri, title=_("Code for your authenticator app")))
    return _told_to_wait(render(request, "account/second_factor_setup.html", context), app)


def _added(request: HttpRequest, learner: Learner, added: Authenticator, *, first: bool) -> HttpResponse:
    request.session.pop(SECRET, None)
    if not first:
        messages.info(request, _("It is among your second steps now."))
        return redirect("me-settings")
    post_authentication(request, added)
    return _onward(request, learner)


def _onward(request: HttpRequest, learner: Learner) -> HttpResponse:
    """Where she was going; else the room of her role."""
    request.session.cycle_key()
    target = next_of(request)
    request.session.pop(NEXT, None)
    request.session.pop(AGAIN, None)
    if target != "/me/":
        return redirect(target)
    held = list(Membership.objects.filter(person=learner).values_list("issuer", "role"))
    if any(house is None for house, _role in held):
        return redirect("city-home")
    if {role for _house, role in held} == {Role.CLERK}:
        return redirect("desk-home")
    return redirect("teach-home" if held else "me")
