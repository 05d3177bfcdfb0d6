"""The family's room: a child's passport, a minor's request, yes and no, acting for one, a clerk's links."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from credentials.errors import BadAward
from issuers.access import signed_in
from issuers.models import Issuer
from passport import acting, asking, consents, families, handover
from passport.acting import acting_of, assisted, learner_of
from passport.errors import NotYourPassport, PassportError
from passport.forms import complain
from passport.forms_families import AnswerForm, AskForm, ChildForm, EndForm, LinkForm
from passport.models import Consent, Guardianship, Learner

from .door import told_to_wait


@assisted
@signed_in
@require_safe
def family(request: HttpRequest) -> HttpResponse:
    """For whom she answers, who answers for her, and what waits for a word."""
    return _page(request, learner_of(request))


def _page(request: HttpRequest, learner: Learner, **forms: Any) -> HttpResponse:
    now, open_one = timezone.now(), acting_of(request)
    minor = families.is_minor(learner, now)
    asked = asking.requests_to(learner=learner, now=now) if open_one is None else []
    context = {
        "learner": learner,
        "minor": minor,
        "clerk": open_one is not None and open_one.house is not None,
        "herself": open_one is None,
        "wards": [_ward(one, now) for one in families.wards_of(learner)],
        "guardians": families.guardians_of(learner),
        "ended": families.ended_of(learner),
        "asked": [(one, AnswerForm(guardian=learner, auto_id=f"{one.pk}_%s")) for one in asked],
        "asking": asking.requests_of(ward=learner, now=now),
        "says": _says(learner, now) if families.assents(learner, now) else [],
        "may_share": families.may_share(learner, now),
        "ask_form": AskForm() if minor else None,
        "link_form": LinkForm(),
        "end_form": EndForm(auto_id="end_%s"),
    }
    return render(request, "passport/family.html", context | forms)


def _ward(one: Guardianship, now: Any) -> dict[str, Any]:
    """A minor as her guardian sees her: what is agreed, and what she says to it herself."""
    return {
        "link": one,
        "agreed": families.guardian_agrees(one.ward),
        "assents": families.assents(one.ward, now),
        "says": families.said(one.ward, families.SHOWING),
        "may_share": families.may_share(one.ward, now),
    }


def _says(learner: Learner, now: Any) -> list[dict[str, Any]]:
    """What a minor is asked herself: the words, what her guardian said, what she said last."""
    given = set(families.asked_to_say(learner))
    rows = []
    for purpose in (families.PASSPORT, families.SHOWING):
        answer = families.said(learner, purpose)
        if purpose in given or answer is not None:
            rows.append({"purpose": purpose, "text": consents.TEXTS[purpose][1], "said": answer})
    return rows


@assisted
@signed_in
@require_http_methods(["GET", "POST"])
def new_child(request: HttpRequest) -> HttpResponse:
    """A guardian opens a passport for her child; at a desk a clerk does it for her."""
    guardian, open_one = learner_of(request), acting_of(request)
    form = ChildForm(
        request.POST or None,
        guardian=guardian,
        initial={"language": guardian.language, "address_id": _first_address(guardian)},
    )
    if request.method == "POST" and form.is_valid():
        given = {"own_birth_year": None} | form.cleaned_data
        house = open_one.house if open_one else None
        by = open_one.by if open_one and house else None
        try:
            families.open_for_child(guardian=guardian, **given, by=by, house=house, now=timezone.now())
        except (BadAward, PassportError) as error:
            complain(form, error)
        else:
            messages.info(request, _("The passport is open. You answer for it until the child is 18."))
            return redirect("me-family")
    return render(request, "passport/family_new.html", {"form": form})


def _first_address(guardian: Learner) -> int | None:
    return guardian.addresses.filter(verified_at__isnull=False).values_list("pk", flat=True).first()


@signed_in
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """A minor names her guardian's phone or e-mail; a message goes there."""
    learner, form = learner_of(request), AskForm(request.POST)
    refusal: BadAward | PassportError | None = None
    if form.is_valid():
        try:
            asked = asking.ask(ward=learner, address=form.cleaned_data["address"], now=timezone.now())
        except (BadAward, PassportError) as error:
            refusal = error
            complain(form, error)
        else:
            if handover.tell_guardian(asked=asked):
                messages.info(request, _("A message is on its way. It holds for 30 days."))
            else:
                messages.warning(request, _("The message could not be sent. Tell your guardian yourself."))
            return redirect("me-family")
    return told_to_wait(_page(request, learner, ask_form=form), refusal)


@signed_in
@require_POST
def answer(request: HttpRequest, request_id: str) -> HttpResponse:
    """An adult says yes or no to a minor who asks her."""
    learner, now = learner_of(request), timezone.now()
    asked = asking.requests_to(learner=learner, now=now)
    if request_id not in {one.pk for one in asked}:
        raise NotYourPassport
    yes = request.POST.get("answer") == "yes"
    form = AnswerForm(request.POST, guardian=learner, auto_id=f"{request_id}_%s")
    if form.is_valid() or not yes:
        given = {"own_birth_year": None, "relationship": ""} | form.cleaned_data
        try:
            asking.answer(learner=learner, request_id=request_id, yes=yes, **given, now=now)
        except PassportError as error:
            complain(form, error)
        else:
            said = _("You answer for this young person now.") if yes else _("Thank you. You do not answer.")
            messages.info(request, said)
            return redirect("me-family")
    rows = [
        (one, form if one.pk == request_id else AnswerForm(guardian=learner, auto_id=f"{one.pk}_%s"))
        for one in asked
    ]
    return _page(request, learner, asked=rows)


@signed_in
@require_POST
def say(request: HttpRequest) -> HttpResponse:
    """A minor of 12 or more says yes or no herself."""
    purpose = request.POST.get("purpose", "")
    if purpose not in (Consent.Purpose.PASSPORT, Consent.Purpose.SHOWING):
        raise NotYourPassport
    families.say(
        learner=learner_of(request),
        purpose=purpose,
        yes=request.POST.get("answer") == "yes",
        language=(get_language() or "fr")[:2],
        now=timezone.now(),
    )
    messages.info(request, _("Kept. It holds from now on."))
    return redirect("me-family")


@signed_in
@require_POST
def act(request: HttpRequest, guardianship_id: int) -> HttpResponse:
    """A guardian opens the passport of a minor for whom she answers."""
    link = families.wardship_of(guardian=learner_of(request), guardianship_id=guardianship_id)
    acting.begin(request, learner=link.ward, role="guardian", now=timezone.now())
    return redirect("me")


@signed_in
@require_POST
def sharing(request: HttpRequest, guardianship_id: int) -> HttpResponse:
    """A guardian agrees that the minor shares, or takes it back."""
    link = families.wardship_of(guardian=learner_of(request), guardianship_id=guardianship_id)
    if request.POST.get("answer") == "yes":
        families.allow_sharing(wardship=link, now=timezone.now())
    else:
        families.stop_sharing(wardship=link, now=timezone.now())
    messages.info(request, _("Kept. It holds from now on."))
    return redirect("me-family")


# -- At a desk ------------------------------------------------------------------------------------
def _clerk(request: HttpRequest) -> tuple[Learner, Issuer]:
    """The clerk who acts here, and where. Raises NotYourPassport for everybody else."""
    open_one = acting_of(request)
    if open_one is None or open_one.house is None:
        raise NotYourPassport
    return open_one.by, open_one.house


@assisted
@require_POST
@signed_in
def link(request: HttpRequest) -> HttpResponse:
    """A clerk who sees both links the guardian whose passport is open with a child."""
    (by, house), form = _clerk(request), LinkForm(request.POST)
    guardian = learner_of(request)
    if form.is_valid():
        try:
            families.link_at_desk(
                guardian=guardian,
                number=form.cleaned_data["number"],
                relationship=form.cleaned_data["relationship"],
                by=by,
                house=house,
                now=timezone.now(),
            )
        except PassportError as error:
            complain(form, error)
        else:
            messages.info(request, _("They are linked."))
            return redirect("me-family")
    return _page(request, guardian, link_form=form)


@assisted
@require_POST
@signed_in
def end(request: HttpRequest, guardianship_id: int) -> HttpResponse:
    """A clerk ends a guardianship of the passport that is open."""
    (by, house), form = _clerk(request), EndForm(request.POST, auto_id="end_%s")
    learner = learner_of(request)
    mine = {one.pk: one for one in (*families.wards_of(learner), *families.guardians_of(learner))}
    if guardianship_id not in mine:
        raise NotYourPassport
    if form.is_valid():
        handover.end(
            guardianship=mine[guardianship_id],
            reason=form.cleaned_data["reason"],
            by=by,
            house=house,
            now=timezone.now(),
        )
        messages.info(request, _("It has ended."))
        return redirect("me-family")
    return _page(request, learner, end_form=form)
