"""What can be awarded, for everybody: its page, its Open Badges document in each language, its badge."""

import json

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from credentials import art, catalogue, endorsing, facts, reading
from credentials.errors import NotYours
from credentials.models import Achievement
from issuers import jose
from issuers.access import public
from issuers.views.published import document

MAX_AGE = 300  # seconds; until it is awarded for the first time it may still be mended
JSON_TYPES = ("application/ld+json", "application/json")


@public
@require_safe
def achievement(request: HttpRequest, achievement_id: str) -> HttpResponseBase:
    """What can be awarded: a page, or the Open Badges Achievement when a program asks.

    ``?lang=`` chooses the language of both; else the page is in the reader's, the document in its own.
    """
    found = reading.published_achievement(achievement_id)
    language = request.GET.get("lang", "")
    if language and language not in facts.languages_of(found):
        raise NotYours
    asked = request.get_preferred_type(["text/html", *JSON_TYPES])
    if asked in JSON_TYPES:
        response = _document(request, found, language, content_type=asked)
    else:
        with translation.override(language or translation.get_language()):
            coming = catalogue.coming_of(achievement=found, now=timezone.now())
            endorsed = endorsing.shown(achievement=found)
            context = {"achievement": found, "coming": coming, "endorsements": endorsed}
            response = render(request, "credentials/achievement.html", context)
        if language:
            response["Content-Language"] = language
    patch_vary_headers(response, ["Accept"])
    return response


@public
@require_safe
def achievement_json(request: HttpRequest, achievement_id: str, in_language: str = "") -> HttpResponseBase:
    """The Open Badges Achievement as a file, in its own language or another."""
    found = reading.published_achievement(achievement_id)
    if in_language and in_language not in facts.languages_of(found):
        raise NotYours
    return _document(request, found, in_language, content_type=JSON_TYPES[0])


def _document(
    request: HttpRequest, found: Achievement, language: str, *, content_type: str
) -> HttpResponseBase:
    content = facts.hosted_achievement(found, language=language)
    if endorsed := endorsing.documents(endorsing.shown(achievement=found)):
        content["endorsement"] = endorsed
    body = json.dumps(content, ensure_ascii=False, indent=1).encode()
    return document(request, body, content_type=content_type, etag=jose.digest(body), max_age=MAX_AGE)


@public
@require_safe
@cache_control(max_age=86_400, public=True)
def badge(request: HttpRequest, achievement_id: str) -> HttpResponse:
    """The achievement's badge, drawn from its data."""
    found = reading.any_achievement(achievement_id)
    drawing = art.badge_svg(
        achievement_id=found.pk,
        issuer_id=found.issuer.slug,
        place=found.issuer.arrondissement_id,
        theme=found.theme,
        hours=found.hours,
        level=found.cnc_level,
        assessed=found.assessed,
        title=found.title_fr or found.title_ar,
    )
    response = HttpResponse(drawing, content_type="image/svg+xml")
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return response
