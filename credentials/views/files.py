"""The files of a certificate, the achievement's page and badge, the signed status lists and the bundle."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from credentials import art, bundling, catalogue, facts, openbadges, posting, reading, securing, statuslists
from credentials.errors import NotYours
from credentials.models import StatusListVersion
from issuers import limits
from issuers import reading as register
from issuers.access import public
from issuers.views.published import once_signed
from issuers.views.waiting import being_prepared


@public
@require_safe
def credential_jwt(request: HttpRequest, credential_id: str) -> HttpResponse:
    """The VC-JWT as a file (Open Badges 3.0, section 5.1: one credential, text/plain)."""
    limits.require_link(request, credential_id)
    return jwt_file(reading.open_to_all(credential_id).jwt)


@public
@require_safe
def credential_json(request: HttpRequest, credential_id: str) -> HttpResponse:
    """The credential with its embedded proof as a file (Open Badges 3.0, section 5.1)."""
    limits.require_link(request, credential_id)
    return json_file(securing.obtain(credential=reading.open_to_all(credential_id), now=timezone.now()))


@public
@require_safe
def credential_pdf(request: HttpRequest, credential_id: str) -> HttpResponse:
    """The printed certificate."""
    limits.require_link(request, credential_id)
    credential = reading.open_to_all(credential_id)
    return pdf_file(reading.pdf(credential), credential.short_code)


@public
@require_safe
def credential_card(request: HttpRequest, credential_id: str) -> HttpResponse:
    """The certificate on a card for the wallet."""
    limits.require_link(request, credential_id)
    credential = reading.open_to_all(credential_id)
    return pdf_file(reading.card(credential), credential.short_code, kind="card")


@public
@require_safe
def credential_image(request: HttpRequest, credential_id: str, form: str) -> HttpResponse:
    """The picture to post: nobody's name is in it, and there is none of what no longer holds."""
    limits.require_link(request, credential_id)
    if form not in posting.KINDS:
        raise NotYours
    found = reading.to_post(credential_id)
    response = HttpResponse(
        posting.picture(achievement=found.achievement, kind=form), content_type=posting.KINDS[form]
    )
    if form == "svg":
        response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return _personal(response)


def jwt_file(token: str) -> HttpResponse:
    """The answer that carries a VC-JWT."""
    response = HttpResponse(token, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="certificate.jwt"'
    return _personal(response)


def json_file(body: str | None) -> HttpResponse:
    """The answer that carries a credential with an embedded proof; 202 while it is being made."""
    if body is None:
        return being_prepared()
    response = HttpResponse(body, content_type="application/vc+ld+json")
    response["Content-Disposition"] = 'inline; filename="certificate.json"'
    response["Access-Control-Allow-Origin"] = "*"
    return _personal(response)


def pdf_file(data: bytes, short_code: str, *, kind: str = "certificate") -> HttpResponse:
    """The answer that carries a certificate's PDF."""
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{kind}-{short_code}.pdf"'
    return _personal(response)


def _personal(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


@public
@require_safe
def achievement(request: HttpRequest, achievement_id: str) -> HttpResponseBase:
    """What can be awarded: a page, or the Open Badges Achievement by suffix or Accept."""
    found = reading.published_achievement(achievement_id.removesuffix(".json"))
    if achievement_id.endswith(".json") or request.get_preferred_type(
        ["text/html", "application/json", "application/ld+json"]
    ) not in ("text/html", None):
        document = facts.achievement_document(found, profile=register.profile_of(found.issuer))
        context = {"@context": [openbadges.VC_CONTEXT, openbadges.OB_CONTEXT, openbadges.CITY_CONTEXT]}
        response: HttpResponse = JsonResponse(context | document, json_dumps_params={"ensure_ascii": False})
        response["Access-Control-Allow-Origin"] = "*"
    else:
        coming = catalogue.coming_of(achievement=found, now=timezone.now())
        response = render(request, "credentials/achievement.html", {"achievement": found, "coming": coming})
    patch_vary_headers(response, ["Accept"])
    return response


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


@public
@require_safe
def status_list(request: HttpRequest, purpose: str, number: int) -> HttpResponseBase:
    """A signed status list, for everybody (Bitstring Status List 1.0, section 3.2)."""
    version = statuslists.read(number=number, purpose=purpose)
    if version is None:
        if purpose not in StatusListVersion.Purpose.values or not statuslists.exists(number=number):
            raise NotYours
        version = statuslists.wanted(number=number, purpose=purpose, now=timezone.now())
    return once_signed(request, version, content_type="application/vc+jwt", max_age=statuslists.TTL_SECONDS)


@public
@require_safe
def bundle(request: HttpRequest) -> HttpResponseBase:
    """All keys and all lists in one signed file, for kiosks and USB sticks."""
    found = bundling.wanted(now=timezone.now())
    return once_signed(request, found, content_type="application/jwt", max_age=statuslists.TTL_SECONDS)
