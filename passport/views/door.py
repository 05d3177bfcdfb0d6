"""Signing in: an address, a code, a passport; the second factor for staff."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, validate_totp_code
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from credentials.errors import BadAward
from credentials.qr import qr_svg
from issuers.access import public, signed_in
from issuers.models import Membership
from passport import accounts, limits
from passport.errors import PassportError
from passport.forms import AddressForm, CodeForm, NameForm, SecondFactorForm, complain
from passport.models import Learner

PENDING, PROVED, NEXT, SECRET = "door.pending", "door.proved", "door.next", "door.totp-secret"


@public
@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The one door: a phone or an e-mail. The answer is the same whether or not we know it."""
    if "next" in request.GET:
        request.session[NEXT] = _safe(request.GET["next"])
    if request.user.is_authenticated:
        return redirect(_next(request))
    form = AddressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            kind, value = accounts.read_address(form.cleaned_data["address"])
            limits.take(f"code:{value}", limit=5, seconds=600)
            limits.take(f"code-from:{request.META.get('REMOTE_ADDR', '')}", limit=60, seconds=600)
            language = get_language() or "fr"
            pending = accounts.send_code(kind=kind, value=value, language=language, now=timezone.now())
        except (BadAward, PassportError) as error:
            complain(form, error)
        else:
            request.session[PENDING] = pending.as_dict()
            return redirect("account_code")
    return render(request, "account/login.html", {"form": form})


@public
@never_cache
@require_http_methods(["GET", "POST"])
def enter_code(request: HttpRequest) -> HttpResponse:
    """The code that was sent; then her passport, a choice of passports, or a new one."""
    held = request.session.get(PENDING)
    if not held:
        return redirect("account_login")
    pending = accounts.Pending(**held)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        try:
            accounts.check_code(pending=pending, typed=form.cleaned_data["code"], now=now)
        except PassportError as error:
            complain(form, error)
        else:
            del request.session[PENDING]
            if request.user.is_authenticated:
                accounts.prove(learner=learner_of(request), kind=pending.kind, value=pending.value, now=now)
                return redirect("me-settings")
            request.session[PROVED] = {"kind": pending.kind, "value": pending.value}
            return _enter(request)
    return render(request, "account/code.html", {"form": form, "pending": pending, "demo": settings.DEMO})


def _enter(request: HttpRequest) -> HttpResponse:
    proved = request.session[PROVED]
    people = accounts.passports_of(**proved)
    if len(people) == 1:
        return _sign_in(request, people[0])
    return redirect("account_choose" if people else "account_open")


def _sign_in(request: HttpRequest, learner: Learner) -> HttpResponse:
    target = _next(request)
    response: HttpResponse = perform_login(request, learner, email_verification="none", redirect_url=target)
    if request.user.is_authenticated:
        record_authentication(request, request.user, method="code")
    return response


@public
@never_cache
@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """Several people proved this address: whose passport?"""
    proved = request.session.get(PROVED)
    if not proved:
        return redirect("account_login")
    people = accounts.passports_of(**proved)
    if request.method == "POST":
        chosen = next((p for p in people if str(p.pk) == request.POST.get("passport")), None)
        if chosen:
            return _sign_in(request, chosen)
    return render(request, "account/choose.html", {"people": people})


@public
@never_cache
@require_http_methods(["GET", "POST"])
def open_passport(request: HttpRequest) -> HttpResponse:
    """A name, and the passport is there."""
    proved = request.session.get(PROVED)
    if not proved:
        return redirect("account_login")
    form = NameForm(request.POST or None, initial={"language": get_language() or "fr"})
    if request.method == "POST" and form.is_valid():
        try:
            learner = accounts.open_passport(**form.cleaned_data, **proved, now=timezone.now())
        except (BadAward, PassportError) as error:
            complain(form, error)
        else:
            return _sign_in(request, learner)
    return render(request, "account/open.html", {"form": form})


@signed_in
@never_cache
@require_http_methods(["GET", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """For staff: set the authenticator app up, or prove it in a session that was opened without."""
    learner = learner_of(request)
    held = Authenticator.objects.filter(user=learner, type=Authenticator.Type.TOTP).first()
    secret = "" if held else request.session.setdefault(SECRET, generate_totp_secret())
    form = SecondFactorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        code = form.cleaned_data["code"].replace(" ", "")
        try:
            limits.take(f"totp:{learner.pk}", limit=10, seconds=300)
        except PassportError as error:
            complain(form, error)
        else:
            right = TOTP(held).validate_code(code) if held else validate_totp_code(secret, code)
            if right:
                if held is None:
                    held = TOTP.activate(learner, secret).instance
                    request.session.pop(SECRET, None)
                held.record_usage()
                record_authentication(request, request.user, method="mfa", id=held.pk, type="totp")
                return redirect(_home_of(learner) if _next(request) == "/me/" else _next(request))
            form.add_error("code", _("This code is not right, or was used already. Wait for the next one."))
    uri = f"otpauth://totp/{settings.HOST}:{learner.passport_number}?secret={secret}&issuer={settings.HOST}"
    context: dict[str, Any] = {"form": form, "setup": not held, "secret": secret, "demo": settings.DEMO}
    if not held:
        context["code"] = SafeString(qr_svg(uri, title=_("Code for your authenticator app")))
    return render(request, "account/second_factor.html", context)


def _home_of(learner: Learner) -> str:
    city = Membership.objects.filter(person=learner, issuer__isnull=True).exists()
    return reverse("city-home" if city else "teach-home")


def learner_of(request: HttpRequest) -> Learner:
    """The learner who is signed in."""
    if not isinstance(request.user, Learner):
        raise PermissionDenied
    return request.user


def _safe(target: str) -> str:
    sound = url_has_allowed_host_and_scheme(target, allowed_hosts=None) and target.startswith("/")
    return target if sound else "/me/"


def _next(request: HttpRequest) -> str:
    return str(request.session.get(NEXT, "/me/"))
