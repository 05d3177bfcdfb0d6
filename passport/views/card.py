"""Coming in with a paper card: its QR code or its number, and the PIN."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from issuers import limits
from issuers.access import has_second_factor, public
from issuers.models import Membership, Role
from passport import cards, shared
from passport.errors import CardReplaced, PassportError
from passport.forms import complain
from passport.forms_desk import SharedCardForm, SharedPinForm
from passport.models import Learner

from . import standing
from .door import enter, told_to_wait

CARD = "door.card"


class Cards(limits.PerPlace):
    """PINs tried from one place, whatever cards they are for."""

    scope = "card"


@public
@never_cache
@require_safe
def scanned(request: HttpRequest, secret: str) -> HttpResponse:
    """Where the card's QR code leads: to its PIN; for a clerk, to the person who shows it."""
    limits.require(request, Cards())
    card = cards.scanned(secret=secret)
    if _clerk(request):
        standing.step_up(request, text=request.build_absolute_uri(), now=timezone.now())
        return redirect("desk-person")
    request.session[CARD] = card.pk
    return redirect("account_card")


def _clerk(request: HttpRequest) -> bool:
    held = Membership.objects.filter(person_id=request.user.pk or 0, role=Role.CLERK, issuer__isnull=False)
    return held.exists() and has_second_factor(request)


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The PIN of the scanned card; or the number and the PIN."""
    if request.user.is_authenticated:
        return redirect("me")
    if request.GET.get("other"):
        request.session.pop(CARD, None)
        return redirect("account_card")
    card = cards.living(card_id=request.session.get(CARD, ""))
    kind = SharedPinForm if card else SharedCardForm
    form = kind(request.POST if request.method == "POST" else None)
    refusal: PassportError | None = None
    if form.is_bound and form.is_valid():
        limits.require(request, Cards())
        pin, now = form.cleaned_data["pin"], timezone.now()
        try:
            if card:
                held = cards.check(card=card, pin=pin, now=now)
            else:
                held = cards.check_number(number=form.cleaned_data["number"], pin=pin, now=now)
        except CardReplaced as error:
            request.session.pop(CARD, None)
            messages.warning(request, str(error.message))
            return redirect("account_card")
        except PassportError as error:
            refusal = error
            complain(form, error)
        else:
            return _come_in(request, held.learner, forget=form.cleaned_data["shared"])
    page = render(request, "account/card.html", {"form": form, "card": card})
    return told_to_wait(page, refusal)


def _come_in(request: HttpRequest, learner: Learner, *, forget: bool) -> HttpResponse:
    request.session.pop(CARD, None)
    shared.choose(request, shared=forget)
    messages.info(request, _("You are in. Sign out when you leave."))
    return enter(request, learner, method="card")
