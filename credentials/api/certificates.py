"""Certificates over the API: how one stands, and a change of mind with its reason."""

from collections.abc import Callable
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from credentials import intake, reading, revocation
from credentials.models import Credential, StatusChange
from issuers.access import client_of, scope

from . import described, shapes, wire
from .handed import cells
from .serializers import ReasonSerializer, ReplacementSerializer, StatusSerializer

ORDER = ("reason", "note", "notify")


class Certificate(wire.ForPrograms):
    """One certificate of the client's provider, without the person."""

    permission_classes = (scope("read"),)

    @extend_schema(**described.CERTIFICATE)
    def get(self, request: Request, credential_id: str) -> Response:
        return Response(shapes.certificate(_own(request, credential_id)))


class Revoke(wire.ForPrograms):
    """End one certificate of the client's provider for good."""

    permission_classes = (scope("revoke"),)

    @extend_schema(**described.REVOKE)
    def post(self, request: Request, credential_id: str) -> Response:
        return _change(request, credential_id, revocation.revoke)


class Suspend(wire.ForPrograms):
    """End one for now."""

    permission_classes = (scope("revoke"),)

    @extend_schema(**described.SUSPEND)
    def post(self, request: Request, credential_id: str) -> Response:
        return _change(request, credential_id, revocation.suspend)


class Reinstate(wire.ForPrograms):
    """Let a suspended one hold again."""

    permission_classes = (scope("revoke"),)

    @extend_schema(**described.REINSTATE)
    def post(self, request: Request, credential_id: str) -> Response:
        return _change(request, credential_id, revocation.reinstate)


def _change(request: Request, credential_id: str, verb: Callable[..., StatusChange]) -> Response:
    asked = ReasonSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    credential = _own(request, credential_id)
    verb(credential=credential, by=None, now=timezone.now(), **asked.validated_data)
    return Response(StatusSerializer(credential).data)


class Replace(wire.ForPrograms):
    """Award a certificate anew, corrected; its link leads on to the new one."""

    permission_classes = (scope("issue"), scope("revoke"))

    @extend_schema(**described.REPLACE)
    def post(self, request: Request, credential_id: str) -> Response:
        key, client, now = wire.idempotency_key(request), client_of(request), timezone.now()
        given: dict[str, Any] = dict(request.data)
        asked = ReplacementSerializer(data={name: given.pop(name) for name in ORDER if name in given})
        asked.is_valid(raise_exception=True)
        credential = _own(request, credential_id)
        corrected = intake.correct(credential=credential, cells=cells(given))
        if corrected.person is None or corrected.problems:
            raise ValidationError(intake.slips_by_field(corrected))
        batch = revocation.replace(
            credential=credential,
            person=corrected.person,
            awarded_on=corrected.awarded_on,
            by=None,
            idempotency_key=intake.key_of(client=client, key=key),
            now=now,
            **{name: asked.validated_data[name] for name in ORDER},
        )
        shown = shapes.batch(batch, now=now)
        status = 202 if batch.state in (batch.State.ACCEPTED, batch.State.HELD) else 200
        return Response(shown, status=status, headers={"Location": shown["url"]})


def _own(request: Request, credential_id: str) -> Credential:
    return reading.of_issuers(issuers=[client_of(request).issuer], credential_id=credential_id)
