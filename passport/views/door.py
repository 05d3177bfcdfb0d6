"""Signing in: an address, a code, a passport."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from credentials.errors import BadAward
from issuers.access import public
from passport import accounts, codes, consents, families, handover, recognising, shared
from passport.errors import DoubtedTooOften, PassportError
from passport.forms import CodeForm, OpeningForm, complain
from passport.forms_desk import DoorForm
from passport.forms_families import FactForm
from passport.models import Code, Learner

CODE, NEXT, CHOSEN, NAMES = "door.code", "door.next", "door.chosen", "door.names"


@public
@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The one door: a phone or an e-mail. The answer is the same whether or not we know it."""
    if "next" in request.GET:
        request.session[NEXT] = _safe(request.GET["next"])
    if request.user.is_authenticated:
        return redirect(next_of(request))
    held = codes.held(code_id=request.session.get(CODE, ""), now=timezone.now())
    common = shared.chosen(request)
    kept = held.value if held and not common else ""  # a shared device tells nobody's address
    form = DoorForm(request.POST or None, initial={"address": kept, "shared": common})
    refusal: BadAward | PassportError | None = None
    if request.method == "POST" and form.is_valid():
        shared.choose(request, shared=form.cleaned_data["shared"])
        try:
            ask_for_code(request, form.cleaned_data["address"])
        except (BadAward, PassportError) as error:
            refusal = error
            complain(form, error)
        else:
            return redirect("account_code")
    context = {"form": form, "device_is_shared": shared.device_is_shared(request)}
    return told_to_wait(render(request, "account/login.html", context), refusal)


def told_to_wait(page: HttpResponse, refusal: BadAward | PassportError | None) -> HttpResponse:
    """The page; where it is a matter of waiting, with how long (RFC 9110, section 10.2.3)."""
    wait = getattr(refusal, "wait", None)
    if refusal is not None and wait is not None:
        page.status_code = refusal.status
        page["Retry-After"] = str(wait)
    return page


def ask_for_code(request: HttpRequest, address: str) -> None:
    """Send a code there; this browser waits for it. Raises BadAward, PassportError."""
    code = codes.ask(
        address=address,
        language=get_language() or "fr",
        place=get_ip(request),
        held=request.session.get(CODE, ""),
        now=timezone.now(),
    )
    request.session[CODE] = code.pk


@public
@never_cache
@require_http_methods(["GET", "POST"])
def enter_code(request: HttpRequest) -> HttpResponse:
    """The code that was sent; then her passport, a choice of passports, or a new one."""
    held = codes.held(code_id=request.session.get(CODE, ""), now=timezone.now())
    if held is None:
        return redirect("account_login")
    if held.proved_at:
        return _lead_on(request, held)
    again = request.POST.get("act") == "again"
    form = CodeForm(request.POST if request.method == "POST" and not again else None)
    refusal: PassportError | None = None
    if request.method == "POST":
        try:
            if again:
                return _send_again(request, held)
            if form.is_valid():
                typed = form.cleaned_data["code"]
                return _lead_on(request, codes.check(code_id=held.pk, typed=typed, now=timezone.now()))
        except PassportError as error:
            refusal = error
            if again:
                messages.warning(request, str(error.message))
            else:
                complain(form, error)
    page = render(request, "account/code.html", {"form": form, "sent_to": held, "demo": settings.DEMO})
    return told_to_wait(page, refusal)


def _send_again(request: HttpRequest, held: Code) -> HttpResponse:
    code = codes.ask_again(
        held=held.pk, language=get_language() or "fr", place=get_ip(request), now=timezone.now()
    )
    request.session[CODE] = code.pk
    messages.info(request, _("A new code is on its way. The one before no longer counts."))
    return redirect("account_code")


def _lead_on(request: HttpRequest, code: Code) -> HttpResponse:
    """Where a typed code leads: into the one passport of its address, to a choice, to a new passport."""
    if isinstance(request.user, Learner):
        accounts.add_address(learner=request.user, code=code, now=timezone.now())
        return redirect("me-settings")
    people = accounts.passports_of(kind=code.kind, value=code.value)
    if len(people) == 1 and not recognising.asks(learner=people[0], code=code, now=timezone.now()):
        return _come_in(request, code, people[0])
    if not people and (names := request.session.pop(NAMES, None)):
        return _open(request, code, names)
    return redirect("account_choose" if people else "account_open")


def _open(request: HttpRequest, code: Code, names: dict[str, Any]) -> HttpResponse:
    """The passport of somebody who said who she is before she gave her phone."""
    try:
        learner = accounts.open_passport(**names, code=code, now=timezone.now())
    except (BadAward, PassportError):
        return redirect("account_open")
    response = enter(request, learner)
    keep_language(response, learner.language)
    return response


def _come_in(request: HttpRequest, code: Code, learner: Learner) -> HttpResponse:
    request.session.pop(CHOSEN, None)
    accounts.come_in(code=code, learner=learner, now=timezone.now())
    return enter(request, learner)


def enter(request: HttpRequest, learner: Learner, *, method: str = "code") -> HttpResponse:
    """She has proved who she is, by this method: the session is hers."""
    request.session.pop(CODE, None)
    response: HttpResponse = perform_login(
        request, learner, email_verification="none", redirect_url=next_of(request)
    )
    if request.user.is_authenticated:
        record_authentication(request, request.user, method=method)
        for sentence in handover.news_for(learner=learner, now=timezone.now()):
            messages.info(request, sentence)
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:  # what she chose on this device stays
        keep_language(response, learner.language)
    return response


@public
@never_cache
@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """Several people proved this address, or one long ago: whose passport?"""
    code = codes.proved(code_id=request.session.get(CODE, ""), now=timezone.now())
    if code is None or request.user.is_authenticated:
        return redirect("account_login")
    people = accounts.passports_of(kind=code.kind, value=code.value)
    now = timezone.now()
    chosen = next((p for p in people if str(p.pk) == request.POST.get("passport")), None)
    if chosen:
        shared.choose(request, shared="shared" in request.POST)
    if chosen and not recognising.asks(learner=chosen, code=code, now=now):
        return _come_in(request, code, chosen)
    if chosen:
        request.session[CHOSEN] = chosen.pk
        return redirect("account_recognise")
    return render(
        request,
        "account/choose.html",
        {
            "people": [recognising.shown(p, code=code, now=now) for p in people],
            "sent_to": code,
            "shared": shared.chosen(request),
        },
    )


@public
@never_cache
@require_http_methods(["GET", "POST"])
def recognise(request: HttpRequest) -> HttpResponse:
    """One thing more from whoever comes in by an address that nobody proved for a year."""
    code = codes.proved(code_id=request.session.get(CODE, ""), now=timezone.now())
    learner = Learner.objects.filter(pk=request.session.get(CHOSEN, 0), is_active=True).first()
    if code is None or learner is None or request.user.is_authenticated:
        return redirect("account_login")
    form = FactForm(request.POST or None)
    refusal: PassportError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            recognising.require(learner=learner, code=code, fact=form.cleaned_data["fact"])
        except PassportError as error:
            refusal = error
            complain(form, error)
        else:
            return _come_in(request, code, learner)
    page = render(
        request,
        "account/recognise.html",
        {
            "form": form,
            "person": recognising.shown(learner, code=code, now=timezone.now()),
            "several": len(accounts.passports_of(kind=code.kind, value=code.value)) > 1,
        },
    )
    if refusal is not None and refusal.status == DoubtedTooOften.status:
        page.status_code = refusal.status
    return page


@public
@never_cache
@require_http_methods(["GET", "POST"])
def open_passport(request: HttpRequest) -> HttpResponse:
    """A name, and the passport is there."""
    code = codes.proved(code_id=request.session.get(CODE, ""), now=timezone.now())
    if code is None or request.user.is_authenticated:
        return redirect("account_login")
    form = OpeningForm(request.POST or None, initial={"language": get_language() or "fr"})
    if request.method == "POST" and form.is_valid():
        try:
            learner = accounts.open_passport(**form.cleaned_data, code=code, now=timezone.now())
        except (BadAward, PassportError) as error:
            complain(form, error)
        else:
            if families.is_minor(learner, timezone.now()):  # whom does she ask?
                request.session[NEXT] = reverse("me-family")
            response = enter(request, learner)
            keep_language(response, learner.language)
            return response
    return render(request, "account/open.html", {"form": form, "consent": consents.TEXTS["passport"][1]})


def keep_language(response: HttpResponse, language: str) -> None:
    """From the next page on this browser reads this language."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        samesite="Lax",
        secure=settings.SECURE,
        httponly=True,
    )


def next_of(request: HttpRequest) -> str:
    """Where she was going when the door stopped her."""
    return str(request.session.get(NEXT, "/me/"))


def _safe(target: str) -> str:
    sound = url_has_allowed_host_and_scheme(target, allowed_hosts=None) and target.startswith("/")
    return target if sound else "/me/"
