"""Receipts: what gateways say became of a message."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from credentials import outbox
from credentials.models import Message
from issuers.access import GatewayAuthentication
from issuers.apidoc import refusals


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
        operation_id="message_receipt",
        tags=["gateways"],
        summary="What became of a message",
        description="For the mail or SMS gateway, with the token of its own. The same receipt again changes "
        "nothing; `bounced` is the last word.",
        request=ReceiptSerializer,
        examples=[OpenApiExample("It arrived", value={"state": "delivered"}, request_only=True)],
        responses={
            200: OpenApiResponse(
                MessageSerializer,
                description="Noted",
                examples=[
                    OpenApiExample("Noted", value={"id": "uX4pQ9sLw2mT7yB1cR6vEg", "state": "delivered"})
                ],
            ),
            **refusals(
                *("parse-error", "invalid", "not-authenticated", "authentication-failed", "not-found"),
                *("not-sent-yet", "throttled", "unsupported-media-type"),
            ),
        },
    )
    def post(self, request: Request, message_id: str) -> Response:
        said = ReceiptSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        message = outbox.record_receipt(
            message_id=message_id, state=said.validated_data["state"], now=timezone.now()
        )
        return Response(MessageSerializer(message).data)
