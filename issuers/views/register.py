"""The public register: who may award what in this city, and the keys by which anybody can check it."""

import json
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from issuers import audit, jose, profiles, publications, reading, vouching
from issuers.access import public
from issuers.models import Issuer

from .published import document, once_signed

MAX_AGE = 300  # seconds; a suspension or a compromised key is seen everywhere within five minutes
SEALED_EVERY = 60  # seconds: there is no newer checkpoint sooner
DID_TYPE = "application/did+json"
JSON_TYPES = ("application/json", "application/ld+json")


@public
@require_safe
def issuers(request: HttpRequest) -> HttpResponse:
    """Every issuer of the register, by arrondissement."""
    return render(
        request, "issuers/issuers.html", {"districts": reading.by_arrondissement(today=timezone.localdate())}
    )


@public
@require_safe
def issuer(request: HttpRequest, slug: str) -> HttpResponseBase:
    """One issuer: a page, or its Open Badges Profile when a program asks."""
    preferred = request.get_preferred_type(["text/html", *JSON_TYPES])
    if preferred in JSON_TYPES:
        response = issuer_json(request, slug)
    else:
        found = reading.issuer_facts(issuer=_issuer(slug), today=timezone.localdate())
        context = {"facts": found, "issuer": found.issuer, "endorsements": vouching.of(found.issuer)}
        response = render(request, "issuers/issuer.html", context)
    patch_vary_headers(response, ["Accept"])
    return response


@public
@require_safe
def issuer_json(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The issuer's Open Badges Profile."""
    found = _issuer(slug)
    profile = profiles.profile_document(reading.profile_of(found))
    if endorsed := [json.loads(each.body) for each in vouching.of(found)]:
        profile["endorsement"] = endorsed
    return _document(request, profile, "application/ld+json")


@public
@require_safe
def issuer_did(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The issuer's did:web document."""
    return _document(request, publications.issuer_did_document(issuer=_issuer(slug)), DID_TYPE)


@public
@require_safe
def city_json(request: HttpRequest) -> HttpResponseBase:
    """The city's Open Badges Profile."""
    profile = profiles.city_profile(base_url=settings.BASE_URL, name=reading.the_city().name_fr)
    return _document(request, profiles.profile_document(profile), JSON_TYPES[1])


@public
@require_safe
def city_did(request: HttpRequest) -> HttpResponseBase:
    """The city's did:web document."""
    return _document(request, publications.city_did_document(), DID_TYPE)


@public
@require_safe
def keys(request: HttpRequest) -> HttpResponseBase:
    """The signed key directory, as the signer left it."""
    return _published(request, publications.DIRECTORY)


@public
@require_safe
def key(request: HttpRequest, kid8: str) -> HttpResponseBase:
    """One signed key, for a verifier that has never been here."""
    if not publications.key_exists(kid8=kid8):
        raise Http404
    return _published(request, f"k/{kid8}")


@public
@require_safe
def audit_checkpoint(request: HttpRequest) -> HttpResponseBase:
    """The signed head of the audit log, for whoever keeps it elsewhere."""
    note = audit.newest_note()
    if not note:
        return _not_yet()
    body = note.encode()
    return document(
        request,
        body,
        content_type="text/plain; charset=utf-8",
        etag=jose.digest(body),
        max_age=SEALED_EVERY,
    )


def _issuer(slug: str) -> Issuer:
    return get_object_or_404(reading.registered(), slug=slug)


def _published(request: HttpRequest, name: str) -> HttpResponseBase:
    found = publications.wanted(name=name, now=timezone.now())
    return once_signed(request, found, content_type="application/jwt", max_age=MAX_AGE)


def _not_yet() -> HttpResponse:
    """The signer has not been here yet: say when to come again, not that there is nothing."""
    return HttpResponse(status=503, headers={"Retry-After": "2", "Access-Control-Allow-Origin": "*"})


def _document(request: HttpRequest, content: dict[str, Any], content_type: str) -> HttpResponseBase:
    body = json.dumps(content, ensure_ascii=False).encode()
    return document(request, body, content_type=content_type, etag=jose.digest(body), max_age=MAX_AGE)
