"""The files of a certificate, and the bundle of all lists."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from credentials import (
    badges,
    bundling,
    endorsing_certificates,
    europass,
    posting,
    reading,
    securing,
    statuslists,
)
from credentials.errors import NotYours
from credentials.models import Credential
from issuers import limits
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
    return json_file(
        request, securing.obtain(credential=reading.open_to_all(credential_id), now=timezone.now())
    )


@public
@require_safe
def credential_endorsements(request: HttpRequest, credential_id: str) -> HttpResponse:
    """What others say of this certificate, as far as its holder shows it: an array of signed statements."""
    limits.require_link(request, credential_id)
    found = endorsing_certificates.documents(credential_id=credential_id)
    response = endorsement_file(endorsing_certificates.as_json(found), content_type="application/json")
    response["Content-Disposition"] = 'inline; filename="endorsements.json"'
    return response


@public
@require_safe
def credential_badge(request: HttpRequest, credential_id: str, form: str) -> HttpResponse:
    """The certificate as a picture that other passports read (Open Badges 3.0, section 5.3)."""
    limits.require_link(request, credential_id)
    found = reading.open_to_all(credential_id)
    return badge_file(request, badges.baked(credential=found, kind=form, now=timezone.now()), found, form)


@public
@require_safe
def credential_european(request: HttpRequest, credential_id: str) -> HttpResponse:
    """The certificate in the European Learning Model, unsigned."""
    limits.require_link(request, credential_id)
    return european_file(europass.exported(credential=reading.open_to_all(credential_id)))


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
    return _drawing(posting.picture(achievement=found.achievement, kind=form), form)


def jwt_file(token: str) -> HttpResponse:
    """The answer that carries a VC-JWT."""
    response = HttpResponse(token, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="certificate.jwt"'
    return _personal(response)


def json_file(request: HttpRequest, body: str | None) -> HttpResponse:
    """The answer that carries a credential with an embedded proof; 202 while it is being made."""
    if body is None:
        return being_prepared(request)
    response = HttpResponse(body, content_type="application/vc+ld+json")
    response["Content-Disposition"] = 'inline; filename="certificate.json"'
    response["Access-Control-Allow-Origin"] = "*"
    return _personal(response)


def endorsement_file(body: str, *, content_type: str = "application/vc+ld+json") -> HttpResponse:
    """The answer that carries what somebody says of one person's certificate; no cache keeps it."""
    response = HttpResponse(body, content_type=content_type)
    response["Access-Control-Allow-Origin"] = "*"
    return _personal(response)


def european_file(body: str) -> HttpResponse:
    """The answer that carries a certificate in the European Learning Model."""
    response = HttpResponse(body, content_type="application/ld+json")
    response["Content-Disposition"] = 'inline; filename="certificate.elm.json"'
    response["Access-Control-Allow-Origin"] = "*"
    return _personal(response)


def badge_file(
    request: HttpRequest, picture: bytes | None, credential: Credential, form: str
) -> HttpResponse:
    """The answer that carries a baked picture; 202 while its document is being signed."""
    if picture is None:
        return being_prepared(request)
    response = _drawing(picture, form)
    response["Content-Disposition"] = f'inline; filename="badge-{credential.short_code}.{form}"'
    response["Access-Control-Allow-Origin"] = "*"
    return response


def pdf_file(data: bytes, short_code: str, *, kind: str = "certificate") -> HttpResponse:
    """The answer that carries a certificate's PDF."""
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{kind}-{short_code}.pdf"'
    return _personal(response)


def _drawing(picture: bytes, form: str) -> HttpResponse:
    response = HttpResponse(picture, content_type=posting.KINDS[form])
    if form == "svg":
        response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return _personal(response)


def _personal(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


@public
@require_safe
def bundle(request: HttpRequest) -> HttpResponseBase:
    """All keys and all lists in one signed file, for kiosks and USB sticks."""
    found = bundling.wanted(now=timezone.now())
    return once_signed(request, found, content_type="application/jose", max_age=statuslists.TTL_SECONDS)
