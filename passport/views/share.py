"""Sharing, in the learner's room: her links, a new one, one of them, her public page, her wall of badges."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from credentials.qr import qr_svg
from issuers.access import signed_in
from passport import consents, evidence, sharing, showing
from passport.acting import acting_of, assisted, learner_of
from passport.errors import AssentNeeded, GuardianNeeded, PassportError
from passport.forms import complain
from passport.forms_sharing import EntriesForm, ExtendForm, ShareForm
from passport.models import Consent, Learner, Presentation
from passport.sharing import CERTIFICATE, IMPORTED, Choosable, Desk, Kind


@assisted
@signed_in
@require_safe
def shelf(request: HttpRequest) -> HttpResponse:
    """Her links and what became of them."""
    learner, now = learner_of(request), timezone.now()
    shares = sharing.of(learner=learner, now=now)
    return render(
        request,
        "passport/share.html",
        {
            "shares": [share for share in shares if share.presentation.kind == Kind.CHOSEN],
            "page": next((s for s in shares if s.presentation.kind == Kind.PAGE and s.state == "open"), None),
            "refusal": _refusal(learner, now=now),
        },
    )


def _refusal(learner: Learner, *, now: datetime) -> str:
    try:
        sharing.require_may_share(learner=learner, now=now)
    except (GuardianNeeded, AssentNeeded) as refusal:
        return str(refusal.message)
    return ""


@assisted
@signed_in
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose, look at it as the other will, share."""
    learner = learner_of(request)
    there = sharing.choosable(learner=learner)
    chosen = [sharing.key_of(entry) for entry in sharing.holding_now(there=there, now=timezone.now())]
    if one := request.GET.get("c"):
        chosen = [f"{CERTIFICATE}:{one}"]
    elif one := request.GET.get("i"):
        chosen = [f"{IMPORTED}:{one}"]
    form = ShareForm(request.POST or None, there=there, learner=learner, initial={"entries": chosen})
    return _choose(request, learner, form, there, Kind.CHOSEN)


@assisted
@signed_in
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The same for her public page."""
    learner = learner_of(request)
    there = sharing.choosable(learner=learner)
    public = [sharing.key_of(entry) for entry in there.entries if entry.credential.visibility == "public"]
    form = EntriesForm(request.POST or None, there=there, initial={"entries": public})
    return _choose(request, learner, form, there, Kind.PAGE)


def _choose(
    request: HttpRequest, learner: Learner, form: EntriesForm, there: Choosable, kind: str
) -> HttpResponse:
    now = timezone.now()
    sharing.require_may_share(learner=learner, now=now)
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("act") == "share":
                made = _make(request, learner, form, kind, now=now)
                messages.info(request, _("Shared. Show the code, or send the link."))
                return redirect("me-share-one", made.pk)
            if request.POST.get("act") == "look":
                return _preview(request, learner, form, kind, now=now)
        except PassportError as error:
            if error.status != 422:
                raise
            complain(form, error)
    context = {
        "form": form,
        "there": there,
        "chosen": set(form["entries"].value() or []),
        "public": kind == Kind.PAGE,
        "now": now,
    }
    return render(request, "passport/share_new.html", context)


def _make(
    request: HttpRequest, learner: Learner, form: EntriesForm, kind: str, *, now: datetime
) -> Presentation:
    given, language = form.cleaned_data, _language()
    if kind == Kind.PAGE:
        return sharing.open_page(
            learner=learner, keys=given["entries"], language=language, now=now, desk=_desk(request)
        )
    return sharing.make(
        learner=learner,
        keys=given["entries"],
        detail=form.detail(),
        days=int(given["days"]),
        title=given["title"],
        language=language,
        now=now,
        desk=_desk(request),
    )


def _preview(
    request: HttpRequest, learner: Learner, form: EntriesForm, kind: str, *, now: datetime
) -> HttpResponse:
    days = int(form.cleaned_data.get("days", 0))
    shared = showing.preview(
        learner=learner,
        chosen=sharing.chosen_of(learner=learner, keys=form.cleaned_data["entries"], kind=kind),
        detail=form.detail(),
        kind=kind,
        expires_at=now + timedelta(days=days) if days else None,
        now=now,
    )
    words = ""
    if not consents.holds(learner=learner, purpose=Consent.Purpose.SHOWING):
        words = str(consents.TEXTS[Consent.Purpose.SHOWING][1])
    return render(request, "passport/share_preview.html", {"form": form, "shared": shared, "words": words})


def _desk(request: HttpRequest) -> Desk | None:
    """Who does it for her, if somebody does."""
    acting = acting_of(request)
    if acting is None:
        return None
    channel = Consent.Channel.DESK if acting.house else Consent.Channel.SELF
    return Desk(by=acting.by, channel=channel.value, house=acting.house)


def _language() -> str:
    return (get_language() or "fr")[:2]


@assisted
@signed_in
@require_safe
def one(request: HttpRequest, presentation_id: str) -> HttpResponse:
    """One link: its code, its openings, what the other sees."""
    presentation = sharing.one_of(learner=learner_of(request), presentation_id=presentation_id)
    now = timezone.now()
    state = sharing.state_of(presentation, now=now)
    context: dict[str, Any] = {"presentation": presentation, "state": state, "extend": ExtendForm()}
    if state == "open":
        link = sharing.link_of(presentation)
        said = _("My certificates, to be checked by yourself: %(link)s") % {"link": link}
        context |= {
            "link": link,
            "qr": SafeString(qr_svg(link, title=_("QR code of what you share"))),
            "whatsapp": f"https://wa.me/?text={quote(said)}",
            "sms": f"sms:?&body={quote(said)}",
            "mail": f"mailto:?subject={quote(_('My certificates'))}&body={quote(said)}",
            "shared": showing.of(presentation=presentation, now=now),
        }
    openings = showing.openings(presentation=presentation)
    context |= {"openings": openings, "times": sum(opening.times for opening in openings)}
    return render(request, "passport/share_one.html", context)


@assisted
@signed_in
@require_POST
def withdraw(request: HttpRequest, presentation_id: str) -> HttpResponse:
    """One tap, at once."""
    presentation = sharing.one_of(learner=learner_of(request), presentation_id=presentation_id)
    sharing.withdraw(presentation=presentation, now=timezone.now())
    messages.info(request, _("Withdrawn. The link leads nowhere from now on."))
    return redirect("me-share")


@assisted
@signed_in
@require_POST
def extend(request: HttpRequest, presentation_id: str) -> HttpResponse:
    """So many days from today on."""
    presentation = sharing.one_of(learner=learner_of(request), presentation_id=presentation_id)
    form: Form = ExtendForm(request.POST)
    if form.is_valid():
        days = int(form.cleaned_data["days"])
        sharing.extend(presentation=presentation, days=days, now=timezone.now())
        messages.info(request, _("Kept. It holds from now on."))
    else:
        messages.warning(request, _("Choose for how long from the list."))
    return redirect("me-share-one", presentation_id)


@assisted
@signed_in
@require_safe
def wall(request: HttpRequest) -> HttpResponse:
    """The badges of what holds, as a wall."""
    learner, now = learner_of(request), timezone.now()
    holds = [each for each in evidence.certificates(learner=learner, now=now) if not each.expired]
    return render(request, "passport/wall.html", {"learner": learner, "entries": holds})
