"""The public register: who may award what in this city, and the keys by which anybody can check it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from issuers import audit, jose, profiles, publications, reading
from issuers.access import public
from issuers.models import Issuer

from .waiting import being_prepared

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
        response = render(request, "issuers/issuer.html", {"facts": found, "issuer": found.issuer})
    patch_vary_headers(response, ["Accept"])
    return response


@public
@require_safe
def issuer_json(request: HttpRequest, slug: str) -> HttpResponse:
    """The issuer's Open Badges Profile."""
    profile = profiles.profile_document(reading.profile_of(_issuer(slug)))
    return _document(request, profile, "application/ld+json")


@public
@require_safe
def issuer_did(request: HttpRequest, slug: str) -> HttpResponse:
    """The issuer's did:web document."""
    return _document(request, publications.issuer_did_document(issuer=_issuer(slug)), DID_TYPE)


@public
@require_safe
def city_did(request: HttpRequest) -> HttpResponse:
    """The city's did:web document."""
    return _document(request, publications.city_did_document(), DID_TYPE)


@public
@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """The signed key directory, as the signer left it."""
    return _published(request, publications.DIRECTORY)


@public
@require_safe
def key(request: HttpRequest, kid8: str) -> HttpResponse:
    """One signed key, for a verifier that has never been here."""
    if not publications.key_exists(kid8=kid8):
        raise Http404
    return _published(request, f"k/{kid8}")


@public
@require_safe
def audit_checkpoint(request: HttpRequest) -> HttpResponse:
    """The signed head of the audit log, for whoever keeps it elsewhere."""
    note = audit.newest_note()
    if not note:
        return _not_yet()
    body = note.encode()
    response = HttpResponse(body, content_type="text/plain; charset=utf-8")
    return _open(request, response, jose.digest(body), max_age=SEALED_EVERY)


def _issuer(slug: str) -> Issuer:
    return get_object_or_404(reading.registered(), slug=slug)


def _published(request: HttpRequest, name: str) -> HttpResponse:
    publication = publications.wanted(name=name, now=timezone.now())
    if publication is None:
        return being_prepared()
    body = publication.body.encode()
    return _open(request, HttpResponse(body, content_type="application/jwt"), publication.etag)


def _not_yet() -> HttpResponse:
    """The signer has not been here yet: say when to come again, not that there is nothing."""
    return HttpResponse(status=503, headers={"Retry-After": "2", "Access-Control-Allow-Origin": "*"})


def _document(request: HttpRequest, document: dict[str, Any], content_type: str) -> HttpResponse:
    response = JsonResponse(document, content_type=content_type, json_dumps_params={"ensure_ascii": False})
    return _open(request, response, jose.digest(response.content))


def _open(request: HttpRequest, response: HttpResponse, etag: str, *, max_age: int = MAX_AGE) -> HttpResponse:
    """For everybody, from any origin, kept for a while and then asked for by its mark."""
    quoted = f'"{etag}"'
    if request.headers.get("If-None-Match") == quoted:
        response = HttpResponse(status=304)
    response["ETag"] = quoted
    response["Cache-Control"] = f"public, max-age={max_age}"
    response["Access-Control-Allow-Origin"] = "*"
    return response
