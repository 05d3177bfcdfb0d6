"""Sessions: planned, shown to the room, ticked, brought to an end; slips for those without a phone."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from credentials import achievements, calling, finishing, paperslips, results, sessions, slipsheets, teaching
from credentials.errors import CredentialsError
from credentials.forms_sessions import SeatForm, SessionForm
from credentials.models import Enrolment, Session
from issuers.access import issuers_of, member
from issuers.errors import IssuersError
from issuers.models import Membership, Role

HOLDING = ("trainer", "signer")
SEEING = ("clerk", *HOLDING)
Refused = (CredentialsError, IssuersError)
Outcome = Enrolment.Outcome


@member(*SEEING)
@require_safe
def shelf(request: HttpRequest) -> HttpResponse:
    """The provider's sessions, those to come first."""
    pages = Paginator(sessions.of_issuers(issuers=issuers_of(request)), 20)
    page = pages.get_page(request.GET.get("page"))
    return render(request, "credentials/sessions/shelf.html", {"page": page, "holds": _holds(request, None)})


@member(*HOLDING)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponseBase:
    """Plan a session."""
    courses = achievements.published_for(issuers=issuers_of(request))
    chosen = courses.filter(pk=request.GET.get("course", "")).first()
    form = SessionForm(
        request.POST if request.method == "POST" else None,
        courses=courses,
        initial={"language": _language(), "achievement": chosen},
    )
    if form.is_bound and form.is_valid():
        issuer = form.plan.achievement.issuer
        try:
            made = sessions.plan(issuer=issuer, plan=form.plan, by=request.user, now=timezone.now())
            return redirect("teach-session", made.pk)
        except Refused as refusal:
            _complain(form, refusal)
    return _page(request, "plan", {"form": form}, wrong=form.is_bound)


@member(*HOLDING)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, session_id: str) -> HttpResponseBase:
    """Another place or time."""
    session = _own(request, session_id)
    courses = achievements.published_for(issuers=[session.issuer])
    form = SessionForm.of(session, courses=courses)
    if request.method == "POST":
        form = SessionForm(request.POST, courses=courses)
        if form.is_valid():
            try:
                sessions.change(session=session, plan=form.plan)
                messages.info(request, _("Kept. It holds from now on."))
                return redirect("teach-session", session.pk)
            except Refused as refusal:
                _complain(form, refusal)
    return _page(request, "plan", {"form": form, "session": session}, wrong=form.is_bound)


@member(*SEEING)
@require_safe
def show(request: HttpRequest, session_id: str) -> HttpResponse:
    """One session: where and when, who is in it, what can be done."""
    return _show(request, _own(request, session_id), SeatForm(initial={"language": _language()}))


def _show(request: HttpRequest, session: Session, form: SeatForm) -> HttpResponse:
    now = timezone.now()
    seats = sessions.seats_of(session=session)
    here = {seat.pk for seat in seats if sessions.is_here(seat, now=now)}
    return _page(
        request,
        "session",
        {
            "session": session,
            "seats": [(seat, seat.pk in here) for seat in seats],
            "here": len(here),
            "on_paper": any(not seat.address_kind for seat in seats),
            "form": form,
            "calling": calling.is_on(session, now=now),
            "holds": _holds(request, session),
            "obstacle": teaching.obstacle(achievement=session.achievement, now=now),
        },
        wrong=form.is_bound,
    )


@member(*HOLDING)
@require_POST
def cancel(request: HttpRequest, session_id: str) -> HttpResponse:
    """Call it off."""
    sessions.cancel(session=_own(request, session_id), by=request.user, now=timezone.now())
    messages.info(request, _("The session is called off. Nobody can join it any more."))
    return redirect("teach-session", session_id)


@member(*HOLDING)
@require_POST
def end(request: HttpRequest, session_id: str) -> HttpResponse:
    """Close the roll-call, and on to who completed."""
    sessions.end(session=_own(request, session_id))
    return redirect("teach-session-finish", session_id)


# -- The room ---------------------------------------------------------------------------------------
@member(*HOLDING)
@never_cache
@require_safe
def roll(request: HttpRequest, session_id: str) -> HttpResponse:
    """The screen that the room sees; it renews itself with or without scripts."""
    session = _own(request, session_id)
    return _page(request, "roll", _screen(session))


@member(*HOLDING)
@never_cache
@require_safe
def roll_now(request: HttpRequest, session_id: str) -> HttpResponse:
    """The part of that screen that changes."""
    return _page(request, "roll_now", _screen(_own(request, session_id)))


def _screen(session: Session) -> dict[str, Any]:
    return {"session": session, "screen": calling.screen(session=session, now=timezone.now())}


@member(*HOLDING)
@require_POST
def add(request: HttpRequest, session_id: str) -> HttpResponse:
    """Write a person down, with or without a phone; whoever is written down in the room is there."""
    session, now = _own(request, session_id), timezone.now()
    form = SeatForm(request.POST)
    if form.is_valid():
        try:
            on = calling.is_on(session, now=now)
            sessions.enrol(
                session=session, person=form.person, how=Enrolment.How.TRAINER, now=now, present=on
            )
            return redirect("teach-session", session.pk)
        except Refused as refusal:
            _complain(form, refusal)
    return _show(request, session, form)


@member(*HOLDING)
@require_POST
def tick(request: HttpRequest, session_id: str) -> HttpResponse:
    """Who is here today, as the boxes say."""
    session = _own(request, session_id)
    here, shown = _numbers(request, "here"), _numbers(request, "shown")
    sessions.tick(session=session, here=here, shown=shown, now=timezone.now())
    messages.info(request, _("Kept. It holds from now on."))
    return redirect("teach-session", session_id)


@member(*HOLDING)
@require_http_methods(["GET", "HEAD", "POST"])
def seat(request: HttpRequest, session_id: str, seat: int) -> HttpResponseBase:
    """One person of it: mend the name, add a phone, take her off."""
    session = _own(request, session_id)
    found = sessions.seat_of(session=session, seat=seat)
    form = SeatForm.of(found)
    if request.method == "POST":
        if request.POST.get("act") == "remove":
            sessions.remove(seat=found)
            return redirect("teach-session", session.pk)
        form = SeatForm(request.POST)
        if form.is_valid():
            try:
                sessions.rewrite(seat=found, person=form.person)
                return redirect("teach-session", session.pk)
            except Refused as refusal:
                _complain(form, refusal)
    return _page(request, "seat", {"session": session, "seat": found, "form": form}, wrong=form.is_bound)


@member(*SEEING)
@require_POST
def print_slips(request: HttpRequest, session_id: str) -> HttpResponseBase:
    """Slips for everybody who gave no phone."""
    session, now = _own(request, session_id), timezone.now()
    made = paperslips.of_session(session=session, by=request.user, now=now)
    pdf = slipsheets.render(
        slips=made,
        achievement=session.achievement,
        group=session.group,
        place=session.place,
        on=timezone.localdate(session.starts_at),
    )
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="slips.pdf"'
    response["Cache-Control"] = "no-store"
    return response


# -- The end ----------------------------------------------------------------------------------------
@member(*HOLDING)
@require_http_methods(["GET", "HEAD", "POST"])
def finish(request: HttpRequest, session_id: str) -> HttpResponseBase:
    """Who completed it and how well, then a last look, then the certificates."""
    session, now = _own(request, session_id), timezone.now()
    if session.batch_id:
        return redirect("teach-list", session.batch_id)
    step = request.POST.get("step")
    wrong: dict[int, str] = {}
    if request.method == "POST" and step == "issue":
        try:
            batch = finishing.issue(session=session, by=request.user, now=now)
            return redirect("teach-list", batch.pk)
        except Refused as refusal:
            messages.warning(request, str(refusal.message))
    elif request.method == "POST":
        wrong = sessions.decide(session=session, said=_said(request))
    review = finishing.review(session=session, now=now)
    if request.method == "POST" and not wrong and (review.seats or step == "issue"):
        return _page(request, "review", {"session": session, "review": review}, wrong=step == "issue")
    if request.method == "POST" and not wrong:
        messages.warning(request, _("Nobody has completed it yet. Mark who did."))
    seats = [
        (each, wrong.get(each.seat, ""), request.POST.get(f"result-{each.seat}", each.result))
        for each in sessions.seats_of(session=session)
    ]
    return _page(
        request,
        "finish",
        {
            "session": session,
            "seats": seats,
            "outcomes": [(value, label) for value, label in Outcome.choices if value],
            "kind": session.achievement.results,
            "how": results.shown(session.achievement.results, _EXAMPLES.get(session.achievement.results, "")),
            "wrong": len(wrong),
        },
        wrong=bool(wrong),
    )


_EXAMPLES = {results.GRADE: "14.5", results.PERCENT: "80", results.LEVEL: "B1"}


def _said(request: HttpRequest) -> dict[int, tuple[str, str]]:
    """``{seat: (outcome, result)}`` as the form has them."""
    said = {}
    for name, value in request.POST.items():
        number = name.removeprefix("outcome-")
        if name.startswith("outcome-") and number.isascii() and number.isdigit() and len(number) <= 6:
            said[int(number)] = (str(value), str(request.POST.get(f"result-{number}", ""))[:40])
    return said


def _numbers(request: HttpRequest, name: str) -> list[int]:
    """The seats that a form names, each of at most six digits."""
    texts = request.POST.getlist(name)
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) <= 6]


def _own(request: HttpRequest, session_id: str) -> Session:
    return sessions.own(issuers=issuers_of(request), session_id=session_id)


def _holds(request: HttpRequest, session: Session | None) -> bool:
    """Whether she holds sessions there, or sees them as a clerk does."""
    held: list[Membership] = getattr(request, "memberships", [])
    return any(
        m.role in (Role.TRAINER, Role.SIGNER) and (session is None or m.issuer_id == session.issuer_id)
        for m in held
    )


def _page(request: HttpRequest, name: str, context: dict[str, Any], *, wrong: bool = False) -> HttpResponse:
    return render(request, f"credentials/sessions/{name}.html", context, status=422 if wrong else 200)


def _complain(form: Any, refusal: CredentialsError | IssuersError) -> None:
    field = getattr(refusal, "field", "")
    form.add_error(field if field in form.fields else None, str(refusal.message))


def _language() -> str:
    return (translation.get_language() or "fr")[:2]
