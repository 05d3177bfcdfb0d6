"""Receipts: what gateways say became of a message."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from credentials import outbox
from credentials.models import Message
from issuers.access import GatewayAuthentication


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
