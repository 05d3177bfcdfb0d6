"""The addresses that the conformance suites drive: VC-API, and the HTTPS binding of DID Resolution.

They are there with ``VC_API=on`` alone. Their refusals are those that the protocols prescribe, so they are
written here and not among the product's problems.
"""

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from credentials.dataintegrity import DataIntegrityError
from credentials.linkeddata import LinkedDataError
from issuers.access import public
from verify import gate
from verify.errors import Malformed

from . import checking, fetching, issuing, resolving, statuslists
from .checking import MALFORMED, PARSING, Checked, Problem
from .datamodel import NotConforming
from .issuing import SUITES

MAX_BYTES = 512 * 1024
VC = "application/vc"


@public
@require_safe
def describe(request: HttpRequest, suite: str) -> HttpResponse:
    """Who issues under this name: what a suite's configuration asks for."""
    found = _suite(suite)
    return JsonResponse({"suite": found.name, "issuer": found.signer.did, "cryptosuite": found.cryptosuite})


@public
@csrf_exempt  # it reads nothing of a session and stores nothing
@require_POST
def issue(request: HttpRequest, suite: str) -> HttpResponse:
    """``POST …/credentials/issue``: 201 and the credential, or 400 and why not."""
    found = _suite(suite)
    try:
        issued = issuing.issue(credential=_body(request).get("credential"), suite=found, now=timezone.now())
    except NotConforming as error:
        return _refused(Problem(MALFORMED, "model", str(error)))
    except (LinkedDataError, DataIntegrityError) as error:
        return _refused(Problem(PARSING, "linkedData", f"{type(error).__name__} {error}"))
    return JsonResponse({"verifiableCredential": issued}, status=201)


@public
@csrf_exempt  # as above
@require_POST
def verify_credential(request: HttpRequest, suite: str) -> HttpResponse:
    """``POST …/credentials/verify``: 200 when it verifies, else 400 and what failed."""
    _suite(suite)
    now = timezone.now()
    try:
        given = _body(request).get("verifiableCredential")
    except NotConforming as error:
        return _refused(Problem(PARSING, "body", str(error)))
    return _said(checking.credential(given=given, fetch=fetching.ours_first(now=now), now=now))


@public
@csrf_exempt  # as above
@require_POST
def verify_presentation(request: HttpRequest, suite: str) -> HttpResponse:
    """``POST …/presentations/verify``: the same for a presentation and all that is in it."""
    _suite(suite)
    now = timezone.now()
    try:
        body = _body(request)
    except NotConforming as error:
        return _refused(Problem(PARSING, "body", str(error)))
    checked = checking.presentation(
        given=body.get("verifiablePresentation"),
        challenge=_option(body, "challenge"),
        domain=_option(body, "domain"),
        fetch=fetching.ours_first(now=now),
        now=now,
    )
    return _said(checked)


@public
@require_safe
def status_list(request: HttpRequest) -> HttpResponse:
    """The conformance issuer's status list; as plain JSON to whoever does not ask for a credential."""
    response = JsonResponse(issuing.status_list(now=timezone.now()))
    if VC in request.headers.get("Accept", ""):
        response["Content-Type"] = VC
    response["Vary"] = "Accept"
    response["Cache-Control"] = f"public, max-age={statuslists.TTL_SECONDS}"
    response["Access-Control-Allow-Origin"] = "*"
    return response


@public
@require_safe
def identifier(request: HttpRequest, did: str) -> HttpResponse:
    """``GET /1.0/identifiers/<did>``: DID Resolution 1.0, section 10.1; did:key's form of 2022 on demand."""
    answer = resolving.answer(
        did=did,
        accept=request.headers.get("Accept", ""),
        options=request.GET.dict(),
        fetch=fetching.ours_first(now=timezone.now()),
    )
    response = HttpResponse(json.dumps(answer.body), status=answer.status, content_type=answer.content_type)
    response["Access-Control-Allow-Origin"] = "*"
    response["Vary"] = "Accept"
    return response


def _suite(name: str) -> issuing.Suite:
    if name not in SUITES:
        raise Http404
    return SUITES[name]


def _body(request: HttpRequest) -> dict[str, Any]:
    """The body, read as strictly as any document that came from elsewhere. Raises NotConforming."""
    data = request.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise NotConforming("body", "too large")
    try:
        return gate.strict_json(data.decode())
    except UnicodeDecodeError:
        raise NotConforming("body", "not UTF-8") from None
    except Malformed as error:
        raise NotConforming("body", error.fault) from None


def _option(body: dict[str, Any], member: str) -> str:
    options = body.get("options")
    value = options.get(member, "") if isinstance(options, dict) else ""
    return value if isinstance(value, str) else ""


def _refused(problem: Problem) -> HttpResponse:
    return _said(Checked(errors=[problem]))


def _said(checked: Checked) -> HttpResponse:
    return JsonResponse(checked.to_json(), status=200 if checked.verified else 400)
