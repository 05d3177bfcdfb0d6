"""Joining a session from the code in the room, and taking what a slip of paper holds."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from credentials import awards, calling, paperslips
from credentials.errors import BadAward, CredentialsError
from credentials.models import PaperSlip
from credentials.people import Person
from issuers import limits
from issuers.access import public
from issuers.errors import IssuersError
from passport import joining
from passport.acting import assisted, learner_of
from passport.errors import PassportError
from passport.forms import complain
from passport.forms_joining import ComerForm, RoomCodeForm, SlipCodeForm
from passport.limits import JoinCodes, SlipCodes

from .door import NAMES, NEXT, ask_for_code, told_to_wait

TICKET, SLIP = "join.ticket", "join.slip"
HOLDS = timedelta(minutes=10)
Refused = (CredentialsError, IssuersError, PassportError)


# -- A session ----------------------------------------------------------------------------------------
@public
@never_cache
@require_safe
def scan(request: HttpRequest, roll_token: str) -> HttpResponse:
    """From the picture on the screen: this browser has ten minutes to say who it is."""
    session = calling.scanned(token=roll_token, now=timezone.now())
    _give_ticket(request, session.pk)
    return redirect("join")


@assisted
@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def seat(request: HttpRequest) -> HttpResponseBase:
    """With a ticket: who are you? Without one: which code stands on the screen?"""
    now = timezone.now()
    ticket = _ticket(request, now)
    if ticket is None or request.POST.get("step") == "code":
        return _by_code(request)
    session = calling.by_ticket(session_id=ticket["session"], now=now)
    if request.user.is_authenticated:
        learner = learner_of(request)
        if request.method == "POST" or ticket.get("wants"):
            joining.join(session_id=session.pk, learner=learner, now=now)
        mine = joining.seat_in(session=session, learner=learner)
        if mine is not None:
            ticket["wants"] = False
            request.session[TICKET] = ticket
        return _page(request, "join", {"session": session, "learner": learner, "seat": mine})
    if name := ticket.get("name"):
        return _page(request, "join", {"session": session, "by_name": name})
    form = ComerForm(request.POST if request.method == "POST" else None)
    refusal: Any = None
    if form.is_bound and form.is_valid():
        try:
            return _come(request, ticket, form.cleaned_data, now)
        except Refused as error:
            refusal = error
            complain(form, error)
    page = _page(request, "join", {"session": session, "form": form}, status=422 if form.is_bound else 200)
    return told_to_wait(page, refusal)


def _come(request: HttpRequest, ticket: dict[str, Any], typed: dict[str, str], now: datetime) -> HttpResponse:
    """With a phone: its code, then her passport; without: a seat by name."""
    names = {"name_latin": typed["name_latin"], "name_arabic": typed["name_arabic"]}
    language = get_language() or "fr"
    awards.clean_person(Person(**names, language=language))
    if typed["address"]:
        ask_for_code(request, typed["address"])
        request.session[NEXT], request.session[NAMES] = "/join/", names | {"language": language}
        request.session[TICKET] = ticket | {"wants": True}
        return redirect("account_code")
    made = joining.join_by_name(session_id=ticket["session"], **names, language=language, now=now)
    request.session[TICKET] = ticket | {"name": made.name_latin or made.name_arabic}
    return redirect("join")


def _by_code(request: HttpRequest) -> HttpResponse:
    form = RoomCodeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            limits.require(request, JoinCodes())
            session = calling.typed(text=form.cleaned_data["code"], now=timezone.now())
        except Refused as error:
            form.add_error("code", str(error.message))
            return told_to_wait(_page(request, "join_code", {"form": form}, status=422), _waits(error))
        _give_ticket(request, session.pk)
        return redirect("join")
    return _page(request, "join_code", {"form": form}, status=422 if form.is_bound else 200)


def _waits(error: Any) -> Any:
    return error if getattr(error, "wait", None) is not None else None


def _give_ticket(request: HttpRequest, session_id: str) -> None:
    until = timezone.now() + HOLDS
    request.session[TICKET] = {"session": session_id, "until": until.isoformat()}


def _ticket(request: HttpRequest, now: datetime) -> dict[str, Any] | None:
    kept: dict[str, Any] | None = request.session.get(TICKET)
    if kept is None or now >= datetime.fromisoformat(kept["until"]):
        return None
    return kept


# -- A slip -------------------------------------------------------------------------------------------
@public
@never_cache
@require_safe
def slip_scanned(request: HttpRequest, slip_code: str) -> HttpResponse:
    """From the picture on a slip: the code leaves the address, and this browser keeps it."""
    if not paperslips.is_whole(slip_code):  # what is in the picture is too long to be guessed
        limits.require(request, SlipCodes())
    paperslips.find(text=slip_code)
    request.session[SLIP] = slip_code
    return redirect("slip")


@assisted
@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def slip(request: HttpRequest) -> HttpResponseBase:
    """What the slip holds, and into whose passport it goes."""
    typed = request.POST.get("step") == "code"
    kept = request.session.get(SLIP, "")
    if typed or not kept:
        return _slip_by_code(request)
    try:
        found = paperslips.find(text=kept)
    except CredentialsError:
        del request.session[SLIP]
        raise
    if not request.user.is_authenticated:
        return _slip_stranger(request, found)
    learner = learner_of(request)
    refusal = ""
    if request.method == "POST":
        try:
            credential = joining.take_slip(slip=found, learner=learner, now=timezone.now())
        except (CredentialsError, PassportError) as error:
            refusal = str(error.message)
        else:
            del request.session[SLIP]
            return redirect("me-entry", credential.pk) if credential else redirect("me")
    return _page(
        request, "slip", _of(found) | {"learner": learner, "refusal": refusal}, status=409 if refusal else 200
    )


def _slip_stranger(request: HttpRequest, found: PaperSlip) -> HttpResponseBase:
    """Whoever is not signed in gives a phone; her name stands on the slip."""
    form = ComerForm(request.POST if request.method == "POST" else None, initial=_names(found))
    refusal: Any = None
    if form.is_bound and form.is_valid():
        typed = form.cleaned_data
        names = {"name_latin": typed["name_latin"], "name_arabic": typed["name_arabic"]}
        language = get_language() or "fr"
        try:
            awards.clean_person(Person(**names, language=language))
            ask_for_code(request, typed["address"])
        except (BadAward, PassportError) as error:
            refusal = error
            complain(form, error)
        else:
            request.session[NEXT], request.session[NAMES] = "/slip/", names | {"language": language}
            return redirect("account_code")
    page = _page(request, "slip", _of(found) | {"form": form}, status=422 if form.is_bound else 200)
    return told_to_wait(page, refusal)


def _names(found: PaperSlip) -> dict[str, str]:
    person = found.enrolment or found.credential
    return {"name_latin": person.name_latin, "name_arabic": person.name_arabic} if person else {}


def _of(found: PaperSlip) -> dict[str, Any]:
    session = found.enrolment.session if found.enrolment else None
    about = session or found.credential
    return {
        "achievement": about.achievement if about else None,
        "session": session,
        "used": found.used_at is not None,
    }


def _slip_by_code(request: HttpRequest) -> HttpResponse:
    form = SlipCodeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            limits.require(request, SlipCodes())
            paperslips.find(text=form.cleaned_data["code"])
        except Refused as error:
            form.add_error("code", str(error.message))
            return told_to_wait(_page(request, "slip_code", {"form": form}, status=422), _waits(error))
        request.session[SLIP] = form.cleaned_data["code"]
        return redirect("slip")
    return _page(request, "slip_code", {"form": form}, status=422 if form.is_bound else 200)


def _page(request: HttpRequest, name: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return render(request, f"passport/joining/{name}.html", context, status=status)
