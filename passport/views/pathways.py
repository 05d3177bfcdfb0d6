"""Pathways: for everybody, and as they stand for a learner."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from issuers.access import public, signed_in
from passport import pathways
from passport.acting import assisted, learner_of
from passport.models import Learner


def _reader(request: HttpRequest) -> Learner | None:
    return learner_of(request) if request.user.is_authenticated else None


@assisted
@public
@require_safe
def shelf(request: HttpRequest) -> HttpResponse:
    """Every pathway of the city."""
    found = pathways.standings(pathways=pathways.published(), learner=None, now=timezone.now())
    return render(request, "passport/pathways.html", {"standings": found})


@assisted
@public
@require_safe
def pathway(request: HttpRequest, slug: str) -> HttpResponse:
    """One pathway; whoever has signed in sees where she stands."""
    reader = _reader(request)
    standing = pathways.walk(slug=slug, learner=reader, now=timezone.now())
    return render(request, "passport/pathway.html", {"standing": standing, "reader": reader})


@assisted
@signed_in
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """Those that she is on, then the others."""
    learner = learner_of(request)
    found = pathways.of(learner=learner, now=timezone.now())
    return render(request, "passport/my_pathways.html", {"learner": learner, "standings": found})
