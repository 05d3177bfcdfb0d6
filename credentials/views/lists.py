"""The trainer's lists: a file is looked through, mended, issued, watched; at the end it says who has what."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from credentials import batches, holding, releasing, roster_template, rosters, teaching
from credentials.errors import CredentialsError, NotYours
from credentials.forms_lists import ListForm, NameForm
from credentials.listings import as_csv
from credentials.models import Award, Batch
from credentials.people import tidy
from issuers.access import issuers_of, member
from issuers.errors import IssuersError
from issuers.limits import ListsPerIssuer, require

A_PAGE = 30
BAD_A_PAGE = 25
ISSUING = ("trainer", "signer")
Refused = (CredentialsError, IssuersError)
TEMPLATES: dict[str, tuple[Callable[[str], bytes], str]] = {
    "csv": (roster_template.as_csv, "text/csv; charset=utf-8"),
    "xlsx": (
        roster_template.as_xlsx,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
}
RowState, State = Award.State, Batch.State


# -- A list comes in ------------------------------------------------------------------------------
@member(*ISSUING)
@require_safe
def shelf(request: HttpRequest) -> HttpResponse:
    """The provider's lists, the newest first, and how far each is."""
    pages = Paginator(batches.of_issuers(issuers=issuers_of(request)), 20)
    page = pages.get_page(request.GET.get("page"))
    counts = batches.counts(batches=list(page.object_list))
    return render(
        request,
        "credentials/teach/lists.html",
        {"page": page, "lists": [(batch, counts.get(batch.pk, {})) for batch in page.object_list]},
    )


@member(*ISSUING)
@require_safe
def template(request: HttpRequest, kind: str) -> HttpResponse:
    """An empty list to fill in, in the reader's language."""
    if kind not in TEMPLATES:
        raise NotYours
    make, content_type = TEMPLATES[kind]
    response = HttpResponse(make(_language()), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{_("list")}.{kind}"'
    return response


@member(*ISSUING)
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, achievement_id: str) -> HttpResponseBase:
    """The form with the file; a file that can be read leads to its list, the same file to the same list."""
    issuers, now = issuers_of(request), timezone.now()
    achievement = teaching.awardable(issuers=issuers, achievement_id=achievement_id)
    status, wait = 200, 0
    if request.method == "POST":
        form = ListForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                require(request, ListsPerIssuer(achievement.issuer))
                opened = batches.draft(
                    issuer=achievement.issuer,
                    achievement=achievement,
                    awarded_on=form.cleaned_data["awarded_on"],
                    sheet=form.sheet,
                    data=form.content,
                    file_name=form.cleaned_data["file"].name,
                    language=form.cleaned_data["language"],
                    by=request.user,
                    now=now,
                    session=form.cleaned_data["session"],
                    notify=form.cleaned_data["notify"],
                )
            except Refused as refusal:
                field = getattr(refusal, "field", "")
                form.add_error(field if field in form.fields else None, str(refusal.message))
                status, wait = refusal.status, getattr(refusal, "wait", 0)
            else:
                if not opened.created:
                    messages.info(request, _("This file is here already. This is its list."))
                return redirect("teach-list", opened.batch.pk)
        else:
            status = 422
    else:
        initial = {"awarded_on": timezone.localdate(), "language": _language(), "notify": True}
        initial["session"] = request.GET.get("session", "")[:80]
        form = ListForm(initial=initial)
    answer = render(
        request,
        "credentials/teach/list_new.html",
        {
            "achievement": achievement,
            "form": form,
            "obstacle": teaching.obstacle(achievement=achievement, now=now),
        },
        status=status,
    )
    if wait:
        answer["Retry-After"] = str(wait)
    return answer


# -- One list, from the first look to the last row ------------------------------------------------
@member(*ISSUING)
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, batch_id: str) -> HttpResponse:
    """The list as it is now: what is to be mended, how far it is, who has what.

    A search comes by POST, so that no name stands in an address, a history or a log.
    """
    return _page(request, _own(request, batch_id))


def _page(
    request: HttpRequest,
    batch: Batch,
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    progress = batches.progress(batch=batch, now=now)
    search = NameForm(request.POST if request.method == "POST" and "q" in request.POST else None)
    text = search.cleaned_data["q"].strip() if search.is_valid() else ""
    state = request.GET.get("state", "")
    state = state if state in RowState.values else ""
    found = batches.rows(batch=batch, state=state, text=text)
    bad = batches.rows(batch=batch, state=RowState.FAILED)
    working = batch.state == State.ACCEPTED
    response = render(
        request,
        "credentials/teach/list.html",
        {
            "batch": batch,
            "achievement": batch.achievement,
            "progress": progress,
            "working": working,
            "draft": batch.state == State.DRAFT,
            "bad": _of(bad, BAD_A_PAGE, request.GET.get("bad")),
            # A page that loads itself anew would take what is being typed: while rows are signed, they are
            # mended on a page that does not.
            "held": holding.said(batch),
            "may_release": releasing.may_release(batch=batch, by=request.user),
            "mending": batch.state in (State.DRAFT, State.HELD, State.COMPLETE)
            or (working and (request.method == "POST" or ("bad" in request.GET and progress.failed > 0))),
            "retriable": bad.filter(problems=[]).count() if progress.failed else 0,
            "page": _of(found, A_PAGE, request.GET.get("page")),
            "here": reverse("teach-list", args=[batch.pk]),
            "tabs": _tabs(batch, progress),
            "state": state,
            "search": search,
            "text": text,
            "versions": batches.code_versions(batch=batch, now=now) if batch.state == State.DRAFT else None,
            "refusal": refusal,
        },
        status=status if status != 200 else 202 if working else 200,
    )
    if working:
        response["Retry-After"] = "1"
    response["Cache-Control"] = "no-store"
    return response


def _of(rows: Any, size: int, number: str | None) -> Any:
    return Paginator(rows, size).get_page(number)


def _tabs(batch: Batch, progress: batches.Progress) -> list[tuple[str, Any, int]]:
    """All rows, then each state that there is; in a draft nothing is being prepared yet."""
    labels: dict[str, Any] = dict(RowState.choices) | {RowState.DUPLICATE.value: _("Repeats")}
    if batch.state == State.DRAFT:
        labels |= {RowState.PENDING.value: _("Right"), RowState.FAILED.value: _("To be mended")}
    found = [(state, label, getattr(progress, state)) for state, label in labels.items()]
    return [("", _("All"), progress.total), *(tab for tab in found if tab[2])]


@member(*ISSUING)
@require_safe
def progress(request: HttpRequest, batch_id: str) -> HttpResponse:
    """The part of the page that moves, for the page itself: 202 while rows are being signed."""
    batch = _own(request, batch_id)
    working = batch.state == State.ACCEPTED
    response = render(
        request,
        "credentials/teach/list_progress.html",
        {"batch": batch, "progress": batches.progress(batch=batch, now=timezone.now()), "working": working},
        status=202 if working else 200,
    )
    response["Cache-Control"] = "no-store"
    return response


# -- What can be done with it ---------------------------------------------------------------------
@member(*ISSUING)
@require_POST
def accept(request: HttpRequest, batch_id: str) -> HttpResponseBase:
    """Order the right rows to be issued."""
    batch = _own(request, batch_id)
    return _do(request, batch, lambda: batches.accept_draft(batch=batch, by=request.user, now=timezone.now()))


@member(*ISSUING)
@require_POST
def discard(request: HttpRequest, batch_id: str) -> HttpResponseBase:
    """Throw a draft away."""
    batch = _own(request, batch_id)
    return _do(request, batch, lambda: batches.discard(batch=batch), gone=True)


@member(*ISSUING)
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, batch_id: str) -> HttpResponseBase:
    """Stop what is not yet signed; asked twice, since it cannot be undone."""
    batch = _own(request, batch_id)
    if request.method == "POST":
        return _do(request, batch, lambda: batches.cancel(batch=batch, by=request.user, now=timezone.now()))
    context = {"batch": batch, "progress": batches.progress(batch=batch, now=timezone.now())}
    return render(request, "credentials/teach/list_stop.html", context)


@member(*ISSUING)
@require_POST
def retry(request: HttpRequest, batch_id: str) -> HttpResponseBase:
    """Try one row again, or all that failed for no fault of theirs."""
    batch = _own(request, batch_id)
    rows = [_row(text) for text in request.POST.getlist("row")] or None
    return _do(request, batch, lambda: batches.retry(batch=batch, rows=rows, now=timezone.now()))


@member(*ISSUING)
@require_POST
def mend(request: HttpRequest, batch_id: str) -> HttpResponseBase:
    """Judge a row anew with what was typed; still wrong, the page says what is."""
    batch = _own(request, batch_id)
    cells = {
        name: text[: batches.CELL_LIMIT]
        for name in batches.CELLS
        if (text := tidy(request.POST.get(f"cell-{name}", "")))
    }
    given: dict[str, Any] = {
        "row": _row(request.POST.get("row", "")),
        "cells": cells,
        "language": _language(),
    }
    return _do(request, batch, lambda: batches.mend(batch=batch, **given, now=timezone.now()))


def _do(
    request: HttpRequest, batch: Batch, act: Callable[[], object], *, gone: bool = False
) -> HttpResponseBase:
    """Do it and show the list again where the reader was; a refusal is said on the page."""
    try:
        act()
    except NotYours:
        raise
    except Refused as refusal:
        return _page(request, _own(request, batch.pk), refusal=str(refusal.message), status=refusal.status)
    if gone:
        return redirect("teach-lists")
    answer = redirect("teach-list", batch.pk)
    if (page := request.POST.get("from", "")).isdecimal():
        answer["Location"] += f"?bad={page[:3]}#bad"
    return answer


def _row(text: str) -> int:
    """The number of a row as a page of ours sends it. Raises NotYours."""
    if not text.isdecimal() or len(text) > len(str(rosters.MAX_ROWS)):
        raise NotYours
    return int(text)


@member(*ISSUING)
@require_safe
def result(request: HttpRequest, batch_id: str) -> HttpResponse:
    """Every row and what became of it, as a file for a spreadsheet."""
    batch = _own(request, batch_id)
    response = HttpResponse(as_csv(batch=batch), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{_("list")}-{batch.awarded_on.isoformat()}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def _own(request: HttpRequest, batch_id: str) -> Batch:
    """A list of one of the caller's providers. Raises NotYours."""
    found = batches.of_issuers(issuers=issuers_of(request)).filter(pk=batch_id).first()
    if found is None:
        raise NotYours
    return found


def _language() -> str:
    """The reader's, as messages and templates know it."""
    return (translation.get_language() or "fr")[:2]
