"""Hide, erase, revoke: three acts on one page; erasing in two steps, with a receipt."""

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from credentials.models import Achievement
from issuers.access import public, signed_in
from passport import erasing, overview
from passport.acting import learner_of
from passport.errors import NothingNamed, PassportError
from passport.forms_data import ClosingForm

#: Where a session keeps the receipt that was handed over last, and of which certificates.
KEPT = "erasing.receipt"


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """The three acts; which certificates; are you sure; the receipt."""
    learner = learner_of(request)
    entries = list(overview.held(learner=learner))
    ids = request.POST.getlist("chosen")
    chosen = [entry for entry in entries if entry.credential_id in ids]
    step, refusal = request.POST.get("step"), None
    if request.method == "POST" and step != "edit":
        try:
            if step == "sure":
                made = erasing.erase_certificates(learner=learner, ids=ids, now=timezone.now())
                request.session[KEPT] = [made.pk, *sorted(ids)]
                return redirect("erasure-receipt", made.pk)
            if chosen:
                return render(request, "passport/data/erase_sure.html", {"chosen": chosen})
            raise NothingNamed
        except PassportError as error:
            kept: list[str] = request.session.get(KEPT, [])
            if kept[1:] == sorted(ids) != []:  # she tapped twice: this was erased a moment ago
                return redirect("erasure-receipt", kept[0])
            refusal = error
    return render(
        request,
        "passport/data/erase.html",
        {"entries": entries, "ids": ids, "refusal": refusal},
        status=refusal.status if refusal else 200,
    )


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest) -> HttpResponse:
    """Close the whole passport: what goes, what stays, are you sure, the receipt."""
    learner = learner_of(request)
    form = ClosingForm(request.POST if request.method == "POST" else None)
    step, status, refusal = request.POST.get("step"), 200, None
    if request.method == "POST" and step != "edit":
        if not form.is_valid():
            status = 422
        elif step != "sure":
            context = {"learner": learner, "form": form, "all": form.cleaned_data["chosen"] == "erase"}
            return render(request, "passport/data/close_sure.html", context)
        else:
            try:
                made = erasing.close(
                    learner=learner,
                    certificates=form.cleaned_data["chosen"] == "erase",
                    by=learner,
                    now=timezone.now(),
                )
            except PassportError as error:
                refusal, status = error, error.status
            else:
                logout(request)
                return redirect("erasure-receipt", made.pk)
    context = {"learner": learner, "form": form, "refusal": refusal}
    return render(request, "passport/data/close.html", context, status=status)


@public
@never_cache
@require_safe
def receipt(request: HttpRequest, receipt_id: str) -> HttpResponse:
    """The receipt of an erasure: whoever has its address reads it, and it names nobody."""
    return render(request, "passport/data/receipt.html", _told(receipt_id))


@public
@never_cache
@require_safe
def receipt_file(request: HttpRequest, receipt_id: str) -> HttpResponse:
    """The same as a text to keep, the record itself at its end."""
    text = render_to_string("passport/data/receipt.txt", _told(receipt_id))
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="erasure-{receipt_id}.txt"'
    return response


def _told(receipt_id: str) -> dict[str, object]:
    made, said = erasing.receipt(receipt_id=receipt_id)
    courses = Achievement.objects.in_bulk([each["achievement_id"] for each in said["certificates"]])
    lines = [(each, courses.get(each["achievement_id"])) for each in said["certificates"]]
    return {"receipt": made, "said": said, "lines": lines}
