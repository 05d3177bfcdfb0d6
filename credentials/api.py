"""The REST API of this app: what may be awarded, acts upon a certificate's status, receipts of messages."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from issuers.access import GatewayAuthentication, client_of, scope

from . import achievements, outbox, reading, revocation
from .models import Credential, Message, StatusChange


class AchievementSerializer(serializers.Serializer[Any]):
    """An achievement that may be awarded."""

    id = serializers.CharField(source="pk")
    code = serializers.CharField()
    version = serializers.IntegerField()
    kind = serializers.CharField()
    theme = serializers.CharField()
    title_fr = serializers.CharField()
    title_ar = serializers.CharField()
    hours = serializers.IntegerField()
    cnc_level = serializers.IntegerField()
    valid_months = serializers.IntegerField()


class ReasonSerializer(serializers.Serializer[Any]):
    """Why a status changes."""

    reason = serializers.ChoiceField(choices=StatusChange.Reason.choices)
    note = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)


class StatusSerializer(serializers.Serializer[Any]):
    """A certificate's status after the act."""

    id = serializers.CharField(source="pk")
    status = serializers.ChoiceField(choices=Credential.Status.choices)
    status_changed_at = serializers.DateTimeField()


class Achievements(APIView):
    """The published achievements of the client's provider."""

    permission_classes = (scope("read"),)
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "client"

    @extend_schema(responses=AchievementSerializer(many=True), operation_id="achievements_list")
    def get(self, request: Request) -> Response:
        client = client_of(request)
        rows = achievements.published_for(issuers=[client.issuer])
        return Response(AchievementSerializer(rows, many=True).data)


class StatusAct(APIView):
    """Suspend, reinstate or revoke one certificate of the client's provider."""

    permission_classes = (scope("revoke"),)
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "client"
    act = ""

    @extend_schema(
        request=ReasonSerializer,
        responses={
            200: StatusSerializer,
            404: OpenApiResponse(description="Not a certificate of this provider"),
            409: OpenApiResponse(description="Not possible in the certificate's present status"),
        },
    )
    def post(self, request: Request, credential_id: str) -> Response:
        asked = ReasonSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        client = client_of(request)
        credential = reading.of_issuers(issuers=[client.issuer], credential_id=credential_id)
        verb = {"revoke": revocation.revoke, "suspend": revocation.suspend, "reinstate": revocation.reinstate}
        verb[self.act](credential=credential, by=None, now=timezone.now(), **asked.validated_data)
        return Response(StatusSerializer(credential).data)


class ReceiptSerializer(serializers.Serializer[Any]):
    """What a gateway says of a message."""

    state = serializers.ChoiceField(choices=[Message.State.DELIVERED.value, Message.State.BOUNCED.value])


class MessageSerializer(serializers.Serializer[Any]):
    """A message and its state after the receipt; whom it went to is not said."""

    id = serializers.CharField(source="pk")
    state = serializers.ChoiceField(choices=Message.State.choices)


class Receipt(APIView):
    """What became of a message that was sent, as the gateway says; the same receipt again changes nothing."""

    authentication_classes = (GatewayAuthentication,)
    permission_classes = (IsAuthenticated,)

    @extend_schema(
        request=ReceiptSerializer,
        responses={
            200: MessageSerializer,
            404: OpenApiResponse(description="No such message, or no receipts are taken here"),
            409: OpenApiResponse(description="The message has not been sent"),
        },
        operation_id="message_receipt",
    )
    def post(self, request: Request, message_id: str) -> Response:
        said = ReceiptSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        message = outbox.record_receipt(
            message_id=message_id, state=said.validated_data["state"], now=timezone.now()
        )
        return Response(MessageSerializer(message).data)
