"""Who may come in: roles, their decorators for pages, and how a program signs in."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import APIException, AuthenticationFailed, Throttled
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from .errors import NotAllowed
from .limits import WrongTokens, wait_of
from .models import ApiClient, Issuer, Membership
from .staff import secret_hash

View = Callable[..., HttpResponseBase]


# -- Pages ----------------------------------------------------------------------------------------
def public(view: View) -> View:
    """Anybody may open this page; said aloud, so that a test can tell it from an oversight."""
    view.access = "public"  # type: ignore[attr-defined]  # read by the architecture test
    return view


def signed_in(view: View) -> View:
    """Any learner who has signed in."""
    guarded = login_required(view)
    guarded.access = "signed-in"  # type: ignore[attr-defined]  # read by the architecture test
    return guarded


def has_second_factor(request: HttpRequest, *, within: timedelta | None = None) -> bool:
    """Whether a second factor or a passkey was given in this session, and so lately if that is asked."""
    since = (timezone.now() - within).timestamp() if within else 0
    records = get_authentication_records(request, request.user)
    return any(record["method"] == "mfa" and record["at"] > since for record in records)


def _staff(view: View, access: str, held: Callable[[Any], Any]) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        memberships = list(held(request.user))
        if not memberships:
            raise NotAllowed
        if not has_second_factor(request):
            return redirect("second-factor")
        request.memberships = memberships  # type: ignore[attr-defined]  # for the view behind this door
        return view(request, *args, **kwargs)

    entrance = login_required(guarded)
    entrance.access = access  # type: ignore[attr-defined]  # read by the architecture test
    return entrance


def member(*roles: str) -> Callable[[View], View]:
    """Staff of a provider with one of these roles; ``request.memberships`` holds the fitting ones."""

    def decorate(view: View) -> View:
        return _staff(
            view,
            "member:" + ",".join(roles),
            lambda person: Membership.objects.filter(
                person=person, role__in=roles, issuer__isnull=False
            ).select_related("issuer"),
        )

    return decorate


def city(*roles: str) -> Callable[[View], View]:
    """Staff of the city with one of these roles."""

    def decorate(view: View) -> View:
        return _staff(
            view,
            "city:" + ",".join(roles),
            lambda person: Membership.objects.filter(person=person, role__in=roles, issuer__isnull=True),
        )

    return decorate


def issuers_of(request: HttpRequest) -> list[Issuer]:
    """The issuers for which the caller passed the door of this page."""
    held: list[Membership] = getattr(request, "memberships", [])
    return list({m.issuer_id: m.issuer for m in held if m.issuer is not None}.values())


# -- API clients ----------------------------------------------------------------------------------
class ApiClientAuthentication(BaseAuthentication):
    """``Authorization: Bearer <client id>.<secret>``; ``request.auth`` is the ApiClient."""

    def authenticate(self, request: Request) -> tuple[Any, ApiClient] | None:
        words = get_authorization_header(request).decode("latin-1").split()
        if len(words) != 2 or words[0].lower() != "bearer":
            return None
        client_id, _, secret = words[1].partition(".")
        client = (
            ApiClient.objects.select_related("issuer")
            .filter(pk=client_id[:22], withdrawn_at__isnull=True)
            .first()
        )
        expected = client.secret_hash if client else "0" * 64
        if not secrets.compare_digest(secret_hash(secret), expected) or client is None:
            raise refused_token(request, "invalid-client")
        now = timezone.now()
        ApiClient.objects.filter(pk=client.pk).exclude(last_used_at__date=timezone.localdate(now)).update(
            last_used_at=now
        )
        return (ClientUser(client), client)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class ApiClientScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # not typed
    """How the OpenAPI document names the way in for programs."""

    target_class = ApiClientAuthentication
    name = "apiClient"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "<client id>.<secret>"}


class ClientUser:
    """What DRF takes for a user when a program calls."""

    is_authenticated = True
    is_anonymous = False

    def __init__(self, client: ApiClient) -> None:
        self.client = client
        self.pk = client.pk


def refused_token(request: Request, code: str) -> APIException:
    """What a token that opens nothing is answered with; from a place that goes on trying, with 429."""
    limit = WrongTokens()
    if limit.allow_request(request, None):  # type: ignore[arg-type]  # it reads META alone
        return AuthenticationFailed(code)
    return Throttled(wait_of(limit))


def client_of(request: Request) -> ApiClient:
    """The API client that calls; behind ``scope`` there always is one."""
    if not isinstance(request.auth, ApiClient):
        raise AuthenticationFailed("invalid-client")
    return request.auth


def scope(name: str) -> type[BasePermission]:
    """A DRF permission: an API client with this scope."""

    class HasScope(BasePermission):
        def has_permission(self, request: Request, view: Any) -> bool:
            return isinstance(request.auth, ApiClient) and name in request.auth.scopes

    HasScope.__name__ = f"HasScope_{name}"
    return HasScope


# -- Neighbours: other machines of the house, each with one token of the settings ------------------
def shows(request: HttpRequest | Request, token: str) -> bool:
    """Whether the caller shows this token (``Authorization: Bearer``); nobody shows an empty one."""
    words = str(request.META.get("HTTP_AUTHORIZATION", "")).encode("utf-8", "replace").split()
    if len(words) != 2 or words[0].lower() != b"bearer" or not token:
        return False
    return secrets.compare_digest(words[1], token.encode())


class GatewayAuthentication(BaseAuthentication):
    """The mail or SMS gateway, by ``RECEIPTS_TOKEN``; where none is set there is nothing here."""

    def authenticate(self, request: Request) -> tuple[Any, None]:
        if not settings.RECEIPTS_TOKEN:
            raise Http404
        if not shows(request, settings.RECEIPTS_TOKEN):
            raise refused_token(request, "invalid-token")
        return (Gateway(), None)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="receipts"'


class GatewayScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # not typed
    """How the OpenAPI document names the way in for gateways."""

    target_class = GatewayAuthentication
    name = "gateway"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "The RECEIPTS_TOKEN of the settings"}


class Gateway:
    """What DRF takes for a user when a gateway calls."""

    is_authenticated = True
    is_anonymous = False
    pk = "gateway"
