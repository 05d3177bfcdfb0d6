"""The learner's room: one certificate, questions, settings."""

from django.conf import settings
from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from credentials import badges, europass, paper, reading, securing
from credentials.errors import BadAward
from credentials.qr import qr_svg
from credentials.views.files import badge_file, european_file, json_file, jwt_file, pdf_file
from issuers.access import signed_in
from passport import (
    accounts,
    consents,
    declaring,
    endorsed,
    filing,
    holding,
    importing,
    pathways,
    secondfactors,
    shared,
)
from passport.acting import acting_of, assisted, learner_of, stop
from passport.errors import LastAddress, PassportError
from passport.forms import AddressForm, NameForm, VisibilityForm, complain
from passport.forms_families import AboutForm
from passport.models import Address, Consent, Proposal

from .door import ask_for_code, keep_language, told_to_wait


@assisted
@signed_in
@require_http_methods(["GET", "POST"])
def certificate(request: HttpRequest, credential_id: str) -> HttpResponse:
    """One certificate, and who may see its page."""
    learner = learner_of(request)
    entry = holding.entry_of(learner=learner, credential_id=credential_id)
    form = VisibilityForm(
        request.POST or None,
        initial={"visibility": entry.credential.visibility},
        offered=holding.visibilities(learner=learner),
    )
    if request.method == "POST" and form.is_valid():
        holding.set_visibility(entry=entry, visibility=form.cleaned_data["visibility"])
        messages.info(request, _("Kept. It holds from now on."))
        return redirect("me-entry", credential_id)
    text = reading.qr_text(entry.credential)
    achievement = entry.credential.achievement
    arabic = (get_language() or "").startswith("ar")
    other_title = achievement.title_fr if arabic else achievement.title_ar
    return render(
        request,
        "passport/certificate.html",
        {
            "entry": entry,
            "credential": entry.credential,
            "achievement": achievement,
            "other_title": other_title if other_title != achievement.title else "",
            "other_language": "fr" if arabic else "ar",
            "successor": holding.successor_of(entry=entry),
            "form": form,
            "endorsements": endorsed.of(entry=entry),
            "qr": SafeString(qr_svg(text, title=_("QR code of this certificate"))),
            "link": f"{settings.BASE_URL}{reverse('credential', args=[credential_id])}",
            "code": paper.group_code(entry.credential.short_code),
            "leads": pathways.leads_of(achievement=achievement),
            "now": timezone.now(),
        },
    )


@assisted
@signed_in
@require_safe
def certificate_jwt(request: HttpRequest, credential_id: str) -> HttpResponse:
    """Her own signed file, whatever its visibility."""
    return jwt_file(holding.entry_of(learner=learner_of(request), credential_id=credential_id).credential.jwt)


@assisted
@signed_in
@require_safe
def certificate_json(request: HttpRequest, credential_id: str) -> HttpResponse:
    """The same with an embedded proof."""
    credential = holding.entry_of(learner=learner_of(request), credential_id=credential_id).credential
    return json_file(request, securing.obtain(credential=credential, now=timezone.now()))


@assisted
@signed_in
@require_safe
def certificate_badge(request: HttpRequest, credential_id: str, form: str) -> HttpResponse:
    """The same within a picture, for other passports and for posting."""
    credential = holding.entry_of(learner=learner_of(request), credential_id=credential_id).credential
    return badge_file(
        request, badges.baked(credential=credential, kind=form, now=timezone.now()), credential, form
    )


@assisted
@signed_in
@require_safe
def certificate_european(request: HttpRequest, credential_id: str) -> HttpResponse:
    """The same in the European Learning Model, unsigned."""
    credential = holding.entry_of(learner=learner_of(request), credential_id=credential_id).credential
    return european_file(europass.exported(credential=credential))


@assisted
@signed_in
@require_safe
def certificate_pdf(request: HttpRequest, credential_id: str) -> HttpResponse:
    """Her own certificate on paper, whatever its visibility."""
    credential = holding.entry_of(learner=learner_of(request), credential_id=credential_id).credential
    return pdf_file(reading.pdf(credential), credential.short_code)


@assisted
@signed_in
@require_safe
def certificate_card(request: HttpRequest, credential_id: str) -> HttpResponse:
    """The same on a card for her wallet."""
    credential = holding.entry_of(learner=learner_of(request), credential_id=credential_id).credential
    return pdf_file(reading.card(credential), credential.short_code, kind="card")


@assisted
@signed_in
@require_POST
def hide(request: HttpRequest, credential_id: str) -> HttpResponse:
    """Take it off the timeline, or put it back."""
    entry = holding.entry_of(learner=learner_of(request), credential_id=credential_id)
    if entry.hidden_at:
        holding.show(entry=entry)
        messages.info(request, _("It is back in your passport."))
    else:
        holding.hide(entry=entry, now=timezone.now())
        messages.info(request, _("It is hidden. You find it again under Settings."))
    return redirect("me")


@assisted
@signed_in
@require_POST
def answer(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Is this certificate yours?"""
    proposal = filing.proposal_of(learner=learner_of(request), proposal_id=proposal_id)
    said = request.POST.get("answer")
    if said == Proposal.Answer.MINE:
        filing.confirm(proposal=proposal, now=timezone.now())
        messages.info(request, _("It is in your passport now."))
    elif said == Proposal.Answer.NOT_MINE:
        filing.decline(proposal=proposal, now=timezone.now())
        messages.info(request, _("Thank you. It stays out of your passport."))
    return redirect("me")


@signed_in
@require_http_methods(["GET", "POST"])
def settings_page(request: HttpRequest) -> HttpResponse:
    """Her names, her language, her addresses, her second steps."""
    learner = learner_of(request)
    adding = request.POST.get("act") == "address"
    name_form = NameForm(
        request.POST if request.method == "POST" and not adding else None,
        initial={
            "name_latin": learner.name_latin,
            "name_arabic": learner.name_arabic,
            "language": learner.language,
        },
    )
    address_form = AddressForm(request.POST if adding else None)
    form = address_form if adding else name_form
    refusal: BadAward | PassportError | None = None
    if form.is_bound and form.is_valid():
        try:
            return _add_address(request, form) if adding else _rename(request, form)
        except (BadAward, PassportError) as error:
            refusal = error
            complain(form, error)
    page = render(
        request,
        "passport/settings.html",
        {
            "learner": learner,
            "name_form": name_form,
            "address_form": address_form,
            "addresses": Address.objects.filter(learner=learner),
            "factors": secondfactors.of(learner),
            "asked": secondfactors.asked(learner),
            "staff": secondfactors.needed(learner),
            "forgets": shared.forgets(request),
            "hidden": holding.hidden(learner=learner),
            "hidden_declared": declaring.hidden(learner=learner),
            "hidden_imports": importing.hidden(learner=learner),
        },
    )
    return told_to_wait(page, refusal)


def _add_address(request: HttpRequest, form: Form) -> HttpResponse:
    ask_for_code(request, form.cleaned_data["address"])
    return redirect("account_code")


def _rename(request: HttpRequest, form: Form) -> HttpResponse:
    accounts.rename(learner=learner_of(request), **form.cleaned_data)
    language = form.cleaned_data["language"]
    with override(language):  # the next page is in the language that she has just chosen
        messages.info(request, _("Kept. It holds from now on."))
    response = redirect("me-settings")
    keep_language(response, language)
    return response


@signed_in
@require_POST
def forget_address(request: HttpRequest, address_id: int) -> HttpResponse:
    """Take an address off."""
    try:
        accounts.forget_address(learner=learner_of(request), address_id=address_id)
    except LastAddress as error:
        messages.warning(request, str(error.message))
    return redirect("me-settings")


@signed_in
@require_POST
def primary_address(request: HttpRequest, address_id: int) -> HttpResponse:
    """Messages of this kind go there from now on."""
    accounts.set_primary(learner=learner_of(request), address_id=address_id)
    messages.info(request, _("Kept. It holds from now on."))
    return redirect("me-settings")


@signed_in
@require_http_methods(["GET", "POST"])
def about(request: HttpRequest) -> HttpResponse:
    """What she tells about herself, if she likes: year of birth, gender, district."""
    learner = learner_of(request)
    form = AboutForm(
        request.POST or None,
        initial={
            "birth_year": learner.birth_year,
            "gender": learner.gender,
            "arrondissement": learner.arrondissement_id,
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            accounts.describe(learner=learner, **form.cleaned_data, now=timezone.now())
        except PassportError as error:
            complain(form, error)
        else:
            messages.info(request, _("Kept. It holds from now on."))
            return redirect("me-settings")
    counted = consents.holds(learner=learner, purpose=Consent.Purpose.STATISTICS.value)
    return render(request, "passport/about.html", {"form": form, "counted": counted})


@signed_in
@require_POST
def stop_acting(request: HttpRequest) -> HttpResponse:
    """Close the passport that was open; whoever acted is herself again."""
    acting = acting_of(request)
    stop(request)
    return redirect("desk-person" if acting and acting.role == "clerk" else "me")
