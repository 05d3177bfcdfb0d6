"""The learner's room: what others say of one of her certificates."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from issuers.access import signed_in
from passport import endorsed
from passport.acting import assisted, learner_of


@assisted
@signed_in
@require_POST
def answer(request: HttpRequest, credential_id: str, endorsement_id: str) -> HttpResponse:
    """Show it, or show it not."""
    shows = request.POST.get("show") == "yes"
    endorsed.answer(
        learner=learner_of(request),
        credential_id=credential_id,
        endorsement_id=endorsement_id,
        shows=shows,
        now=timezone.now(),
    )
    said = _("Whoever sees this certificate sees it from now on.") if shows else _("Nobody else sees it.")
    messages.info(request, said)
    return redirect("me-entry", credential_id)
