"""A new passport at a desk, one question a page; nothing is kept before the last one is answered."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from credentials import awards
from credentials.errors import BadAward
from credentials.people import Person
from issuers.access import member
from issuers.models import Arrondissement
from passport import consents, desk
from passport.errors import PassportError
from passport.forms import complain
from passport.forms_desk import AgreeForm, BornForm, DeskNameForm, DistrictForm, LanguageForm, SeenForm
from passport.models import Consent

from . import standing
from .desk import page

_KEPT = "desk.new"
WAITS = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Step:
    """One question: its form, and the part of the way that it belongs to (person, consent)."""

    form: type[Form]
    part: int
    purpose: str = ""


STEPS: dict[str, Step] = {
    "language": Step(LanguageForm, 1),
    "seen": Step(SeenForm, 1),
    "name": Step(DeskNameForm, 1),
    "born": Step(BornForm, 1),
    "district": Step(DistrictForm, 1),
} | {purpose.value: Step(AgreeForm, 2, purpose.value) for purpose in desk.ASKED}
ORDER = tuple(STEPS)


@member("clerk")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def question(request: HttpRequest, step: str) -> HttpResponse:
    """One question; the next one follows, and after the last the passport is there."""
    if step not in STEPS:
        raise Http404
    now = timezone.now()
    draft = _draft(request, now=now)
    missing = next((name for name in ORDER if name not in draft), ORDER[-1])
    if ORDER.index(step) > ORDER.index(missing):
        return redirect("desk-new", missing)
    asked = STEPS[step]
    form = asked.form(request.POST if request.method == "POST" else None, initial=draft.get(step))
    refusal: Any = None
    if form.is_bound and form.is_valid():
        try:
            _judge(step, form, now=now)
            return _go_on(request, step, draft | {step: _kept(form)}, now=now)
        except (BadAward, PassportError) as error:
            refusal = error
            complain(form, error)
    language = draft.get("language", {}).get("language", "fr")
    return page(
        request,
        "new",
        {
            "form": form,
            "step": step,
            "number": ORDER.index(step) + 1,
            "steps": len(ORDER),
            "back": ORDER[ORDER.index(step) - 1] if step != ORDER[0] else "",
            "part": asked.part,
            "purpose": Consent.Purpose(asked.purpose) if asked.purpose else None,
            "words": consents.TEXTS[asked.purpose][1] if asked.purpose else "",
            "needed": asked.purpose == Consent.Purpose.PASSPORT,
            "spoken": language,
            "names": draft.get("name", {}),
        },
        refusal,
    )


def _draft(request: HttpRequest, *, now: datetime) -> dict[str, Any]:
    kept = request.session.get(_KEPT)
    if not kept or now >= datetime.fromisoformat(kept["until"]):
        return {}
    return dict(kept["answers"])


def _kept(form: Form) -> dict[str, Any]:
    """The answer as a session can hold it."""
    given = form.cleaned_data
    return {name: getattr(value, "pk", value) for name, value in given.items()}


def _judge(step: str, form: Form, *, now: datetime) -> None:
    """What is wrong is said on its own page. Raises BadAward, PassportError."""
    given = form.cleaned_data
    if step == "name":
        awards.clean_person(Person(**given))
    elif step == "born":
        desk.guardian_for(birth_year=given["birth_year"], number=given["guardian"], now=now)


def _go_on(request: HttpRequest, step: str, draft: dict[str, Any], *, now: datetime) -> HttpResponse:
    if step == Consent.Purpose.PASSPORT and draft[step]["agreed"] == "no":
        request.session.pop(_KEPT, None)
        messages.info(request, _("She thinks it over. Nothing of her was kept."))
        return redirect("desk-home")
    request.session[_KEPT] = {"answers": draft, "until": (now + WAITS).isoformat()}
    if step != ORDER[-1]:
        return redirect("desk-new", ORDER[ORDER.index(step) + 1])
    learner = desk.open_passport(
        asked=desk.Asked(
            name_latin=draft["name"]["name_latin"],
            name_arabic=draft["name"]["name_arabic"],
            language=draft["language"]["language"],
            birth_year=draft["born"]["birth_year"],
            district=Arrondissement.objects.filter(pk=draft["district"]["district"]).first(),
            seen=draft["seen"]["seen"],
            guardian=draft["born"]["guardian"],
        ),
        agreed={purpose.value: draft[purpose.value]["agreed"] == "yes" for purpose in desk.ASKED},
        by=standing.clerk_of(request),
        house=standing.house_of(request),
        now=now,
    )
    request.session.pop(_KEPT, None)
    standing.put(request, learner=learner, proof="opened", now=now)
    return redirect("desk-card")
